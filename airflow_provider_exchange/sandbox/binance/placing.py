"""Reads a new order from a request to Binance."""

from __future__ import annotations

from decimal import Decimal
from types import MappingProxyType
from typing import Any

from airflow_provider_exchange.sandbox.binance.errors import missing, refused
from airflow_provider_exchange.sandbox.binance.markets import ALGO_TYPES, SPOT_TYPES
from airflow_provider_exchange.sandbox.binance.parameters import CLIENT_ORDER_ID, Parameters
from airflow_provider_exchange.sandbox.book import PaperOrder, State

SIDES = ("BUY", "SELL")
FORCES = ("GTC", "IOC", "FOK", "GTX", "GTD")
PAPER_PRICE = Decimal(100)
"""What a market order trades at, since there is no market."""


def spot_order_of(asked: Parameters, symbol: str, order_id: str, now_ms: int) -> PaperOrder:
    """
    Return the order that a request of the spot API places.

    :raises Refusal: the venue does not accept this order.
    """
    side, kind = _side_and(asked, "type", SPOT_TYPES)
    stops = kind.startswith(("STOP_LOSS", "TAKE_PROFIT"))
    priced = kind.endswith("LIMIT") or kind == "LIMIT_MAKER"
    price = asked.amount("price") if priced else PAPER_PRICE
    if kind == "MARKET" and "quoteOrderQty" in asked:
        quantity = asked.amount("quoteOrderQty") / PAPER_PRICE
    else:
        quantity = asked.amount("quantity")
    force = _force(asked, needed=kind.endswith("LIMIT"))
    client = asked.text("newClientOrderId", CLIENT_ORDER_ID)
    stop = asked.amount("stopPrice") if stops else None
    asked.text("selfTradePreventionMode")
    return _order(
        order_id,
        symbol,
        side,
        kind,
        now_ms,
        force,
        quantity=quantity,
        price=price,
        stop_price=stop,
        client_order_id=client or "",
    )


def linear_order_of(asked: Parameters, symbol: str, order_id: str, now_ms: int) -> PaperOrder:
    """
    Return the order that a request for USD-M futures places; stops are refused.

    :raises Refusal: the venue does not accept this order.
    """
    side, kind = _side_and(asked, "type", ("LIMIT", "MARKET", *ALGO_TYPES))
    if kind in ALGO_TYPES:
        message = "Order type not supported for this endpoint. Please use the Algo Order API endpoints instead."
        raise refused(-4120, message)
    price = asked.amount("price") if kind == "LIMIT" else PAPER_PRICE
    quantity = asked.amount("quantity")
    force = _force(asked, needed=kind == "LIMIT")
    client = asked.text("newClientOrderId", CLIENT_ORDER_ID)
    return _order(
        order_id,
        symbol,
        side,
        kind,
        now_ms,
        force,
        quantity=quantity,
        price=price,
        stop_price=None,
        client_order_id=client or "",
    )


def algo_order_of(asked: Parameters, symbol: str, order_id: str, now_ms: int) -> PaperOrder:
    """
    Return the algo order that a request places.

    :raises Refusal: the venue does not accept this order.
    """
    asked.one_of("algoType", ("CONDITIONAL",), -1130, "Data sent for parameter 'algoType' is not valid.")
    side, kind = _side_and(asked, "type", ALGO_TYPES)
    price = asked.amount("price") if kind in ("STOP", "TAKE_PROFIT") else PAPER_PRICE
    quantity = asked.amount("quantity")
    stop = asked.amount("activatePrice" if kind == "TRAILING_STOP_MARKET" else "triggerPrice")
    force = _force(asked, needed=False)
    client = asked.text("clientAlgoId", CLIENT_ORDER_ID)
    return _order(
        order_id,
        symbol,
        side,
        kind,
        now_ms,
        force,
        quantity=quantity,
        price=price,
        stop_price=stop,
        client_order_id=client or "",
    )


def _side_and(asked: Parameters, name: str, kinds: tuple[str, ...]) -> tuple[str, str]:
    side = asked.one_of("side", SIDES, -1117, "Invalid side.")
    return side, asked.one_of(name, kinds, -1116, "Invalid orderType.")


def _force(asked: Parameters, *, needed: bool) -> str:
    force = asked.text("timeInForce")
    if force is None and needed:
        raise missing("timeInForce")
    if force is not None and force not in FORCES:
        raise refused(-1115, "Invalid timeInForce.")
    return force or "GTC"


def _order(order_id: str, symbol: str, side: str, kind: str, now_ms: int, force: str, **terms: Any) -> PaperOrder:
    waits = terms.get("stop_price") is not None
    return PaperOrder(
        order_id,
        symbol,
        side,
        kind,
        created_ms=now_ms,
        updated_ms=now_ms,
        state=State.WAITING if waits else State.OPEN,
        details=MappingProxyType({"timeInForce": force}),
        **terms,
    )
