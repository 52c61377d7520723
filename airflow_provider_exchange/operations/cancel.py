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
from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

from airflow_provider_exchange.errors import (
    AuthenticationError,
    ExchangeError,
    InvalidOrderRequest,
    PermissionDeniedError,
    RequestRefusedError,
    TransientError,
    UndecidedOrdersError,
    name_orders,
)
from airflow_provider_exchange.exchanges.arguments import check_count, check_seconds
from airflow_provider_exchange.exchanges.common import by_key
from airflow_provider_exchange.models import OrderKey, Outcome
from airflow_provider_exchange.operations.earlier import Earlier, find_again
from airflow_provider_exchange.operations.forecast import warn_if_too_many
from airflow_provider_exchange.operations.history import NOT_KNOWN, read_history
from airflow_provider_exchange.operations.ledger import GRACE, Entry, Ledger
from airflow_provider_exchange.operations.markets import check_markets
from airflow_provider_exchange.operations.progress import Progress
from airflow_provider_exchange.operations.reading import read_orders
from airflow_provider_exchange.protocol.steps import DeadlineReached, Pause, briefly, venue_time
from airflow_provider_exchange.side_work import SideLog

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from airflow_provider_exchange.exchanges.base import Cancellation, Exchange, Options
    from airflow_provider_exchange.models import CancelReport, CancelResult, Order, OrderRef
    from airflow_provider_exchange.operations.history import History
    from airflow_provider_exchange.operations.selection import Selection
    from airflow_provider_exchange.protocol.steps import Operation

log = SideLog(logging.getLogger(__name__))

T = TypeVar("T")

LONGEST_FIRST_LOOK = 3.0
"""Seconds that named orders are read before their cancels go out unread."""
LONGEST_SECOND_LOOK = 30.0
"""Seconds within which orders that only earlier executions knew are read again, for the summary."""
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
    """

    on_sending: Callable[[], None]
    """Called as a cancel is about to leave; must neither fail nor wait."""
    on_sent: Callable[[], None]
    """Called when all cancels of a round were answered or given up; must neither fail nor wait."""
    recall: Callable[[], Earlier]
    """Returns what earlier attempts knew; called once, when everything is proved that there is to prove."""

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
    ) -> None:
        check_seconds(flat_for, "flat_for", may_be_zero=True)
        check_count(max_orders, "max_orders")
        exchange.begin()
        self.ledger = Ledger(exchange, earlier)
        if selection.orders is not None:
            self.ledger.name(selection.orders)
        self._exchange = exchange
        self._selection = selection
        self._options = options
        self._max_orders = max_orders
        self.flat_for = flat_for
        self._wait = wait
        self._dry_run = dry_run
        self._lists = lists
        self._batches_work = True
        self._progress = Progress(exchange.name)
        self._listed: int | None = None
        self._markets_shown: set[str] = set()
        self._is_retold = False
        self._history: History | None = None
        self.on_sending = self.on_sent = lambda: None
        self.recall = Earlier

    def run(self, poll_interval: float) -> Operation[CancelReport]:
        """
        Run rounds until every order is settled, and return the report.

        :param poll_interval: Seconds between two rounds.
        :raises ExchangeError: naming every order whose outcome was not confirmed.
        """
        while not (yield from self.round()):
            yield from self._naming_what_is_left(self._pause(poll_interval))
        return self.report()

    def rounds_until_waiting(self, poll_interval: float) -> Operation[bool]:
        """
        Run rounds until every order is gone, or until all that is left to do can be done after a deferral.

        An order in doubt keeps the task from being deferred: what was seen of it is not handed on.

        :param poll_interval: The most seconds between two rounds.
        :return: Whether it is proved that every order is gone.
        """
        while not (yield from self.round()):
            if not any(entry.is_in_doubt for entry in self.ledger.entries.values()):
                return False
            yield from self._naming_what_is_left(self._pause(min(poll_interval, GRACE)))
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

    def report(self) -> CancelReport:
        """Return what became of every order."""
        report = self.ledger.report(dry_run=self._dry_run)
        return replace(report, listed=self._listed, selection=self._selection.words(), earlier=self._gap())

    def result(self) -> CancelResult:
        """Return what became of the only order."""
        (result,) = self.report().results
        return result

    def _naming_what_is_left(self, operation: Operation[T]) -> Operation[T]:
        """Run an operation, and add the unsettled orders to any error it raises."""
        try:
            return (yield from operation)
        except DeadlineReached as cut:
            raise self.ledger.cut_off(cut) from cut.trouble
        except ExchangeError as error:
            raise self.ledger.failed(error) from error.__cause__

    def _round(self) -> Operation[bool]:
        sent = yield from self._look_first()
        if self._dry_run:
            self._refuse_misnamed()
            yield from self._check_markets()
            return True
        while True:
            yield from self._cancel(sent)
            sent = frozenset()
            if self._unsettled():
                return False
            if (yield from self._is_proved()):
                return True

    def _look_first(self) -> Operation[frozenset[OrderKey]]:
        """
        Begin a round with a look. Return the orders whose cancels were sent meanwhile.

        What a proof needs may take long to read, or be unreadable. Cancels that are due anyway do not wait for it.
        """
        if self._dry_run:
            due = {}
        elif self._selection.orders is None:
            due = yield from self._shown_first()
        else:
            try:
                yield from briefly(self._look_and_tell(), LONGEST_FIRST_LOOK)
            except (AuthenticationError, PermissionDeniedError):
                raise
            except ExchangeError as error:
                due = self._named_and_due(error)
            else:
                return frozenset()
        yield from self._send(due, batched=True)
        yield from self._look_and_tell()
        return frozenset(due)

    def _shown_first(self) -> Operation[dict[OrderKey, Entry]]:
        """
        Return those of our orders that the venue's quickest list shows, for its other lists may take long or fail.

        Where two orders may share a name, that list shows one of them. So this is for all orders of some markets,
        and where no number of orders has to be held: then the other one is selected as well.
        """
        reading = None
        if self._selection.is_by_market and self._max_orders is None and self._wait:
            reading = self._exchange.list_first(self._selection.markets)
        if reading is None:
            return {}
        seen = yield from self._select((yield from reading))
        self._tell_selected()
        return {key: self.ledger.entries[key] for key in seen if self.ledger.entries[key].may_be_open}

    def _named_and_due(self, error: ExchangeError) -> dict[OrderKey, Entry]:
        """
        Return the named orders to cancel although the look at them failed.

        Those are the ones that it showed to be open, and those of which nothing could be read; but the latter only
        if the cancel cannot reach an order of another market than was named.

        :param error: Why it failed.
        """
        log.warning("Not all orders could be read before their cancel: %s", error)
        is_unread = isinstance(error, TransientError)
        return {
            key: entry
            for key, entry in self._unsettled().items()
            if entry.may_be_open
            and (entry.order or (is_unread and (self._exchange.needs_symbol or entry.ref.symbol is None)))
            and (self._max_orders is None or len(self.ledger) <= self._max_orders)
        }

    def _check(self) -> Operation[bool]:
        yield from self._look_and_tell()
        return not self._unsettled() and (yield from self._is_proved())

    def _is_proved(self) -> Operation[bool]:
        """Return whether nothing selected is left, with nothing unsettled; what is unclear is an error."""
        if not (yield from self._stays_flat()):
            return False
        self.ledger.is_flat = True
        yield from self._refuse_what_is_unclear()
        if (yield from self._finds_a_live_one_again()):
            self.ledger.is_flat = False
            return False
        yield from self._ask_the_history()
        return True

    def _finds_a_live_one_again(self) -> Operation[bool]:
        """
        Read the orders that only earlier executions knew, for the summary; it does not matter whether that fails.

        Return whether one of them turns out to be live and selected, though no list of open orders shows it. It is
        then one to cancel, by what was read of it just now.
        """
        if self._is_retold:
            return False
        self._is_retold = True
        self.ledger.earlier.add(self.recall())
        untold = self.ledger.untold
        if not untold or not self._wait:
            return False
        now = None if self._selection.older_than is None else (yield from venue_time())
        found: dict[OrderKey, Order] = {}
        try:
            refs = {key: told.ref for key, told in untold.items()}
            yield from briefly(find_again(self._exchange, refs, found), LONGEST_SECOND_LOOK)
        except ExchangeError as error:
            log.warning("Not all orders could be read that the task knew earlier: %s", error)
        is_any_live = False
        for key, order in found.items():
            matches = self._selection.matches(order, now)
            if order.state.is_terminal and matches is not False:
                self.ledger.retell(key, order)
            elif matches is False:
                del self.ledger.earlier.orders[key]
            elif matches:
                is_any_live = True
                self.ledger.admit(key, order)
        return is_any_live

    def _ask_the_history(self) -> Operation[None]:
        """
        Add to the summary what the venue's history shows, where nothing else tells what an earlier attempt did.

        Everything is proved by now, so this fails nothing, and takes no long time.
        """
        earlier = self.ledger.earlier
        is_unknown = self._selection.orders is None and earlier.is_incomplete
        if not is_unknown or earlier.began_ago is None or not self._wait:
            return
        history = yield from read_history(
            self._exchange, self._selection, earlier.began_ago, is_known=self.ledger.tells_of
        )
        self._history = history
        for key, order in history.orders.items() if history is not None else ():
            self.ledger.retell(key, order)

    def _gap(self) -> str:
        """Return what is not known of earlier executions; nothing is missing where the orders are named."""
        if self._selection.orders is not None:
            return ""
        if self.ledger.earlier.is_incomplete:
            return NOT_KNOWN if self._history is None else self._history.words()
        unread = len(self.ledger.untold) if self._is_retold else 0
        return f"orders that the task knew earlier and could not read again: {unread}" if unread else ""

    def _stays_flat(self) -> Operation[bool]:
        """
        Read the open list a second time; return whether it shows no live order of the selection, either.

        An order that cannot be judged, and that it no longer shows, may have left or may be missing from it: the
        two reads do not agree. Named orders need no second list: each of them was read in its final state.
        """
        if self._selection.orders is not None or self.ledger.unsettled():
            return True
        undecided_before = self.ledger.undecided
        yield from self._pause(self.flat_for)
        yield from self._look_and_tell()
        return not self._unsettled() and (bool(self.ledger.undecided) or not undecided_before)

    def _pause(self, seconds: float) -> Operation[None]:
        if seconds > 0:
            yield Pause(seconds)
        self.ledger.waited += seconds

    def _refuse_what_is_unclear(self) -> Operation[None]:
        """Fail after all, with nothing left to cancel, if it cannot be told that this was all that was meant."""
        if self.ledger.undecided:
            raise UndecidedOrdersError.of(self.ledger.undecided, self._exchange.name)
        yield from self._check_markets()

    def _refuse_misnamed(self) -> None:
        for entry in self.ledger.entries.values():
            if entry.misnamed is not None:
                raise entry.misnamed

    def _check_markets(self) -> Operation[None]:
        """Fail if a market of which no order was seen is no market of the venue."""
        if not self._lists:
            return  # a single order that is not found is an error by itself
        named = self._selection.symbols or ()
        not_found = {
            entry.ref.symbol for entry in self.ledger.entries.values() if entry.outcome is Outcome.NOT_FOUND
        }
        unseen = {symbol for symbol in (*named, *not_found) if symbol is not None} - self._markets_shown
        yield from check_markets(self._exchange, unseen, others=self._others())

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
        batched = self.ledger.rounds % 2 == 0
        self.ledger.rounds += 1
        due = {key: entry for key, entry in entries.items() if entry.may_be_open and key not in sent}
        yield from self._send(due, batched=batched)
        if due and self._unsettled():
            yield from self._look_and_tell()

    def _look_and_tell(self) -> Operation[None]:
        yield from self._look()
        self._tell_selected()
        self._progress.confirmed(len(self.ledger) - len(self.ledger.unsettled()))

    def _tell_selected(self) -> None:
        self._progress.selected(len(self.ledger))

    def _look(self) -> Operation[None]:
        """List the open orders, add new ones to the selection, and read those of ours that are not in the list."""
        listed, seen = None, frozenset[OrderKey]()
        if self._lists:
            listed = yield from self._exchange.list_open(self._selection.markets)
            seen = yield from self._select(listed)
        unsettled = self.ledger.unsettled()
        left = {key: entry for key, entry in unsettled.items() if key not in seen and entry.misnamed is None}
        if left:
            yield from self._read(left, listed)
            self.ledger.resolve()
        number = len(self.ledger) + sum(not told.earlier_attempt for told in self.ledger.untold.values())
        if self._max_orders is not None and number > self._max_orders and not self._dry_run:
            raise InvalidOrderRequest(
                f"{number} orders are selected, more than max_orders={self._max_orders}; no further "
                "cancel is sent. Raise max_orders or narrow the selection",
                exchange=self._exchange.name,
            )

    def _select(self, listed: Sequence[Order]) -> Operation[frozenset[OrderKey]]:
        """Take note of a list of open orders: add new ones to the selection. Return which orders of it are ours."""
        selection = self._selection
        self._listed = max(self._listed or 0, sum(not order.state.is_terminal for order in listed))
        self._markets_shown |= {order.symbol for order in listed}
        now = None if selection.older_than is None else (yield from venue_time())
        seen: set[OrderKey] = set()
        undecided: list[Order] = []
        for key, order in by_key(self._exchange.key, listed).items():
            entry = self.ledger.entries.get(key)
            if entry is not None and order.is_named_by(entry.ref):
                entry.show(order, self.ledger.waited)
            elif selection.orders is not None or order.state.is_terminal:
                continue
            elif (matches := selection.matches(order, now)) is None:
                undecided.append(order)
                continue
            elif matches:
                self.ledger.admit(key, order)
            else:
                continue
            seen.add(key)
        self.ledger.undecided = undecided
        return frozenset(seen)

    def _read(self, entries: Mapping[OrderKey, Entry], listed: Sequence[Order] | None) -> Operation[None]:
        shown, unclear, misnamed = yield from read_orders(
            self._exchange,
            {key: entry.ref for key, entry in entries.items()},
            created={key: entry.order.created_at for key, entry in entries.items() if entry.order is not None},
            listed=listed,
        )
        for key, entry in entries.items():
            if key in misnamed:
                entry.misnamed = misnamed[key]
            elif key in shown:
                entry.show(shown[key], self.ledger.waited)
            elif key not in unclear:
                entry.miss(self.ledger.waited)

    def _unsettled(self) -> dict[OrderKey, Entry]:
        return self.ledger.unsettled(acknowledged_suffices=not self._wait)

    def _send(self, entries: Mapping[OrderKey, Entry], *, batched: bool) -> Operation[None]:
        refs = [entry.ref for entry in entries.values()]
        sent = 0
        cancellations = self._cancellations(refs, batched=batched and self._batches_work and len(refs) > 1)
        yield from warn_if_too_many(self._exchange, cancellations)
        denied: dict[str | None, PermissionDeniedError] = {}
        for cancellation in cancellations:
            named = {key: entries[key] for key in map(self._exchange.key, cancellation.orders)}
            market = cancellation.orders[0].symbol
            if market in denied and not cancellation.is_batch:
                self._refuse(named, denied[market])
            elif isinstance(refusal := (yield from self._send_one(cancellation, named)), PermissionDeniedError):
                denied[market] = refusal
            sent += len(cancellation.orders)
            self._progress.sent(sent, len(refs))
        if cancellations:
            self.on_sent()

    def _refuse(
        self, entries: Mapping[OrderKey, Entry], error: PermissionDeniedError | RequestRefusedError
    ) -> None:
        for entry in entries.values():
            entry.refuse(error, self.ledger.waited)

    def _cancellations(self, refs: Sequence[OrderRef], *, batched: bool) -> list[Cancellation]:
        if batched:
            return self._exchange.cancel_several([ref for ref in refs if ref.order_id], self._options)
        singles = (self._exchange.cancel_one(ref, self._options) for ref in refs)
        return [single for single in singles if single is not None]

    def _send_one(
        self, cancellation: Cancellation, entries: Mapping[OrderKey, Entry]
    ) -> Operation[ExchangeError | None]:
        """Send a cancel. Return the error that refuses it for good, if it is for one order."""
        self.on_sending()
        for entry in entries.values():
            entry.sent = True
        try:
            acknowledged = yield from cancellation.operation
        except (AuthenticationError, PermissionDeniedError, RequestRefusedError) as error:
            if cancellation.is_batch:
                log.warning("A batch of %d cancels was refused; sending them one by one: %s", len(entries), error)
                # The key is valid, as listing the orders worked: the venue only refuses how a batch is signed.
                self._batches_work = not isinstance(error, AuthenticationError)
                yield from self._send(entries, batched=False)
                return None
            if isinstance(error, AuthenticationError):
                raise
            self._refuse(entries, error)
            return error
        except TransientError as error:
            log.warning(
                "The cancel of %s failed; reading its state before cancelling again: %s",
                name_orders((entry.ref for entry in entries.values()), most=3),
                error,
            )
        else:
            for key, entry in entries.items():
                entry.acknowledged = entry.acknowledged or key in acknowledged
        return None
