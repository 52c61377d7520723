"""Checks that a run is not about a misspelt market: those whose orders are to go, and those whose are to stay."""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow_provider_exchange.models.reports import Outcome
from airflow_provider_exchange.operations.markets import check_excepted_markets, check_markets

if TYPE_CHECKING:
    from airflow_provider_exchange.exchanges.base import Exchange
    from airflow_provider_exchange.operations.ledger import Ledger
    from airflow_provider_exchange.operations.looking import Looking
    from airflow_provider_exchange.operations.selection import Selection
    from airflow_provider_exchange.protocol.steps import Operation


class NamedMarkets:
    """
    The markets that a run names.

    :param ledger: Tells of which orders nothing was found.
    :param looking: Tells which markets have shown an order.
    """

    def __init__(self, exchange: Exchange, selection: Selection, ledger: Ledger, looking: Looking) -> None:
        self._exchange = exchange
        self._selection = selection
        self._ledger = ledger
        self._looking = looking
        self._are_exceptions_known = not selection.except_symbols

    def check(self, others: str) -> Operation[None]:
        """
        Fail if a market of which no order was seen is no market of the venue.

        :param others: What became of the other selected orders, in a sentence for the error.
        """
        yield from self.check_excepted()
        named = self._selection.symbols or ()
        not_found = {
            entry.ref.symbol for entry in self._ledger.entries.values() if entry.outcome is Outcome.NOT_FOUND
        }
        unseen = {symbol for symbol in (*named, *not_found) if symbol is not None} - self._looking.markets
        yield from check_markets(self._exchange, unseen, others=others)

    def check_excepted(self) -> Operation[None]:
        """Fail before the first cancel if a market whose orders are to stay may be misspelt."""
        if not self._are_exceptions_known:
            unseen = (self._selection.except_symbols or frozenset()) - self._looking.markets
            yield from check_excepted_markets(self._exchange, unseen)
            self._are_exceptions_known = True
