"""Which orders a read of Bybit's shows: those it selects by fields, of those that the venue still has."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow_provider_exchange.sandbox.bybit.answers import refusal
from airflow_provider_exchange.sandbox.bybit.markets import SPOT, market_of
from airflow_provider_exchange.sandbox.bybit.paging import moment
from airflow_provider_exchange.sandbox.bybit.shapes import filter_of, link_id, status

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from airflow_provider_exchange.sandbox.book import PaperOrder
    from airflow_provider_exchange.sandbox.protocol import ReceivedRequest

RECENT = 500
"""How many of a category's ended orders the real-time query still finds."""

DAY_MS = 86_400_000
WEEK_MS = 7 * DAY_MS


def named(orders: Iterable[PaperOrder], asked: Mapping[str, Any], category: str) -> list[PaperOrder]:
    """Return the order with the id asked for; if none is, the one with the client's own id asked for."""
    if "orderId" in asked:
        return [order for order in orders if order.order_id == asked["orderId"]]
    return [order for order in orders if link_id(order, category) == asked.get("orderLinkId")]


def selected(orders: Iterable[PaperOrder], asked: Mapping[str, Any], category: str) -> list[PaperOrder]:
    """Return the orders of the market or else the coin asked for, or else all; spot orders have no settle coin."""
    for field, of in (
        ("symbol", lambda order: order.symbol),
        ("baseCoin", lambda order: market_of(category, order.symbol).base),
        ("settleCoin", lambda order: market_of(category, order.symbol).settle),
    ):
        if field in asked and (category != SPOT or field == "symbol"):
            return [order for order in orders if of(order) == asked[field]]
    return list(orders)


def filtered(orders: Iterable[PaperOrder], asked: Mapping[str, Any], category: str) -> list[PaperOrder]:
    """Return the orders of the kind and in the state asked for."""
    kind, word = asked.get("orderFilter"), asked.get("orderStatus")
    return [
        order
        for order in orders
        if (kind is None or kind == filter_of(order)) and (word is None or word == status(order, category))
    ]


def recent(orders: Iterable[PaperOrder]) -> list[PaperOrder]:
    """Return those of a category's orders that ended last."""
    ended = [order for order in orders if not order.state.live]
    return sorted(ended, key=lambda order: order.updated_ms)[-RECENT:]


def remembered(orders: Iterable[PaperOrder], now_ms: int) -> list[PaperOrder]:
    """Return the ended orders that the history has: those that never traded only for a while."""
    return [
        order for order in orders if not order.state.live and (order.filled or now_ms - order.updated_ms <= DAY_MS)
    ]


def window(request: ReceivedRequest, asked: Mapping[str, Any]) -> tuple[int, int]:
    """
    Return the first and the last moment of a history's time window, in ms since the epoch.

    :raises Refusal: it is longer than seven days.
    """
    since, until = moment(request, asked, "startTime"), moment(request, asked, "endTime")
    if since is None:
        until = request.now_ms if until is None else until
        return until - WEEK_MS, until
    if until is None:
        return since, since + WEEK_MS
    if not 0 <= until - since <= WEEK_MS:
        raise refusal(request, 10001, "The time range between startTime and endTime cannot exceed 7 days")
    return since, until
