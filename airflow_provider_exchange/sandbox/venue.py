"""What every venue of the paper exchange is made of."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from airflow_provider_exchange.sandbox.book import Book, PaperOrder
    from airflow_provider_exchange.sandbox.limits import Window
    from airflow_provider_exchange.sandbox.place import PlacingExchange
    from airflow_provider_exchange.sandbox.protocol import Answer, Refusal, Route


class Account(Protocol):
    """Who may trade at a venue, and with which credentials. A frozen dataclass whose repr shows no secret."""

    def connection_fields(self) -> dict[str, Any]:
        """What an Airflow connection to the account needs: ``login``, ``password`` and ``extra`` (a dict)."""
        ...


@dataclass(frozen=True)
class NoSettings:
    """The settings of a venue that has none of its own."""


AccountT = TypeVar("AccountT", bound=Account)
SettingsT = TypeVar("SettingsT")


class PaperVenue(ABC, Generic[AccountT, SettingsT]):
    """
    One venue of the paper exchange: its account, its markets, its routes and its own ways to say yes and no.

    Subclasses are listed in :data:`.venues.VENUES`, or handed to a :class:`.PaperExchange`; nothing else has to
    know them.

    :param book: the account's orders.
    :param account: whose requests are let in; the published paper account when ``None``.
    """

    name: str
    """What the venue is called in paths, fault rules and logs: the connection type."""
    title: str
    """The venue's name in texts for people."""
    prefixes: Sequence[str]
    """What the venue's paths begin with. Where those of several venues fit, the longest wins."""
    account: AccountT
    """Of the class: the published paper account. Of an exchange's venue: whose requests it lets in."""
    settings: SettingsT
    """
    A frozen dataclass of what the venue lets a rehearsal choose, with its defaults. Its fields are
    ``Literal`` types, which say what is allowed; they are addressed as ``<venue>_<field>``.
    """
    limits: Mapping[str, Window] = MappingProxyType({})
    """Request limits by route: see :class:`.Limits`. Requests are not limited when empty."""
    signature_fields: frozenset[str] = frozenset({"signature"})
    """Members of a query or a body that the log of requests must not show."""
    data_fields: Sequence[str] = ("data",)
    """The members of an answer that hold what was asked for; a ``null_data`` fault empties the first there is."""
    routes: Sequence[Route]
    """The calls of the venue's API; the first that matches a request takes it."""

    def __init__(self, book: Book, account: AccountT | None = None) -> None:
        self.book = book
        if account is not None:
            self.account = account

    # -- the vendor's ways to say no

    @abstractmethod
    def too_many_requests(self) -> Answer:
        """The venue's 429."""

    @abstractmethod
    def no_such_path(self) -> Answer:
        """The venue's 404 for a path it does not know."""

    def told(self, refusal: Refusal) -> Answer:
        """A refusal as it goes out."""
        return refusal.answer

    # -- orders that nobody signed

    @abstractmethod
    def next_id(self, kind: str) -> str:
        """
        The id after the last one.

        :param kind: the venue's own word for the kind of order.
        """

    def new_id(self, kind: str) -> str:
        """
        An id that no order of any market has.

        :param kind: the venue's own word for the kind of order.
        """
        while self.book.symbols_of(made := self.next_id(kind)):
            pass
        return made

    def spelled(self, symbol: str) -> str:
        """A market as the venue's book spells it."""
        return symbol

    def admitted(self, order: PaperOrder) -> PaperOrder:
        """
        An order of the admin API, as this venue keeps it.

        :raises ValueError: the venue cannot have such an order.
        """
        return order

    # -- orders that a client places

    @classmethod
    def placing_exchange(cls) -> type[PlacingExchange]:
        """
        The client's adapter for this venue, taught to place orders: see :class:`.Trader`.

        It is imported in here and not before, as the exchange itself loads nothing of the client.

        :raises LookupError: there is none.
        """
        raise LookupError(f"nothing here places orders at {cls.title} as a client does")


AnyVenue = PaperVenue[Any, Any]
"""Any venue, whatever its account and settings are."""
