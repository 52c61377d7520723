"""Kinds of markets, and their names."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from airflow_provider_exchange.exchanges.ccxt.profile.lists import whole

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from airflow_provider_exchange.exchanges.arguments import Grammar
    from airflow_provider_exchange.exchanges.ccxt.profile.calls import Endpoint

__all__ = ["MarketType", "Markets", "Unified"]


@dataclass(frozen=True, slots=True)
class Unified:
    """ccxt's name of a market in its parts: ``BTC/USDT:USDT-261225`` has them all, a spot market the first two."""

    base: str
    quote: str
    settle: str | None
    expiry: str | None


@dataclass(frozen=True, slots=True)
class Markets:
    """
    A public list of markets.

    :param rows: Where the data has the markets; see :class:`Listing`.
    :param symbol: The field with the market's id.
    :param status: The field that says whether it takes orders.
    :param trading: What that field holds if so.
    :param more: See :class:`Listing`.
    """

    endpoint: Endpoint
    params: Mapping[str, Any]
    rows: str
    symbol: str
    status: str
    trading: frozenset[Any]
    more: Callable[[Any, Sequence[Any]], dict[str, Any] | None] = whole


@dataclass(frozen=True, slots=True, kw_only=True)
class MarketType:
    """
    A kind of market, with orders of its own.

    :param name: As the extra ``default_type`` has it.
    :param ids: The form of its markets' ids.
    :param spell: Brings a usual spelling of such an id to that of the exchange.
    :param from_unified: Returns the id of a market by ccxt's name; None if this type has no such market.
    :param markets: Its public lists of markets.
    :param probe: A signed read, and its parameters.
    """

    name: str
    ids: Grammar
    spell: Callable[[str], str]
    from_unified: Callable[[Unified], str | None]
    markets: Sequence[Markets]
    probe: tuple[Endpoint, Mapping[str, Any]]
