"""Task, triggerer, notifier and command: each of them keeps the shared pace, as Redis sees it."""

from __future__ import annotations

import asyncio
import json
import threading
import time
import warnings
from typing import TYPE_CHECKING, Any

import fakeredis
import pytest

from airflow_provider_exchange.driver import pace_line
from airflow_provider_exchange.hooks import pace
from airflow_provider_exchange.hooks.exchange import ExchangeHook
from airflow_provider_exchange.notifications.orders import CancelAllOrdersNotifier
from airflow_provider_exchange.operators.orders import CancelAllOrdersOperator
from airflow_provider_exchange.triggers.orders import OrderStatusTrigger
from tests.conftest import maskers

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from airflow_provider_exchange.sandbox.testing import RunningSandbox

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from airflow_provider_exchange.__main__ import main

PASSWORD = "thePasswordOfThePace"


class Seen:
    """A Redis that takes note of what is asked for."""

    def __init__(self) -> None:
        self.starts: set[str] = set()
        self.ends: set[str] = set()
        self.options: list[dict[str, Any]] = []
        self._script = fakeredis.FakeRedis().register_script(pace_line.SCRIPT)

    def connected(self, options: dict[str, Any]) -> pace_line.Ask:
        self.options.append(options)
        return self.ask

    def ask(self, keys: Sequence[str], arguments: Sequence[str]) -> Any:
        answer = self._script(keys=keys, args=arguments)
        if arguments[0] == "ask" and answer[0] == 0:
            self.starts.add(arguments[1])
        if arguments[0] == "done":
            self.ends.add(arguments[1])
        return answer


@pytest.fixture
def seen(sandbox: RunningSandbox, monkeypatch: pytest.MonkeyPatch) -> Seen:
    redis = Seen()
    monkeypatch.setattr(pace_line, "_lines", {})
    monkeypatch.setattr(pace_line, "connected", redis.connected)
    for bound in ("PATIENCE", "AT_MOST"):
        monkeypatch.setattr(pace_line, bound, 20.0)
    monkeypatch.setattr(pace, "BRIEFLY", 20.0)
    fields = sandbox.connection("bitopro")
    fields["extra"] = {**fields["extra"], "pace_conn_id": "the_pace"}
    monkeypatch.setenv("AIRFLOW_CONN_PACED", json.dumps(fields))
    where = {"conn_type": "redis", "host": "redis.example", "login": "worker", "password": PASSWORD}
    tls = {"db": 3, "ssl": True, "ssl_ca_certs": "/ca.pem", "ssl_check_hostname": "false"}
    monkeypatch.setenv("AIRFLOW_CONN_THE_PACE", json.dumps({**where, "extra": tls}))
    monkeypatch.setattr("airflow.utils.cli_action_loggers.__pre_exec_callbacks", [])
    monkeypatch.setenv("_AIRFLOW_PROCESS_CONTEXT", "")
    return redis


def task(_order: dict[str, Any]) -> None:
    CancelAllOrdersOperator(task_id="sweep", exchange_conn_id="paced").execute({})


def triggerer(order: dict[str, Any]) -> None:
    trigger = OrderStatusTrigger("paced", [order], ["open"], ["unknown"], 0.05, time.time() + 30)

    async def first() -> Any:
        return await anext(trigger.run())

    assert asyncio.run(first()).payload["status"] == "reached"


def notifier(_order: dict[str, Any]) -> None:
    CancelAllOrdersNotifier("paced").notify({})


def notifier_of_several(_order: dict[str, Any]) -> None:
    CancelAllOrdersNotifier(["paced"]).notify({})


def command(_order: dict[str, Any]) -> None:
    main(("cancel-all", "--conn-id", "paced", "--yes"))


@pytest.mark.parametrize("use", [task, triggerer, notifier, notifier_of_several, command])
def test_each_request_has_its_start_from_redis(
    sandbox: RunningSandbox, seen: Seen, use: Callable[[dict[str, Any]], None]
) -> None:
    order = sandbox.place("bitopro", "btc_usdt", quantity="0.5")
    use({"order_id": order.order_id, "symbol": "btc_usdt", "client_order_id": None})
    assert sandbox.request_log
    assert len(seen.starts) == len(sandbox.request_log)
    assert seen.ends <= seen.starts
    assert seen.options[0] == {
        "host": "redis.example",
        "port": 6379,
        "db": 3,
        "username": "worker",
        "password": PASSWORD,
        "ssl": True,
        "ssl_ca_certs": "/ca.pem",
        "ssl_check_hostname": False,
    }
    assert any(PASSWORD in masker.patterns for masker in maskers())


def test_a_look_up_that_hangs_holds_up_nothing_and_is_used_when_it_ends(
    sandbox: RunningSandbox, seen: Seen, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = threading.Event()
    look_up = ExchangeHook.get_connection

    def hangs(conn_id: str) -> Any:
        answers.wait()
        return look_up(conn_id)

    monkeypatch.setattr(pace, "BRIEFLY", 0.01)
    monkeypatch.setattr(pace, "PATIENCE", 0.01)
    monkeypatch.setattr(pace, "BaseHook", type("Hanging", (), {"get_connection": staticmethod(hangs)}))
    sandbox.place("bitopro", "btc_usdt", quantity="0.5")
    hook = ExchangeHook.for_connection("paced")
    hook.cancel_all_orders(flat_for=0)
    assert not sandbox.live("bitopro")
    assert not seen.starts
    answers.set()
    assert hook.pace is not None
    while hook.pace.line is None:
        time.sleep(0.01)
    hook.list_open_orders()
    assert seen.starts
    hook.close()
