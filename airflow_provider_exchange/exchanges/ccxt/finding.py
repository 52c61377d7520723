"""Finds single orders of an exchange: by their names, in histories, and where they have gone on."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from itertools import count
from typing import TYPE_CHECKING, Any

from airflow_provider_exchange.errors import (
    ExchangeUnavailableError,
    InvalidOrderRequest,
    OrderNotFoundError,
    UnreadableResponseError,
)
from airflow_provider_exchange.exchanges.assumptions import value_at
from airflow_provider_exchange.exchanges.common import Named, by_key
from airflow_provider_exchange.exchanges.fields import records
from airflow_provider_exchange.models.orders import OrderRef
from airflow_provider_exchange.protocol.steps import ask

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime

    from airflow_provider_exchange.exchanges.base import Exchange
    from airflow_provider_exchange.exchanges.ccxt.asking import Asking
    from airflow_provider_exchange.exchanges.ccxt.books import BookReader, Books
    from airflow_provider_exchange.exchanges.ccxt.profile import Book, History, Placed, Several, Single
    from airflow_provider_exchange.models.orders import Order, OrderKey
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
        order: Order | None
        try:
            order, placed = yield from self._begun(book, ref)
        except OrderNotFoundError:
            if not book.keeps_ids:
                raise
            order, placed = yield from self._one(book, self._books.following(book).single, ref)
        return order if order and not placed else (yield from self._as_it_goes_on(ref, order, book, placed))

    def has_moved(self, ref: OrderRef) -> Operation[bool]:
        """Return whether an order that a list has just shown has ended since, or goes on in another book."""
        book = self._books.of(ref)
        try:
            order, placed = yield from self._begun(book, ref)
        except OrderNotFoundError:
            if not book.keeps_ids:
                return False
            try:
                yield from self._one(book, self._books.following(book).single, ref)
            except OrderNotFoundError:
                return False
            return True
        return order is None or bool(placed) or order.state.is_terminal

    def _begun(self, book: Book, ref: OrderRef) -> Operation[tuple[Order | None, Sequence[str]]]:
        """
        Read the order of an id, and the ids of those that it has placed.

        :return: None for an order that only those tell of which it has placed.
        """
        try:
            return (yield from self._one(book, book.single, ref))
        except OrderNotFoundError:
            placed = yield from self._on_trail(book, ref, is_known=False)
            if not placed:
                raise
        return None, placed

    def _one(self, book: Book, single: Single, ref: OrderRef) -> Operation[tuple[Order, Sequence[str]]]:
        """Read the order of an id, and the ids of those that it has placed."""
        order_id, _ = self._books.name_in(book, ref)
        shown = yield from self._read(book, single, order_id, ref)
        order, placed = next((each for each in shown if each[0].is_named_by(ref)), shown[0])
        named = self._exchange.expect(order, ref)
        return named, (yield from self._on_trail(book, ref)) if placed is None else placed

    def _on_trail(self, book: Book, ref: OrderRef, *, is_known: bool = True) -> Operation[Sequence[str]]:
        """
        Return the ids of the orders that one has placed, from where the exchange shows these.

        :param is_known: Whether the exchange has shown that one.
        """
        following = self._books.following(book)
        order_id, _ = self._books.name_in(book, ref)
        found: dict[str, None] = {}
        if book.trail is None:
            return ()
        for placed in book.trail.asks:
            try:
                found |= dict.fromkeys((yield from self._ask_placed(book, placed, ref)))
            except OrderNotFoundError as error:
                if is_known:
                    raise ExchangeUnavailableError(
                        "the order has placed others, which the venue does not tell", code=error.code
                    ) from error
        for single in book.trail.lists:
            try:
                shown = yield from self._read(following, single, order_id, ref)
            except OrderNotFoundError:
                continue
            for order, _ in shown:
                if not order.can_be_named:
                    raise UnreadableResponseError("the response shows a placed order whose name cannot be read")
                found[order.order_id.removeprefix(following.mark)] = None
        return tuple(found)

    def _ask_placed(self, book: Book, placed: Placed, ref: OrderRef) -> Operation[Sequence[str]]:
        """Ask for the ids of the orders that one has placed."""
        return ask(
            self._asking.call(
                placed.endpoint,
                placed.params(*self._books.name_in(book, ref)),
                lambda data: self._checked(book, placed.ids(data)),
                not_found=OrderNotFoundError,
            )
        )

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
                ids = (yield from self._on_trail(book, named.ref)) if placed is None else placed
                found.append((yield from self._as_it_goes_on(named.ref, named, book, ids)) if ids else named)
        return by_key(self._exchange.key, found)

    def successors(self, ref: OrderRef) -> Operation[Sequence[str]]:
        """Return the ids that an order may have in the book to which it has moved; none if it cannot have."""
        book = self._books.of(ref)
        order_id, _ = self._books.name_in(book, ref)
        if book.keeps_ids:
            return (order_id,)
        if book.placed is None and book.trail is None:
            return ()
        _, placed = yield from self._begun(book, ref)
        return placed

    def goes_on_as(self, ref: OrderRef, shown: Collection[str]) -> Operation[bool]:
        """Return whether an order has placed others, all of which are among the ids that were shown."""
        try:
            placed = yield from self.successors(ref)
        except OrderNotFoundError:
            return False
        mark = self._books.following(self._books.of(ref)).mark
        return bool(placed) and {f"{mark}{order_id}" for order_id in placed} <= set(shown)

    def _as_it_goes_on(
        self, ref: OrderRef, order: Order | None, book: Book, placed: Sequence[str]
    ) -> Operation[Order]:
        """
        Return an order that has placed others in the state of these: live as long as one of them is.

        :param order: As the exchange shows it; None where it shows the others only.
        """
        following = self._books.following(book)
        others = []
        for order_id in placed:
            other_ref = OrderRef(f"{following.mark}{order_id}", ref.symbol)
            try:
                other, _ = yield from self._one(following, following.single, other_ref)
            except OrderNotFoundError as error:
                raise ExchangeUnavailableError(
                    f"the order has placed {order_id}, which the venue does not show", code=error.code
                ) from error
            others.append(other)
        last = next((other for other in others if not other.state.is_terminal), others[-1])
        filled = [other.filled_quantity for other in others]
        return replace(
            replace(last, order_id=ref.order_id or "") if order is None else order,
            state=last.state,
            filled_quantity=None if None in filled else sum(filter(None, filled), Decimal(0)),
            changed_at=last.changed_at,
            is_waiting=False,
        )

    def _read(
        self, book: Book, single: Single, name: str, ref: OrderRef
    ) -> Operation[list[tuple[Order, Sequence[str] | None]]]:
        """
        Read what the exchange shows of an order's name, which is one order at least.

        :param book: The book whose orders it shows.
        :param single: How to ask for it.
        :param name: Its id at the exchange, or the client's.
        :return: Each order, with the ids of those that it has placed; None if it does not tell them.
        """
        try:
            return (yield from self._shown(book, single, name, ref))
        except OrderNotFoundError:
            if single.otherwise is None:
                raise
        return (yield from self._read(book, single.otherwise, name, ref))

    def _shown(
        self, book: Book, single: Single, name: str, ref: OrderRef
    ) -> Operation[list[tuple[Order, Sequence[str] | None]]]:
        """Ask for an order once, or look for it page by page in all that a call shows."""
        reader = self._books.reader(book, single.form)
        found: list[tuple[Order, Sequence[str] | None]] = []
        nameless: list[Order] = []

        def read(rows: Any) -> None:
            if single.picks is not None or single.more is not None:
                records(rows, "list of orders")
            told = rows if isinstance(rows, list) else [rows]
            told = [row for row in told if single.picks is None or single.picks(name, row)]
            for order, row in zip(reader.orders(told), told, strict=True):
                if single.more is None or order.is_named_by(ref):
                    found.append((order, self._placed(book, row)))
                elif not order.can_be_named:
                    nameless.append(order)

        def more(data: Any, rows: Sequence[Any]) -> dict[str, Any] | None:
            return None if found or single.more is None else single.more(data, rows)

        yield from self._asking.pages(
            single.endpoint,
            single.params(name, self._books.market_id(ref)),
            single.rows,
            more,
            read,
            reader.reader,
            null_is_none=single.null_is_none,
            not_found=OrderNotFoundError,
        )
        if not found and nameless:
            raise UnreadableResponseError(
                "the response shows an order whose name cannot be read, which may be this"
            )
        if not found:
            raise OrderNotFoundError("the venue shows no such order", orders=[ref])
        return found

    def _placed(self, book: Book, row: Any) -> Sequence[str] | None:
        """Return the ids of the orders that one has placed, as the book has them that they are in, if it tells."""
        if book.trail is not None and isinstance(row, dict) and book.trail.begins(row):
            return None
        if book.placed is None or not isinstance(row, dict):
            return ()
        return self._checked(book, book.placed(row))

    def _checked(self, book: Book, placed: Sequence[str]) -> Sequence[str]:
        """Return ids that the following book may have."""
        try:
            for order_id in placed:
                self._exchange.parse_order_id(f"{self._books.following(book).mark}{order_id}")
        except InvalidOrderRequest:
            raise UnreadableResponseError("the response shows a malformed id of a placed order") from None
        return placed

    def several(self, book: Book, several: Several, wanted: Sequence[OrderRef]) -> Operation[dict[OrderKey, Order]]:
        """
        Read orders by their ids, in one request.

        :param wanted: Which; no more than it may name.
        :return: Those that the exchange shows, by the keys of their references.
        :raises OrderNotFoundError: when it does not know one of them, and does not say which.
        """
        named = Named({self._exchange.key(ref): ref for ref in wanted})
        reader = self._books.reader(book)

        def parse(data: Any) -> None:
            orders = reader.orders(value_at(data, several.rows))
            named.take({self._exchange.key(order): order for order in orders})

        call = self._asking.call(
            several.endpoint,
            several.params([self._books.name_in(book, ref)[0] for ref in wanted]),
            parse,
            orders=reader.reader,
            rows=several.rows,
            not_found=OrderNotFoundError,
        )
        yield from ask(call)
        return named.orders()

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

        pages = count(1)

        def more(data: Any, rows: Sequence[Any]) -> dict[str, Any] | None:
            if named.is_complete:
                return None
            if history.counted is None:
                return history.more(data, rows)
            number = next(pages)
            return history.counted.page(number) if len(rows) >= history.counted.size(number - 1) else None

        first = history.first(market_id, ids, since_ms)
        yield from self._asking.pages(
            history.endpoint, first, history.rows, more, read, reader.reader, null_is_none=history.null_is_none
        )
        return named.orders()

    def any_in(self, symbol: str) -> Operation[bool]:
        """Return whether the history of a market has an order."""
        market = OrderRef(None, symbol)
        for book in self._books.of_markets({symbol}):
            history = book.history
            if history is None:
                continue
            reader = self._books.reader(book)

            def parse(data: Any, history: History = history, reader: BookReader = reader) -> bool:
                found = value_at(data, history.rows)
                orders = reader.orders([] if found is None and history.null_is_none else found)
                # A history may show those of all markets, whatever was asked for.
                return any(order.symbol == symbol for order in orders)

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
