"""
What is to know of one exchange, beyond what ccxt knows.

A profile is data and small functions. Whatever is not in it is never asked of the exchange: its endpoints are the
list of what may be signed.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from airflow_provider_exchange.errors import ExchangeError
    from airflow_provider_exchange.exchanges.arguments import Grammar
    from airflow_provider_exchange.exchanges.orders import OrderForm
    from airflow_provider_exchange.protocol.limits import RateLimit

__all__ = [
    "Batch",
    "Book",
    "Cancel",
    "Endpoint",
    "Failure",
    "History",
    "Listing",
    "MarketType",
    "Markets",
    "Named",
    "Params",
    "Profile",
    "Single",
    "Unified",
    "whole",
]

Params = dict[str, Any] | list[dict[str, Any]]
"""The parameters of a request; some exchanges take a list of them."""
Named = tuple[str, str]
"""An order as the exchange names it: its id, and that of its market."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """
    One call of the exchange.

    :param name: ccxt's method for it, such as ``privateGetOpenOrders``.
    :param limit: The rate limit that it counts against beside the total, of :attr:`Profile.limits`.
    :param weight: How much it counts.
    :param changes: Whether it changes anything. That does not follow from the HTTP method.
    """

    name: str
    limit: str = "total"
    weight: int = 1
    changes: bool = False


@dataclass(frozen=True, slots=True)
class Failure:
    """
    What an answer in the exchange's documented form says of a failure.

    :param code: The exchange's code.
    :param text: Its words.
    """

    code: str
    text: Any = ""


def whole(_data: Any, _rows: Sequence[Any]) -> dict[str, Any] | None:
    """Return the parameters of the next page, where a list comes whole: there is none."""
    return None


@dataclass(frozen=True, slots=True)
class Listing:
    """
    A list of live orders.

    :param endpoint: Where it is asked for.
    :param params: Its parameters.
    :param rows: Where the data has the orders: names of fields, joined by dots; empty for the data itself.
    :param more: Takes the data and its rows, and returns the parameters that the next page has besides; None after
        the last page. A page must go on from an order or a mark of the exchange, not from a number of orders.
    """

    endpoint: Endpoint
    params: Mapping[str, Any] = field(default_factory=dict)
    rows: str = ""
    more: Callable[[Any, Sequence[Any]], dict[str, Any] | None] = whole


@dataclass(frozen=True, slots=True)
class History:
    """
    The orders of one market, ended ones among them, page by page.

    :param first: Takes the market's id, the ids of orders that are looked for, and the ms since 1970 since when
        they were created, if that is known; returns the parameters of the first page.
    :param rows: See :class:`Listing`.
    :param more: See :class:`Listing`.
    """

    endpoint: Endpoint
    first: Callable[[str, Sequence[str], int | None], dict[str, Any]]
    rows: str
    more: Callable[[Any, Sequence[Any]], dict[str, Any] | None]


@dataclass(frozen=True, slots=True)
class Single:
    """
    A read of one order, live or ended.

    :param params: Takes the ids of an order and its market, and returns the parameters.
    :param rows: Where the data has the order, or a list of it; see :class:`Listing`.
    """

    endpoint: Endpoint
    params: Callable[[str, str], dict[str, Any]]
    rows: str = ""


@dataclass(frozen=True, slots=True)
class Cancel:
    """
    The cancel of one order.

    :param by_id: Takes the ids of an order and its market, and returns the parameters.
    :param acknowledged: Takes the data, and returns the ids that the exchange takes for cancelled or to be
        cancelled.
    """

    endpoint: Endpoint
    by_id: Callable[[str, str], Params]
    acknowledged: Callable[[Any], Iterable[Any]]


@dataclass(frozen=True, slots=True)
class Batch:
    """
    The cancel of several orders, each by its name.

    :param size: How many orders it may name.
    :param of_one_market: Whether all of them have to be of one market.
    :param by_ids: Takes the orders, and returns the parameters.
    :param acknowledged: See :class:`Cancel`.
    :param weighs_each: Whether the weight counts for each of the orders, and not once.
    """

    endpoint: Endpoint
    size: int
    of_one_market: bool
    by_ids: Callable[[Sequence[Named]], Params]
    acknowledged: Callable[[Any], Iterable[Any]]
    weighs_each: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Book:
    """
    Orders that the exchange keeps and cancels apart from others.

    :param title: What they are, for people: "spot orders".
    :param market_type: The name of their :class:`MarketType`.
    :param form: How the exchange writes one of them.
    :param lists: The lists that together show every live one.
    :param single: Reads one by its id.
    :param by_client_id: Reads one by the client's id; None where that cannot be asked for.
    :param cancel: Cancels one.
    :param batch: Cancels several; None where the exchange has no such call that names the orders.
    :param history: Shows those of one market, ended ones among them; None where each has to be read by itself.
    :param mark: What their ids begin with in this package, as ids of another book may be the same.
    :param becomes: The title of the book in which an order appears when its price is reached. Its lists are read
        later than those of this one: an order that moves in between is seen, if only in this book.
    :param keeps_ids: Whether it has the same id there. Then it is looked for and cancelled there, too, when this
        book does not know it.
    :param placed: Takes an order that has another id there, as the exchange shows it, and returns that id, or
        several; none before its price is reached. From then on it lives as long as those do, and a cancel of it is
        one of them.
    """

    title: str
    market_type: str
    form: OrderForm
    lists: Sequence[Listing]
    single: Single
    cancel: Cancel
    by_client_id: Single | None = None
    batch: Batch | None = None
    history: History | None = None
    mark: str = ""
    becomes: str | None = None
    keeps_ids: bool = False
    placed: Callable[[Mapping[str, Any]], Sequence[str]] | None = None


@dataclass(frozen=True, slots=True)
class Unified:
    """ccxt's name of a market in its parts: ``BTC/USDT:USDT-261225`` has them all, a spot market the first two."""

    base: str
    quote: str
    settle: str | None
    expiry: str | None


@dataclass(frozen=True, slots=True)
class Markets:
    """
    A public list of markets.

    :param rows: Where the data has the markets; see :class:`Listing`.
    :param symbol: The field with the market's id.
    :param status: The field that says whether it takes orders.
    :param trading: What that field holds if so.
    :param more: See :class:`Listing`.
    """

    endpoint: Endpoint
    params: Mapping[str, Any]
    rows: str
    symbol: str
    status: str
    trading: frozenset[Any]
    more: Callable[[Any, Sequence[Any]], dict[str, Any] | None] = whole


@dataclass(frozen=True, slots=True, kw_only=True)
class MarketType:
    """
    A kind of market, with orders of its own.

    :param name: As the extra ``default_type`` has it.
    :param ids: The form of its markets' ids.
    :param spell: Brings a usual spelling of such an id to that of the exchange.
    :param from_unified: Returns the id of a market by ccxt's name; None if this type has no such market.
    :param markets: Its public lists of markets.
    :param probe: A signed read, and its parameters.
    """

    name: str
    ids: Grammar
    spell: Callable[[str], str]
    from_unified: Callable[[Unified], str | None]
    markets: Sequence[Markets]
    probe: tuple[Endpoint, Mapping[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """
    One certified exchange.

    :param exchange: ccxt's id.
    :param title: The exchange's name for people.
    :param market_types: The kinds of market whose orders make up "all".
    :param books: The books, those of one market type next to each other.
    :param limits: The rate limits by endpoint; see :attr:`.Exchange.limits`.
    :param order_ids: The form of order ids, marks of books among them.
    :param client_order_ids: The form of client order ids.
    :param never_an_order_id: See :attr:`.Exchange.never_an_order_id`.
    :param failure: Takes the HTTP status and the decoded body; returns the failure that it tells of in a documented
        form, or None.
    :param understood: Fields of a body of which ``failure`` and ``data`` know every value that is no failure,
        although it would usually be a sign of one.
    :param data: Returns the part of a documented success that holds the data; raises ``UnreadableResponseError``
        where the body is none.
    :param fits: Takes the parameters of a request and the data of its answer; whether one can be about the other.
    :param errors: What the codes of failures mean; any other one is "unavailable".
    :param time: How the exchange's clock is read: the endpoint, and where the data has the ms since 1970.
    :param withdrawal: How it is read whether the key may withdraw; None where the exchange does not tell.
    :param options: What ccxt is to do otherwise than it would.
    :param known_options: ccxt's options that a connection may set, and what type they have.
    :param side_by_side: See :attr:`.Exchange.side_by_side`.
    :param words: See :attr:`.Assumptions.words`.
    :param fields: See :attr:`.Assumptions.fields`.
    """

    exchange: str
    title: str
    market_types: Sequence[MarketType]
    books: Sequence[Book]
    limits: Mapping[str, RateLimit]
    order_ids: Grammar
    client_order_ids: Grammar
    failure: Callable[[int, Any], Failure | None]
    data: Callable[[Any], Any]
    errors: Mapping[str, type[ExchangeError]]
    fits: Callable[[Params, Any], bool] = lambda _params, _data: True
    understood: frozenset[str] = frozenset()
    never_an_order_id: str | None = None
    time: tuple[Endpoint, str] | None = None
    withdrawal: tuple[Endpoint, Callable[[Any], bool]] | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    known_options: Mapping[str, type] = field(default_factory=dict)
    side_by_side: int = 1
    words: frozenset[str] = frozenset()
    fields: frozenset[str] = frozenset()

    def endpoints(self) -> frozenset[Endpoint]:
        """Return every call that may be made of the exchange."""
        return frozenset(_endpoints_in(self))


def _endpoints_in(part: Any) -> Iterator[Endpoint]:
    """Find the endpoints in a part of a profile, wherever they are."""
    if isinstance(part, Endpoint):
        yield part
    elif isinstance(part, tuple | list):
        for each in part:
            yield from _endpoints_in(each)
    elif hasattr(part, "__dataclass_fields__") and not isinstance(part, type):
        for each in fields(part):
            yield from _endpoints_in(getattr(part, each.name))
