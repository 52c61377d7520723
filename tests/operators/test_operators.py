"""Operators, waiting in the task and in the triggerer: the same outcomes, XCom and failures."""

from __future__ import annotations

import pkgutil
import signal
import threading
from collections import UserList
from typing import TYPE_CHECKING, Any

import pytest
from airflow.providers.common.compat.sdk import AirflowException, AirflowFailException, AirflowNotFoundException

from airflow_provider_exchange.errors import (
    AuthenticationError,
    ConnectionConfigError,
    ExchangeError,
    InvalidOrderRequest,
    OrderFilledError,
    OrderNotFoundError,
    OrderRejectedError,
    OrdersStillOpenError,
    Stopped,
    UnreadableResponseError,
)
from airflow_provider_exchange.exchanges import load_exchange
from airflow_provider_exchange.hooks.exchange import ExchangeHook
from airflow_provider_exchange.operators.orders import CancelAllOrdersOperator, CancelOrderOperator
from airflow_provider_exchange.sandbox.fault_rules import Fault
from tests.accounts import SYMBOLS, UNKNOWN_IDS
from tests.nothing import NOT_A_NAME, NOT_A_SELECTION, SELECTORS, is_a_name, label
from tests.tasks import Task
from tests.turns import in_turn

if TYPE_CHECKING:
    from airflow_provider_exchange.sandbox.testing import RunningSandbox
    from tests.connections import Connect


@pytest.fixture(params=[False, True], ids=["in the task", "deferred"])
def deferrable(request: pytest.FixtureRequest) -> bool:
    chosen: bool = request.param
    return chosen


@pytest.fixture
def quick(deferrable: bool) -> dict[str, Any]:
    return {"task_id": "cancel", "poll_interval": 0.05, "timeout": 10, "deferrable": deferrable}


def test_one_order(connect: Connect, sandbox: RunningSandbox, venue: str, quick: dict[str, Any]) -> None:
    order_id = sandbox.place(venue, SYMBOLS[venue], quantity=2, filled=1).order_id
    operator = CancelOrderOperator(
        exchange_conn_id=connect(venue), order_id=order_id, symbol=SYMBOLS[venue], **quick
    )
    pushed = Task(operator).run()
    assert float(pushed.pop("filled_quantity")) > 0
    assert float(pushed.pop("quantity")) > 0
    assert str(pushed.pop("type")).upper() in {"LIMIT", "LIMIT_ORDER", "NONE"}, "the venue's word, where it has one"
    assert (pushed.pop("created_at") is None) == (venue == "loopring")
    assert pushed == {
        "exchange": venue,
        "order_id": order_id,
        "symbol": SYMBOLS[venue],
        "outcome": "cancelled",
        "state": "cancelled",
        "confirmed": True,
        "side": "sell",
        "price": "100",
        "stop_price": None,
    }
    assert sandbox.live(venue) == []


def test_one_order_that_takes_its_time(
    connect: Connect, sandbox: RunningSandbox, venue: str, quick: dict[str, Any], deferrable: bool
) -> None:
    order_id = sandbox.place(venue, SYMBOLS[venue]).order_id
    sandbox.faults.add(Fault("cancelling", reads=3))
    task = Task(
        CancelOrderOperator(exchange_conn_id=connect(venue), order_id=order_id, symbol=SYMBOLS[venue], **quick)
    )
    assert task.run()["outcome"] == "cancelled"
    assert (task.deferred > 0) == deferrable


def test_a_cancel_that_was_lost_is_sent_again(
    connect: Connect, sandbox: RunningSandbox, venue: str, quick: dict[str, Any]
) -> None:
    order_id = sandbox.place(venue, SYMBOLS[venue]).order_id
    sandbox.faults.add(Fault("drop_before", route="cancels", times=1))
    operator = CancelOrderOperator(
        exchange_conn_id=connect(venue), order_id=order_id, symbol=SYMBOLS[venue], **quick
    )
    assert Task(operator).run()["outcome"] == "cancelled"
    assert len(sandbox.mutations(venue)) == 2


@pytest.mark.parametrize(("state", "cause"), [("filled", OrderFilledError), ("rejected", OrderRejectedError)])
def test_an_order_that_cannot_be_cancelled_any_more_fails_without_a_retry(
    connect: Connect, sandbox: RunningSandbox, quick: dict[str, Any], state: str, cause: type[ExchangeError]
) -> None:
    order_id = sandbox.place("nami", "BTCUSDT", state=state).order_id
    operator = CancelOrderOperator(exchange_conn_id=connect("nami"), order_id=order_id, symbol="BTCUSDT", **quick)
    with pytest.raises(AirflowFailException, match=order_id) as caught:
        Task(operator).run()
    assert type(caught.value.__cause__) is cause


def test_a_fill_may_count_as_success(connect: Connect, sandbox: RunningSandbox, quick: dict[str, Any]) -> None:
    order_id = sandbox.place("nami", "BTCUSDT", state="filled").order_id
    operator = CancelOrderOperator(
        exchange_conn_id=connect("nami"), order_id=order_id, symbol="BTCUSDT", on_filled="succeed", **quick
    )
    assert Task(operator).run()["outcome"] == "filled"


def test_an_unknown_order_fails_after_the_grace_window(
    connect: Connect, venue: str, quick: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("airflow_provider_exchange.operations.entry.GRACE", 0.2)
    operator = CancelOrderOperator(
        exchange_conn_id=connect(venue), order_id=UNKNOWN_IDS[venue], symbol=SYMBOLS[venue], **quick
    )
    with pytest.raises(OrderNotFoundError, match=UNKNOWN_IDS[venue]):
        Task(operator).run()


def test_everything(connect: Connect, sandbox: RunningSandbox, venue: str, quick: dict[str, Any]) -> None:
    ids = [sandbox.place(venue, SYMBOLS[venue]).order_id for _ in range(4)]
    sandbox.faults.add(Fault("fill_on_cancel", orders=(ids[0],)))
    sandbox.faults.add(Fault("cancelling", reads=4, orders=(ids[1],)))
    sandbox.faults.add(Fault("ignore_batch_member", member=2, times=1))
    task = Task(CancelAllOrdersOperator(exchange_conn_id=connect(venue), **quick))
    pushed = task.run()
    orders = pushed.pop("orders")
    times = [pushed.pop(name) for name in ("started_at", "flat_since", "proved_at")]
    assert times == sorted(times)
    assert pushed == {
        "conn_id": "exchange_under_test",
        "selection": {},
        "attempt": None,
        "exchange": venue,
        "requested": 4,
        "outcomes": {"filled": 1, "cancelled": 3},
        "open_after": 0,
        "dry_run": False,
    }
    assert {order["order_id"] for order in orders} == set(ids)
    assert orders[0]["order_id"] == ids[0], "the one fill comes first"
    assert all(order["confirmed"] for order in orders)
    assert sandbox.live(venue) == []


def test_orders_that_appear_while_the_task_is_deferred_go_too(
    connect: Connect, sandbox: RunningSandbox, venue: str
) -> None:
    sandbox.place(venue, SYMBOLS[venue])
    sandbox.faults.add(Fault("cancelling", route="cancels", reads=4, times=1))
    added: list[str] = []

    def trade_on() -> None:
        if not added:
            added.append(sandbox.place(venue, SYMBOLS[venue]).order_id)

    operator = CancelAllOrdersOperator(
        task_id="cancel", exchange_conn_id=connect(venue), poll_interval=0.05, timeout=10, deferrable=True
    )
    assert Task(operator, trade_on).run()["requested"] == 2
    assert added
    assert sandbox.live(venue) == []


def test_nothing_open(connect: Connect, sandbox: RunningSandbox, venue: str, quick: dict[str, Any]) -> None:
    pushed = Task(CancelAllOrdersOperator(exchange_conn_id=connect(venue), **quick)).run()
    assert (pushed["requested"], pushed["outcomes"], pushed["orders"]) == (0, {}, [])
    assert sandbox.mutations() == []


def test_survivors_are_named(connect: Connect, sandbox: RunningSandbox, venue: str, quick: dict[str, Any]) -> None:
    ids = [sandbox.place(venue, SYMBOLS[venue]).order_id for _ in range(3)]
    sandbox.faults.add(Fault("cancelling", reads=100_000, orders=(ids[1],)))
    operator = CancelAllOrdersOperator(exchange_conn_id=connect(venue), **{**quick, "timeout": 1})
    with pytest.raises(OrdersStillOpenError, match=ids[1]) as caught:
        Task(operator).run()
    assert [ref.order_id for ref in caught.value.orders] == [ids[1]]


def test_what_is_stored_for_the_triggerer_holds_no_secret(
    connect: Connect, sandbox: RunningSandbox, venue: str
) -> None:
    sandbox.place(venue, SYMBOLS[venue])
    sandbox.faults.add(Fault("cancelling", reads=3))
    task = Task(
        CancelAllOrdersOperator(
            task_id="cancel", exchange_conn_id=connect(venue), poll_interval=0.05, deferrable=True
        )
    )
    task.run()
    stored = " ".join(task.stored)
    assert task.deferred
    assert "exchange_under_test" in stored
    for field in ("login", "password"):
        assert sandbox.connection(venue)[field] not in stored


def test_a_dry_run(connect: Connect, sandbox: RunningSandbox, venue: str, quick: dict[str, Any]) -> None:
    sandbox.place(venue, SYMBOLS[venue])
    operator = CancelAllOrdersOperator(exchange_conn_id=connect(venue), dry_run=True, max_orders=0, **quick)
    pushed = Task(operator).run()
    assert pushed["dry_run"]
    assert pushed["outcomes"] == {"not_sent": 1}
    assert pushed["orders"][0]["state"] == "open"
    assert sandbox.mutations() == []


def test_one_result_feeds_the_next(
    connect: Connect, sandbox: RunningSandbox, venue: str, quick: dict[str, Any]
) -> None:
    sandbox.place(venue, SYMBOLS[venue])
    listed = Task(CancelAllOrdersOperator(exchange_conn_id=connect(venue), dry_run=True, **quick)).run()["orders"]
    later = sandbox.place(venue, SYMBOLS[venue])
    quick["task_id"] = "cancel_these"
    pushed = Task(CancelAllOrdersOperator(exchange_conn_id=connect(venue), orders=listed, **quick)).run()
    assert pushed["outcomes"] == {"cancelled": 1}
    assert sandbox.live(venue) == [later]


@pytest.mark.parametrize("field", ["order_id", "client_order_id", "symbol"])
@in_turn("value", NOT_A_NAME, ids=label)
def test_no_name_touches_nothing(
    connect: Connect, sandbox: RunningSandbox, venue: str, field: str, value: Any
) -> None:
    if is_a_name(load_exchange(venue), field, value):
        return
    if field == "symbol" and value is None:
        value = ""  # None is "not given", which Loopring allows
    kept = sandbox.place(venue, SYMBOLS[venue])
    arguments = {"symbol": SYMBOLS[venue], field: value}
    if field == "symbol":
        arguments["order_id"] = UNKNOWN_IDS[venue]
    operator = CancelOrderOperator(task_id="cancel", exchange_conn_id=connect(venue), **arguments)
    with pytest.raises(AirflowFailException) as caught:
        operator.execute({})
    assert type(caught.value.__cause__) is InvalidOrderRequest
    assert sandbox.request_log == []
    assert kept in sandbox.live(venue)


@pytest.mark.parametrize("field", SELECTORS)
@pytest.mark.parametrize("dry_run", [False, True])
@in_turn("value", NOT_A_SELECTION, ids=label)
def test_no_selection_touches_nothing(
    connect: Connect, sandbox: RunningSandbox, venue: str, field: str, value: Any, dry_run: bool
) -> None:
    kept = sandbox.place(venue, SYMBOLS[venue])
    operator = CancelAllOrdersOperator(
        task_id="cancel", exchange_conn_id=connect(venue), dry_run=dry_run, **{field: value}
    )
    with pytest.raises(AirflowFailException) as caught:
        operator.execute({})
    assert type(caught.value.__cause__) is InvalidOrderRequest
    assert sandbox.request_log == []
    assert kept in sandbox.live(venue)


def test_max_orders(connect: Connect, sandbox: RunningSandbox, venue: str, quick: dict[str, Any]) -> None:
    for _ in range(3):
        sandbox.place(venue, SYMBOLS[venue])
    operator = CancelAllOrdersOperator(exchange_conn_id=connect(venue), max_orders=2, **quick)
    with pytest.raises(AirflowFailException, match="max_orders=2"):
        Task(operator).run()
    assert sandbox.mutations() == []


def test_a_wrong_key_fails_without_a_retry(
    connect: Connect, sandbox: RunningSandbox, venue: str, quick: dict[str, Any]
) -> None:
    sandbox.place(venue, SYMBOLS[venue])
    operator = CancelAllOrdersOperator(exchange_conn_id=connect(venue, login="another-key"), **quick)
    with pytest.raises(AirflowFailException) as caught:
        Task(operator).run()
    assert type(caught.value.__cause__) is AuthenticationError


def test_a_bad_connection_fails_without_a_retry(connect: Connect, quick: dict[str, Any]) -> None:
    operator = CancelAllOrdersOperator(exchange_conn_id=connect("bitopro", extra={}), **quick)
    with pytest.raises(AirflowFailException, match="identity") as caught:
        Task(operator).run()
    assert type(caught.value.__cause__) is ConnectionConfigError


def test_a_missing_connection(quick: dict[str, Any]) -> None:
    with pytest.raises(AirflowNotFoundException):
        Task(CancelAllOrdersOperator(exchange_conn_id="never_made", **quick)).run()


@pytest.mark.parametrize("event", [None, {}, "done", {"status": "success"}, {"status": "error"}, {"status": None}])
def test_an_event_that_is_not_ours_proves_nothing(
    connect: Connect, sandbox: RunningSandbox, quick: dict[str, Any], event: Any
) -> None:
    """The task cancels and reads all the same. It does not wait for such a trigger again."""
    operator = CancelAllOrdersOperator(exchange_conn_id=connect("nami"), **quick)
    sandbox.place("nami", "BTCUSDT")
    assert operator.execute_complete({}, event, end_time=4e9)["outcomes"] == {"cancelled": 1}
    order_id = sandbox.place("nami", "BTCUSDT").order_id
    sandbox.faults.add(Fault("cancelling", reads=100_000))
    with pytest.raises(UnreadableResponseError) as caught:
        operator.execute_complete({}, event, end_time=4e9)
    assert [ref.order_id for ref in caught.value.orders] == [order_id], "the failure names what is left"


def test_a_kill_stops_the_waiting_and_sends_nothing_further(connect: Connect, sandbox: RunningSandbox) -> None:
    sandbox.place("bitopro", "btc_usdt")
    sandbox.faults.add(Fault("cancelling", reads=100_000))
    operator = CancelAllOrdersOperator(
        task_id="cancel", exchange_conn_id=connect("bitopro"), poll_interval=60, timeout=600, deferrable=False
    )
    timer = threading.Timer(0.5, operator.on_kill)
    timer.start()
    with pytest.raises(AirflowException, match="the task was stopped"):
        operator.execute({})
    asked = len(sandbox.request_log)
    timer.join()
    assert len(sandbox.request_log) == asked


MOMENTS = {
    "before it runs": None,
    "as its task is made": "airflow_provider_exchange.tasks.cancelling.Selectors.of",
    "as its connection is looked up": "airflow_provider_exchange.hooks.exchange.ExchangeHook.get_connection",
    "as its account is read": "airflow_provider_exchange.hooks.connections.load_exchange",
    "as its session is made": "airflow_provider_exchange.driver.blocking.new_session",
    "as its first request is signed": "airflow_provider_exchange.exchanges.http.HttpCall.begin",
}


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_kill_before_the_first_request_is_remembered(
    connect: Connect, sandbox: RunningSandbox, moment: str, deferrable: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By a signal, as Airflow's task runner gets it: in the middle of whatever runs."""
    sandbox.place("bitopro", "btc_usdt")
    operator = CancelAllOrdersOperator(
        task_id="cancel", exchange_conn_id=connect("bitopro"), timeout=30, deferrable=deferrable
    )
    before = signal.signal(signal.SIGTERM, lambda *_: operator.on_kill())
    place = MOMENTS[moment]
    try:
        if place is None:
            signal.raise_signal(signal.SIGTERM)
        else:
            called = pkgutil.resolve_name(place)

            def killed(*args: Any, **kwargs: Any) -> Any:
                signal.raise_signal(signal.SIGTERM)
                return called(*args, **kwargs)

            monkeypatch.setattr(place, killed)
        with pytest.raises(AirflowException, match="the task was stopped"):
            operator.execute({})
    finally:
        signal.signal(signal.SIGTERM, before)
    assert sandbox.request_log == []


def test_a_kill_before_it_is_resumed_is_remembered(connect: Connect, sandbox: RunningSandbox) -> None:
    sandbox.place("nami", "BTCUSDT")
    operator = CancelAllOrdersOperator(task_id="cancel", exchange_conn_id=connect("nami"))
    operator.on_kill()
    with pytest.raises(AirflowException, match="the task was stopped"):
        operator.execute_complete({}, {"status": "timeout", "orders": []}, end_time=1e11)
    assert sandbox.request_log == []


def test_a_stopped_hook_stays_stopped(connect: Connect, sandbox: RunningSandbox) -> None:
    hook = ExchangeHook(connect("nami"))
    hook.stop()
    for _ in range(2):
        with pytest.raises(Stopped):
            hook.list_open_orders()
        hook.close()
    assert sandbox.request_log == []


@pytest.mark.parametrize("arguments", [{"timeout": 0}, {"poll_interval": -1}, {"timeout": float("nan")}])
def test_times_are_positive(arguments: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="positive"):
        CancelOrderOperator(task_id="cancel", exchange_conn_id="x", **arguments)


def test_other_arguments_are_checked_early() -> None:
    with pytest.raises(ValueError, match="on_filled"):
        CancelOrderOperator(task_id="cancel", exchange_conn_id="x", on_filled="maybe")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="max_orders"):
        CancelAllOrdersOperator(task_id="cancel", exchange_conn_id="x", max_orders=-1)


def test_lists_of_airflows_own_kinds_are_lists(connect: Connect, sandbox: RunningSandbox) -> None:
    """What mapped tasks pushed arrives as a lazy sequence, which is not a list."""

    class Lazy(UserList[Any]):
        pass

    order_id = sandbox.place("nami", "BTCUSDT").order_id
    orders = Lazy([{"order_id": order_id, "symbol": "BTCUSDT"}])
    operator = CancelAllOrdersOperator(task_id="cancel", exchange_conn_id=connect("nami"), orders=orders)
    assert Task(operator).run()["outcomes"] == {"cancelled": 1}
    for nothing in (Lazy([]), b"BTCUSDT", Lazy([None])):
        operator = CancelAllOrdersOperator(task_id="again", exchange_conn_id=connect("nami"), symbols=nothing)
        with pytest.raises(AirflowFailException):
            Task(operator).run()


WOKEN: dict[str, Any] = {"ledger": {"waited": 0.0, "rounds": 1, "entries": []}, "end_time": 0, "waiting_since": 0}


def test_a_task_woken_after_its_deadline_needs_two_reads_as_well(connect: Connect, sandbox: RunningSandbox) -> None:
    operator = CancelAllOrdersOperator(
        task_id="cancel", exchange_conn_id=connect("bitopro"), flat_for=0.01, deferrable=True
    )
    operator.execute_complete({}, {"status": "timeout", "orders": []}, **WOKEN)
    assert [logged.route for logged in sandbox.request_log] == ["open_orders", "open_margin_orders"] * 2


def test_one_empty_answer_is_not_believed_after_the_deadline_either(
    connect: Connect, sandbox: RunningSandbox
) -> None:
    order_id = sandbox.place("bitopro", "btc_usdt").order_id
    sandbox.faults.add(Fault("null_data", route="open_orders", requests=(1,)))
    operator = CancelAllOrdersOperator(
        task_id="cancel", exchange_conn_id=connect("bitopro"), flat_for=0.01, deferrable=True
    )
    with pytest.raises(OrdersStillOpenError) as caught:
        operator.execute_complete({}, {"status": "timeout", "orders": []}, **WOKEN)
    assert [ref.order_id for ref in caught.value.orders] == [order_id]


def test_one_empty_answer_is_not_believed(connect: Connect, sandbox: RunningSandbox, quick: dict[str, Any]) -> None:
    for _ in range(3):
        sandbox.place("bitopro", "btc_usdt")
    sandbox.faults.add(Fault("null_data", route="open_orders", requests=(1,)))
    operator = CancelAllOrdersOperator(exchange_conn_id=connect("bitopro"), flat_for=0.01, **quick)
    assert Task(operator).run()["outcomes"] == {"cancelled": 3}
    assert sandbox.live("bitopro") == []


@pytest.mark.parametrize("wrong", [-1, float("nan"), float("inf")])
def test_a_flat_for_that_cannot_be_waited_is_refused_when_the_dag_is_read(wrong: float) -> None:
    with pytest.raises(ValueError, match="flat_for"):
        CancelAllOrdersOperator(task_id="cancel", exchange_conn_id="never_read", flat_for=wrong)
