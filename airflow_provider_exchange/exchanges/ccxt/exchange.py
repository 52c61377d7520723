"""An account at an exchange that is certified for ccxt: the operations, in terms of its profile."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, TypeVar

from airflow_provider_exchange.errors import (
    ExchangeError,
    InvalidOrderRequest,
    OrderNotFoundError,
    PermissionDeniedError,
    UnreadableResponseError,
)
from airflow_provider_exchange.exchanges.arguments import Grammar
from airflow_provider_exchange.exchanges.assumptions import Assumptions, value_at
from airflow_provider_exchange.exchanges.base import Cancellation, Exchange, Options
from airflow_provider_exchange.exchanges.ccxt.asking import Asking
from airflow_provider_exchange.exchanges.ccxt.books import Books, MarketsOf, mark_of
from airflow_provider_exchange.exchanges.ccxt.calls import CcxtCall
from airflow_provider_exchange.exchanges.ccxt.cancels import Cancels
from airflow_provider_exchange.exchanges.ccxt.countdown import CountdownSwitch
from airflow_provider_exchange.exchanges.ccxt.finding import Finding
from airflow_provider_exchange.exchanges.ccxt.listing import Lists
from airflow_provider_exchange.exchanges.ccxt.names import MarketNames
from airflow_provider_exchange.exchanges.ccxt.numbering import Numbering
from airflow_provider_exchange.exchanges.ccxt.ownership import Ownership
from airflow_provider_exchange.exchanges.ccxt.settings import account_of
from airflow_provider_exchange.exchanges.ccxt.uncertified import Uncertified
from airflow_provider_exchange.exchanges.common import live_then_ended, read_all
from airflow_provider_exchange.exchanges.fields import Record, records
from airflow_provider_exchange.exchanges.markets import by_symbol
from airflow_provider_exchange.models.orders import OrderRef
from airflow_provider_exchange.protocol.steps import ask
from airflow_provider_exchange.side_work import SideLog

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    from airflow_provider_exchange.exchanges.ccxt.client import Client
    from airflow_provider_exchange.exchanges.ccxt.profile import (
        Book,
        Markets,
        Profile,
        Requirement,
        Several,
    )
    from airflow_provider_exchange.exchanges.orders import OrderReader
    from airflow_provider_exchange.exchanges.settings import ConnectionSettings
    from airflow_provider_exchange.models.orders import Order, OrderKey
    from airflow_provider_exchange.protocol.steps import Call, Operation

__all__ = ["Ccxt"]

T = TypeVar("T")

log = SideLog(logging.getLogger(__name__))


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
        self.client_order_id_prefixes = profile.client_order_id_prefixes
        self.needs_symbol = profile.needs_symbol
        self.ids_are_unique = not profile.needs_symbol
        self.side_by_side = profile.side_by_side
        self.timestamps_grow = profile.timestamps_grow
        self.never_an_order_id = profile.never_an_order_id
        self.markets_named = MarketNames(types, profile.title)
        self.symbols = Grammar(types[0].ids.pattern, self.markets_named.example, any_script=True)
        self.base_url = client.base_url
        self.client = client
        """What all that is sent is signed with."""
        self._profile = profile
        self._types = types
        covered = {each.name for each in types}
        books = [book for book in profile.books if book.market_type in covered]
        self._books = Books(self, self.markets_named, books)
        self._asking = Asking(self, profile, client)
        self._lists = Lists(self, self._books, self._asking, self.markets_named, has_kinds=len(types) > 1)
        self._finding = Finding(self, self._books, self._asking)
        self._ownership = Ownership(profile.owner, self._asking, client)
        numbering = Numbering(self._asking)
        self._cancels = Cancels(self, self._books, self._asking, self._finding, numbering, self._ownership)
        self.no_dead_mans_switch = profile.no_countdown
        if (countdown := profile.countdown) is not None:
            self.dead_mans_switch = CountdownSwitch(
                countdown,
                Asking(self, profile, client, countdown.endpoints()),
                {book.title: self._books.reader(book) for book in books},
                covered,
            )
        self._coverage_is_told = False
        self._met_for_good: set[Requirement] = set()
        self.assumes = Assumptions(
            order=books[0].form,
            other_orders=tuple(form for book in books for form in book.forms() if form != books[0].form),
            words=profile.words,
            markets=frozenset(each.rows for book in books for listing in book.lists if (each := listing.each)),
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
        if not self._books.named_by(ref):
            marks = [book.mark or "no prefix" for book in self._books.named_by(OrderRef(None, ref.symbol, ""))]
            raise InvalidOrderRequest(
                f"{field}order_id {ref.order_id!a} is of a kind of orders that {self.title} does not have in "
                f"market {ref.symbol}; ids have {' or '.join(marks)} there",
                exchange=self.name,
            )
        return ref

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

    # -- lists

    def list_open(self, symbols: Collection[str] | None = None) -> Operation[list[Order]]:
        """
        List the live orders of every book of these markets' kinds.

        Books whose orders move into another one, when a price is reached, are read before that one: an order that
        moves between the two requests is shown twice rather than not at all. Where two may be one that moved, the
        first of them is read by itself.
        """
        self._tell_coverage()
        books = self._books.of_markets(symbols)
        moving = [book for book in books if book.becomes is not None]
        left: list[Order] = []
        whole = self._lists.of([*moving, *(book for book in books if book.becomes is None)], symbols, left)
        listed, *_ = yield from read_all([whole, *map(self._require, self._profile.requires)])
        gone: set[OrderKey] = set()
        try:
            for order in _perhaps_moved(listed, {book.mark for book in moving}):
                if (yield from self._finding.has_moved(order.ref)):
                    gone.add(self.key(order))
            for order in left:
                shown = {other.order_id for other in listed if other.symbol == order.symbol}
                if (yield from self._finding.goes_on_as(order.ref, shown)):
                    gone.add(self.key(order))
            yield from self._ownership.prove()
        except ExchangeError as error:
            error.shown = (*error.shown, *listed)
            raise
        return [order for order in listed if self.key(order) not in gone]

    def _require(self, requirement: Requirement) -> Operation[list[Order]]:
        """Check that the account is one whose lists show everything; there are no orders in that."""
        if requirement in self._met_for_good:
            return []
        if not (yield from ask(self._asking.call(requirement.endpoint, {}, requirement.is_met))):
            raise PermissionDeniedError(f"nothing can be proved of this account: {requirement.otherwise}")
        if not requirement.may_change:
            self._met_for_good.add(requirement)
        return []

    def list_first(self, symbols: Collection[str] | None = None) -> Operation[list[Order]] | None:
        """List the orders that wait for no price, where others have lists of their own."""
        books = self._books.of_markets(symbols)
        plain = [book for book in books if book.becomes is None]
        return None if len(plain) == len(books) else self._lists.of(plain, symbols)

    def _tell_coverage(self) -> None:
        if not self._coverage_is_told:
            self._coverage_is_told = True
            log.info("All orders at %s: %s", self.title, ", ".join(book.title for book in self._books))

    # -- one order, and ended ones

    def read_order(self, ref: OrderRef) -> Operation[Order]:
        """Read one order by its id, or find it by the client's id in the lists and then by itself."""
        if ref.order_id is None:
            return live_then_ended(self, ref, self._ownership.of(self._finding.by_client_id(ref)))
        return self._read_named(ref)

    def _read_named(self, ref: OrderRef) -> Operation[Order]:
        """Read one order by its id. Only an account that is as it has to be shows that there is none."""
        try:
            return (yield from self._ownership.of(self._finding.by_id(ref)))
        except OrderNotFoundError:
            for requirement in self._profile.requires:
                yield from self._require(requirement)
            raise

    def read_ended(self, refs: Sequence[OrderRef], since: datetime | None) -> Operation[dict[OrderKey, Order]]:
        """Read several orders at once where that can be asked; else a few one by one, and more by a history."""
        found: dict[OrderKey, Order] = {}
        for book, wanted in self._by_market(refs):
            if book.several is not None and len(wanted) > 1:
                found |= yield from self._read_several(book, book.several, wanted, since)
            elif len(wanted) <= self.few or wanted[0].symbol is None:
                found |= yield from super().read_ended(wanted, since)
            elif book.history is not None:
                ended = self._finding.in_history(book, book.history, wanted, since)
                found |= yield from self._ownership.of(ended)
        rest = [ref for ref in refs if ref.order_id is None]
        return found | ((yield from super().read_ended(rest, since)) if rest else {})

    def _read_several(
        self, book: Book, several: Several, wanted: Sequence[OrderRef], since: datetime | None
    ) -> Operation[dict[OrderKey, Order]]:
        """Read orders of one book by their ids, as many at once as one request may name."""
        found: dict[OrderKey, Order] = {}
        for start in range(0, len(wanted), several.size):
            part = wanted[start : start + several.size]
            try:
                found |= yield from self._ownership.of(self._finding.several(book, several, part))
            except OrderNotFoundError:
                found |= yield from super().read_ended(part, since)
        return found

    def _by_market(self, refs: Iterable[OrderRef]) -> Iterator[tuple[Book, list[OrderRef]]]:
        """Yield the orders that have an id, by book, and by market unless several can be read at once."""
        grouped: dict[tuple[str, str | None], list[OrderRef]] = {}
        for ref in refs:
            if ref.order_id is not None:
                for book in self._books.named_by(ref):
                    market = ref.symbol if book.several is None else None
                    grouped.setdefault((book.title, market), []).append(ref)
        for (title, _), wanted in grouped.items():
            yield self._books.titled(title), wanted

    def has_orders(self, symbol: str) -> Operation[bool]:
        """Look for an order in the market's history."""
        return self._finding.any_in(symbol)

    # -- cancels

    def cancel_one(self, ref: OrderRef, options: Options) -> Cancellation | None:  # noqa: ARG002  (there are none)
        """Return the cancel of one order; None while only the client's id is known."""
        return None if ref.order_id is None else self._cancels.one(ref)

    def cancel_several(self, refs: Sequence[OrderRef], options: Options) -> list[Cancellation]:  # noqa: ARG002
        """Return batches where the exchange has some that name the orders, else single cancels."""
        return self._cancels.several(refs)

    # -- the account, and what is public

    def probe(self) -> Operation[None]:
        """Make a signed read for each kind of market."""

        def parse(data: Any) -> None:
            if not isinstance(data, list):
                Record(data, "body")

        for market_type in self._types:
            endpoint, params = market_type.probe
            yield from ask(self._asking.call(endpoint, dict(params), parse))
        yield from self._ownership.prove()

    def markets(self) -> Operation[Mapping[str, bool]]:
        """Read the public lists of markets."""
        found: dict[str, bool] = {}
        for market_type in self._types:
            for listed in market_type.markets:
                read = self._market_reader(market_type.name, listed)
                pages = yield from self._asking.pages(
                    listed.endpoint, listed.params, listed.rows, listed.more, read
                )
                for page in pages:
                    found |= page
        return found

    def _market_reader(self, market_type: str, listed: Markets) -> Callable[[Any], dict[str, bool]]:
        names = MarketsOf(self, self.markets_named, market_type)

        def read(rows: Any) -> dict[str, bool]:
            return {
                symbol: isinstance(told := record.get(listed.status), str | bool | None) and told in listed.trading
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

        return ask(self._asking.call(endpoint, {}, parse))

    def may_withdraw(self) -> Operation[bool] | None:
        """Read whether the key may withdraw, where the exchange tells."""
        if self._profile.withdrawal is None:
            return None
        endpoint, told = self._profile.withdrawal
        return ask(self._asking.call(endpoint, {}, told))


def _perhaps_moved(listed: Sequence[Order], marks: Collection[str]) -> list[Order]:
    """
    Return the orders that share a client's id with another one, which they may have become.

    :param marks: Those of books that orders leave for another one.
    """
    by_name: dict[tuple[str, str | None], list[Order]] = {}
    for order in listed:
        if order.client_order_id is not None and order.can_be_named:
            by_name.setdefault((order.symbol, order.client_order_id), []).append(order)
    doubles = (alike for alike in by_name.values() if len(alike) > 1)
    return [order for alike in doubles for order in alike if mark_of(order.order_id) in marks]
