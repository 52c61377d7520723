"""Watch orders until they have come to the states that somebody waits for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from airflow_provider_exchange.models import OrderState
from airflow_provider_exchange.operations.reading import read_orders

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from airflow_provider_exchange.exchanges.base import Exchange
    from airflow_provider_exchange.models import Order, OrderRef
    from airflow_provider_exchange.protocol.steps import Operation

__all__ = ["Watch", "watched_orders"]

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


def watched_orders(
    exchange: Exchange, refs: Sequence[OrderRef], seen: Mapping[OrderRef, Order] | None = None
) -> Operation[list[Order | None]]:
    """
    Read orders that are watched, live or ended.

    A thousand of them take a few requests. Of those that no list shows, a few are read directly, drawn by lot so
    that none has to wait for ever behind others that the venue does not know.

    :param exchange: The account.
    :param refs: Which orders, checked.
    :param seen: How earlier reads showed them. One that had ended is not read again, as it never changes.
    :return: One for each reference, None where the venue does not show it.
    """
    known = seen or {}
    ended = {ref: known[ref] for ref in refs if ref in known and known[ref].state.is_terminal}
    reading = yield from read_orders(
        exchange,
        [ref for ref in refs if ref not in ended],
        created={ref: order.created_at for ref, order in known.items()},
        most_direct=MOST_DIRECT,
    )
    return [ended.get(ref) or reading.shown.get(ref) for ref in refs]
