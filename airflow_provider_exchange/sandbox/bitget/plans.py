"""Trigger orders of the paper Bitget: what they place when their price is reached, on spot as of futures."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING

from airflow_provider_exchange.sandbox.book import Book, PaperOrder, State

if TYPE_CHECKING:
    from collections.abc import Callable


class Placing:
    """
    Places what trigger orders place.

    :param plans: their book.
    :param orders: where the orders go that they place.
    :param new_id: returns the id of the next one.
    """

    def __init__(self, plans: Book, orders: Book, new_id: Callable[[], str]) -> None:
        self._orders = orders
        self._new_id = new_id
        plans.when_triggered = self._fired
        plans.when_filled = self._done

    def _fired(self, order: PaperOrder) -> PaperOrder:
        """Place the ordinary order of one that was triggered, which ends the latter."""
        placed = self._orders.place(self._placed_by(order))
        return replace(_ended(order, placed), state=State.FILLED, filled=order.quantity)

    def _done(self, order: PaperOrder) -> PaperOrder:
        """Have the ordinary order of one traded, which somebody says has been."""
        if "executeOrderId" in order.details:
            return order
        placed = replace(self._placed_by(order), state=State.FILLED, filled=order.filled)
        return _ended(order, self._orders.place(placed))

    def _placed_by(self, order: PaperOrder) -> PaperOrder:
        return PaperOrder(
            self._new_id(),
            order.symbol,
            order.side,
            "limit",
            order.quantity,
            order.price,
            order.updated_ms,
            order.updated_ms,
        )


def _ended(order: PaperOrder, placed: PaperOrder) -> PaperOrder:
    return replace(order, details=MappingProxyType({**order.details, "executeOrderId": placed.order_id}))
