"""Binance's JSON formats of an order: of spot, of USD-M futures, and of their algo orders."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow_provider_exchange.sandbox.binance.books import algo_type
from airflow_provider_exchange.sandbox.book import PaperOrder, State
from airflow_provider_exchange.sandbox.protocol import plain

if TYPE_CHECKING:
    from collections.abc import Sequence
    from decimal import Decimal

_WORDS = {
    State.WAITING: "NEW",
    State.OPEN: "NEW",
    State.CANCELLING: "NEW",
    State.FILLED: "FILLED",
    State.CANCELLED: "CANCELED",
    State.EXPIRED: "EXPIRED",
    State.REJECTED: "REJECTED",
}


def status(order: PaperOrder) -> str:
    """Return the vendor's word for an order's state."""
    if order.state.live and order.filled:
        return "PARTIALLY_FILLED"
    return _WORDS[order.state]


def eight(value: Decimal | None) -> str:
    """Return an amount as spot writes it, with eight decimals; ``None`` as zero."""
    return f"{value or 0:.8f}"


def _spot_terms(order: PaperOrder) -> dict[str, Any]:
    priced = order.type.endswith("LIMIT") or order.type == "LIMIT_MAKER"
    return {
        "price": eight(order.price if priced else None),
        "origQty": eight(order.quantity),
        "executedQty": eight(order.filled),
        "origQuoteOrderQty": "0.00000000",
        "cummulativeQuoteQty": eight(order.filled * order.price),
        "status": status(order),
        "timeInForce": order.details["timeInForce"],
        "type": order.type,
        "side": order.side,
    }


def spot_order(order: PaperOrder, client_order_id: str) -> dict[str, Any]:
    """
    Return a spot order as lists and the query of an order show it.

    :param client_order_id: what it is called there.
    """
    waits = order.state is State.WAITING
    return {
        "symbol": order.symbol,
        "orderId": int(order.order_id),
        "orderListId": order.details.get("orderListId", -1),
        "clientOrderId": client_order_id,
        **_spot_terms(order),
        "stopPrice": eight(order.stop_price),
        "icebergQty": "0.00000000",
        "time": order.created_ms,
        "updateTime": order.updated_ms,
        "isWorking": not waits,
        "workingTime": -1 if waits else order.created_ms,
        "selfTradePreventionMode": "EXPIRE_MAKER",
    }


def spot_placed(order: PaperOrder, form: str) -> dict[str, Any]:
    """
    Return a spot order as the call that placed it shows it.

    :param form: ``ACK``, ``RESULT`` or ``FULL``.
    """
    row = {
        "symbol": order.symbol,
        "orderId": int(order.order_id),
        "orderListId": order.details.get("orderListId", -1),
        "clientOrderId": order.client_order_id,
        "transactTime": order.created_ms,
    }
    if form == "ACK":
        return row
    row |= {**_spot_terms(order), "workingTime": order.created_ms, "selfTradePreventionMode": "EXPIRE_MAKER"}
    if order.stop_price is not None:
        row |= {"stopPrice": eight(order.stop_price), "workingTime": -1}
    return {**row, "fills": []} if form == "FULL" else row


def spot_cancelled(order: PaperOrder, cancel_name: str, now_ms: int) -> dict[str, Any]:
    """
    Return a spot order as its cancel shows it: cancelled, whether it is so already or soon.

    :param cancel_name: the client order id of the cancel.
    """
    stop = {} if order.stop_price is None else {"stopPrice": eight(order.stop_price)}
    return {
        "symbol": order.symbol,
        "origClientOrderId": order.client_order_id,
        "orderId": int(order.order_id),
        "orderListId": order.details.get("orderListId", -1),
        "clientOrderId": cancel_name,
        "transactTime": now_ms,
        **_spot_terms(order),
        **stop,
        "status": "CANCELED",
        "selfTradePreventionMode": "EXPIRE_MAKER",
    }


def order_list(
    orders: Sequence[PaperOrder], reports: Sequence[dict[str, Any]], now_ms: int, *, done: bool = False
) -> dict[str, Any]:
    """
    Return an order list.

    :param orders: its orders.
    :param reports: the same, as the call shows them.
    :param done: whether the list has ended.
    """
    details = orders[0].details
    names = [
        {"symbol": order.symbol, "orderId": int(order.order_id), "clientOrderId": order.client_order_id}
        for order in orders
    ]
    return {
        "orderListId": details["orderListId"],
        "contingencyType": "OCO",
        "listStatusType": "ALL_DONE" if done else "EXEC_STARTED",
        "listOrderStatus": "ALL_DONE" if done else "EXECUTING",
        "listClientOrderId": details["listClientOrderId"],
        "transactionTime": now_ms,
        "symbol": orders[0].symbol,
        "orders": names,
        "orderReports": list(reports),
    }


def linear_order(order: PaperOrder) -> dict[str, Any]:
    """Return an order of USD-M futures as lists and the query of an order show it."""
    return {
        "orderId": int(order.order_id),
        "symbol": order.symbol,
        "status": status(order),
        "clientOrderId": order.client_order_id,
        "price": plain(None if order.type == "MARKET" else order.price),
        "avgPrice": plain(order.price if order.filled else None),
        "origQty": plain(order.quantity),
        "executedQty": plain(order.filled),
        "cumQuote": plain(order.filled * order.price),
        "timeInForce": order.details["timeInForce"],
        "type": order.type,
        "reduceOnly": False,
        "closePosition": False,
        "side": order.side,
        "positionSide": "BOTH",
        "stopPrice": "0",
        "workingType": "CONTRACT_PRICE",
        "priceProtect": False,
        "origType": order.type,
        "priceMatch": "NONE",
        "selfTradePreventionMode": "EXPIRE_MAKER",
        "goodTillDate": 0,
        "time": order.created_ms,
        "updateTime": order.updated_ms,
    }


def linear_placed(order: PaperOrder) -> dict[str, Any]:
    """Return an order of USD-M futures as the call that placed it shows it."""
    row = linear_order(order)
    del row["time"]
    return {**row, "cumQty": row["executedQty"]}


def linear_cancelled(order: PaperOrder) -> dict[str, Any]:
    """Return an order of USD-M futures as its cancel shows it: cancelled, whether it is so already or soon."""
    row = linear_placed(order)
    del row["avgPrice"]
    return {**row, "status": "CANCELED"}


def algo_order(order: PaperOrder, placed: PaperOrder | None) -> dict[str, Any]:
    """
    Return an algo order.

    :param placed: the order that it placed; ``None`` before it was triggered.
    """
    return {
        "algoId": int(order.order_id),
        "clientAlgoId": order.client_order_id,
        "algoType": "CONDITIONAL",
        "orderType": algo_type(order.type),
        "symbol": order.symbol,
        "side": order.side,
        "positionSide": "BOTH",
        "timeInForce": order.details["timeInForce"],
        "quantity": plain(order.quantity),
        "algoStatus": _algo_status(order, placed),
        "actualOrderId": "" if placed is None else placed.order_id,
        "actualPrice": plain(placed.price if placed is not None and placed.filled else None),
        "triggerPrice": plain(order.stop_price),
        "price": plain(order.price if algo_type(order.type) in ("STOP", "TAKE_PROFIT") else None),
        "icebergQuantity": None,
        "tpTriggerPrice": "0",
        "tpPrice": "0",
        "slTriggerPrice": "0",
        "slPrice": "0",
        "tpOrderType": "",
        "selfTradePreventionMode": "EXPIRE_MAKER",
        "workingType": "CONTRACT_PRICE",
        "priceMatch": "NONE",
        "closePosition": False,
        "priceProtect": False,
        "reduceOnly": False,
        "createTime": order.created_ms,
        "updateTime": order.updated_ms,
        "triggerTime": order.details.get("triggerTime", 0),
        "goodTillDate": 0,
    }


def _algo_status(order: PaperOrder, placed: PaperOrder | None) -> str:
    if order.state is State.FILLED:
        return "TRIGGERED" if placed is not None and placed.state.live else "FINISHED"
    return "NEW" if order.state.live else status(order)
