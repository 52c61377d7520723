"""Notice how the orders of an account change, in as few requests as its lists allow."""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow_provider_exchange.errors import OrderNotFoundError

if TYPE_CHECKING:
    from airflow_provider_exchange.exchanges.base import Exchange
    from airflow_provider_exchange.models import Order
    from airflow_provider_exchange.protocol.steps import Operation

__all__ = ["Changes"]

LOOKS = 20
"""An order that left the open list, and that the venue does not show in so many looks, is forgotten."""


class Changes:
    """
    What is known of the live orders of an account, from one look to the next.

    An order that comes and ends between two looks is never seen.
    """

    def __init__(self) -> None:
        self._known: dict[str, Order] | None = None
        self._missed: dict[str, int] = {}

    def look(self, exchange: Exchange) -> Operation[list[Order]]:
        """
        Return the orders that are new or in another state than at the look before; none at the first look.

        A look that fails changes nothing: what it would have seen is seen by the next.

        :param exchange: The account.
        :raises ExchangeError: when the venue cannot be read.
        """
        listed = {order.order_id: order for order in (yield from exchange.list_open())}
        if self._known is None:
            self._known = listed
            return []
        ended = yield from _read(exchange, [order for key, order in self._known.items() if key not in listed])
        changed = [
            order
            for key, order in (listed | ended).items()
            if key not in self._known or order.state is not self._known[key].state
        ]
        lost = {key: order for key, order in self._known.items() if key not in listed and key not in ended}
        self._missed = {key: self._missed.get(key, 0) + 1 for key in lost}
        waited_for = {key: order for key, order in lost.items() if self._missed[key] < LOOKS}
        still_live = {key: order for key, order in ended.items() if not order.state.is_terminal}
        self._known = listed | still_live | waited_for
        return changed


def _read(exchange: Exchange, gone: list[Order]) -> Operation[dict[str, Order]]:
    if not gone:
        return {}
    times = [order.created_at for order in gone if order.created_at is not None]
    since = min(times) if len(times) == len(gone) else None
    found = yield from exchange.read_ended([order.ref for order in gone], since)
    for order in gone:
        if order.order_id not in found:
            try:
                found[order.order_id] = yield from exchange.read_order(order.ref)
            except OrderNotFoundError:
                continue  # perhaps not readable at this moment
    return found
