"""The histories of BitoPro's two books: an order that has left the lists of live ones is looked for here."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import quote

from airflow_provider_exchange.errors import ExchangeUnavailableError, OrderNotFoundError
from airflow_provider_exchange.exchanges.bitopro_books import REFUSED
from airflow_provider_exchange.exchanges.common import by_key, into, read_pages, refused_after_all, search
from airflow_provider_exchange.protocol.steps import Operation, ask, venue_time

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence
    from datetime import datetime

    from airflow_provider_exchange.exchanges.bitopro_books import Book, Books
    from airflow_provider_exchange.exchanges.common import Pages
    from airflow_provider_exchange.exchanges.http import HttpCall, HttpExchange
    from airflow_provider_exchange.models.orders import Order, OrderKey, OrderRef

T = TypeVar("T")

PAGE_SIZE = 1000
HISTORY = timedelta(days=90) - timedelta(minutes=1)
"""The longest time for which the venue documents a history, less a minute in which a request may be under way."""
NEVER_OPEN = "6"
"""The status of a post-only order that the venue cancelled instead of opening it."""


class Histories:
    """
    The histories of both books of one account.

    :param books: What each book has shown.
    :param parse: Parses a list of orders.
    """

    def __init__(self, exchange: HttpExchange, books: Books, parse: Callable[[Any], list[Order]]) -> None:
        self._exchange = exchange
        self._books = books
        self._parse = parse

    def with_client_id(self, ref: OrderRef) -> Operation[dict[OrderKey, Order]]:
        """Find the orders with a client order id in the histories."""
        found: list[Order] = []
        for book in self._books.to_search([self._exchange.key(ref)]):
            call = self._orders_of_pair(book, ref.symbol, {"clientId": ref.client_order_id})
            found += yield from self._in_history(book, ask(call), [])
        return by_key(self._exchange.key, (order for order in found if order.is_named_by(ref)))

    def search(
        self, pair: str | None, wanted: Sequence[OrderRef], since: datetime | None
    ) -> Operation[dict[OrderKey, Order]]:
        """Find orders of a pair in the histories, and leave out those that a book has shown and no longer shows."""
        window = {} if since is None else (yield from self._window(since))
        found: dict[OrderKey, Order] = {}
        missed: set[OrderKey] = set()
        refs = {self._exchange.key(ref): ref for ref in wanted}
        for book in self._books.to_search(refs):
            named = {key: ref for key, ref in refs.items() if self._books.may_show(book, key)}
            page = self._history(book, pair, window)
            shown = yield from self._in_history(book, search(self._exchange, list(named.values()), page), {})
            missed |= (named.keys() & book.seen) - shown.keys()
            for key, order in shown.items():
                if key not in found or found[key].state.is_terminal:
                    found[key] = order
        return {key: order for key, order in found.items() if key not in missed}

    def read(self, symbols: Collection[str] | None, found: list[Order]) -> Operation[None]:
        """
        Read all orders of the last 90 days, pair by pair, of each book.

        :param symbols: The pairs; None for all.
        :param found: Takes the orders, also those that were read before an error.
        """
        window = yield from self._window(None)
        pairs = symbols
        if pairs is None:
            listed = yield from self._exchange.markets()
            pairs = list(dict.fromkeys([*self._books.pairs_seen(), *listed]))
        for pair in pairs:
            for book in self._books.with_history:
                shown: list[Order] = []
                try:
                    yield from read_pages(self._exchange, self._history(book, pair, window), into(shown))
                except (OrderNotFoundError, *REFUSED):
                    if book is self._books.spot or book.seen:
                        raise
                finally:
                    found += [order for order in shown if order.venue_state != NEVER_OPEN]

    def _window(self, since: datetime | None) -> Operation[dict[str, int]]:
        """Return the parameter for orders created since some time, but for no more than the venue's history."""
        _, now = yield from venue_time()
        start = now - HISTORY if since is None else max(since, now - HISTORY)
        return {"startTimestamp": int(start.timestamp() * 1000)}

    def _history(
        self, book: Book, pair: str | None, window: Mapping[str, Any]
    ) -> Callable[[Pages], HttpCall[list[Order]]]:
        """Return what asks for a page of a book's history, which begins with the last order of the page before."""

        def page(pages: Pages) -> HttpCall[list[Order]]:
            last = next((order for order in reversed(pages.fresh.values()) if order.can_be_named), None)
            after = {} if last is None else {"orderId": last.order_id}
            return self._orders_of_pair(book, pair, {**window, **after})

        return page

    def _in_history(self, book: Book, reading: Operation[T], nothing: T) -> Operation[T]:
        """Read a history; return ``nothing`` if margin has none for this pair or account."""
        try:
            return (yield from reading)
        except (OrderNotFoundError, *REFUSED) as refusal:
            if book is self._books.spot:
                raise
            if self._books.has_margin and not isinstance(refusal, OrderNotFoundError):
                raise refused_after_all("the history of margin orders", refusal) from refusal
            return nothing

    def _orders_of_pair(self, book: Book, pair: str | None, params: Mapping[str, Any]) -> HttpCall[list[Order]]:
        """Ask for all orders: statuses 4 and 6 are neither in OPEN nor in DONE."""
        return self._exchange.reading(
            f"{book.path}/all/{quote(pair or '', safe='')}",
            self._parse,
            "orders",
            {"statusKind": "ALL", "limit": PAGE_SIZE, **params},
            not_found=OrderNotFoundError if book is self._books.margin else ExchangeUnavailableError,
        )
