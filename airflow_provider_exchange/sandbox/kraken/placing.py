"""Reads a new order from a request to Kraken."""

from __future__ import annotations

import re
from decimal import Decimal
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from airflow_provider_exchange.sandbox.book import PaperOrder, State
from airflow_provider_exchange.sandbox.kraken.answers import ARGUMENTS, UNKNOWN_PAIR, refusal
from airflow_provider_exchange.sandbox.kraken.markets import altname_of
from airflow_provider_exchange.sandbox.kraken.shapes import TYPES
from airflow_provider_exchange.sandbox.protocol import positive

if TYPE_CHECKING:
    from collections.abc import Mapping

CLIENT_ID = re.compile("[!-~]{1,18}|[0-9a-f]{32}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
"""A client's own id: up to 18 characters, or a UUID with or without its hyphens."""
USERREF = re.compile("-?[0-9]{1,10}")
"""A number that the client may give to several orders."""

_KINDS = {word: kind for kind, word in TYPES.items()}


def read_order(asked: Mapping[str, Any], order_id: str, now_ms: int) -> PaperOrder:
    """
    Return the order that a request places.

    :param asked: the request's fields.
    :param order_id: the id for the order.
    :raises Refusal: the venue does not accept this order.
    """

    def odd(field: str) -> Exception:
        return refusal(f"{ARGUMENTS}:{field}")

    symbol = altname_of(str(asked.get("pair")))
    if symbol is None:
        raise refusal(UNKNOWN_PAIR)
    side, kind = asked.get("type"), _KINDS.get(str(asked.get("ordertype")))
    if side not in ("buy", "sell"):
        raise odd("type")
    if kind is None or kind == "TRAILING_STOP":
        raise odd("ordertype")
    quantity = positive(asked.get("volume"))
    if quantity is None:
        raise odd("volume")
    client_id, userref = str(asked.get("cl_ord_id", "")), str(asked.get("userref", "0"))
    if client_id and not CLIENT_ID.fullmatch(client_id):
        raise odd("cl_ord_id")
    if not USERREF.fullmatch(userref):
        raise odd("userref")
    first, second = positive(asked.get("price")), positive(asked.get("price2"))
    waits = kind not in ("LIMIT", "MARKET")
    limit = second if waits else first
    if (kind != "MARKET" and first is None) or ("LIMIT" in kind and limit is None):
        raise odd("price")
    return PaperOrder(
        order_id,
        symbol,
        side.upper(),
        kind,
        quantity,
        Decimal(1) if limit is None else limit,
        now_ms,
        now_ms,
        State.WAITING if waits else State.OPEN,
        stop_price=first if waits else None,
        client_order_id=client_id,
        details=MappingProxyType({"userref": int(userref)} if "userref" in asked else {}),
    )
