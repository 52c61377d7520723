"""Coinbase's JSON format of an order, and its words for the states of orders."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from airflow_provider_exchange.sandbox.book import State
from airflow_provider_exchange.sandbox.coinbase.markets import FUTURE, kind_of
from airflow_provider_exchange.sandbox.protocol import plain

if TYPE_CHECKING:
    from airflow_provider_exchange.sandbox.book import PaperOrder

LIVE_WORDS = ("PENDING", "OPEN", "QUEUED", "CANCEL_QUEUED", "EDIT_QUEUED")
WORDS = (*LIVE_WORDS, "FILLED", "CANCELLED", "EXPIRED", "FAILED", "UNKNOWN_ORDER_STATUS")
ADVANCED, SIMPLE = "RETAIL_ADVANCED", "RETAIL_SIMPLE"
_ENDED = {
    State.FILLED: "FILLED",
    State.CANCELLED: "CANCELLED",
    State.EXPIRED: "EXPIRED",
    State.REJECTED: "FAILED",
}


def status(order: PaperOrder) -> str:
    """
    Return the vendor's word for an order's state.

    An order that waits for a price is open. One that waits without one is on its way into the order book, or waits
    for the next session of a contract; there the cancel of an order waits, too.
    """
    if order.state in _ENDED:
        return _ENDED[order.state]
    is_contract = kind_of(order.symbol) == FUTURE
    if order.state is State.WAITING and order.stop_price is None:
        return "QUEUED" if is_contract else "PENDING"
    return "CANCEL_QUEUED" if order.state is State.CANCELLING and is_contract else "OPEN"


def configuration(order: PaperOrder) -> dict[str, dict[str, Any]]:
    """Return size and prices of an order, in an object named after its kind."""
    size = plain(order.quantity)
    if "MARKET" in order.type:
        return {"market_market_ioc": {"base_size": size}}
    if order.stop_price is not None:
        return {
            "stop_limit_stop_limit_gtc": {
                "base_size": size,
                "limit_price": plain(order.price),
                "stop_price": plain(order.stop_price),
                "stop_direction": f"STOP_DIRECTION_STOP_{'UP' if order.side == 'BUY' else 'DOWN'}",
            }
        }
    return {"limit_limit_gtc": {"base_size": size, "limit_price": plain(order.price), "post_only": False}}


def shown(order: PaperOrder, place: str) -> dict[str, Any]:
    """
    Return the order as reads show it.

    :param place: the vendor's word for where it was placed.
    """
    is_market, stops = "MARKET" in order.type, order.stop_price is not None
    waits = stops and order.state is State.WAITING
    traded = order.filled * order.price
    return {
        "order_id": order.order_id,
        "product_id": order.symbol,
        "user_id": "00000000-0000-4000-8000-00000000c0ba",
        "order_configuration": configuration(order),
        "side": order.side,
        "client_order_id": order.client_order_id,
        "status": status(order),
        "time_in_force": "IMMEDIATE_OR_CANCEL" if is_market else "GOOD_UNTIL_CANCELLED",
        "created_time": _iso(order.created_ms),
        "completion_percentage": plain((order.filled * 100 / order.quantity).normalize()),
        "filled_size": plain(order.filled),
        "average_filled_price": plain(order.price) if order.filled else "0",
        "fee": "",
        "number_of_fills": "1" if order.filled else "0",
        "filled_value": plain(traded),
        "pending_cancel": order.state is State.CANCELLING,
        "size_in_quote": False,
        "total_fees": "0",
        "size_inclusive_of_fees": False,
        "total_value_after_fees": plain(traded),
        "trigger_status": "STOP_PENDING" if waits else "STOP_TRIGGERED" if stops else "INVALID_ORDER_TYPE",
        "order_type": "MARKET" if is_market else "STOP_LIMIT" if stops else "LIMIT",
        "reject_reason": "REJECT_REASON_UNSPECIFIED",
        "settled": order.state is State.FILLED,
        "product_type": kind_of(order.symbol),
        "reject_message": "",
        "cancel_message": "User requested cancel" if order.state is State.CANCELLED else "",
        "order_placement_source": place,
        "outstanding_hold_amount": plain(order.remaining) if order.state.live else "0",
        "is_liquidation": False,
        "last_fill_time": _iso(order.updated_ms) if order.filled else None,
        "edit_history": [],
        "leverage": "",
        "margin_type": "UNKNOWN_MARGIN_TYPE",
        "retail_portfolio_id": "00000000-0000-4000-8000-00000000f011",
        "originating_order_id": "",
        "attached_order_id": "",
        "last_update_time": _iso(order.updated_ms),
    }


def _iso(moment_ms: int) -> str:
    return datetime.fromtimestamp(moment_ms / 1000, UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
