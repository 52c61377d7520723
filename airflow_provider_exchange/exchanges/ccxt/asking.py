"""Makes the calls of a profile, and reads lists page by page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from airflow_provider_exchange.errors import (
    ExchangeError,
    ExchangeUnavailableError,
    PermissionDeniedError,
    UnreadableResponseError,
)
from airflow_provider_exchange.exchanges.assumptions import groups_at, value_at
from airflow_provider_exchange.exchanges.ccxt.calls import CcxtCall
from airflow_provider_exchange.exchanges.ccxt.loose import is_public
from airflow_provider_exchange.exchanges.ccxt.profiles.shared import rows_of
from airflow_provider_exchange.protocol.steps import ask

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    from airflow_provider_exchange.exchanges.base import Exchange
    from airflow_provider_exchange.exchanges.ccxt.client import Client
    from airflow_provider_exchange.exchanges.ccxt.profile import (
        Counted,
        EachMarket,
        Endpoint,
        Listing,
        Params,
        Profile,
    )
    from airflow_provider_exchange.exchanges.orders import OrderReader
    from airflow_provider_exchange.models.orders import Order, OrderKey
    from airflow_provider_exchange.protocol.steps import Operation

__all__ = ["Asking"]

T = TypeVar("T")

ATTEMPTS = 5
"""How often a list is read whose pages did not meet."""


class Asking:
    """
    What may be asked of an exchange.

    :param exchange: The account, whose secrets no message may hold.
    :param profile: Says what answers mean.
    :param client: Signs.
    :param allowed: The only calls that are made; None for the profile's :meth:`.Profile.endpoints`.
    """

    def __init__(
        self, exchange: Exchange, profile: Profile, client: Client, allowed: Collection[Endpoint] | None = None
    ) -> None:
        self._exchange = exchange
        self._profile = profile
        self._client = client
        self._allowed = profile.endpoints() if allowed is None else allowed

    def call(
        self,
        endpoint: Endpoint,
        params: Params,
        parse: Callable[[Any], T],
        *,
        weight: int | None = None,
        orders: OrderReader | None = None,
        rows: str = "",
        not_found: type[ExchangeError] = ExchangeUnavailableError,
    ) -> CcxtCall[T]:
        """
        Return a call; see :class:`.CcxtCall` for what is not told here.

        :param params: Of the request.
        :param weight: How much it counts; None for what the endpoint says.
        :raises PermissionDeniedError: when the endpoint is not an allowed one; nothing was signed.
        """
        if endpoint not in self._allowed:
            raise PermissionDeniedError(
                f"{endpoint.name} is not among the calls that are made of {self._exchange.title}"
            )
        wanted = self._client.wanted(endpoint.name, params)
        return CcxtCall(
            self._client,
            self._profile,
            wanted,
            parse,
            self._exchange.secrets,
            orders,
            rows,
            not_found,
            endpoint.complete,
            endpoint=endpoint.limit,
            weight=endpoint.weight if weight is None else weight,
            mutating=endpoint.changes,
            signed=endpoint.complete is not None or not is_public(wanted),
        )

    def listed(self, listing: Listing) -> CcxtCall[list[Any]]:
        """Return the call for the first page of a list, whose result are its rows."""
        return self.call(listing.endpoint, dict(listing.params), lambda data: rows_of(value_at(data, listing.rows)))

    def pages(
        self,
        endpoint: Endpoint,
        params: Mapping[str, Any],
        rows: str,
        more: Callable[[Any, Sequence[Any]], dict[str, Any] | None],
        read: Callable[[Any], T],
        orders: OrderReader | None = None,
        *,
        null_is_none: bool = False,
        not_found: type[ExchangeError] = ExchangeUnavailableError,
    ) -> Operation[list[T]]:
        """
        Read a list page by page.

        :param params: Of the first page.
        :param rows: See :class:`.Listing`, as for ``more``.
        :param read: Takes the rows of each page.
        :param orders: Reads the orders that these are; None for a list of something else.
        :param null_is_none: See :class:`.Listing`.
        :param not_found: See :class:`.CcxtCall`; for a list that is asked about a single order.
        :return: What ``read`` returned for each.
        """
        pages: list[T] = []
        asked: dict[str, Any] = {}
        before: list[dict[str, Any]] = []

        def parse(data: Any) -> tuple[T, dict[str, Any] | None]:
            found = value_at(data, rows)
            if found is None and null_is_none:
                return read([]), None
            return read(found), more(data, found)

        while True:
            before.append(asked)
            call = self.call(endpoint, {**params, **asked}, parse, orders=orders, rows=rows, not_found=not_found)
            page, following = yield from ask(call)
            pages.append(page)
            if following is None:
                return pages
            if following in before:
                raise UnreadableResponseError("the response leads back to a page that was read")
            asked = following

    def counted_pages(
        self,
        listing: Listing,
        counted: Counted,
        of_market: Mapping[str, Any],
        read: Callable[[list[Any]], list[Order]],
        orders: OrderReader,
    ) -> Operation[None]:
        """
        Read a list whose pages are counted; see :class:`.Counted`.

        :param of_market: The parameters that name a market, if it is the list of one.
        :param read: Takes the rows of each page, or of each group in it, and returns their orders.
        :raises UnreadableResponseError: when the list changes each time too fast for its pages to meet, or says
            that more orders are open than it shows.
        """
        fits, number = True, 0

        def parse(data: Any) -> list[tuple[int, set[OrderKey]]]:
            nonlocal fits
            groups = groups_at(data, listing.rows)
            if groups is None:
                raise UnreadableResponseError("the response's list of orders is not a list")
            if number == 0 and listing.fits_its_total is not None:
                fits = listing.fits_its_total(data, counted.size(0))
            return [(len(group), {self._exchange.key(order) for order in read(group)}) for group in groups]

        for _ in range(ATTEMPTS):
            number = 0
            unfinished: list[set[OrderKey]] = []
            while (page := counted.page(number)) is not None:
                params = {**listing.params, **of_market, **page}
                call = self.call(listing.endpoint, params, parse, orders=orders, rows=listing.rows)
                groups = yield from ask(call)
                shown: set[OrderKey] = set().union(*(keys for _, keys in groups))
                if any(before.isdisjoint(shown) for before in unfinished):
                    break
                # A page is full of rows: an order that it shows twice does not make it the last one.
                unfinished = [keys for rows, keys in groups if rows >= counted.size(number)]
                if not unfinished:
                    if not fits:
                        raise UnreadableResponseError("the response says that more orders are open than it shows")
                    return
                number += 1
        raise UnreadableResponseError("the list of orders changed each time before its pages could be read")

    def named_markets(self, each: EachMarket) -> Operation[list[Any]]:
        """Read which markets the exchange names; whatever it writes there is one."""

        def parse(data: Any) -> list[Any]:
            if not isinstance(data, dict) or each.rows not in data:
                raise UnreadableResponseError("the response does not name markets")
            found = [] if data[each.rows] is None else rows_of(data[each.rows])
            return list(dict.fromkeys(name if isinstance(name, str) else None for name in found))

        return ask(self.call(each.endpoint, {}, parse))
