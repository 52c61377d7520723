"""Lists of orders: of those that live, and histories with ended ones."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from airflow_provider_exchange.exchanges.ccxt.profile.calls import Endpoint
    from airflow_provider_exchange.exchanges.orders import OrderForm

__all__ = ["Counted", "EachMarket", "History", "Listing", "whole"]


def whole(_data: Any, _rows: Sequence[Any]) -> dict[str, Any] | None:
    """Return the parameters of the next page, where a list comes whole: there is none."""
    return None


@dataclass(frozen=True, slots=True)
class Counted:
    """
    How a list is read whose pages are counted, and not marked.

    An order that leaves such a list moves those behind it forward, past the place where the next page begins. So
    each page has to begin before the end of the one before it: one that shows none of its orders may have left some
    out, and then the list is read from its beginning again.

    :param page: Takes the number of a page, from 0, and returns its parameters; None if there can be no such page.
    :param size: Takes that number too, and returns how many orders the page shows of a list that goes on.
    """

    page: Callable[[int], dict[str, Any] | None]
    size: Callable[[int], int]


@dataclass(frozen=True, slots=True)
class EachMarket:
    """
    The markets for each of which a list is asked for by itself.

    :param endpoint: Where the exchange names those that have live orders.
    :param rows: Where the data has their ids; null there means none. See :class:`Listing`.
    :param params: Takes an id, and returns what names that market in the parameters of the list.
    """

    endpoint: Endpoint
    rows: str
    params: Callable[[str], dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Listing:
    """
    A list of live orders.

    :param endpoint: Where it is asked for.
    :param params: Its parameters.
    :param rows: Where the data has the orders: names of fields, joined by dots; empty for the data itself. Brackets
        stand for each member of a list: ``[].orders`` where the orders are grouped.
    :param more: Takes the data and its rows, and returns the parameters that the next page has besides; None after
        the last page. A page must go on from an order or a mark of the exchange, not from a number of orders.
    :param counted: How it is read where no order and no mark tells where a page goes on; ``more`` is not asked
        then. Orders that are grouped are counted by group.
    :param absent: Codes of failures by which the exchange says that the account has no such orders, as it is of
        another kind.
    :param each: Set where the list has to be asked for market by market. Those that the exchange names are read
        just before, so a market in which the first order appears meanwhile is like an order that appears after a
        list was read. If certain markets are wanted, these are asked for, whatever it names. Nothing is proved by a
        market that shows no orders, and is named after that.
    :param null_is_none: Whether the exchange says null where there are no orders. A broken answer may say so too.
    :param most: How many orders the exchange shows in all the pages together, although more may be open; None
        where it shows all. Lists of one call count together: the exchange may leave orders out before it picks
        those that a list is asked for.
    :param only: Whether a row is an order of this book, where the list shows those of several books. Such a list is
        asked for once for all of them; a row that none of them takes is an order of the first.
    :param form: How it writes an order, if otherwise than the book's form.
    :param fits_its_total: For a list whose pages are counted, and that says how many orders are open: takes the
        data of the first page and how many orders that shows at most; whether it shows as many as it says.
    """

    endpoint: Endpoint
    params: Mapping[str, Any] = field(default_factory=dict)
    rows: str = ""
    more: Callable[[Any, Sequence[Any]], dict[str, Any] | None] = whole
    counted: Counted | None = None
    absent: frozenset[str] = frozenset()
    each: EachMarket | None = None
    null_is_none: bool = False
    most: int | None = None
    only: Callable[[Any], bool] | None = None
    form: OrderForm | None = None
    fits_its_total: Callable[[Any, int], bool] | None = None


@dataclass(frozen=True, slots=True)
class History:
    """
    The orders of one market, ended ones among them, page by page.

    :param first: Takes the market's id, the ids of orders that are looked for, and the ms since 1970 since when
        they were created, if that is known; returns the parameters of the first page.
    :param rows: See :class:`Listing`.
    :param more: See :class:`Listing`.
    :param counted: How it is read where no order and no mark tells where a page goes on. No order leaves a history,
        so its pages need not overlap.
    :param null_is_none: See :class:`Listing`.
    """

    endpoint: Endpoint
    first: Callable[[str, Sequence[str], int | None], dict[str, Any]]
    rows: str
    more: Callable[[Any, Sequence[Any]], dict[str, Any] | None] = whole
    null_is_none: bool = False
    counted: Counted | None = None
