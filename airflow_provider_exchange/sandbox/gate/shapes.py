"""Gate's JSON formats of orders, and its words for their states."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow_provider_exchange.sandbox.book import State
from airflow_provider_exchange.sandbox.protocol import number, plain

if TYPE_CHECKING:
    from decimal import Decimal

    from airflow_provider_exchange.sandbox.book import PaperOrder

USER = 100000
SPOT_PLACES = {
    "order_id": ("id",),
    "symbol": ("currency_pair",),
    "client_order_id": ("text",),
    "side": ("side",),
    "state": ("status",),
    "price": ("price",),
    "quantity": ("amount",),
    "created_at": ("create_time_ms",),
}
SPOT_AUTO_PLACES = {
    "order_id": ("id",),
    "symbol": ("market",),
    "side": ("put", "side"),
    "state": ("status",),
    "price": ("put", "price"),
    "quantity": ("put", "amount"),
    "created_at": ("ctime",),
}
CONTRACT_PLACES = {
    "order_id": ("id",),
    "symbol": ("contract",),
    "client_order_id": ("text",),
    "side": ("size",),
    "state": ("status",),
    "price": ("price",),
    "created_at": ("create_time",),
}
CONTRACT_AUTO_PLACES = {
    "order_id": ("id",),
    "symbol": ("initial", "contract"),
    "client_order_id": ("initial", "text"),
    "side": ("initial", "size"),
    "state": ("status",),
    "price": ("initial", "price"),
    "created_at": ("create_time",),
}
"""Where rows have which field; see :class:`.Listing`. A contract's quantity is where its side is."""

_AUTO_ENDS = {State.CANCELLED: "cancelled", State.EXPIRED: "expired", State.REJECTED: "failed"}


def finish_as(order: PaperOrder) -> str:
    """Return how an order has ended. The venue has no word for expired or rejected ones."""
    return "filled" if order.state is State.FILLED else "cancelled"


def spot_order(order: PaperOrder) -> dict[str, Any]:
    """Return an ordinary order on spot."""
    is_live = order.state.live
    status = "open" if is_live else "closed" if order.state is State.FILLED else "cancelled"
    total = order.filled * order.price
    return {
        "id": order.order_id,
        "text": order.client_order_id or order.details.get("text", "apiv4"),
        "amend_text": "-",
        "create_time": str(order.created_ms // 1000),
        "update_time": str(order.updated_ms // 1000),
        "create_time_ms": order.created_ms,
        "update_time_ms": order.updated_ms,
        "status": status,
        "currency_pair": order.symbol,
        "type": order.type.lower(),
        "account": order.details["account"],
        "side": order.side.lower(),
        "amount": plain(order.quantity),
        "price": plain(order.price),
        "time_in_force": "gtc",
        "iceberg": "0",
        "left": plain(order.remaining),
        "filled_amount": plain(order.filled),
        "fill_price": plain(total),
        "filled_total": plain(total),
        "avg_deal_price": plain(order.price if order.filled else None),
        "fee": "0",
        "fee_currency": order.symbol.partition("_")[0],
        "point_fee": "0",
        "gt_fee": "0",
        "gt_maker_fee": "0",
        "gt_taker_fee": "0",
        "gt_discount": False,
        "rebated_fee": "0",
        "rebated_fee_currency": order.symbol.partition("_")[2],
        "stp_id": 0,
        "stp_act": "-",
        "finish_as": "open" if is_live else finish_as(order),
    }


def spot_auto_order(order: PaperOrder) -> dict[str, Any]:
    """Return an order on spot that waits for a price, or waited."""
    status = "open" if order.state.live else "finish" if order.state is State.FILLED else _AUTO_ENDS[order.state]
    return {
        "trigger": {"price": plain(order.stop_price), "rule": "<=", "expiration": 86400},
        "put": {
            "type": "limit",
            "side": order.side.lower(),
            "price": plain(order.price),
            "amount": plain(order.quantity),
            "account": "normal" if order.details["account"] == "spot" else order.details["account"],
            "time_in_force": "gtc",
            "text": "api",
        },
        "id": int(order.order_id),
        "user": USER,
        "market": order.symbol,
        "ctime": order.created_ms // 1000,
        "ftime": 0 if order.state.live else order.updated_ms // 1000,
        "fired_order_id": int(order.details.get("placed", 0)),
        "status": "canceled" if status == "cancelled" else status,
        "reason": "",
    }


def contract_order(order: PaperOrder, *, as_texts: bool) -> dict[str, Any]:
    """
    Return an ordinary order of a contract.

    :param as_texts: whether the client takes sizes as texts.
    """
    ended = {} if order.state.live else {"finish_time": order.updated_ms / 1000, "finish_as": finish_as(order)}
    return {
        "id": int(order.order_id),
        "user": USER,
        "contract": order.symbol,
        "create_time": order.created_ms / 1000,
        "size": _size(order, order.quantity, as_texts=as_texts),
        "iceberg": "0" if as_texts else 0,
        "left": _size(order, order.remaining, as_texts=as_texts),
        "price": plain(order.price),
        "fill_price": plain(order.price if order.filled else None),
        "mkfr": "-0.00025",
        "tkfr": "0.00075",
        "tif": "gtc",
        "refu": 0,
        "is_reduce_only": False,
        "is_close": False,
        "is_liq": False,
        "text": order.client_order_id or order.details.get("text", "api"),
        "status": "open" if order.state.live else "finished",
        "stp_id": 0,
        "stp_act": "-",
        "amend_text": "-",
        **ended,
    }


def contract_auto_order(order: PaperOrder, *, as_texts: bool) -> dict[str, Any]:
    """Return an order of a contract that waits for a price, or waited."""
    how = "succeeded" if order.state is State.FILLED else _AUTO_ENDS.get(order.state, "")
    ended = {} if order.state.live else {"finish_time": order.updated_ms / 1000, "finish_as": how}
    return {
        "initial": {
            "contract": order.symbol,
            "size": _size(order, order.quantity, as_texts=as_texts),
            "price": plain(order.price),
            "tif": "gtc",
            "text": order.client_order_id or "api",
            "is_close": False,
            "is_reduce_only": False,
        },
        "trigger": {
            "strategy_type": 0,
            "price_type": 0,
            "price": plain(order.stop_price),
            "rule": 2,
            "expiration": 86400,
        },
        "id": int(order.order_id),
        "user": USER,
        "create_time": order.created_ms / 1000,
        "trade_id": int(order.details.get("placed", 0)),
        "status": "open" if order.state.live else "finished",
        "reason": "",
        "order_type": "",
        **ended,
    }


def _size(order: PaperOrder, amount: Decimal, *, as_texts: bool) -> Any:
    signed = -amount if order.side == "SELL" else amount
    return plain(signed) if as_texts else number(signed)
