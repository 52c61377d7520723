"""With no triggerer running, Airflow ends the wait, and the task ends as one that is woken at its deadline."""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime, timedelta
from functools import cache, partial
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from airflow.providers.common.compat.sdk import (
    AirflowException,
    AirflowFailException,
    AirflowSensorTimeout,
    AirflowSkipException,
    TaskDeferred,
)

from airflow_provider_exchange.errors import ExchangeUnavailableError, OrderFilledError, OrdersStillOpenError
from airflow_provider_exchange.operators.orders import CancelAllOrdersOperator, CancelOrderOperator
from airflow_provider_exchange.sandbox.book import State
from airflow_provider_exchange.sandbox.fault_rules import Fault
from airflow_provider_exchange.sensors.orders import OrderStatusSensor
from airflow_provider_exchange.triggers.orders import OrderStatusTrigger
from tests.accounts import SYMBOLS

if TYPE_CHECKING:
    from collections.abc import Callable

    from airflow_provider_exchange.sandbox.testing import RunningSandbox
    from tests.connections import Connect


@cache
def how_airflow_ends_a_wait() -> tuple[str, str]:
    """What the scheduler writes to the row of a task whose trigger took too long: method and arguments, as JSON."""
    from airflow.jobs.scheduler_job_runner import SchedulerJobRunner

    written: dict[str, Any] = {}

    def execute(statement: Any) -> SimpleNamespace:
        written.update(statement.compile().params)
        return SimpleNamespace(rowcount=0)

    scheduler: Any = SimpleNamespace(log=logging.getLogger(__name__))
    session: Any = SimpleNamespace(execute=execute)
    SchedulerJobRunner.check_trigger_timeouts(scheduler, session=session)
    return written["next_method"], json.dumps(written["next_kwargs"])


def run_unanswered(operator: Any, meanwhile: Callable[[], object] = lambda: None) -> Any:
    """Run a task until it defers, and then as Airflow does when nothing comes of that. Return what it pushes."""
    with pytest.raises(TaskDeferred) as deferral:
        operator.execute({})
    wait = deferral.value.timeout
    assert timedelta(seconds=operator.timeout) < wait < timedelta(seconds=operator.timeout + 20)
    meanwhile()
    method, kwargs = how_airflow_ends_a_wait()
    return operator.resume_execution(method, json.loads(kwargs), {})


def sweep(conn_id: str, **kwargs: Any) -> CancelAllOrdersOperator:
    return CancelAllOrdersOperator(
        task_id="cancel", exchange_conn_id=conn_id, deferrable=True, **{"flat_for": 0.01, **kwargs}
    )


@pytest.fixture
def slow(sandbox: RunningSandbox) -> None:
    """Let every cancel take longer than any test."""
    sandbox.faults.add(Fault("cancelling", reads=100_000))


@pytest.mark.usefixtures("slow")
def test_survivors_are_named(connect: Connect, sandbox: RunningSandbox, venue: str) -> None:
    ids = [sandbox.place(venue, SYMBOLS[venue]).order_id for _ in range(3)]

    def end_one() -> None:
        sandbox.book(venue).finish(ids[0], State.CANCELLED)

    with pytest.raises(OrdersStillOpenError, match=ids[1]) as caught:
        run_unanswered(sweep(connect(venue)), end_one)
    assert {ref.order_id for ref in caught.value.orders} == set(ids[1:])


@pytest.mark.usefixtures("slow")
def test_nothing_is_cancelled_by_the_last_look(connect: Connect, sandbox: RunningSandbox) -> None:
    sandbox.place("bitopro", "btc_usdt")
    cancels: list[int] = []
    with pytest.raises(OrdersStillOpenError):
        run_unanswered(sweep(connect("bitopro")), lambda: cancels.append(len(sandbox.mutations())))
    assert cancels == [len(sandbox.mutations())] == [1]


@pytest.mark.usefixtures("slow")
@pytest.mark.parametrize("named", [False, True])
def test_what_is_flat_by_then_is_a_success(connect: Connect, sandbox: RunningSandbox, named: bool) -> None:
    order_id = sandbox.place("bitopro", "btc_usdt").order_id
    orders = {"orders": [{"order_id": order_id, "symbol": "btc_usdt"}]} if named else {}
    pushed = run_unanswered(
        sweep(connect("bitopro"), **orders), lambda: sandbox.book("bitopro").finish(order_id, State.CANCELLED)
    )
    assert pushed["open_after"] == 0
    if named:
        assert pushed["outcomes"] == {"cancelled": 1}, "our cancel went out before the wait"


@pytest.mark.usefixtures("slow")
@pytest.mark.parametrize("flat_for", [0.01, 0])
def test_one_empty_answer_is_not_believed(connect: Connect, sandbox: RunningSandbox, flat_for: float) -> None:
    order_id = sandbox.place("bitopro", "btc_usdt").order_id

    def hide_once() -> None:
        sandbox.faults.add(Fault("null_data", route="open_orders", times=1))

    with pytest.raises(OrdersStillOpenError, match=order_id):
        run_unanswered(sweep(connect("bitopro"), flat_for=flat_for), hide_once)


@pytest.mark.usefixtures("slow")
def test_one_order(connect: Connect, sandbox: RunningSandbox) -> None:
    ids = [sandbox.place("bitopro", "btc_usdt").order_id for _ in range(3)]
    conn_id = connect("bitopro")

    def ending(order_id: str, state: State) -> Callable[[], object]:
        return lambda: sandbox.book("bitopro").finish(order_id, state)

    def run(order_id: str, meanwhile: Callable[[], object] = lambda: None) -> Any:
        operator = CancelOrderOperator(
            task_id="cancel", exchange_conn_id=conn_id, order_id=order_id, symbol="btc_usdt", deferrable=True
        )
        return run_unanswered(operator, meanwhile)

    with pytest.raises(OrdersStillOpenError, match=ids[0]):
        run(ids[0])
    assert run(ids[1], ending(ids[1], State.CANCELLED))["outcome"] == "cancelled"
    with pytest.raises(AirflowFailException) as caught:
        run(ids[2], ending(ids[2], State.FILLED))
    assert type(caught.value.__cause__) is OrderFilledError


def watch(conn_id: str, order_id: str, **kwargs: Any) -> OrderStatusSensor:
    return OrderStatusSensor(
        task_id="watch",
        exchange_conn_id=conn_id,
        order_id=order_id,
        symbol="btc_usdt",
        deferrable=True,
        timeout=60,
        **kwargs,
    )


def test_a_sensor_looks_once_more(connect: Connect, sandbox: RunningSandbox) -> None:
    order_id = sandbox.place("bitopro", "btc_usdt").order_id
    sensor = watch(connect("bitopro"), order_id)
    (order,) = run_unanswered(sensor, lambda: sandbox.book("bitopro").finish(order_id, State.CANCELLED))
    assert (order["order_id"], order["state"]) == (order_id, "cancelled")


def test_a_sensor_still_fails_for_an_order_that_ended_otherwise(connect: Connect, sandbox: RunningSandbox) -> None:
    order_id = sandbox.place("bitopro", "btc_usdt").order_id
    sensor = watch(connect("bitopro"), order_id)
    with pytest.raises(AirflowFailException) as caught:
        run_unanswered(sensor, lambda: sandbox.book("bitopro").finish(order_id, State.FILLED))
    assert type(caught.value.__cause__) is OrderFilledError


@pytest.mark.parametrize(("soft_fail", "ends_in"), [(False, AirflowSensorTimeout), (True, AirflowSkipException)])
def test_a_sensor_times_out(
    connect: Connect, sandbox: RunningSandbox, soft_fail: bool, ends_in: type[Exception]
) -> None:
    order_id = sandbox.place("bitopro", "btc_usdt").order_id
    with pytest.raises(ends_in):
        run_unanswered(watch(connect("bitopro"), order_id, soft_fail=soft_fail))


FAILURE: dict[str, Any] = {"error": "Trigger failure", "traceback": ["timeout\n"]}


def test_a_sensor_whose_trigger_fails_leaves_it_to_airflow(connect: Connect, sandbox: RunningSandbox) -> None:
    """Airflow has logged why it failed, and a retry begins anew."""
    with pytest.raises(AirflowException, match="Trigger failure") as caught:
        watch(connect("bitopro"), "1").resume_execution("__fail__", FAILURE, {})
    assert type(caught.value).__name__ == "TaskDeferralError"
    assert sandbox.request_log == []


def test_a_sweep_whose_trigger_fails_cancels_what_is_open(connect: Connect, sandbox: RunningSandbox) -> None:
    sandbox.place("bitopro", "btc_usdt")
    pushed = sweep(connect("bitopro"), timeout=30).resume_execution("__fail__", FAILURE, {})
    assert sandbox.live("bitopro") == []
    assert pushed["outcomes"] == {"cancelled": 1}
    assert "not known" in pushed["earlier"]


@pytest.mark.parametrize(("ago", "cancels"), [(timedelta(seconds=1), True), (timedelta(days=2), False)])
def test_a_trigger_that_fails_after_the_deadline_leaves_only_a_last_look(
    connect: Connect, sandbox: RunningSandbox, ago: timedelta, cancels: bool
) -> None:
    """Airflow may have been down for days, and the orders of today are not those of then."""
    order_id = sandbox.place("bitopro", "btc_usdt").order_id
    began: Any = {"ti": SimpleNamespace(start_date=datetime.now(UTC) - ago, xcom_push=lambda **_: None)}
    going_on = partial(sweep(connect("bitopro"), timeout=30).resume_execution, "__fail__", FAILURE, began)
    if cancels:
        assert going_on()["outcomes"] == {"cancelled": 1}
        return
    with pytest.raises(OrdersStillOpenError, match=order_id):
        going_on()
    assert sandbox.mutations() == []


def test_what_a_failed_trigger_leaves_open_is_named(connect: Connect, sandbox: RunningSandbox) -> None:
    order_id = sandbox.place("bitopro", "btc_usdt").order_id
    sandbox.faults.add(Fault("cancelling", reads=100_000))
    with pytest.raises(ExchangeUnavailableError, match="the trigger failed") as caught:
        sweep(connect("bitopro"), timeout=30).resume_execution("__fail__", FAILURE, {})
    assert [ref.order_id for ref in caught.value.orders] == [order_id]
    assert sandbox.mutations()


def test_a_wait_without_end_ends_within_what_databases_can_store() -> None:
    trigger = OrderStatusTrigger("bitopro_default", [], [], [], poke_interval=2, end_time=1e300)
    assert trigger.longest_wait() == timedelta(days=365)
