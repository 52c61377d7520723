"""Loopring's JSON formats of an order."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow_provider_exchange.sandbox.book import PaperOrder, State
from airflow_provider_exchange.sandbox.loopring.markets import CLOSED, MARKETS, TOKENS
from airflow_provider_exchange.sandbox.protocol import plain

if TYPE_CHECKING:
    from decimal import Decimal

WORDS = {
    State.WAITING: "waiting",
    State.OPEN: "processing",
    State.CANCELLING: "cancelling",
    State.FILLED: "processed",
    State.CANCELLED: "cancelled",
    State.EXPIRED: "expired",
    State.REJECTED: "failed",
}
"""The vendor's words for an order's state."""


def acknowledged(order: PaperOrder, *, idempotent: bool = False) -> dict[str, Any]:
    """Return the order as calls that submit and cancel show it."""
    return {
        "hash": order.order_id,
        "clientOrderId": order.client_order_id,
        "status": WORDS[order.state],
        "isIdempotent": idempotent,
    }


def _units(amount: Decimal, token: int) -> str:
    return str(int(amount.scaleb(TOKENS.get(token, ("", 18))[1])))


def shown(order: PaperOrder) -> dict[str, Any]:
    """Return the order as calls that read orders show it."""
    base, counter = MARKETS.get(order.symbol, (0, 0))
    row: dict[str, Any] = {
        "hash": order.order_id,
        "clientOrderId": order.client_order_id,
        "side": order.side,
        "market": order.symbol,
        "price": plain(order.price),
        "volumes": {
            "baseAmount": _units(order.quantity, base),
            "quoteAmount": _units(order.quantity * order.price, counter),
            "baseFilled": _units(order.filled, base),
            "quoteFilled": _units(order.filled * order.price, counter),
            "fee": "0",
        },
        "validity": {"start": order.created_ms // 1000, "end": order.details["validUntil"]},
        "orderType": order.type,
        "tradeChannel": "ORDER_BOOK",
        "status": WORDS[order.state],
        "storageInfo": dict(order.details["storageInfo"]),
    }
    if order.stop_price is not None:
        row["extraOrderInfo"] = {
            "isTriggered": order.state is not State.WAITING,
            "stopPrice": plain(order.stop_price),
            "stopSide": order.details["stopSide"],
        }
    return row


def market(name: str) -> dict[str, Any]:
    """Return a market as the public list shows it."""
    base, quote = (CLOSED if name in CLOSED else MARKETS)[name]
    return {
        "market": name,
        "baseTokenId": base,
        "quoteTokenId": quote,
        "precisionForPrice": 6,
        "orderbookAggLevels": 5,
        "enabled": name not in CLOSED,
    }
