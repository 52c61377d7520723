"""What one look at an account tells from the look before."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from airflow_provider_exchange.errors import ExchangeUnavailableError
from airflow_provider_exchange.operations import changes
from airflow_provider_exchange.operations.changes import Changes
from airflow_provider_exchange.sandbox.fault_rules import Fault

if TYPE_CHECKING:
    from tests.accounts import Account


def look(account: Account, seen: Changes) -> dict[str, str]:
    orders = account.run(seen.look(account.exchange), repeat_reads=False)
    return {order.order_id: order.state.value for order in orders}


def test_each_change_is_told_once(account: Account) -> None:
    kept, filled, cancelled = account.place(3)
    seen = Changes()
    assert look(account, seen) == {}
    assert look(account, seen) == {}
    book = account.sandbox.book(account.venue)
    book.fill(filled)
    book.cancel(cancelled)
    (new,) = account.place()
    assert look(account, seen) == {filled: "filled", cancelled: "cancelled", new: "open"}
    assert look(account, seen) == {}
    book.cancel(kept)
    assert look(account, seen) == {kept: "cancelled"}


def test_nothing_left_the_list_costs_the_list_alone(account: Account) -> None:
    account.place(3)
    account.run(account.exchange.list_open())  # with what is read of an account once
    account.sandbox.exchange.log.clear()
    account.run(account.exchange.list_open())
    one_list = len(account.requests)
    seen = Changes()
    for looks in (1, 2, 3):
        look(account, seen)
        assert len(account.requests) == one_list * (1 + looks)


def test_a_look_that_fails_loses_nothing(account: Account) -> None:
    (order_id,) = account.place()
    seen = Changes()
    look(account, seen)
    requests_a_list = len(account.requests)  # so that the request after the list is the one that fails
    account.sandbox.book(account.venue).fill(order_id)
    tries = 1 if account.venue == "nami" else 2  # by its history; by the order, and again by the order
    failing = tuple(requests_a_list + number for number in range(1, tries + 1))
    account.sandbox.faults.add(Fault("drop_before", requests=failing))
    with pytest.raises(ExchangeUnavailableError):
        look(account, seen)
    assert look(account, seen) == {order_id: "filled"}


def test_an_order_that_cannot_be_read_for_a_while_is_waited_for(
    account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(changes, "LOOKS", 3)
    shown, lost = account.place(2)
    seen = Changes()
    look(account, seen)
    book = account.sandbox.book(account.venue)
    hidden = {order_id: book._orders.pop(book[order_id].key) for order_id in (shown, lost)}
    assert look(account, seen) == {}
    book._orders[hidden[shown].key] = hidden[shown]
    book.fill(shown)
    assert look(account, seen) == {shown: "filled"}
    assert look(account, seen) == {}
    book._orders[hidden[lost].key] = hidden[lost]
    assert look(account, seen) == {lost: "open"}  # forgotten, and so it is new


def test_a_change_between_live_states_is_told(account: Account) -> None:
    (order_id,) = account.place()
    seen = Changes()
    look(account, seen)
    account.sandbox.book(account.venue).cancel(order_id, reads=2)
    told = [change[order_id] for change in (look(account, seen) for _ in range(5)) if change]
    assert told in (["cancelling", "cancelled"], ["cancelled"])
