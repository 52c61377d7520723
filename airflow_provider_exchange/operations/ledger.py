"""
What this execution of a task knows of all the orders that it cancels; of each there is an entry.

What it leaves for the next one is read by :mod:`airflow_provider_exchange.operations.earlier`.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING, Any

from airflow_provider_exchange.errors import (
    ExchangeError,
    ExchangeUnavailableError,
    InvalidOrderRequest,
    OrdersStillOpenError,
)
from airflow_provider_exchange.models.orders import Moment, Order, OrderKey, OrderRef
from airflow_provider_exchange.models.reports import CancelResult, Outcome
from airflow_provider_exchange.one_line import sentences
from airflow_provider_exchange.operations.earlier import Earlier, Told
from airflow_provider_exchange.operations.entry import Entry

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from datetime import datetime

    from airflow_provider_exchange.exchanges.base import Exchange


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
        self._missed: dict[OrderKey, Order] = {}
        """Those of lists before, which the last one did not show: no single list proves that they are gone."""
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
        self._missed = {}
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

    def decide(self, shown: Collection[OrderKey], undecided: list[Order]) -> None:
        """
        Take note of what a whole list tells of orders that may be selected.

        :param shown: All orders of the list.
        :param undecided: Those of which it does not tell whether they are selected.
        """
        before = {self._exchange.key(order): order for order in self.undecided}
        self._missed = {key: order for key, order in {**self._missed, **before}.items() if key not in shown}
        self.undecided = undecided

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
        for order in self.unclear:
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
            "undecided": [order.ref.name() for order in self.unclear],
        }

    def left(self) -> list[OrderRef]:
        """Return the orders that may still be open, with their last known states."""
        return [
            *(entry.named for entry in self.unsettled().values()),
            *(told.ref for told in self._unread),
            *(order.ref for order in self.unclear),
        ]

    @property
    def unclear(self) -> list[Order]:
        """Orders of which no list told whether they are selected, and of which nothing says that they are gone."""
        return self.undecided if self.is_flat else [*self.undecided, *self._missed.values()]

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
        number = len(self) + len(self.untold) + len(self.unclear)
        reasons = filter(None, (entry.reason for entry in self.unsettled().values()))
        return OrdersStillOpenError(
            sentences(
                f"{len(survivors)} of {number} orders were not confirmed gone in time; check them at the exchange "
                "or run the task again",
                *islice(reasons, 1),
            ),
            exchange=self._exchange.name,
            orders=survivors,
        )

    def failed(self, error: ExchangeError) -> ExchangeError:
        """Return an error with every order that may still be open added to those that it already names."""
        names = _Names(self._exchange, error.orders)
        return error.concerning([*error.orders, *(ref for ref in self.left() if ref not in names)])


class _Names:
    """
    Tells whether some references name an order: by the order ids where both have one, else by any of their ids.

    :param refs: There may be thousands.
    """

    def __init__(self, exchange: Exchange, refs: Collection[OrderRef]) -> None:
        self._exchange = exchange
        self._ids = {exchange.key(ref) for ref in refs if ref.order_id is not None}
        self._without_id = {key for ref in refs if ref.order_id is None for key in exchange.keys(ref)}
        self._any = {key for ref in refs for key in exchange.keys(ref)}

    def __contains__(self, ref: OrderRef) -> bool:
        keys = self._exchange.keys(ref)
        if ref.order_id is None:
            return not self._any.isdisjoint(keys)
        return self._exchange.key(ref) in self._ids or not self._without_id.isdisjoint(keys)
