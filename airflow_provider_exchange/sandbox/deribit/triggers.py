"""What orders of the paper Deribit place when their price is reached: others, which name what they come from."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING

from airflow_provider_exchange.sandbox.book import Book, PaperOrder, State
from airflow_provider_exchange.sandbox.deribit.shapes import ORIGIN, PLACED, TRIGGER_TYPES

if TYPE_CHECKING:
    from collections.abc import Callable


class Triggers:
    """
    Places orders, and those that these place.

    :param book: where they go.
    :param new_id: returns an id for a kind of order.
    """

    def __init__(self, book: Book, new_id: Callable[[str], str]) -> None:
        self._book = book
        self._new_id = new_id
        book.when_triggered = self._fired
        book.when_filled = self._done

    def put(self, order: PaperOrder) -> PaperOrder:
        """Add an order to the book, and let it trade at once if it is to."""
        placed = self._book.place(order)
        return self._book.fill(order.order_id, symbol=order.symbol) if order.type == "MARKET" else placed

    def _fired(self, order: PaperOrder) -> PaperOrder:
        """Place what an order places when its price is reached, which ends the latter."""
        placed = self.put(self._placed_by(order))
        details = MappingProxyType({**order.details, PLACED: placed.order_id})
        return replace(order, state=State.FILLED, filled=order.quantity, details=details)

    def _done(self, order: PaperOrder) -> PaperOrder:
        """Have what an order places traded, which somebody says has been."""
        if order.type not in TRIGGER_TYPES or PLACED in order.details:
            return order
        placed = self._book.place(replace(self._placed_by(order), state=State.FILLED, filled=order.filled))
        return replace(order, details=MappingProxyType({**order.details, PLACED: placed.order_id}))

    def _placed_by(self, order: PaperOrder) -> PaperOrder:
        kind = "LIMIT" if "LIMIT" in order.type else "MARKET"
        return PaperOrder(
            self._new_id(kind),
            order.symbol,
            order.side,
            kind,
            order.quantity,
            order.price,
            order.updated_ms,
            order.updated_ms,
            client_order_id=order.client_order_id,
            details=MappingProxyType({ORIGIN: order.order_id}),
        )
