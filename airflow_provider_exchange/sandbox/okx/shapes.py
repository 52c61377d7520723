"""OKX's JSON formats of an ordinary and of an algo order. Everything is a text, and empty where nothing is set."""

from __future__ import annotations

from typing import Any

from airflow_provider_exchange.sandbox.book import PaperOrder, State
from airflow_provider_exchange.sandbox.okx.kinds import AT_MARKET, algo_state_of, state_of
from airflow_provider_exchange.sandbox.okx.markets import type_of
from airflow_provider_exchange.sandbox.protocol import plain

_ORDER_BLANK = (
    "algoClOrdId", "algoId", "attachAlgoClOrdId", "avgPx", "cancelSource", "cancelSourceReason", "ccy",
    "fillPx", "fillTime", "lever", "pxType", "pxUsd", "pxVol", "quickMgnType", "slOrdPx", "slTriggerPx",
    "slTriggerPxType", "source", "stpId", "tag", "tgtCcy", "tpOrdPx", "tpTriggerPx", "tpTriggerPxType",
    "tradeId",
)  # fmt: skip
_ALGO_BLANK = (
    "activePx", "actualPx", "actualSide", "callbackRatio", "callbackSpread", "ccy", "chaseType", "chaseVal",
    "clOrdId", "closeFraction", "failCode", "isTradeBorrowMode", "lever", "maxChaseType", "maxChaseVal",
    "moveTriggerPx", "ordId", "ordPx", "pxLimit", "pxSpread", "pxVar", "quickMgnType", "slOrdPx",
    "slTriggerPx", "slTriggerPxType", "szLimit", "tag", "tgtCcy", "timeInterval", "tpOrdPx", "tpTriggerPx",
    "tpTriggerPxType", "triggerPx", "triggerPxType", "triggerTime",
)  # fmt: skip


def instrument_type(order: PaperOrder) -> str:
    """Return the type of instrument that an order is listed under: a spot order on credit is a margin order."""
    kind = type_of(order.symbol)
    on_credit = order.details.get("tdMode", "cash") in ("cross", "isolated")
    return "MARGIN" if kind == "SPOT" and on_credit else kind


def _core(order: PaperOrder) -> dict[str, Any]:
    quote = order.symbol.split("-")[1]
    return {
        "attachAlgoOrds": [],
        "cTime": str(order.created_ms),
        "instId": order.symbol,
        "instType": instrument_type(order),
        "ordType": order.type,
        "posSide": "net",
        "reduceOnly": "false",
        "side": order.side.lower(),
        "sz": plain(order.quantity),
        "tdMode": "cash" if type_of(order.symbol) == "SPOT" else "cross",
        "tradeQuoteCcy": quote,
        "uTime": str(order.updated_ms),
    }


def shown(order: PaperOrder) -> dict[str, Any]:
    """Return an ordinary order as all calls that read orders show it."""
    base, quote = order.symbol.split("-")[:2]
    row = dict.fromkeys(_ORDER_BLANK, "") | _core(order)
    row |= {
        "accFillSz": plain(order.filled),
        "category": "normal",
        "clOrdId": order.client_order_id,
        "fee": "0",
        "feeCcy": base if order.side == "BUY" else quote,
        "fillSz": plain(order.filled),
        "isTpLimit": "false",
        "linkedAlgoOrd": {"algoId": ""},
        "ordId": order.order_id,
        "pnl": "0",
        "px": "" if order.type in AT_MARKET else plain(order.price),
        "rebate": "0",
        "rebateCcy": quote,
        "state": state_of(order),
        "stpMode": "cancel_maker",
    }
    if order.filled:
        price = plain(order.price)
        row |= {"avgPx": price, "fillPx": price, "fillTime": str(order.updated_ms), "tradeId": order.order_id[-9:]}
    if row["state"] == "canceled":
        row |= {"cancelSource": "1" if order.state is State.CANCELLED else "0"}
    return row | dict(order.details)


def shown_algo(order: PaperOrder) -> dict[str, Any]:
    """Return an algo order as all calls that read algo orders show it."""
    row = dict.fromkeys(_ALGO_BLANK, "") | _core(order)
    row |= {
        "actualSz": plain(order.filled),
        "algoClOrdId": order.client_order_id,
        "algoId": order.order_id,
        "amendPxOnTriggerType": "0",
        "last": plain(order.price),
        "linkedOrd": {"ordId": ""},
        "ordIdList": [],
        "state": algo_state_of(order),
    }
    if order.type == "trigger":
        row |= {"ordPx": plain(order.price), "triggerPx": plain(order.stop_price), "triggerPxType": "last"}
    if order.type == "move_order_stop" and order.stop_price is not None:
        row |= {"activePx": plain(order.stop_price)}
    if order.state is State.FILLED:
        row |= {"triggerTime": str(order.updated_ms)}
    row |= dict(order.details)
    if row["closeFraction"]:
        row |= {"sz": ""}
    if row["ordId"]:
        row |= {"ordIdList": [row["ordId"]]}
    return row
