"""One certified exchange, whole."""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace
from typing import TYPE_CHECKING, Any

from airflow_provider_exchange.exchanges.ccxt.profile.calls import Endpoint, Failure, Params

if TYPE_CHECKING:
    import re
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from airflow_provider_exchange.errors import ExchangeError
    from airflow_provider_exchange.exchanges.arguments import Grammar
    from airflow_provider_exchange.exchanges.ccxt.countdown import Countdown
    from airflow_provider_exchange.exchanges.ccxt.profile.account import Owner, Requirement
    from airflow_provider_exchange.exchanges.ccxt.profile.book import Book
    from airflow_provider_exchange.exchanges.ccxt.profile.markets import MarketType
    from airflow_provider_exchange.protocol.limits import RateLimit

__all__ = ["Profile"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """
    One certified exchange.

    :param exchange: ccxt's id.
    :param title: The exchange's name for people.
    :param market_types: The kinds of market whose orders make up "all".
    :param books: The books, those of one market type next to each other.
    :param requires: What an account has to be.
    :param limits: The rate limits by endpoint; see :attr:`.Exchange.limits`.
    :param order_ids: The form of order ids, marks of books among them.
    :param client_order_ids: The form of client order ids.
    :param client_order_id_prefixes: See :attr:`.Exchange.client_order_id_prefixes`.
    :param never_an_order_id: See :attr:`.Exchange.never_an_order_id`.
    :param failure: Takes the HTTP status and the decoded body, which is a text where it is no JSON; returns the
        failure that it tells of in a documented form, or None.
    :param understood: Fields of a body of which ``failure`` and ``data`` know every value that is no failure,
        although it would usually be a sign of one.
    :param data: Returns the part of a documented success that holds the data; raises ``UnreadableResponseError``
        where the body is none.
    :param fits: Takes the parameters of a request and the data of its answer; whether one can be about the other.
    :param errors: What the codes of failures mean; any other one is "unavailable".
    :param time: How the exchange's clock is read: the endpoint, and where the data has the ms since 1970.
    :param owner: How it is proved that the key may act for the account; None where reads are signed with it.
    :param withdrawal: How it is read whether the key may withdraw; None where the exchange does not tell.
    :param credential_forms: Patterns of credentials, by ccxt's names of them, which lower-case texts have to match.
    :param options: What ccxt is to do otherwise than it would.
    :param headers: What every request has among its headers, also where a version of ccxt does not write it.
    :param unlisted: Calls that ccxt does not know, but signs like others: by a name of the kind that it would give
        them, a call that it knows, of the same API and HTTP method, and their path.
    :param known_options: ccxt's options that a connection may set, and what type they have.
    :param secret: Brings the API secret to the form that ccxt takes, where it may be a key of several lines. Raises
        ``ValueError`` for one that cannot be right, in words that hold no part of it. None where it is one word.
    :param needs_symbol: Whether an order is named by its id and its market. Else no two markets have the same id,
        and the exchange finds an order by its id alone.
    :param side_by_side: See :attr:`.Exchange.side_by_side`.
    :param timestamps_grow: See :attr:`.Exchange.timestamps_grow`.
    :param words: See :attr:`.Assumptions.words`.
    :param fields: See :attr:`.Assumptions.fields`.
    :param countdown: Its dead man's switch; None where it has none that this package can arm.
    :param no_countdown: Why that is so, to complete "OKX ...".
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
    client_order_id_prefixes: Grammar | None = None
    never_an_order_id: str | None = None
    time: tuple[Endpoint, str] | None = None
    owner: Owner | None = None
    withdrawal: tuple[Endpoint, Callable[[Any], bool]] | None = None
    credential_forms: Mapping[str, re.Pattern[str]] = field(default_factory=dict)
    options: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    unlisted: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    known_options: Mapping[str, type] = field(default_factory=dict)
    requires: Sequence[Requirement] = ()
    secret: Callable[[str], str] | None = None
    needs_symbol: bool = True
    side_by_side: int = 1
    timestamps_grow: bool = False
    words: frozenset[str] = frozenset()
    fields: frozenset[str] = frozenset()
    countdown: Countdown | None = None
    no_countdown: str = "documents no dead man's switch"

    def endpoints(self) -> frozenset[Endpoint]:
        """Return every call that may be made of the exchange to read and cancel orders."""
        return frozenset(_endpoints_in(replace(self, countdown=None)))


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
