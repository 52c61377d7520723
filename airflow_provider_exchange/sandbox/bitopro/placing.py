"""Reads a new order from a request to BitoPro."""

from __future__ import annotations

from decimal import Decimal
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from airflow_provider_exchange.sandbox.bitopro.markets import PAIRS
from airflow_provider_exchange.sandbox.bitopro.signing import check_clock, error
from airflow_provider_exchange.sandbox.book import PaperOrder, State
from airflow_provider_exchange.sandbox.protocol import Refusal, positive

if TYPE_CHECKING:
    from collections.abc import Mapping


def read_order(asked: Mapping[str, Any], order_id: str, now_ms: int) -> PaperOrder:
    """
    Return the order that a request places.

    :param asked: the fields of the request's body, with the ``pair``.
    :raises Refusal: the venue does not accept this order.
    """
    pair = str(asked.get("pair", "")).lower()
    side, kind = (str(asked.get(key, "")).upper() for key in ("action", "type"))
    force = asked.get("timeInForce", "GTC")
    client = asked.get("clientId")
    if pair not in PAIRS:
        raise Refusal(error(404, "Resource Not Found"))
    if kind not in ("LIMIT", "MARKET", "STOP_LIMIT"):
        raise Refusal(error(400, "Unsupported order type"))
    if side not in ("BUY", "SELL") or force not in ("GTC", "POST_ONLY"):
        raise Refusal(error(400, "Invalid body"))
    if client is not None and not (is_whole(client) and 0 < client <= 2_147_483_647):
        raise Refusal(error(400, "Invalid clientId"))
    if not is_whole(asked.get("timestamp")):
        raise Refusal(error(400, "Invalid body"))
    check_clock(asked["timestamp"], now_ms)
    amount = positive(asked.get("amount"))
    price = positive(asked.get("price")) if kind != "MARKET" else Decimal(1)
    if amount is None:
        raise Refusal(error(422, f"Invalid amount {asked.get('amount')}"))
    if price is None:
        raise Refusal(error(422, f"Invalid price {asked.get('price')}"))
    details: dict[str, Any] = {"timeInForce": force}
    stop = None
    if kind == "STOP_LIMIT":
        stop = positive(asked.get("stopPrice"))
        if stop is None or asked.get("condition") not in (">=", "<="):
            raise Refusal(error(422, "Invalid stopPrice"))
        details["condition"] = asked["condition"]
    return PaperOrder(
        order_id,
        pair,
        side,
        kind,
        amount,
        price,
        now_ms,
        now_ms,
        State.WAITING if kind == "STOP_LIMIT" else State.OPEN,
        stop_price=stop,
        client_order_id="" if client is None else str(client),
        details=MappingProxyType(details),
    )


def is_whole(value: Any) -> bool:
    """Return whether a JSON value is an integer."""
    return isinstance(value, int) and not isinstance(value, bool)
