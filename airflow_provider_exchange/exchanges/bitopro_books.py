"""
The two books of an account at BitoPro, and what each of them has shown.

The vendor does not say whether spot and margin may use the same id, nor whether the list of one shows the orders of
the other, too. So nothing is concluded from an id alone: what counts is which book has shown the order.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING
from urllib.parse import quote

from airflow_provider_exchange.errors import PermissionDeniedError, RequestRefusedError
from airflow_provider_exchange.exchanges.markets import market_spelling

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable
    from datetime import datetime

    from airflow_provider_exchange.models.orders import Order, OrderKey, OrderRef

SPELLING = market_spelling("_", capitals=False)
REFUSED = (PermissionDeniedError, RequestRefusedError)
"""
How the venue may answer a request about margin orders of an account without margin; it documents no answer. A list
that it does not find counts as a refusal, too.
"""
REFUSALS = 2
REMEMBERED = 100_000
"""How many orders each book remembers. A forgotten one is looked for in both books again."""


@dataclass(eq=False)
class Book:
    """
    The account's orders on spot or on margin.

    :param path: The path of its orders.
    :param open_path: The path of the list of its live orders.
    :param live: The orders that were live when the book last showed them.
    :param seen: All orders that it has shown.
    """

    path: str
    open_path: str
    live: set[OrderKey] = field(default_factory=set)
    seen: set[OrderKey] = field(default_factory=set)

    def path_to(self, ref: OrderRef) -> str:
        """Return the path of one order; its market is one segment, whatever characters it has."""
        return f"{self.path}/{quote(ref.symbol or '', safe='')}/{ref.order_id}"

    def show_open(self, orders: Iterable[OrderKey]) -> None:
        """Remember what the list of live orders has shown."""
        if len(self.seen) > REMEMBERED:
            self.seen.clear()
        self.live = set(orders)
        self.seen |= self.live

    def show(self, key: OrderKey, *, live: bool) -> None:
        """Remember what a read of one order has shown."""
        self.seen.add(key)
        if live:
            self.live.add(key)
        else:
            self.live.discard(key)


class Books:
    """Both books of one account, and in which of them to look for an order."""

    def __init__(self) -> None:
        self.spot = Book("/orders", "/orders/open")
        self.margin = Book("/margin/orders", "/margin/orders/orders/open")
        self.both = (self.spot, self.margin)
        self.has_margin: bool | None = None
        """Whether the venue lists margin orders, or refuses to; None before it has answered in this run."""
        self.margin_refusals = 0
        """How many looks in a row it has refused."""

    @property
    def margin_is_given_up(self) -> bool:
        """Whether the list of margin orders is no longer read: two looks, as a proof has them, were refused."""
        return self.margin_refusals >= REFUSALS

    @property
    def with_history(self) -> tuple[Book, ...]:
        """The books of which the account seems to have orders: spot, and mostly margin."""
        return self.both[: 1 if self.has_margin is False else 2]

    def pairs_seen(self) -> list[str]:
        """Return the markets of all orders that the books have shown."""
        return sorted({key.symbol for book in self.both for key in book.seen if key.symbol is not None})

    def with_order(self, key: OrderKey) -> list[Book]:
        """Return the books that have shown an order."""
        return [book for book in self.both if key in book.seen]

    def may_show(self, book: Book, key: OrderKey) -> bool:
        """Whether a book may show an order: it has done so before, or neither book has."""
        return key in book.seen or not self.with_order(key)

    def to_search(self, keys: Collection[OrderKey]) -> list[Book]:
        """Return the books whose histories may show some orders; margin only if the account seems to have it."""
        return [book for book in self.with_history if any(self.may_show(book, key) for key in keys)]

    def to_cancel_in(self, key: OrderKey) -> list[Book]:
        """Return the books that show an order live, else those that have shown it, else spot."""
        live = [book for book in self.both if key in book.live]
        return live or self.with_order(key) or [self.spot]


def orders_of_both(spot: list[Order], margin: list[Order], key: Callable[[Order], OrderKey]) -> list[Order]:
    """
    Return the live orders that the lists of both books show.

    Two that share a name become one, as its cancel may reach either. What differs between them is not told of it:
    a selection that asks for that leaves both alone.

    :param key: Returns the name that tells orders apart.
    """
    on_margin = {key(order): order for order in margin if order.can_be_named}
    of_spot = [as_one(order, on_margin.pop(key(order))) if key(order) in on_margin else order for order in spot]
    return [*of_spot, *(order for order in margin if not order.can_be_named or key(order) in on_margin)]


def as_one(order: Order, other: Order) -> Order:
    """Return what is known of two orders of one name. One book's list shows times in seconds, the other's in ms."""
    if order.state.is_terminal or other.state.is_terminal:
        return other if order.state.is_terminal else order
    alike = {
        "side": order.side is other.side,
        "client_order_id": order.client_order_id == other.client_order_id,
        "created_at": _second(order.created_at) == _second(other.created_at),
    }
    return replace(
        order,
        side=order.side if alike["side"] else None,
        client_order_id=order.client_order_id if alike["client_order_id"] else None,
        created_at=order.created_at if alike["created_at"] else None,
        unreadable=order.unreadable | other.unreadable | {name for name, same in alike.items() if not same},
    )


def _second(time: datetime | None) -> int | None:
    return None if time is None else int(time.timestamp())
