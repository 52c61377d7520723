"""Orders as an exchange shows them, and how they are named, in the same terms for every exchange."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any, NamedTuple

from airflow_provider_exchange.models.texts import amount_text, time_text
from airflow_provider_exchange.one_line import one_line

if TYPE_CHECKING:
    from datetime import datetime
    from decimal import Decimal

__all__ = [
    "NAMES",
    "NO_TERMS",
    "Moment",
    "Order",
    "OrderKey",
    "OrderRef",
    "OrderState",
    "Side",
    "how_many_orders",
    "standing",
]

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
    :param quantity: Ordered amount, in what the venue counts: on spot markets the base currency, of some contracts
        the number of contracts, at Loopring the token's smallest unit. None where the venue does not say.
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
            "filled_quantity": amount_text(self.filled_quantity),
            **self.terms(),
        }

    def terms(self) -> dict[str, Any]:
        """Return as JSON what was ordered, and when."""
        return {
            "side": None if self.side is None else self.side.value,
            "type": self.kind,
            "price": amount_text(self.price),
            "stop_price": amount_text(self.stop_price),
            "quantity": amount_text(self.quantity),
            "created_at": time_text(self.created_at),
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
