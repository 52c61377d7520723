"""Kraken's JSON format of an order, and its words for the kinds and states of orders."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow_provider_exchange.sandbox.book import State

if TYPE_CHECKING:
    from collections.abc import Mapping
    from decimal import Decimal

    from airflow_provider_exchange.sandbox.book import PaperOrder

TYPES: Mapping[str, str] = {
    "LIMIT": "limit",
    "MARKET": "market",
    "STOP_LIMIT": "stop-loss-limit",
    "STOP_MARKET": "stop-loss",
    "TAKE_PROFIT_LIMIT": "take-profit-limit",
    "TAKE_PROFIT": "take-profit",
    "TRAILING_STOP": "trailing-stop",
}
"""The vendor's kinds of orders, by the words of the book."""

_WORDS = {
    State.WAITING: "open",
    State.OPEN: "open",
    State.CANCELLING: "open",
    State.FILLED: "closed",
    State.CANCELLED: "canceled",
    State.EXPIRED: "expired",
    State.REJECTED: "canceled",
}
_REASONS = {State.CANCELLED: "User requested", State.REJECTED: "Post only order", State.EXPIRED: None}


def amount(value: Decimal | None, digits: int = 8) -> str:
    """Return a decimal as a text with a number of digits after the point; zeros for ``None``."""
    return f"{value or 0:.{digits}f}"


def seconds(moment_ms: int) -> float:
    """Return a time of the book in seconds since the epoch."""
    return moment_ms / 1000


def shown(order: PaperOrder) -> dict[str, Any]:
    """Return an order as reads show it, with its id, which stands before it in an answer, as ``txid``."""
    kind, side = TYPES[order.type], order.side.lower()
    is_limit = kind.endswith("limit")
    trigger = order.stop_price
    price = trigger if trigger is not None else order.price if is_limit else None
    price2 = order.price if trigger is not None and is_limit else None
    row: dict[str, Any] = {
        "txid": order.order_id,
        "refid": None,
        "userref": order.details.get("userref"),
        **({"cl_ord_id": order.client_order_id} if order.client_order_id else {}),
        "status": _WORDS[order.state],
        "opentm": seconds(order.created_ms),
        "starttm": 0,
        "expiretm": 0,
        "descr": {
            "pair": order.symbol,
            "type": side,
            "ordertype": kind,
            "price": amount(price, 5),
            "price2": "0" if price2 is None else amount(price2, 5),
            "leverage": "none",
            "order": f"{side} {amount(order.quantity)} {order.symbol} @ {kind} {amount(price, 5)}",
            "close": "",
        },
        "vol": amount(order.quantity),
        "vol_exec": amount(order.filled),
        "cost": amount(order.filled * order.price, 5),
        "fee": "0.00000",
        "price": amount(order.price if order.filled else None, 5),
        "stopprice": amount(order.stop_price, 5),
        "limitprice": "0.00000",
        "misc": "",
        "oflags": "fciq",
    }
    if order.state.live:
        return row
    return {**row, "reason": _REASONS.get(order.state), "closetm": seconds(order.updated_ms)}


def by_id(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Return rows as an answer has them: each behind its id."""
    return {str(row["txid"]): {name: value for name, value in row.items() if name != "txid"} for row in rows}
