"""BitoPro's JSON formats of an order."""

from __future__ import annotations

from typing import Any

from airflow_provider_exchange.sandbox.book import PaperOrder, State
from airflow_provider_exchange.sandbox.protocol import plain

_STATUS = {
    State.WAITING: -1,
    State.OPEN: 0,
    State.CANCELLING: 0,
    State.FILLED: 2,
    State.CANCELLED: 4,
    State.EXPIRED: 4,
    State.REJECTED: 6,
}


def status(order: PaperOrder) -> int:
    """Return the vendor's number for an order's state."""
    if order.filled and order.state in (State.OPEN, State.CANCELLING):
        return 1
    if order.filled and order.state in (State.CANCELLED, State.EXPIRED):
        return 3
    return _STATUS[order.state]


def placed(order: PaperOrder) -> dict[str, Any]:
    """Return the order as calls that place orders show it."""
    answer: dict[str, Any] = {
        "orderId": int(order.order_id) if order.order_id.isdigit() else order.order_id,
        "action": order.side,
        "amount": plain(order.quantity),
        "timestamp": order.created_ms,
        "timeInForce": order.details["timeInForce"],
    }
    if order.type != "MARKET":
        answer["price"] = plain(order.price)
    if order.client_order_id:
        answer["clientId"] = int(order.client_order_id)
    return answer


def shown(order: PaperOrder) -> dict[str, Any]:
    """Return the order as calls that read orders show it."""
    base = order.symbol.split("_")[0]
    row: dict[str, Any] = {
        "id": order.order_id,
        "pair": order.symbol,
        "price": plain(order.price),
        "avgExecutionPrice": plain(order.price if order.filled else None),
        "action": order.side,
        "type": order.type,
        "createdTimestamp": order.created_ms,
        "updatedTimestamp": order.updated_ms,
        "status": status(order),
        "originalAmount": plain(order.quantity),
        "remainingAmount": plain(order.remaining),
        "executedAmount": plain(order.filled),
        "fee": "0",
        "feeSymbol": base,
        "bitoFee": "0",
        "total": plain(order.filled * order.price),
        "seq": f"{order.symbol.replace('_', '').upper()}{order.order_id.removeprefix('SL-')}",
        "timeInForce": order.details["timeInForce"],
    }
    if order.stop_price is not None:
        row |= {"stopPrice": plain(order.stop_price), "condition": order.details["condition"]}
    if order.client_order_id:
        row["clientId"] = int(order.client_order_id)
    return row


def shown_on_margin(order: PaperOrder) -> dict[str, Any]:
    """Return the order as the list of open margin orders shows it: with its times in seconds."""
    times = {"createdTimestamp": order.created_ms // 1000, "updatedTimestamp": order.updated_ms // 1000}
    return {**shown(order), **times}
