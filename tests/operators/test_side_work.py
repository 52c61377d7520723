"""Whatever surrounds a task's result fails or hangs, and the result stays what it is."""

from __future__ import annotations

import asyncio
import logging
import socket
from importlib import import_module
from importlib.util import find_spec
from threading import Event, Thread
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest
from airflow.providers.common.compat.sdk import AirflowFailException

from airflow_provider_exchange import side_work
from airflow_provider_exchange.errors import OrdersStillOpenError, Stopped, TransientError
from airflow_provider_exchange.hooks.exchange import ExchangeHook
from airflow_provider_exchange.notifications.orders import CancelAllOrdersNotifier
from airflow_provider_exchange.operators.orders import CancelAllOrdersOperator, CancelOrderOperator
from airflow_provider_exchange.sandbox.book import State
from airflow_provider_exchange.sandbox.fault_rules import Fault
from airflow_provider_exchange.sensors.orders import OrderStatusSensor
from airflow_provider_exchange.side_work import SideLog, SideWork
from tests.surroundings import PARTS, Around, break_all
from tests.tasks import Task

if TYPE_CHECKING:
    from collections.abc import Iterator

    from airflow_provider_exchange.sandbox.testing import RunningSandbox
    from tests.connections import Connect
    from tests.surroundings import Act

FOR_CONNECTION = ExchangeHook.for_connection


def a_proved_success(connect: Connect, sandbox: RunningSandbox, around: Around) -> None:
    sandbox.place("bitopro", "btc_usdt")
    task = CancelAllOrdersOperator(task_id="cancel", exchange_conn_id=connect("bitopro"), poll_interval=0.05)
    assert task.execute(around.context)["outcomes"] == {"cancelled": 1}
    assert sandbox.live("bitopro") == []


def one_order(connect: Connect, sandbox: RunningSandbox, around: Around) -> None:
    order_id = sandbox.place("bitopro", "btc_usdt").order_id
    task = CancelOrderOperator(
        task_id="one", exchange_conn_id=connect("bitopro"), order_id=order_id, symbol="btc_usdt"
    )
    assert task.execute(around.context)["outcome"] == "cancelled"


def survivors_with_their_names(connect: Connect, sandbox: RunningSandbox, around: Around) -> None:
    ids = {sandbox.place("bitopro", "btc_usdt").order_id for _ in range(2)}
    sandbox.faults.add(Fault("cancelling", reads=100_000))
    task = CancelAllOrdersOperator(
        task_id="cancel", exchange_conn_id=connect("bitopro"), poll_interval=0.05, timeout=1.5
    )
    with pytest.raises(OrdersStillOpenError) as caught:
        task.execute(around.context)
    assert {ref.order_id for ref in caught.value.orders} == ids
    assert sandbox.mutations()


def a_refused_key(connect: Connect, _sandbox: RunningSandbox, around: Around) -> None:
    task = CancelAllOrdersOperator(task_id="cancel", exchange_conn_id=connect("bitopro", login="another-key"))
    with pytest.raises(AirflowFailException):
        task.execute(around.context)


def a_deferral(connect: Connect, sandbox: RunningSandbox, around: Around) -> None:
    sandbox.place("bitopro", "btc_usdt")
    sandbox.faults.add(Fault("cancelling", reads=3))
    operator = CancelAllOrdersOperator(
        task_id="cancel", exchange_conn_id=connect("bitopro"), poll_interval=0.05, deferrable=True
    )
    task = Task(operator, context=around.context)
    assert task.run()["outcomes"] == {"cancelled": 1}
    assert task.deferred


def a_sensor(connect: Connect, sandbox: RunningSandbox, around: Around) -> None:
    order = sandbox.place("bitopro", "btc_usdt")
    sensor = OrderStatusSensor(
        task_id="watch",
        exchange_conn_id=connect("bitopro"),
        order_id=order.order_id,
        symbol="btc_usdt",
        deferrable=True,
        poke_interval=0.05,
    )
    task = Task(sensor, lambda: sandbox.book("bitopro").finish(order.order_id, State.CANCELLED), around.context)
    (shown,) = task.run()
    assert shown["state"] == "cancelled"
    assert task.deferred


def a_kill_switch(connect: Connect, sandbox: RunningSandbox, around: Around) -> None:
    sandbox.place("bitopro", "btc_usdt")
    CancelAllOrdersNotifier(connect("bitopro"), poll_interval=0.05)(around.context)
    assert sandbox.live("bitopro") == []


def a_kill_switch_that_fails(connect: Connect, sandbox: RunningSandbox, around: Around) -> None:
    order = sandbox.place("bitopro", "btc_usdt")
    sandbox.faults.add(Fault("cancelling", reads=100_000))
    with pytest.raises(TransientError) as caught:  # on a busy machine the last read may be cut off, too
        CancelAllOrdersNotifier(connect("bitopro"), poll_interval=0.05, timeout=1.5).notify({})
    assert [ref.order_id for ref in caught.value.orders] == [order.order_id]


RESULTS = [
    a_proved_success,
    one_order,
    survivors_with_their_names,
    a_refused_key,
    a_deferral,
    a_sensor,
    a_kill_switch,
    a_kill_switch_that_fails,
]


def fail(*_arguments: Any, **_named: Any) -> Any:
    raise OSError("broken")


@pytest.fixture
def hang(monkeypatch: pytest.MonkeyPatch) -> Iterator[Act]:
    """What does not come back while the test runs."""
    monkeypatch.setattr(side_work, "PATIENCE", 0.05)
    released = Event()

    def wait(*_arguments: Any, **_named: Any) -> Any:
        released.wait()

    yield wait
    released.set()
    for thread in list(side_work._left_behind.values()):
        thread.join()


@pytest.mark.parametrize("part", [*PARTS, break_all])
@pytest.mark.parametrize("result", RESULTS)
def test_what_fails_around_a_result_leaves_it(
    connect: Connect, sandbox: RunningSandbox, monkeypatch: pytest.MonkeyPatch, part: Any, result: Any
) -> None:
    around = Around()
    part(monkeypatch, around, fail)
    result(connect, sandbox, around)


@pytest.mark.parametrize("part", [*PARTS, break_all])
@pytest.mark.parametrize("result", RESULTS)
def test_what_hangs_around_a_result_leaves_it(
    connect: Connect,
    sandbox: RunningSandbox,
    monkeypatch: pytest.MonkeyPatch,
    hang: Act,
    part: Any,
    result: Any,
) -> None:
    around = Around()
    part(monkeypatch, around, hang)
    result(connect, sandbox, around)


async def close_and_fail() -> None:
    raise OSError("broken")


async def close_for_ever() -> None:
    await asyncio.Event().wait()


@pytest.mark.parametrize("end", [close_and_fail, close_for_ever])
def test_what_closes_a_session_on_an_event_loop_leaves_the_result(
    connect: Connect, sandbox: RunningSandbox, monkeypatch: pytest.MonkeyPatch, end: Any
) -> None:
    really_close = aiohttp.ClientSession.close

    async def close(session: aiohttp.ClientSession) -> None:
        await really_close(session)
        await end()

    monkeypatch.setattr(side_work, "PATIENCE", 0.05)
    monkeypatch.setattr(aiohttp.ClientSession, "close", close)
    for result in (a_deferral, a_sensor):
        sandbox.exchange.reset()
        result(connect, sandbox, Around())


@pytest.mark.skipif(find_spec("airflow.sdk") is None, reason="Airflow 2 has no such channel")
@pytest.mark.usefixtures("hang")
def test_cancels_go_out_while_airflows_channel_to_its_supervisor_hangs(
    connect: Connect, sandbox: RunningSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    comms = import_module("airflow.sdk.execution_time.comms")
    runner = import_module("airflow.sdk.execution_time.task_runner")
    ours, supervisors = socket.socketpair()

    def connected_and_then_cut_off(conn_id: str) -> ExchangeHook:
        hook = FOR_CONNECTION(conn_id)
        monkeypatch.setattr(runner, "SUPERVISOR_COMMS", comms.CommsDecoder(socket=ours), raising=False)
        return hook

    monkeypatch.setattr(ExchangeHook, "for_connection", connected_and_then_cut_off)
    with ours:
        with supervisors:
            a_proved_success(connect, sandbox, Around())
        for thread in list(side_work._left_behind.values()):
            thread.join()


def test_it_is_told_once(caplog: pytest.LogCaptureFixture) -> None:
    work = SideWork()
    for _ in range(3):
        assert work.attempt("keep a record", fail) is None
    work.attempt("draw a table", fail)
    assert [record.getMessage() for record in caplog.records] == [
        "Cannot keep a record (OSError); this changes nothing else",
        "Cannot draw a table (OSError); this changes nothing else",
    ]


def test_a_report_waits_for_a_call_that_is_only_slow(
    connect: Connect, sandbox: RunningSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Such as a record that Airflow's busy API server takes more than two seconds to store."""
    ends = Event()

    class Slow(Thread):
        def join(self, timeout: float | None = None) -> None:
            ends.set()
            super().join(timeout)

    slow = Slow(target=ends.wait)
    slow.start()
    monkeypatch.setitem(side_work._left_behind, side_work.AIRFLOW, slow)
    around, pushed = Around(), []
    monkeypatch.setattr(around, "xcom_push", lambda key, value: pushed.append(key))
    a_proved_success(connect, sandbox, around)
    assert "report" in pushed


def test_nothing_waits_behind_what_hangs(hang: Act, caplog: pytest.LogCaptureFixture) -> None:
    done: list[str] = []
    SideWork().attempt("wait", hang)
    assert SideWork().attempt("come second", lambda: done.append("second")) is None
    SideWork().attempt("do something else", lambda: done.append("else"), uses="something else")
    assert done == ["else"]
    assert [record.getMessage() for record in caplog.records] == [
        "Cannot wait (not done after 0.05 s); this changes nothing else",
        "Cannot come second (an earlier call hangs); this changes nothing else",
    ]


@pytest.mark.parametrize("stop", [KeyboardInterrupt, SystemExit, Stopped])
def test_what_ends_the_task_passes(stop: type[BaseException]) -> None:
    def end() -> None:
        raise stop

    with pytest.raises(stop):
        SideWork().attempt("work", end)


def test_a_line_keeps_its_place(caplog: pytest.LogCaptureFixture) -> None:
    SideLog(logging.getLogger(__name__)).warning("a line with %s", "a value")
    (record,) = caplog.records
    assert record.pathname == __file__
    assert record.funcName == "test_a_line_keeps_its_place"
    assert record.getMessage() == "a line with a value"
