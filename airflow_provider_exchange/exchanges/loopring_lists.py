"""Loopring's lists of orders, of which each shows one type of orders in one state or in all."""

from __future__ import annotations

from collections import Counter
from functools import partial
from itertools import count
from typing import TYPE_CHECKING, Any

from airflow_provider_exchange.errors import RequestRefusedError
from airflow_provider_exchange.exchanges.common import Named, by_key, read_all, refused_after_all
from airflow_provider_exchange.exchanges.fields import Record
from airflow_provider_exchange.exchanges.paging import OffsetPage, read_by_offset
from airflow_provider_exchange.protocol.steps import Operation, ask

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from airflow_provider_exchange.exchanges.http import HttpCall, HttpExchange
    from airflow_provider_exchange.exchanges.orders import OrderReader
    from airflow_provider_exchange.models.orders import Order, OrderKey, OrderRef

PAGE_SIZE = 50
LIVE = ("waiting", "processing", "cancelling")
"""The live states in the order in which an order passes through them, so that no list is read too early for it."""
ORDER_TYPES = ("TRADITIONAL_ORDER", "STOP_LIMIT")
"""A list contains stop-limit orders only if it asks for them."""
REFUSALS = 2
"""A type that so many looks have refused, as many as a proof has, is not asked for any more in a run."""


class Lists:
    """
    The lists of one account.

    :param orders: Reads the orders of a list.
    :param account_id: The account's number.
    """

    def __init__(self, exchange: HttpExchange, orders: OrderReader, account_id: int) -> None:
        self._exchange = exchange
        self._orders = orders
        self._account_id = account_id
        self._listed_types: set[str] = set()
        self._refused_types: Counter[str] = Counter()
        """How many looks have refused a type."""

    def begin(self) -> None:
        """Ask for each type of order again."""
        self._listed_types.clear()
        self._refused_types.clear()

    def open(self) -> Operation[list[Order]]:
        """
        List the live orders of all types.

        Each list is asked for one type and one state: the vendor's newer page takes one of each, and a venue that
        takes joined values literally would answer that there are none. If it refuses a type, read the orders of
        every type and filter here.
        """
        lists = yield from read_all(map(self._list_type, ORDER_TYPES))
        return [order for order in by_key(self._exchange.key, *lists).values() if not order.state.is_terminal]

    def _list_type(self, order_type: str) -> Operation[list[Order]]:
        if self._refused_types[order_type] >= REFUSALS:
            return (yield from self._list({}))
        asked = {"extraOrderTypes": order_type}
        try:
            listed = yield from self._list_live(asked)
        except RequestRefusedError as refusal:
            if order_type in self._listed_types:
                raise refused_after_all(f"orders of the type {order_type}", refusal) from refusal
            self._refused_types[order_type] += 1
            return (yield from self._list({}))
        self._listed_types.add(order_type)
        return listed

    def _list_live(self, asked: Mapping[str, Any]) -> Operation[list[Order]]:
        """
        Read the live orders of one type by their states, which the venue may not all take as a filter.

        The first page in all states says whether the states are needed at all. If the lists by state lack a live
        order on it, and that page does not show afterwards that it has ended, they cannot be relied on; then the
        orders in all states are read.
        """
        first = yield from ask(self._page(asked, 0))
        if first.is_last:
            return first
        listed: list[Order] = []
        try:
            for state in LIVE:
                listed += yield from self._list({**asked, "status": state})
        except RequestRefusedError:
            return (yield from self._list(asked))
        live = {self._exchange.key(order) for order in first if not order.state.is_terminal}
        if lacking := live - {self._exchange.key(order) for order in listed}:
            again = by_key(self._exchange.key, (yield from ask(self._page(asked, 0))))
            if not all(key in again and again[key].state.is_terminal for key in lacking):
                return (yield from self._list(asked))
        return listed

    def _list(self, asked: Mapping[str, Any]) -> Operation[list[Order]]:
        """Read every page of a list."""
        return list((yield from read_by_offset(self._exchange, partial(self._page, asked))).values())

    def _page(self, asked: Mapping[str, Any], offset: int) -> HttpCall[OffsetPage]:
        """Read one page. An empty list may be left out."""

        def parse(data: Any) -> OffsetPage:
            body = Record(data, "body")
            total = body.integer("totalNum")
            shown = body.get("orders") if total or "orders" in body else []
            return OffsetPage(self._orders.parse_list(shown, "orders"), offset, PAGE_SIZE, total)

        params = {"accountId": self._account_id, **asked, "limit": PAGE_SIZE, "offset": offset}
        return self._exchange.reading("/api/v3/orders", parse, "orders", params, signed=False)

    def search(self, refs: Sequence[OrderRef], since: datetime | None) -> Operation[dict[OrderKey, Order]]:
        """
        Read the orders in all states, one type after the other, until every one is found.

        Without a time to begin with, the list is the account's whole history. No more pages of it are read than
        there are orders, as reading each order by itself would take no more requests.
        """
        window = {} if since is None else {"start": int(since.timestamp() * 1000)}
        found: dict[OrderKey, Order] = {}
        for order_type in ORDER_TYPES:
            left = [ref for ref in refs if self._exchange.key(ref) not in found]
            if not left:
                break
            try:
                found |= yield from self._search_list(left, {**window, "extraOrderTypes": order_type})
            except RequestRefusedError:
                found |= yield from self._search_list(left, window)
        return found

    def _search_list(self, refs: Sequence[OrderRef], asked: Mapping[str, Any]) -> Operation[dict[OrderKey, Order]]:
        named = Named({self._exchange.key(ref): ref for ref in refs})
        pages = count(1)
        # An order without a hash cannot be read by itself: the list has to be read to its end for it.
        most_pages = len(refs) if "start" not in asked and all(ref.order_id for ref in refs) else None

        def is_enough(shown: Mapping[OrderKey, Order]) -> bool:
            named.take(shown)
            return next(pages) == most_pages or named.is_complete

        yield from read_by_offset(self._exchange, partial(self._page, asked), is_enough)
        return named.orders()
