"""What became of orders: the result of each cancel, and the report of a run."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from airflow_provider_exchange.models.orders import NO_TERMS
from airflow_provider_exchange.models.texts import amount_text, time_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime, timedelta
    from decimal import Decimal

    from airflow_provider_exchange.models.orders import Moment, Order, OrderRef, OrderState

__all__ = ["CancelReport", "CancelResult", "Evidence", "Origin", "Outcome"]

REPORT_VERSION = 1
"""Counts up when a member of the report is taken away or changes its meaning; ``docs/report.md`` tells them."""
MOST_ORDERS = 1000
"""Of more orders, a report names the first ones by :meth:`CancelResult.rank`, and counts the others."""


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


@dataclass(frozen=True, slots=True)
class CancelResult:
    """
    What became of one order.

    :param exchange: The venue.
    :param ref: The reference that was given, completed with what the venue showed.
    :param outcome: What became of the order.
    :param state: Its last known state.
    :param filled_quantity: Executed amount, in the unit of :attr:`.Order.quantity`. Positive
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
            "filled_quantity": amount_text(self.filled_quantity),
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
            "cancel_sent_at": time_text(self.cancel_sent_at),
            "read_at": None if self.read is None else time_text(self.read.ours),
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
            "proved_at_venue": None if self.proved is None else time_text(self.proved.venue),
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
            "started_at": time_text(self.started_at),
            "flat_since": time_text(self.flat_since),
            "proved_at": None if self.proved is None else time_text(self.proved.ours),
        }


def _counts(results: Iterable[CancelResult]) -> dict[str, int]:
    return dict(Counter(result.outcome.value for result in results))
