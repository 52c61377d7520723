"""
Cancels orders and confirms that they are gone.

An order counts as gone only when a read shows it in a terminal state, or when the venue has not known it for
``GRACE`` seconds. The response to a cancel is no proof: the order is always read again afterwards. When a cancel
fails, the order's state is unknown: it is read, and if it is still open a new cancel is sent. Rounds alternate
between batches and single cancels, to reach an order that the venue ignores in a batch.

A selection by properties is flat when two reads of the open list, some time apart, show none of its orders: one
empty answer may come from a cache, or from a server that lags behind. An order that cannot be judged, because the
venue shows one of its properties or its name in a form that cannot be read, keeps no other order from being
cancelled; it fails the run when everything else is gone.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, TypeVar

from airflow_provider_exchange.errors import (
    ExchangeError,
    InvalidOrderRequest,
    UndecidedOrdersError,
)
from airflow_provider_exchange.exchanges.arguments import check_count, check_flag, check_seconds
from airflow_provider_exchange.operations.earlier import Records
from airflow_provider_exchange.operations.entry import GRACE
from airflow_provider_exchange.operations.ledger import Ledger
from airflow_provider_exchange.operations.looking import Looking
from airflow_provider_exchange.operations.named_markets import NamedMarkets
from airflow_provider_exchange.operations.patience import LONGEST_FIRST_LOOK, Patience
from airflow_provider_exchange.operations.progress import Progress
from airflow_provider_exchange.operations.report import build_report
from airflow_provider_exchange.operations.retelling import Retelling
from airflow_provider_exchange.operations.sending import Sending
from airflow_provider_exchange.operations.table import DRY_RUN
from airflow_provider_exchange.protocol.steps import DeadlineReached, Pause, briefly, repeating, take_note
from airflow_provider_exchange.side_work import SideLog

if TYPE_CHECKING:
    from collections.abc import Mapping

    from airflow_provider_exchange.exchanges.base import Exchange, Options
    from airflow_provider_exchange.models.orders import OrderKey
    from airflow_provider_exchange.models.reports import CancelReport, CancelResult
    from airflow_provider_exchange.operations.earlier import Earlier
    from airflow_provider_exchange.operations.entry import Entry
    from airflow_provider_exchange.operations.selection import Selection
    from airflow_provider_exchange.protocol.steps import Operation

log = SideLog(logging.getLogger(__name__))

T = TypeVar("T")

FLAT_FOR = 1.0
"""Seconds between the two reads that prove a selection flat, unless the user says otherwise."""


class Cancelling:
    """
    A cancel operation. It can stop between two rounds and continue later, after a deferral.

    :param selection: Named orders, or all orders with certain properties, including those that appear meanwhile.
    :param options: The venue's own options, checked.
    :param max_orders: Raise an error before cancelling when more orders than this are selected in total.
    :param flat_for: Seconds between the two reads of the open list that prove that nothing selected is open.
    :param wait: Whether to continue until every outcome is confirmed, not just until each cancel is acknowledged.
    :param dry_run: Whether to read once and cancel nothing.
    :param lists: Whether to read the list of open orders, too, which has to answer before any order counts as not
        found; else the orders are read one by one.
    :param earlier: What was known before a deferral.
    :param records: Where to leave for a retry what is known; None to leave nothing.
    """

    def __init__(
        self,
        exchange: Exchange,
        selection: Selection,
        options: Options,
        *,
        max_orders: int | None = None,
        flat_for: float = FLAT_FOR,
        wait: bool = True,
        dry_run: bool = False,
        lists: bool = True,
        earlier: Earlier | None = None,
        records: Records | None = None,
    ) -> None:
        check_seconds(flat_for, "flat_for", may_be_zero=True)
        check_count(max_orders, "max_orders")
        check_flag(wait, "wait_for_completion")
        if not exchange.has_lists and selection.orders is None:
            raise InvalidOrderRequest(
                f"{exchange.title}: what its lists leave out is not known, so no sweep could prove anything; "
                "name the orders",
                exchange=exchange.name,
            )
        check_flag(dry_run, "dry_run")
        exchange.begin()
        self.ledger = Ledger(exchange, earlier)
        if selection.orders is not None:
            self.ledger.name(selection.orders)
        self._exchange = exchange
        self._selection = selection
        self._max_orders = max_orders
        self.flat_for = flat_for
        self._wait = wait
        self._dry_run = dry_run
        self._lists = lists and exchange.has_lists
        records = records or Records()
        progress = Progress(f"{DRY_RUN}{exchange.name}" if dry_run else exchange.name)
        self._sending = Sending(exchange, options, self.ledger, records, progress)
        self._looking = Looking(
            exchange,
            selection,
            self.ledger,
            progress,
            max_orders=None if dry_run else max_orders,
            lists=self._lists,
        )
        self._markets = NamedMarkets(exchange, selection, self.ledger, self._looking)
        self._patience = Patience(self.ledger)
        self._retelling = Retelling(exchange, selection, self.ledger, records, wait=wait)
        self.asked = {
            "selection": selection.as_json(),
            "options": dict(options),
            "max_orders": max_orders,
            "flat_for": flat_for,
            "wait_for_completion": wait,
            "dry_run": dry_run,
        }
        """What the run is to do, as JSON."""

    def run(self, poll_interval: float) -> Operation[CancelReport]:
        """
        Run rounds until every order is settled, and return the report.

        :param poll_interval: Seconds between two rounds.
        :raises ExchangeError: naming every order whose outcome was not confirmed.
        """
        while not (yield from self.round()):
            yield from self._pause_between(poll_interval)
        return self.report()

    def rounds_until_waiting(self, poll_interval: float) -> Operation[bool]:
        """
        Run rounds until every order is gone, or until all that is left to do can be done after a deferral.

        An order in doubt keeps the task from being deferred: what was seen of it is not handed on. So do reads that
        fail, as only the task sends cancels again.

        :param poll_interval: The most seconds between two rounds.
        :return: Whether it is proved that every order is gone.
        """
        while not (yield from self.round()):
            if self._patience.trouble is None and not any(
                entry.is_in_doubt for entry in self.ledger.entries.values()
            ):
                return False
            yield from self._pause_between(min(poll_interval, GRACE))
        return True

    def round(self) -> Operation[bool]:
        """Read, cancel what is open, and read again. Return whether it is proved that every order is gone."""
        return (yield from self._naming_what_is_left(self._round()))

    def check(self) -> Operation[bool]:
        """Read without cancelling anything. Return whether it is proved that every order is gone."""
        return (yield from self._naming_what_is_left(self._check()))

    @property
    def symbol(self) -> str | None:
        """The market of the first order; None without orders."""
        return next((entry.ref.symbol for entry in self.ledger.entries.values()), None)

    def report(self, error: ExchangeError | None = None) -> CancelReport:
        """
        Return what became of every order, as far as it is known by now.

        :param error: Why the operation failed; None if it did not.
        """
        return build_report(
            self._exchange,
            self._selection,
            self.ledger,
            dry_run=self._dry_run,
            listed=self._looking.listed,
            earlier=self._retelling.gap(),
            error=error,
        )

    def failed(self, error: ExchangeError) -> ExchangeError:
        """Return an error with every order that may still be open, and with the report."""
        return self._reported(self.ledger.failed(error))

    def cut_off(self, trouble: ExchangeError | None = None) -> ExchangeError:
        """Return the error for the deadline, with every order that may still be open, and with the report."""
        return self._reported(self.ledger.cut_off(trouble))

    def _reported(self, error: ExchangeError) -> ExchangeError:
        error.report = self.report(error)
        return error

    def result(self) -> CancelResult:
        """Return what became of the only order."""
        (result,) = self.report().results
        return result

    def _naming_what_is_left(self, operation: Operation[T]) -> Operation[T]:
        """Run an operation, and add the unsettled orders and the report to any error it raises."""
        if self.ledger.began is None:
            self.ledger.began = yield from take_note()
        try:
            result = yield from operation
        except DeadlineReached as cut:
            self.ledger.now = yield from take_note()
            trouble = cut.trouble or self._patience.trouble
            raise self.cut_off(trouble) from trouble
        except ExchangeError as error:
            self.ledger.now = yield from take_note()
            raise self.failed(error) from error.__cause__
        self.ledger.now = yield from take_note()
        return result

    def _round(self) -> Operation[bool]:
        if self._dry_run:
            yield from self._looking.look()
            self._refuse_unread()
            yield from self._check_markets()
            return True
        sent = yield from self._look_first()
        while True:
            yield from self._cancel(sent)
            sent = frozenset()
            if self._patience.trouble is not None or self._unsettled():
                return False
            if (yield from self._is_proved()):
                return True

    def _look_first(self) -> Operation[frozenset[OrderKey]]:
        """
        Begin a round with a look. Return the orders whose cancels were sent meanwhile.

        What a proof needs may take long to read, or be unreadable. Cancels that are due anyway do not wait for it.
        """
        try:
            if (yield from self._first_look()):
                self._patience.succeeded()
                return frozenset()
        except InvalidOrderRequest:
            raise
        except ExchangeError as error:
            self._patience.failed(error)
            log.warning("Not all orders could be read before their cancel: %s", error)
        due = self._due(self._unsettled())
        yield from self._send(due)
        yield from self._look()
        return frozenset(due)

    def _first_look(self) -> Operation[bool]:
        """
        Read what is soon read. Return whether that was all.

        The venue's quickest list shows one of two orders that share a name. So it is enough for all orders of some
        markets, and where no number of orders has to be held: then the other one is selected as well.
        """
        if self._selection.orders is not None:
            yield from briefly(self._looking.look(), LONGEST_FIRST_LOOK)
            return True
        if self._selection.is_by_market and self._max_orders is None:
            first = self._exchange.list_first(self._selection.markets)
            if first is not None:
                yield from briefly(self._looking.look_at(first), LONGEST_FIRST_LOOK)
                return False
        yield from repeating(self._looking.look(), LONGEST_FIRST_LOOK)
        return True

    def _look(self) -> Operation[None]:
        """
        Look for as long as it takes; but no single read that fails is repeated for long.

        The round then ends, and the next one sends the cancels again that are due. What was read counts anyway.
        """
        try:
            yield from repeating(self._looking.look(), self._patience.seconds)
        except (InvalidOrderRequest, UndecidedOrdersError):
            raise
        except ExchangeError as error:
            self._patience.failed(error)
            log.warning("Not all orders could be read; cancelling those again that may be open: %s", error)
            self._patience.grow()
        else:
            self._patience.succeeded()

    def _due(self, entries: Mapping[OrderKey, Entry]) -> dict[OrderKey, Entry]:
        """
        Return the orders of which a cancel may be sent now.

        One that was named, and that no read could show, is due if its cancel cannot reach an order of another
        market than was named. Where a number of orders has to be held, none is due before they were counted.
        """
        if not self._is_counted:
            return {}
        return {
            key: entry
            for key, entry in entries.items()
            if entry.may_be_open and (entry.is_known or self._exchange.needs_symbol or entry.ref.symbol is None)
        }

    @property
    def _is_counted(self) -> bool:
        """Whether it is known that not more orders are selected than may be."""
        if self._max_orders is None or self._looking.is_counted:
            return True
        return self._selection.orders is not None and len(self.ledger) <= self._max_orders

    def _check(self) -> Operation[bool]:
        yield from self._looking.look()
        return not self._unsettled() and (yield from self._is_proved())

    def _is_proved(self) -> Operation[bool]:
        """
        Return whether nothing selected is left, with nothing unsettled; what is unclear is an error.

        Whatever else is read, a list of the open orders is read after it: a newer order may have been shown.
        """
        if (yield from self._retelling.finds_a_live_one()) or not (yield from self._stays_flat()):
            return False
        proof = self.ledger.now
        self.ledger.is_flat = not self.ledger.unsettled()
        yield from self._refuse_what_is_unclear()
        if self.ledger.is_flat:
            self.ledger.proved = proof
        yield from self._retelling.ask_the_history()
        return True

    def _stays_flat(self) -> Operation[bool]:
        """
        Read the open list a second time; return whether it shows no live order of the selection, either.

        An order that cannot be judged, and that it no longer shows, may have left or may be missing from it: the
        two reads do not agree. Named orders need no second list: each of them was read in its final state.
        """
        if self._selection.orders is not None or self.ledger.unsettled():
            return True
        before = self._undecided()
        self.ledger.flat_since = None if self.ledger.now is None else self.ledger.now.ours
        yield from self._pause(self.flat_for)
        yield from self._look()
        return self._patience.trouble is None and not self._unsettled() and before <= self._undecided()

    def _undecided(self) -> set[OrderKey]:
        return set(map(self._exchange.key, self.ledger.undecided))

    def _pause_between(self, seconds: float) -> Operation[None]:
        yield from self._naming_what_is_left(self._pause(self._patience.pause(seconds)))

    def _pause(self, seconds: float) -> Operation[None]:
        if seconds > 0:
            yield Pause(seconds)
        self.ledger.waited += seconds

    def _refuse_what_is_unclear(self) -> Operation[None]:
        """Fail after all, with nothing left to cancel, if it cannot be told that this was all that was meant."""
        if unclear := [*self.ledger.unclear, *self._retelling.unclear]:
            raise UndecidedOrdersError.of(unclear, self._exchange.name)
        yield from self._check_markets()

    def _refuse_unread(self) -> None:
        for entry in self.ledger.entries.values():
            if entry.obstacle is not None:
                raise entry.obstacle

    def _check_markets(self) -> Operation[None]:
        if self._lists:  # a single order that is not found is an error by itself
            yield from self._markets.check(self._others())

    def _others(self) -> str:
        """Return a sentence on the orders that have nothing to do with a misspelt market."""
        if self._dry_run:
            return "Nothing was sent: this is a dry run."
        return f"All other selected orders {'are gone' if self._wait else 'were cancelled'}."

    def _cancel(self, sent: frozenset[OrderKey] = frozenset()) -> Operation[None]:
        """
        Cancel the orders that are open, and read them again.

        :param sent: Orders whose cancel has been sent in this round.
        """
        entries = self._unsettled()
        if not entries:
            return
        hindrances = [entry.hindrance(self.ledger.waited) for entry in entries.values()]
        if hindrances[0] is not None and all(hindrances):
            raise hindrances[0]
        due = {key: entry for key, entry in self._due(entries).items() if key not in sent}
        yield from self._send(due)
        self.ledger.rounds += 1
        if due and self._unsettled():
            yield from self._look()

    def _send(self, due: Mapping[OrderKey, Entry]) -> Operation[None]:
        """Send cancels: in batches in every other round, once it is sure that none of them is to stay."""
        if due:
            self._looking.refuse_too_many()
            yield from self._markets.check_excepted()
        yield from self._sending.send(due, batched=self.ledger.rounds % 2 == 0)

    def _unsettled(self) -> dict[OrderKey, Entry]:
        return self.ledger.unsettled(acknowledged_suffices=not self._wait)
