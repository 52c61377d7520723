"""
Places orders at the paper exchange as a client of the venues does: through their own signed calls.

For demonstrations and rehearsals. The package's own adapters cannot place orders; each venue's folder here has a
subclass that can.
"""

from __future__ import annotations

from abc import abstractmethod
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, Self
from urllib.parse import urlsplit

from airflow_provider_exchange.driver.blocking import Transport, new_session
from airflow_provider_exchange.driver.plan import Planner
from airflow_provider_exchange.errors import RateLimitedError
from airflow_provider_exchange.exchanges.fields import Record
from airflow_provider_exchange.exchanges.http import HttpExchange
from airflow_provider_exchange.exchanges.settings import ConnectionSettings
from airflow_provider_exchange.protocol.hosts import is_loopback
from airflow_provider_exchange.protocol.steps import ask
from airflow_provider_exchange.sandbox.accounts import Accounts
from airflow_provider_exchange.sandbox.venues import VENUES

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from decimal import Decimal

    from airflow_provider_exchange.exchanges.http import HttpCall
    from airflow_provider_exchange.models.orders import Side
    from airflow_provider_exchange.protocol.limits import RateLimit
    from airflow_provider_exchange.protocol.steps import Call
    from airflow_provider_exchange.sandbox.venue import AnyVenue

__all__ = ["NewOrder", "Placing", "PlacingExchange", "Trader", "plain"]

TIMEOUT = 10.0
"""Seconds for one order, including the wait for the rate limit."""
ATTEMPTS = 4


@dataclass(frozen=True, slots=True)
class NewOrder:
    """
    A limit order, or a stop-limit order.

    :param symbol: The market as the venue spells it.
    :param side: Buy or sell.
    :param quantity: In the base currency.
    :param price: In the quote currency.
    :param stop_price: The trigger price, below the market for a sell, above it for a buy; None for a limit order.
    """

    symbol: str
    side: Side
    quantity: Decimal
    price: Decimal
    stop_price: Decimal | None = None

    @property
    def kind(self) -> str:
        """The order type as the venues call it."""
        return "LIMIT" if self.stop_price is None else "STOP_LIMIT"


class Placing(Protocol):
    """What a :class:`Trader` needs of an account: an adapter that can place orders, or a client for that only."""

    name: str
    limits: Mapping[str, RateLimit]

    @classmethod
    def from_settings(cls, settings: ConnectionSettings) -> Self:
        """Build the account from a connection."""
        ...

    def order_call(self, order: NewOrder) -> Call[str]:
        """
        Build the request that places an order; its result is the order's id.

        :param order: What to place.
        """
        ...


class PlacingExchange(HttpExchange):
    """A venue's adapter that can place orders."""

    @abstractmethod
    def order_call(self, order: NewOrder) -> HttpCall[str]:
        """
        Build the request that places an order; its result is the order's id.

        :param order: What to place.
        """

    def placing_call(self, path: str, id_field: str, params: dict[str, Any]) -> HttpCall[str]:
        """
        Build a request that places an order.

        :param path: The URL path.
        :param id_field: The field of the response that holds the order's id.
        :param params: The parameters.
        """
        return self.changing("POST", path, lambda data: Record(data, "body").text(id_field), "place", params)


class Trader:
    """
    Places orders with one paper account.

    :param venue: The venue's name.
    :param base_url: Where the paper exchange listens, on this machine.
    :param accounts: Its accounts; the public ones when None.
    :param venues: The venues of the paper exchange.
    :raises ValueError: for a base URL that is not on this machine.
    """

    def __init__(
        self,
        venue: str,
        base_url: str,
        accounts: Accounts | None = None,
        venues: Iterable[type[AnyVenue]] = VENUES,
    ) -> None:
        if not is_loopback(urlsplit(base_url).hostname or ""):
            raise ValueError("orders are placed at a paper exchange on this machine only")
        kinds = {kind.name: kind for kind in venues}
        fields = (accounts or Accounts(kinds.values())).connection(venue, base_url)
        settings = ConnectionSettings(f"paper_{venue}", **fields)
        self._exchange = kinds[venue].placing_exchange().from_settings(settings)
        self._planner = Planner(self._exchange.name, self._exchange.limits, TIMEOUT)
        self._transport = Transport(new_session())

    def place(self, order: NewOrder) -> str:
        """
        Place an order and return its id.

        :param order: What to place.
        :raises ExchangeError: the venue refuses the order.
        """
        call = self._exchange.order_call(order)
        for _ in range(ATTEMPTS):
            # The order was not placed, so it can be sent again; the plan waits as long as the venue asked.
            with suppress(RateLimitedError):
                return self._transport.run(self._planner.plan(ask(call), TIMEOUT))
        return self._transport.run(self._planner.plan(ask(call), TIMEOUT))

    def close(self) -> None:
        """Close the connections."""
        self._transport.session.close()


def plain(amount: Decimal) -> str:
    """Write an amount without an exponent."""
    return format(amount, "f")
