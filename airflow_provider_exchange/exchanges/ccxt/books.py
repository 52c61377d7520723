"""The books of a connection: which of them an order's name means, and how their orders are read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow_provider_exchange.exchanges.orders import OrderReader

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from airflow_provider_exchange.exchanges.base import Exchange
    from airflow_provider_exchange.exchanges.ccxt.names import MarketNames
    from airflow_provider_exchange.exchanges.ccxt.profile import Book
    from airflow_provider_exchange.models import Order, OrderRef

__all__ = ["BookReader", "Books", "MarketsOf", "mark_of"]


def mark_of(order_id: str) -> str:
    """Return what an order's id begins with to tell its book; empty for those that need none."""
    mark, colon, _ = order_id.rpartition(":")
    return mark + colon


class MarketsOf:
    """
    The markets of one kind, in the place of an exchange where a market is read: an id means one of this kind.

    :param names: Spell the markets.
    """

    def __init__(self, exchange: Exchange, names: MarketNames, market_type: str) -> None:
        self._exchange = exchange
        self._names = names
        self._market_type = market_type

    @property
    def secrets(self) -> frozenset[str]:
        """See :class:`.Exchange`."""
        return self._exchange.secrets

    def check_symbol(self, value: Any) -> str:
        """Return a market in the spelling of this package."""
        return self._names.of(self._market_type, value)


class BookReader(MarketsOf):
    """
    Reads the orders of one book, in the place of an exchange: ids of orders get the book's mark.

    :param book: Whose orders they are.
    """

    def __init__(self, exchange: Exchange, names: MarketNames, book: Book) -> None:
        super().__init__(exchange, names, book.market_type)
        self.name = exchange.name
        self._mark = book.mark
        self.reader = OrderReader(self, book.form)

    def parse_order_id(self, text: str) -> str:
        """
        Return an order's id in the spelling of this package.

        :raises InvalidOrderRequest: when it is malformed, or would name an order of another book.
        """
        order_id = self._exchange.parse_order_id(f"{self._mark}{text}")
        if mark_of(order_id) != self._mark:
            raise self._exchange.order_ids.malformed(text, "order_id")
        return order_id

    def orders(self, rows: Any) -> list[Order]:
        """Return the orders of a list; see :meth:`OrderReader.parse_list`."""
        return self.reader.parse_list(rows, "list of orders")


class Books:
    """
    The books that a connection covers.

    :param exchange: Its account.
    :param names: Spell its markets.
    :param books: Which.
    """

    def __init__(self, exchange: Exchange, names: MarketNames, books: Sequence[Book]) -> None:
        self._names = names
        self._books = books
        self._readers = {book.title: BookReader(exchange, names, book) for book in books}

    def __iter__(self) -> Iterator[Book]:
        return iter(self._books)

    def reader(self, book: Book) -> BookReader:
        """Return what reads the orders of a book."""
        return self._readers[book.title]

    def titled(self, title: str) -> Book:
        """Return a book by its title."""
        return next(book for book in self._books if book.title == title)

    def of_markets(self, symbols: Collection[str] | None) -> list[Book]:
        """Return the books that may have orders of some markets; all for None."""
        if symbols is None:
            return list(self._books)
        types = {self._names.split(symbol)[0] for symbol in symbols}
        return [book for book in self._books if book.market_type in types]

    def named_by(self, ref: OrderRef) -> list[Book]:
        """Return the books in which an order of this name may be; one if it has an id that was checked."""
        books = self.of_markets({ref.symbol or ""})
        if ref.order_id is None:
            return books
        return [book for book in books if book.mark == mark_of(ref.order_id)]

    def of(self, ref: OrderRef) -> Book:
        """Return the book of an order by its id."""
        (book,) = self.named_by(ref)
        return book

    def following(self, book: Book) -> Book:
        """Return the book in which a book's orders appear when their price is reached."""
        return self.titled(book.becomes or "")

    def market_id(self, ref: OrderRef) -> str:
        """Return the id of an order's market at the exchange."""
        return self._names.split(ref.symbol or "")[1]

    def name_in(self, book: Book, ref: OrderRef) -> tuple[str, str]:
        """Return the ids of an order and its market, as a book has them."""
        return (ref.order_id or "").removeprefix(book.mark), self.market_id(ref)
