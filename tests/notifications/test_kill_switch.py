"""The kill switch, called in every way in which Airflow calls it."""

from __future__ import annotations

import asyncio
import logging
import threading
from contextlib import suppress
from importlib import import_module
from importlib.util import find_spec
from time import sleep
from typing import TYPE_CHECKING, Any

import pytest
from airflow.providers.common.compat.sdk import AirflowNotFoundException

from airflow_provider_exchange.errors import (
    AuthenticationError,
    ConnectionConfigError,
    InvalidOrderRequest,
    OrdersStillOpenError,
)
from airflow_provider_exchange.notifications.orders import CancelAllOrdersNotifier
from airflow_provider_exchange.sandbox.fault_rules import Fault
from tests.accounts import OTHER_SYMBOLS, SYMBOLS, SkippingTransport
from tests.chaos.play import on_transport
from tests.nothing import NOT_A_SELECTION, SELECTORS, label
from tests.turns import in_turn

if TYPE_CHECKING:
    from collections.abc import Callable

    from airflow_provider_exchange.sandbox.testing import RunningSandbox
    from tests.connections import Connect

    Fire = Callable[..., Any]

CALLBACK_TRIGGERS = {
    "airflow.triggers.callback": "CallbackTrigger",
    "airflow.triggers.deadline": "DeadlineCallbackTrigger",  # in 3.1
}
PATH = f"{CancelAllOrdersNotifier.__module__}.{CancelAllOrdersNotifier.__qualname__}"


def logged_by(caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]) -> str:
    """What was logged, by either of the ways in which Airflow does it."""
    return caplog.text + capsys.readouterr().out


def call(context: dict[str, Any], **kwargs: Any) -> None:
    """As the callbacks of tasks and DAGs are called; but Airflow 2 logs what one raises and goes on."""
    notifier = CancelAllOrdersNotifier(**kwargs)
    whole: Any = {"dag": None, **context}
    notifier.render_template_fields(whole)
    notifier.notify(whole)


def wait_for(context: dict[str, Any], **kwargs: Any) -> None:
    """As the triggerer runs the callback of a deadline."""

    async def run() -> None:
        await CancelAllOrdersNotifier(**kwargs, context=context)
        assert asyncio.all_tasks() == {asyncio.current_task()}

    asyncio.run(run())


has_async_notifiers = pytest.mark.skipif(
    not hasattr(CancelAllOrdersNotifier, "__await__"), reason="this Airflow has no asynchronous notifiers"
)


@pytest.fixture(params=[call, pytest.param(wait_for, marks=has_async_notifiers)])
def fire(request: pytest.FixtureRequest) -> Fire:
    chosen: Fire = request.param
    return chosen


def test_everything_goes(connect: Connect, sandbox: RunningSandbox, venue: str, fire: Fire) -> None:
    for symbol in (SYMBOLS[venue], OTHER_SYMBOLS[venue]):
        sandbox.place(venue, symbol)
    sandbox.place(venue, SYMBOLS[venue], stop_price="90")
    fire({}, exchange_conn_id=connect(venue), poll_interval=0.05)
    assert sandbox.live(venue) == []


def test_a_selection_restricts(connect: Connect, sandbox: RunningSandbox, venue: str, fire: Fire) -> None:
    sandbox.place(venue, SYMBOLS[venue], side="BUY")
    kept = [
        sandbox.place(venue, SYMBOLS[venue], side="SELL"),
        sandbox.place(venue, OTHER_SYMBOLS[venue], side="BUY"),
    ]
    fire({}, exchange_conn_id=connect(venue), symbols=[SYMBOLS[venue]], side="buy", poll_interval=0.05)
    assert sandbox.live(venue) == kept


def test_arguments_are_templates(connect: Connect, sandbox: RunningSandbox, venue: str, fire: Fire) -> None:
    sandbox.place(venue, SYMBOLS[venue])
    kept = sandbox.place(venue, OTHER_SYMBOLS[venue])
    connect(venue)
    context = {"conn": "exchange_under_test", "market": SYMBOLS[venue]}
    fire(context, exchange_conn_id="{{ conn }}", symbols=["{{ market }}"], poll_interval=0.05)
    assert sandbox.live(venue) == [kept]


@pytest.mark.parametrize("field", SELECTORS)
@in_turn("value", [*NOT_A_SELECTION, "{{ nothing }}", ["{{ nothing }}"]], ids=label)
def test_nothing_never_means_everything(
    connect: Connect, sandbox: RunningSandbox, fire: Fire, field: str, value: Any
) -> None:
    sandbox.place("nami", "BTCUSDT")
    with pytest.raises(InvalidOrderRequest):
        fire({"nothing": None}, exchange_conn_id=connect("nami"), **{field: value})
    assert sandbox.request_log == []


def test_max_orders(connect: Connect, sandbox: RunningSandbox, fire: Fire) -> None:
    for _ in range(3):
        sandbox.place("nami", "BTCUSDT")
    with pytest.raises(InvalidOrderRequest, match="max_orders=2"):
        fire({}, exchange_conn_id=connect("nami"), max_orders=2)
    assert sandbox.mutations() == []


def test_every_survivor_is_logged_and_raised(
    connect: Connect,
    sandbox: RunningSandbox,
    venue: str,
    fire: Fire,
    caplog: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str],
) -> None:
    ids = [sandbox.place(venue, SYMBOLS[venue]).order_id for _ in range(23)]
    sandbox.faults.add(Fault("cancelling", reads=100_000))
    transport = SkippingTransport()
    with on_transport(transport), pytest.raises(OrdersStillOpenError) as caught:
        fire({}, exchange_conn_id=connect(venue), timeout=3, poll_interval=0.5)
    transport.session.close()
    assert {ref.order_id for ref in caught.value.orders} == set(ids)
    logged = logged_by(caplog, capsys)
    assert all(f"order {order_id} (" in logged for order_id in ids)


def test_no_secret_is_logged_or_raised(
    connect: Connect,
    sandbox: RunningSandbox,
    venue: str,
    fire: Fire,
    caplog: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str],
) -> None:
    sandbox.place(venue, SYMBOLS[venue])
    connection = sandbox.connection(venue)
    login = "a-key-that-nobody-knows"
    with caplog.at_level(logging.DEBUG), pytest.raises(AuthenticationError) as caught:
        fire({}, exchange_conn_id=connect(venue, login=login))
    text = logged_by(caplog, capsys) + repr(caught.value) + str(caught.value)
    assert "Kill switch" in text
    for secret in (login, connection["password"]):
        assert secret not in text


def test_a_connection_that_cannot_be_used(
    connect: Connect, fire: Fire, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(ConnectionConfigError, match="identity"):
        fire({}, exchange_conn_id=connect("bitopro", extra={}))
    with pytest.raises(AirflowNotFoundException):
        fire({}, exchange_conn_id="never_made")
    assert "Kill switch of never_made failed, orders may still be OPEN" in logged_by(caplog, capsys)


@has_async_notifiers
def test_the_event_loop_goes_on_meanwhile(
    connect: Connect, sandbox: RunningSandbox, venue: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    sandbox.place(venue, SYMBOLS[venue])
    patient = {**sandbox.connection(venue).get("extra", {}), "timeout": 60}
    conn_id = connect(venue, extra=patient)
    goes_on = threading.Event()
    went_on: list[bool] = []
    fire = sandbox.faults.fire

    def answer_once_the_loop_goes_on(*arguments: Any, **details: Any) -> Any:
        goes_on.clear()
        went_on.append(goes_on.wait(20))
        return fire(*arguments, **details)

    monkeypatch.setattr(sandbox.faults, "fire", answer_once_the_loop_goes_on)

    async def run() -> None:
        notifying = asyncio.ensure_future(_awaited(CancelAllOrdersNotifier(conn_id, poll_interval=0.05)))
        while not notifying.done():
            goes_on.set()
            await asyncio.sleep(0.01)
        await notifying

    asyncio.run(run())
    assert sandbox.live(venue) == []
    assert went_on
    assert all(went_on)


def wait_until(condition: Callable[[], object]) -> None:
    for _ in range(1000):
        if condition():
            return
        sleep(0.01)
    raise AssertionError("it never came to that")


async def _awaited(notifier: CancelAllOrdersNotifier) -> None:
    await notifier


@has_async_notifiers
def test_a_notification_that_is_cancelled_leaves_nothing_running(connect: Connect, sandbox: RunningSandbox) -> None:
    sandbox.place("bitopro", "btc_usdt")
    sandbox.faults.add(Fault("cancelling", reads=100_000))
    conn_id = connect("bitopro")

    async def run() -> None:
        notifying = asyncio.ensure_future(_awaited(CancelAllOrdersNotifier(conn_id, poll_interval=60)))
        await asyncio.to_thread(wait_until, sandbox.mutations)
        notifying.cancel()
        with suppress(asyncio.CancelledError):
            await notifying
        assert asyncio.all_tasks() == {asyncio.current_task()}

    asyncio.run(run())
    assert len(sandbox.mutations()) == 1


@pytest.mark.parametrize(
    "arguments", [{"timeout": 0}, {"poll_interval": -1}, {"timeout": float("nan")}, {"max_orders": -1}]
)
def test_numbers_are_checked_early(arguments: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="must"):
        CancelAllOrdersNotifier("x", **arguments)


def trigger_of_callbacks() -> Any:
    """Return what runs asynchronous callbacks in the triggerer."""
    for module, name in CALLBACK_TRIGGERS.items():
        if find_spec(module) is not None:
            return getattr(import_module(module), name)
    pytest.skip("deadlines came with Airflow 3.1")


def test_airflow_runs_it_as_the_asynchronous_callback_of_a_deadline(
    connect: Connect, sandbox: RunningSandbox
) -> None:
    callback_trigger = trigger_of_callbacks()
    async_callback = import_module("airflow.sdk.definitions.deadline").AsyncCallback

    sandbox.place("nami", "BTCUSDT")
    kwargs = {"exchange_conn_id": connect("nami"), "symbols": ["BTCUSDT"], "poll_interval": 0.05}
    callback = async_callback(CancelAllOrdersNotifier, kwargs=kwargs)
    assert callback.path == PATH

    async def run() -> list[Any]:
        trigger = callback_trigger(callback.path, {**callback.kwargs, "context": {"dag_run": {}}})
        return [event.payload["state"] async for event in trigger.run()]

    assert asyncio.run(run()) == ["running", "success"]
    assert sandbox.live("nami") == []


def test_airflow_runs_it_as_the_synchronous_callback_of_a_deadline(
    connect: Connect, sandbox: RunningSandbox
) -> None:
    supervisor = pytest.importorskip(
        "airflow.sdk.execution_time.callback_supervisor", reason="synchronous deadline callbacks came with 3.2"
    )
    from airflow.sdk.definitions.callback import SyncCallback

    sandbox.place("nami", "BTCUSDT")
    callback = SyncCallback(CancelAllOrdersNotifier, kwargs={"exchange_conn_id": connect("nami")})
    outcome = supervisor.execute_callback(
        callback.path, {**callback.kwargs, "context": {"dag_run": {}}}, "a.py", None, supervisor.log
    )
    assert outcome == (True, None)
    assert sandbox.live("nami") == []
