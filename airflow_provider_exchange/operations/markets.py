"""
Tells a market without orders from a symbol that names no market.

Both look the same in a list of orders. But a sweep of a misspelt market has done nothing of what it was started
for, so it must not succeed. And a sweep of all markets but a misspelt one would cancel what is to stay, so it must
not begin.
"""

from __future__ import annotations

import logging
from difflib import get_close_matches
from typing import TYPE_CHECKING

from airflow_provider_exchange.errors import (
    ExchangeError,
    ExchangeUnavailableError,
    InvalidOrderRequest,
    OrderNotFoundError,
    RequestRefusedError,
    UnreadableResponseError,
)
from airflow_provider_exchange.one_line import one_line, sentences
from airflow_provider_exchange.protocol.steps import DeadlineReached, briefly
from airflow_provider_exchange.side_work import SideLog

if TYPE_CHECKING:
    from collections.abc import Collection

    from airflow_provider_exchange.exchanges.base import Exchange
    from airflow_provider_exchange.protocol.steps import Operation

log = SideLog(logging.getLogger(__name__))

LONGEST_CHECK = 5.0
"""Seconds for all reads of one check."""
LIKENESS = 0.75
"""How alike a market's symbol must be to a misspelt one to be suggested, from 0 to 1."""


def check_markets(exchange: Exchange, symbols: Collection[str], *, others: str) -> Operation[None]:
    """
    Raise an error if a symbol names no market of the venue.

    Only the venue's word that there is no such market is an error. If its list of markets cannot be read within a
    few seconds, a warning is logged and nothing is raised, so this can neither fail a cancel that has done its work
    nor keep it from ending.

    :param symbols: Symbols from :meth:`Exchange.check_symbol` of which the account showed no order.
    :param others: What became of the other selected orders, in a sentence for the error.
    :raises InvalidOrderRequest: naming each symbol that is neither in the venue's list of markets nor in the
        account's history, and symbols of the list that are spelt alike.
    """
    if not symbols:
        return
    named = sorted(symbols)
    try:
        problems = yield from briefly(_problems(exchange, named), LONGEST_CHECK)
    except ExchangeError as error:
        log.warning(
            "%s: whether the venue has the markets %s could not be checked: %s",
            exchange.name,
            one_line(", ".join(named)),
            error,
        )
        return
    if problems:
        raise InvalidOrderRequest(" ".join([*problems, others]), exchange=exchange.name)


def check_excepted_markets(exchange: Exchange, symbols: Collection[str]) -> Operation[None]:
    """
    Raise an error if a symbol whose orders are to stay is not known to be a market of the venue.

    A market's name is all that keeps its orders from being cancelled. So what cannot be checked is an error, too,
    once the time is up.

    :param symbols: Symbols from :meth:`Exchange.check_symbol` of which the account showed no order.
    :raises InvalidOrderRequest: naming each symbol that names no market, as for :func:`check_markets`.
    :raises ExchangeUnavailableError: when the venue's list of markets cannot be read.
    """
    if not symbols:
        return
    named = sorted(symbols)
    try:
        problems = yield from _problems(exchange, named)
    except (DeadlineReached, ExchangeError) as error:
        trouble = error.trouble if isinstance(error, DeadlineReached) else error
        raise ExchangeUnavailableError(
            sentences(
                f"whether the venue has the markets {', '.join(named)} of except_symbols, of which no order is "
                f"open, could not be checked: {trouble or 'the time was up'}",
                "A misspelt one would let orders be cancelled that are to stay, so no further cancel is sent. Run "
                "it again, or leave these markets out",
            ),
            exchange=exchange.name,
        ) from error
    if problems:
        raise InvalidOrderRequest(
            " ".join(["except_symbols:", *problems, "No further cancel is sent."]), exchange=exchange.name
        )


def _problems(exchange: Exchange, symbols: Collection[str]) -> Operation[list[str]]:
    """Return a sentence on each symbol that names no market, and log one on each that is no longer traded."""
    listed = yield from exchange.markets()
    if not listed:
        raise UnreadableResponseError("the venue's list of markets is empty")
    problems = []
    for symbol in symbols:
        if symbol not in listed and not (yield from _had_orders(exchange, symbol)):
            alike = get_close_matches(symbol, listed, cutoff=LIKENESS)
            problems.append(
                f"{symbol} is no market of {exchange.title}"
                + (f"; did you mean {' or '.join(alike)}?" if alike else ".")
            )
        elif not listed.get(symbol):
            log.info(
                "%s: %s is not traded at present, and no order of it was open", exchange.name, one_line(symbol)
            )
    return problems


def _had_orders(exchange: Exchange, symbol: str) -> Operation[bool]:
    try:
        return (yield from exchange.has_orders(symbol))
    except (OrderNotFoundError, RequestRefusedError):
        return False
