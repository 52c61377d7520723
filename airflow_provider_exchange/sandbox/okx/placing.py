"""Reads new ordinary and algo orders from requests to OKX."""

from __future__ import annotations

import re
from decimal import Decimal
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from airflow_provider_exchange.sandbox.book import PaperOrder, State
from airflow_provider_exchange.sandbox.okx.errors import OrderError
from airflow_provider_exchange.sandbox.okx.kinds import (
    ALGO_TYPES,
    ALGOS_AT_ONCE,
    AT_MARKET,
    EXECUTING,
    ORDER_TYPES,
    TRADE_MODES,
)
from airflow_provider_exchange.sandbox.okx.markets import INSTRUMENTS, type_of
from airflow_provider_exchange.sandbox.protocol import plain, positive

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

CLIENT_ID = re.compile("[A-Za-z0-9]{1,32}")
MARKET_PRICE = Decimal(100)
"""At which orders trade that name no price."""
WHOLE_POSITION = Decimal(1)
"""The quantity of an order that closes a position, which says none."""


def read_order(asked: Mapping[str, Any], order_id: str, now_ms: int) -> PaperOrder:
    """
    Return the ordinary order that a request places.

    :param asked: what the request says of it.
    :raises OrderError: the venue does not accept this order.
    """
    symbol, side = _checked_core(asked)
    kind = _one_of(asked, "ordType", ORDER_TYPES)
    price = MARKET_PRICE if kind in AT_MARKET else _amount(asked, "px")
    details = _details(asked, symbol)
    if kind == "market" and type_of(symbol) == "SPOT":
        details["tgtCcy"] = asked.get("tgtCcy") or ("quote_ccy" if side == "BUY" else "base_ccy")
    return PaperOrder(
        order_id,
        symbol,
        side,
        kind,
        _amount(asked, "sz"),
        price,
        now_ms,
        now_ms,
        client_order_id=_client_id(asked, "clOrdId"),
        details=MappingProxyType(details),
    )


def read_algo(asked: Mapping[str, Any], algo_id: str, now_ms: int) -> PaperOrder:
    """
    Return the algo order that a request places.

    :param asked: what the request says of it.
    :raises OrderError: the venue does not accept this order.
    """
    symbol, side = _checked_core(asked)
    kind = _one_of(asked, "ordType", ALGO_TYPES)
    details = _details(asked, symbol)
    trigger, price = None, MARKET_PRICE
    match kind:
        case "trigger":
            trigger, price = _amount(asked, "triggerPx"), _price(asked, "orderPx")
        case "conditional" | "oco":
            legs = [leg for leg in ("sl", "tp") if asked.get(f"{leg}TriggerPx")]
            if not legs or (kind == "oco" and len(legs) == 1):
                raise OrderError("50015", "slTriggerPx", "tpTriggerPx")
            if kind == "conditional":
                legs = legs[:1]  # of two, the stop loss alone counts
            for leg in legs:
                details[f"{leg}TriggerPx"] = plain(_amount(asked, f"{leg}TriggerPx"))
                details[f"{leg}OrdPx"] = plain(_price(asked, f"{leg}OrdPx"))
                details[f"{leg}TriggerPxType"] = str(asked.get(f"{leg}TriggerPxType", "last"))
            trigger, price = Decimal(details[f"{legs[0]}TriggerPx"]), Decimal(details[f"{legs[0]}OrdPx"])
        case "move_order_stop":
            if not asked.get("callbackRatio") and not asked.get("callbackSpread"):
                raise OrderError("50015", "callbackRatio", "callbackSpread")
            trigger = _amount(asked, "activePx") if asked.get("activePx") else None
            details |= {name: str(asked[name]) for name in ("callbackRatio", "callbackSpread") if asked.get(name)}
        case "iceberg" | "twap" | "smart_iceberg":
            details |= {name: plain(_amount(asked, name)) for name in ("szLimit", "pxLimit")}
    if asked.get("closeFraction") and kind in ALGOS_AT_ONCE and type_of(symbol) != "SPOT":
        details["closeFraction"] = "1"
        quantity = WHOLE_POSITION
    else:
        quantity = _amount(asked, "sz")
    client = _client_id(asked, "algoClOrdId") or _client_id(asked, "clOrdId")
    return PaperOrder(
        algo_id,
        symbol,
        side,
        kind,
        quantity,
        price,
        now_ms,
        now_ms,
        State.OPEN if kind in EXECUTING and trigger is None else State.WAITING,
        stop_price=trigger,
        client_order_id=client,
        details=MappingProxyType(details),
    )


def _checked_core(asked: Mapping[str, Any]) -> tuple[str, str]:
    """Return instrument and side of an order, which every order has."""
    symbol = _required(asked, "instId")
    if symbol not in INSTRUMENTS:
        raise OrderError("51001")
    if INSTRUMENTS[symbol] != "live":
        raise OrderError("51022")
    _one_of(asked, "tdMode", TRADE_MODES)
    return symbol, _one_of(asked, "side", ("buy", "sell")).upper()


def _details(asked: Mapping[str, Any], symbol: str) -> dict[str, Any]:
    if type_of(symbol) != "SPOT" and asked["tdMode"] == "cash":
        raise OrderError("51000", "tdMode")
    told = {name: str(asked[name]) for name in ("posSide", "tag") if asked.get(name) not in (None, "")}
    reduces = asked.get("reduceOnly") in (True, "true")
    return {"tdMode": asked["tdMode"], "reduceOnly": str(reduces).lower(), **told}


def _required(asked: Mapping[str, Any], name: str) -> str:
    value = asked.get(name)
    if value in (None, ""):
        raise OrderError("50014", name)
    if not isinstance(value, str):
        raise OrderError("51000", name)
    return value


def _one_of(asked: Mapping[str, Any], name: str, allowed: Collection[str]) -> str:
    value = _required(asked, name)
    if value not in allowed:
        raise OrderError("51000", name)
    return value


def _amount(asked: Mapping[str, Any], name: str) -> Decimal:
    amount = positive(asked.get(name))
    if amount is None:
        raise OrderError("51000", name)
    return amount


def _price(asked: Mapping[str, Any], name: str) -> Decimal:
    """Return a price that an order gets when it is triggered, where -1 means any."""
    return Decimal(-1) if str(asked.get(name)) == "-1" else _amount(asked, name)


def _client_id(asked: Mapping[str, Any], name: str) -> str:
    value = asked.get(name, "")
    if value != "" and not (isinstance(value, str) and CLIENT_ID.fullmatch(value)):
        raise OrderError("51000", name)
    return str(value)
