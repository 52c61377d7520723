"""
What earlier executions of a task left in Airflow's database: before a deferral, or in an attempt that failed.

Whoever may edit tasks may write there, too. So it completes messages and the summary, and that is all: it neither
names an order to cancel nor proves that one is gone. An order that only the database knows is told in the summary
after a read of this execution has shown that it ended and that it is one of the selected ones.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TypeGuard

from airflow_provider_exchange.errors import InvalidOrderRequest
from airflow_provider_exchange.models.orders import Order, OrderKey, OrderRef, OrderState

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import timedelta

    from airflow_provider_exchange.exchanges.base import Exchange
    from airflow_provider_exchange.operations.ledger import Ledger

LARGEST_COUNT = 10**6
LONGEST_TEXT = 200


@dataclass(frozen=True, slots=True)
class Told:
    """
    One order, as an earlier execution left it.

    :param sent: Whether it says that a cancel was sent for it.
    :param ended: Whether it says that the venue showed its end.
    :param earlier_attempt: Whether only an earlier attempt knew it, and not this one before a deferral.
    :param sent_at: When it says that the latest cancel left; None if it does not.
    """

    ref: OrderRef
    sent: bool = False
    ended: bool = False
    earlier_attempt: bool = False
    sent_at: datetime | None = None

    def dump(self) -> dict[str, Any]:
        """Return it as JSON."""
        return {
            **self.ref.name(),
            "sent": self.sent,
            "ended": self.ended,
            "earlier_attempt": self.earlier_attempt,
            "sent_at": None if self.sent_at is None else self.sent_at.isoformat(),
        }


@dataclass(slots=True)
class Earlier:
    """
    All that earlier executions left.

    :param rounds: How many rounds they did; odd and even ones send their cancels differently.
    :param undecided: Open orders of which the last list did not tell whether they are selected, for messages.
    :param is_incomplete: Whether there was an attempt of which it is not known what it cancelled.
    :param began_ago: How long ago the first attempt may have begun, at most; None where that is not known.
    :param started_at: When this attempt began, before a deferral.
    :param requests: How many requests this attempt sent before a deferral.
    """

    orders: dict[OrderKey, Told] = field(default_factory=dict)
    rounds: int = 0
    undecided: list[Order] = field(default_factory=list)
    is_incomplete: bool = False
    began_ago: timedelta | None = None
    started_at: datetime | None = None
    requests: int = 0

    @classmethod
    def load(cls, exchange: Exchange, dumped: Any, *, earlier_attempt: bool = False) -> Earlier:
        """
        Return what :meth:`Ledger.dump` wrote, without anything in it that cannot be read.

        Nothing is left of what was written for another account, or by a version that did not write the account.

        :param earlier_attempt: Whether an earlier attempt wrote it.
        """
        found = cls(is_incomplete=True)
        if not isinstance(dumped, dict) or dumped.get("account") != exchange.account:
            return found
        found.rounds = _count(dumped.get("rounds"))
        found.requests = _count(dumped.get("requests"))
        found.started_at = _time(dumped.get("started_at"))
        entries = dumped.get("entries")
        for each in _dicts(entries):
            if (ref := _ref(exchange, each)) is not None:
                flags = {name: each.get(name) is True for name in ("sent", "ended", "earlier_attempt")}
                told = Told(ref, **flags, sent_at=_time(each.get("sent_at")))
                found.orders[exchange.key(ref)] = replace(told, earlier_attempt=True) if earlier_attempt else told
        found.is_incomplete = not isinstance(entries, list) or len(found.orders) < len(entries)
        for each in _dicts(dumped.get("undecided")):
            order_id, symbol = each.get("order_id"), each.get("symbol")
            if _is_text(order_id) and _is_text(symbol):
                found.undecided.append(Order(exchange.name, order_id, symbol, OrderState.UNKNOWN, ""))
        return found

    def add(self, other: Earlier) -> None:
        """Add what is told elsewhere of orders that are not told of here."""
        self.orders = {**other.orders, **self.orders}
        self.is_incomplete |= other.is_incomplete
        self.began_ago = other.began_ago

    def was_sent(self, key: OrderKey) -> bool:
        """Whether it says that a cancel of this order was sent."""
        told = self.orders.get(key)
        return told is not None and told.sent

    def sent_at(self, key: OrderKey) -> datetime | None:
        """Return when it says that the latest cancel of this order left."""
        told = self.orders.get(key)
        return None if told is None else told.sent_at

    def named_before(self, ref: OrderRef) -> set[str]:
        """Return the ids of the orders that had a client order id before a deferral."""
        return {
            told.ref.order_id
            for told in self.orders.values()
            if told.ref.order_id is not None
            and not told.earlier_attempt
            and told.ref.client_order_id == ref.client_order_id
            and ref.symbol in (None, told.ref.symbol)
        }


class Records:
    """What one execution leaves for the next: nothing, unless a task has a place for it. No method may fail."""

    def sending(self, ledger: Ledger) -> None:
        """Called as a cancel is about to leave; must not wait."""

    def keep(self, ledger: Ledger) -> None:
        """Called when all cancels of a round were answered or given up; must not wait."""

    def recall(self) -> Earlier:
        """Return what earlier attempts knew; called once, when everything is proved that there is to prove."""
        return Earlier()


def _dicts(value: Any) -> Iterator[dict[str, Any]]:
    yield from (each for each in value if isinstance(each, dict)) if isinstance(value, list) else ()


def _ref(exchange: Exchange, named: Mapping[str, Any]) -> OrderRef | None:
    """Return the order that an entry names; None for all that is not the name of an order at this venue."""
    order_id, symbol, client_order_id = (named.get(name) for name in ("order_id", "symbol", "client_order_id"))
    try:
        ref = exchange.check_ref(order_id, symbol, client_order_id if order_id is None else None)
        if order_id is not None and client_order_id is not None:
            return replace(ref, client_order_id=exchange.check_client_order_id(client_order_id))
    except InvalidOrderRequest:
        return None
    return ref


def _count(value: Any) -> int:
    """Return a number that was stored; 0 for all that is none."""
    return value if type(value) is int and 0 <= value <= LARGEST_COUNT else 0


def _time(value: Any) -> datetime | None:
    """Return a time that was stored, in UTC; None for all that is none."""
    try:
        time = datetime.fromisoformat(value) if _is_text(value) else None
        return None if time is None or time.tzinfo is None else time.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _is_text(value: Any) -> TypeGuard[str]:
    return isinstance(value, str) and len(value) <= LONGEST_TEXT and value.isprintable()
