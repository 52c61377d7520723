"""BitoPro's two books, spot and margin: nothing that is open in either is taken for gone."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from airflow_provider_exchange.errors import (
    ExchangeError,
    ExchangeUnavailableError,
    InvalidOrderRequest,
    OrderNotFoundError,
    TransientError,
    UndecidedOrdersError,
)
from airflow_provider_exchange.exchanges.common import live_then_ended
from airflow_provider_exchange.models.orders import Order, OrderState
from airflow_provider_exchange.models.reports import Outcome
from airflow_provider_exchange.operations.changes import Changes
from airflow_provider_exchange.operations.selection import Selection, Selectors
from airflow_provider_exchange.operations.watch import watched_orders
from airflow_provider_exchange.sandbox.testing import RunningSandbox, running_sandbox
from tests.accounts import Account
from tests.stepping import run_on
from tests.sweeps import cancel_order, cancel_orders

if TYPE_CHECKING:
    from collections.abc import Iterator

    from airflow_provider_exchange.models.reports import CancelReport, CancelResult
    from airflow_provider_exchange.protocol.steps import Operation

MARGIN = "bitopro_margin"
BOOKS = ("bitopro", MARGIN)


@pytest.fixture
def with_margin() -> Iterator[RunningSandbox]:
    with running_sandbox(bitopro_margin="on") as sandbox:
        yield sandbox


@pytest.fixture
def account(with_margin: RunningSandbox) -> Iterator[Account]:
    account = Account(with_margin, "bitopro")
    yield account
    account.close()


def sweep(account: Account, *, timeout: float = 60, **selectors: Any) -> CancelReport:
    selection = Selectors(**selectors).check(account.exchange) if selectors else Selection()
    return account.run(cancel_orders(account.exchange, selection, {}, poll_interval=1), timeout)


def cancel(account: Account, order_id: str | None, client_order_id: str | None = None) -> CancelResult:
    ref = account.exchange.check_ref(order_id, "btc_usdt", client_order_id)
    return account.run(cancel_order(account.exchange, ref, {}, poll_interval=1))


def live(sandbox: RunningSandbox) -> list[tuple[str, str]]:
    return [(book, order.order_id) for book in BOOKS for order in sandbox.live(book)]


def told_by_the_adapter(caplog: pytest.LogCaptureFixture) -> list[logging.LogRecord]:
    return [record for record in caplog.records if record.name.endswith(".exchanges.bitopro")]


def test_a_sweep_covers_both_books(account: Account, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "airflow_provider_exchange.exchanges")
    for number in range(3):
        account.sandbox.place("bitopro", "btc_usdt", order_id=f"1{number}")
        account.sandbox.place(MARGIN, "btc_usdt", order_id=f"2{number}")
    report = sweep(account)
    assert report.outcomes == {Outcome.CANCELLED: 6}
    assert live(account.sandbox) == []
    assert [route for _, route in account.mutations] == ["cancel_orders", "cancel_margin_orders"]
    (told,) = told_by_the_adapter(caplog)
    assert told.getMessage() == "All orders at BitoPro: those on spot and those on margin"


def test_margin_orders_are_selected_like_others(account: Account) -> None:
    account.sandbox.place(MARGIN, "btc_usdt", order_id="1")
    account.sandbox.place(MARGIN, "eth_usdt", order_id="2")
    sweep(account, symbols=["btc_usdt"])
    assert live(account.sandbox) == [(MARGIN, "2")]


@pytest.mark.parametrize("margin", ["on", "in_both_lists"])
@pytest.mark.parametrize("count", [1, 3])
def test_orders_of_one_name_in_both_books(account: Account, margin: str, count: int) -> None:
    account.sandbox.exchange.apply_settings(bitopro_margin=margin)
    for book in BOOKS:
        for number in range(count):
            account.sandbox.place(book, "btc_usdt", order_id=f"5{number}")
    assert sweep(account).outcomes == {Outcome.CANCELLED: count}
    assert live(account.sandbox) == []


@pytest.mark.parametrize("count", [1, 3])
def test_margin_orders_that_both_lists_show(account: Account, count: int) -> None:
    account.sandbox.exchange.apply_settings(bitopro_margin="in_both_lists")
    for number in range(count):
        account.sandbox.place(MARGIN, "btc_usdt", order_id=f"5{number}")
    assert sweep(account).outcomes == {Outcome.CANCELLED: count}
    assert live(account.sandbox) == []


@pytest.mark.parametrize("route", ["cancel_order", "cancel_margin_order"])
def test_one_of_two_namesakes_that_stays_is_named(account: Account, route: str) -> None:
    for book in BOOKS:
        account.sandbox.place(book, "btc_usdt", order_id="5")
    account.sandbox.faults.add(kind="status", route=route, acts=False)
    with pytest.raises(ExchangeError) as caught:
        sweep(account, timeout=20)
    assert [(ref.order_id, ref.symbol) for ref in caught.value.orders] == [("5", "btc_usdt")]
    assert live(account.sandbox) == [("bitopro" if route == "cancel_order" else MARGIN, "5")]


def test_what_differs_between_two_namesakes_selects_neither(account: Account) -> None:
    """A cancel may reach either, and only one of them is meant."""
    account.sandbox.place("bitopro", "btc_usdt", order_id="5", side="SELL")
    account.sandbox.place(MARGIN, "btc_usdt", order_id="5", side="BUY")
    account.sandbox.place("bitopro", "btc_usdt", side="BUY")
    with pytest.raises(UndecidedOrdersError, match="side") as caught:
        sweep(account, side="buy")
    assert [ref.order_id for ref in caught.value.orders] == ["5"]
    assert live(account.sandbox) == [("bitopro", "5"), (MARGIN, "5")]
    assert sweep(account).open_after == 0
    assert live(account.sandbox) == []


orders = st.lists(
    st.tuples(
        st.sampled_from(BOOKS),
        st.sampled_from(["btc_usdt", "eth_usdt"]),
        st.sampled_from(["1", "2", "SL-3"]),
        st.sampled_from([None, None, "cancelled", "filled"]),
    ),
    unique_by=lambda order: order[:3],
    max_size=10,
)
faults = st.lists(
    st.fixed_dictionaries(
        {
            "kind": st.sampled_from(
                ["status", "drop_after", "stale_reads", "ignore_batch_member", "fill_on_cancel"]
            ),
            "route": st.sampled_from(
                ["cancels", "reads", "cancel_margin_orders", "cancel_orders", "open_margin_orders", "margin_order"]
            ),
            "times": st.integers(1, 3),
        }
    ),
    max_size=3,
)


@settings(deadline=None, max_examples=40)
@given(placed=orders, wrong=faults, margin=st.sampled_from(["on", "in_both_lists"]))
def test_after_a_sweep_both_books_are_empty_or_what_is_left_is_named(
    placed: list[tuple[str, str, str, str | None]], wrong: list[Any], margin: str
) -> None:
    with running_sandbox(bitopro_margin=margin) as sandbox:
        for book, symbol, order_id, state in placed:
            stop = 90 if order_id.startswith("SL-") else None
            sandbox.place(book, symbol, order_id=order_id, stop_price=stop, state=state)
        for fault in wrong:
            sandbox.faults.add(**fault)
        account = Account(sandbox, "bitopro")
        try:
            sweep(account, timeout=8)
            named = set()
        except ExchangeError as error:
            named = {(ref.symbol, ref.order_id) for ref in error.orders}
        finally:
            account.close()
        left = {(order.symbol, order.order_id) for book in BOOKS for order in sandbox.live(book)}
        assert left <= named


# -- accounts without margin


@pytest.mark.parametrize("status", [400, 403, 404])
def test_an_account_without_margin_is_swept(
    account: Account, status: int, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "airflow_provider_exchange.exchanges")
    account.sandbox.exchange.apply_settings(bitopro_margin="off", bitopro_margin_refusal=status)
    account.place(3)
    assert sweep(account).outcomes == {Outcome.CANCELLED: 3}
    asked_before = account.requests.count("open_margin_orders")
    assert asked_before == 2 * 2, "twice in each of the two looks that prove it, as no single refusal does"
    sweep(account)
    assert account.requests.count("open_margin_orders") == 2 * asked_before, (
        "a new run does not rely on an old answer"
    )
    (told,) = told_by_the_adapter(caplog)
    assert f"spot only, as the venue refuses to list margin orders (HTTP {status})" in told.getMessage()
    assert told.levelno == (logging.WARNING if status == 403 else logging.INFO)


def test_a_margin_list_that_fails_proves_nothing(account: Account) -> None:
    account.sandbox.place(MARGIN, "btc_usdt")
    account.sandbox.faults.add(kind="status", route="open_margin_orders")
    with pytest.raises(TransientError):
        sweep(account)
    assert len(live(account.sandbox)) == 1


def test_one_refusal_is_not_the_last_word(account: Account) -> None:
    account.sandbox.exchange.apply_settings(bitopro_margin="off")
    assert account.run(account.exchange.list_open()) == []
    account.sandbox.exchange.apply_settings(bitopro_margin="on")
    account.sandbox.place(MARGIN, "btc_usdt")
    assert sweep(account).outcomes == {Outcome.CANCELLED: 1}


def test_a_refusal_counts_for_one_run_alone(account: Account, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "airflow_provider_exchange.exchanges")
    account.sandbox.exchange.apply_settings(bitopro_margin="off")
    account.place(1)
    sweep(account)
    account.sandbox.exchange.apply_settings(bitopro_margin="on")
    account.sandbox.place(MARGIN, "btc_usdt")
    assert sweep(account).outcomes == {Outcome.CANCELLED: 1}
    assert live(account.sandbox) == []
    assert [record.getMessage().partition(": ")[2][:18] for record in told_by_the_adapter(caplog)] == [
        "those on spot only",
        "those on spot and ",
    ]


def test_a_watcher_goes_on_asking_for_margin_orders(account: Account) -> None:
    account.sandbox.exchange.apply_settings(bitopro_margin="off")
    changes = Changes()
    for _ in range(3):
        assert account.run(changes.look(account.exchange)) == []
    account.sandbox.exchange.apply_settings(bitopro_margin="on")
    account.sandbox.place(MARGIN, "btc_usdt")
    assert len(account.run(changes.look(account.exchange))) == 1


def test_a_margin_list_that_has_shown_orders_must_go_on_showing_them(account: Account) -> None:
    account.sandbox.place(MARGIN, "btc_usdt")
    assert len(account.run(account.exchange.list_open())) == 1
    account.sandbox.exchange.apply_settings(bitopro_margin="off")
    with pytest.raises(ExchangeUnavailableError, match="refuses to list margin orders, which it has listed before"):
        account.run(account.exchange.list_open())


# -- one order


def test_a_spot_order_needs_no_request_for_margin(account: Account) -> None:
    (order_id,) = account.place()
    assert cancel(account, order_id).outcome is Outcome.CANCELLED
    assert account.requests == ["order", "cancel_order", "order"]


def test_a_margin_order_is_found_and_cancelled_there(account: Account) -> None:
    order_id = account.sandbox.place(MARGIN, "btc_usdt").order_id
    assert cancel(account, order_id).outcome is Outcome.CANCELLED
    assert account.requests == ["order", "margin_order", "cancel_margin_order", "margin_order"]


def test_an_ended_namesake_on_spot_hides_no_margin_order(account: Account) -> None:
    account.sandbox.place("bitopro", "btc_usdt", order_id="5", state="cancelled")
    account.sandbox.place(MARGIN, "btc_usdt", order_id="5")
    assert cancel(account, "5").outcome is Outcome.CANCELLED
    assert live(account.sandbox) == []


def test_a_margin_order_that_cannot_be_found_again_is_not_taken_for_its_ended_namesake(account: Account) -> None:
    account.sandbox.place("bitopro", "btc_usdt", order_id="5", state="cancelled")
    account.sandbox.place(MARGIN, "btc_usdt", order_id="5")
    ref = account.exchange.check_ref("5", "btc_usdt")
    assert account.run(account.exchange.read_order(ref)).state is OrderState.OPEN
    account.sandbox.exchange.apply_settings(bitopro_margin_refusal=404, bitopro_margin="off")
    with pytest.raises(OrderNotFoundError):
        account.run(account.exchange.read_order(ref))


def test_an_order_that_neither_book_knows_is_not_found(account: Account) -> None:
    assert cancel(account, "5").outcome is Outcome.NOT_FOUND
    assert {"order", "margin_order"} <= set(account.requests)


def test_watched_orders_of_both_books(account: Account) -> None:
    refs = []
    for number in range(6):
        for book in BOOKS:
            order_id = f"{number}{BOOKS.index(book)}"
            account.sandbox.place(book, "btc_usdt", order_id=order_id, state="filled" if number % 2 else None)
            refs.append(account.exchange.check_ref(order_id, "btc_usdt"))
    shown = account.run(watched_orders(account.exchange, refs))
    assert [order and order.state for order in shown] == [OrderState.OPEN] * 2 + [OrderState.FILLED] * 2 + (
        [OrderState.OPEN] * 2 + [OrderState.FILLED] * 2
    ) + [OrderState.OPEN] * 2 + [OrderState.FILLED] * 2


# -- client order ids


@pytest.mark.parametrize("live_book", BOOKS)
@pytest.mark.parametrize("ended_book", BOOKS)
def test_an_ended_namesake_hides_no_live_order(account: Account, live_book: str, ended_book: str) -> None:
    number = {"symbol": "btc_usdt", "client_order_id": "2147483647"}
    account.sandbox.place(live_book, order_id="1", age=60, **number)
    account.sandbox.place(ended_book, order_id="2", state="cancelled", **number)
    result = cancel(account, None, "2147483647")
    assert (result.outcome, result.ref.order_id) == (Outcome.CANCELLED, "1")
    assert live(account.sandbox) == []


@pytest.mark.parametrize("books", [("bitopro", "bitopro"), ("bitopro", MARGIN)])
def test_two_live_orders_of_one_client_id_are_both_named(account: Account, books: tuple[str, str]) -> None:
    for order_id, book in zip(("1", "2"), books, strict=True):
        account.sandbox.place(book, "btc_usdt", order_id=order_id, client_order_id="7")
    with pytest.raises(InvalidOrderRequest, match="more than one live order") as caught:
        cancel(account, None, "7")
    assert {ref.order_id for ref in caught.value.orders} == {"1", "2"}
    assert len(live(account.sandbox)) == 2


@pytest.mark.parametrize("count", [1, 5])
def test_watched_client_ids(account: Account, count: int) -> None:
    """The live one is shown, whatever ended before it; those that have all ended are found in the history."""
    client_ids = [str(number) for number in range(1, count + 1)]
    for client_id in client_ids:
        account.sandbox.place("bitopro", "btc_usdt", client_order_id=client_id)
        account.sandbox.place("bitopro", "btc_usdt", client_order_id=client_id, state="cancelled")
        account.sandbox.place(MARGIN, "eth_usdt", client_order_id=client_id, state="filled")
    refs = [
        account.exchange.check_ref(None, symbol, client_id)
        for symbol in ("btc_usdt", "eth_usdt")
        for client_id in client_ids
    ]
    shown = account.run(watched_orders(account.exchange, refs))
    assert [order and order.state for order in shown] == [OrderState.OPEN] * count + [OrderState.FILLED] * count


def listing(account: Account, *shown: Order) -> None:
    """Let the adapter's open list show some orders."""

    def list_open(symbols: Any = None) -> Operation[list[Order]]:
        yield from ()
        return list(shown)

    account.exchange.list_open = list_open  # type: ignore[method-assign]


def nothing() -> Operation[dict[Any, Order]]:
    yield from ()
    return {}


@pytest.mark.parametrize(
    ("symbol", "unreadable", "error"),
    [
        ("btc_usdt", {"client_order_id"}, UndecidedOrdersError),
        ("eth_usdt", {"client_order_id"}, OrderNotFoundError),
        ("?", {"client_order_id", "symbol"}, UndecidedOrdersError),
        ("btc_usdt", {"price"}, OrderNotFoundError),
    ],
)
def test_not_found_is_not_proved_beside_a_client_id_that_cannot_be_read(
    account: Account, symbol: str, unreadable: set[str], error: type[ExchangeError]
) -> None:
    odd = Order("bitopro", "1", symbol, OrderState.OPEN, "0", unreadable=frozenset(unreadable))
    listing(account, odd)
    ref = account.exchange.check_ref(None, "btc_usdt", "7")
    with pytest.raises(error):
        run_on(live_then_ended(account.exchange, ref, nothing()))


# -- the history


def test_a_history_spans_ninety_days_at_most(account: Account) -> None:
    day = 86_400
    ids = account.place(5, age=200 * day)
    refs = [account.exchange.check_ref(order_id, "btc_usdt") for order_id in ids]
    first = account.run(watched_orders(account.exchange, refs))
    seen = {ref: order for ref, order in zip(refs, first, strict=True) if order is not None}
    for order_id in ids:
        account.sandbox.book("bitopro").cancel(order_id)
    shown = account.run(watched_orders(account.exchange, refs, seen))
    (query,) = [logged.query for logged in account.sandbox.request_log if logged.route == "orders_of_pair"]
    start = int(query.partition("startTimestamp=")[2].partition("&")[0])
    assert 89.9 * day < account.sandbox.exchange.now_ms() / 1000 - start / 1000 < 90 * day
    assert [order and order.state for order in shown] == [OrderState.CANCELLED] * 5, "found by direct reads"


def test_spot_orders_are_cancelled_before_margin_is_read(account: Account) -> None:
    account.place(3)
    account.sandbox.place(MARGIN, "btc_usdt")
    sweep(account)
    first_cancel = account.requests.index("cancel_orders")
    assert account.requests[:first_cancel] == ["open_orders"]
    assert live(account.sandbox) == []


def test_before_a_limit_is_known_to_hold_nothing_is_cancelled(account: Account) -> None:
    account.place(2)
    account.sandbox.place(MARGIN, "btc_usdt")
    with pytest.raises(InvalidOrderRequest, match="max_orders"):
        account.run(cancel_orders(account.exchange, Selection(), {}, poll_interval=1, max_orders=2))
    assert account.mutations == []
