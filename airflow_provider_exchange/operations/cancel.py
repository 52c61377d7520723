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
    OrderNotFoundError,
    RequestRefusedError,
    name_orders,
)
from airflow_provider_exchange.models import CancelReport, CancelResult, OrderRef, OrderState
from airflow_provider_exchange.operations.ledger import Entry, Ledger
from airflow_provider_exchange.operations.progress import Progress
from airflow_provider_exchange.protocol.steps import DeadlineReached, Pause, ask, venue_time

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from airflow_provider_exchange.exchanges.base import Cancellation, Exchange, Options
    from airflow_provider_exchange.operations.selection import Selection
    from airflow_provider_exchange.protocol.steps import Operation

__all__ = ["Cancelling", "cancel_order", "cancel_orders"]

log = logging.getLogger(__name__)

T = TypeVar("T")


def cancel_order(
    exchange: Exchange, ref: OrderRef, options: Options, *, poll_interval: float, wait: bool = True
) -> Operation[CancelResult]:
    """
    Cancel one order.

    :param exchange: The account.
    :param ref: Which order, checked.
    :param options: The venue's own options, checked.
    :param poll_interval: Seconds between two reads.
    :param wait: Whether to go on until the outcome is proved; else until the venue acknowledges a cancel.
    :return: What became of the order, whatever that is.
    :raises ExchangeError: naming the order, when its outcome was not proved.
    """
    work = Cancelling.of_order(exchange, ref, options, wait=wait)
    yield from work.run(poll_interval)
    return work.result()


def cancel_orders(
    exchange: Exchange,
    selection: Selection,
    options: Options,
    *,
    poll_interval: float,
    max_orders: int | None = None,
    wait: bool = True,
    dry_run: bool = False,
) -> Operation[CancelReport]:
    """
    Cancel every order of a selection, also those that appear meanwhile, until none is open.

    :param exchange: The account.
    :param selection: Which orders.
    :param options: The venue's own options, checked.
    :param poll_interval: Seconds between two looks at the list.
    :param max_orders: Refuse, before the cancel, when more would be cancelled in all; None for no bound.
    :param wait: Whether to go on until every outcome is proved; else until the venue acknowledges the cancels.
    :param dry_run: Only look.
    :return: What became of every order.
    :raises ExchangeError: naming every order whose outcome was not proved.
    """
    if dry_run:
        work = Cancelling.of_selection(exchange, selection, options, max_orders=None)
        yield from work.look()
        return work.report(dry_run=True)
    work = Cancelling.of_selection(exchange, selection, options, max_orders=max_orders, wait=wait)
    yield from work.run(poll_interval)
    return work.report()


class Cancelling:
    """
    A cancel operation, which can be put down between two rounds and taken up again.

    :param exchange: The account.
    :param ledger: What is known of each order.
    :param options: The venue's own options, checked.
    :param look: Brings the ledger up to date by reading.
    :param wait: Whether to go on until every outcome is proved; else until the venue acknowledges the cancels.
    """

    on_selected: Callable[[], None]
    """Called whenever orders have joined the ledger, before any of them is cancelled."""

    def __init__(
        self,
        exchange: Exchange,
        ledger: Ledger,
        options: Options,
        look: Callable[[], Operation[None]],
        *,
        wait: bool = True,
    ) -> None:
        self.ledger = ledger
        self._exchange = exchange
        self._options = options
        self._look = look
        self._wait = wait
        self._batches_work = True
        self._progress = Progress(exchange.name)
        self._selected = 0
        self.on_selected = lambda: None

    @classmethod
    def of_order(
        cls, exchange: Exchange, ref: OrderRef, options: Options, *, wait: bool = True, ledger: Ledger | None = None
    ) -> Cancelling:
        """
        Cancel one order; see :func:`cancel_order`.

        :param exchange: The account.
        :param ref: Which order, checked.
        :param options: The venue's own options, checked.
        :param wait: Whether to go on until the outcome is proved.
        :param ledger: What is known from earlier rounds.
        """
        known = ledger or Ledger(exchange.name, [ref])
        return cls(exchange, known, options, lambda: _read(exchange, known, known.entries.values()), wait=wait)

    @classmethod
    def of_selection(
        cls,
        exchange: Exchange,
        selection: Selection,
        options: Options,
        *,
        max_orders: int | None,
        wait: bool = True,
        ledger: Ledger | None = None,
    ) -> Cancelling:
        """
        Cancel a selection; see :func:`cancel_orders`.

        :param exchange: The account.
        :param selection: Which orders.
        :param options: The venue's own options, checked.
        :param max_orders: How many may be cancelled in all.
        :param wait: Whether to go on until every outcome is proved.
        :param ledger: What is known from earlier rounds.
        """
        known = ledger or Ledger(exchange.name, selection.orders or ())

        def look() -> Operation[None]:
            yield from _look(exchange, selection, known)
            if max_orders is not None and len(known) > max_orders:
                raise InvalidOrderRequest(
                    f"{len(known)} orders are selected, more than max_orders={max_orders}; no cancel was sent for "
                    "those named here. Raise max_orders or narrow the selection",
                    exchange=exchange.name,
                )

        return cls(exchange, known, options, look, wait=wait)

    def run(self, poll_interval: float) -> Operation[None]:
        """
        Go on until nothing is unsettled.

        :param poll_interval: Seconds between two rounds.
        """
        while not (yield from self.round()):
            try:
                yield Pause(poll_interval)
            except DeadlineReached as cut:
                raise self.ledger.cut_off(cut) from None
            self.ledger.waited += poll_interval

    def round(self) -> Operation[bool]:
        """
        Look, cancel what is open, and look again.

        :return: Whether nothing is unsettled any more. If not, let some time pass before the next round.
        """
        return (yield from self._accounted(self._round()))

    def look(self) -> Operation[None]:
        """Bring the ledger up to date without cancelling anything."""
        yield from self._accounted(self._look())

    @property
    def symbol(self) -> str | None:
        """The market of the first order; None as long as there is none."""
        return next((entry.ref.symbol for entry in self.ledger.entries.values()), None)

    def result(self) -> CancelResult:
        """Return what became of the one order."""
        (entry,) = self.ledger.entries.values()
        return entry.result(self.ledger.exchange)

    def report(self, *, dry_run: bool = False) -> CancelReport:
        """
        Return what became of every order.

        :param dry_run: Whether no cancel was to be sent.
        """
        return self.ledger.report(dry_run=dry_run)

    def _accounted(self, operation: Operation[T]) -> Operation[T]:
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
        if not entries:
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
        entry_of = {entry.ref.key: entry for entry in entries}
        sent = 0
        for cancellation in self._cancellations(
            entries, batched=batched and self._batches_work and len(entries) > 1
        ):
            yield from self._send_one(cancellation, [entry_of[ref.key] for ref in cancellation.orders])
            sent += len(cancellation.orders)
            self._progress.sent(sent, len(entries))

    def _cancellations(self, entries: Iterable[Entry], *, batched: bool) -> list[Cancellation]:
        refs = [entry.ref for entry in entries]
        if batched:
            return self._exchange.cancel_several([ref for ref in refs if ref.order_id], self._options)
        singles = (self._exchange.cancel_one(ref, self._options) for ref in refs)
        return [single for single in singles if single is not None]

    def _send_one(self, cancellation: Cancellation, entries: Sequence[Entry]) -> Operation[None]:
        for entry in entries:
            entry.sent = True
        try:
            acknowledged = yield from ask(cancellation.call)
        except (AuthenticationError, RequestRefusedError) as error:
            if cancellation.is_batch:
                log.warning("A batch of %d cancels was refused; sending them one by one: %s", len(entries), error)
                # The venue takes our signatures, as the list showed, but not over a batch.
                self._batches_work = not isinstance(error, AuthenticationError)
                yield from self._send(entries, batched=False)
            elif isinstance(error, RequestRefusedError):
                entries[0].refuse(error, self.ledger.waited)
            else:
                raise
        except ExchangeError as error:
            if not error.retryable:
                raise
            log.warning(
                "The cancel of %s has no outcome yet: %s",
                name_orders((entry.ref for entry in entries), most=3),
                error,
            )
        else:
            for entry in entries:
                entry.acknowledged = entry.acknowledged or entry.ref.order_id in acknowledged


def _may_be_cancelled(entry: Entry) -> bool:
    """Whether a cancel makes sense: one that the venue is at work on only has to be waited for."""
    return entry.state is not OrderState.CANCELLING


def _look(exchange: Exchange, selection: Selection, ledger: Ledger) -> Operation[None]:
    """List what is open, then read every order of ours that is not in the list."""
    listed = yield from exchange.list_open(selection.only_symbol)
    now = None if selection.older_than is None else (yield from venue_time())
    open_ids = set()
    for order in listed:
        entry = ledger.find(order)
        if entry is not None:
            entry.show(order)
        elif selection.orders is None and not order.state.is_terminal and selection.matches(order, now):
            ledger.admit(order)
        else:
            continue
        open_ids.add(order.order_id)
    left = [entry for entry in ledger.unsettled() if entry.ref.order_id not in open_ids]
    if left:
        found = yield from exchange.read_ended([entry.ref for entry in left], ledger.since(left))
        missing = []
        for entry in left:
            order_found = found.get(entry.ref.key)
            if order_found is None:
                missing.append(entry)
            else:
                entry.show(order_found)
        yield from _read(exchange, ledger, missing)


def _read(exchange: Exchange, ledger: Ledger, entries: Iterable[Entry]) -> Operation[None]:
    """Read orders one by one: only that proves that the venue does not know one."""
    for entry in entries:
        try:
            order = yield from exchange.read_order(entry.ref)
        except OrderNotFoundError:
            entry.miss(ledger.waited)
        else:
            entry.show(order)
