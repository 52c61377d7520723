"""See how orders stand, in few requests."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from airflow_provider_exchange.errors import OrderNotFoundError
from airflow_provider_exchange.models import OrderState

if TYPE_CHECKING:
    from collections.abc import Sequence

    from airflow_provider_exchange.exchanges.base import Exchange
    from airflow_provider_exchange.models import Order, OrderRef
    from airflow_provider_exchange.steps import Operation

__all__ = ["Watch", "read_orders"]


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


def read_orders(exchange: Exchange, refs: Sequence[OrderRef]) -> Operation[list[Order | None]]:
    """
    Read orders, live or ended.

    Several are looked up in the open list first, and those that left it in the venue's lists of ended ones, so
    that a thousand orders take a few requests.

    :param exchange: The account.
    :param refs: Which orders, checked.
    :return: One for each reference, None where the venue does not know it.
    """
    found: dict[str, Order] = {}
    if len(refs) > 1:
        symbols = {ref.symbol for ref in refs}
        listed = yield from exchange.list_open(symbols.pop() if len(symbols) == 1 else None)
        by_id = {order.order_id: order for order in listed}
        by_client_id = {order.client_order_id: order for order in listed if order.client_order_id}
        for ref in refs:
            order = by_id.get(ref.order_id or "") or by_client_id.get(ref.client_order_id or "")
            if order is not None and order.is_named_by(ref):
                found[ref.key] = order
        left = [ref for ref in refs if ref.key not in found]
        if left:
            found |= yield from exchange.read_ended(left, None)
    result: list[Order | None] = []
    for ref in refs:
        try:
            result.append(found.get(ref.key) or (yield from exchange.read_order(ref)))
        except OrderNotFoundError:
            result.append(None)
    return result
