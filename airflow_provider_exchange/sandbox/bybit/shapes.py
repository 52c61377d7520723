"""Bybit's JSON format of an order, and its words for the kinds and states of orders."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow_provider_exchange.sandbox.book import State
from airflow_provider_exchange.sandbox.bybit.markets import SPOT
from airflow_provider_exchange.sandbox.protocol import plain

if TYPE_CHECKING:
    from airflow_provider_exchange.sandbox.book import PaperOrder

TPSL = "tpslOrder"
"""The type of a spot order that takes profit or stops a loss, in the book as in the API."""

STOP, PLAIN = "StopOrder", "Order"

_REASONS = {State.REJECTED: "EC_PostOnlyWillTakeLiquidity", State.CANCELLED: "EC_PerCancelRequest"}
"""Why an order ended, where there is a reason to tell."""


def filter_of(order: PaperOrder) -> str:
    """Return the ``orderFilter`` that an order belongs to. A stop order whose price was reached is a plain one."""
    if order.stop_price is None or order.triggered:
        return PLAIN
    return TPSL if order.type == TPSL else STOP


def link_id(order: PaperOrder, category: str) -> str:
    """Return the client's own id. To a spot order without one, the venue gives the number after the order's."""
    if order.client_order_id or category != SPOT:
        return order.client_order_id
    return str(int(order.order_id) + 1)


def status(order: PaperOrder, category: str) -> str:
    """Return the vendor's word for an order's state. There is none for expired."""
    untouched = filter_of(order) != PLAIN
    if order.state.live:
        return "Untriggered" if untouched else "PartiallyFilled" if order.filled else "New"
    if order.state in (State.FILLED, State.REJECTED):
        return "Filled" if order.state is State.FILLED else "Rejected"
    if untouched:
        return "Deactivated"
    return "PartiallyFilledCanceled" if order.filled and category == SPOT else "Cancelled"


def shown(order: PaperOrder, category: str) -> dict[str, Any]:
    """Return the order as reads show it: numbers as texts, and an empty text for what is not set."""
    spot = category == SPOT
    market = "MARKET" in order.type
    left = order.remaining if order.state.live else None
    row: dict[str, Any] = {
        "orderId": order.order_id,
        "orderLinkId": link_id(order, category),
        "blockTradeId": "",
        "symbol": order.symbol,
        "price": plain(None if market else order.price),
        "qty": plain(order.quantity),
        "side": order.side.capitalize(),
        "isLeverage": "0" if spot else "",
        "positionIdx": 0,
        "orderStatus": status(order, category),
        "cancelType": "CancelByUser" if order.state is State.CANCELLED else "UNKNOWN",
        "rejectReason": _REASONS.get(order.state, "EC_NoError"),
        "avgPrice": plain(order.price) if order.filled else "",
        "leavesQty": plain(left),
        "leavesValue": plain(None if left is None else left * order.price),
        "cumExecQty": plain(order.filled),
        "cumExecValue": plain(order.filled * order.price),
        "cumExecFee": "0",
        "timeInForce": order.details["timeInForce"],
        "orderType": "Market" if market else "Limit",
        "stopOrderType": "" if order.stop_price is None else TPSL if order.type == TPSL else "Stop",
        "orderIv": "",
        "marketUnit": "",
        "triggerPrice": plain(order.stop_price) if order.stop_price is not None else "0.0000" if spot else "",
        "takeProfit": "",
        "stopLoss": "",
        "ocoTriggerBy": "",
        "tpLimitPrice": "",
        "slLimitPrice": "",
        "tpTriggerBy": "",
        "slTriggerBy": "",
        "triggerDirection": order.details["triggerDirection"],
        "triggerBy": "" if spot or order.stop_price is None else "LastPrice",
        "lastPriceOnCreated": "",
        "reduceOnly": False,
        "closeOnTrigger": False,
        "placeType": "",
        "smpType": "None",
        "smpGroup": 0,
        "smpOrderId": "",
        "createdTime": str(order.created_ms),
        "updatedTime": str(order.updated_ms),
        "cumFeeDetail": {},
        "slippageToleranceType": "UNKNOWN",
        "slippageTolerance": "0",
        "extraFees": "",
    }
    own = {"basePrice": ""} if spot else {"createType": "CreateByUser", "tpslMode": "", "parentOrderLinkId": ""}
    return {**row, **own}
