"""Reads a new order from a request to Coinbase."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow_provider_exchange.sandbox.book import PaperOrder, State
from airflow_provider_exchange.sandbox.coinbase.answers import invalid
from airflow_provider_exchange.sandbox.coinbase.markets import MARKETS
from airflow_provider_exchange.sandbox.protocol import positive

if TYPE_CHECKING:
    from collections.abc import Mapping

KINDS = ("limit_limit_gtc", "stop_limit_stop_limit_gtc")
"""The kinds of orders that may be placed here through the venue's API."""
MOST_CHARACTERS = 128
"""Of a client's own id."""


def read_order(asked: Mapping[str, Any], order_id: str, now_ms: int) -> PaperOrder:
    """
    Return the order that a request places.

    :param asked: the fields of the request's body.
    :param order_id: the id for the order.
    :param now_ms: the venue's clock, in ms since the epoch.
    :raises Refusal: the venue does not accept this order.
    """
    symbol, side, name = asked.get("product_id"), asked.get("side"), asked.get("client_order_id")
    how = asked.get("order_configuration")
    market = MARKETS.get(str(symbol))
    if market is None or not market.open:
        raise invalid("ProductID is invalid")
    if side not in ("BUY", "SELL"):
        raise invalid("side is invalid")
    if not isinstance(name, str) or not 1 <= len(name) <= MOST_CHARACTERS:
        raise invalid("client_order_id is required")
    if not isinstance(how, dict) or len(how) != 1 or next(iter(how)) not in KINDS:
        raise invalid("order_configuration is invalid")
    ((kind, terms),) = how.items()
    terms = terms if isinstance(terms, dict) else {}
    size, price, stop = (positive(terms.get(term)) for term in ("base_size", "limit_price", "stop_price"))
    stops = kind != KINDS[0]
    if size is None or price is None or (stops and stop is None):
        raise invalid("order_configuration is invalid")
    return PaperOrder(
        order_id,
        str(symbol),
        side,
        "STOP_LIMIT" if stops else "LIMIT",
        size,
        price,
        now_ms,
        now_ms,
        State.WAITING if stops else State.OPEN,
        stop_price=stop if stops else None,
        client_order_id=name,
    )
