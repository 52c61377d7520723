"""One order, against the paper exchange: what is sent, and what is said of it afterwards."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from airflow_provider_exchange.errors import (
    AuthenticationError,
    ExchangeError,
    ExchangeUnavailableError,
    InvalidOrderRequest,
    OrdersStillOpenError,
    RequestRefusedError,
)
from airflow_provider_exchange.models.orders import OrderState
from airflow_provider_exchange.models.reports import CancelResult, Outcome
from airflow_provider_exchange.operations.entry import GRACE
from airflow_provider_exchange.sandbox.fault_rules import Fault
from tests.accounts import IDS_SUFFICE, NO_SUCH_STATES, OTHER_SYMBOLS, SYMBOLS, UNKNOWN_IDS, Account
from tests.sweeps import cancel_order

if TYPE_CHECKING:
    from airflow_provider_exchange.protocol.messages import Request
    from airflow_provider_exchange.sandbox.testing import RunningSandbox


def cancel(account: Account, order_id: str, timeout: float = 60, **kwargs: Any) -> CancelResult:
    ref = account.exchange.check_ref(order_id, SYMBOLS[account.venue])
    return account.run(cancel_order(account.exchange, ref, {}, poll_interval=2, **kwargs), timeout)


def test_an_open_order_is_cancelled_and_read_back(account: Account) -> None:
    (order_id, other) = account.place(2)
    result = cancel(account, order_id)
    assert (result.outcome, result.state, result.confirmed) == (Outcome.CANCELLED, OrderState.CANCELLED, True)
    assert [route for _, route in account.mutations] == ["cancel_order"]
    assert account.requests[-1] != "cancel_order", "the last word must be a read"
    assert [order.order_id for order in account.sandbox.live(account.venue)] == [other]


def test_a_partial_fill_is_reported(account: Account) -> None:
    (order_id,) = account.place(quantity="2", filled="0.5")
    result = cancel(account, order_id)
    assert result.outcome is Outcome.CANCELLED
    assert result.filled_quantity
    assert result.filled_quantity > 0


@pytest.mark.parametrize(
    ("state", "outcome"),
    [
        ("cancelled", Outcome.ALREADY_CANCELLED),
        ("filled", Outcome.FILLED),
        ("expired", Outcome.EXPIRED),
        ("rejected", Outcome.REJECTED),
    ],
)
def test_an_ended_order_is_only_read(account: Account, state: str, outcome: Outcome) -> None:
    if state in NO_SUCH_STATES.get(account.venue, ()):
        state, outcome = "cancelled", Outcome.ALREADY_CANCELLED
    (order_id,) = account.place(state=state)
    result = cancel(account, order_id)
    assert (result.outcome, result.confirmed) == (outcome, True)
    assert account.mutations == []


def test_an_order_filled_while_being_cancelled_is_filled(account: Account) -> None:
    (order_id,) = account.place()
    account.sandbox.faults.add(Fault("fill_on_cancel"))
    assert cancel(account, order_id).outcome is Outcome.FILLED


def test_an_order_cancelled_by_someone_else_meanwhile_is_gone_all_the_same(account: Account) -> None:
    """The venue refuses the second cancel in its own way; the read that follows tells the truth."""
    (order_id,) = account.place()

    def be_first(request: Request) -> None:
        if request.method == "DELETE":
            account.sandbox.book(account.venue).cancel(order_id)

    account.transport.before_send = be_first
    result = cancel(account, order_id)
    assert (result.state, result.confirmed) == (OrderState.CANCELLED, True)


def test_an_unknown_order_is_not_found_only_after_a_grace_window(account: Account) -> None:
    result = cancel(account, UNKNOWN_IDS[account.venue])
    assert (result.outcome, result.state, result.confirmed) == (Outcome.NOT_FOUND, OrderState.UNKNOWN, True)
    assert sum(account.transport.slept) >= GRACE


def test_an_order_that_becomes_readable_late_is_cancelled(account: Account) -> None:
    """The first reads come before the venue can show an order that was just placed."""
    book = account.sandbox.book(account.venue)
    (order_id,) = account.place()
    order = book[order_id]
    book.clear()

    def appear() -> None:
        if order_id not in {each.order_id for each in book}:
            book.place(order)

    account.transport.on_sleep = appear
    result = cancel(account, order_id)
    assert (result.outcome, result.confirmed) == (Outcome.CANCELLED, True)
    assert book.live() == []


def test_a_lagging_read_is_not_believed(account: Account) -> None:
    (order_id,) = account.place()
    account.sandbox.faults.add(Fault("stale_reads", route="reads", requests=(2, 3, 4), reads=1))
    assert cancel(account, order_id).outcome is Outcome.CANCELLED


def test_a_cancel_in_progress_is_waited_for(account: Account) -> None:
    (order_id,) = account.place()
    account.sandbox.faults.add(Fault("cancelling", reads=3))
    result = cancel(account, order_id)
    assert (result.outcome, result.confirmed) == (Outcome.CANCELLED, True)


def test_an_order_that_stays_open_fails_by_name(account: Account) -> None:
    (order_id,) = account.place()
    account.sandbox.faults.add(Fault("cancelling", reads=1000))
    with pytest.raises(OrdersStillOpenError, match=order_id) as caught:
        cancel(account, order_id, timeout=10)
    assert [ref.order_id for ref in caught.value.orders] == [order_id]
    assert caught.value.orders[0].state in (OrderState.OPEN, OrderState.CANCELLING)
    assert caught.value.exchange == account.venue


def test_a_refusal_is_repeated_once_and_then_final(account: Account) -> None:
    """A venue that refuses and still shows the order open will not change its mind within a task."""
    (order_id,) = account.place()
    account.sandbox.faults.add(Fault("refuse_cancel"))
    with pytest.raises(ExchangeError, match=order_id) as caught:
        cancel(account, order_id, timeout=20)
    assert [order.order_id for order in account.sandbox.live(account.venue)] == [order_id]
    if isinstance(caught.value, RequestRefusedError):
        assert len(account.mutations) == 2
    else:
        assert isinstance(caught.value, OrdersStillOpenError)


def test_without_waiting_an_acknowledgement_suffices(account: Account) -> None:
    (order_id,) = account.place()
    result = cancel(account, order_id, wait=False)
    assert (result.outcome, result.confirmed) == (Outcome.UNKNOWN, False)
    assert account.requests[-1] == "cancel_order"


def test_without_waiting_an_ambiguous_cancel_is_still_read(account: Account) -> None:
    (order_id,) = account.place()
    account.sandbox.faults.add(Fault("drop_before", route="cancels", requests=(1,)))
    cancel(account, order_id, wait=False)
    assert len(account.mutations) == 2
    assert account.sandbox.live(account.venue) == []


def test_a_wrong_secret_fails_soon(sandbox: RunningSandbox, account: Account) -> None:
    (order_id,) = account.place()
    wrong = "0x5" if account.venue == "loopring" else "not-the-secret"
    stranger = Account(sandbox, account.venue, password=wrong)
    with pytest.raises(AuthenticationError) as caught:
        cancel(stranger, order_id)
    assert [ref.order_id for ref in caught.value.orders] == [order_id]
    assert sum(stranger.transport.slept) < 7
    stranger.close()


def test_the_deadline_holds_while_nothing_answers(account: Account) -> None:
    (order_id,) = account.place()
    account.sandbox.faults.add(Fault("status", status=503))
    with pytest.raises(ExchangeUnavailableError, match=order_id) as caught:
        cancel(account, order_id, timeout=30)
    assert caught.value.orders[0].state is OrderState.UNKNOWN
    assert sum(account.transport.slept) <= 30.5
    # A cancel that names no market, or one by a number that a list tells, is not sent before the order was read.
    waits = account.venue == "hyperliquid" or not account.exchange.needs_symbol
    assert len(account.mutations) in (range(1) if waits else range(2, 6)), "sent again"


@pytest.mark.parametrize("venue", ["bitopro", "loopring"])
def test_a_client_order_id_is_resolved_and_cancelled_by_the_venues_id(sandbox: RunningSandbox, venue: str) -> None:
    account = Account(sandbox, venue)
    own = {"bitopro": "42", "loopring": "my order 42"}[venue]
    account.place()
    (order_id,) = account.place(client_order_id=own)
    ref = account.exchange.check_ref(None, SYMBOLS[venue], own)
    result = account.run(cancel_order(account.exchange, ref, {}, poll_interval=2))
    assert (result.outcome, result.ref.order_id) == (Outcome.CANCELLED, order_id)
    assert len(sandbox.live(venue)) == 1
    account.close()


@pytest.mark.parametrize("venue", ["bitopro", "loopring"])
def test_a_client_order_id_of_two_live_orders_is_refused(sandbox: RunningSandbox, venue: str) -> None:
    account = Account(sandbox, venue)
    ids = account.place(2, client_order_id="42")
    ref = account.exchange.check_ref(None, SYMBOLS[venue], "42")
    with pytest.raises(InvalidOrderRequest) as caught:
        account.run(cancel_order(account.exchange, ref, {}, poll_interval=2))
    assert {named.order_id for named in caught.value.orders} == set(ids)
    assert account.mutations == []
    account.close()


def test_bitopro_keeps_strategies_when_asked_to(sandbox: RunningSandbox) -> None:
    account = Account(sandbox, "bitopro")
    (order_id,) = account.place()
    ref = account.exchange.check_ref(order_id, "BTC_USDT")
    options = account.exchange.check_options({"isAllStrategyCanceled": False})
    account.run(cancel_order(account.exchange, ref, options, poll_interval=2))
    assert [logged.query for logged in sandbox.mutations()] == ["isAllStrategyCanceled=false"]
    account.close()


def test_the_right_id_with_another_symbol_names_no_order(sandbox: RunningSandbox, account: Account) -> None:
    (order_id,) = account.place()
    ref = account.exchange.check_ref(order_id, OTHER_SYMBOLS[account.venue])
    if account.venue in IDS_SUFFICE:
        with pytest.raises(InvalidOrderRequest, match=f"belongs to {SYMBOLS[account.venue]}"):
            account.run(cancel_order(account.exchange, ref, {}, poll_interval=2))
    else:
        result = account.run(cancel_order(account.exchange, ref, {}, poll_interval=2))
        assert result.outcome is Outcome.NOT_FOUND
    assert [order.order_id for order in sandbox.live(account.venue)] == [order_id]


def test_a_refusal_of_what_is_gone_is_no_failure_where_reads_lag(account: Account) -> None:
    """Cancelled before, shown open for a while, and every cancel refused: the read that comes late is the truth."""
    (order_id,) = account.place()
    book = account.sandbox.book(account.venue)
    book.view()
    book.cancel(order_id)
    account.sandbox.faults.add(Fault("stale_reads", route="reads", requests=tuple(range(1, 9)), reads=15))
    ref = account.exchange.check_ref(order_id, SYMBOLS[account.venue])
    result = account.run(cancel_order(account.exchange, ref, {}, poll_interval=0.5))
    assert (result.state, result.confirmed) == (OrderState.CANCELLED, True)
