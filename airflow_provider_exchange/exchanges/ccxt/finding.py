"""Finds single orders of an exchange: by their names, in histories, and where they have gone on."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from airflow_provider_exchange.errors import (
    ExchangeUnavailableError,
    InvalidOrderRequest,
    OrderNotFoundError,
    UnreadableResponseError,
)
from airflow_provider_exchange.exchanges.assumptions import value_at
from airflow_provider_exchange.exchanges.common import Named, by_key
from airflow_provider_exchange.models import OrderRef
from airflow_provider_exchange.protocol.steps import ask

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from airflow_provider_exchange.exchanges.base import Exchange
    from airflow_provider_exchange.exchanges.ccxt.asking import Asking
    from airflow_provider_exchange.exchanges.ccxt.books import BookReader, Books
    from airflow_provider_exchange.exchanges.ccxt.profile import Book, History, Single
    from airflow_provider_exchange.models import Order, OrderKey
    from airflow_provider_exchange.protocol.steps import Operation

__all__ = ["Finding"]


class Finding:
    """
    Reads orders one by one, or in the history of their market.

    :param exchange: The account.
    :param books: Those that it covers.
    :param asking: Makes its calls.
    """

    def __init__(self, exchange: Exchange, books: Books, asking: Asking) -> None:
        self._exchange = exchange
        self._books = books
        self._asking = asking

    def by_id(self, ref: OrderRef) -> Operation[Order]:
        """
        Read an order by its id. One that has placed others is in the state of these.

        :raises OrderNotFoundError: when the exchange does not know it.
        """
        book = self._books.of(ref)
        try:
            order, placed = yield from self._one(book, book.single, ref)
        except OrderNotFoundError:
            if not book.keeps_ids:
                raise
            order, placed = yield from self._one(book, self._books.following(book).single, ref)
        return (yield from self._as_it_goes_on(order, book, placed)) if placed else order

    def has_moved(self, ref: OrderRef) -> Operation[bool]:
        """Return whether an order that a list has just shown has ended since, or goes on in another book."""
        book = self._books.of(ref)
        try:
            order, placed = yield from self._one(book, book.single, ref)
        except OrderNotFoundError:
            if not book.keeps_ids:
                return False
            try:
                yield from self._one(book, self._books.following(book).single, ref)
            except OrderNotFoundError:
                return False
            return True
        return bool(placed) or order.state.is_terminal

    def _one(self, book: Book, single: Single, ref: OrderRef) -> Operation[tuple[Order, Sequence[str]]]:
        """Read the order of an id, and the ids of those that it has placed."""
        order_id, _ = self._books.name_in(book, ref)
        shown = yield from self._read(book, single, order_id, ref)
        order, placed = next((each for each in shown if each[0].is_named_by(ref)), shown[0])
        return self._exchange.expect(order, ref), placed

    def by_client_id(self, ref: OrderRef) -> Operation[dict[OrderKey, Order]]:
        """
        Return the orders with a client's id, live or ended, by their keys.

        :raises UnreadableResponseError: when an answer shows something else, which is no word for "not found".
        """
        found: list[Order] = []
        for book in self._books.named_by(ref):
            if book.by_client_id is None:
                continue
            try:
                shown = yield from self._read(book, book.by_client_id, ref.client_order_id or "", ref)
            except OrderNotFoundError:
                continue
            for order, placed in shown:
                named = self._exchange.expect(order, ref)
                found.append((yield from self._as_it_goes_on(named, book, placed)) if placed else named)
        return by_key(self._exchange.key, found)

    def successors(self, ref: OrderRef) -> Operation[Sequence[str]]:
        """Return the ids that an order may have in the book to which it has moved; none if it cannot have."""
        book = self._books.of(ref)
        order_id, _ = self._books.name_in(book, ref)
        if book.keeps_ids:
            return (order_id,)
        if book.placed is None:
            return ()
        _, placed = yield from self._one(book, book.single, ref)
        return placed

    def _as_it_goes_on(self, order: Order, book: Book, placed: Sequence[str]) -> Operation[Order]:
        """Return an order that has placed others in the state of these: live as long as one of them is."""
        following = self._books.following(book)
        others = []
        for order_id in placed:
            ref = OrderRef(f"{following.mark}{order_id}", order.symbol)
            try:
                other, _ = yield from self._one(following, following.single, ref)
            except OrderNotFoundError as error:
                raise ExchangeUnavailableError(
                    f"the order has placed {order_id}, which the venue does not show", code=error.code
                ) from error
            others.append(other)
        last = next((other for other in others if not other.state.is_terminal), others[-1])
        filled = [other.filled_quantity for other in others]
        return replace(
            order,
            state=last.state,
            filled_quantity=None if None in filled else sum(filter(None, filled), Decimal(0)),
            changed_at=last.changed_at,
            is_waiting=False,
        )

    def _read(
        self, book: Book, single: Single, name: str, ref: OrderRef
    ) -> Operation[list[tuple[Order, Sequence[str]]]]:
        """
        Read what the exchange shows of an order's name, which is one order at least.

        :param book: The book whose order it is by its name.
        :param single: How to ask for it.
        :param name: Its id at the exchange, or the client's.
        :return: Each order, with the ids of those that it has placed.
        """
        reader = self._books.reader(book)
        market_id = self._books.market_id(ref)

        def parse(data: Any) -> list[tuple[Order, Sequence[str]]]:
            found = value_at(data, single.rows)
            rows = found if isinstance(found, list) else [found]
            if not rows:
                raise OrderNotFoundError("the venue shows no such order", orders=[ref])
            return list(zip(reader.orders(rows), [self._placed(book, row) for row in rows], strict=True))

        return ask(
            self._asking.call(
                single.endpoint,
                single.params(name, market_id),
                parse,
                orders=reader.reader,
                rows=single.rows,
                not_found=OrderNotFoundError,
            )
        )

    def _placed(self, book: Book, row: Any) -> Sequence[str]:
        """Return the ids of the orders that one has placed, as the book has them that they are in."""
        if book.placed is None or not isinstance(row, dict):
            return ()
        placed = book.placed(row)
        try:
            for order_id in placed:
                self._exchange.parse_order_id(f"{self._books.following(book).mark}{order_id}")
        except InvalidOrderRequest:
            raise UnreadableResponseError("the response shows a malformed id of a placed order") from None
        return placed

    def in_history(
        self, book: Book, history: History, wanted: Sequence[OrderRef], since: datetime | None
    ) -> Operation[dict[OrderKey, Order]]:
        """
        Find orders of one market in its history, which is read until all are found.

        :param wanted: Which, at least one.
        :param since: When the first of them was created; None if that is not known.
        :return: Those that were found, by the keys of their references.
        """
        named = Named({self._exchange.key(ref): ref for ref in wanted})
        ids = [self._books.name_in(book, ref)[0] for ref in wanted]
        market_id = self._books.market_id(wanted[0])
        since_ms = None if since is None else int(since.timestamp() * 1000)
        reader = self._books.reader(book)

        def read(rows: Any) -> None:
            named.take({self._exchange.key(order): order for order in reader.orders(rows)})

        def more(data: Any, rows: Sequence[Any]) -> dict[str, Any] | None:
            return None if named.is_complete else history.more(data, rows)

        first = history.first(market_id, ids, since_ms)
        yield from self._asking.pages(history.endpoint, first, history.rows, more, read, reader.reader)
        return named.orders()

    def any_in(self, symbol: str) -> Operation[bool]:
        """Return whether the history of a market has an order."""
        market = OrderRef(None, symbol)
        for book in self._books.of_markets({symbol}):
            history = book.history
            if history is None:
                continue
            reader = self._books.reader(book)

            def parse(data: Any, rows: str = history.rows, reader: BookReader = reader) -> bool:
                return bool(reader.orders(value_at(data, rows)))

            # Nothing but the market is named, so "not found" is said of it.
            call = self._asking.call(
                history.endpoint,
                history.first(self._books.market_id(market), (), None),
                parse,
                orders=reader.reader,
                rows=history.rows,
                not_found=OrderNotFoundError,
            )
            if (yield from ask(call)):
                return True
        return False
