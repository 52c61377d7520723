"""
The order book of one paper venue.

An order here is a frozen value; every change replaces it in the book. That makes a snapshot of the book
a shallow copy, cheap enough to keep the last few for reads that are asked to lag behind.

The states are those of a real venue seen from outside. What a venue calls them is the venue's own affair.
"""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass, field, replace
from decimal import Decimal
from enum import Enum, StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from airflow_provider_exchange.sandbox.protocol import plain

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

#: How many earlier views of a book a lagging read can reach back to.
VIEWS_KEPT = 16


class State(StrEnum):
    """Where an order stands. All but the first three are final."""

    WAITING = "waiting"
    """a stop order whose trigger has not been reached: open"""
    OPEN = "open"
    CANCELLING = "cancelling"
    """a cancel was accepted and has not taken effect yet"""
    FILLED = "filled"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    REJECTED = "rejected"

    @property
    def live(self) -> bool:
        """Whether an order in this state can still trade."""
        return self in _LIVE


_LIVE = frozenset({State.WAITING, State.OPEN, State.CANCELLING})


class Cancel(Enum):
    """How a venue's book met a request to cancel one order."""

    DONE = "done"
    PENDING = "pending"
    """accepted; the order is in ``cancelling`` for a while"""
    ALREADY = "already"
    """an earlier cancel of the order has not taken effect yet"""
    UNKNOWN = "unknown"
    DEAD = "dead"
    """the order had already reached a final state; the order tells which"""
    REFUSED = "refused"
    IGNORED = "ignored"
    """a batch passed over the order and says nothing about it"""


@dataclass(frozen=True, slots=True)
class PaperOrder:
    """
    One order of a paper book.

    :param order_id: the venue's own identifier, as text.
    :param symbol: the market in the venue's own spelling.
    :param side: ``BUY`` or ``SELL``.
    :param type: the venue's own word for the kind of order, such as ``STOP_LIMIT``.
    :param quantity: what was asked for, in the base asset.
    :param price: in the quote asset.
    :param filled: how much of ``quantity`` has traded.
    :param stop_price: the trigger of a stop order, else ``None``.
    :param client_order_id: the name the owner gave the order; empty without one.
    :param created_ms: by the venue's clock, in ms since the epoch.
    :param details: whatever else the venue reports about the order.
    :param reads_left: while ``cancelling``: how many more reads will show it so.
    :param settles_ms: while ``cancelling``: when it takes effect, by the venue's clock.
    """

    order_id: str
    symbol: str
    side: str
    type: str
    quantity: Decimal
    price: Decimal
    created_ms: int
    updated_ms: int
    state: State = State.OPEN
    filled: Decimal = Decimal(0)
    stop_price: Decimal | None = None
    client_order_id: str = ""
    details: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    reads_left: int = 0
    settles_ms: int = 0

    @property
    def remaining(self) -> Decimal:
        """What has not traded, in the base asset."""
        return self.quantity - self.filled

    def as_dict(self) -> dict[str, Any]:
        """The order as the admin API shows it: amounts as decimal strings."""
        return {
            "order_id": self.order_id,
            "symbol": self.symbol,
            "side": self.side,
            "type": self.type,
            "state": str(self.state),
            "live": self.state.live,
            "quantity": plain(self.quantity),
            "filled": plain(self.filled),
            "price": plain(self.price),
            "stop_price": None if self.stop_price is None else plain(self.stop_price),
            "client_order_id": self.client_order_id,
            "created_ms": self.created_ms,
            "updated_ms": self.updated_ms,
        }


View = dict[str, PaperOrder]
"""The orders of a book at one moment, by id, oldest first."""


class Book:
    """
    All orders of one account at one venue. Safe to use from several threads.

    :param now_ms: the venue's clock.
    """

    def __init__(self, now_ms: Callable[[], int]) -> None:
        self._now_ms = now_ms
        self._lock = threading.RLock()
        self._orders: dict[str, PaperOrder] = {}
        self._cancelling: set[str] = set()
        self._views: deque[View] = deque(maxlen=VIEWS_KEPT)

    def __len__(self) -> int:
        return len(self._orders)

    def __iter__(self) -> Iterator[PaperOrder]:
        with self._lock:
            return iter(list(self._orders.values()))

    def __getitem__(self, order_id: str) -> PaperOrder:
        return self._orders[str(order_id)]

    def get(self, order_id: str) -> PaperOrder | None:
        """The order of this id as it is, unseen by the counting of reads."""
        return self._orders.get(order_id)

    def live(self) -> list[PaperOrder]:
        """Every order that can still trade, oldest first: the truth, whatever the venue's answers say."""
        with self._lock:
            self._settle()
            return [order for order in self._orders.values() if order.state.live]

    def place(self, order: PaperOrder) -> PaperOrder:
        """
        Take an order in.

        :raises ValueError: when the id is taken.
        """
        with self._lock:
            if order.order_id in self._orders:
                raise ValueError(f"order {order.order_id} exists")
            return self._put(order)

    def fill(self, order_id: str, quantity: Decimal | None = None) -> PaperOrder:
        """
        Trade some or all of a live order.

        :param quantity: how much, in the base asset; all that remains when ``None``.
        :raises KeyError: no such order.
        :raises ValueError: the order is final, or less remains than ``quantity``.
        """
        with self._lock:
            order = self._live_order(order_id)
            amount = order.remaining if quantity is None else quantity
            if not 0 < amount <= order.remaining:
                raise ValueError(f"order {order_id} has {order.remaining} left to fill")
            filled = order.filled + amount
            if filled == order.quantity:
                state = State.FILLED
            else:
                state = State.CANCELLING if order.state is State.CANCELLING else State.OPEN
            return self._put(replace(order, filled=filled, state=state, updated_ms=self._now_ms()))

    def finish(self, order_id: str, state: State) -> PaperOrder:
        """
        Let the venue end a live order by itself, as ``expired``, ``rejected`` or ``cancelled``.

        :raises KeyError: no such order.
        :raises ValueError: the order is final.
        """
        with self._lock:
            return self._put(replace(self._live_order(order_id), state=state, updated_ms=self._now_ms()))

    def trigger(self, order_id: str) -> PaperOrder:
        """
        Let the market reach a stop order's trigger.

        :raises KeyError: no such order.
        :raises ValueError: the order is not waiting for a trigger.
        """
        with self._lock:
            order = self._orders[order_id]
            if order.state is not State.WAITING:
                raise ValueError(f"order {order_id} is not waiting for a trigger")
            return self._put(replace(order, state=State.OPEN, updated_ms=self._now_ms()))

    def cancel(self, order_id: str, *, reads: int = 0, seconds: float = 0) -> tuple[Cancel, PaperOrder | None]:
        """
        Cancel one order, at once or after a while.

        :param reads: show it as ``cancelling`` for so many reads first.
        :param seconds: show it as ``cancelling`` for so long first.
        """
        with self._lock:
            self._settle()
            order = self._orders.get(order_id)
            if order is None:
                return Cancel.UNKNOWN, None
            if order.state is State.CANCELLING:
                return Cancel.ALREADY, order
            if not order.state.live:
                return Cancel.DEAD, order
            now = self._now_ms()
            if reads or seconds:
                settles = now + round(seconds * 1000)
                order = replace(order, state=State.CANCELLING, reads_left=reads, settles_ms=settles, updated_ms=now)
                return Cancel.PENDING, self._put(order)
            return Cancel.DONE, self._put(replace(order, state=State.CANCELLED, updated_ms=now))

    def view(self, lag: int = 0) -> View:
        """
        The book as a reader at the venue sees it now. Counts as one read.

        :param lag: see it as so many reads ago; the oldest view kept when there were fewer.
        """
        with self._lock:
            self._settle()
            self._views.append(dict(self._orders))
            for order_id in self._cancelling:
                order = self._orders[order_id]
                self._orders[order_id] = replace(order, reads_left=order.reads_left - 1)
            return self._views[max(-1 - lag, -len(self._views))]

    def clear(self) -> None:
        """Forget every order and every view."""
        with self._lock:
            self._orders.clear()
            self._cancelling.clear()
            self._views.clear()

    def _live_order(self, order_id: str) -> PaperOrder:
        self._settle()
        order = self._orders[order_id]
        if not order.state.live:
            raise ValueError(f"order {order_id} is {order.state}")
        return order

    def _put(self, order: PaperOrder) -> PaperOrder:
        self._orders[order.order_id] = order
        if order.state is State.CANCELLING:
            self._cancelling.add(order.order_id)
        else:
            self._cancelling.discard(order.order_id)
        return order

    def _settle(self) -> None:
        now = self._now_ms()
        for order_id in list(self._cancelling):
            order = self._orders[order_id]
            if order.reads_left <= 0 and order.settles_ms <= now:
                self._put(replace(order, state=State.CANCELLED, updated_ms=now))
