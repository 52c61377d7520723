"""What proves that nothing is left: two reads of the open list that agree, and the newest word about an order."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from airflow_provider_exchange.errors import (
    ExchangeUnavailableError,
    InvalidOrderRequest,
    OrdersStillOpenError,
    TransientError,
)
from airflow_provider_exchange.models.orders import OrderState
from airflow_provider_exchange.models.reports import Outcome
from airflow_provider_exchange.operations.cancel import FLAT_FOR
from airflow_provider_exchange.operations.entry import GRACE, Entry
from airflow_provider_exchange.operations.selection import Selectors
from airflow_provider_exchange.sandbox.fault_rules import Fault
from tests.accounts import OTHER_SYMBOLS, SYMBOLS, Account
from tests.sweeps import cancel_orders

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from airflow_provider_exchange.models.reports import CancelReport

LISTS = {"nami": "open_orders", "bitopro": "open_orders", "loopring": "orders"}


def sweep(account: Account, timeout: float = 60, **how: Any) -> CancelReport:
    selection = Selectors(**how.pop("selectors", {})).check(account.exchange)
    return account.run(cancel_orders(account.exchange, selection, {}, poll_interval=2, **how), timeout)


def live(account: Account) -> set[str]:
    return {order.order_id for order in account.sandbox.live(account.venue)}


def while_flat(account: Account, act: Callable[[], object], times: int = 1) -> None:
    """Let something happen between the two reads of the proof, some times."""
    left = [act] * times

    def meanwhile() -> None:
        if left and account.transport.slept[-1] == FLAT_FOR and not live(account):
            left.pop()()

    account.transport.on_sleep = meanwhile


def test_the_two_reads_lie_apart(account: Account) -> None:
    account.place(2)
    sweep(account)
    assert account.transport.slept[-1] == FLAT_FOR


def test_with_zero_the_second_read_follows_at_once(account: Account) -> None:
    sweep(account, flat_for=0)
    assert account.transport.slept == []
    times = {"nami": {2}, "loopring": {4}, "bitopro": {3, 2}}
    assert set(Counter(account.requests).values()) == times[account.venue]


@pytest.mark.parametrize("wrong", [-1, float("inf"), float("nan")])
def test_a_time_that_cannot_be_waited_is_refused(account: Account, wrong: float) -> None:
    with pytest.raises(InvalidOrderRequest, match="flat_for"):
        sweep(account, flat_for=wrong)
    assert account.requests == []


def test_what_appears_meanwhile_is_cancelled_and_the_time_starts_again(account: Account) -> None:
    account.place(1)
    while_flat(account, account.place, times=3)
    report = sweep(account)
    assert report.outcomes == {Outcome.CANCELLED: 4}
    assert live(account) == set()
    assert account.transport.slept.count(FLAT_FOR) == 4


def test_what_is_not_selected_may_appear_meanwhile(account: Account) -> None:
    account.place(1)
    while_flat(account, lambda: account.place(symbol=OTHER_SYMBOLS[account.venue]))
    sweep(account, selectors={"symbols": SYMBOLS[account.venue]})
    assert len(live(account)) == 1
    assert account.transport.slept.count(FLAT_FOR) == 1


def test_while_orders_keep_appearing_nothing_is_proved(account: Account) -> None:
    while_flat(account, account.place, times=100)
    with pytest.raises(TransientError) as caught:
        sweep(account, timeout=5)
    assert {ref.order_id for ref in caught.value.orders} >= live(account)


def test_a_single_read_before_the_deadline_is_no_success(account: Account) -> None:
    account.stop_the_clock()
    account.place(1)
    with pytest.raises(ExchangeUnavailableError, match="two reads"):
        sweep(account, timeout=0.9)
    assert live(account) == set()


def test_named_orders_are_proved_by_their_own_reads(account: Account) -> None:
    (order_id,) = account.place(1)
    sweep(account, selectors={"orders": [{"order_id": order_id, "symbol": SYMBOLS[account.venue]}]})
    assert FLAT_FOR not in account.transport.slept


def test_a_dry_run_reads_once(account: Account) -> None:
    account.place(1)
    sweep(account, dry_run=True)
    assert account.transport.slept == []


@pytest.mark.parametrize("reads", [1, 4])
def test_a_list_that_falls_behind_is_waited_for(account: Account, reads: int) -> None:
    account.place(2)
    behind = tuple(range(3, 3 + reads))
    account.sandbox.faults.add(Fault("stale_reads", route=LISTS[account.venue], requests=behind, reads=2))
    report = sweep(account)
    assert report.outcomes == {Outcome.CANCELLED: 2}
    assert live(account) == set()


def test_an_order_read_as_ended_and_then_shown_open_for_long_is_open(account: Account) -> None:
    (order_id,) = account.place(1)
    (order,) = account.run(account.exchange.list_open())
    entry = Entry(order.ref, order, sent=True)
    cancelled = replace(order, state=OrderState.CANCELLED)
    entry.show(cancelled, 0.0)
    assert entry.outcome is Outcome.CANCELLED
    entry.show(order, 1.0)
    assert _known(entry) == (None, OrderState.CANCELLED, False)
    entry.show(order, 1.0 + GRACE)
    assert _known(entry) == (None, OrderState.OPEN, True)
    entry.show(cancelled, 9.0)
    assert entry.outcome is Outcome.CANCELLED
    assert entry.ref.order_id == order_id


def _known(entry: Entry) -> tuple[Outcome | None, OrderState, bool]:
    return entry.outcome, entry.state, entry.may_be_open


def test_a_contradiction_at_the_deadline_is_a_failure_that_names_the_order(account: Account) -> None:
    (order_id,) = account.place(1)
    flat = 5 if account.venue == "loopring" else 3  # the request that would show it for the second time
    account.sandbox.faults.add(
        Fault("stale_reads", route=LISTS[account.venue], requests=tuple(range(flat, 200)), reads=1000)
    )
    with pytest.raises(OrdersStillOpenError) as caught:
        sweep(account, timeout=5)
    assert [ref.order_id for ref in caught.value.orders] == [order_id]
