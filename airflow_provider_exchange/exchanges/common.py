"""Code that several exchanges share: finding orders by name in lists and histories, and HMAC."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import chain
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives import hmac

from airflow_provider_exchange.errors import (
    ExchangeError,
    ExchangeUnavailableError,
    InvalidOrderRequest,
    OrderNotFoundError,
    UndecidedOrdersError,
)
from airflow_provider_exchange.protocol.steps import ask

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from cryptography.hazmat.primitives.hashes import HashAlgorithm

    from airflow_provider_exchange.exchanges.base import Exchange
    from airflow_provider_exchange.models.orders import Order, OrderKey, OrderRef
    from airflow_provider_exchange.protocol.steps import Call, Operation

NEVER_COUNTED = str(2**53 - 1 - 2**31)
"""
An id that no venue has counted up to, for a cancel that must reach nothing.

Every kind of number holds it as it is, but for those of 32 bits, which make their largest positive one of it:
never 0 nor -1, which may have a meaning of their own.
"""


@dataclass
class Pages:
    """
    How far a paged list has been read.

    :param number: The page to read next, from 1.
    :param fresh: Those orders of the latest page that no earlier page contained.
    """

    number: int = 1
    fresh: dict[OrderKey, Order] = field(default_factory=dict)


def search(
    exchange: Exchange, refs: Sequence[OrderRef], page: Callable[[Pages], Call[list[Order]]]
) -> Operation[dict[OrderKey, Order]]:
    """
    Find orders in a paged list, which is read until all are found or a page brings nothing new.

    :param refs: Which orders, at least one.
    :param page: Returns the call for a page.
    :return: The orders found, by the key of their reference.
    """
    named = Named({exchange.key(ref): ref for ref in refs})

    def is_enough(fresh: Mapping[OrderKey, Order]) -> bool:
        named.take(fresh)
        return named.is_complete

    yield from read_pages(exchange, page, is_enough)
    return named.orders()


def read_pages(
    exchange: Exchange,
    page: Callable[[Pages], Call[list[Order]]],
    is_enough: Callable[[Mapping[OrderKey, Order]], bool],
) -> Operation[None]:
    """
    Read a paged list until a page brings nothing new.

    :param page: Returns the call for a page.
    :param is_enough: Takes those orders of each page that are new; whether to stop after it.
    """
    pages = Pages()
    seen: set[OrderKey] = set()
    while True:
        shown = by_key(exchange.key, (yield from ask(page(pages))))
        pages.fresh = {key: order for key, order in shown.items() if key not in seen}
        seen |= pages.fresh.keys()
        if is_enough(pages.fresh) or not pages.fresh:
            return
        pages.number += 1


def into(found: list[Order]) -> Callable[[Mapping[OrderKey, Order]], bool]:
    """Return what lets :func:`read_pages` read every page, and keeps their orders in a list meanwhile."""

    def keep(fresh: Mapping[OrderKey, Order]) -> bool:
        found.extend(fresh.values())
        return False

    return keep


def by_key(key: Callable[[Order], OrderKey], *lists: Iterable[Order]) -> dict[OrderKey, Order]:
    """Return the orders of lists by their keys. One that is shown twice is live if it is live anywhere."""
    shown: dict[OrderKey, Order] = {}
    for order in chain.from_iterable(lists):
        name = key(order)
        if name not in shown or shown[name].state.is_terminal:
            shown[name] = order
    return shown


def read_all(readings: Iterable[Operation[list[Order]]]) -> Operation[list[list[Order]]]:
    """
    Read several lists, each of them although another one fails.

    :raises ExchangeError: the first, which carries what the other lists have shown.
    """
    lists: list[list[Order]] = []
    trouble: ExchangeError | None = None
    for reading in readings:
        try:
            lists.append((yield from reading))
        except ExchangeError as error:
            trouble = trouble or error
    if trouble is None:
        return lists
    trouble.shown = (*trouble.shown, *chain(*lists))
    raise trouble


def refused_after_all(what: str, refusal: ExchangeError) -> ExchangeUnavailableError:
    """Return the error for a list that the venue has shown in this run, and then refuses to show."""
    return ExchangeUnavailableError(
        f"the venue refuses to list {what}, which it has listed before: {refusal.message}", code=refusal.code
    )


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
        """Return the matches by the key of their reference, without those of :meth:`misnamed`."""
        alike = {name: _live_or_first(orders.values()) for name, orders in self._found_by_client_id.items()}
        return self._found | {name: orders[0] for name, orders in alike.items() if len(orders) == 1}

    def misnamed(self) -> dict[OrderKey, InvalidOrderRequest]:
        """Return the errors for references that match several live orders, by their keys."""
        alike = {name: _live_or_first(orders.values()) for name, orders in self._found_by_client_id.items()}
        return {name: _shared_name(orders) for name, orders in alike.items() if len(orders) > 1}


def only_one(named: Sequence[Order]) -> Order:
    """Return the order that a client order id means: the live one, else the first; refuse two live ones."""
    meant = _live_or_first(named)
    if len(meant) > 1:
        raise _shared_name(meant)
    return meant[0]


def _shared_name(live: Iterable[Order]) -> InvalidOrderRequest:
    return InvalidOrderRequest(
        "the client order id names more than one live order; name the one you mean by its order_id",
        orders=[order.ref for order in live],
    )


def _live_or_first(named: Iterable[Order]) -> list[Order]:
    orders = list(named)
    return [order for order in orders if not order.state.is_terminal] or orders[:1]


def live_then_ended(exchange: Exchange, ref: OrderRef, ended: Operation[dict[OrderKey, Order]]) -> Operation[Order]:
    """
    Find an order by its name in the open list, then in the history; an ended order never hides a live one.

    :param ended: Finds the order in the history, as :func:`search` does; runs only if no live order has this name.
    :raises InvalidOrderRequest: when several live orders have this name.
    :raises OrderNotFoundError: when no order has it.
    :raises UndecidedOrdersError: when no live order has it, but one whose name cannot be read may have it.
    """
    markets = None if ref.symbol is None else {ref.symbol}
    listed = yield from exchange.list_open(markets)
    named = [order for order in listed if order.is_named_by(ref)]
    if named:
        return only_one(named)
    named = list((yield from ended).values())
    if named and ref.order_id is not None:
        return only_one(named)
    if named and all(order.state.is_terminal for order in named):
        # A live order may have the name of an ended one. No single list proves that there is none.
        listed = [*listed, *(yield from exchange.list_open(markets))]
        named += [order for order in listed if order.is_named_by(ref)]
    if any(may_be(order, ref) for order in listed) and all(order.state.is_terminal for order in named):
        raise UndecidedOrdersError(
            "no live order shows this name, but one shows a name that cannot be read", orders=[ref]
        )
    if named:
        return only_one(named)
    raise OrderNotFoundError("the order is neither in the open list nor in the history", orders=[ref])


def may_be(order: Order, ref: OrderRef) -> bool:
    """Whether a reference may mean an order of which a part of the name cannot be read."""
    part = "client_order_id" if ref.order_id is None else "order_id"
    has_id = part in order.unreadable or getattr(order, part) == getattr(ref, part)
    has_market = "symbol" in order.unreadable or ref.symbol in (None, order.symbol)
    return has_id and has_market and not order.unreadable.isdisjoint({part, "symbol"})


def hmac_hex(secret: bytes, text: bytes, algorithm: HashAlgorithm) -> str:
    """Return the hexadecimal HMAC of a text."""
    mac = hmac.HMAC(secret, algorithm)
    mac.update(text)
    return mac.finalize().hex()
