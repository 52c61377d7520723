"""See how orders stand, in few requests."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import TYPE_CHECKING

from airflow_provider_exchange.errors import OrderNotFoundError
from airflow_provider_exchange.models import OrderState

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from airflow_provider_exchange.exchanges.base import Exchange
    from airflow_provider_exchange.models import Order, OrderRef
    from airflow_provider_exchange.protocol.steps import Operation

__all__ = ["Watch", "read_orders"]

MOST_DIRECT = 5
"""So many orders that no list shows are read directly at a time."""


@dataclass(frozen=True)
class Watch:
    """
    What orders are waited for.

    :param targets: States that every order is to reach.
    :param failures: States that end the waiting. An order that the venue does not know is in the state ``unknown``.
    """

    targets: frozenset[OrderState]
    failures: frozenset[OrderState]

    def failed(self, orders: Sequence[Order | None]) -> bool:
        """
        Whether any order has reached a state that ends the waiting.

        :param orders: What a read returned.
        """
        return any(_state(order) in self.failures for order in orders)

    def reached(self, orders: Sequence[Order | None]) -> int:
        """
        Return how many orders have reached a target.

        :param orders: What a read returned.
        """
        return sum(_state(order) in self.targets for order in orders)


def _state(order: Order | None) -> OrderState:
    return OrderState.UNKNOWN if order is None else order.state


def read_orders(
    exchange: Exchange, refs: Sequence[OrderRef], seen: Mapping[OrderRef, Order] | None = None
) -> Operation[list[Order | None]]:
    """
    Read orders, live or ended.

    Several are looked up in the open list first, and those that left it in the venue's lists of ended ones, so
    that a thousand orders take a few requests. Those that no list shows are read directly, a few at a time.

    :param exchange: The account.
    :param refs: Which orders, checked.
    :param seen: How earlier reads showed them. One that had ended is not read again, as it never changes.
    :return: One for each reference, None where the venue does not show it.
    """
    known = seen or {}
    found = {ref: known[ref] for ref in refs if ref in known and known[ref].state.is_terminal}
    wanted = [ref for ref in refs if ref not in found]
    if len(wanted) > exchange.few:
        found |= yield from _read_lists(exchange, wanted, known)
    missing = [ref for ref in wanted if ref not in found]
    # Drawn by lot, so that none has to wait for ever behind others that the venue does not know.
    for ref in missing if len(missing) <= MOST_DIRECT else random.sample(missing, MOST_DIRECT):
        try:
            found[ref] = yield from exchange.read_order(ref)
        except OrderNotFoundError:
            continue
    return [found.get(ref) for ref in refs]


def _read_lists(
    exchange: Exchange, refs: Sequence[OrderRef], known: Mapping[OrderRef, Order]
) -> Operation[dict[OrderRef, Order]]:
    found: dict[OrderRef, Order] = {}
    symbols = {ref.symbol for ref in refs}
    listed = yield from exchange.list_open(symbols.pop() if len(symbols) == 1 else None)
    by_id = {order.order_id: order for order in listed}
    by_client_id = {order.client_order_id: order for order in listed if order.client_order_id}
    for ref in refs:
        order = by_id.get(ref.order_id or "") or by_client_id.get(ref.client_order_id or "")
        if order is not None and order.is_named_by(ref):
            found[ref] = order
    left = {ref.key: ref for ref in refs if ref not in found}
    if left:
        ended = yield from exchange.read_ended(list(left.values()), _since(left.values(), known))
        found |= {left[key]: order for key, order in ended.items()}
    return found


def _since(refs: Iterable[OrderRef], known: Mapping[OrderRef, Order]) -> datetime | None:
    """Return when the oldest of some orders was created; None when that is not known of each."""
    times = [known[ref].created_at if ref in known else None for ref in refs]
    told = [time for time in times if time is not None]
    return min(told) if len(told) == len(times) else None
