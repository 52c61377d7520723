"""Completes a summary by the orders that only earlier executions of the task knew."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from airflow_provider_exchange.errors import ExchangeError, TransientError
from airflow_provider_exchange.operations.history import NOT_KNOWN, read_history
from airflow_provider_exchange.operations.reading import MOST_DIRECT, read_orders
from airflow_provider_exchange.protocol.steps import Pause, briefly, venue_time
from airflow_provider_exchange.side_work import SideLog

if TYPE_CHECKING:
    from collections.abc import Mapping

    from airflow_provider_exchange.exchanges.base import Exchange
    from airflow_provider_exchange.models.orders import Order, OrderKey, OrderRef
    from airflow_provider_exchange.operations.earlier import Records
    from airflow_provider_exchange.operations.history import History
    from airflow_provider_exchange.operations.ledger import Ledger
    from airflow_provider_exchange.operations.selection import Selection
    from airflow_provider_exchange.protocol.steps import Operation

log = SideLog(logging.getLogger(__name__))

LONGEST_LOOK = 30.0
"""Seconds for all reads together."""
LOOKS = 3
BETWEEN_LOOKS = 1.5
"""Seconds; with ``LOOKS`` this leaves an order that has ended some time to appear in the venue's history."""


class Retelling:
    """
    What one run tells of earlier executions.

    :param records: Where an earlier attempt may have left what it knew.
    :param wait: Whether to read the orders, or only to say how many they are.
    """

    def __init__(
        self, exchange: Exchange, selection: Selection, ledger: Ledger, records: Records, *, wait: bool
    ) -> None:
        self._exchange = exchange
        self._selection = selection
        self._ledger = ledger
        self._records = records
        self._wait = wait
        self._is_done = False
        self.unclear: list[Order] = []
        """Live orders of which it is not known whether they are selected."""
        self._history: History | None = None

    def finds_a_live_one(self) -> Operation[bool]:
        """
        Read the orders that only earlier executions knew, once in a run; it does not matter whether that fails.

        Return whether one of them turns out to be live and selected, though no list of open orders shows it. It is
        then one to cancel, by what was read of it just now.
        """
        if self._is_done:
            return False
        self._is_done = True
        self._ledger.earlier.add(self._records.recall())
        untold = self._ledger.untold
        if not untold or not self._wait:
            return False
        now = None if self._selection.older_than is None else (yield from venue_time())
        found: dict[OrderKey, Order] = {}
        try:
            refs = {key: told.ref for key, told in untold.items()}
            yield from briefly(_find(self._exchange, refs, found), LONGEST_LOOK)
        except ExchangeError as error:
            log.warning("Not all orders could be read that the task knew earlier: %s", error)
        is_any_live = False
        for key, order in found.items():
            matches = self._selection.matches(order, now)
            if order.state.is_terminal and matches is not False:
                self._ledger.retell(key, order)
            elif matches is False:
                del self._ledger.earlier.orders[key]
            elif matches:
                is_any_live = True
                self._ledger.admit(key, order, self._ledger.now)
            else:
                self.unclear.append(order)
        return is_any_live

    def ask_the_history(self) -> Operation[None]:
        """
        Add to the summary what the venue's history shows, where nothing else tells what an earlier attempt did.

        Everything is proved by now, so this fails nothing, and takes no long time.
        """
        earlier = self._ledger.earlier
        is_unknown = self._selection.orders is None and earlier.is_incomplete
        if not is_unknown or earlier.began_ago is None or not self._wait:
            return
        self._history = yield from read_history(
            self._exchange, self._selection, earlier.began_ago, is_known=self._ledger.tells_of
        )
        for key, order in self._history.orders.items() if self._history is not None else ():
            self._ledger.retell(key, order)

    def gap(self) -> str:
        """Return what is not known of earlier executions; nothing is missing where the orders are named."""
        if self._selection.orders is not None:
            return ""
        if self._ledger.earlier.is_incomplete:
            return NOT_KNOWN if self._history is None else self._history.words()
        unread = len(self._ledger.untold) if self._is_done else 0
        return f"orders that the task knew earlier and could not read again: {unread}" if unread else ""


def _find(exchange: Exchange, refs: Mapping[OrderKey, OrderRef], found: dict[OrderKey, Order]) -> Operation[None]:
    """
    Read orders as the venue shows them now.

    :param refs: Which orders, by their keys.
    :param found: Takes those that the venue shows, also when the operation is stopped before its end.
    """
    for look in range(LOOKS):
        left = {key: ref for key, ref in refs.items() if key not in found}
        if not left:
            return
        if look:
            yield Pause(BETWEEN_LOOKS)
        try:
            reading = yield from read_orders(exchange, left, created={}, listed=(), most_direct=MOST_DIRECT)
        except TransientError:
            if look == LOOKS - 1:
                raise
        else:
            found |= reading.shown
