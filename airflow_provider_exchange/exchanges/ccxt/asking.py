"""Makes the calls of a profile, and reads lists page by page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from airflow_provider_exchange.errors import (
    ExchangeError,
    ExchangeUnavailableError,
    PermissionDeniedError,
    UnreadableResponseError,
)
from airflow_provider_exchange.exchanges.assumptions import value_at
from airflow_provider_exchange.exchanges.ccxt.calls import CcxtCall
from airflow_provider_exchange.protocol.steps import ask

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from airflow_provider_exchange.exchanges.base import Exchange
    from airflow_provider_exchange.exchanges.ccxt.client import Client
    from airflow_provider_exchange.exchanges.ccxt.profile import Endpoint, Params, Profile
    from airflow_provider_exchange.exchanges.orders import OrderReader
    from airflow_provider_exchange.protocol.steps import Operation

__all__ = ["Asking"]

T = TypeVar("T")


class Asking:
    """
    What may be asked of an exchange.

    :param exchange: The account, whose secrets no message may hold.
    :param profile: Its endpoints are the only calls that are made.
    :param client: Signs them.
    """

    def __init__(self, exchange: Exchange, profile: Profile, client: Client) -> None:
        self._exchange = exchange
        self._profile = profile
        self._client = client
        self._allowed = profile.endpoints()

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
        :raises PermissionDeniedError: when the endpoint is not one of the profile's; nothing was signed.
        """
        if endpoint not in self._allowed:
            raise PermissionDeniedError(
                f"{endpoint.name} is not among the calls that are made of {self._exchange.title}"
            )
        return CcxtCall(
            self._client,
            self._profile,
            self._client.wanted(endpoint.name, params),
            parse,
            self._exchange.secrets,
            orders,
            rows,
            not_found,
            endpoint=endpoint.limit,
            weight=endpoint.weight if weight is None else weight,
            mutating=endpoint.changes,
        )

    def pages(
        self,
        endpoint: Endpoint,
        params: Mapping[str, Any],
        rows: str,
        more: Callable[[Any, Sequence[Any]], dict[str, Any] | None],
        read: Callable[[Any], T],
        orders: OrderReader | None = None,
    ) -> Operation[list[T]]:
        """
        Read a list page by page.

        :param params: Of the first page.
        :param rows: See :class:`.Listing`, as for ``more``.
        :param read: Takes the rows of each page.
        :param orders: Reads the orders that these are; None for a list of something else.
        :return: What ``read`` returned for each.
        """
        pages: list[T] = []
        asked: dict[str, Any] = {}
        before: list[dict[str, Any]] = []

        def parse(data: Any) -> tuple[T, dict[str, Any] | None]:
            found = value_at(data, rows)
            return read(found), more(data, found)

        while True:
            before.append(asked)
            call = self.call(endpoint, {**params, **asked}, parse, orders=orders, rows=rows)
            page, following = yield from ask(call)
            pages.append(page)
            if following is None:
                return pages
            if following in before:
                raise UnreadableResponseError("the response leads back to a page that was read")
            asked = following
