"""Orders that may be selected, which cannot be told: they stop nobody else, and fail what would be a success."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from airflow_provider_exchange.errors import (
    ExchangeUnavailableError,
    OrdersStillOpenError,
    TransientError,
    UndecidedOrdersError,
)
from airflow_provider_exchange.models.orders import Order, OrderState, Side
from airflow_provider_exchange.models.reports import Outcome
from airflow_provider_exchange.operations.earlier import Earlier
from airflow_provider_exchange.operations.ledger import Ledger
from airflow_provider_exchange.operations.selection import Selection, Selectors
from airflow_provider_exchange.sandbox.fault_rules import ODD_VALUES, Fault
from tests.accounts import SYMBOLS, Account
from tests.operations.test_flat import LISTS
from tests.sweeps import cancel_orders

if TYPE_CHECKING:
    from collections.abc import Collection

    from airflow_provider_exchange.sandbox.testing import RunningSandbox

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
PLAIN: dict[str, Any] = {
    "exchange": "nami",
    "order_id": "5",
    "symbol": "BTCUSDT",
    "state": OrderState.OPEN,
    "venue_state": "NEW",
    "side": Side.BUY,
    "client_order_id": "bot-1",
    "created_at": NOW - timedelta(hours=1),
}
HIDDEN: dict[str, dict[str, Any]] = {
    "side": {"side": None, "unreadable": frozenset({"side"})},
    "no side": {"side": None},
    "client_order_id": {"client_order_id": None, "unreadable": frozenset({"client_order_id"})},
    "age": {"created_at": None},
    "an age in the future": {"created_at": NOW + timedelta(minutes=2)},
    "market": {"symbol": "", "unreadable": frozenset({"symbol"})},
    "market in an odd spelling": {"symbol": "btc%20usdt", "unreadable": frozenset({"symbol"})},
    "market with a name": {"symbol": "A/../B", "unreadable": frozenset({"symbol"})},
    "id": {"order_id": "5/6", "unreadable": frozenset({"order_id"})},
}
SELECTIONS = {
    "all": Selection(),
    "market": Selection(symbols=frozenset({"BTCUSDT"})),
    "other market": Selection(symbols=frozenset({"ETHUSDT"})),
    "side": Selection(side=Side.BUY),
    "prefix": Selection(client_order_id_prefix="bot-"),
    "age": Selection(older_than=timedelta(minutes=5)),
    "all but a market": Selection(except_symbols=frozenset({"ETHUSDT"})),
    "all but its market": Selection(except_symbols=frozenset({"BTCUSDT"})),
    "all but a prefix": Selection(except_client_order_id_prefix="hand-"),
    "all but its prefix": Selection(except_client_order_id_prefix="bot-"),
}
OUTSIDE = {"other market", "all but its market", "all but its prefix"}
UNDECIDED = {
    ("side", "side"),
    ("no side", "side"),
    *(("client_order_id", selection) for selection in ("prefix", "all but a prefix", "all but its prefix")),
    ("age", "age"),
    ("an age in the future", "age"),
    *(("market", selection) for selection in SELECTIONS if selection != "all but its prefix"),
    *(
        ("market in an odd spelling", selection)
        for selection in SELECTIONS
        if selection not in ("other market", "all but its prefix")
    ),
    *(
        ("market with a name", selection)
        for selection in SELECTIONS
        if selection not in ("market", "other market", "all but its prefix")
    ),
    *(("id", selection) for selection in SELECTIONS if selection not in OUTSIDE),
}


@pytest.mark.parametrize("selection", SELECTIONS)
@pytest.mark.parametrize("hidden", HIDDEN)
def test_only_what_a_filter_needs_matters(hidden: str, selection: str) -> None:
    matches = SELECTIONS[selection].matches(Order(**PLAIN | HIDDEN[hidden]), (NOW, NOW))
    if (hidden, selection) in UNDECIDED:
        assert matches is None
    else:
        is_outside = selection in OUTSIDE or (hidden, selection) == ("market with a name", "market")
        assert matches is not is_outside


@pytest.mark.parametrize(("earliest", "latest", "matches"), [(6, 60, True), (-60, 4, False), (4, 6, None)])
def test_an_age_that_the_clocks_do_not_agree_on_is_not_told(
    earliest: int, latest: int, matches: bool | None
) -> None:
    created = NOW - timedelta(hours=1)
    order = Order(**PLAIN | {"created_at": created})
    times = (created + timedelta(minutes=earliest), created + timedelta(minutes=latest))
    assert SELECTIONS["age"].matches(order, times) is matches


def spoil(account: Account, *ids: str, fields: Collection[str]) -> None:
    """Let the account's lists show some fields of some orders in a form that cannot be read."""
    for field in fields:
        account.sandbox.faults.add(
            Fault("odd_order", route=LISTS[account.venue], orders=ids, field=field, real=True)
        )


def sweep(account: Account, *, dry_run: bool = False, **selectors: Any) -> Any:
    selection = Selectors(**selectors).check(account.exchange)
    return account.run(cancel_orders(account.exchange, selection, {}, poll_interval=2, dry_run=dry_run), 60)


def live(account: Account) -> set[str]:
    return {order.order_id for order in account.sandbox.live(account.venue)}


def test_all_others_are_cancelled_and_then_the_odd_one_is_named(account: Account) -> None:
    odd, *_ = account.place(5, side="BUY")
    spoil(account, odd, fields=["side"])
    with pytest.raises(UndecidedOrdersError, match="side") as caught:
        sweep(account, side="buy")
    assert isinstance(caught.value, OrdersStillOpenError)
    assert caught.value.retryable
    assert [ref.order_id for ref in caught.value.orders] == [odd]
    assert live(account) == {odd}
    assert max(account.transport.slept) < 2, "not at the deadline, but as soon as the rest is flat"


@pytest.mark.parametrize("sides", [("BUY", "SELL"), ("SELL", "BUY")])
def test_two_without_a_name_stay_two(account: Account, sides: tuple[str, str]) -> None:
    """One is provably not selected. That says nothing about the other, which shows the same instead of a name."""
    odd = [order_id for side in sides for order_id in account.place(1, side=side)]
    spoil(account, *odd, fields=["order_id"])
    with pytest.raises(UndecidedOrdersError) as caught:
        sweep(account, side="buy")
    assert len(caught.value.orders) == 1
    assert live(account) == set(odd)


def test_an_order_without_a_name_is_named_by_what_was_shown(account: Account) -> None:
    odd, *_ = account.place(3)
    spoil(account, odd, fields=["order_id"])
    with pytest.raises(UndecidedOrdersError, match=ODD_VALUES["order_id"]):
        sweep(account)
    assert live(account) == {odd}
    assert not any(ODD_VALUES["order_id"] in str(logged) for logged in account.sandbox.request_log)


def test_a_dry_run_lists_it_and_succeeds(account: Account) -> None:
    odd, *_ = account.place(3, side="BUY")
    spoil(account, odd, fields=["side"])
    report = sweep(account, dry_run=True, side="buy")
    assert report.outcomes == {Outcome.NOT_SENT: 2, Outcome.UNDECIDED: 1}
    assert [result.ref.order_id for result in report.results if result.outcome is Outcome.UNDECIDED] == [odd]
    assert report.summary()["outcomes"] == {"not_sent": 2, "undecided": 1}


def test_what_no_filter_asks_for_never_matters(account: Account) -> None:
    ids = account.place(3)
    spoil(account, *ids, fields=["side", "created_at", "client_order_id"])
    assert sweep(account).outcomes == {Outcome.CANCELLED: 3}
    assert live(account) == set()


def test_what_is_certainly_not_selected_is_no_matter(account: Account) -> None:
    odd, *_ = account.place(2)
    spoil(account, odd, fields=["symbol"])
    assert sweep(account, symbols=SYMBOLS[account.venue]).outcomes == {Outcome.CANCELLED: 1}
    assert live(account) == {odd}


def test_named_orders_never_depend_on_somebody_elses(account: Account) -> None:
    odd, order_id = account.place(2)
    spoil(account, odd, fields=["order_id", "symbol"])
    report = sweep(account, orders=[{"order_id": order_id, "symbol": SYMBOLS[account.venue]}])
    assert report.outcomes == {Outcome.CANCELLED: 1}
    assert live(account) == {odd}


def test_an_order_that_the_second_read_leaves_out_may_still_be_open(account: Account) -> None:
    (odd,) = account.place(1, side="BUY")
    spoil(account, odd, fields=["side"])
    second = 3 if account.venue == "loopring" else 2
    account.sandbox.faults.add(Fault("phantom_empty", route=LISTS[account.venue], requests=(second,)))
    with pytest.raises(UndecidedOrdersError) as caught:
        sweep(account, side="buy")
    assert [ref.order_id for ref in caught.value.orders] == [odd]
    assert any("phantom_empty" in logged.faults for logged in account.sandbox.request_log)


def test_without_waiting_what_one_list_leaves_out_is_named_as_well(account: Account) -> None:
    """The second list shows another order, whose cancel is acknowledged; then no further list is read."""
    (odd,) = account.place(1, side="BUY")
    spoil(account, odd, fields=["side"])
    added: list[str] = []

    def trade_on() -> None:
        if not added:
            account.sandbox.book(account.venue).cancel(odd)
            added.extend(account.place(1, side="BUY"))

    account.transport.on_sleep = trade_on
    selection = Selectors(side="buy").check(account.exchange)
    with pytest.raises(UndecidedOrdersError) as caught:
        account.run(cancel_orders(account.exchange, selection, {}, poll_interval=2, wait=False), 60)
    assert {ref.order_id for ref in caught.value.orders} == {odd, *added}


@pytest.mark.parametrize("refused", [False, True])
def test_a_named_order_that_may_be_the_one_without_a_name_is_not_called_unknown(
    sandbox: RunningSandbox, refused: bool
) -> None:
    account = Account(sandbox, "nami")  # no call for one order: its lists are all there is
    odd, other = account.place(2)
    spoil(account, odd, fields=["order_id"])
    orders = [{"order_id": each, "symbol": SYMBOLS["nami"]} for each in (odd, other)]
    if refused:
        sandbox.faults.add(Fault("refuse_cancel", orders=(odd,)))
        with pytest.raises(TransientError) as caught:
            sweep(account, orders=orders)
        assert [ref.order_id for ref in caught.value.orders] == [odd]
        assert live(account) == {odd}
    else:
        assert sweep(account, orders=orders).outcomes == {Outcome.CANCELLED: 2}
        assert live(account) == set()
    account.close()


def test_the_deadline_names_it_after_a_deferral_as_well(account: Account) -> None:
    ledger = Ledger(account.exchange)
    ledger.undecided = [Order(**PLAIN | HIDDEN["id"])]
    restored = Ledger(account.exchange, Earlier.load(account.exchange, json.loads(json.dumps(ledger.dump()))))
    for error in (restored.cut_off(), restored.failed(ExchangeUnavailableError("gone"))):
        assert [ref.order_id for ref in error.orders] == ["5/6"]


def test_what_a_later_list_leaves_out_is_named_until_two_lists_have_proved_it_gone(account: Account) -> None:
    """A list may be empty by mistake, and the task may fail for another reason meanwhile."""
    exchange = account.exchange
    ledger = Ledger(exchange)
    order = Order(**PLAIN | HIDDEN["side"] | {"exchange": exchange.name})
    ledger.decide([exchange.key(order)], [order])
    ledger.decide([], [])
    assert ledger.undecided == []
    assert ledger.left() == [order.ref]
    assert [result.outcome for result in ledger.results()] == [Outcome.UNDECIDED]
    stored = json.loads(json.dumps(ledger.dump()))
    assert [ref.order_id for ref in Ledger(exchange, Earlier.load(exchange, stored)).left()] == ["5"]
    ledger.decide([], [])
    assert ledger.left() == [order.ref]

    ledger.is_flat = True
    assert ledger.left() == []

    ledger.is_flat = False
    ledger.decide([exchange.key(order)], [])  # shown again, and now it can be told that it is not selected
    assert ledger.left() == []
