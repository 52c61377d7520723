"""Reads new orders from requests to Bitget."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING

from airflow_provider_exchange.sandbox.bitget.answers import refused
from airflow_provider_exchange.sandbox.bitget.shapes import TPSL
from airflow_provider_exchange.sandbox.book import PaperOrder, State
from airflow_provider_exchange.sandbox.protocol import positive

if TYPE_CHECKING:
    from airflow_provider_exchange.sandbox.bitget.parameters import Parameters

CLIENT_ID = re.compile("[!-~]{1,64}")
MARKET_PRICE = Decimal(100)
"""At which orders trade that name no price."""


def read_order(asked: Parameters, symbol: str, order_id: str, *, waits: bool = False) -> PaperOrder:
    """
    Return the ordinary order that a request places.

    :param symbol: the market, which is known to be there.
    :param waits: whether it is a take-profit or stop-loss order on spot.
    :raises Refusal: the venue does not accept this order.
    """
    kind = asked.one_of("orderType", ("limit", "market")) or asked.required("orderType")
    if asked.text("force").lower() not in ("", "gtc", "post_only", "fok", "ioc"):
        raise refused(asked.request, "40017", "force")
    price = MARKET_PRICE if kind == "market" else _amount(asked, "price")
    return _order(asked, symbol, order_id, TPSL if waits else kind, price, waits=waits)


def read_plan(asked: Parameters, symbol: str, order_id: str, kind: str, price: str) -> PaperOrder:
    """
    Return the trigger order that a request places.

    :param kind: its type in the book.
    :param price: the parameter with the price of what it places.
    """
    at_market = (asked.one_of("orderType", ("limit", "market")) or asked.required("orderType")) == "market"
    return _order(asked, symbol, order_id, kind, MARKET_PRICE if at_market else _amount(asked, price), waits=True)


def _order(asked: Parameters, symbol: str, order_id: str, kind: str, price: Decimal, *, waits: bool) -> PaperOrder:
    side = asked.one_of("side", ("buy", "sell")) or asked.required("side")
    client = asked.text("clientOid")
    if client and not CLIENT_ID.fullmatch(client):
        raise refused(asked.request, "40020", "clientOid")
    now_ms = asked.request.now_ms
    return PaperOrder(
        order_id,
        symbol,
        side.upper(),
        kind,
        _amount(asked, "size"),
        price,
        now_ms,
        now_ms,
        State.WAITING if waits else State.OPEN,
        stop_price=_amount(asked, "triggerPrice") if waits else None,
        client_order_id=client,
    )


def _amount(asked: Parameters, name: str) -> Decimal:
    asked.required(name)
    amount = positive(asked.asked.get(name))
    if amount is None:
        raise refused(asked.request, "40020", name)
    return amount
