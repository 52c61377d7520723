"""Reads new orders from requests to KuCoin."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from airflow_provider_exchange.sandbox.book import PaperOrder, State
from airflow_provider_exchange.sandbox.kucoin.answers import refused
from airflow_provider_exchange.sandbox.kucoin.markets import MARKETS
from airflow_provider_exchange.sandbox.protocol import positive

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

CLIENT_ID = re.compile("[A-Za-z0-9_-]{1,40}")
MARKET_PRICE = Decimal(100)
"""At which orders trade that name no price."""


def read_order(asked: Mapping[str, Any], order_id: str, now_ms: int) -> PaperOrder:
    """
    Return the ordinary order that a request places.

    :param asked: what the request says of it.
    :raises Refusal: the venue does not accept this order.
    """
    is_market = _one_of(asked, "type", ("limit", "market"), "limit") == "market"
    return _read(
        asked,
        order_id,
        now_ms,
        kind="MARKET" if is_market else "LIMIT",
        price=MARKET_PRICE if is_market else _amount(asked, "price"),
    )


def read_stop(asked: Mapping[str, Any], order_id: str, now_ms: int) -> PaperOrder:
    """Return the stop order that a request places; see :func:`read_order`."""
    is_market = _one_of(asked, "type", ("limit", "market"), "limit") == "market"
    return _read(
        asked,
        order_id,
        now_ms,
        kind="MARKET" if is_market else "STOP_LIMIT",
        price=MARKET_PRICE if is_market else _amount(asked, "price"),
        state=State.WAITING,
        stop_price=_amount(asked, "stopPrice"),
    )


def read_oco(asked: Mapping[str, Any], order_id: str, now_ms: int) -> PaperOrder:
    """Return the OCO order that a request places; see :func:`read_order`."""
    _amount(asked, "limitPrice")
    return _read(
        asked,
        order_id,
        now_ms,
        kind="OCO",
        price=_amount(asked, "price"),
        state=State.WAITING,
        stop_price=_amount(asked, "stopPrice"),
    )


def _read(
    asked: Mapping[str, Any],
    order_id: str,
    now_ms: int,
    *,
    kind: str,
    price: Decimal,
    state: State = State.OPEN,
    stop_price: Decimal | None = None,
) -> PaperOrder:
    symbol = asked.get("symbol")
    if not isinstance(symbol, str) or symbol not in MARKETS:
        raise refused("900001")
    if not MARKETS[symbol]:
        raise refused("400100", "Unsupported trading pair.")
    client_id = asked.get("clientOid", "")
    if client_id != "" and not (isinstance(client_id, str) and CLIENT_ID.fullmatch(client_id)):
        raise refused("400100", "clientOid is invalid")
    amount = "funds" if kind == "MARKET" and not asked.get("size") else "size"
    return PaperOrder(
        order_id,
        symbol,
        _one_of(asked, "side", ("buy", "sell")).upper(),
        kind,
        _amount(asked, amount) / (MARKET_PRICE if amount == "funds" else 1),
        price,
        now_ms,
        now_ms,
        state,
        stop_price=stop_price,
        client_order_id=client_id,
    )


def _one_of(asked: Mapping[str, Any], name: str, allowed: Collection[str], default: str | None = None) -> str:
    value = asked.get(name, default)
    if not isinstance(value, str) or value not in allowed:
        raise refused("400100", f"{name} is invalid")
    return value


def _amount(asked: Mapping[str, Any], name: str) -> Decimal:
    amount = positive(asked.get(name))
    if amount is None:
        raise refused("400100", f"{name} is invalid")
    return amount
