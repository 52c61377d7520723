"""What is known of each order that is being cancelled. It survives a deferral and a failed attempt."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from airflow_provider_exchange.errors import (
    ExchangeError,
    ExchangeUnavailableError,
    InvalidOrderRequest,
    OrdersStillOpenError,
    PermissionDeniedError,
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

GRACE = 3.0
"""Seconds that an order must be unknown to the venue before it counts as not found: a new one may lag behind."""
CONFIRMED = frozenset(Outcome) - {Outcome.UNKNOWN, Outcome.NOT_SENT, Outcome.UNDECIDED}
"""Outcomes that the venue has shown."""
REFUSALS = 2
"""After this many refusals of a single cancel, with the order open for ``GRACE`` seconds, we stop trying."""


@dataclass(slots=True)
class Entry:
    """
    One order.

    :param ref: The reference that was given, completed with what the venue shows.
    :param order: The order as the venue last showed it.
    :param sent: Whether one of our cancels may have reached the venue.
    :param acknowledged: Whether the venue acknowledged one.
    :param outcome: What became of it; None until that is confirmed.
    :param refusal: The venue's latest refusal of a single cancel of this order.
    :param misnamed: Why the reference means no single order, once it did not. That stays so: of two live orders
        with one client order id, the other may be the one that was meant, even when this one has ended.
    """

    ref: OrderRef
    order: Order | None = None
    sent: bool = False
    acknowledged: bool = False
    outcome: Outcome | None = None
    refusal: PermissionDeniedError | RequestRefusedError | None = None
    misnamed: InvalidOrderRequest | None = None
    _refusals: int = 0
    _refused_since: float | None = None
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
        self._contradicted_since = None
        self.order = order
        if self.ref != (ref := order.ref):
            self.ref = ref
        self._missing_since = None
        self.outcome = Outcome(order.state.value) if order.state.is_terminal else None
        if self.outcome is Outcome.CANCELLED and not self.sent:
            self.outcome = Outcome.ALREADY_CANCELLED

    def miss(self, waited: float) -> None:
        """Record that a direct read did not find the order; see :attr:`Ledger.waited`."""
        if self._missing_since is None:
            self._missing_since = waited
        elif waited - self._missing_since >= GRACE:
            self.outcome = Outcome.NOT_FOUND

    def refuse(self, error: PermissionDeniedError | RequestRefusedError, waited: float) -> None:
        """Record that the venue refused a single cancel of this order; see :attr:`Ledger.waited`."""
        self.refusal = error
        self._refusals += 1
        if self._refused_since is None:
            self._refused_since = waited

    def hindrance(self, waited: float) -> ExchangeError | None:
        """
        Return why no further cancel is sent for this order; see :attr:`Ledger.waited`.

        Either it is not clear which order is meant, or the venue refuses: repeatedly and for some time, as its
        reads may be late.
        """
        if self.misnamed is not None:
            return self.misnamed
        if self._refused_since is None or self.state is not OrderState.OPEN:
            return None
        return self.refusal if self._refusals >= REFUSALS and waited - self._refused_since >= GRACE else None

    @property
    def state(self) -> OrderState:
        """The last known state."""
        return OrderState.UNKNOWN if self.order is None else self.order.state

    @property
    def may_be_open(self) -> bool:
        """Whether a cancel makes sense: it is clear which order is meant, and it neither ends nor has ended."""
        is_clear = self.misnamed is None
        return is_clear and self.state is not OrderState.CANCELLING and not self.state.is_terminal

    @property
    def named(self) -> OrderRef:
        """A reference with the last known state, for messages."""
        return OrderRef(self.ref.order_id, self.ref.symbol, self.ref.client_order_id, self.state)

    def dump(self) -> dict[str, Any]:
        """Return the entry as JSON; see :meth:`load`."""
        order = self.order
        return {
            **self.ref.name(),
            "sent": self.sent,
            "outcome": self.outcome,
            "refusals": self._refusals,
            "refused_since": self._refused_since,
            "missing_since": self._missing_since,
            "contradicted_since": self._contradicted_since,
            "misnamed": None
            if self.misnamed is None
            else {"message": self.misnamed.message, "orders": [ref.name() for ref in self.misnamed.orders]},
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
        """Return the entry that :meth:`dump` wrote; its ids are checked again, as they come from a database."""
        order_id, client_order_id = dumped["order_id"], dumped["client_order_id"]
        named = exchange.check_ref(order_id, dumped["symbol"], client_order_id if order_id is None else None)
        ref = OrderRef(named.order_id, named.symbol, client_order_id)
        outcome = Outcome(dumped["outcome"]) if dumped["outcome"] in CONFIRMED else None
        entry = cls(ref, sent=dumped["sent"], outcome=outcome)
        entry._refusals = dumped["refusals"]
        entry._refused_since = dumped["refused_since"]
        entry._missing_since = dumped["missing_since"]
        entry._contradicted_since = dumped.get("contradicted_since")
        if (misnamed := dumped.get("misnamed")) is not None:
            orders = [OrderRef(**name) for name in misnamed["orders"]]
            entry.misnamed = InvalidOrderRequest(misnamed["message"], exchange=exchange.name, orders=orders)
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
        """Return what became of the order."""
        return CancelResult(
            exchange=exchange,
            ref=self.ref,
            outcome=Outcome.NOT_SENT if dry_run else self.outcome or Outcome.UNKNOWN,
            state=self.state,
            filled_quantity=None if self.order is None else self.order.filled_quantity,
            confirmed=self.outcome is not None and not dry_run,
        )


class Ledger:
    """Every order of one cancel operation."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        self.entries: dict[OrderKey, Entry] = {}
        self.waited = 0.0
        """Seconds that the operation has paused so far, deferrals included; the ledger's only clock."""
        self.rounds = 0
        self.undecided: list[Order] = []
        """Open orders of which the last list did not tell whether they are selected."""

    def __len__(self) -> int:
        return len(self.entries)

    def name(self, refs: Iterable[OrderRef]) -> None:
        """Keep exactly these orders: add those that are not known yet and drop all others."""
        named = {self._exchange.key(ref): ref for ref in refs}
        left = list(self.entries.values())
        entries: dict[OrderKey, Entry] = {}
        # Those named by order id first: an order may also have the client order id by which another one is named.
        for name, ref in sorted(named.items(), key=lambda item: item[0].order_id is None):
            # An order that was known by both of its names has one entry for both.
            known = next((entry for entry in [*left, *entries.values()] if self._is(entry, name)), None)
            if known in left:
                left.remove(known)
            entries[name] = known or Entry(ref)
        self.entries = {name: entries[name] for name in named}
        self.resolve()

    def _is(self, entry: Entry, name: OrderKey) -> bool:
        return name in self._exchange.keys(entry.ref)

    def resolve(self) -> None:
        """
        Key each order by its order id as soon as that is known.

        An order named both by order id and by client order id is then known to be one, and keeps one entry: the one
        by which a cancel was sent, as its outcome takes that into account.
        """
        if all(name.order_id is not None for name in self.entries):
            return
        entries: dict[OrderKey, Entry] = {}
        for entry in self.entries.values():
            key = self._exchange.key(entry.ref)
            if key not in entries or entry.sent:
                entries[key] = entry
        self.entries = entries

    def admit(self, key: OrderKey, order: Order) -> None:
        """Add an order that was selected by its properties."""
        self.entries[key] = Entry(order.ref, order)

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

    def report(self, *, dry_run: bool = False) -> CancelReport:
        """Return what became of every order."""
        name = self._exchange.name
        results = [entry.result(name, dry_run=dry_run) for entry in self.entries.values()]
        results += [
            CancelResult(name, order.ref, Outcome.UNDECIDED, order.state, order.filled_quantity, confirmed=False)
            for order in self.undecided
        ]
        return CancelReport(name, tuple(results), len(self.unsettled()) + len(self.undecided), dry_run)

    def dump(self) -> dict[str, Any]:
        """Return the ledger as JSON, for a deferred or retried task. It contains ids and states, no secrets."""
        return {
            "waited": self.waited,
            "rounds": self.rounds,
            "entries": [entry.dump() for entry in self.entries.values()],
            "undecided": [order.ref.name() for order in self.undecided],
        }

    @classmethod
    def load(cls, exchange: Exchange, dumped: Mapping[str, Any]) -> Ledger:
        """Return the ledger that :meth:`dump` wrote."""
        ledger = cls(exchange)
        ledger.waited = dumped["waited"]
        ledger.rounds = dumped["rounds"]
        entries = dumped["entries"]
        # Version 0.1.0 wrote a dict by order id.
        for each in entries.values() if isinstance(entries, dict) else entries:
            entry = Entry.load(exchange, each)
            ledger.entries[exchange.key(entry.ref)] = entry
        for name in dumped.get("undecided", ()):
            ledger.undecided.append(Order(exchange.name, **name, state=OrderState.UNKNOWN, venue_state=""))
        return ledger

    def left(self) -> list[OrderRef]:
        """Return the orders that may still be open, with their last known states."""
        return [*(entry.named for entry in self.unsettled().values()), *(order.ref for order in self.undecided)]

    def cut_off(self, cut: DeadlineReached) -> ExchangeError:
        """Return the error for the deadline: the one that the last request met, or the orders that are left."""
        survivors = self.left()
        if cut.trouble is not None:
            return cut.trouble.concerning(survivors)
        if not survivors:
            return ExchangeUnavailableError(
                "the time was up before two reads of the open orders showed that none is left; run the task again",
                exchange=self._exchange.name,
            )
        return OrdersStillOpenError(
            f"{len(survivors)} of {len(self) + len(self.undecided)} orders were not confirmed gone in time; check "
            "them at the exchange or run the task again",
            exchange=self._exchange.name,
            orders=survivors,
        )

    def failed(self, error: ExchangeError) -> ExchangeError:
        """Return an error with every order that may still be open added to those that it already names."""
        named = {key for ref in error.orders for key in self._exchange.keys(ref)}
        left = [ref for ref in self.left() if named.isdisjoint(self._exchange.keys(ref))]
        return error.concerning([*error.orders, *left])
