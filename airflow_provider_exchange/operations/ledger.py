"""
What this execution of a task knows of each order that it cancels.

What it leaves for the next one is read by :mod:`airflow_provider_exchange.operations.earlier`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from airflow_provider_exchange.errors import (
    AuthenticationError,
    ExchangeError,
    ExchangeUnavailableError,
    InvalidOrderRequest,
    OrdersStillOpenError,
    PermissionDeniedError,
    RequestRefusedError,
)
from airflow_provider_exchange.models.orders import Moment, Order, OrderKey, OrderRef, OrderState
from airflow_provider_exchange.models.reports import CancelResult, Outcome
from airflow_provider_exchange.operations.earlier import Earlier, Told

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from airflow_provider_exchange.exchanges.base import Exchange

GRACE = 3.0
"""Seconds that an order must be unknown to the venue before it counts as not found: a new one may lag behind."""
STUCK = 10.0
"""Seconds after which an order that is being cancelled, and still is not, is sent a cancel again."""
REFUSALS = 2
"""After this many refusals of a single cancel, with the order open for ``GRACE`` seconds, we stop trying."""


Refusal = AuthenticationError | PermissionDeniedError | RequestRefusedError


@dataclass(slots=True)
class Entry:
    """
    One order.

    :param ref: The reference that was given, completed with what the venue shows.
    :param order: The order as the venue last showed it.
    :param read: When the venue last showed it.
    :param sent: Whether one of our cancels may have reached the venue.
    :param sent_at: When the latest of them left, by this machine's clock.
    :param acknowledged: Whether the venue acknowledged one.
    :param outcome: What became of it; None until that is confirmed.
    :param refusal: The venue's latest refusal of a single cancel of this order.
    :param tries: How many cancels were sent for it.
    :param misnamed: Why the reference means no single order, once it did not. That stays so: of two live orders
        with one client order id, the other may be the one that was meant, even when this one has ended.
    """

    ref: OrderRef
    order: Order | None = None
    read: Moment | None = None
    sent: bool = False
    sent_at: datetime | None = None
    acknowledged: bool = False
    outcome: Outcome | None = None
    refusal: Refusal | None = None
    misnamed: InvalidOrderRequest | None = None
    tries: int = 0
    _hidden: PermissionDeniedError | RequestRefusedError | None = None
    _refusals: int = 0
    _refused_since: float | None = None
    _is_open_after_all: bool = False
    _ending_since: float | None = None
    _is_stuck: bool = False
    _missing_since: float | None = None
    _contradicted_since: float | None = None

    def show(self, order: Order, waited: float) -> None:
        """
        Record the order as a read returned it; see :attr:`Ledger.waited`.

        A list may lag behind: for ``GRACE`` seconds it does not overrule a read that showed the order ended,
        but the order no longer counts as gone. After that, the newest read counts.
        """
        if self.state.is_terminal and not order.state.is_terminal:
            if self._contradicted_since is None:
                self._contradicted_since = waited
            if waited - self._contradicted_since < GRACE:
                self.outcome = None
                return
        self._contradicted_since = self._hidden = None
        self._is_open_after_all = True
        if order.state is not OrderState.CANCELLING:
            self._ending_since = None
        elif self._ending_since is None:
            self._ending_since = waited
        self._is_stuck = self._ending_since is not None and waited - self._ending_since >= STUCK
        self.order = order
        if self.ref != (ref := order.ref):
            self.ref = ref
        self._missing_since = None
        self.outcome = Outcome(order.state.value) if order.state.is_terminal else None
        if self.outcome is Outcome.CANCELLED and not self.sent:
            self.outcome = Outcome.ALREADY_CANCELLED

    def hide(self, error: PermissionDeniedError | RequestRefusedError) -> None:
        """Record that the venue refuses to show the order by itself."""
        self._hidden = error

    def miss(self, waited: float) -> None:
        """Record that a direct read did not find the order; see :attr:`Ledger.waited`."""
        self._hidden = None
        if self._missing_since is None:
            self._missing_since = waited
        elif waited - self._missing_since >= GRACE:
            self.outcome = Outcome.NOT_FOUND

    def refuse(self, error: Refusal, waited: float) -> None:
        """Record that the venue refused a single cancel of this order; see :attr:`Ledger.waited`."""
        self.refusal = error
        self._refusals += 1
        self._is_open_after_all = False
        if self._refused_since is None:
            self._refused_since = waited

    def hindrance(self, waited: float) -> ExchangeError | None:
        """
        Return why no further cancel is sent for this order; see :attr:`Ledger.waited`.

        Either it is not clear which order is meant, or the venue has answered a cancel but does not show the order,
        or it refuses the cancel: repeatedly and for some time, as its reads may be late.
        """
        if self.misnamed is not None:
            return self.misnamed
        if self._hidden is not None:
            return self._hidden if self.acknowledged or self._refusals >= REFUSALS else None
        if self._refused_since is None or self.state is not OrderState.OPEN or not self._is_open_after_all:
            return None
        return self.refusal if self._refusals >= REFUSALS and waited - self._refused_since >= GRACE else None

    @property
    def obstacle(self) -> ExchangeError | None:
        """Why the order cannot be read."""
        return self.misnamed or self._hidden

    @property
    def is_in_doubt(self) -> bool:
        """
        Whether reads contradict each other, or it is not clear what the reference means, or the venue refuses.

        It takes this process to settle that: what it has seen so far is not handed on.
        """
        is_refused = self._refused_since is not None and self.state is OrderState.OPEN
        disputed = (self.obstacle, self._missing_since, self._contradicted_since)
        return self.outcome is None and (is_refused or any(each is not None for each in disputed))

    @property
    def state(self) -> OrderState:
        """The last known state."""
        return OrderState.UNKNOWN if self.order is None else self.order.state

    @property
    def may_be_open(self) -> bool:
        """Whether a cancel makes sense: it is clear which order is meant, and it is still open."""
        is_ending = self.state is OrderState.CANCELLING and not self._is_stuck
        return self.misnamed is None and not is_ending and not self.state.is_terminal

    @property
    def is_known(self) -> bool:
        """Whether a read has shown the order, or looked for it without success."""
        return self.order is not None or self._missing_since is not None

    @property
    def named(self) -> OrderRef:
        """A reference with the last known state, for messages."""
        standing = None if self.order is None else self.order.standing
        return OrderRef(self.ref.order_id, self.ref.symbol, self.ref.client_order_id, self.state, standing)

    def result(self, exchange: str, *, dry_run: bool = False) -> CancelResult:
        """Return what became of the order."""
        return CancelResult(
            exchange=exchange,
            ref=self.ref,
            outcome=Outcome.NOT_SENT if dry_run else self.outcome or Outcome.UNKNOWN,
            state=self.state,
            filled_quantity=None if self.order is None else self.order.filled_quantity,
            confirmed=self.outcome is not None and not dry_run,
            order=self.order,
            cancel_sent_at=self.sent_at,
            read=self.read,
        )


class Ledger:
    """Every order of one cancel operation."""

    def __init__(self, exchange: Exchange, earlier: Earlier | None = None) -> None:
        self._exchange = exchange
        self.entries: dict[OrderKey, Entry] = {}
        self.waited = 0.0
        """Seconds that this execution of the operation has paused so far; the ledger's only clock."""
        self.earlier = Earlier() if earlier is None else earlier
        """What earlier executions knew. An order stays in it when it becomes an entry."""
        self.retold: dict[OrderKey, CancelResult] = {}
        """What became of orders that this execution did not know, as it read afterwards."""
        self.rounds = self.earlier.rounds
        self.undecided = self.earlier.undecided
        """Open orders of which the last list did not tell whether they are selected."""
        self._is_named = False
        self.is_flat = False
        """Whether it is proved that no order of a selection by properties is open."""
        self.began: Moment | None = None
        """When this execution began."""
        self.now: Moment | None = None
        """The latest moment that was noted: when the last look ended, or the run."""
        self.undecided_read: Moment | None = None
        self.flat_since: datetime | None = None
        """When the first of the latest two reads ended that may show a selection flat; None without any."""
        self.proved: Moment | None = None
        """When it was proved that none of the orders is open."""

    def __len__(self) -> int:
        return len(self.entries)

    def name(self, refs: Iterable[OrderRef]) -> None:
        """Begin with exactly these orders, and forget what earlier executions knew of others."""
        self.entries = {self._exchange.key(ref): Entry(ref) for ref in refs}
        self.undecided = []
        about = self.earlier.orders.items()
        self.earlier.orders = {
            key: told for key, told in about if not self.entries.keys().isdisjoint(self._exchange.keys(told.ref))
        }
        self._is_named = True

    def resolve(self) -> None:
        """
        Key each order by its order id as soon as that is known.

        An order named both by order id and by client order id is then known to be one, and keeps one entry: the one
        by which a cancel was sent, as its outcome takes that into account.
        """
        if all(name.order_id is not None for name in self.entries):
            return
        entries: dict[OrderKey, Entry] = {}
        for name, entry in self.entries.items():
            if name.order_id is None:
                self._compare(entry)
            key = self._exchange.key(entry.ref)
            if key not in entries or entry.sent or entries[key].misnamed is not None:
                entries[key] = entry
        self.entries = entries

    def _compare(self, entry: Entry) -> None:
        """
        Hold what a client order id names now against what it named before the task was deferred.

        If that differs, a new order may have taken over the id, or what was stored may be wrong.
        """
        ref = entry.ref
        before = self.earlier.named_before(ref)
        if before and ref.order_id is not None and ref.order_id not in before:
            entry.misnamed = InvalidOrderRequest(
                f"{OrderRef(None, None, ref.client_order_id).label} now names another order than before the task "
                "waited; name the one that is meant by its order id",
                exchange=self._exchange.name,
                orders=[ref],
            )

    def admit(self, key: OrderKey, order: Order, read: Moment | None) -> None:
        """Add an order that was selected by its properties, and say when it was read."""
        self.entries[key] = Entry(order.ref, order, read)

    def suspect(self, orders: Iterable[Order]) -> None:
        """Add orders to those of which it is not known whether they are selected."""
        known = {self._exchange.key(order) for order in self.undecided}
        self.undecided = [*self.undecided, *(order for order in orders if self._exchange.key(order) not in known)]

    def assume_sent(self) -> None:
        """Take for granted that a cancel of each order went out, where what is known of that was lost."""
        for entry in self.entries.values():
            entry.sent = True

    def unsettled(self, *, acknowledged_suffices: bool = False) -> dict[OrderKey, Entry]:
        """Return the orders without a confirmed outcome; leave out acknowledged ones if that suffices."""
        return {
            key: entry
            for key, entry in self.entries.items()
            if entry.outcome is None and not (acknowledged_suffices and entry.acknowledged)
        }

    @property
    def untold(self) -> dict[OrderKey, Told]:
        """Those orders of a selection that only earlier executions knew, and that were not read again."""
        if self._is_named:
            return {}
        return {
            key: told
            for key, told in self.earlier.orders.items()
            if not self.tells_of(key) and told.ref.order_id is not None
        }

    def tells_of(self, key: OrderKey) -> bool:
        """Whether the report has an order already."""
        return key in self.entries or key in self.retold

    def retell(self, key: OrderKey, order: Order) -> None:
        """Take into the report that an order has ended which this execution did not know."""
        told = self.earlier.orders.get(key)
        earlier = self.earlier
        entry = Entry(order.ref, read=self.now, sent=earlier.was_sent(key), sent_at=earlier.sent_at(key))
        entry.show(order, self.waited)
        result = entry.result(self._exchange.name)
        self.retold[key] = replace(result, earlier_attempt=told is None or told.earlier_attempt)

    def results(self, *, dry_run: bool = False) -> tuple[CancelResult, ...]:
        """Return what became of every order."""
        name = self._exchange.name
        results = list(self.retold.values())
        for key, entry in self.entries.items():
            result = entry.result(name, dry_run=dry_run)
            if (told := self.earlier.orders.get(key)) is not None and told.sent:
                cancelled = result.outcome is Outcome.ALREADY_CANCELLED
                result = replace(
                    result,
                    outcome=Outcome.CANCELLED if cancelled else result.outcome,
                    cancel_sent_at=entry.sent_at or told.sent_at,
                )
            results.append(result)
        results += [
            replace(Entry(told.ref, sent_at=told.sent_at).result(name), earlier_attempt=told.earlier_attempt)
            for told in self._unread
        ]
        for order in self.undecided:
            entry = Entry(order.ref, order, self.undecided_read)
            results.append(replace(entry.result(name), outcome=Outcome.UNDECIDED))
        return tuple(results)

    @property
    def started_at(self) -> datetime | None:
        """When the operation began, before a deferral if there was one."""
        return self.earlier.started_at or (None if self.began is None else self.began.ours)

    @property
    def requests(self) -> int:
        """How many requests were sent so far, before a deferral, too."""
        if self.began is None or self.now is None:
            return self.earlier.requests
        return self.earlier.requests + self.now.requests - self.began.requests

    def dump(self) -> dict[str, Any]:
        """Return as JSON what the next execution may tell; see :meth:`Earlier.load`. It contains no secrets."""
        known = {
            key: Told(
                entry.ref,
                entry.sent or self.earlier.was_sent(key),
                entry.outcome is not None,
                sent_at=entry.sent_at or self.earlier.sent_at(key),
            )
            for key, entry in self.entries.items()
        }
        return {
            "account": self._exchange.account,
            "started_at": None if self.started_at is None else self.started_at.isoformat(),
            "requests": self.requests,
            "rounds": self.rounds,
            "entries": [told.dump() for told in {**self.earlier.orders, **known}.values()],
            "undecided": [order.ref.name() for order in self.undecided],
        }

    def left(self) -> list[OrderRef]:
        """Return the orders that may still be open, with their last known states."""
        return [
            *(entry.named for entry in self.unsettled().values()),
            *(told.ref for told in self._unread),
            *(order.ref for order in self.undecided),
        ]

    @property
    def _unread(self) -> list[Told]:
        """Those orders that only earlier executions knew, and of which nothing says that they are gone."""
        return [] if self.is_flat else [told for told in self.untold.values() if not told.ended]

    def cut_off(self, trouble: ExchangeError | None = None) -> ExchangeError:
        """
        Return the error for the deadline, naming the orders that are left.

        :param trouble: The one that the last reads met, which comes first.
        """
        survivors = self.left()
        if trouble is not None:
            return trouble.concerning(survivors)
        if not survivors:
            return ExchangeUnavailableError(
                "the time was up before two reads of the open orders showed that none is left; run the task again",
                exchange=self._exchange.name,
            )
        number = len(self) + len(self.untold) + len(self.undecided)
        obstacles = [entry.obstacle.message for entry in self.entries.values() if entry.obstacle is not None]
        return OrdersStillOpenError(
            f"{len(survivors)} of {number} orders were not confirmed gone in time; check them at the exchange or "
            "run the task again" + "".join(f". Why one cannot be read: {each}" for each in obstacles[:1]),
            exchange=self._exchange.name,
            orders=survivors,
        )

    def failed(self, error: ExchangeError) -> ExchangeError:
        """Return an error with every order that may still be open added to those that it already names."""
        left = [ref for ref in self.left() if not any(self._is_same(ref, named) for named in error.orders)]
        return error.concerning([*error.orders, *left])

    def _is_same(self, ref: OrderRef, other: OrderRef) -> bool:
        """Whether two references name one order: by the order ids where both have one, else by any of their ids."""
        if ref.order_id is not None and other.order_id is not None:
            return self._exchange.key(ref) == self._exchange.key(other)
        return not set(self._exchange.keys(ref)).isdisjoint(self._exchange.keys(other))
