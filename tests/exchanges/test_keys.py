"""What tells one order from all others: the id, and its market where two markets may number their orders alike."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from airflow_provider_exchange.errors import InvalidOrderRequest
from airflow_provider_exchange.models.orders import Order, OrderKey, OrderRef, OrderState
from airflow_provider_exchange.operations.selection import Selectors
from tests.exchanges.evidence import Evidence, each_answer, each_venue

if TYPE_CHECKING:
    from tests.exchanges.answer import Answer


@each_venue
def test_one_id_in_two_markets(venue: Evidence) -> None:
    exchange = venue.exchange
    here, there = (OrderRef(venue.ref.order_id, symbol) for symbol in venue.symbols[:2])
    assert exchange.ids_are_unique == venue.facts["ids_are_unique"]
    assert (exchange.key(here) == exchange.key(there)) == exchange.ids_are_unique


@each_venue
def test_an_order_that_is_named_twice_counts_once(venue: Evidence) -> None:
    """One id in two markets is two orders; where ids are unique it is a contradiction, which is refused."""
    exchange = venue.exchange
    names = [{"order_id": venue.ref.order_id, "symbol": symbol} for symbol in venue.symbols[:2]]
    assert len(Selectors(orders=[names[0], names[0]]).check(exchange).orders or ()) == 1
    if not exchange.ids_are_unique:
        assert len(Selectors(orders=[*names, *names]).check(exchange).orders or ()) == 2
        return
    with pytest.raises(InvalidOrderRequest, match="in two markets"):
        Selectors(orders=names).check(exchange)
    bare = {"order_id": venue.ref.order_id}
    (ref,) = Selectors(orders=[bare, names[1], bare]).check(exchange).orders or ()
    assert ref.symbol == venue.symbols[1]


@each_venue
def test_where_a_symbol_may_be_left_out_ids_are_unique(venue: Evidence) -> None:
    assert venue.exchange.needs_symbol or venue.exchange.ids_are_unique


@each_venue
def test_an_order_has_the_key_of_its_reference(venue: Evidence) -> None:
    exchange = venue.exchange
    for ref in venue.refs(2):
        assert ref.order_id is not None
        assert ref.symbol is not None
        order = Order(venue.name, ref.order_id, ref.symbol, OrderState.OPEN, "x", client_order_id="mine")
        assert exchange.key(order) == exchange.key(ref) == exchange.key(order.ref)
        keys = set(exchange.keys(order))
        assert exchange.key(ref) in keys
        for symbol in (ref.symbol, None):
            assert exchange.key(OrderRef(None, symbol, "mine")) in keys
        assert OrderKey(None, client_order_id="another") not in keys
    first, second = venue.refs(2)
    assert exchange.key(first) != exchange.key(second)


@each_answer("list_open", "read_order", "read_ended", shows_orders=True)
def test_orders_that_an_answer_shows_have_keys_of_their_own(answer: Answer) -> None:
    exchange = answer.venue.exchange
    assert len({exchange.key(order) for order in answer.orders}) == len(answer.orders)
