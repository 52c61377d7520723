"""Deribit's JSON format of an order, and its words for the kinds and states of orders."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow_provider_exchange.sandbox.book import State
from airflow_provider_exchange.sandbox.protocol import number

if TYPE_CHECKING:
    from airflow_provider_exchange.sandbox.book import PaperOrder

TRIGGER_TYPES = ("STOP_LIMIT", "STOP_MARKET", "TAKE_LIMIT", "TAKE_MARKET", "TRAILING_STOP")
TYPES = ("LIMIT", "MARKET", *TRIGGER_TYPES)
"""The venue's words for kinds of orders, in capitals as in the book."""

PLACED = "ordId"
"""Where a triggered order keeps the id of what it has placed, which the venue does not show."""
ORIGIN = "trigger_order_id"

_ASKED = {
    "all": TYPES,
    "limit": ("LIMIT", "MARKET"),
    "trigger_all": TRIGGER_TYPES,
    "stop_all": ("STOP_LIMIT", "STOP_MARKET"),
    "take_all": ("TAKE_LIMIT", "TAKE_MARKET"),
    "trailing_all": ("TRAILING_STOP",),
    **{word.lower(): (word,) for word in TRIGGER_TYPES},
}
"""By the word for the type in a list's parameters, the orders that the list shows."""
ASKED_TYPES = frozenset(_ASKED)

_STATES = {
    State.WAITING: "untriggered",
    State.OPEN: "open",
    State.CANCELLING: "open",
    State.FILLED: "filled",
    State.CANCELLED: "cancelled",
    State.EXPIRED: "cancelled",
    State.REJECTED: "rejected",
}


def is_asked_for(order: PaperOrder, asked: str) -> bool:
    """Return whether a list of a type, one of :data:`ASKED_TYPES`, shows an order."""
    return order.type in _ASKED[asked]


def state(order: PaperOrder) -> str:
    """Return the vendor's word for an order's state. There is none for expired."""
    if PLACED in order.details:
        return "triggered"
    return "untriggered" if order.state.live and order.type in TRIGGER_TYPES else _STATES[order.state]


def shown(order: PaperOrder) -> dict[str, Any]:
    """Return the order as reads show it. What has not traded of an order that waits for a price is left out."""
    waits = order.type in TRIGGER_TYPES
    row: dict[str, Any] = {
        "order_id": order.order_id,
        "order_state": state(order),
        "order_type": order.type.lower(),
        "instrument_name": order.symbol,
        "direction": order.side.lower(),
        "price": "market_price" if "MARKET" in order.type else number(order.price),
        "amount": number(order.quantity),
        "contracts": number(order.quantity),
        "label": order.client_order_id,
        "time_in_force": order.details.get("time_in_force", "good_til_cancelled"),
        "post_only": order.details.get("post_only", False),
        "reject_post_only": False,
        "reduce_only": order.details.get("reduce_only", False),
        "creation_timestamp": order.created_ms,
        "last_update_timestamp": order.updated_ms,
        "is_liquidation": False,
        "risk_reducing": False,
        "replaced": False,
        "mmp": False,
        "api": True,
        "web": False,
    }
    if not waits or (order.filled and PLACED not in order.details):
        row |= {"filled_amount": number(order.filled), "average_price": number(order.price) if order.filled else 0}
    if waits:
        row |= {"trigger": order.details.get("trigger", "last_price"), "trigger_price": number(order.stop_price)}
    if order.state is State.CANCELLED:
        row["cancel_reason"] = "user_request"
    if ORIGIN in order.details:
        row[ORIGIN] = order.details[ORIGIN]
    return row
