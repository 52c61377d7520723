"""Ids of orders that a book marks: only where the market has that book, and never by what a list shows."""

from __future__ import annotations

from copy import deepcopy
from typing import TYPE_CHECKING, Any

import pytest

from airflow_provider_exchange.errors import InvalidOrderRequest
from airflow_provider_exchange.exchanges.ccxt.books import mark_of
from airflow_provider_exchange.models.orders import OrderRef
from airflow_provider_exchange.protocol.messages import Response
from tests.exchanges.evidence import EVIDENCE
from tests.exchanges.replay import names_in

if TYPE_CHECKING:
    from tests.exchanges.answer import Answer

MARKED = [
    ("binance_linear", "open_algo_orders"),
    ("bybit", "open_orders_stop"),
    ("bybit", "open_orders_tpsl"),
    ("gate", "auto_orders"),
    ("gate_linear", "auto_orders"),
]
"""Lists of marked orders."""


@pytest.mark.parametrize(
    ("name", "order_id"),
    [
        ("binance", "algo:2148627"),
        ("bybit_linear", "stop:5"),
        ("bybit_linear", "tpsl:5"),
        ("bybit_linear", "oco:5"),
    ],
)
def test_an_id_of_a_book_that_the_market_does_not_have_is_refused(name: str, order_id: str) -> None:
    """It would be sent as it stands, mark and all."""
    venue = EVIDENCE[name]
    with pytest.raises(
        InvalidOrderRequest, match=f"orders\\[0\\].order_id '{order_id}' is of a kind .* does not have"
    ):
        venue.exchange.check_ref(order_id, venue.symbols[0], field="orders[0].")


def test_the_market_decides_where_a_connection_covers_several_kinds() -> None:
    facts = EVIDENCE["binance"].facts["connection"]
    exchange = EVIDENCE["binance"].made_with(extra={**facts["extra"], "default_type": None})
    assert exchange.check_ref("algo:5", "BTC/USDT:USDT") == OrderRef("algo:5", "linear:BTCUSDT")
    with pytest.raises(InvalidOrderRequest, match="ids have no prefix there"):
        exchange.check_ref("algo:5", "BTC/USDT")


@pytest.mark.parametrize("shown", ["algo:5", "stop:1666800494330512128", "tpsl:5", "bitpsl:5", "auto:5"])
@pytest.mark.parametrize("name", ["binance", "binance_linear", "bybit", "bybit_linear", "gate", "gate_linear"])
def test_a_list_cannot_move_an_order_into_another_book(name: str, shown: str) -> None:
    answer = EVIDENCE[name].answer("open_orders")
    (order,) = answer.shown(answer.with_changed_order("order_id", shown))
    assert order.unreadable == {"order_id"}


@pytest.mark.parametrize(("name", "file"), MARKED)
def test_a_list_of_marked_orders_cannot_either(name: str, file: str) -> None:
    answer = EVIDENCE[name].answer(file)
    for shown in ("algo:5", "stop:5", "5:5", ":5", "algo:algo:5"):
        (order,) = shown_with_id(answer, shown)
        assert order.unreadable == {"order_id"}, shown
    (order,) = shown_with_id(answer, "7")
    assert order.order_id == f"{mark_of(answer.orders[0].order_id)}7"


def shown_with_id(answer: Answer, shown: str) -> list[Any]:
    body = deepcopy(answer.document["body"])
    (row,) = body if isinstance(body, list) else body["result"]["list"]
    row[next(name for name in ("algoId", "orderId", "id") if name in row)] = shown
    return answer.shown(body)


@pytest.mark.parametrize(("name", "file"), MARKED)
def test_the_cancel_of_a_marked_order_names_it_without_the_mark(name: str, file: str) -> None:
    venue = EVIDENCE[name]
    (order,) = venue.answer(file).orders
    cancel = venue.exchange.cancel_one(order.ref, {})
    assert cancel is not None
    request = next(cancel.operation).begin(1)  # type: ignore[union-attr]
    mark, _, number = order.order_id.rpartition(":")
    words = {part for _, part in names_in(request)}
    kind = {"stop": {"StopOrder"}, "tpsl": {"tpslOrder"}, "algo": {"algoOrder"}, "auto": {"price_orders"}}[mark]
    assert words >= {number} | kind
    assert order.order_id not in words


@pytest.mark.parametrize("name", ["binance", "binance_linear", "bybit", "bybit_linear", "gate", "gate_linear"])
def test_a_cancel_that_another_order_is_named_for_acknowledges_nothing(name: str) -> None:
    venue = EVIDENCE[name]
    answer = venue.recorded("cancel_one")
    (other,) = venue.refs(1)
    assert venue.replay("cancel_one", [other], Response(200, {}, answer.response.body)).run() == frozenset()
