"""Hyperliquid's JSON format of an order, and its words for states and kinds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow_provider_exchange.sandbox.book import State
from airflow_provider_exchange.sandbox.protocol import plain

if TYPE_CHECKING:
    from decimal import Decimal

    from airflow_provider_exchange.sandbox.book import PaperOrder

KINDS = {
    "LIMIT": "Limit",
    "MARKET": "Market",
    "STOP_LIMIT": "Stop Limit",
    "STOP_MARKET": "Stop Market",
    "TAKE_PROFIT_LIMIT": "Take Profit Limit",
    "TAKE_PROFIT_MARKET": "Take Profit Market",
}
"""The vendor's words for kinds of orders."""
_ENDS = {
    State.FILLED: "filled",
    State.CANCELLED: "canceled",
    State.EXPIRED: "canceled",
    State.REJECTED: "badAloPxRejected",
}


def status(order: PaperOrder) -> str:
    """Return the vendor's word for an order's state; there is none for expired, nor for a cancel under way."""
    return _ENDS.get(order.state, "triggered" if order.triggered else "open")


def shown(order: PaperOrder) -> dict[str, Any]:
    """Return an open order as the list shows it."""
    return _fields(order, order.remaining)


def told(order: PaperOrder) -> dict[str, Any]:
    """
    Return an order with its state, as a read of one shows it.

    Such a read tells what was so when the state last changed: nothing is filled of an open order there.
    """
    left = order.quantity if order.state.live else order.remaining
    return {"order": _fields(order, left), "status": status(order), "statusTimestamp": order.updated_ms}


def placed(order: PaperOrder) -> dict[str, Any]:
    """Return an order as it was when it was placed; the history has that, too."""
    return {"order": _fields(order, order.quantity), "status": "open", "statusTimestamp": order.created_ms}


def _fields(order: PaperOrder, left: Decimal) -> dict[str, Any]:
    waits = order.stop_price is not None and not order.triggered
    return {
        "coin": order.symbol,
        "side": "B" if order.side == "BUY" else "A",
        "limitPx": decimal(order.price),
        "sz": decimal(left),
        "oid": int(order.order_id),
        "timestamp": order.created_ms,
        "triggerCondition": f"Price below {plain(order.stop_price)}" if waits else "N/A",
        "isTrigger": waits,
        "triggerPx": decimal(order.stop_price) if waits else "0.0",
        "children": [],
        "isPositionTpsl": False,
        "reduceOnly": False,
        "orderType": KINDS[order.type],
        "origSz": decimal(order.quantity),
        "tif": None if waits else "FrontendMarket" if "MARKET" in order.type else order.details.get("tif", "Gtc"),
        "cloid": order.client_order_id or None,
    }


def decimal(amount: Decimal | None) -> str:
    """Return an amount as the venue writes it: with a fraction, be it 0."""
    text = plain(amount)
    return text if "." in text else f"{text}.0"
