"""
The books of the paper Binance. An order of spot may end with another one; an algo order of USD-M futures places one
in the book of the others.
"""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING

from airflow_provider_exchange.sandbox.binance.markets import ALGO_TYPES
from airflow_provider_exchange.sandbox.book import Book, PaperOrder, State

if TYPE_CHECKING:
    from collections.abc import Callable
    from decimal import Decimal

    from airflow_provider_exchange.sandbox.book import Key

_AS_ALGO = {
    "LIMIT": "STOP",
    "MARKET": "STOP_MARKET",
    "STOP_LOSS": "STOP_MARKET",
    "STOP_LOSS_LIMIT": "STOP",
    "TAKE_PROFIT_LIMIT": "TAKE_PROFIT",
}
"""What USD-M futures call a type of spot order that waits for its trigger."""


def algo_type(kind: str) -> str:
    """Return the type of an algo order as USD-M futures call it."""
    return kind if kind in ALGO_TYPES else _AS_ALGO.get(kind, "STOP")


class SpotBook(Book):
    """
    Spot orders. Two that are one order list end together: if one of them trades or ends, so does the other.

    :param now_ms: as for :class:`.Book`.
    """

    def __init__(self, now_ms: Callable[[], int]) -> None:
        super().__init__(now_ms)
        self._lists: dict[int, list[Key]] = {}

    def order_list(self, number: int | None) -> list[PaperOrder]:
        """Return the orders of an order list; none if there is no such list."""
        return [self._orders[key] for key in self._lists.get(number or 0, ())]

    def clear(self) -> None:
        """Forget every order; see :meth:`.Book.clear`."""
        with self._lock:
            self._lists.clear()
            super().clear()

    def _put(self, order: PaperOrder) -> PaperOrder:
        put = super()._put(order)
        number = order.details.get("orderListId")
        if number is None:
            return put
        keys = self._lists.setdefault(number, [])
        if order.key not in keys:
            keys.append(order.key)
        if order.filled or not order.state.live:
            state = State.CANCELLED if order.state is State.CANCELLED else State.EXPIRED
            for other in self.order_list(number):
                if other.key != order.key and other.state.live:
                    super()._put(replace(other, state=state, updated_ms=order.updated_ms))
        return put


class LinearBook(Book):
    """The orders of USD-M futures that do not wait for a trigger."""

    def place(self, order: PaperOrder) -> PaperOrder:
        """
        Add an order; see :meth:`.Book.place`.

        :raises ValueError: it waits for a trigger.
        """
        if order.stop_price is not None:
            raise ValueError("a stop order of USD-M futures is an algo order; its book is binance_algo")
        return super().place(order)


class AlgoBook(Book):
    """
    The algo orders of USD-M futures. One that triggers has done its work: it ends, and an order takes its place.

    :param now_ms: as for :class:`.Book`.
    :param placed: the book of the orders that they place.
    :param new_id: returns an unused id for one of these.
    """

    def __init__(self, now_ms: Callable[[], int], placed: Book, new_id: Callable[[str], str]) -> None:
        super().__init__(now_ms)
        self._placed = placed
        self._new_id = new_id

    def place(self, order: PaperOrder) -> PaperOrder:
        """
        Add an order, which waits at its price unless it has a trigger; see :meth:`.Book.place`.

        :raises ValueError: an algo order of another market has this id, which alone must name it.
        """
        if self.symbols_of(order.order_id):
            raise ValueError(f"there is an algo order {order.order_id} already, and its id alone names it")
        return super().place(
            replace(
                order,
                type=algo_type(order.type),
                stop_price=order.price if order.stop_price is None else order.stop_price,
                state=State.WAITING if order.state is State.OPEN else order.state,
            )
        )

    def placed_by(self, order: PaperOrder) -> PaperOrder | None:
        """Return the order that an algo order placed when it was triggered; ``None`` before."""
        placed = order.details.get("actualOrderId")
        return None if placed is None else self._placed.get(placed, order.symbol)

    def trigger(self, order_id: str, *, symbol: str | None = None) -> PaperOrder:
        """
        End an algo order and place its order; see :meth:`.Book.trigger`.

        :raises KeyError: no such order.
        :raises ValueError: the order is not waiting for a trigger.
        """
        with self._lock:
            order = self.named(order_id, symbol)
            if order.state is not State.WAITING:
                raise ValueError(f"order {order_id} is not waiting for a trigger")
            return self._triggered(order)

    def fill(self, order_id: str, quantity: Decimal | None = None, *, symbol: str | None = None) -> PaperOrder:
        """
        Trigger a live algo order and fill the order that it places; see :meth:`.Book.fill`.

        :raises KeyError: no such order.
        :raises ValueError: the order has ended, or is smaller than ``quantity``.
        """
        with self._lock:
            order = self._live_order(order_id, symbol)
            if quantity is not None and not 0 < quantity <= order.quantity:
                raise ValueError(f"order {order_id} has {order.quantity} to fill")
            triggered = self._triggered(order)
            self._placed.fill(triggered.details["actualOrderId"], quantity, symbol=order.symbol)
            return triggered

    def _triggered(self, order: PaperOrder) -> PaperOrder:
        now = self.now_ms()
        kind = "MARKET" if order.type.endswith("_MARKET") else "LIMIT"
        placed = self._placed.place(
            PaperOrder(
                self._new_id(kind),
                order.symbol,
                order.side,
                kind,
                order.quantity,
                order.price,
                now,
                now,
                client_order_id=order.client_order_id,
                details=MappingProxyType({"timeInForce": order.details.get("timeInForce", "GTC")}),
            )
        )
        details = MappingProxyType({**order.details, "actualOrderId": placed.order_id, "triggerTime": now})
        ended = replace(order, state=State.FILLED, filled=order.quantity, updated_ms=now, details=details)
        return self._put(ended)
