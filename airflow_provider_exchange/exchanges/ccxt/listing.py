"""Reads the lists of an exchange that together show every live order."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from airflow_provider_exchange.errors import (
    ExchangeError,
    InvalidOrderRequest,
    PermissionDeniedError,
    RequestRefusedError,
    UnreadableResponseError,
)
from airflow_provider_exchange.exchanges.common import by_key, read_all

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from airflow_provider_exchange.exchanges.base import Exchange
    from airflow_provider_exchange.exchanges.ccxt.asking import Asking
    from airflow_provider_exchange.exchanges.ccxt.books import Books, Shared
    from airflow_provider_exchange.exchanges.ccxt.names import MarketNames
    from airflow_provider_exchange.exchanges.ccxt.profile import Book, EachMarket, Endpoint
    from airflow_provider_exchange.models.orders import Order
    from airflow_provider_exchange.protocol.steps import Operation

__all__ = ["Lists"]

REFUSED = (PermissionDeniedError, RequestRefusedError)


class Lists:
    """
    The lists of one account.

    :param exchange: The account.
    :param books: Those that it covers.
    :param asking: Makes its calls.
    :param names: Spell its markets.
    :param has_kinds: Whether it covers several kinds of market, so that the connection may be held to one.
    """

    def __init__(
        self, exchange: Exchange, books: Books, asking: Asking, names: MarketNames, *, has_kinds: bool
    ) -> None:
        self._exchange = exchange
        self._books = books
        self._asking = asking
        self._names = names
        self._has_kinds = has_kinds

    def of(
        self, books: Sequence[Book], symbols: Collection[str] | None = None, left: list[Order] | None = None
    ) -> Operation[list[Order]]:
        """
        Read all lists of some books.

        :param left: Gets the orders that may have gone on as others while the lists were read.
        """
        asked = self._books.lists_of(books)
        shown: Counter[Endpoint] = Counter()
        lists = yield from read_all(
            self._one(shared, {}, shown) if each is None else self._each_market(shared, each, symbols)
            for shared in asked
            for each in [shared[0][1].each]
        )
        if left is not None:
            left += self._books.left_meanwhile(asked, lists)
        return list(by_key(self._exchange.key, *lists).values())

    def _each_market(
        self, shared: Shared, each: EachMarket, symbols: Collection[str] | None
    ) -> Operation[list[Order]]:
        """
        List orders market by market; one that fails hides no other.

        :raises UnreadableResponseError: when the exchange shows no orders of a market, and then names it among
            those that have some.
        """
        market_type = shared[0][0].market_type
        without: list[str] = []
        reads: Iterator[Operation[list[Order]]]
        if symbols is None:
            named = yield from self._asking.named_markets(each)
            reads = (self._of_named(shared, each, name, without) for name in named)
        else:
            split = map(self._names.split, sorted(symbols))
            wanted = [market_id for kind, market_id in split if kind == market_type]
            reads = (self._of_wanted(shared, each, name, without) for name in wanted)
        lists = yield from read_all([*reads, self._name_none(shared, each, without)])
        return [order for listed in lists for order in listed]

    def _name_none(self, shared: Shared, each: EachMarket, without: Sequence[str]) -> Operation[list[Order]]:
        """Make sure that the exchange names no market of those of which it has just shown no orders."""
        if without:
            named = yield from self._named(shared, each)
            if both := [market_id for market_id in without if market_id in named]:
                raise UnreadableResponseError(
                    f"the venue shows no live orders of {', '.join(both)}, and names what has some: these, too"
                )
        return []

    def _of_wanted(
        self, shared: Shared, each: EachMarket, market_id: str, without: list[str]
    ) -> Operation[list[Order]]:
        """List the orders of a market; none where the exchange refuses it, and names it with no live orders."""
        try:
            listed = yield from self._one(shared, each.params(market_id), Counter())
        except RequestRefusedError:
            if market_id in (yield from self._named(shared, each)):
                raise
            return []
        if not listed:
            without.append(market_id)
        return listed

    def _of_named(self, shared: Shared, each: EachMarket, name: Any, without: list[str]) -> Operation[list[Order]]:
        """List the orders of a market that the exchange has named, if its name is one."""
        market_id = self._spelt(shared, name)
        if market_id is None:
            raise UnreadableResponseError("the response names a market in a form that cannot be read")
        listed = yield from self._one(shared, each.params(market_id), Counter())
        if not listed:
            without.append(market_id)
        return listed

    def _named(self, shared: Shared, each: EachMarket) -> Operation[set[str | None]]:
        """Return the ids of the markets that the exchange names, in one spelling; None among them for any other."""
        named = yield from self._asking.named_markets(each)
        return {self._spelt(shared, name) for name in named}

    def _spelt(self, shared: Shared, name: Any) -> str | None:
        """Return the id of a market that the exchange names; None if it cannot be read."""
        try:
            return self._names.split(self._names.of(shared[0][0].market_type, name))[1]
        except InvalidOrderRequest:
            return None

    def _one(
        self, shared: Shared, of_market: Mapping[str, Any], shown: Counter[Endpoint]
    ) -> Operation[list[Order]]:
        """
        Read a list, which may show the orders of several books.

        :param shown: How many orders were shown in this look by lists of one call that end at a number; counted on.
        """
        book, listing = shared[0]
        reader = self._books.reader(book, listing.form)
        listed: list[Order] = []

        def read(rows: Any) -> list[Order]:
            if len(shared) == 1 or not isinstance(rows, list):
                orders = reader.orders(rows)
            else:
                orders = [self._books.read_row(shared, row) for row in rows]
            listed.extend(orders)
            return orders

        try:
            if listing.counted is None:
                yield from self._asking.pages(
                    listing.endpoint,
                    {**listing.params, **of_market},
                    listing.rows,
                    listing.more,
                    read,
                    reader.reader,
                    null_is_none=listing.null_is_none,
                )
            else:
                yield from self._asking.counted_pages(listing, listing.counted, of_market, read, reader.reader)
            shown[listing.endpoint] += 0 if listing.most is None else len(listed)
            if listing.most is not None and (number := shown[listing.endpoint]) >= listing.most:
                raise UnreadableResponseError(
                    f"the venue shows {number} {book.title}; as it shows no more than {listing.most}, there "
                    "may be others. Cancel some of those that it shows, and look again"
                )
        except ExchangeError as error:
            if isinstance(error, RequestRefusedError) and error.code in listing.absent:
                return listed
            error.shown = (*error.shown, *listed)
            if isinstance(error, REFUSED) and self._has_kinds:
                titles = ", ".join(each.title for each, _ in shared)
                error.message += (
                    f" (when asked for {titles}). If the account has none, set the connection's extra "
                    "'default_type' to the kind of market that it has"
                )
            raise
        return listed
