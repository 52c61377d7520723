"""Ways in which some venues write an order: a sign for the side, two words for a state, objects in an object."""

from __future__ import annotations

from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest

from airflow_provider_exchange.exchanges.ccxt.profiles.shared import second_word
from airflow_provider_exchange.exchanges.orders import OrderForm, OrderReader
from airflow_provider_exchange.models.orders import Order, OrderState, Side

FORM = OrderForm(
    order_id="id",
    symbol="initial.market",
    state="status",
    states={"open": OrderState.OPEN, "filled": OrderState.FILLED, "cancelled": OrderState.CANCELLED},
    state_word=second_word("status", {"finished"}, "finish_as"),
    side="initial.size",
    sign_tells_side=True,
    quantity="initial.size",
    filled_quantity=None,
    left="left",
    price="price",
    client_order_id="initial.text",
    client_ids_start="t-",
)


def read(**fields: Any) -> Order:
    names = SimpleNamespace(name="venue", secrets=frozenset(), parse_order_id=str, check_symbol=str)
    initial = {"market": "BTC", "size": "-3", "text": "t-1", **fields.pop("initial", {})}
    row = {"id": "7", "status": "open", "left": "-1", "price": "5", "initial": initial, **fields}
    return OrderReader(names, FORM).parse(row)


def test_an_order_in_a_nested_form() -> None:
    order = read()
    assert (order.symbol, order.side, order.client_order_id) == ("BTC", Side.SELL, "t-1")
    assert (order.quantity, order.filled_quantity, order.price) == (Decimal(3), Decimal(2), Decimal(5))
    assert read(initial={"size": 3}, left=Decimal("0.5")).side is Side.BUY
    assert order.unreadable == frozenset()
    assert read(initial={"market": {}}).unreadable == {"symbol"}


@pytest.mark.parametrize(
    ("size", "side", "unreadable"),
    [(0, None, set()), (None, None, set()), ("-", None, {"side"}), ([1], None, {"side"}), (True, None, {"side"})],
)
def test_a_size_that_tells_no_side(size: Any, side: Side | None, unreadable: set[str]) -> None:
    order = read(initial={"size": size})
    assert order.side is side
    assert order.unreadable == unreadable


@pytest.mark.parametrize(("left", "filled"), [("0", 3), (None, None), ("4", None), ("x", None), ("-3", 0)])
def test_what_is_executed_follows_from_what_is_left(left: Any, filled: int | None) -> None:
    assert read(left=left).filled_quantity == filled


@pytest.mark.parametrize("text", ["api", "web", "-", "T-1", ""])
def test_where_an_order_came_from_is_no_client_id(text: str) -> None:
    order = read(initial={"text": text})
    assert order.client_order_id is None
    assert order.unreadable == frozenset()


@pytest.mark.parametrize(
    ("status", "finish_as", "state", "word"),
    [
        ("open", "cancelled", OrderState.OPEN, "open"),
        ("finished", "cancelled", OrderState.CANCELLED, "cancelled"),
        ("finished", "filled", OrderState.FILLED, "filled"),
        ("finished", "open", OrderState.OPEN, "open"),
        ("finished", "finished", OrderState.UNKNOWN, "finished"),
        ("finished", "", OrderState.UNKNOWN, ""),
        ("finish", "cancelled", OrderState.UNKNOWN, "finish"),
    ],
)
def test_how_an_order_ended_is_a_word_of_its_own(status: str, finish_as: str, state: OrderState, word: str) -> None:
    order = read(status=status, finish_as=finish_as)
    assert (order.state, order.venue_state) == (state, word)
    assert order.unreadable == frozenset()


@pytest.mark.parametrize("finish_as", [None, 1, []])
def test_an_end_without_a_word_is_none(finish_as: Any) -> None:
    order = read(status="finished", finish_as=finish_as)
    assert order.state is OrderState.UNKNOWN
    assert order.unreadable == {"state"}
