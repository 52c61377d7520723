"""Reads of orders by their names, and of what they have placed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from airflow_provider_exchange.exchanges.ccxt.profile.calls import Endpoint
    from airflow_provider_exchange.exchanges.orders import OrderForm

__all__ = ["Placed", "Several", "Single", "Trail"]


@dataclass(frozen=True, slots=True)
class Single:
    """
    A read of one order, live or ended.

    :param params: Takes the ids of an order and its market, and returns the parameters.
    :param rows: Where the data has the order, or a list of it; see :class:`Listing`.
    :param null_is_none: Whether the exchange says null of an order that it does not know.
    :param picks: For a list that has others, too: takes the id that is asked for and a row, and returns whether
        that is about it. None where whatever the answer shows has to be the order.
    :param more: See :class:`Listing`. Given where the call cannot name an order: then the order is looked for in
        all that it shows, page by page.
    :param form: How it writes an order, if otherwise than the book's form.
    :param otherwise: What is asked where this one shows no such order, as where one call knows live orders, and
        another one those that have ended. An order may go from the first to the second, never back.
    """

    endpoint: Endpoint
    params: Callable[[str, str], dict[str, Any]]
    rows: str = ""
    null_is_none: bool = False
    picks: Callable[[str, Mapping[str, Any]], bool] | None = None
    more: Callable[[Any, Sequence[Any]], dict[str, Any] | None] | None = None
    form: OrderForm | None = None
    otherwise: Single | None = None

    def each(self) -> list[Single]:
        """Return this read, and those that are made where it shows nothing."""
        return [self, *([] if self.otherwise is None else self.otherwise.each())]


@dataclass(frozen=True, slots=True)
class Several:
    """
    A read of several orders by their ids, live or ended, whatever their markets.

    :param size: How many it may name.
    :param params: Takes their ids, and returns the parameters.
    :param rows: See :class:`Listing`. Those that the exchange does not know may be left out.
    """

    endpoint: Endpoint
    size: int
    params: Callable[[Sequence[str]], dict[str, Any]]
    rows: str = ""


@dataclass(frozen=True, slots=True)
class Placed:
    """
    Names the orders that one has placed.

    :param params: Takes the ids of that one and its market, and returns the parameters.
    :param ids: Takes the data, and returns the ids of what was placed.
    """

    endpoint: Endpoint
    params: Callable[[str, str], dict[str, Any]]
    ids: Callable[[Any], Sequence[str]]


@dataclass(frozen=True, slots=True)
class Trail:
    """
    How the orders are found that one has placed, where that one does not name them.

    They are looked for although the exchange does not know the one any more that has placed them.

    :param begins: Takes an order as the exchange shows it; whether it has placed others.
    :param lists: Lists that together show those others, each picking them by the id of the one.
    :param asks: Calls that tell the ids of those others and no more.
    :param last_shows_all: Whether the others are in the same book, and the last list of that shows all its orders.
        Then one that only an earlier list has shown may have gone on as one that the last list shows.
    """

    begins: Callable[[Mapping[str, Any]], bool]
    lists: Sequence[Single] = ()
    asks: Sequence[Placed] = ()
    last_shows_all: bool = False
