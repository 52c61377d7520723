"""Names of markets: what they may consist of, and one spelling of each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from airflow_provider_exchange.errors import InvalidOrderRequest
from airflow_provider_exchange.exchanges.arguments import required_text
from airflow_provider_exchange.exchanges.texts import LOWER, UPPER, holds_secret

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from typing import Any

    from airflow_provider_exchange.exchanges.arguments import Grammar
    from airflow_provider_exchange.exchanges.fields import Record

ASSET_MARKS = ".$&+:@"
"""Marks that names of assets really have and that change no request; for the brackets of a pattern."""
ASSET = f"[A-Za-z0-9{ASSET_MARKS}]{{1,40}}"
"""The pattern of an asset, where capitals and small letters are the same."""
MARKET_START = r"(?!.*\.\.)(?=.*[A-Za-z])"
"""
Begins the pattern of a market: it has a letter, and no two dots in a row.

Digits alone would be an order id in the wrong place, and dots might be a relative path.
"""
SEPARATORS = "/-_"
"""What pages and users write between the two assets of a market."""


def market_spelling(separator: str, *, capitals: bool) -> Mapping[int, int]:
    """
    Return the table for :func:`check_market` that turns the usual spellings of a market into one.

    :param separator: The character to write between the assets.
    :param capitals: Whether ASCII letters become capitals or lower case. Other letters stay as they are: their
        case does not follow rules that every venue shares.
    """
    return {**(UPPER if capitals else LOWER), **str.maketrans(SEPARATORS, separator * len(SEPARATORS))}


def check_market(grammar: Grammar, spelling: Mapping[int, int], value: Any, field: str) -> str:
    """
    Return the symbol of a market in one spelling, if it has the grammar's form in that spelling.

    :param grammar: The form, whose pattern begins with :data:`MARKET_START`.
    :param spelling: From :func:`market_spelling`.
    :param value: The symbol as the user, a template or the venue gave it.
    :param field: The argument's name, for the message.
    :raises InvalidOrderRequest: showing the symbol as it was given.
    """
    given = required_text(value, field)
    try:
        return grammar.check(given.translate(spelling), field)
    except InvalidOrderRequest:
        raise grammar.malformed(given, field) from None


class MarketNames(Protocol):
    """Whose markets they are: an exchange, or a part of one. See :class:`.Exchange` for what the members mean."""

    @property
    def secrets(self) -> frozenset[str]: ...  # noqa: D102

    def check_symbol(self, value: Any, /) -> str: ...  # noqa: D102


def by_symbol(exchange: MarketNames, listed: Iterable[Record], field: str) -> Iterator[tuple[str, Record]]:
    """
    Yield records together with their market, for lists of which only the markets matter.

    A record whose symbol this package would refuse as an argument is left out: nobody can have asked for it.

    :param exchange: Checks the symbols.
    :param listed: The records.
    :param field: The field with the symbol.
    """
    for record in listed:
        shown = record.get(field)
        try:
            symbol = exchange.check_symbol(shown)
        except InvalidOrderRequest:
            continue
        if not holds_secret(shown, exchange.secrets):
            yield symbol, record
