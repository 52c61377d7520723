"""The base class of the paper exchange's venues."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

from airflow_provider_exchange.sandbox.book import Book, PaperOrder, State
from airflow_provider_exchange.sandbox.lists import Listing

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from airflow_provider_exchange.sandbox.limits import Window
    from airflow_provider_exchange.sandbox.lists import Path
    from airflow_provider_exchange.sandbox.place import Placing
    from airflow_provider_exchange.sandbox.protocol import Answer, ReceivedRequest, Refusal, Route


class Account(Protocol):
    """An account at a venue, with its credentials. A frozen dataclass whose repr shows no secret."""

    def connection_fields(self) -> dict[str, Any]:
        """Return the connection fields ``login``, ``password`` and, if there are any, ``extra`` (a dict)."""
        ...


@dataclass(frozen=True)
class NoSettings:
    """The settings of a venue that has none of its own."""


AccountT = TypeVar("AccountT", bound=Account)
SettingsT = TypeVar("SettingsT")


class PaperVenue(ABC, Generic[AccountT, SettingsT]):
    """
    One venue of the paper exchange: its account, markets, routes and forms of answer.

    List a subclass in :data:`.venues.VENUES`, or pass it to a :class:`.PaperExchange`; nothing else needs to
    change.

    :param book: the account's orders.
    :param account: the account that may send requests; the public paper account when ``None``.
    """

    name: str
    """The venue's name in paths, fault rules and logs."""
    conn_type: str | None = None
    """The type of an Airflow connection to the venue; ``None`` where it is the venue's name."""
    title: str
    """The venue's display name."""
    prefixes: Sequence[str]
    """
    Prefixes of the venue's paths, each up to a slash, or a whole path without one at the end. If those of several
    venues match, the longest wins.
    """
    key_header: str | None = None
    """
    A header that tells a request to this venue from those to others with the same prefixes. A request without it
    goes to a venue that asks for no header, if there is one.
    """
    account: AccountT
    """On the class: the public paper account. On an instance: the account that may send requests."""
    settings: SettingsT
    """
    A frozen dataclass of the venue's own settings, with their defaults. Its fields are ``Literal`` types, which
    list the allowed values; callers name them ``<venue>_<field>``.
    """
    limits: Mapping[str, Window] = MappingProxyType({})
    """Request limits by route: see :class:`.Limits`. Empty for no limits."""
    signature_fields: frozenset[str] = frozenset({"signature"})
    """Fields of a query or body that the request log must not show."""
    passing_fields: frozenset[str] = frozenset({"signature", "timestamp", "nonce"})
    """Fields of a query or body that differ in every request, so that a cache must not go by them."""
    data_fields: Sequence[str] = ("data",)
    """The fields of an answer that hold the data; a ``null_data`` fault sets the first of them to null."""
    book_type: type[Book] = Book
    """The class of the venue's own book, where orders depend on each other."""
    other_books: Sequence[str] = ()
    """Names of further books that an account has; callers name them ``<venue>_<name>``."""
    waiting_books: Collection[str] = ()
    """Those of :attr:`other_books` in which every order waits for a price."""
    order_places: Mapping[str, Path] = MappingProxyType({})
    """Where the lists' rows have the fields of :data:`.ODD_VALUES`: see :class:`.Listing`."""
    listed_markets: Collection[str] = ()
    """The markets that the venue lists, as its book spells them. Empty where the admin API may name any."""
    routes: Sequence[Route]
    """The calls of the venue's API; the first that matches a request handles it."""

    def __init__(self, book: Book, account: AccountT | None = None) -> None:
        self.book = book
        self.others: Mapping[str, Book] = {name: book.another() for name in self.other_books}
        self._strangers: dict[str, PaperOrder] = {}
        if account is not None:
            self.account = account

    # -- errors

    @abstractmethod
    def too_many_requests(self) -> Answer:
        """Return the venue's 429."""

    @abstractmethod
    def no_such_path(self) -> Answer:
        """Return the venue's 404 for an unknown path."""

    def told(self, refusal: Refusal) -> Answer:
        """Return the answer for a refusal."""
        return refusal.answer

    # -- orders without a signature

    @abstractmethod
    def next_id(self, kind: str) -> str:
        """
        Return the next id.

        :param kind: the venue's own word for the kind of order.
        """

    def next_id_in(self, among: str, kind: str) -> str:
        """
        Return the next id for one of the books; the same as any other book's, unless a venue says otherwise.

        :param among: one of :attr:`other_books`, or an empty text for the first book.
        """
        del among
        return self.next_id(kind)

    def new_id(self, kind: str, among: str = "") -> str:
        """
        Return an id that no order of any market has.

        :param kind: the venue's own word for the kind of order.
        :param among: the book that it is for, as in :meth:`next_id_in`.
        """
        books = (self.book, *self.others.values())
        made = self.next_id_in(among, kind)
        while any(book.symbols_of(made) for book in books):
            made = self.next_id_in(among, kind)
        return made

    def forget(self) -> None:
        """Forget what requests have left behind beside orders, such as the latest nonce; a reset calls this."""

    def spelled(self, symbol: str) -> str:
        """Return a market as the venue's book spells it."""
        return symbol

    def admitted(self, order: PaperOrder) -> PaperOrder:
        """
        Check an order of the admin API, and return it as this venue keeps it.

        :raises ValueError: the venue cannot have such an order.
        """
        return order

    def admitted_to(self, among: str, order: PaperOrder) -> PaperOrder:
        """
        Check an order of the admin API for one of the books, as :meth:`admitted` does.

        :param among: the book, as in :meth:`next_id_in`.
        :raises ValueError: this book cannot have such an order.
        """
        del among
        return self.admitted(order)

    # -- lists of orders

    def listing(
        self,
        request: ReceivedRequest,
        market: str | None = None,
        among: str = "",
        places: Mapping[str, Path] | None = None,
    ) -> Listing:
        """
        Return what turns orders into the rows of a list, with the faults of lists.

        :param market: a market of the venue, if the list shows live orders; an ``odd_order`` adds one of it.
        :param among: the book that the list shows, as in :meth:`next_id_in`.
        :param places: where the rows of this list have which field; :attr:`order_places` when ``None``.
        """
        adds = None if market is None else partial(self._stranger_of, market, among, request.now_ms)
        return Listing(request.behaviour, self.order_places if places is None else places, adds)

    def _stranger_of(self, market: str, among: str, now_ms: int) -> PaperOrder:
        """Return an open order that is in no book, always the same one for a book."""
        if among not in self._strangers:
            order = PaperOrder(
                self.new_id("LIMIT", among), market, "SELL", "LIMIT", Decimal(1), Decimal(100), now_ms, now_ms
            )
            if among in self.waiting_books:
                order = replace(order, state=State.WAITING, stop_price=Decimal(90))
            self._strangers[among] = self.admitted_to(among, order)
        return self._strangers[among]

    # -- orders through a client

    @classmethod
    def placing_exchange(cls) -> type[Placing]:
        """
        Return what places orders at this venue as a client does; see :class:`.Trader`.

        Subclasses import it in this method, so that the exchange itself does not load the client.

        :raises LookupError: there is none.
        """
        raise LookupError(f"nothing here places orders at {cls.title} as a client does")


AnyVenue = PaperVenue[Any, Any]
"""Any venue, whatever its account and settings are."""
