"""No selection, however it came about, turns "these orders" into "other orders" or "every order"."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_provider_exchange.errors import InvalidOrderRequest
from airflow_provider_exchange.operations.selection import Selectors
from tests.exchanges.evidence import EVIDENCE, Evidence, each_venue
from tests.nothing import NOT_A_SELECTION, SELECTORS, label
from tests.turns import in_turn


@each_venue
@in_turn("field", SELECTORS)
@in_turn("value", NOT_A_SELECTION, ids=label)
def test_no_selection(venue: Evidence, field: str, value: Any) -> None:
    with pytest.raises(InvalidOrderRequest):
        Selectors(**{field: value}).check(venue.exchange)


@each_venue
@in_turn(
    "orders",
    [
        [{"symbol": "BTCUSDT"}],
        [{"order_id": None, "symbol": "BTCUSDT"}],
        [{"order_id": "", "symbol": "BTCUSDT"}],
        [{"order_id": "all", "symbol": "BTCUSDT"}],
        [{"order_id": "1", "symbol": "None"}],
        [{"order_id": "1", "symbol": ""}],
        [{"order_id": "1", "symbol": "../all"}],
        [{"order_id": "1", "symbol": "BTCUSDT", "exchange": "elsewhere"}],
        "1",
        {"order_id": "1"},
        ["1", "all"],
        5,
    ],
    ids=label,
)
def test_no_list_of_orders(venue: Evidence, orders: Any) -> None:
    with pytest.raises(InvalidOrderRequest):
        Selectors(orders=orders, symbols=venue.symbols[0]).check(venue.exchange)


@each_venue
@in_turn("other", [name for name in SELECTORS if name not in ("symbols", "orders")])
def test_named_orders_admit_no_filter(venue: Evidence, other: str) -> None:
    """Whether an order named must also match would be anybody's guess."""
    orders = [{"order_id": venue.ref.order_id, "symbol": venue.symbols[0]}]
    with pytest.raises(InvalidOrderRequest, match=other):
        Selectors(orders=orders, **{other: "buy"}).check(venue.exchange)
    with pytest.raises(InvalidOrderRequest, match="older_than"):
        Selectors(orders=orders, older_than=1).check(venue.exchange)


@each_venue
@in_turn("age", ["3600", -1, float("nan"), float("inf"), True, 10**30, []])
def test_no_age(venue: Evidence, age: Any) -> None:
    with pytest.raises(InvalidOrderRequest, match="older_than"):
        Selectors(older_than=age).check(venue.exchange)


@given(
    value=st.one_of(
        st.text(), st.none(), st.integers(), st.floats(), st.lists(st.text()), st.dictionaries(st.text(), st.text())
    )
)
def test_any_value_is_taken_or_refused_but_never_crashes(value: Any) -> None:
    for venue in EVIDENCE.values():
        for field in SELECTORS:
            try:
                Selectors(**{field: value}).check(venue.exchange)
            except InvalidOrderRequest as refusal:
                assert len(str(refusal)) < 600  # noqa: PT017
