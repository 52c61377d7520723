"""What is known of each order that is to be cancelled. It outlives the operation that a deadline cuts off."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from airflow_provider_exchange.errors import (
    ExchangeError,
    ExchangeUnavailableError,
    OrdersStillOpenError,
    RequestRefusedError,
)
from airflow_provider_exchange.models import (
    CancelReport,
    CancelResult,
    Order,
    OrderKey,
    OrderRef,
    OrderState,
    Outcome,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from airflow_provider_exchange.exchanges.base import Exchange
    from airflow_provider_exchange.protocol.steps import DeadlineReached

__all__ = ["GRACE", "Entry", "Ledger"]

GRACE = 3.0
"""Seconds for which the venue must not know an order before it counts as not found: an order just placed may
not be readable yet."""
REFUSALS = 2
"""So many refusals of a single cancel, with the order open after each and for ``GRACE`` seconds, are the venue's
last word."""

OUTCOMES = {
    OrderState.CANCELLED: Outcome.CANCELLED,
    OrderState.EXPIRED: Outcome.EXPIRED,
    OrderState.FILLED: Outcome.FILLED,
    OrderState.REJECTED: Outcome.REJECTED,
}


@dataclass(slots=True)
class Entry:
    """
    One order.

    :param ref: How it was named, completed by what the venue shows.
    :param order: How the venue last showed it.
    :param sent: Whether a cancel of ours may have reached the venue.
    :param acknowledged: Whether the venue acknowledged one.
    :param outcome: What became of it; None while that is not proved.
    :param refusal: Why the venue last refused a cancel of this order alone.
    """

    ref: OrderRef
    order: Order | None = None
    sent: bool = False
    acknowledged: bool = False
    outcome: Outcome | None = None
    refusal: RequestRefusedError | None = None
    _refusals: int = 0
    _refused_since: float | None = None
    _missing_since: float | None = None

    def show(self, order: Order) -> None:
        """
        Take note of how the venue shows the order.

        :param order: What a read returned.
        """
        if self.state.is_terminal and not order.state.is_terminal:
            return  # the read lags behind one that we already have
        self.order = order
        self.ref = order.ref
        self._missing_since = None
        self.outcome = OUTCOMES.get(order.state)
        if self.outcome is Outcome.CANCELLED and not self.sent:
            self.outcome = Outcome.ALREADY_CANCELLED

    def miss(self, waited: float) -> None:
        """
        Take note that a direct read does not know the order.

        :param waited: Seconds that the operation has paused so far.
        """
        if self._missing_since is None:
            self._missing_since = waited
        elif waited - self._missing_since >= GRACE:
            self.outcome = Outcome.NOT_FOUND

    def refuse(self, error: RequestRefusedError, waited: float) -> None:
        """
        Take note that the venue refused to cancel this order alone.

        :param error: What it answered.
        :param waited: Seconds that the operation has paused so far.
        """
        self.refusal = error
        self._refusals += 1
        if self._refused_since is None:
            self._refused_since = waited

    def is_refused(self, waited: float) -> bool:
        """
        Whether the venue has refused for long enough, and still shows the order open: its reads may lag.

        :param waited: Seconds that the operation has paused so far.
        """
        if self._refused_since is None or self.state is not OrderState.OPEN:
            return False
        return self._refusals >= REFUSALS and waited - self._refused_since >= GRACE

    @property
    def state(self) -> OrderState:
        """The last known state."""
        return OrderState.UNKNOWN if self.order is None else self.order.state

    @property
    def named(self) -> OrderRef:
        """The order's name with its last known state, for messages."""
        return OrderRef(self.ref.order_id, self.ref.symbol, self.ref.client_order_id, self.state)

    def dump(self) -> dict[str, Any]:
        """Return the entry as JSON; see :meth:`load`."""
        order = self.order
        return {
            "order_id": self.ref.order_id,
            "symbol": self.ref.symbol,
            "client_order_id": self.ref.client_order_id,
            "sent": self.sent,
            "outcome": self.outcome,
            "refusals": self._refusals,
            "refused_since": self._refused_since,
            "missing_since": self._missing_since,
            "shown": None
            if order is None
            else {
                "state": order.state.value,
                "venue_state": order.venue_state,
                "filled_quantity": None if order.filled_quantity is None else str(order.filled_quantity),
                "created_at": None if order.created_at is None else order.created_at.isoformat(),
            },
        }

    @classmethod
    def load(cls, exchange: Exchange, dumped: Mapping[str, Any]) -> Entry:
        """
        Return the entry that :meth:`dump` put down.

        :param exchange: The account, to whose grammar the order's name is held again: it comes from a database.
        :param dumped: What it returned.
        :raises InvalidOrderRequest: when it does not name one order.
        """
        order_id, client_order_id = dumped["order_id"], dumped["client_order_id"]
        named = exchange.check_ref(order_id, dumped["symbol"], client_order_id if order_id is None else None)
        ref = OrderRef(named.order_id, named.symbol, client_order_id)
        outcome = None if dumped["outcome"] is None else Outcome(dumped["outcome"])
        entry = cls(ref, sent=dumped["sent"], outcome=outcome)
        entry._refusals = dumped["refusals"]
        entry._refused_since = dumped["refused_since"]
        entry._missing_since = dumped["missing_since"]
        shown = dumped["shown"]
        if shown is not None and ref.order_id is not None and ref.symbol is not None:
            filled, created = shown["filled_quantity"], shown["created_at"]
            entry.order = Order(
                exchange=exchange.name,
                order_id=ref.order_id,
                symbol=ref.symbol,
                client_order_id=ref.client_order_id,
                state=OrderState(shown["state"]),
                venue_state=shown["venue_state"],
                filled_quantity=None if filled is None else Decimal(filled),
                created_at=None if created is None else datetime.fromisoformat(created),
            )
        return entry

    def result(self, exchange: str, *, dry_run: bool = False) -> CancelResult:
        """
        Return what became of the order.

        :param exchange: The venue.
        :param dry_run: Whether no cancel was to be sent.
        """
        return CancelResult(
            exchange=exchange,
            ref=self.ref,
            outcome=Outcome.NOT_SENT if dry_run else self.outcome or Outcome.UNKNOWN,
            state=self.state,
            filled_quantity=None if self.order is None else self.order.filled_quantity,
            confirmed=self.outcome is not None and not dry_run,
        )


class Ledger:
    """
    Every order of one cancel operation.

    :param exchange: The account.
    """

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        self.entries: dict[OrderKey, Entry] = {}
        self.waited = 0.0
        self.rounds = 0

    def __len__(self) -> int:
        return len(self.entries)

    def find(self, order: Order) -> Entry | None:
        """
        Return the entry that names an order, or None.

        :param order: What a read returned.
        """
        for key in self._exchange.keys(order):
            entry = self.entries.get(key)
            if entry is not None and order.is_named_by(entry.ref):
                return entry
        return None

    def name(self, refs: Iterable[OrderRef]) -> None:
        """
        Hold exactly the orders that somebody has named: those not known yet are added, all others are left out.

        :param refs: Their names, checked.
        """
        named = {self._exchange.key(ref): ref for ref in refs}
        kept: dict[OrderKey, Entry] = {}
        for key, entry in self.entries.items():
            names = named.keys() & set(self._exchange.keys(entry.ref))
            if names:
                kept[key] = entry
                for name in names:
                    del named[name]
        self.entries = kept | {key: Entry(ref) for key, ref in named.items()}

    def admit(self, order: Order) -> None:
        """
        Add an order that was selected by its properties.

        :param order: What a read returned.
        """
        self.entries[self._exchange.key(order)] = Entry(order.ref, order)

    def unsettled(self, *, acknowledged_suffices: bool = False) -> list[Entry]:
        """
        Return the orders of which it is not proved what became.

        :param acknowledged_suffices: Leave out those whose cancel the venue acknowledged.
        """
        return [
            entry
            for entry in self.entries.values()
            if entry.outcome is None and not (acknowledged_suffices and entry.acknowledged)
        ]

    def created(self) -> dict[OrderRef, datetime | None]:
        """Return when each order was created, as far as the venue has told."""
        return {entry.ref: entry.order.created_at for entry in self.entries.values() if entry.order is not None}

    def report(self, *, dry_run: bool = False) -> CancelReport:
        """
        Return what became of every order.

        :param dry_run: Whether no cancel was to be sent.
        """
        return CancelReport(
            exchange=self._exchange.name,
            results=tuple(entry.result(self._exchange.name, dry_run=dry_run) for entry in self.entries.values()),
            open_after=len(self.unsettled()),
            dry_run=dry_run,
        )

    def dump(self) -> dict[str, Any]:
        """Return the ledger as JSON, for a task that is put down. It holds ids and states, no secrets."""
        return {
            "waited": self.waited,
            "rounds": self.rounds,
            "entries": [entry.dump() for entry in self.entries.values()],
        }

    @classmethod
    def load(cls, exchange: Exchange, dumped: Mapping[str, Any]) -> Ledger:
        """
        Return the ledger that :meth:`dump` put down.

        :param exchange: The account.
        :param dumped: What it returned.
        :raises InvalidOrderRequest: when an entry does not name one order.
        """
        ledger = cls(exchange)
        ledger.waited = dumped["waited"]
        ledger.rounds = dumped["rounds"]
        entries = dumped["entries"]
        # Version 0.1.0 kept them by an id without its market, which the entries hold themselves.
        for each in entries.values() if isinstance(entries, dict) else entries:
            entry = Entry.load(exchange, each)
            ledger.entries[exchange.key(entry.ref)] = entry
        return ledger

    def cut_off(self, cut: DeadlineReached) -> ExchangeError:
        """
        Return the error for an operation whose time is up: a trouble still on, else the survivors.

        :param cut: What was thrown into the operation.
        """
        survivors = [entry.named for entry in self.unsettled()]
        if cut.trouble is not None:
            return cut.trouble.concerning(survivors)
        if not survivors:
            return ExchangeUnavailableError(
                "the time was up before the open orders were read", exchange=self._exchange.name
            )
        return OrdersStillOpenError(
            f"{len(survivors)} of {len(self)} orders were not proved gone in time; look at them at the venue, "
            "or run the task again",
            exchange=self._exchange.name,
            orders=survivors,
        )

    def failed(self, error: ExchangeError) -> ExchangeError:
        """
        Return an error with every order that it leaves unproved, after those that it names itself.

        :param error: What ended the operation.
        """
        named = {key for ref in error.orders for key in self._exchange.keys(ref)}
        left = [entry.named for entry in self.unsettled() if self._exchange.key(entry.ref) not in named]
        return error.concerning([*error.orders, *left])
