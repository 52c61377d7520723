"""KuCoin's JSON formats of an ordinary order, a stop order and an OCO order."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from airflow_provider_exchange.sandbox.book import PaperOrder, State
from airflow_provider_exchange.sandbox.protocol import plain

if TYPE_CHECKING:
    from collections.abc import Mapping

_WAITING_STATES: Mapping[State, str] = {
    State.WAITING: "NEW",
    State.OPEN: "NEW",
    State.CANCELLING: "NEW",
    State.FILLED: "TRIGGERED",
    State.CANCELLED: "CANCELLED",
    State.EXPIRED: "CANCELLED",
    State.REJECTED: "CANCELLED",
}
"""Of stop and OCO orders; one that ended otherwise than by a cancel has placed an order."""


def kind_of(order: PaperOrder) -> str:
    """Return the vendor's word for the type of an order, or of the one that a stop order places."""
    return "market" if order.type == "MARKET" else "limit"


def shown(order: PaperOrder) -> dict[str, Any]:
    """Return an ordinary order as all calls that read orders show it."""
    live, cancelled = order.state.live, order.state in (State.CANCELLED, State.EXPIRED, State.REJECTED)
    remaining = order.remaining if live else Decimal(0)
    gone = order.remaining if cancelled else Decimal(0)
    return {
        "id": order.order_id,
        "clientOid": order.client_order_id,
        "symbol": order.symbol,
        "opType": "DEAL",
        "type": kind_of(order),
        "side": order.side.lower(),
        "price": plain(order.price),
        "size": plain(order.quantity),
        "funds": plain(order.quantity * order.price),
        "dealSize": plain(order.filled),
        "dealFunds": plain(order.filled * order.price),
        "remainSize": plain(remaining),
        "remainFunds": plain(remaining * order.price),
        "cancelledSize": plain(gone),
        "cancelledFunds": plain(gone * order.price),
        "fee": "0",
        "feeCurrency": order.symbol.split("-")[1],
        "stp": None,
        "timeInForce": "GTC",
        "postOnly": False,
        "hidden": False,
        "iceberg": False,
        "visibleSize": "0",
        "cancelAfter": 0,
        "channel": "API",
        "remark": "",
        "tags": "",
        "cancelExist": cancelled,
        "tradeType": "TRADE",
        "inOrderBook": live,
        "active": live,
        "tax": "0",
        "createdAt": order.created_ms,
        "lastUpdatedAt": order.updated_ms,
    }


def shown_stop(order: PaperOrder) -> dict[str, Any]:
    """Return a stop order as all calls that read stop orders show it."""
    is_triggered = order.state is State.FILLED
    return {
        "id": order.order_id,
        "symbol": order.symbol,
        "userId": "633559791e1cbc0001f319bc",
        "status": _WAITING_STATES[order.state],
        "type": kind_of(order),
        "side": order.side.lower(),
        "price": _long(order.price),
        "size": _long(order.quantity),
        "funds": None,
        "stp": None,
        "timeInForce": "GTC",
        "cancelAfter": -1,
        "postOnly": False,
        "hidden": False,
        "iceberg": False,
        "visibleSize": None,
        "channel": "API",
        "clientOid": order.client_order_id,
        "remark": "",
        "tags": None,
        "orderTime": order.created_ms * 1_000_000,
        "domainId": "kucoin",
        "tradeSource": "USER",
        "tradeType": "TRADE",
        "feeCurrency": order.symbol.split("-")[1],
        "takerFeeRate": "0.00100000000000000000",
        "makerFeeRate": "0.00100000000000000000",
        "createdAt": order.created_ms,
        "stop": "loss" if order.side == "SELL" else "entry",
        "stopTriggerTime": order.updated_ms if is_triggered else None,
        "stopPrice": _long(order.stop_price),
    }


def shown_oco(order: PaperOrder) -> dict[str, Any]:
    """Return an OCO order as all calls but that for its parts show it."""
    return {
        "orderId": order.order_id,
        "symbol": order.symbol,
        "clientOid": order.client_order_id,
        "orderTime": order.created_ms,
        "status": _WAITING_STATES[order.state],
    }


def parts_of(order: PaperOrder) -> list[str]:
    """Return the ids of the two stop orders of which an OCO order consists."""
    return [f"vs{order.order_id[-19:]}0{number}" for number in (16, 17)]


def shown_parts(order: PaperOrder) -> list[dict[str, Any]]:
    """Return the two stop orders of which an OCO order consists."""
    prices = (order.price, order.price), (order.stop_price, order.stop_price)
    return [
        {
            "id": part,
            "symbol": order.symbol,
            "side": order.side.lower(),
            "price": _long(price),
            "stopPrice": _long(trigger),
            "size": _long(order.quantity),
            "status": _WAITING_STATES[order.state],
        }
        for part, (price, trigger) in zip(parts_of(order), prices, strict=True)
    ]


def _long(amount: Decimal | None) -> str | None:
    """Return an amount with 20 digits behind the point, as calls for stop orders show it."""
    return None if amount is None else f"{amount:.20f}"
