"""Events of orders, watched alone and as Airflow's triggerer shares one look among several triggers."""

from __future__ import annotations

import asyncio
import json
from contextlib import aclosing, suppress
from typing import TYPE_CHECKING, Any

import pytest

from airflow_provider_exchange.errors import InvalidOrderRequest
from airflow_provider_exchange.sandbox.fault_rules import Fault
from airflow_provider_exchange.triggers import events
from airflow_provider_exchange.triggers.events import OrderEventTrigger
from tests.accounts import OTHER_SYMBOLS, SYMBOLS

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from airflow_provider_exchange.sandbox.testing import RunningSandbox
    from tests.connections import Connect


async def until(condition: Callable[[], object]) -> None:
    for _ in range(1000):
        if condition():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("it never came to that")


async def take(stream: AsyncIterator[Any], fired: list[dict[str, Any]]) -> None:
    async for event in stream:
        fired.append(json.loads(json.dumps(event.payload)))  # noqa: PERF401  (it goes on for ever)


async def stop(*tasks: asyncio.Task[None]) -> None:
    for task in tasks:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


def looks(sandbox: RunningSandbox) -> int:
    return len(sandbox.request_log)


def trigger(conn_id: str, **kwargs: Any) -> OrderEventTrigger:
    made = OrderEventTrigger(conn_id, **{"states": ["filled", "cancelled"], "poke_interval": 0.05, **kwargs})
    _, stored = made.serialize()
    return OrderEventTrigger(**json.loads(json.dumps(stored)))


def test_an_order_that_is_filled_fires_once(connect: Connect, sandbox: RunningSandbox, venue: str) -> None:
    old = sandbox.place(venue, SYMBOLS[venue])
    sandbox.place(venue, SYMBOLS[venue])
    watcher = trigger(connect(venue), states=["filled"])
    fired: list[dict[str, Any]] = []

    async def run() -> None:
        task = asyncio.create_task(take(watcher.run(), fired))
        await until(lambda: looks(sandbox) >= 1)
        await asyncio.sleep(0.2)
        sandbox.book(venue).fill(old.order_id)
        await until(lambda: fired)
        before = looks(sandbox)
        await until(lambda: looks(sandbox) > before + 2)
        await stop(task)
        assert asyncio.all_tasks() == {asyncio.current_task()}

    asyncio.run(run())
    (event,) = fired
    assert event["exchange_conn_id"] == "exchange_under_test"
    assert (event["exchange"], event["order_id"], event["symbol"]) == (venue, old.order_id, SYMBOLS[venue])
    assert (event["state"], event["side"]) == ("filled", old.side.lower())
    assert float(event["filled_quantity"]) == float(event["quantity"]) > 0
    assert sandbox.mutations() == []


def test_triggers_of_a_connection_share_one_look(connect: Connect, sandbox: RunningSandbox, venue: str) -> None:
    shared_stream = pytest.importorskip(
        "airflow.triggers.shared_stream", reason="triggers share a stream since Airflow 3.3"
    )
    here, there = SYMBOLS[venue], OTHER_SYMBOLS[venue]
    first, second, third = (sandbox.place(venue, symbol) for symbol in (here, there, here))
    conn_id = connect(venue)
    watchers = [
        trigger(conn_id),
        trigger(conn_id, states=["filled"]),
        trigger(conn_id, symbols=there),
        trigger(conn_id, states=["open"], symbols=[here]),
    ]
    fired: list[list[dict[str, Any]]] = [[] for _ in watchers]
    lists: list[int] = []

    async def run() -> None:
        manager = shared_stream.SharedStreamManager()
        keys = {watcher.shared_stream_key() for watcher in watchers}
        assert len(keys) == 1
        (key,) = keys
        streams = [
            watcher.filter_shared_stream(manager.subscribe(trigger_id=number, trigger=watcher, key=key))
            for number, watcher in enumerate(watchers)
        ]
        tasks = [asyncio.create_task(take(*pair)) for pair in zip(streams, fired, strict=True)]
        await until(lambda: looks(sandbox) >= 1)
        await asyncio.sleep(0.2)
        began, asked = asyncio.get_running_loop().time(), looks(sandbox)
        await asyncio.sleep(0.5)
        lists.append(looks(sandbox) - asked)
        assert asyncio.get_running_loop().time() - began < 2
        sandbox.book(venue).fill(first.order_id)
        sandbox.book(venue).cancel(second.order_id)
        sandbox.place(venue, here)
        await until(lambda: all(fired) and len(fired[0]) == 2)
        await stop(*tasks)
        for number in range(len(watchers)):
            await manager.unsubscribe(number, key)
        await until(lambda: asyncio.all_tasks() == {asyncio.current_task()})

    asyncio.run(run())
    assert {event["order_id"] for event in fired[0]} == {first.order_id, second.order_id}
    assert [event["order_id"] for event in fired[1]] == [first.order_id]
    assert [event["order_id"] for event in fired[2]] == [second.order_id]
    assert [event["state"] for event in fired[3]] == ["open"]
    assert fired[3][0]["order_id"] != third.order_id
    requests_a_look = 2  # no venue takes more for so few orders
    assert lists[0] <= requests_a_look * (0.5 / 0.05 + 1)


def test_a_look_that_fails_is_no_end(connect: Connect, sandbox: RunningSandbox, venue: str) -> None:
    order = sandbox.place(venue, SYMBOLS[venue])
    watcher = trigger(connect(venue))
    fired: list[dict[str, Any]] = []

    async def run() -> None:
        async with aclosing(watcher.run()) as stream:
            task = asyncio.create_task(take(stream, fired))
            await until(lambda: looks(sandbox) >= 1)
            await asyncio.sleep(0.2)
            sandbox.faults.add(Fault("drop_before", times=3))
            sandbox.book(venue).fill(order.order_id)
            await until(lambda: fired)
            await stop(task)

    asyncio.run(run())
    assert [event["order_id"] for event in fired] == [order.order_id]


@pytest.mark.parametrize("changes", [{"password": "not-the-secret", "login": "another-key"}, {"extra": {}}])
def test_what_only_a_person_can_mend_is_asked_for_rarely_and_picked_up_when_mended(
    connect: Connect, sandbox: RunningSandbox, monkeypatch: pytest.MonkeyPatch, changes: dict[str, Any]
) -> None:
    waits: list[float] = []
    order = sandbox.place("bitopro", "btc_usdt")
    watcher = trigger(connect("bitopro", **changes))
    fired: list[dict[str, Any]] = []
    sleep = asyncio.sleep

    async def mend(seconds: float) -> None:
        if seconds == events.AFTER_REFUSAL:
            waits.append(seconds)
            if len(waits) == 2:
                connect("bitopro")
        await sleep(min(seconds, 0.02))

    monkeypatch.setattr(events.asyncio, "sleep", mend)  # type: ignore[attr-defined]

    async def run() -> None:
        task = asyncio.create_task(take(watcher.run(), fired))
        await until(lambda: len(waits) == 2)
        asked = looks(sandbox)
        await until(lambda: looks(sandbox) > asked + 2)
        sandbox.book("bitopro").fill(order.order_id)
        await until(lambda: fired)
        await stop(task)

    asyncio.run(run())
    assert len(waits) == 2
    assert [event["order_id"] for event in fired] == [order.order_id]


def test_a_market_that_cannot_be_is_an_error_before_anything_is_read(
    connect: Connect, sandbox: RunningSandbox
) -> None:
    watcher = trigger(connect("bitopro"), states=["open"], symbols="BTC/USDT?")
    with pytest.raises(InvalidOrderRequest, match="symbols"):
        asyncio.run(take(watcher.run(), []))
    assert looks(sandbox) == 0


def test_a_market_that_cannot_be_is_an_error_once_the_connection_can_be_used(
    connect: Connect, sandbox: RunningSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    watcher = trigger(connect("bitopro", extra={}), states=["open"], symbols="BTC/USDT?")
    sleep = asyncio.sleep

    async def mend(seconds: float) -> None:
        if seconds == events.AFTER_REFUSAL:
            connect("bitopro")
        elif looks(sandbox):
            sandbox.place("bitopro", "btc_usdt")
        await sleep(min(seconds, 0.02))

    monkeypatch.setattr(events.asyncio, "sleep", mend)  # type: ignore[attr-defined]
    with pytest.raises(InvalidOrderRequest, match="symbols"):
        asyncio.run(take(watcher.run(), []))


@pytest.mark.parametrize("shown", ["joined", "slash", "hyphen"])
@pytest.mark.parametrize("symbols", ["BTC/USDT", "btc-usdt", ["BTC_USDT", "BTCUSDT"]])
def test_a_market_is_watched_in_every_spelling(
    connect: Connect, sandbox: RunningSandbox, symbols: Any, shown: str
) -> None:
    sandbox.exchange.apply_settings(nami_spelling=shown)
    watched, other = sandbox.place("nami", "BTCUSDT"), sandbox.place("nami", "ETHUSDT")
    watcher = trigger(connect("nami"), symbols=symbols)
    fired: list[dict[str, Any]] = []

    async def run() -> None:
        task = asyncio.create_task(take(watcher.run(), fired))
        await until(lambda: looks(sandbox) >= 1)
        await asyncio.sleep(0.2)
        for order in (other, watched):
            sandbox.book("nami").fill(order.order_id, symbol=order.symbol)
        await until(lambda: fired)
        await stop(task)

    asyncio.run(run())
    assert [(event["order_id"], event["symbol"]) for event in fired] == [(watched.order_id, "BTCUSDT")]


@pytest.mark.parametrize(
    "arguments",
    [
        {"states": []},
        {"states": "filled"},
        {"states": ["done"]},
        {"symbols": []},
        {"symbols": ""},
        {"symbols": None},
        {"poke_interval": 0},
        {"poke_interval": float("nan")},
    ],
)
def test_arguments_are_checked_as_the_dag_is_parsed(arguments: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"states|symbols|poke_interval|OrderState"):
        OrderEventTrigger("c", **{"states": ["filled"], **arguments})


def test_what_is_stored_is_plain() -> None:
    path, stored = OrderEventTrigger("c", states=["filled", "cancelled"]).serialize()
    assert path == "airflow_provider_exchange.triggers.events.OrderEventTrigger"
    assert stored == {"exchange_conn_id": "c", "states": ["cancelled", "filled"], "poke_interval": 10}
