"""Orders and what became of them, in the same terms for every exchange."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, NamedTuple

from airflow_provider_exchange.one_line import one_line

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from decimal import Decimal

__all__ = ["CancelReport", "CancelResult", "Order", "OrderKey", "OrderRef", "OrderState", "Outcome", "Side"]

ORDERS_IN_SUMMARY = 1000
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
    """

    order_id: str | None = None
    symbol: str | None = None
    client_order_id: str | None = None
    state: OrderState | None = field(default=None, compare=False)

    def name(self) -> dict[str, str | None]:
        """Return the reference as JSON."""
        return {"order_id": self.order_id, "symbol": self.symbol, "client_order_id": self.client_order_id}

    @property
    def label(self) -> str:
        """The order's id for messages, without its market."""
        return one_line(self.order_id if self.order_id is not None else f"client_order_id={self.client_order_id}")

    def __str__(self) -> str:
        details = [one_line(detail) for detail in (self.symbol, self.state) if detail]
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

    @property
    def can_be_named(self) -> bool:
        """Whether a request could name the order: its id and its market can be read."""
        return not self.unreadable or not self.unreadable & NAMES

    @property
    def ref(self) -> OrderRef:
        """A reference to this order, with its state."""
        return OrderRef(self.order_id, self.symbol, self.client_order_id, self.state)

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

    def summary(self) -> dict[str, Any]:
        """Return the order as a small dict for XCom; amounts are decimal text."""
        return {
            "exchange": self.exchange,
            "order_id": self.order_id,
            "client_order_id": self.client_order_id,
            "symbol": self.symbol,
            "side": None if self.side is None else self.side.value,
            "state": self.state.value,
            "quantity": _plain(self.quantity),
            "filled_quantity": _plain(self.filled_quantity),
            "price": _plain(self.price),
        }


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
    """

    exchange: str
    ref: OrderRef
    outcome: Outcome
    state: OrderState
    filled_quantity: Decimal | None
    confirmed: bool
    earlier_attempt: bool = False

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
            **({"earlier_attempt": True} if self.earlier_attempt else {}),
        }


@dataclass(frozen=True, slots=True)
class CancelReport:
    """
    What became of all selected orders.

    :param exchange: The venue.
    :param results: One for each selected order, in the order in which they were found.
    :param open_after: How many of them the venue did not confirm as gone.
    :param dry_run: Whether no cancel was sent on purpose.
    :param listed: The most open orders, selected or not, that one read of the account's list showed; None if the
        list was not read.
    :param selection: What was selected, in words that follow "none of the open orders is".
    :param earlier: What is not known of earlier executions of the task, or only from the venue's history, as a
        sentence; empty if nothing.
    """

    exchange: str
    results: tuple[CancelResult, ...]
    open_after: int
    dry_run: bool = False
    listed: int | None = None
    selection: str = "selected"
    earlier: str = ""

    @property
    def outcomes(self) -> Mapping[Outcome, int]:
        """The number of orders with each outcome; outcomes that did not occur are absent."""
        return dict(Counter(result.outcome for result in self.results))

    def summary(self) -> dict[str, Any]:
        """Return the dict that ``CancelAllOrdersOperator`` pushes to XCom, with the first 1000 orders."""
        return {
            "exchange": self.exchange,
            "requested": len(self.results),
            "outcomes": {outcome.value: count for outcome, count in self.outcomes.items()},
            "orders": [result.summary() for result in self.results[:ORDERS_IN_SUMMARY]],
            "open_after": self.open_after,
            "dry_run": self.dry_run,
            **({"earlier": self.earlier} if self.earlier else {}),
        }


def _plain(amount: Decimal | None) -> str | None:
    return None if amount is None else format(amount, "f")
