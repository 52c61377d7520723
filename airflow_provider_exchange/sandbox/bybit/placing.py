"""New orders at Bybit: from a request, or from the admin API."""

from __future__ import annotations

import re
from dataclasses import replace
from decimal import Decimal
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from airflow_provider_exchange.sandbox.book import PaperOrder, State
from airflow_provider_exchange.sandbox.bybit.answers import refusal
from airflow_provider_exchange.sandbox.bybit.markets import LINEAR, LISTED, MARKETS, SPOT
from airflow_provider_exchange.sandbox.bybit.shapes import PLAIN, STOP, TPSL
from airflow_provider_exchange.sandbox.protocol import positive

if TYPE_CHECKING:
    from collections.abc import Mapping

    from airflow_provider_exchange.sandbox.protocol import ReceivedRequest

LINK_ID = re.compile("[0-9A-Za-z_-]{1,36}")
"""A client's own id."""

IDS: Mapping[str, re.Pattern[str]] = {
    SPOT: re.compile("[0-9]{1,19}"),
    LINEAR: re.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"),
}
KINDS = ("LIMIT", "MARKET", "STOP_LIMIT", "STOP_MARKET", TPSL)


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


def admitted(order: PaperOrder, category: str) -> PaperOrder:
    """
    Return an order of the admin API, with the details that this venue stores.

    :raises ValueError: the venue could not have such an order.
    """
    if not IDS[category].fullmatch(order.order_id):
        form = "numbers" if category == SPOT else "UUIDs in lower case"
        raise ValueError(f"Bybit's {category} order ids are {form}, which {order.order_id!r} is not")
    if order.client_order_id and not LINK_ID.fullmatch(order.client_order_id):
        raise ValueError("Bybit's client order ids are up to 36 letters, digits, hyphens and underscores")
    if order.type not in KINDS or (category == LINEAR and order.type == TPSL):
        raise ValueError(f"Bybit has no {category} orders of type {order.type}; it has {', '.join(KINDS)}")
    if order.symbol in LISTED and order.symbol not in MARKETS[category]:
        raise ValueError(f"{order.symbol} is no {category} market of Bybit's")
    force = "PostOnly" if order.state is State.REJECTED else "IOC" if "MARKET" in order.type else "GTC"
    stops = order.stop_price is not None
    details = {"timeInForce": force, "triggerDirection": 1 if stops and category == LINEAR else 0}
    reached = stops and (order.state in (State.OPEN, State.FILLED) or order.filled > 0)
    return replace(order, triggered=reached, details=MappingProxyType({**details, **order.details}))
