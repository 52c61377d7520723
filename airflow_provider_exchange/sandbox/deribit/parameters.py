"""Reads the parameters of a request to Deribit."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from airflow_provider_exchange.sandbox.deribit.answers import refusal, wrong

if TYPE_CHECKING:
    from collections.abc import Collection

    from airflow_provider_exchange.sandbox.book import Book
    from airflow_provider_exchange.sandbox.protocol import ReceivedRequest

ORDER_ID = re.compile(r"([A-Z0-9]{1,12}(_[A-Z0-9]{1,12})?-){0,2}[0-9]{1,20}")
CURRENCIES = ("BTC", "ETH", "USDC", "USDT", "EURR")


class Parameters:
    """
    The parameters of one request.

    :param known: those that its method has; any other one is refused.
    """

    def __init__(self, request: ReceivedRequest, known: Collection[str] = ()) -> None:
        self._request = request
        self._sent = dict(parse_qsl(request.query, keep_blank_values=True, errors="replace"))
        for name in self._sent:
            if name not in known:
                raise wrong(request, name, "unexpected parameter")

    def text(self, name: str) -> str | None:
        """Return a parameter as it was sent; ``None`` when it was not."""
        return self._sent.get(name)

    def one_of(self, name: str, values: Collection[str], default: str | None = None) -> str:
        """
        Return a parameter that has one of these values.

        :param default: when none is sent; ``None`` where one has to be.
        """
        value = self._sent.get(name, default)
        if value is None:
            raise wrong(self._request, name, "value required")
        if value not in values:
            raise wrong(self._request, name, f"invalid {name}")
        return value

    def flag(self, name: str) -> bool:
        """Return a parameter that is true or false; false when none is sent."""
        return self.one_of(name, ("true", "false"), "false") == "true"

    def whole(self, name: str, default: int, least: int, most: int) -> int:
        """Return a parameter that is a number within bounds."""
        sent = self._sent.get(name, str(default))
        if not re.fullmatch("[0-9]{1,9}", sent) or not least <= int(sent) <= most:
            raise wrong(self._request, name, "value is out of range")
        return int(sent)

    def order_id(self) -> str:
        """Return the id of the order that a request names."""
        sent = self._sent.get("order_id")
        if not sent:
            raise wrong(self._request, "order_id", "value required")
        if not ORDER_ID.fullmatch(sent):
            raise refusal(self._request, 10025)
        return sent

    def instrument(self, markets: Collection[str], book: Book) -> str:
        """Return the instrument that a request names: a listed one, or one with an order of the account."""
        sent = self._sent.get("instrument_name")
        if not sent:
            raise wrong(self._request, "instrument_name", "value required")
        if sent not in markets and all(order.symbol != sent for order in book):
            raise refusal(self._request, 13020)
        return sent
