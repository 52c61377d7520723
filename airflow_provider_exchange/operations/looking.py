"""Reads the orders of one run, and takes what the venue shows into its ledger."""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow_provider_exchange.errors import ExchangeError, InvalidOrderRequest
from airflow_provider_exchange.exchanges.common import by_key
from airflow_provider_exchange.models.orders import OrderKey
from airflow_provider_exchange.operations.reading import Reading, read_orders
from airflow_provider_exchange.protocol.steps import DeadlineReached, take_note, venue_time

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from airflow_provider_exchange.exchanges.base import Exchange
    from airflow_provider_exchange.models.orders import Order
    from airflow_provider_exchange.operations.entry import Entry
    from airflow_provider_exchange.operations.ledger import Ledger
    from airflow_provider_exchange.operations.progress import Progress
    from airflow_provider_exchange.operations.selection import Selection
    from airflow_provider_exchange.protocol.steps import Operation


class Looking:
    """
    The reads of one run.

    :param max_orders: How many orders may be selected in total; None for any number.
    :param lists: Whether to read the list of open orders, or only each order by itself.
    """

    def __init__(
        self,
        exchange: Exchange,
        selection: Selection,
        ledger: Ledger,
        progress: Progress,
        *,
        max_orders: int | None,
        lists: bool,
    ) -> None:
        self._exchange = exchange
        self._selection = selection
        self._ledger = ledger
        self._progress = progress
        self._max_orders = max_orders
        self._lists = lists
        self.listed: int | None = None
        """The most open orders that one list showed; None before the first list."""
        self.markets: set[str] = set()
        """The markets of which a list showed an order."""
        self.is_counted = False
        """Whether it is known how many orders are selected, and that they are not too many."""

    def look(self) -> Operation[None]:
        """
        List the open orders, add new ones to the selection, and read those of ours that are not in the list.

        What was read counts, although a later read fails.

        :raises InvalidOrderRequest: when more orders are selected than ``max_orders``.
        """
        listed, seen = None, frozenset[OrderKey]()
        if self._lists:
            try:
                listed = yield from self._exchange.list_open(self._selection.markets)
            except ExchangeError as error:
                if error.shown:
                    yield from self._select(error.shown, is_whole=False)
                raise
            seen = yield from self._select(listed)
        unsettled = self._ledger.unsettled()
        left = {key: entry for key, entry in unsettled.items() if key not in seen and entry.misnamed is None}
        if left:
            yield from self._read(left, listed)
        self.refuse_too_many()
        self.is_counted = True
        self._progress.selected(len(self._ledger))
        self._progress.confirmed(len(self._ledger) - len(self._ledger.unsettled()))

    def look_at(self, first: Operation[list[Order]]) -> Operation[None]:
        """
        Add the orders of one of the venue's lists to the selection.

        :param first: See :meth:`Exchange.list_first`.
        """
        yield from self._select((yield from first), is_whole=False)
        self._progress.selected(len(self._ledger))

    def _select(self, listed: Sequence[Order], *, is_whole: bool = True) -> Operation[frozenset[OrderKey]]:
        """
        Take note of a list of open orders: add new ones to the selection. Return which orders of it are ours.

        :param is_whole: Whether no open order is missing from the list. If one may be, nothing is added to a
            selection whose number is limited, and nothing that a whole list left in doubt: of two orders that share
            a name, this list may show one. Such orders count as undecided until a whole list shows them.
        """
        selection = self._selection
        self.listed = max(self.listed or 0, sum(not order.state.is_terminal for order in listed))
        self.markets |= {order.symbol for order in listed}
        read = self._ledger.now = yield from take_note()
        now = None if selection.older_than is None else (yield from venue_time())
        doubtful = set(map(self._exchange.key, self._ledger.undecided))
        seen: set[OrderKey] = set()
        undecided: list[Order] = []
        shown = by_key(self._exchange.key, listed)
        for key, order in shown.items():
            entry = self._ledger.entries.get(key)
            if entry is not None and order.is_named_by(entry.ref):
                if self._is_another(order):
                    entry.misnamed = InvalidOrderRequest(
                        "two orders of one name are open, and not both are selected", orders=[order.ref]
                    )
                entry.show(order, self._ledger.waited)
                entry.read = read
            elif selection.orders is not None or order.state.is_terminal:
                continue
            elif (matches := selection.matches(order, now)) is None or (
                matches and not is_whole and (key in doubtful or self._max_orders is not None)
            ):
                undecided.append(order)
                continue
            elif matches:
                self._ledger.admit(key, order, read)
            else:
                continue
            seen.add(key)
        if is_whole:
            self._ledger.decide(shown, undecided)
        else:
            self._ledger.suspect(undecided)
        self._ledger.undecided_read = read
        return frozenset(seen)

    def _is_another(self, order: Order) -> bool:
        """Whether a live order is not the one that was selected under its name, or may be two."""
        if self._selection.orders is not None or order.state.is_terminal:
            return False
        matches = self._selection.matches(order, None)
        return matches is False or (matches is None and self._exchange.names_are_shared)

    def _read(self, entries: Mapping[OrderKey, Entry], listed: Sequence[Order] | None) -> Operation[None]:
        reading = Reading()
        try:
            yield from read_orders(
                self._exchange,
                {key: entry.ref for key, entry in entries.items()},
                created={key: entry.order.created_at for key, entry in entries.items() if entry.order is not None},
                listed=listed,
                into=reading,
            )
        except (DeadlineReached, ExchangeError):
            yield from self._take(reading, entries)
            raise
        yield from self._take(reading, entries)

    def _take(self, reading: Reading, entries: Mapping[OrderKey, Entry]) -> Operation[None]:
        """Note in the ledger what was read."""
        read = self._ledger.now = yield from take_note()
        for key, entry in entries.items():
            if key in reading.misnamed:
                entry.misnamed = reading.misnamed[key]
            elif key in reading.shown:
                entry.show(reading.shown[key], self._ledger.waited)
                entry.read = read
            elif key in reading.missed:
                entry.miss(self._ledger.waited)
            elif key in reading.refused:
                entry.hide(reading.refused[key])
        self._ledger.resolve()

    def refuse_too_many(self) -> None:
        """Raise ``InvalidOrderRequest`` if more orders are known to be selected than ``max_orders``."""
        number = len(self._ledger) + sum(not told.earlier_attempt for told in self._ledger.untold.values())
        if self._max_orders is not None and number > self._max_orders:
            raise InvalidOrderRequest(
                f"{number} orders are selected, more than max_orders={self._max_orders}; no further "
                "cancel is sent. Raise max_orders or narrow the selection",
                exchange=self._exchange.name,
            )
