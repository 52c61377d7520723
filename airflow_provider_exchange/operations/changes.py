"""Finds out which orders of an account have changed since the last look."""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow_provider_exchange.exchanges.common import by_key
from airflow_provider_exchange.operations.reading import read_orders

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from airflow_provider_exchange.exchanges.base import Exchange
    from airflow_provider_exchange.models.orders import Order, OrderKey
    from airflow_provider_exchange.protocol.steps import Operation

LOOKS = 20
"""An order that left the open list, and that the venue does not show in this many looks, is dropped."""


class Changes:
    """
    The live orders of an account, from one look to the next.

    An order that is placed and ends between two looks is not noticed.
    """

    def __init__(self) -> None:
        self._known: dict[OrderKey, Order] | None = None
        self._missed: dict[OrderKey, int] = {}

    def look(self, exchange: Exchange) -> Operation[list[Order]]:
        """
        Return the orders that are new or in another state since the last look; the first look returns none.

        A look that fails changes nothing, so the next one reports what it would have reported.
        """
        exchange.begin()
        known = self._known
        listed = _readable((yield from exchange.list_open()), exchange, known or {})
        if known is None:
            self._known = listed
            return []
        gone = {key: order for key, order in known.items() if key not in listed}
        reading = yield from read_orders(
            exchange,
            {key: order.ref for key, order in gone.items()},
            created={key: order.created_at for key, order in gone.items()},
            listed=(),
        )
        ended = reading.whole()
        changed = [
            order
            for key, order in (listed | ended).items()
            if key not in known or order.state is not known[key].state
        ]
        lost = {key: order for key, order in known.items() if key not in listed and key not in ended}
        self._missed = {key: self._missed.get(key, 0) + 1 for key in lost}
        waited_for = {key: order for key, order in lost.items() if self._missed[key] < LOOKS}
        still_live = {key: order for key, order in ended.items() if not order.state.is_terminal}
        self._known = listed | still_live | waited_for
        return changed


def _readable(
    orders: Iterable[Order], exchange: Exchange, known: Mapping[OrderKey, Order]
) -> dict[OrderKey, Order]:
    """Return the orders that can be named; one whose state cannot be read is taken to be in its last known one."""
    keyed = by_key(exchange.key, (order for order in orders if order.can_be_named))
    return {key: known.get(key, order) if "state" in order.unreadable else order for key, order in keyed.items()}
