"""Reads a new order from an action of Hyperliquid's."""

from __future__ import annotations

import re
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from airflow_provider_exchange.sandbox.book import PaperOrder, State
from airflow_provider_exchange.sandbox.hyperliquid.answers import malformed
from airflow_provider_exchange.sandbox.protocol import positive

if TYPE_CHECKING:
    from collections.abc import Mapping

CLOID = re.compile("0x[0-9a-f]{32}")
"""A client's own id."""
_WAYS = frozenset({"Gtc", "Ioc", "Alo"})


def read_order(asked: Mapping[str, Any], symbol: str, order_id: str, now_ms: int) -> PaperOrder | str:
    """
    Return the order that a member of an action places, or why the venue does not take it.

    :param symbol: the market, which is known to be there.
    :param order_id: the id for the order.
    :raises Refusal: a member in another form.
    """
    price, quantity, cloid = positive(asked.get("p")), positive(asked.get("s")), asked.get("c")
    how = asked.get("t")
    if not isinstance(how, dict) or len(how) != 1 or type(asked.get("b")) is not bool:
        raise malformed()
    if cloid is not None and not (isinstance(cloid, str) and CLOID.fullmatch(cloid)):
        raise malformed()
    if price is None:
        return "Price must be divisible by tick size."
    if quantity is None:
        return "Order has zero size."
    limit, trigger = how.get("limit"), how.get("trigger")
    if isinstance(limit, dict) and limit.get("tif") in _WAYS:
        kind, stop = "LIMIT", None
    elif isinstance(trigger, dict) and trigger.get("tpsl") in ("tp", "sl"):
        stop = positive(trigger.get("triggerPx"))
        if stop is None:
            return "Invalid TP/SL price."
        ending = "MARKET" if trigger.get("isMarket") else "LIMIT"
        kind = f"{'STOP' if trigger['tpsl'] == 'sl' else 'TAKE_PROFIT'}_{ending}"
    else:
        raise malformed()
    return PaperOrder(
        order_id,
        symbol,
        "BUY" if asked["b"] else "SELL",
        kind,
        quantity,
        price,
        now_ms,
        now_ms,
        State.OPEN if stop is None else State.WAITING,
        stop_price=stop,
        client_order_id=cloid or "",
        details=MappingProxyType({"tif": limit["tif"]} if isinstance(limit, dict) else {}),
    )
