"""
Reads a list that is paged by offset and changes while it is read, in whatever order the venue sorts it.

An order that leaves the list moves those behind it forward, maybe past the place where the next page begins. Each
page therefore begins with the last order of the page before it. A page that shows no order that was seen may have
left some out, and is read again from further ahead. Neither the order of the list nor its total is relied on. Only
an order that itself moves within the list may be missed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow_provider_exchange.errors import UnreadableResponseError
from airflow_provider_exchange.exchanges.common import by_key
from airflow_provider_exchange.protocol.steps import ask

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from airflow_provider_exchange.exchanges.base import Exchange
    from airflow_provider_exchange.models.orders import Order, OrderKey
    from airflow_provider_exchange.protocol.steps import Call, Operation

__all__ = ["OffsetPage", "read_by_offset"]

OVERLAP = 1
"""How many orders of a page the next one shows again."""


class OffsetPage(list["Order"]):
    """
    The orders of one page of a list.

    :param offset: How many orders of the list come before it.
    :param limit: How many orders were asked for.
    :param total: How many orders the list has, as the venue counts: some count those of the page only.
    :raises UnreadableResponseError: when the total contradicts the page.
    """

    def __init__(self, orders: Iterable[Order], offset: int, limit: int, total: int) -> None:
        super().__init__(orders)
        self.limit = limit
        count = len(self)
        if total < count or count > limit or (not count and total > offset):
            raise UnreadableResponseError(
                f"the response shows {count} orders from number {offset} on, of a total of {total}"
            )
        self.is_last = count < limit and total <= offset + count
        """Whether nothing follows it."""


def read_by_offset(
    exchange: Exchange,
    page: Callable[[int], Call[OffsetPage]],
    is_enough: Callable[[Mapping[OrderKey, Order]], bool] = lambda _shown: False,
) -> Operation[dict[OrderKey, Order]]:
    """
    Read every page of a list, and return all orders that were in it from the first request to the last, at least.

    :param exchange: Tells orders apart.
    :param page: Returns the call for the page at an offset.
    :param is_enough: Takes the orders of each page; whether to stop after it.
    :raises UnreadableResponseError: when the venue answers two offsets alike.
    """
    seen: dict[OrderKey, Order] = {}
    before: list[OrderKey] = []
    offset, step_back = 0, 0
    while True:
        read = yield from ask(page(offset))
        shown = by_key(exchange.key, read)
        if offset and seen.keys().isdisjoint(shown):
            step_back = 2 * step_back or read.limit // 2
            offset, before = max(0, offset - step_back), []
            continue
        seen |= {key: order for key, order in shown.items() if key not in seen or seen[key].state.is_terminal}
        if is_enough(shown) or read.is_last:
            return seen
        if list(shown) == before:
            raise UnreadableResponseError("the response shows the page before once more")
        before, step_back = list(shown), 0
        offset += max(1, len(read) - OVERLAP)
