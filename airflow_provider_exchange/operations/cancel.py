"""
Cancel orders and prove that they are gone.

The law: an order counts as gone when a read after our last cancel shows it in a terminal state, or when the venue
itself does not know it for a while. What a cancel answers proves nothing; it is read again. A cancel that fails in
whatever way leaves the order's state unknown: it is read, and cancelled again by a new request if it is still open.
Rounds alternate between batches and single cancels, so that an order which a batch ignores is still reached.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, TypeVar

from airflow_provider_exchange.errors import (
    AuthenticationError,
    ExchangeError,
    InvalidOrderRequest,
    RequestRefusedError,
    TransientError,
    name_orders,
)
from airflow_provider_exchange.models import CancelReport, CancelResult, OrderRef, OrderState
from airflow_provider_exchange.operations.ledger import Entry, Ledger
from airflow_provider_exchange.operations.progress import Progress
from airflow_provider_exchange.operations.reading import read_orders
from airflow_provider_exchange.protocol.steps import DeadlineReached, Pause, venue_time

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from airflow_provider_exchange.exchanges.base import Cancellation, Exchange, Options
    from airflow_provider_exchange.models import Order
    from airflow_provider_exchange.operations.selection import Selection
    from airflow_provider_exchange.protocol.steps import Operation

__all__ = ["Cancelling"]

log = logging.getLogger(__name__)

T = TypeVar("T")
K = TypeVar("K")


class Cancelling:
    """
    A cancel operation, which can be put down between two rounds and taken up again.

    :param exchange: The account.
    :param selection: Which orders: those of a list of names, or all with certain properties, also those that appear
        meanwhile.
    :param options: The venue's own options, checked.
    :param max_orders: Refuse, before the cancel, when more would be cancelled in all; None for no bound.
    :param wait: Whether to go on until every outcome is proved; else until the venue acknowledges the cancels.
    :param dry_run: Whether to look once and cancel nothing.
    :param known: What is known from earlier rounds or attempts.
    """

    on_selected: Callable[[], None]
    """Called whenever orders have joined the ledger, before any of them is cancelled."""

    def __init__(
        self,
        exchange: Exchange,
        selection: Selection,
        options: Options,
        *,
        max_orders: int | None = None,
        wait: bool = True,
        dry_run: bool = False,
        known: Ledger | None = None,
    ) -> None:
        self.ledger = Ledger(exchange) if known is None else known
        if selection.orders is not None:
            self.ledger.name(selection.orders)
        self._exchange = exchange
        self._selection = selection
        self._options = options
        self._max_orders = max_orders
        self._wait = wait
        self._dry_run = dry_run
        self._batches_work = True
        self._progress = Progress(exchange.name)
        self._selected = 0
        self.on_selected = lambda: None

    def run(self, poll_interval: float) -> Operation[CancelReport]:
        """
        Go on until nothing is unsettled.

        :param poll_interval: Seconds between two rounds.
        :return: What became of every order.
        :raises ExchangeError: naming every order whose outcome was not proved.
        """
        while not (yield from self.round()):
            try:
                yield Pause(poll_interval)
            except DeadlineReached as cut:
                raise self.ledger.cut_off(cut) from None
            self.ledger.waited += poll_interval
        return self.report()

    def round(self) -> Operation[bool]:
        """
        Look, cancel what is open, and look again.

        :return: Whether nothing is unsettled any more. If not, let some time pass before the next round.
        """
        return (yield from self._naming_what_is_left(self._round()))

    def look(self) -> Operation[None]:
        """Bring the ledger up to date without cancelling anything."""
        yield from self._naming_what_is_left(self._look())

    @property
    def symbol(self) -> str | None:
        """The market of the first order; None as long as there is none."""
        return next((entry.ref.symbol for entry in self.ledger.entries.values()), None)

    def report(self) -> CancelReport:
        """Return what became of every order."""
        return self.ledger.report(dry_run=self._dry_run)

    def result(self) -> CancelResult:
        """Return what became of the order, where there is exactly one."""
        (result,) = self.report().results
        return result

    def _naming_what_is_left(self, operation: Operation[T]) -> Operation[T]:
        """Run an operation so that whatever ends it names the orders left."""
        try:
            return (yield from operation)
        except DeadlineReached as cut:
            raise self.ledger.cut_off(cut) from cut.trouble
        except ExchangeError as error:
            raise self.ledger.failed(error) from error.__cause__

    def _round(self) -> Operation[bool]:
        yield from self._look_and_tell()
        entries = self._unsettled()
        if self._dry_run or not entries:
            return True
        self._give_up_if_refused()
        batched = self.ledger.rounds % 2 == 0
        self.ledger.rounds += 1
        yield from self._send([entry for entry in entries if _may_be_cancelled(entry)], batched=batched)
        if not self._unsettled():
            return True
        yield from self._look_and_tell()
        return not self._unsettled()

    def _look_and_tell(self) -> Operation[None]:
        yield from self._look()
        self._progress.selected(len(self.ledger))
        if len(self.ledger) != self._selected:
            self._selected = len(self.ledger)
            self.on_selected()
        self._progress.confirmed(len(self.ledger) - len(self.ledger.unsettled()))

    def _look(self) -> Operation[None]:
        """List what is open and take in what joins the selection; then read those of ours that are not listed."""
        selection, listed = self._selection, None
        if selection.orders is None or len(selection.orders) > 1:
            listed = yield from self._exchange.list_open(selection.markets)
            now = None if selection.older_than is None else (yield from venue_time())
            for order in listed:
                entry = self.ledger.find(order)
                if entry is not None:
                    entry.show(order)  # even if it counted as gone
                elif selection.orders is None and not order.state.is_terminal and selection.matches(order, now):
                    self.ledger.admit(order)
        yield from self._read(self.ledger.unsettled(), listed)
        number = len(self.ledger)
        if self._max_orders is not None and number > self._max_orders and not self._dry_run:
            raise InvalidOrderRequest(
                f"{number} orders are selected, more than max_orders={self._max_orders}; no cancel was sent for "
                "those named here. Raise max_orders or narrow the selection",
                exchange=self._exchange.name,
            )

    def _read(self, entries: Sequence[Entry], listed: Sequence[Order] | None) -> Operation[None]:
        by_ref = _grouped(entries, lambda entry: entry.ref)
        reading = yield from read_orders(self._exchange, list(by_ref), created=self.ledger.created(), listed=listed)
        for ref, alike in by_ref.items():
            for entry in alike:
                if ref in reading.shown:
                    entry.show(reading.shown[ref])
                else:
                    entry.miss(self.ledger.waited)

    def _unsettled(self) -> list[Entry]:
        return self.ledger.unsettled(acknowledged_suffices=not self._wait)

    def _give_up_if_refused(self) -> None:
        """Raise the venue's refusal when nothing but refused orders is left."""
        unsettled = self._unsettled()
        if all(entry.is_refused(self.ledger.waited) for entry in unsettled):
            refusal = unsettled[0].refusal
            if refusal is not None:
                raise refusal

    def _send(self, entries: Sequence[Entry], *, batched: bool) -> Operation[None]:
        by_key = _grouped(entries, lambda entry: self._exchange.key(entry.ref))
        refs = [alike[0].ref for alike in by_key.values()]
        sent = 0
        for cancellation in self._cancellations(refs, batched=batched and self._batches_work and len(refs) > 1):
            named = [entry for ref in cancellation.orders for entry in by_key[self._exchange.key(ref)]]
            yield from self._send_one(cancellation, named)
            sent += len(cancellation.orders)
            self._progress.sent(sent, len(refs))

    def _cancellations(self, refs: Sequence[OrderRef], *, batched: bool) -> list[Cancellation]:
        if batched:
            return self._exchange.cancel_several([ref for ref in refs if ref.order_id], self._options)
        singles = (self._exchange.cancel_one(ref, self._options) for ref in refs)
        return [single for single in singles if single is not None]

    def _send_one(self, cancellation: Cancellation, entries: Sequence[Entry]) -> Operation[None]:
        for entry in entries:
            entry.sent = True
        try:
            acknowledged = yield from cancellation.operation
        except (AuthenticationError, RequestRefusedError) as error:
            if cancellation.is_batch:
                log.warning("A batch of %d cancels was refused; sending them one by one: %s", len(entries), error)
                # The venue takes our signatures, as the list showed, but not over a batch.
                self._batches_work = not isinstance(error, AuthenticationError)
                yield from self._send(entries, batched=False)
            elif isinstance(error, RequestRefusedError):
                for entry in entries:
                    entry.refuse(error, self.ledger.waited)
            else:
                raise
        except TransientError as error:
            log.warning(
                "The cancel of %s has no outcome yet: %s",
                name_orders((entry.ref for entry in entries), most=3),
                error,
            )
        else:
            for entry in entries:
                entry.acknowledged = entry.acknowledged or self._exchange.key(entry.ref) in acknowledged


def _may_be_cancelled(entry: Entry) -> bool:
    """Whether a cancel makes sense: one that the venue is at work on only has to be waited for."""
    return entry.state is not OrderState.CANCELLING


def _grouped(entries: Iterable[Entry], by: Callable[[Entry], K]) -> dict[K, list[Entry]]:
    """Put entries together that mean one order: somebody may have named it by its id and by the client's, too."""
    groups: dict[K, list[Entry]] = {}
    for entry in entries:
        groups.setdefault(by(entry), []).append(entry)
    return groups
