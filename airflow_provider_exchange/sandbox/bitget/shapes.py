"""Bitget's JSON formats of orders, and its words for their states."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from airflow_provider_exchange.sandbox.bitget.answers import named
from airflow_provider_exchange.sandbox.bitget.markets import MARGIN_COINS, coins_of, product_of
from airflow_provider_exchange.sandbox.book import PaperOrder, State
from airflow_provider_exchange.sandbox.protocol import plain

if TYPE_CHECKING:
    from collections.abc import Mapping

TPSL = "tpsl"
"""The type of a take-profit or stop-loss order on spot."""
PLAN_KINDS: Mapping[str, str] = {
    "normal_plan": "normal_plan",
    "track_plan": "track_plan",
    "profit_plan": "profit_loss",
    "loss_plan": "profit_loss",
    "moving_plan": "profit_loss",
    "pos_profit": "profit_loss",
    "pos_loss": "profit_loss",
}
"""Kinds of trigger orders of futures, and the word that lists are asked for them with."""

_PLACES: Mapping[str, tuple[str, ...]] = {
    "order_id": ("orderId",),
    "symbol": ("symbol",),
    "client_order_id": ("clientOid",),
    "side": ("side",),
    "state": ("status",),
    "price": ("price",),
    "quantity": ("size",),
    "created_at": ("cTime",),
}
FUTURES_PLACES = MappingProxyType(_PLACES)
"""Where a row has which field; see :class:`.Listing`."""
SPOT_PLACES = MappingProxyType({**_PLACES, "price": ("priceAvg",)})
SPOT_PLAN_PLACES = MappingProxyType({**_PLACES, "price": ("executePrice",)})
FUTURES_PLAN_PLACES = MappingProxyType({**_PLACES, "price": ("executePrice",), "state": ("planStatus",)})

_ENDED: Mapping[State, str] = {State.FILLED: "filled"}
_ENDED_PLANS: Mapping[State, str] = {State.FILLED: "executed", State.REJECTED: "fail_execute"}


def is_waiting(order: PaperOrder) -> bool:
    """Return whether a spot order is a take-profit or stop-loss order whose price was not reached."""
    return order.type == TPSL and not order.triggered


def state_of(order: PaperOrder, cancelled: str = "cancelled") -> str:
    """
    Return the vendor's word for an order's state. There is none for expired, rejected, or about to be cancelled.

    :param cancelled: how it is spelt there.
    """
    if order.state.live:
        return "partially_filled" if order.filled else "live"
    return _ENDED.get(order.state, cancelled)


def plan_state_of(order: PaperOrder) -> str:
    """Return the vendor's word for the state of a trigger order."""
    return "live" if order.state.live else _ENDED_PLANS.get(order.state, "cancelled")


def _core(order: PaperOrder) -> dict[str, Any]:
    return {
        **named(order),
        "symbol": order.symbol,
        "size": plain(order.quantity),
        "side": order.side.lower(),
        "enterPointSource": "API",
        "cTime": str(order.created_ms),
        "uTime": str(order.updated_ms),
    }


def open_spot(order: PaperOrder) -> dict[str, Any]:
    """Return a spot order as the list of open ones shows it: ``priceAvg`` is the price that was ordered."""
    return _core(order) | {
        "userId": "1",
        "priceAvg": plain(order.price),
        "orderType": "market" if order.type == "market" else "limit",
        "status": state_of(order),
        "basePrice": plain(order.price) if order.filled else "0",
        "baseVolume": plain(order.filled),
        "quoteVolume": plain(order.filled * order.price),
        "orderSource": "normal",
        "presetTakeProfitPrice": "",
        "executeTakeProfitPrice": "",
        "presetStopLossPrice": "",
        "executeStopLossPrice": "",
        "triggerPrice": plain(order.stop_price) if is_waiting(order) else None,
        "tpslType": TPSL if is_waiting(order) else "normal",
    }


def spot(order: PaperOrder) -> dict[str, Any]:
    """Return a spot order as the call for one shows it."""
    return _core(order) | {
        "userId": "1",
        "price": plain(order.price),
        "orderType": "market" if order.type == "market" else "limit",
        "status": state_of(order),
        "priceAvg": plain(order.price) if order.filled else "0",
        "baseVolume": plain(order.filled),
        "quoteVolume": plain(order.filled * order.price),
        "feeDetail": "",
        "orderSource": "normal",
        "cancelReason": "normal_cancel" if order.state is State.CANCELLED else "",
    }


def ended_spot(order: PaperOrder) -> dict[str, Any]:
    """Return a spot order as the history shows it."""
    waits = is_waiting(order)
    return spot(order) | {
        "tpslType": TPSL if waits else "normal",
        "triggerPrice": plain(order.stop_price) if waits else None,
    }


def spot_plan(order: PaperOrder) -> dict[str, Any]:
    """Return a trigger order of spot."""
    return _core(order) | {
        "executePrice": plain(order.price),
        "triggerPrice": plain(order.stop_price),
        "status": plan_state_of(order),
        "orderType": "limit",
        "planType": "amount",
        "triggerType": "fill_price",
    }


def _contract(order: PaperOrder) -> dict[str, Any]:
    base, _ = coins_of(order.symbol)
    return _core(order) | {
        "posSide": "net",
        "marginCoin": MARGIN_COINS.get(product_of(order.symbol), base),
        "marginMode": "crossed",
        "tradeSide": f"{order.side.lower()}_single",
        "posMode": "one_way_mode",
        "orderType": "market" if order.type == "market" else "limit",
    }


def futures(order: PaperOrder) -> dict[str, Any]:
    """Return a futures order as lists show it."""
    return _contract(order) | {
        "baseVolume": plain(order.filled),
        "fee": "0",
        "price": plain(order.price),
        "priceAvg": plain(order.price) if order.filled else "",
        "status": state_of(order, "canceled"),
        "force": "gtc",
        "totalProfits": "0",
        "quoteVolume": plain(order.filled * order.price),
        "leverage": "20",
        "reduceOnly": "NO",
        "orderSource": "normal",
        "presetStopSurplusPrice": "",
        "presetStopSurplusType": "",
        "presetStopSurplusExecutePrice": "",
        "presetStopLossPrice": "",
        "presetStopLossType": "",
        "presetStopLossExecutePrice": "",
    }


def futures_detail(order: PaperOrder) -> dict[str, Any]:
    """Return a futures order as the call for one shows it, which calls the state otherwise."""
    row = futures(order)
    return {
        **{name: value for name, value in row.items() if name != "status"},
        "state": row["status"],
        "cancelReason": "normal_cancel" if order.state is State.CANCELLED else "",
    }


def futures_plan(order: PaperOrder) -> dict[str, Any]:
    """Return a trigger order of futures as both lists show it; only the history knows what it has placed."""
    row = _contract(order) | {
        "planType": order.type,
        "price": plain(order.price),
        "executePrice": plain(order.price),
        "callbackRatio": "1" if order.type == "track_plan" else "",
        "triggerPrice": plain(order.stop_price),
        "triggerType": "mark_price",
        "planStatus": plan_state_of(order),
        "stopSurplusExecutePrice": "",
        "stopSurplusTriggerPrice": "",
        "stopSurplusTriggerType": "fill_price",
        "stopLossExecutePrice": "",
        "stopLossTriggerPrice": "",
        "stopLossTriggerType": "fill_price",
    }
    if order.state.live:
        return {**row, "orderSource": "normal"}
    traded = plain(order.filled) if order.filled else ""
    placed = {"executeOrderId": str(order.details.get("executeOrderId", "")), "priceAvg": "", "baseVolume": traded}
    return {**row, **placed}
