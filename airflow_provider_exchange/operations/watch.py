"""Watches orders until they reach certain states."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from airflow_provider_exchange.errors import ExchangeUnavailableError
from airflow_provider_exchange.exchanges.common import by_key
from airflow_provider_exchange.models.orders import OrderState
from airflow_provider_exchange.operations.reading import MOST_DIRECT, markets_of, read_orders
from airflow_provider_exchange.protocol.steps import DeadlineReached, Pause

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from airflow_provider_exchange.exchanges.base import Exchange
    from airflow_provider_exchange.models.orders import Order, OrderRef
    from airflow_provider_exchange.protocol.steps import Operation

BETWEEN_LOOKS = 1.0
"""Seconds between two reads that are to show what a trigger has seen."""


@dataclass(frozen=True)
class Watch:
    """
    The states to wait for.

    :param targets: States that every order has to reach.
    :param failures: States that end the waiting. An order that the venue does not know is ``unknown``.
    """

    targets: frozenset[OrderState]
    failures: frozenset[OrderState]

    def failed(self, orders: Sequence[Order | None]) -> bool:
        """Whether any order is in a state that ends the waiting."""
        return any(_state(order) in self.failures for order in orders)

    def reached(self, orders: Sequence[Order | None]) -> int:
        """Return how many orders are in a target state."""
        return sum(_state(order) in self.targets for order in orders)


def _state(order: Order | None) -> OrderState:
    return OrderState.UNKNOWN if order is None else order.state


def watched_orders(
    exchange: Exchange, refs: Sequence[OrderRef], seen: Mapping[OrderRef, Order] | None = None
) -> Operation[list[Order | None]]:
    """
    Read orders that are watched, live or ended; return None for each that the venue does not show.

    A thousand orders need only a few requests. Of the orders that no list shows, a random few are read directly, so
    that none is stuck behind others that the venue does not know.

    :param seen: Results of earlier reads. Orders that had ended are not read again. But one that the open list
        shows beside the others is open: the list may lag behind, or the earlier read was wrong, and the next read
        tells.
    :raises InvalidOrderRequest: when a reference means no single order of the market that it names.
    """
    known = seen or {}
    ended = {ref: known[ref] for ref in refs if ref in known and known[ref].state.is_terminal}
    left = {exchange.key(ref): ref for ref in refs if ref not in ended}
    listed = (yield from exchange.list_open(markets_of(left.values()))) if len(left) > exchange.few else None
    reading = yield from read_orders(
        exchange,
        left,
        created={exchange.key(ref): order.created_at for ref, order in known.items()},
        listed=listed,
        most_direct=MOST_DIRECT,
    )
    shown = reading.whole()
    still_listed = by_key(exchange.key, listed or ()) if ended else {}
    return [
        still_listed.get(exchange.key(ended[ref]), ended[ref])
        if ref in ended
        else _named_by(ref, shown.get(exchange.key(ref)))
        for ref in refs
    ]


def ended_orders(exchange: Exchange, refs: Sequence[OrderRef], watch: Watch) -> Operation[list[Order | None]]:
    """
    Read orders, as often as the time allows, until all are in a target state or one is in a failed state.

    A thousand orders need only a few requests, as with :func:`watched_orders`, whose results these are.

    :raises TransientError: naming the orders that are in no target state when the time is up.
    """
    seen: dict[OrderRef, Order] = {}
    left: Sequence[OrderRef] = refs
    try:
        while True:
            orders = yield from watched_orders(exchange, refs, seen)
            shown = dict(zip(refs, orders, strict=True))
            seen |= {ref: order for ref, order in shown.items() if order is not None}
            left = [ref for ref, order in shown.items() if not watch.reached([order])]
            if not left or watch.failed(orders):
                return orders
            yield Pause(BETWEEN_LOOKS)
    except DeadlineReached as cut:
        error = cut.trouble or ExchangeUnavailableError(
            f"the waiting ended, but the exchange shows {len(left)} of {len(refs)} orders in no target state; run "
            "the task again",
            exchange=exchange.name,
        )
        raise error.concerning(left) from cut.trouble


def _named_by(ref: OrderRef, order: Order | None) -> Order | None:
    """Return an order unless the reference names another market, as one of two that share an id may do."""
    return order if order is not None and order.is_named_by(ref) else None
