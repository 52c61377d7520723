"""One read for many triggers, whatever becomes of one of them, of the connection, or of the triggerer."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from airflow.providers.common.compat.sdk import AirflowNotFoundException

from airflow_provider_exchange.errors import InvalidOrderRequest
from airflow_provider_exchange.sandbox.fault_rules import Fault
from airflow_provider_exchange.tasks.trigger_event import read_event
from airflow_provider_exchange.triggers import shared_reader as module
from airflow_provider_exchange.triggers.orders import OrderStatusTrigger

if TYPE_CHECKING:
    from airflow_provider_exchange.sandbox.testing import RunningSandbox
    from tests.connections import Connect


def trigger(conn_id: str, order_id: str, symbol: str, **changes: Any) -> OrderStatusTrigger:
    arguments = {
        "exchange_conn_id": conn_id,
        "orders": [{"order_id": order_id, "symbol": symbol, "client_order_id": None}],
        "target_states": ["cancelled"],
        "failed_states": [],
        "poke_interval": 0.05,
        "end_time": 4e9,
        **changes,
    }
    return OrderStatusTrigger(**arguments)


async def fire(waiting: OrderStatusTrigger) -> dict[str, Any]:
    """Run a trigger as Airflow's triggerer does, from what it stores to its end."""
    _, stored = waiting.serialize()
    (event,) = [event async for event in OrderStatusTrigger(**json.loads(json.dumps(stored))).run()]
    payload: dict[str, Any] = json.loads(json.dumps(event.payload))
    return payload


async def requests_come(sandbox: RunningSandbox, count: int) -> None:
    async with asyncio.timeout(20):
        while len(sandbox.request_log) < count:  # noqa: ASYNC110  (another thread writes it)
            await asyncio.sleep(0.01)


def nothing_is_left() -> bool:
    return asyncio.all_tasks() == {asyncio.current_task()} and not module._readers


def revoke(sandbox: RunningSandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let Nami know the account by ``new-key`` from now on."""
    nami = sandbox.exchange.venues["nami"]
    monkeypatch.setattr(nami, "account", replace(nami.account, key="new-key"))


def test_one_who_asks_for_nonsense_fails_alone(connect: Connect, sandbox: RunningSandbox) -> None:
    ids = [sandbox.place("loopring", "LRC-ETH", state="cancelled").order_id for _ in range(6)]
    conn_id = connect("loopring")
    markets = ["ETH-USDT"] + ["LRC-ETH"] * 5

    async def scene() -> list[dict[str, Any]]:
        fired = await asyncio.gather(*(fire(trigger(conn_id, *each)) for each in zip(ids, markets, strict=True)))
        assert nothing_is_left()
        return fired

    wrong, *others = asyncio.run(scene())
    assert {event["status"] for event in others} == {"reached"}
    with pytest.raises(InvalidOrderRequest, match="belongs to"):
        read_event(wrong)


def test_a_key_that_was_changed_is_picked_up_by_those_who_wait(
    connect: Connect, sandbox: RunningSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    order_id = sandbox.place("nami", "BTCUSDT").order_id
    conn_id = connect("nami")

    async def scene() -> dict[str, Any]:
        waiting = asyncio.create_task(fire(trigger(conn_id, order_id, "BTCUSDT")))
        await requests_come(sandbox, 2)
        revoke(sandbox, monkeypatch)
        connect("nami", login="new-key")
        asked = len(sandbox.request_log)
        await requests_come(sandbox, asked + 4)
        sandbox.book("nami").cancel(order_id)
        return await waiting

    assert asyncio.run(scene())["status"] == "reached"
    refused = [each for each in sandbox.request_log if each.status == 401]
    assert len(refused) <= 2, "the old key is asked for once more"


def test_a_key_that_was_revoked_ends_the_waiting(
    connect: Connect, sandbox: RunningSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    order_id = sandbox.place("nami", "BTCUSDT").order_id
    conn_id = connect("nami")

    async def scene() -> dict[str, Any]:
        waiting = asyncio.create_task(fire(trigger(conn_id, order_id, "BTCUSDT")))
        await requests_come(sandbox, 2)
        revoke(sandbox, monkeypatch)
        return await waiting

    event = asyncio.run(scene())
    assert event["error"]["type"] == "AuthenticationError"
    assert "paper-nami" not in json.dumps(event)


@pytest.mark.parametrize("becomes", ["missing", "unusable", "another exchange's"])
def test_whatever_becomes_of_the_connection_those_who_wait_go_on(
    connect: Connect, sandbox: RunningSandbox, monkeypatch: pytest.MonkeyPatch, becomes: str
) -> None:
    """A look-up may fail for reasons of Airflow's own; hundreds of tasks must not fail with it."""
    monkeypatch.setattr(module, "FRESH", 0.0)
    order_id = sandbox.place("nami", "BTCUSDT").order_id
    conn_id = connect("nami")

    async def scene() -> dict[str, Any]:
        waiting = asyncio.create_task(fire(trigger(conn_id, order_id, "BTCUSDT")))
        await requests_come(sandbox, 1)
        match becomes:
            case "missing":
                monkeypatch.delenv("AIRFLOW_CONN_EXCHANGE_UNDER_TEST")
            case "unusable":
                connect("nami", password=None)
            case _:
                connect("bitopro")
        await requests_come(sandbox, len(sandbox.request_log) + 4)
        sandbox.book("nami").cancel(order_id)
        event = await waiting
        assert nothing_is_left()
        return event

    assert asyncio.run(scene())["status"] == "reached"
    assert {each.venue for each in sandbox.request_log} == {"nami"}


def test_a_changed_connection_is_used_in_time(
    connect: Connect, sandbox: RunningSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "FRESH", 0.0)
    order_id = sandbox.place("nami", "BTCUSDT").order_id
    conn_id = connect("nami", host="http://127.0.0.1:1")

    async def scene() -> dict[str, Any]:
        waiting = asyncio.create_task(fire(trigger(conn_id, order_id, "BTCUSDT")))
        await asyncio.sleep(0.3)
        assert sandbox.request_log == []
        connect("nami")
        await requests_come(sandbox, 1)
        sandbox.book("nami").cancel(order_id)
        return await waiting

    assert asyncio.run(scene())["status"] == "reached"


def test_no_connection_is_an_event(sandbox: RunningSandbox) -> None:
    event = asyncio.run(fire(trigger("never_made", "1", "BTCUSDT")))
    with pytest.raises(AirflowNotFoundException, match="never_made"):
        read_event(event)


class SteppingLoop(asyncio.SelectorEventLoop):
    """Calls something at one of its steps."""

    step = 0
    at = -1

    def _run_once(self) -> None:
        self.step += 1
        if self.step == self.at:
            self.then()
        super()._run_once()  # type: ignore[misc]

    def then(self) -> None:
        self.ended = self.waiting.cancel()

    waiting: asyncio.Task[Any]
    ended = True


def test_a_triggerer_may_end_at_any_step(
    connect: Connect, sandbox: RunningSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "GATHER", 0.001)
    order_id = sandbox.place("bitopro", "btc_usdt").order_id
    waiting = trigger(connect("bitopro"), order_id, "btc_usdt", poke_interval=0.01, end_time=4e9)
    steps = 0
    reads: set[int] = set()
    sandbox.faults.add(Fault("delay", seconds=0.002))

    async def scene(loop: SteppingLoop, at: int) -> None:
        before = len(sandbox.request_log)
        loop.waiting = asyncio.create_task(fire(waiting))
        loop.at = loop.step + at
        with suppress(asyncio.CancelledError):
            await loop.waiting
        assert nothing_is_left()
        reads.add(len(sandbox.request_log) - before)

    for at in range(1, 60):
        loop = SteppingLoop()
        with asyncio.Runner(loop_factory=lambda loop=loop: loop) as runner:  # type: ignore[misc]
            runner.run(scene(loop, at))
        steps += loop.ended
    assert steps == 59
    assert {0, 1, 2} <= reads, "some ended before the first read, some after it"
    sandbox.book("bitopro").cancel(order_id)
    assert asyncio.run(fire(waiting))["status"] == "reached"
    assert sandbox.mutations() == []


IMPORTS = """
import asyncio, json, sys, threading
import airflow.triggers.base, airflow.providers.common.compat.sdk

HEAVY = ("aiohttp", "airflow_provider_exchange.hooks.exchange", "airflow_provider_exchange.exchanges.loopring")
seen = {}

class Finder:
    def find_spec(self, name, path=None, target=None):
        if name in HEAVY:
            seen[name] = threading.current_thread() is threading.main_thread()

sys.meta_path.insert(0, Finder())
from airflow_provider_exchange.triggers.orders import OrderStatusTrigger

async def fire():
    async for _ in OrderStatusTrigger("loopring", [], [], [], 0.05, 5.0).run():
        pass

asyncio.run(fire())
print(json.dumps(seen))
"""


def test_what_takes_long_to_import_does_not_hold_up_the_loop(connect: Connect) -> None:
    connect("loopring")
    env = os.environ | {"AIRFLOW_CONN_LOOPRING": os.environ["AIRFLOW_CONN_EXCHANGE_UNDER_TEST"]}
    done = subprocess.run([sys.executable, "-c", IMPORTS], env=env, capture_output=True, text=True, check=True)
    imported = json.loads(done.stdout.splitlines()[-1])
    assert len(imported) == 3
    assert not any(imported.values()), imported
