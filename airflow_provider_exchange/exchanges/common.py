"""Code that several exchanges share: spellings of markets, paged lists, finding orders by name, HMAC."""

from __future__ import annotations

from dataclasses import dataclass, field
from string import ascii_lowercase, ascii_uppercase
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives import hmac

from airflow_provider_exchange.errors import InvalidOrderRequest, OrderNotFoundError, UndecidedOrdersError
from airflow_provider_exchange.exchanges.arguments import required_text
from airflow_provider_exchange.protocol.steps import ask

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from typing import Any

    from cryptography.hazmat.primitives.hashes import HashAlgorithm

    from airflow_provider_exchange.exchanges.arguments import Grammar
    from airflow_provider_exchange.exchanges.base import Exchange
    from airflow_provider_exchange.exchanges.fields import Record
    from airflow_provider_exchange.models import Order, OrderKey, OrderRef
    from airflow_provider_exchange.protocol.steps import Call, Operation

SEPARATORS = "/-_"
"""What pages and users write between the two currencies of a market."""


def market_spelling(separator: str, *, capitals: bool) -> Mapping[int, int]:
    """
    Return the table for :func:`check_market` that turns the usual spellings of a market into one.

    :param separator: The character to write between the currencies.
    :param capitals: Whether ASCII letters become capitals or lower case. Other letters stay as they are: their
        case does not follow rules that every venue shares.
    """
    given, written = (ascii_lowercase, ascii_uppercase) if capitals else (ascii_uppercase, ascii_lowercase)
    return str.maketrans(given + SEPARATORS, written + separator * len(SEPARATORS))


def check_market(grammar: Grammar, spelling: Mapping[int, int], value: Any, field: str) -> str:
    """
    Return the symbol of a market in one spelling, if it has the grammar's form in that spelling.

    Digits alone are refused, as they are an order id in the wrong place, and so is anything like a relative path.

    :param spelling: From :func:`market_spelling`.
    :param field: The argument's name, for the message.
    :raises InvalidOrderRequest: showing the symbol as it was given.
    """
    given = required_text(value, field)
    if ".." in given or not any(map(str.isalpha, given)):
        raise grammar.malformed(given, field)
    try:
        return grammar.check(given.translate(spelling), field)
    except InvalidOrderRequest:
        raise grammar.malformed(given, field) from None


def by_symbol(exchange: Exchange, listed: Iterable[Record], field: str) -> Iterator[tuple[str, Record]]:
    """
    Yield records together with their market, for lists of which only the markets matter.

    A record whose symbol this package would refuse as an argument is left out: nobody can have asked for it.

    :param field: The field with the symbol.
    """
    for record in listed:
        try:
            symbol = exchange.check_symbol(record.get(field))
        except InvalidOrderRequest:
            continue
        yield symbol, record


@dataclass
class Pages:
    """
    How far a paged list has been read.

    :param number: The page to read next, from 1.
    :param seen: All orders so far, in the order of the pages.
    :param fresh: Those orders of the latest page that no earlier page contained.
    """

    number: int = 1
    seen: dict[OrderKey, Order] = field(default_factory=dict)
    fresh: dict[OrderKey, Order] = field(default_factory=dict)


def read_pages(
    exchange: Exchange,
    page: Callable[[Pages], Call[list[Order]]],
    is_enough: Callable[[Pages], bool],
) -> Operation[dict[OrderKey, Order]]:
    """Read the pages of a list until ``is_enough``, or until a page brings nothing new."""
    pages = Pages()
    while True:
        keyed = {exchange.key(order): order for order in (yield from ask(page(pages)))}
        pages.fresh = {key: order for key, order in keyed.items() if key not in pages.seen}
        pages.seen |= keyed
        if not pages.fresh or is_enough(pages):
            return pages.seen
        pages.number += 1


def search(
    exchange: Exchange,
    refs: Sequence[OrderRef],
    page: Callable[[Pages], Call[list[Order]]],
    most_pages: int | None = None,
) -> Operation[dict[OrderKey, Order]]:
    """
    Find orders in a paged list, and return those found by the key of their reference.

    :param refs: Which orders, at least one.
    :param page: Returns the call for a page.
    :param most_pages: How many pages to read at most; None for as many as it takes.
    """
    named = Named({exchange.key(ref): ref for ref in refs})

    def all_found(pages: Pages) -> bool:
        named.take(pages.fresh)
        return named.is_complete or pages.number == most_pages

    yield from read_pages(exchange, page, all_found)
    return named.orders()


class Named:
    """
    Matches orders from responses to references.

    :param refs: The references by their keys.
    """

    def __init__(self, refs: Mapping[OrderKey, OrderRef]) -> None:
        self._refs = refs
        self._by_client_id: dict[str, list[OrderKey]] = {}
        for name in refs:
            if name.client_order_id is not None:
                self._by_client_id.setdefault(name.client_order_id, []).append(name)
        self._found: dict[OrderKey, Order] = {}
        self._found_by_client_id: dict[OrderKey, dict[OrderKey, Order]] = {}

    def take(self, orders: Mapping[OrderKey, Order]) -> None:
        """Match some orders, given by their keys."""
        for key, order in orders.items():
            if key in self._refs and order.is_named_by(self._refs[key]):
                self._found[key] = order
            for name in self._by_client_id.get(order.client_order_id or "", ()):
                if order.is_named_by(self._refs[name]):
                    self._found_by_client_id.setdefault(name, {})[key] = order

    @property
    def is_complete(self) -> bool:
        """Whether every reference has a match."""
        return len(self._found) + len(self._found_by_client_id) == len(self._refs)

    def orders(self) -> dict[OrderKey, Order]:
        """Return the matches by the key of their reference; see :func:`only_one`."""
        alike = self._found_by_client_id.items()
        return self._found | {name: only_one(list(orders.values())) for name, orders in alike}


def only_one(named: Sequence[Order]) -> Order:
    """Return the order that a client order id means: the live one, else the first; refuse two live ones."""
    live = [order for order in named if not order.state.is_terminal]
    if len(live) > 1:
        raise InvalidOrderRequest(
            "the client order id names more than one live order; name the one you mean by its order_id",
            orders=[order.ref for order in live],
        )
    return (live or named)[0]


def live_then_ended(exchange: Exchange, ref: OrderRef, ended: Operation[dict[OrderKey, Order]]) -> Operation[Order]:
    """
    Find an order by its name in the open list, then in the history; an ended order never hides a live one.

    :param ended: Finds the order in the history, as :func:`search` does; runs only if no live order has this name.
    :raises InvalidOrderRequest: when several live orders have this name.
    :raises OrderNotFoundError: when no order has it.
    :raises UndecidedOrdersError: when no order has it, but an open one whose name cannot be read may have it.
    """
    listed = yield from exchange.list_open(None if ref.symbol is None else {ref.symbol})
    named = [order for order in listed if order.is_named_by(ref)]
    named = named or list((yield from ended).values())
    if named:
        return only_one(named)
    if any(_may_be(order, ref) for order in listed):
        raise UndecidedOrdersError(
            "no order shows this name, but an open one shows one that cannot be read", orders=[ref]
        )
    raise OrderNotFoundError("the order is neither in the open list nor in the history", orders=[ref])


def _may_be(order: Order, ref: OrderRef) -> bool:
    """Whether an order's name that cannot be read may be the one of a reference."""
    elsewhere = ref.symbol not in (None, order.symbol) and "symbol" not in order.unreadable
    return ("client_order_id" if ref.order_id is None else "order_id") in order.unreadable and not elsewhere


def hmac_hex(secret: bytes, text: bytes, algorithm: HashAlgorithm) -> str:
    """Return the hexadecimal HMAC of a text."""
    mac = hmac.HMAC(secret, algorithm)
    mac.update(text)
    return mac.finalize().hex()
