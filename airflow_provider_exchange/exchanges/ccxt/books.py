"""The books of a connection: which of them an order's name means, and how their orders are read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow_provider_exchange.exchanges.orders import OrderReader

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    from airflow_provider_exchange.exchanges.base import Exchange
    from airflow_provider_exchange.exchanges.ccxt.names import MarketNames
    from airflow_provider_exchange.exchanges.ccxt.profile import Book, Listing
    from airflow_provider_exchange.exchanges.orders import OrderForm
    from airflow_provider_exchange.models.orders import Order, OrderRef

    Shared = Sequence[tuple[Book, Listing]]
    """A list, and the books whose orders it shows."""

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
    :param form: How they are written.
    """

    def __init__(self, exchange: Exchange, names: MarketNames, book: Book, form: OrderForm) -> None:
        super().__init__(exchange, names, book.market_type)
        self.name = exchange.name
        self._mark = book.mark
        self.reader = OrderReader(self, form)

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
        self._readers = {
            book.title: [BookReader(exchange, names, book, form) for form in book.forms()] for book in books
        }

    def __iter__(self) -> Iterator[Book]:
        return iter(self._books)

    def reader(self, book: Book, form: OrderForm | None = None) -> BookReader:
        """
        Return what reads the orders of a book.

        :param form: One of its forms; None for the usual one.
        """
        readers = self._readers[book.title]
        return next(each for each in readers if form is None or each.reader.form == form)

    def lists_of(self, books: Iterable[Book]) -> list[list[tuple[Book, Listing]]]:
        """Return the lists of some books, each with the books whose orders it shows."""
        found: dict[Any, list[tuple[Book, Listing]]] = {}
        for book in books:
            for number, listing in enumerate(book.lists):
                of_its_own = (book.title, number) if listing.only is None else ()
                asked = (listing.endpoint, repr(dict(listing.params)), of_its_own)  # a parameter may be a list
                found.setdefault(asked, []).append((book, listing))
        return list(found.values())

    @staticmethod
    def left_meanwhile(asked: Sequence[Shared], lists: Sequence[Sequence[Order]]) -> list[Order]:
        """
        Return the orders that the last list of their book, which would show them all, shows no more.

        :param asked: The lists as :meth:`lists_of` returns them.
        :param lists: What each of them showed.
        """
        shown: dict[str, list[Sequence[Order]]] = {}
        for shared, orders in zip(asked, lists, strict=True):
            book = shared[0][0]
            if book.trail is not None and book.trail.last_shows_all:
                shown.setdefault(book.title, []).append(orders)
        left = []
        for *earlier, last in shown.values():
            still = {(order.symbol, order.order_id) for order in last}
            left += [
                order
                for orders in earlier
                for order in orders
                if order.can_be_named and (order.symbol, order.order_id) not in still
            ]
        return left

    def read_row(self, shared: Shared, row: Any) -> Order:
        """Return an order of a list, as the book writes it whose order it is."""
        owners = (each for each in shared if each[1].only is not None and each[1].only(row))
        book, listing = next(owners, shared[0])
        (order,) = self.reader(book, listing.form).orders([row])
        return order

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
        books = self.of_markets(None if ref.symbol is None else {ref.symbol})
        if ref.order_id is None:
            return books
        return [book for book in books if book.mark == mark_of(ref.order_id)]

    def of(self, ref: OrderRef) -> Book:
        """Return the book of an order by its id."""
        (book,) = self.named_by(ref)
        return book

    def following(self, book: Book) -> Book:
        """Return the book in which a book's orders appear when their price is reached; the same for most."""
        return book if book.becomes is None else self.titled(book.becomes)

    def market_id(self, ref: OrderRef) -> str:
        """Return the id of an order's market at the exchange; empty where the order was named without."""
        return self._names.split(ref.symbol or "")[1]

    def name_in(self, book: Book, ref: OrderRef) -> tuple[str, str]:
        """Return the ids of an order and its market, as a book has them."""
        return (ref.order_id or "").removeprefix(book.mark), self.market_id(ref)
