"""Whatever Airflow's database says, a task cancels what its arguments say, and succeeds by its own reads."""

from __future__ import annotations

import json
import math
import time
from typing import TYPE_CHECKING, Any

import pytest
from airflow.providers.common.compat.sdk import AirflowException, AirflowFailException, TaskDeferred
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from airflow_provider_exchange.errors import ExchangeError, OrdersStillOpenError, TransientError
from airflow_provider_exchange.exchanges.settings import ConnectionSettings
from airflow_provider_exchange.hooks.exchange import ExchangeHook
from airflow_provider_exchange.models.orders import OrderKey, OrderRef
from airflow_provider_exchange.operations.earlier import Earlier, Told
from airflow_provider_exchange.operations.selection import Selectors
from airflow_provider_exchange.operators.orders import CancelAllOrdersOperator, CancelOrderOperator
from airflow_provider_exchange.sandbox.book import State
from airflow_provider_exchange.sandbox.fault_rules import Fault
from airflow_provider_exchange.sensors.orders import OrderStatusSensor
from airflow_provider_exchange.tasks.attempts import about
from tests.accounts import OTHER_SYMBOLS, SYMBOLS, SkippingTransport
from tests.chaos.play import on_transport
from tests.operators.test_attempts import Store, sweep

if TYPE_CHECKING:
    from collections.abc import Callable

    from airflow_provider_exchange.sandbox.testing import RunningSandbox
    from tests.connections import Connect

REACHED = {"status": "reached", "orders": []}


def record(conn_id: str, entries: Any, arguments: dict[str, Any] | None = None, **changes: Any) -> Store:
    """A record as the first attempt would have written it, but with other orders."""
    store = Store()
    selected = Selectors(**(arguments or {})).as_dict()
    kept = {
        "about": about({"exchange_conn_id": conn_id, **selected}),
        "attempt": 1,
        "is_incomplete": False,
        "ledger": deferred(conn_id, entries)["ledger"],
    }
    store.kept["orders"] = json.dumps(kept | changes)
    return store


def deferred(conn_id: str, entries: Any, **changes: Any) -> dict[str, Any]:
    """What a deferral may leave, if someone wrote other orders into it."""
    account = ExchangeHook.for_connection(conn_id).exchange.account
    ledger = {"account": account, "rounds": 1, "entries": entries, "undecided": [], **changes}
    return {"ledger": ledger, "end_time": 4e9}


def told(order_id: str, symbol: str, **flags: Any) -> dict[str, Any]:
    return {**Told(OrderRef(order_id, symbol)).dump(), **flags}


def live(sandbox: RunningSandbox, venue: str) -> set[str]:
    return {order.order_id for order in sandbox.live(venue)}


@pytest.mark.parametrize("is_retry", [False, True], ids=["deferral", "retry"])
def test_named_orders_are_those_of_the_arguments(
    connect: Connect, sandbox: RunningSandbox, venue: str, is_retry: bool
) -> None:
    """The stored state names two others, and says that the one that is meant is gone."""
    symbol, conn_id = SYMBOLS[venue], connect(venue)
    mine, *others = (sandbox.place(venue, symbol).order_id for _ in range(3))
    entries = [told(mine, symbol, sent=True, ended=True), *(told(other, symbol, sent=True) for other in others)]
    arguments: dict[str, Any] = {"orders": [{"order_id": mine, "symbol": symbol}]}
    if is_retry:
        store = record(conn_id, entries, arguments)
        pushed = sweep(conn_id, store, attempt=2, **arguments)
    else:
        operator = CancelAllOrdersOperator(
            task_id="cancel", exchange_conn_id=conn_id, poll_interval=0.05, **arguments
        )
        pushed = operator.execute_complete({}, REACHED, **deferred(conn_id, entries))
    assert [order["order_id"] for order in pushed["orders"]] == [mine]
    assert live(sandbox, venue) == set(others)


def test_a_single_order_is_that_of_the_arguments(connect: Connect, sandbox: RunningSandbox, venue: str) -> None:
    symbol, conn_id = SYMBOLS[venue], connect(venue)
    mine, other = (sandbox.place(venue, symbol).order_id for _ in range(2))
    operator = CancelOrderOperator(
        task_id="cancel", exchange_conn_id=conn_id, order_id=mine, symbol=symbol, poll_interval=0.05
    )
    entries = [told(mine, symbol, ended=True), told(other, symbol)]
    assert operator.execute_complete({}, REACHED, **deferred(conn_id, entries))["outcome"] == "cancelled"
    assert live(sandbox, venue) == {other}


@pytest.mark.parametrize("is_retry", [False, True], ids=["deferral", "retry"])
def test_an_order_that_the_selection_does_not_match_is_neither_cancelled_nor_told(
    connect: Connect, sandbox: RunningSandbox, venue: str, is_retry: bool
) -> None:
    conn_id, symbol, other = connect(venue), SYMBOLS[venue], OTHER_SYMBOLS[venue]
    mine = sandbox.place(venue, symbol).order_id
    foreign = [sandbox.place(venue, other).order_id, sandbox.place(venue, other, state="cancelled").order_id]
    entries = [told(order_id, other, sent=True) for order_id in foreign]
    if is_retry:
        pushed = sweep(conn_id, record(conn_id, entries, {"symbols": symbol}), attempt=2, symbols=symbol)
    else:
        operator = CancelAllOrdersOperator(
            task_id="cancel", exchange_conn_id=conn_id, symbols=symbol, poll_interval=0.05
        )
        pushed = operator.execute_complete({}, REACHED, **deferred(conn_id, entries))
    assert [order["order_id"] for order in pushed["orders"]] == [mine]
    assert live(sandbox, venue) == {foreign[0]}
    assert "earlier" not in pushed, "nothing that is selected is unknown"


def test_orders_that_the_venue_does_not_show_are_not_told_as_gone(
    connect: Connect, sandbox: RunningSandbox, venue: str
) -> None:
    conn_id, symbol = connect(venue), SYMBOLS[venue]
    mine = sandbox.place(venue, symbol).order_id
    unknown = "0x" + "9" * 64 if venue == "loopring" else "999999"
    store = record(conn_id, [told(unknown, symbol, sent=True, ended=True)])
    transport = SkippingTransport()
    with on_transport(transport):
        pushed = sweep(conn_id, store, attempt=2)
    transport.session.close()
    assert [order["order_id"] for order in pushed["orders"]] == [mine]
    assert pushed["earlier"] == "orders that the task knew earlier and could not read again: 1"


def test_history_that_cannot_be_read_does_not_overturn_a_success(connect: Connect, sandbox: RunningSandbox) -> None:
    conn_id = connect("nami")
    gone = sandbox.place("nami", "BTCUSDT", state="cancelled").order_id
    store = record(conn_id, [told(gone, "BTCUSDT", sent=True)])
    sandbox.faults.add(Fault("status", route="history", status=500))
    transport = SkippingTransport()
    with on_transport(transport):
        pushed = sweep(conn_id, store, attempt=2)
    transport.session.close()
    assert (pushed["requested"], pushed["earlier"][-1]) == (0, "1")


def test_an_order_that_only_a_direct_read_shows_live_is_cancelled_if_it_is_selected(
    connect: Connect, sandbox: RunningSandbox
) -> None:
    """The database only says where to look. That the order is one of the selected ones is read."""
    conn_id, venue = connect("bitopro"), "bitopro"
    hidden = [sandbox.place(venue, symbol).order_id for symbol in (SYMBOLS[venue], OTHER_SYMBOLS[venue])]
    sandbox.faults.add(Fault("phantom_empty", route="open_orders", times=2))
    operator = CancelAllOrdersOperator(
        task_id="cancel", exchange_conn_id=conn_id, symbols=SYMBOLS[venue], poll_interval=0.05
    )
    symbols = (SYMBOLS[venue], OTHER_SYMBOLS[venue])
    entries = [told(order_id, symbol) for order_id, symbol in zip(hidden, symbols, strict=True)]
    pushed = operator.execute_complete({}, REACHED, **deferred(conn_id, entries))
    assert [order["order_id"] for order in pushed["orders"]] == hidden[:1]
    assert live(sandbox, venue) == set(hidden[1:])


def elsewhere(fields: dict[str, Any]) -> dict[str, Any]:
    return {"host": fields["host"].replace("127.0.0.1", "localhost")}


def test_the_state_of_another_account_tells_nothing(connect: Connect, sandbox: RunningSandbox, venue: str) -> None:
    """The order of the same id there is another one."""
    conn_id, symbol = connect(venue), SYMBOLS[venue]
    gone = sandbox.place(venue, symbol, state="cancelled").order_id
    store = record(conn_id, [told(gone, symbol, sent=True)])
    kwargs = deferred(conn_id, [told(gone, symbol, sent=True)])
    connect(venue, **elsewhere(sandbox.connection(venue)))
    live = sandbox.place(venue, symbol).order_id
    for operator in (
        CancelAllOrdersOperator(task_id="all", exchange_conn_id=conn_id),
        CancelOrderOperator(task_id="one", exchange_conn_id=conn_id, order_id=live, symbol=symbol),
    ):
        with pytest.raises(AirflowFailException, match="another account"):
            operator.execute_complete({}, REACHED, **kwargs)
    with pytest.raises(AirflowFailException, match="another account"):
        watching(conn_id, [gone]).execute_complete({}, REACHED, kwargs["ledger"]["account"])
    assert sandbox.mutations() == []
    sandbox.book(venue).finish(live, State.CANCELLED)
    pushed = sweep(conn_id, store, attempt=2)
    assert pushed["requested"] == 0
    assert "not known" in pushed["earlier"]


def test_accounts_differ_by_venue_host_and_key_and_show_none_of_them() -> None:
    fields: dict[str, Any] = {"conn_id": "c", "conn_type": "nami", "login": "key-of-mine", "host": "127.0.0.1"}
    same = ConnectionSettings(**fields | {"conn_id": "other", "password": "secret", "extra": {"timeout": 3}})
    others = [
        ConnectionSettings(**fields | change)
        for change in ({"conn_type": "bitopro"}, {"login": "another-key"}, {"host": "localhost"}, {"port": 1})
    ]
    mine = ConnectionSettings(**fields).account
    assert same.account == mine
    assert len({mine, *(other.account for other in others)}) == 5
    assert "key" not in mine


@pytest.mark.parametrize(
    "end_time",
    [math.nan, math.inf, -math.inf, -1, 0, 1e300, 10**400, -(10**400), "soon", None, [], True, {}],
    ids=repr,
)
def test_a_stored_deadline_is_at_most_a_timeout_away(
    connect: Connect, sandbox: RunningSandbox, end_time: Any
) -> None:
    conn_id = connect("nami")
    order_id = sandbox.place("nami", "BTCUSDT").order_id
    sandbox.faults.add(Fault("cancelling", reads=10**6))
    operator = CancelOrderOperator(
        task_id="cancel", exchange_conn_id=conn_id, order_id=order_id, symbol="BTCUSDT", timeout=40
    )
    with pytest.raises((TaskDeferred, OrdersStillOpenError)) as caught:
        operator.execute_complete({}, REACHED, **deferred(conn_id, []) | {"end_time": end_time})
    if isinstance(caught.value, TaskDeferred):
        assert caught.value.kwargs is not None
        assert caught.value.kwargs["end_time"] <= time.time() + 40
        assert caught.value.trigger.serialize()[1]["end_time"] == caught.value.kwargs["end_time"]


NONSENSE = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda each: st.lists(each, max_size=3) | st.dictionaries(st.text(max_size=3), each, max_size=3),
    max_leaves=5,
)
FIELDS = ("sent", "ended", "earlier_attempt", "outcome", "shown", "misnamed", "refusals", "missing_since")


@pytest.mark.parametrize("venue", ["nami", "bitopro"])
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_what_is_cancelled_is_a_subset_of_what_is_meant(
    connect: Connect, sandbox: RunningSandbox, venue: str, data: st.DataObject
) -> None:
    sandbox.reset()
    conn_id = connect(venue)
    symbols = (SYMBOLS[venue], OTHER_SYMBOLS[venue])
    ids = {sandbox.place(venue, symbol).order_id: symbol for symbol in symbols for _ in range(2)}
    names = st.sampled_from(sorted(ids)) | st.sampled_from(["all", "../all", "999999"]) | NONSENSE
    entry = st.fixed_dictionaries(
        {"order_id": names, "symbol": st.sampled_from(symbols) | NONSENSE, "client_order_id": st.none() | names},
        optional={field: st.booleans() | NONSENSE for field in FIELDS},
    )
    entries = data.draw(st.lists(entry | NONSENSE, max_size=6) | NONSENSE)
    by_name = data.draw(st.booleans())
    meant = {data.draw(st.sampled_from(sorted(ids)))} if by_name else {id_ for id_ in ids if ids[id_] == symbols[0]}
    arguments: dict[str, Any] = (
        {"orders": [{"order_id": id_, "symbol": ids[id_]} for id_ in meant]} if by_name else {"symbols": symbols[0]}
    )
    stored = deferred(
        conn_id, entries, **data.draw(st.dictionaries(st.sampled_from(["rounds", "undecided"]), NONSENSE))
    )
    stored["end_time"] = data.draw(st.just(4e9) | NONSENSE)
    is_retry = data.draw(st.booleans())
    transport = SkippingTransport()
    with on_transport(transport):
        try:
            if is_retry:
                more = data.draw(st.dictionaries(st.sampled_from(["attempt", "is_incomplete"]), NONSENSE))
                store = record(conn_id, entries, arguments, ledger=stored["ledger"], **more)
                pushed = sweep(conn_id, store, attempt=2, timeout=30, **arguments)
            else:
                operator = CancelAllOrdersOperator(
                    task_id="cancel", exchange_conn_id=conn_id, timeout=30, **arguments
                )
                pushed = operator.execute_complete({}, REACHED, **stored)
        except (ExchangeError, AirflowException):
            pushed = None
    transport.session.close()
    assert ids.keys() - live(sandbox, venue) <= meant
    if pushed is not None:
        assert not live(sandbox, venue) & meant
        assert {order["order_id"] for order in pushed["orders"]} == meant


@given(dumped=NONSENSE)
def test_nothing_in_the_database_can_make_reading_it_fail(dumped: Any) -> None:
    exchange = ConnectionSettings("c", "nami", "key", "secret", extra={})
    assert Earlier.load(loaded(exchange), dumped).orders == {}
    assert Earlier.load(loaded(exchange), {"account": "", "entries": [dumped], "rounds": dumped}).rounds >= 0


def loaded(connection: ConnectionSettings) -> Any:
    from airflow_provider_exchange.exchanges import load_exchange

    return load_exchange(connection.conn_type).from_settings(connection)


def test_what_is_dumped_is_loaded_again() -> None:
    exchange = loaded(ConnectionSettings("c", "bitopro", "key", "secret", extra={"identity": "a@b.example"}))
    before = Told(OrderRef("5", "btc_usdt", "7"), sent=True)
    dumped = {"account": "", "rounds": 3, "entries": [before.dump()], "undecided": []}
    again = Earlier.load(exchange, json.loads(json.dumps(dumped)))
    assert (again.orders, again.rounds) == ({OrderKey("btc_usdt", "5"): before}, 3)
    assert Earlier.load(exchange, dumped, earlier_attempt=True).orders[OrderKey("btc_usdt", "5")].earlier_attempt


@pytest.mark.parametrize("name", ["all", "../all", "1?x=y", None])
def test_what_names_no_order_is_never_sent(connect: Connect, sandbox: RunningSandbox, name: Any) -> None:
    conn_id = connect("bitopro")
    order_id = sandbox.place("bitopro", "btc_usdt").order_id
    sandbox.place("bitopro", "eth_usdt")
    operator = CancelOrderOperator(
        task_id="cancel", exchange_conn_id=conn_id, order_id=order_id, symbol="btc_usdt", poll_interval=0.05
    )
    entries = [{**told("1", "btc_usdt"), "order_id": name}]
    assert operator.execute_complete({}, REACHED, **deferred(conn_id, entries))["outcome"] == "cancelled"
    assert len(sandbox.mutations()) == 1
    assert len(sandbox.live("bitopro")) == 1


# -- the sensor


def watching(conn_id: str, ids: list[str]) -> OrderStatusSensor:
    return OrderStatusSensor(
        task_id="watch", exchange_conn_id=conn_id, order_ids=ids, symbol="BTCUSDT", deferrable=True
    )


def shown(order_id: str, state: str) -> dict[str, Any]:
    return {"exchange": "nami", "order_id": order_id, "symbol": "BTCUSDT", "state": state}


@pytest.mark.parametrize(
    "event",
    [
        lambda _: {"status": "reached", "orders": []},
        lambda _: {"status": "reached"},
        lambda ids: {"status": "reached", "orders": [shown("999", "cancelled")] * len(ids)},
        lambda ids: {"status": "reached", "orders": [shown(order_id, "cancelled") for order_id in ids]},
        lambda ids: {"status": "failed", "orders": [shown(order_id, "filled") for order_id in ids]},
    ],
    ids=["no orders", "no list", "other orders", "exactly these", "failed"],
)
def test_an_event_proves_nothing_about_an_order(
    connect: Connect, sandbox: RunningSandbox, event: Callable[[list[str]], Any]
) -> None:
    conn_id = connect("nami")
    ids = [sandbox.place("nami", "BTCUSDT", **more).order_id for more in ({}, {"state": "cancelled"})]
    transport = SkippingTransport()
    with on_transport(transport), pytest.raises(TransientError, match="1 of 2 orders in no target state") as caught:
        watching(conn_id, ids).execute_complete({}, event(ids))
    assert [ref.order_id for ref in caught.value.orders] == ids[:1]
    sandbox.book("nami").fill(ids[0])
    with on_transport(transport), pytest.raises(AirflowFailException, match="filled"):
        watching(conn_id, ids).execute_complete({}, event(ids))
    transport.session.close()


def test_a_thousand_watched_orders_are_proved_by_few_requests(connect: Connect, sandbox: RunningSandbox) -> None:
    ids = [sandbox.place("nami", "BTCUSDT", state="cancelled").order_id for _ in range(1000)]
    pushed = watching(connect("nami"), ids).execute_complete({}, {"status": "reached", "orders": []})
    assert [order["order_id"] for order in pushed] == ids
    assert len(sandbox.request_log) <= 12


ERROR: dict[str, Any] = {
    "type": "ExchangeUnavailableError",
    "message": "no answer",
    "orders": [],
    "exchange": None,
    "code": None,
    "request_id": None,
}
MALFORMED: list[Any] = [
    None,
    {"status": []},
    {"status": {}},
    {"status": "error"},
    {"status": "error", "error": "boom"},
    {"status": "error", "error": ["abc"]},
    {"status": "error", "error": {**ERROR, "type": "Exception"}},
    {"status": "error", "error": {**ERROR, "message": 5}},
    {"status": "error", "error": {**ERROR, "code": {}}},
    {"status": "error", "error": {**ERROR, "orders": 5}},
    {"status": "error", "error": {**ERROR, "orders": [5]}},
    {"status": "error", "error": {**ERROR, "orders": ["abc"]}},
    {"status": "error", "error": {**ERROR, "orders": [{"order_id": 5}]}},
    {"status": "error", "error": {**ERROR, "orders": [{"order_id": {}}]}},
    {"status": "error", "error": {**ERROR, "orders": [{"symbol": []}]}},
    {"status": "error", "error": {**ERROR, "orders": [{"state": 7}]}},
]


@pytest.mark.parametrize("malformed", MALFORMED, ids=repr)
def test_a_malformed_event_keeps_no_order_from_being_cancelled(
    connect: Connect, sandbox: RunningSandbox, malformed: Any
) -> None:
    conn_id = connect("nami")
    sandbox.place("nami", "BTCUSDT")
    operator = CancelAllOrdersOperator(task_id="all", exchange_conn_id=conn_id)
    operator.execute_complete({}, malformed, **deferred(conn_id, []))
    assert sandbox.live("nami") == []
    order_id = sandbox.place("nami", "BTCUSDT").order_id
    with pytest.raises(TransientError) as caught:
        watching(conn_id, [order_id]).execute_complete({}, malformed)
    assert str(caught.value)


@pytest.mark.parametrize("lost", [None, {}, [], "nothing"], ids=repr)
def test_a_deferral_that_lost_what_it_knew_says_so(connect: Connect, sandbox: RunningSandbox, lost: Any) -> None:
    operator = CancelAllOrdersOperator(task_id="all", exchange_conn_id=connect("nami"))
    pushed = operator.execute_complete({}, REACHED, ledger=lost, end_time=time.time() + 30)
    assert (pushed["requested"], "not known" in pushed["earlier"]) == (0, True)
