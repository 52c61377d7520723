"""
The order book of one paper venue.

An order is immutable; every change replaces it in the book. A snapshot of the book is therefore a shallow copy,
cheap enough to keep the last few for stale reads.

The states are the same for all venues; each venue translates them into its own words.
"""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass, field, replace
from decimal import Decimal
from enum import Enum, StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from airflow_provider_exchange.sandbox.countdowns import Countdowns
from airflow_provider_exchange.sandbox.protocol import plain

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

#: How many earlier views of a book a lagging read can reach back to.
VIEWS_KEPT = 16


Key = tuple[str, str]
"""An order's market and id; several markets may use the same id."""


class AmbiguousOrderError(ValueError):
    """An id was given without its market, but several markets have an order with this id."""


class State(StrEnum):
    """An order's state. All but the first three are final."""

    WAITING = "waiting"
    """a stop order whose trigger has not been reached: open"""
    OPEN = "open"
    CANCELLING = "cancelling"
    """a cancel was accepted but has not taken effect yet"""
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
    """The result of a request to cancel one order."""

    DONE = "done"
    PENDING = "pending"
    """accepted; the order stays ``cancelling`` for a while"""
    ALREADY = "already"
    """an earlier cancel of the order has not taken effect yet"""
    UNKNOWN = "unknown"
    DEAD = "dead"
    """the order had already reached a final state"""
    REFUSED = "refused"
    IGNORED = "ignored"
    """a batch silently skipped the order"""


@dataclass(frozen=True, slots=True)
class PaperOrder:
    """
    One order of a paper book.

    :param order_id: the venue's id, as text; other markets may use it too.
    :param symbol: the market as the venue spells it.
    :param side: ``BUY`` or ``SELL``.
    :param type: the venue's own word for the kind of order, such as ``STOP_LIMIT``.
    :param quantity: ordered quantity, in the base asset.
    :param price: in the quote asset.
    :param filled: how much of ``quantity`` has traded.
    :param stop_price: the trigger of a stop order, else ``None``.
    :param client_order_id: the client's own id; empty without one.
    :param created_ms: by the venue's clock, in ms since the epoch.
    :param triggered: of a stop order: whether its trigger was reached.
    :param details: other fields that the venue reports.
    :param reads_left: while ``cancelling``: how many more reads still show this state.
    :param settles_ms: while ``cancelling``: when the cancel takes effect, in ms by the venue's clock.
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
    triggered: bool = False
    details: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    reads_left: int = 0
    settles_ms: int = 0

    @property
    def key(self) -> Key:
        """The order's market and id."""
        return self.symbol, self.order_id

    @property
    def remaining(self) -> Decimal:
        """The quantity that has not traded, in the base asset."""
        return self.quantity - self.filled

    def as_dict(self) -> dict[str, Any]:
        """Return the order as the admin API shows it: amounts as decimal strings."""
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


View = dict[Key, PaperOrder]
"""The orders of a book at one moment, by market and id, oldest first."""


class Book:
    """
    All orders of one account at one venue. Safe to use from several threads.

    Orders are kept by market and id. Methods that take an id need the market (``symbol``) only if several markets
    have an order with that id; without it they then raise :class:`AmbiguousOrderError`.

    :param now_ms: returns the time of the venue's clock, in ms since the epoch.
    """

    when_triggered: Callable[[PaperOrder], PaperOrder] | None = None
    """Returns what becomes of an order whose trigger was reached, where it is more than open."""
    when_filled: Callable[[PaperOrder], PaperOrder] | None = None
    """Returns an order that was filled, where that leaves a trace elsewhere."""

    def __init__(self, now_ms: Callable[[], int]) -> None:
        self.now_ms = now_ms
        self._lock = threading.RLock()
        self._orders: dict[Key, PaperOrder] = {}
        self._symbols: dict[str, list[str]] = {}  # by order id
        self._cancelling: set[Key] = set()
        self._views: deque[View] = deque(maxlen=VIEWS_KEPT)
        self.countdowns = Countdowns()
        """Those at whose end orders of this book are cancelled."""

    def another(self) -> Book:
        """Return an empty book with the same clock."""
        return Book(self.now_ms)

    def __len__(self) -> int:
        return len(self._orders)

    def __iter__(self) -> Iterator[PaperOrder]:
        with self._lock:
            self._settle()
            return iter(list(self._orders.values()))

    def __getitem__(self, order_id: str) -> PaperOrder:
        return self.named(order_id)

    def symbols_of(self, order_id: str) -> list[str]:
        """Return the markets with an order of this id, oldest order first."""
        return list(self._symbols.get(order_id, ()))

    def get(self, order_id: str, symbol: str | None = None) -> PaperOrder | None:
        """
        Return the order with this id, without counting a read; ``None`` when there is none.

        :raises AmbiguousOrderError: several markets have an order with this id, and no market is given.
        """
        if symbol is not None:
            return self._orders.get((symbol, order_id))
        symbols = self.symbols_of(order_id)
        if len(symbols) > 1:
            raise AmbiguousOrderError(f"{' and '.join(symbols)} each have an order {order_id}: name the symbol too")
        return self._orders.get((symbols[0], order_id)) if symbols else None

    def named(self, order_id: str, symbol: str | None = None) -> PaperOrder:
        """
        Return the order with this id, like :meth:`get`, but raise an error when there is none.

        :raises KeyError: no such order.
        """
        order = self.get(order_id, symbol)
        if order is None:
            raise KeyError(order_id if symbol is None else f"{order_id} in {symbol}")
        return order

    def live(self) -> list[PaperOrder]:
        """Return every order that can still trade, oldest first, regardless of faults in the venue's answers."""
        with self._lock:
            self._settle()
            return [order for order in self._orders.values() if order.state.live]

    def place(self, order: PaperOrder) -> PaperOrder:
        """
        Add an order.

        :raises ValueError: its market already has an order with this id.
        """
        with self._lock:
            if order.key in self._orders:
                raise ValueError(f"{order.symbol} has an order {order.order_id} already")
            self._symbols.setdefault(order.order_id, []).append(order.symbol)
            return self._put(self._traced(order))

    def fill(self, order_id: str, quantity: Decimal | None = None, *, symbol: str | None = None) -> PaperOrder:
        """
        Trade some or all of a live order.

        :param quantity: in the base asset; ``None`` for all that remains.
        :raises KeyError: no such order.
        :raises ValueError: the order is final, or less remains than ``quantity``.
        """
        with self._lock:
            order = self._live_order(order_id, symbol)
            amount = order.remaining if quantity is None else quantity
            if not 0 < amount <= order.remaining:
                raise ValueError(f"order {order_id} has {order.remaining} left to fill")
            filled = order.filled + amount
            if filled == order.quantity:
                state = State.FILLED
            else:
                state = State.CANCELLING if order.state is State.CANCELLING else State.OPEN
            return self._put(self._traced(replace(order, filled=filled, state=state, updated_ms=self.now_ms())))

    def _traced(self, order: PaperOrder) -> PaperOrder:
        return order if order.state is not State.FILLED or self.when_filled is None else self.when_filled(order)

    def finish(self, order_id: str, state: State, *, symbol: str | None = None) -> PaperOrder:
        """
        End a live order as the venue would by itself, as ``expired``, ``rejected`` or ``cancelled``.

        :raises KeyError: no such order.
        :raises ValueError: the order is final.
        """
        with self._lock:
            order = self._live_order(order_id, symbol)
            return self._put(replace(order, state=state, updated_ms=self.now_ms()))

    def trigger(self, order_id: str, *, symbol: str | None = None) -> PaperOrder:
        """
        Activate a stop order, as if the market had reached its trigger.

        :raises KeyError: no such order.
        :raises ValueError: the order is not waiting for a trigger.
        """
        with self._lock:
            order = self.named(order_id, symbol)
            if order.state is not State.WAITING:
                raise ValueError(f"order {order_id} is not waiting for a trigger")
            triggered = replace(order, state=State.OPEN, triggered=True, updated_ms=self.now_ms())
            return self._put(triggered if self.when_triggered is None else self.when_triggered(triggered))

    def cancel(
        self, order_id: str, *, symbol: str | None = None, reads: int = 0, seconds: float = 0
    ) -> tuple[Cancel, PaperOrder | None]:
        """
        Cancel one order, at once or after a while.

        :param reads: show it as ``cancelling`` for this many reads first.
        :param seconds: show it as ``cancelling`` for this long first.
        """
        with self._lock:
            self._settle()
            order = self.get(order_id, symbol)
            if order is None:
                return Cancel.UNKNOWN, None
            if order.state is State.CANCELLING:
                return Cancel.ALREADY, order
            if not order.state.live:
                return Cancel.DEAD, order
            now = self.now_ms()
            if reads or seconds:
                settles = now + round(seconds * 1000)
                order = replace(order, state=State.CANCELLING, reads_left=reads, settles_ms=settles, updated_ms=now)
                return Cancel.PENDING, self._put(order)
            return Cancel.DONE, self._put(replace(order, state=State.CANCELLED, updated_ms=now))

    def view(self, lag: int = 0) -> View:
        """
        Return the book as a read at the venue shows it. Counts as one read.

        :param lag: return the view of this many reads ago, or the oldest one kept.
        """
        with self._lock:
            self._settle()
            self._views.append(dict(self._orders))
            for key in self._cancelling:
                order = self._orders[key]
                self._orders[key] = replace(order, reads_left=order.reads_left - 1)
            return self._views[max(-1 - lag, -len(self._views))]

    def clear(self) -> None:
        """Forget every order and every view."""
        with self._lock:
            self._orders.clear()
            self._symbols.clear()
            self._cancelling.clear()
            self._views.clear()
            self.countdowns.clear()

    def _live_order(self, order_id: str, symbol: str | None) -> PaperOrder:
        self._settle()
        order = self.named(order_id, symbol)
        if not order.state.live:
            raise ValueError(f"order {order_id} is {order.state}")
        return order

    def _put(self, order: PaperOrder) -> PaperOrder:
        self._orders[order.key] = order
        if order.state is State.CANCELLING:
            self._cancelling.add(order.key)
        else:
            self._cancelling.discard(order.key)
        return order

    def _settle(self) -> None:
        now = self.now_ms()
        for countdown in self.countdowns.over(now):
            for order in list(self._orders.values()):
                if order.state.live and order.created_ms <= countdown.ends_ms:
                    self._put(countdown.cancelled(order))
        for key in list(self._cancelling):
            order = self._orders[key]
            if order.reads_left <= 0 and order.settles_ms <= now:
                self._put(replace(order, state=State.CANCELLED, updated_ms=now))
