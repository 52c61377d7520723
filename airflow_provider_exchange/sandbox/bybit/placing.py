"""Reads a new order from a request to Bybit."""

from __future__ import annotations

import re
from decimal import Decimal
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from airflow_provider_exchange.sandbox.book import PaperOrder, State
from airflow_provider_exchange.sandbox.bybit.answers import refusal
from airflow_provider_exchange.sandbox.bybit.markets import SPOT
from airflow_provider_exchange.sandbox.bybit.shapes import PLAIN, STOP, TPSL
from airflow_provider_exchange.sandbox.protocol import positive

if TYPE_CHECKING:
    from collections.abc import Mapping

    from airflow_provider_exchange.sandbox.protocol import ReceivedRequest

LINK_ID = re.compile("[0-9A-Za-z_-]{1,36}")
"""A client's own id."""


def read_order(
    request: ReceivedRequest, asked: Mapping[str, Any], category: str, symbol: str, order_id: str
) -> PaperOrder:
    """
    Return the order that a request places.

    :param asked: the fields of the request's body.
    :param symbol: the market, which is known to be there.
    :param order_id: the id for the order.
    :raises Refusal: the venue does not accept this order.
    """
    spot = category == SPOT

    def odd(field: str, spot_code: int, spot_text: str = "") -> Exception:
        if spot:
            return refusal(request, spot_code, spot_text)
        return refusal(request, 10001, f"params error: {field} invalid")

    side, kind = asked.get("side"), asked.get("orderType")
    force = asked.get("timeInForce", "IOC" if kind == "Market" else "GTC")
    if side not in ("Buy", "Sell"):
        raise odd("side", 170117)
    if kind not in ("Market", "Limit"):
        raise odd("orderType", 170116)
    if force not in ("GTC", "IOC", "FOK", "PostOnly"):
        raise odd("timeInForce", 170115)
    quantity = positive(asked.get("qty"))
    if quantity is None:
        raise odd("qty", 170130, "Data sent for paramter 'qty' is not valid.")
    price = Decimal(1) if kind == "Market" else positive(asked.get("price"))
    if price is None:
        raise odd("price", 170130, "Data sent for paramter 'price' is not valid.")
    link = asked.get("orderLinkId", "")
    if link and (not isinstance(link, str) or not LINK_ID.fullmatch(link)):
        raise odd("orderLinkId", 170130, "Data sent for paramter 'orderLinkId' is not valid.")
    stop = positive(asked.get("triggerPrice"))
    direction = 0 if spot else asked.get("triggerDirection", 0)
    wanted = asked.get("orderFilter", PLAIN)
    if spot:
        if wanted not in (PLAIN, STOP, TPSL):
            raise refusal(request, 170201)
        if wanted != PLAIN and stop is None:
            raise refusal(request, 170202)
    elif "triggerPrice" in asked and (stop is None or direction not in (1, 2)):
        raise odd("triggerDirection", 10001)
    word = TPSL if wanted == TPSL else f"{'' if stop is None else 'STOP_'}{kind.upper()}"
    return PaperOrder(
        order_id,
        symbol,
        side.upper(),
        word,
        quantity,
        price,
        request.now_ms,
        request.now_ms,
        State.OPEN if stop is None else State.WAITING,
        stop_price=stop,
        client_order_id=link,
        details=MappingProxyType({"timeInForce": force, "triggerDirection": direction if stop else 0}),
    )
