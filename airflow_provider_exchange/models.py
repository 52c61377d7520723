"""Orders and what became of them, in the same terms for every exchange."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, fields
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any, NamedTuple

from airflow_provider_exchange.one_line import one_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime
    from decimal import Decimal

__all__ = [
    "CancelReport",
    "CancelResult",
    "Evidence",
    "Moment",
    "Order",
    "OrderKey",
    "OrderRef",
    "OrderState",
    "Origin",
    "Outcome",
    "Side",
    "how_many_orders",
]

REPORT_VERSION = 1
"""Counts up when a member of the report is taken away or changes its meaning; ``docs/report.md`` tells them."""
MOST_ORDERS = 1000
"""Of more orders, a report names the first ones by :meth:`CancelResult.rank`, and counts the others."""
NAMES = frozenset({"order_id", "symbol"})
"""The attributes of an order that a request to the venue names it by."""


class OrderState(StrEnum):
    """The state of an order. A word that the venue does not document becomes ``unknown``."""

    OPEN = "open"
    CANCELLING = "cancelling"
    FILLED = "filled"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    REJECTED = "rejected"
    UNKNOWN = "unknown"

    @property
    def is_terminal(self) -> bool:
        """Whether the order can never trade again."""
        return self in _TERMINAL


_TERMINAL = frozenset({OrderState.FILLED, OrderState.CANCELLED, OrderState.EXPIRED, OrderState.REJECTED})


class Outcome(StrEnum):
    """What became of one order that was to be cancelled."""

    CANCELLED = "cancelled"
    ALREADY_CANCELLED = "already_cancelled"
    EXPIRED = "expired"
    FILLED = "filled"
    REJECTED = "rejected"
    NOT_FOUND = "not_found"
    UNKNOWN = "unknown"
    NOT_SENT = "not_sent"
    UNDECIDED = "undecided"


class Side(StrEnum):
    """Buy or sell."""

    BUY = "buy"
    SELL = "sell"


def how_many_orders(count: Any) -> str:
    """Return a number of orders in words: ``1 order``, ``2 orders``."""
    return f"{count} order{'' if count == 1 else 's'}"


class OrderKey(NamedTuple):
    """
    Identifies an order within an account; made by :meth:`Exchange.key`.

    :param symbol: The market, as two markets may use the same order id; None where ids are unique.
    :param order_id: The venue's id; None for an order with a client order id only.
    :param client_order_id: The id that the client gave the order; None for an order with an order id.
    :param shown: What the venue showed of an order that cannot be named.
    """

    symbol: str | None
    order_id: str | None = None
    client_order_id: str | None = None
    shown: tuple[object, ...] | None = None


@dataclass(frozen=True, slots=True)
class OrderRef:
    """
    A reference to one order, by the venue's id or the client's.

    :param order_id: The venue's id of the order.
    :param symbol: The market in the venue's spelling; None where the venue does not need it.
    :param client_order_id: The id that the client gave the order.
    :param state: Its last known state, for messages.
    :param standing: The same in words that tell a waiting stop order from one that can trade; None for ``state``.
    """

    order_id: str | None = None
    symbol: str | None = None
    client_order_id: str | None = None
    state: OrderState | None = field(default=None, compare=False)
    standing: str | None = field(default=None, compare=False)

    def name(self) -> dict[str, str | None]:
        """Return the reference as JSON."""
        return {"order_id": self.order_id, "symbol": self.symbol, "client_order_id": self.client_order_id}

    @property
    def label(self) -> str:
        """The order's id for messages, without its market."""
        return one_line(self.order_id if self.order_id is not None else f"client_order_id={self.client_order_id}")

    def __str__(self) -> str:
        details = [one_line(detail) for detail in (self.symbol, self.standing or self.state) if detail]
        return f"{self.label} ({', '.join(details)})" if details else self.label


@dataclass(frozen=True, slots=True)
class Order:
    """
    An order as the venue shows it.

    :param exchange: The venue, such as ``"bitopro"``.
    :param order_id: The venue's id of the order.
    :param symbol: The market in the venue's spelling.
    :param state: Its state in this package's terms.
    :param venue_state: The venue's own word or number for the state.
    :param side: Buy or sell; None where the venue does not say.
    :param quantity: Ordered amount in the base currency (Loopring: in the token's smallest unit); None where the
        venue does not say.
    :param filled_quantity: Executed amount in the same unit; None where the venue does not say.
    :param price: Limit price in the quote currency; None for a market order.
    :param client_order_id: The id that the client gave the order, if any.
    :param created_at: When the venue accepted the order, by its own clock; None where the venue does not say.
    :param unreadable: The names of those attributes that the venue showed in a form that cannot be read. An
        ``order_id`` or ``symbol`` among them holds what was shown, for messages, and must not be sent; the symbol
        is empty when no text was shown.
    :param changed_at: When an ended order last changed, by the venue's clock, which is not before its end. None
        where the venue does not say so in a form that can be read, and for a live order.
    :param kind: The venue's own word for the type of the order, such as ``LIMIT``; None where it does not say.
    :param stop_price: The price that a stop order waits for, in the quote currency; None for every other order.
    :param is_waiting: Whether it is not yet in the order book, as a stop order before its price is reached; None
        where the venue does not tell.
    """

    exchange: str
    order_id: str
    symbol: str
    state: OrderState
    venue_state: str
    side: Side | None = None
    quantity: Decimal | None = None
    filled_quantity: Decimal | None = None
    price: Decimal | None = None
    client_order_id: str | None = None
    created_at: datetime | None = None
    unreadable: frozenset[str] = frozenset()
    changed_at: datetime | None = field(default=None, compare=False)
    kind: str | None = field(default=None, compare=False)
    stop_price: Decimal | None = field(default=None, compare=False)
    is_waiting: bool | None = field(default=None, compare=False)

    @property
    def can_be_named(self) -> bool:
        """Whether a request could name the order: its id and its market can be read."""
        return not self.unreadable or not self.unreadable & NAMES

    @property
    def ref(self) -> OrderRef:
        """A reference to this order, with its state."""
        return OrderRef(self.order_id, self.symbol, self.client_order_id, self.state, self.standing)

    @property
    def standing(self) -> str:
        """Its state in words for people."""
        return standing(self.state, is_waiting=self.is_waiting, is_stop=self.stop_price is not None)

    def is_named_by(self, ref: OrderRef) -> bool:
        """
        Whether a reference means this order.

        :param ref: Its id must be the same, and its symbol too if it has one.
        """
        if not self.can_be_named or (ref.symbol is not None and ref.symbol != self.symbol):
            return False
        if ref.order_id is not None:
            return ref.order_id == self.order_id
        return ref.client_order_id is not None and ref.client_order_id == self.client_order_id

    def age(self, read: Moment) -> timedelta | None:
        """
        Return how old the order was, by the venue's clock; None where the venue does not tell when it was created.

        :param read: When the venue showed it.
        """
        if self.created_at is None:
            return None
        return max(timedelta(0), (read.venue or read.ours) - self.created_at)

    def summary(self) -> dict[str, Any]:
        """Return the order as a small dict for XCom; amounts are decimal text."""
        return {
            "exchange": self.exchange,
            "order_id": self.order_id,
            "client_order_id": self.client_order_id,
            "symbol": self.symbol,
            "state": self.state.value,
            "is_waiting": self.is_waiting,
            "filled_quantity": _plain(self.filled_quantity),
            **self.terms(),
        }

    def terms(self) -> dict[str, Any]:
        """Return as JSON what was ordered, and when."""
        return {
            "side": None if self.side is None else self.side.value,
            "type": self.kind,
            "price": _plain(self.price),
            "stop_price": _plain(self.stop_price),
            "quantity": _plain(self.quantity),
            "created_at": _written(self.created_at),
        }


NO_TERMS: dict[str, Any] = dict.fromkeys(("side", "type", "price", "stop_price", "quantity", "created_at"))
"""As of :meth:`Order.terms`, of an order that the venue has not shown."""


class Moment(NamedTuple):
    """
    A moment in a run, as its plan tells it.

    :param ours: The time by this machine's clock.
    :param venue: The time by the venue's clock, exact to about a second; None before its first answer.
    :param requests: How many requests the plan has sent so far.
    """

    ours: datetime
    venue: datetime | None = None
    requests: int = 0


@dataclass(frozen=True, slots=True)
class CancelResult:
    """
    What became of one order.

    :param exchange: The venue.
    :param ref: The reference that was given, completed with what the venue showed.
    :param outcome: What became of the order.
    :param state: Its last known state.
    :param filled_quantity: Executed amount in the base currency (Loopring: in the token's smallest unit). Positive
        with outcome ``cancelled`` for a partial fill. None when the venue never showed it.
    :param confirmed: Whether the venue itself showed the outcome.
    :param earlier_attempt: Whether this attempt of the task did not know the order, which had ended by now: an
        earlier attempt's record names it, or the venue's history shows that it was cancelled since the run began.
    :param order: The order as the venue last showed it; None if it never did.
    :param cancel_sent_at: When its latest cancel left, by this machine's clock; None if none did, or if that was
        before a deferral.
    :param read: When the venue last showed it; None if it never did.
    """

    exchange: str
    ref: OrderRef
    outcome: Outcome
    state: OrderState
    filled_quantity: Decimal | None
    confirmed: bool
    earlier_attempt: bool = False
    order: Order | None = None
    cancel_sent_at: datetime | None = None
    read: Moment | None = None

    @property
    def age(self) -> timedelta | None:
        """How old the order was when it was last read, by the venue's clock; None where that is not known."""
        return None if self.order is None or self.read is None else self.order.age(self.read)

    @property
    def rank(self) -> int:
        """Where it stands among others: first what may still be open, then what traded, then the rest."""
        if self.outcome in (Outcome.UNKNOWN, Outcome.UNDECIDED):
            return 0
        if self.outcome is Outcome.FILLED:
            return 1
        return 2 if self.filled_quantity else 3

    def summary(self) -> dict[str, Any]:
        """Return the dict that ``CancelOrderOperator`` pushes to XCom."""
        return {
            "exchange": self.exchange,
            "order_id": self.ref.order_id,
            "symbol": self.ref.symbol,
            "outcome": self.outcome.value,
            "state": self.state.value,
            "filled_quantity": _plain(self.filled_quantity),
            "confirmed": self.confirmed,
            **(NO_TERMS if self.order is None else self.order.terms()),
            **({"earlier_attempt": True} if self.earlier_attempt else {}),
        }

    def dump(self) -> dict[str, Any]:
        """Return all that is known of the order, as JSON for the report."""
        age = self.age
        return {
            **self.summary(),
            "earlier_attempt": self.earlier_attempt,
            "client_order_id": self.ref.client_order_id,
            "is_waiting": None if self.order is None else self.order.is_waiting,
            "venue_state": None if self.order is None else self.order.venue_state,
            "age": None if age is None else round(age.total_seconds(), 3),
            "cancel_sent_at": _written(self.cancel_sent_at),
            "read_at": None if self.read is None else _written(self.read.ours),
        }


@dataclass(frozen=True, slots=True)
class Origin:
    """
    What in Airflow a run belongs to; each is None where Airflow does not tell.

    :param attempt: The number of the task's try, from 1.
    :param triggered_by: The user who triggered the DAG run.
    """

    dag_id: str | None = None
    run_id: str | None = None
    task_id: str | None = None
    map_index: int | None = None
    attempt: int | None = None
    triggered_by: str | None = None

    def dump(self) -> dict[str, Any]:
        """Return it as JSON."""
        return {each.name: getattr(self, each.name) for each in fields(self)}


@dataclass(frozen=True, slots=True)
class Evidence:
    """
    The record of a run's requests and answers, to be found again and held against.

    :param name: What its files begin with.
    :param lines: How many lines it has.
    :param hash: Of its last line.
    """

    name: str
    lines: int
    hash: str

    def sentence(self) -> str:
        """Return it in words."""
        return f"evidence {self.name}: {self.lines} lines, the last hash is {self.hash}"

    def dump(self) -> dict[str, Any]:
        """Return it as JSON."""
        return {each.name: getattr(self, each.name) for each in fields(self)}


@dataclass(frozen=True, slots=True)
class CancelReport:
    """
    What became of all selected orders.

    :param exchange: The venue; empty if it is not known, as the connection cannot be used.
    :param results: One for each selected order, in the order in which they were found.
    :param open_after: How many of them the venue did not confirm as gone; None if nothing could be read.
    :param dry_run: Whether no cancel was sent on purpose.
    :param listed: The most open orders, selected or not, that one read of the account's list showed, since the
        latest deferral if there was one; None if the list was not read.
    :param selection: What was selected, in words that follow "none of the open orders is".
    :param earlier: What is not known of earlier executions of the task, or only from the venue's history, as a
        sentence; empty if nothing.
    :param conn_id: The Airflow connection; empty for an account without one.
    :param account: Tells accounts apart; a digest, from which the key cannot be had.
    :param selectors: What restricted the selection, by the names of the arguments; None if that is not known, empty
        for the whole account.
    :param origin: What in Airflow it was done for.
    :param started_at: When it began, by this machine's clock; before a deferral, if there was one.
    :param flat_since: When the first of the two reads ended that prove a selection flat. None where the orders
        were named, and where nothing is proved.
    :param proved: When it was proved that none of the orders is open; None where it is not.
    :param requests: How many requests were sent, without those of triggers.
    :param error: Why the run failed, as of :meth:`ExchangeError.summary`; None if it did not.
    :param evidence: The record of its requests and answers; None if there is none.
    """

    exchange: str
    results: tuple[CancelResult, ...]
    open_after: int | None
    dry_run: bool = False
    listed: int | None = None
    selection: str = "selected"
    earlier: str = ""
    conn_id: str = ""
    account: str = ""
    selectors: Mapping[str, Any] | None = None
    origin: Origin = Origin()
    started_at: datetime | None = None
    flat_since: datetime | None = None
    proved: Moment | None = None
    requests: int = 0
    error: Mapping[str, Any] | None = None
    evidence: Evidence | None = None

    @property
    def outcomes(self) -> Mapping[Outcome, int]:
        """The number of orders with each outcome; outcomes that did not occur are absent."""
        return dict(Counter(result.outcome for result in self.results))

    @property
    def ranked(self) -> list[CancelResult]:
        """All results: those that may still be open, then those that traded, then the rest."""
        return sorted(self.results, key=lambda result: result.rank)

    def summary(self) -> dict[str, Any]:
        """Return the dict that ``CancelAllOrdersOperator`` pushes to XCom as its result."""
        return {
            "exchange": self.exchange,
            "requested": len(self.results),
            "outcomes": _counts(self.results),
            "orders": [result.summary() for result in self.ranked[:MOST_ORDERS]],
            "open_after": self.open_after,
            "dry_run": self.dry_run,
            **({"earlier": self.earlier} if self.earlier else {}),
            "conn_id": self.conn_id,
            "selection": self._selectors(),
            "attempt": self.origin.attempt,
            **self._times(),
        }

    def dump(self) -> dict[str, Any]:
        """Return the whole report as JSON, in the form of ``docs/report.schema.json``."""
        ranked = self.ranked
        return {
            "version": REPORT_VERSION,
            "conn_id": self.conn_id,
            "exchange": self.exchange,
            "account": self.account,
            "selection": self._selectors(),
            "dry_run": self.dry_run,
            **self.origin.dump(),
            **self._times(),
            "proved_at_venue": None if self.proved is None else _written(self.proved.venue),
            "requests": self.requests,
            "error": None if self.error is None else dict(self.error),
            "requested": len(ranked),
            "listed": self.listed,
            "outcomes": _counts(ranked),
            "open_after": self.open_after,
            "earlier": self.earlier,
            "orders": [result.dump() for result in ranked[:MOST_ORDERS]],
            "left_out": _counts(ranked[MOST_ORDERS:]),
            "evidence": None if self.evidence is None else self.evidence.dump(),
        }

    def _selectors(self) -> dict[str, Any] | None:
        return None if self.selectors is None else dict(self.selectors)

    def _times(self) -> dict[str, Any]:
        return {
            "started_at": _written(self.started_at),
            "flat_since": _written(self.flat_since),
            "proved_at": None if self.proved is None else _written(self.proved.ours),
        }


def standing(state: str, *, is_waiting: bool | None, is_stop: bool) -> str:
    """
    Return a state in words for people, who must not take a stop order that waits for one that can trade.

    :param state: The state in this package's terms.
    :param is_waiting: Whether the order waits for its stop price; None where the venue does not tell.
    :param is_stop: Whether it has a stop price.
    """
    if state != OrderState.OPEN or is_waiting is False or not (is_waiting or is_stop):
        return str(state)
    return "waiting" if is_waiting else "open or waiting"


def _counts(results: Iterable[CancelResult]) -> dict[str, int]:
    return dict(Counter(result.outcome.value for result in results))


def _plain(amount: Decimal | None) -> str | None:
    return None if amount is None else format(amount, "f")


def _written(time: datetime | None) -> str | None:
    """Return a time in UTC in the one form that all of them have."""
    return None if time is None else time.isoformat(timespec="milliseconds").replace("+00:00", "Z")
