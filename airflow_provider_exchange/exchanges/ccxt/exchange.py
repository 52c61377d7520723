"""An account at an exchange that is certified for ccxt: the operations, in terms of its profile."""

from __future__ import annotations

import logging
from dataclasses import replace
from decimal import Decimal
from itertools import chain
from typing import TYPE_CHECKING, Any, TypeVar

from airflow_provider_exchange.errors import (
    ExchangeError,
    ExchangeUnavailableError,
    InvalidOrderRequest,
    OrderNotFoundError,
    PermissionDeniedError,
    RequestRefusedError,
    UnreadableResponseError,
)
from airflow_provider_exchange.exchanges.arguments import Grammar
from airflow_provider_exchange.exchanges.assumptions import Assumptions, value_at
from airflow_provider_exchange.exchanges.base import Cancellation, Exchange, Options
from airflow_provider_exchange.exchanges.ccxt.calls import CcxtCall
from airflow_provider_exchange.exchanges.ccxt.names import MarketNames
from airflow_provider_exchange.exchanges.ccxt.settings import account_of
from airflow_provider_exchange.exchanges.ccxt.uncertified import Uncertified
from airflow_provider_exchange.exchanges.common import Named, by_key, live_then_ended, read_all
from airflow_provider_exchange.exchanges.fields import Record, records
from airflow_provider_exchange.exchanges.markets import by_symbol
from airflow_provider_exchange.exchanges.orders import OrderReader
from airflow_provider_exchange.models import OrderRef
from airflow_provider_exchange.protocol.steps import ask
from airflow_provider_exchange.side_work import SideLog

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    from airflow_provider_exchange.exchanges.ccxt.client import Client
    from airflow_provider_exchange.exchanges.ccxt.profile import (
        Batch,
        Book,
        Endpoint,
        History,
        Listing,
        Markets,
        Params,
        Profile,
        Single,
    )
    from airflow_provider_exchange.exchanges.settings import ConnectionSettings
    from airflow_provider_exchange.models import Order, OrderKey
    from airflow_provider_exchange.protocol.steps import Call, Operation

__all__ = ["Ccxt"]

T = TypeVar("T")

REFUSED = (PermissionDeniedError, RequestRefusedError)

log = SideLog(logging.getLogger(__name__))


class BookReader:
    """
    Reads the orders of one book.

    It stands for the exchange where an order is read: a market's id means a market of the book's kind, and ids of
    orders get the book's mark.
    """

    def __init__(self, exchange: Ccxt, book: Book) -> None:
        self._exchange = exchange
        self._book = book
        self.name = exchange.name
        self.reader = OrderReader(self, book.form)

    @property
    def secrets(self) -> frozenset[str]:
        """See :class:`.Exchange`."""
        return self._exchange.secrets

    def parse_order_id(self, text: str) -> str:
        """
        Return an order's id in the spelling of this package.

        :raises InvalidOrderRequest: when it is malformed, or would name an order of another book.
        """
        order_id = self._exchange.parse_order_id(f"{self._book.mark}{text}")
        if self._exchange.mark_of(order_id) != self._book.mark:
            raise self._exchange.order_ids.malformed(text, "order_id")
        return order_id

    def check_symbol(self, value: Any) -> str:
        """Return a market in the spelling of this package."""
        return self._exchange.markets_named.of(self._book.market_type, value)

    def orders(self, rows: Any) -> list[Order]:
        """Return the orders of a list; see :meth:`OrderReader.parse_list`."""
        return self.reader.parse_list(rows, "list of orders")


class Ccxt(Exchange):
    """
    One account at one exchange.

    :param profile: What is to know of the exchange.
    :param client: ccxt's object of the account.
    :param secrets: Texts that must never appear in a message.
    :param market_type: The only kind of market that is covered; None for all of the profile.
    """

    name = "ccxt"
    title = "ccxt"
    needs_symbol = True

    def __init__(
        self, profile: Profile, client: Client, secrets: Collection[str], market_type: str | None = None
    ) -> None:
        super().__init__(secrets)
        types = [each for each in profile.market_types if market_type in (None, each.name)]
        self.name = profile.exchange
        self.title = profile.title
        self.limits = profile.limits
        self.order_ids = profile.order_ids
        self.client_order_ids = profile.client_order_ids
        self.side_by_side = profile.side_by_side
        self.never_an_order_id = profile.never_an_order_id
        self.markets_named = MarketNames(types, profile.title)
        self.symbols = Grammar(types[0].ids.pattern, self.markets_named.example, any_script=True)
        self._profile = profile
        self._client = client
        self._types = types
        self._books = [book for book in profile.books if book.market_type in {each.name for each in types}]
        self._readers = {book.title: BookReader(self, book) for book in self._books}
        self._allowed = profile.endpoints()
        self._coverage_is_told = False
        plain = self._books[0].form
        self.assumes = Assumptions(
            order=plain,
            other_orders=tuple(book.form for book in self._books if book.form != plain),
            words=profile.words,
            fields=profile.fields,
        )
        kind = {} if market_type is None else {"default_type": market_type}
        self.distinction = {"exchange": profile.exchange, **kind}

    def __repr__(self) -> str:
        return f"<Ccxt {self.name}>"

    @classmethod
    def from_settings(cls, settings: ConnectionSettings) -> Any:
        """
        Build the account of an Airflow connection, by whether a profile certifies its exchange.

        See :mod:`.settings` for the fields of the connection.
        """
        account = account_of(settings)
        if account.profile is None:
            return Uncertified(account.client, account.secrets)
        return cls(account.profile, account.client, account.secrets, account.market_type)

    # -- names

    def check_symbol(self, value: Any, field: str = "symbol") -> str:
        """Return a market in one spelling; see :class:`.MarketNames`."""
        return self.markets_named.check(value, field)

    def check_ref(
        self, order_id: Any = None, symbol: Any = None, client_order_id: Any = None, *, field: str = ""
    ) -> OrderRef:
        """
        Return a reference to one order; see :meth:`.Exchange.check_ref`.

        :raises InvalidOrderRequest: also when the id is one of a book that the order's market has none of.
        """
        ref = super().check_ref(order_id, symbol, client_order_id, field=field)
        if not self._books_of(ref):
            marks = [book.mark or "no prefix" for book in self._books_of(OrderRef(None, ref.symbol, ""))]
            raise InvalidOrderRequest(
                f"{field}order_id {ref.order_id!a} is of a kind of orders that {self.title} does not have in "
                f"market {ref.symbol}; ids have {' or '.join(marks)} there",
                exchange=self.name,
            )
        return ref

    def mark_of(self, order_id: str) -> str:
        """Return what an order's id begins with to tell its book; empty for those that need none."""
        mark, colon, _ = order_id.rpartition(":")
        return mark + colon

    def _books_of(self, ref: OrderRef) -> list[Book]:
        """Return the books in which an order of this name may be; there is one if it has an id that was checked."""
        market_type, _ = self.markets_named.split(ref.symbol or "")
        books = [book for book in self._books if book.market_type == market_type]
        if ref.order_id is None:
            return books
        mark = self.mark_of(ref.order_id)
        return [book for book in books if book.mark == mark]

    def _book_named(self, ref: OrderRef) -> Book:
        """Return the book of an order by its id."""
        (book,) = self._books_of(ref)
        return book

    def _following(self, book: Book) -> Book:
        """Return the book in which a book's orders appear when their price is reached."""
        return next(each for each in self._books if each.title == book.becomes)

    def _name_in(self, book: Book, ref: OrderRef) -> tuple[str, str]:
        """Return the ids of an order and its market, as a book has them."""
        _, market_id = self.markets_named.split(ref.symbol or "")
        return (ref.order_id or "").removeprefix(book.mark), market_id

    def orders_shown(
        self,
        call: Call[Any] | None,
        path: str,  # noqa: ARG002  (it does not tell)
        body: Any,
    ) -> Iterator[tuple[dict[str, Any], OrderReader]]:
        """Yield what an answer shows as orders; which book's they are follows from what was asked."""
        if isinstance(call, CcxtCall) and call.orders is not None:
            for row in call.orders_shown(body):
                yield row, call.orders

    # -- calls

    def _call(
        self,
        endpoint: Endpoint,
        params: Params,
        parse: Callable[[Any], T],
        *,
        weight: int | None = None,
        book: Book | None = None,
        rows: str = "",
        not_found: type[ExchangeError] = ExchangeUnavailableError,
    ) -> CcxtCall[T]:
        if endpoint not in self._allowed:
            raise PermissionDeniedError(f"{endpoint.name} is not among the calls that are made of {self.title}")
        return CcxtCall(
            self._client,
            self._profile,
            self._client.wanted(endpoint.name, params),
            parse,
            self.secrets,
            None if book is None else self._readers[book.title].reader,
            rows,
            not_found,
            endpoint=endpoint.limit,
            weight=endpoint.weight if weight is None else weight,
            mutating=endpoint.changes,
        )

    def _pages(
        self,
        endpoint: Endpoint,
        params: Mapping[str, Any],
        rows: str,
        more: Callable[[Any, Sequence[Any]], dict[str, Any] | None],
        read: Callable[[Any], T],
        book: Book | None = None,
    ) -> Operation[Iterator[T]]:
        """
        Read a list page by page.

        :param read: Takes the rows of each page.
        :param book: Whose orders these are; None for a list of something else.
        :return: What it returned for each.
        """
        pages: list[T] = []
        asked: dict[str, Any] = {}
        before: list[dict[str, Any]] = []

        def parse(data: Any) -> tuple[T, dict[str, Any] | None]:
            found = value_at(data, rows)
            return read(found), more(data, found)

        while True:
            before.append(asked)
            page, following = yield from ask(self._call(endpoint, {**params, **asked}, parse, book=book, rows=rows))
            pages.append(page)
            if following is None:
                return iter(pages)
            if following in before:
                raise UnreadableResponseError("the response leads back to a page that was read")
            asked = following

    # -- lists

    def list_open(self, symbols: Collection[str] | None = None) -> Operation[list[Order]]:
        """
        List the live orders of every book of these markets' kinds.

        Books whose orders move into another one, when a price is reached, are read before that one: an order that
        moves between the two requests is shown twice rather than not at all. Where two may be one that moved, the
        books that it may have left are read once more.
        """
        self._tell_coverage()
        books = self._books_of_markets(symbols)
        moving = [book for book in books if book.becomes is not None]
        listed = yield from self._list([*moving, *(book for book in books if book.becomes is None)])
        if moving and (moved := self._may_have_moved(listed, {book.mark for book in moving})):
            still = {self.key(order) for order in (yield from self._list(moving))}
            listed = [order for order in listed if self.key(order) not in moved or self.key(order) in still]
        return listed

    def _may_have_moved(self, listed: Sequence[Order], marks: Collection[str]) -> set[OrderKey]:
        """Return the orders that share a client's id with another one: what an order became may have it, too."""
        by_name: dict[tuple[str, str | None], list[Order]] = {}
        for order in listed:
            if order.client_order_id is not None:
                by_name.setdefault((order.symbol, order.client_order_id), []).append(order)
        return {
            self.key(order)
            for alike in by_name.values()
            if len(alike) > 1
            for order in alike
            if order.order_id.startswith(tuple(marks))
        }

    def list_first(self, symbols: Collection[str] | None = None) -> Operation[list[Order]] | None:
        """List the orders that wait for no price, where others have lists of their own."""
        books = self._books_of_markets(symbols)
        plain = [book for book in books if book.becomes is None]
        return None if len(plain) == len(books) else self._list(plain)

    def _books_of_markets(self, symbols: Collection[str] | None) -> list[Book]:
        if symbols is None:
            return self._books
        types = {self.markets_named.split(symbol)[0] for symbol in symbols}
        return [book for book in self._books if book.market_type in types]

    def _list(self, books: Sequence[Book]) -> Operation[list[Order]]:
        lists = yield from read_all(self._list_of(book, listing) for book in books for listing in book.lists)
        return list(by_key(self.key, *lists).values())

    def _list_of(self, book: Book, listing: Listing) -> Operation[list[Order]]:
        read = self._readers[book.title].orders
        try:
            pages = yield from self._pages(listing.endpoint, listing.params, listing.rows, listing.more, read, book)
        except REFUSED as refusal:
            if len(self._types) > 1:
                refusal.message += (
                    f" (when asked for {book.title}). If the account has none, set the connection's extra "
                    "'default_type' to the kind of market that it has"
                )
            raise
        return list(chain.from_iterable(pages))

    def _tell_coverage(self) -> None:
        if not self._coverage_is_told:
            self._coverage_is_told = True
            log.info("All orders at %s: %s", self.title, ", ".join(book.title for book in self._books))

    # -- one order, and ended ones

    def read_order(self, ref: OrderRef) -> Operation[Order]:
        """Read one order by its id, or find it by the client's id in the lists and then by itself."""
        if ref.order_id is None:
            return (yield from live_then_ended(self, ref, self._by_client_id(ref)))
        book = self._book_named(ref)
        order_id, _ = self._name_in(book, ref)
        try:
            shown = yield from self._read(book, book.single, order_id, ref)
        except OrderNotFoundError:
            if not book.keeps_ids:
                raise
            shown = yield from self._read(book, self._following(book).single, order_id, ref)
        order, placed = next((each for each in shown if each[0].is_named_by(ref)), shown[0])
        order = self.expect(order, ref)
        return (yield from self._as_it_goes_on(order, book, placed)) if placed else order

    def _as_it_goes_on(self, order: Order, book: Book, placed: Sequence[str]) -> Operation[Order]:
        """Return an order that has placed others in the state of these: live as long as one of them is."""
        following = self._following(book)
        others = []
        for order_id in placed:
            ref = OrderRef(f"{following.mark}{order_id}", order.symbol)
            ((other, _), *_) = yield from self._read(following, following.single, order_id, ref)
            others.append(self.expect(other, ref))
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
        reader = self._readers[book.title]
        _, market_id = self.markets_named.split(ref.symbol or "")

        def parse(data: Any) -> list[tuple[Order, Sequence[str]]]:
            found = value_at(data, single.rows)
            rows = found if isinstance(found, list) else [found]
            if not rows:
                raise OrderNotFoundError("the venue shows no such order", orders=[ref])
            placed = [book.placed(row) if book.placed is not None and isinstance(row, dict) else () for row in rows]
            return list(zip(reader.orders(rows), placed, strict=True))

        return ask(
            self._call(
                single.endpoint,
                single.params(name, market_id),
                parse,
                book=book,
                rows=single.rows,
                not_found=OrderNotFoundError,
            )
        )

    def _by_client_id(self, ref: OrderRef) -> Operation[dict[OrderKey, Order]]:
        found: list[Order] = []
        for book in self._books_of(ref):
            if book.by_client_id is None:
                continue
            try:
                shown = yield from self._read(book, book.by_client_id, ref.client_order_id or "", ref)
            except OrderNotFoundError:
                continue
            for order, placed in shown:
                found.append((yield from self._as_it_goes_on(order, book, placed)) if placed else order)
        return by_key(self.key, (order for order in found if order.is_named_by(ref)))

    def read_ended(self, refs: Sequence[OrderRef], since: datetime | None) -> Operation[dict[OrderKey, Order]]:
        """Read a few orders one by one, more of one market by its history if it has one."""
        found: dict[OrderKey, Order] = {}
        for book, symbol, wanted in self._by_market(refs):
            if len(wanted) <= self.few:
                found |= yield from super().read_ended(wanted, since)
            elif book.history is not None:
                found |= yield from self._search(book, book.history, symbol, wanted, since)
        rest = [ref for ref in refs if ref.order_id is None]
        return found | ((yield from super().read_ended(rest, since)) if rest else {})

    def _by_market(self, refs: Iterable[OrderRef]) -> Iterator[tuple[Book, str, list[OrderRef]]]:
        """Yield the orders of each market that have an id, book by book."""
        grouped: dict[tuple[str, str], list[OrderRef]] = {}
        for ref in refs:
            if ref.order_id is not None and ref.symbol is not None:
                for book in self._books_of(ref):
                    grouped.setdefault((book.title, ref.symbol), []).append(ref)
        for (title, symbol), wanted in grouped.items():
            yield next(book for book in self._books if book.title == title), symbol, wanted

    def _search(
        self, book: Book, history: History, symbol: str, wanted: Sequence[OrderRef], since: datetime | None
    ) -> Operation[dict[OrderKey, Order]]:
        """Find orders of a market in its history, which is read until all are found."""
        named = Named({self.key(ref): ref for ref in wanted})
        ids = [self._name_in(book, ref)[0] for ref in wanted]
        _, market_id = self.markets_named.split(symbol)
        since_ms = None if since is None else int(since.timestamp() * 1000)
        reader = self._readers[book.title]

        def read(rows: Any) -> None:
            named.take({self.key(order): order for order in reader.orders(rows)})

        def more(data: Any, rows: Sequence[Any]) -> dict[str, Any] | None:
            return None if named.is_complete else history.more(data, rows)

        first = history.first(market_id, ids, since_ms)
        yield from self._pages(history.endpoint, first, history.rows, more, read, book)
        return named.orders()

    def has_orders(self, symbol: str) -> Operation[bool]:
        """Look for an order in the market's history."""
        market_type, market_id = self.markets_named.split(symbol)
        for book in self._books:
            history = book.history
            if book.market_type != market_type or history is None:
                continue

            def parse(data: Any, rows: str = history.rows, reader: BookReader = self._readers[book.title]) -> bool:
                return bool(reader.orders(value_at(data, rows)))

            # Nothing but the market is named, so "not found" is said of it.
            call = self._call(
                history.endpoint,
                history.first(market_id, (), None),
                parse,
                book=book,
                rows=history.rows,
                not_found=OrderNotFoundError,
            )
            if (yield from ask(call)):
                return True
        return False

    # -- cancels

    def cancel_one(self, ref: OrderRef, options: Options) -> Cancellation | None:  # noqa: ARG002  (there are none)
        """Return the cancel of one order; None while only the client's id is known."""
        if ref.order_id is None:
            return None
        return Cancellation((ref,), self._cancel(ref, self._book_named(ref)))

    def _cancel(self, ref: OrderRef, book: Book) -> Operation[frozenset[OrderKey]]:
        """Cancel an order; if its book does not have it to be cancelled any more, then what has become of it."""
        order_id, market_id = self._name_in(book, ref)
        try:
            done = yield from self._cancel_in(book, order_id, market_id)
        except OrderNotFoundError:
            successors = yield from self._successors(book, ref)
            if not successors:
                raise
            done = True
            for successor in successors:
                done = (yield from self._cancel_in(self._following(book), successor, market_id)) and done
        return frozenset({self.key(ref)} if done else ())

    def _cancel_in(self, book: Book, order_id: str, market_id: str) -> Operation[bool]:
        """Send the cancel of an order, and return whether it was acknowledged."""

        def parse(data: Any) -> bool:
            named = set(map(str, book.cancel.acknowledged(data)))
            if not named:
                raise UnreadableResponseError("the response names no order that was cancelled")
            return order_id in named

        params = book.cancel.by_id(order_id, market_id)
        return ask(self._call(book.cancel.endpoint, params, parse, not_found=OrderNotFoundError))

    def _successors(self, book: Book, ref: OrderRef) -> Operation[Sequence[str]]:
        """Return the ids that an order may have in the book to which it has moved."""
        order_id, _ = self._name_in(book, ref)
        if book.keeps_ids:
            return (order_id,)
        if book.placed is None:
            return ()
        shown = yield from self._read(book, book.single, order_id, ref)
        return [each for _, placed in shown for each in placed]

    def cancel_several(self, refs: Sequence[OrderRef], options: Options) -> list[Cancellation]:
        """Return batches where the exchange has some that name the orders, else single cancels."""
        cancels: list[Cancellation | None] = []
        groups: dict[tuple[str, str | None], list[OrderRef]] = {}
        for ref in refs:
            book = self._book_named(ref)
            if book.batch is None:
                cancels.append(self.cancel_one(ref, options))
            else:
                market = ref.symbol if book.batch.of_one_market else None
                groups.setdefault((book.title, market), []).append(ref)
        for (title, _), alike in groups.items():
            book = next(each for each in self._books if each.title == title)
            if book.batch is not None:
                size = book.batch.size
                cancels += [
                    self._batch(book, book.batch, alike[start : start + size])
                    for start in range(0, len(alike), size)
                ]
        return [cancel for cancel in cancels if cancel is not None]

    def _batch(self, book: Book, batch: Batch, refs: Sequence[OrderRef]) -> Cancellation:
        named = [self._name_in(book, ref) for ref in refs]

        def parse(data: Any) -> frozenset[OrderKey]:
            done = set(map(str, batch.acknowledged(data)))
            return frozenset(
                self.key(ref) for ref, (order_id, _) in zip(refs, named, strict=True) if order_id in done
            )

        weight = batch.endpoint.weight * (len(refs) if batch.weighs_each else 1)
        call = self._call(batch.endpoint, batch.by_ids(named), parse, weight=weight, not_found=OrderNotFoundError)
        return Cancellation(tuple(refs), ask(call), is_batch=True)

    # -- the account, and what is public

    def probe(self) -> Operation[None]:
        """Make a signed read for each kind of market."""

        def parse(data: Any) -> None:
            if not isinstance(data, list):
                Record(data, "body")

        for market_type in self._types:
            endpoint, params = market_type.probe
            yield from ask(self._call(endpoint, dict(params), parse))

    def markets(self) -> Operation[Mapping[str, bool]]:
        """Read the public lists of markets."""
        found: dict[str, bool] = {}
        for market_type in self._types:
            for listed in market_type.markets:
                read = self._market_reader(market_type.name, listed)
                pages = yield from self._pages(listed.endpoint, listed.params, listed.rows, listed.more, read)
                for page in pages:
                    found |= page
        return found

    def _market_reader(self, market_type: str, listed: Markets) -> Callable[[Any], dict[str, bool]]:
        names = _NamesOf(self, market_type)

        def read(rows: Any) -> dict[str, bool]:
            return {
                symbol: record.get(listed.status) in listed.trading
                for symbol, record in by_symbol(names, records(rows, "markets"), listed.symbol)
            }

        return read

    def server_time(self) -> Operation[int] | None:
        """Read the exchange's time."""
        if self._profile.time is None:
            return None
        endpoint, place = self._profile.time

        def parse(data: Any) -> int:
            told = value_at(data[0] if isinstance(data, list) and data else data, place)
            try:
                return int(told)
            except (TypeError, ValueError):
                raise UnreadableResponseError("the response does not tell a time") from None

        return ask(self._call(endpoint, {}, parse))

    def may_withdraw(self) -> Operation[bool] | None:
        """Read whether the key may withdraw, where the exchange tells."""
        if self._profile.withdrawal is None:
            return None
        endpoint, told = self._profile.withdrawal
        return ask(self._call(endpoint, {}, told))


class _NamesOf:
    """The markets of one kind, in the place of an exchange."""

    def __init__(self, exchange: Ccxt, market_type: str) -> None:
        self.secrets = exchange.secrets
        self._names = exchange.markets_named
        self._market_type = market_type

    def check_symbol(self, value: Any) -> str:
        """Return a market in the spelling of this package."""
        return self._names.of(self._market_type, value)
