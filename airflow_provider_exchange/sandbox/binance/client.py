"""A client of Binance that places spot orders."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self
from urllib.parse import urlencode

from cryptography.hazmat.primitives.hashes import SHA256

from airflow_provider_exchange.errors import (
    AuthenticationError,
    ExchangeUnavailableError,
    RateLimitedError,
    RequestRefusedError,
)
from airflow_provider_exchange.exchanges.common import hmac_hex
from airflow_provider_exchange.exchanges.fields import Record, decode_json
from airflow_provider_exchange.protocol.limits import RateLimit
from airflow_provider_exchange.protocol.messages import Request
from airflow_provider_exchange.protocol.steps import Call
from airflow_provider_exchange.sandbox.place import plain

if TYPE_CHECKING:
    from collections.abc import Mapping

    from airflow_provider_exchange.exchanges.settings import ConnectionSettings
    from airflow_provider_exchange.protocol.messages import Response
    from airflow_provider_exchange.sandbox.place import NewOrder

PATH = "/api/v3/order"
OK, TOO_MANY = 200, 429
NOT_LET_IN = (-1022, -2014, -2015)
"""The codes of a wrong signature, of a key in another form, and of a strange key."""


@dataclass(frozen=True, slots=True, repr=False)
class Placement(Call[str]):
    """
    The request that places an order; its result is the order's id.

    :param base_url: Scheme, host and port.
    :param key: The API key.
    :param secret: The API secret.
    :param params: The order.
    """

    base_url: str
    key: str
    secret: str
    params: Mapping[str, str]

    def begin(self, timestamp: int) -> Request:
        """Sign the request; see :meth:`Call.begin`."""
        text = urlencode({**self.params, "timestamp": timestamp})
        signature = hmac_hex(self.secret.encode(), text.encode(), SHA256())
        headers = {"X-MBX-APIKEY": self.key, "Content-Type": "application/x-www-form-urlencoded"}
        return Request("POST", self.base_url + PATH, headers, f"{text}&signature={signature}".encode())

    def finish(self, response: Response) -> str:
        """Return the order's id; see :meth:`Call.finish`."""
        if response.status == TOO_MANY:
            raise RateLimitedError("too many requests", code="429")
        if response.status >= 500:
            raise ExchangeUnavailableError("the paper exchange failed", code=str(response.status))
        answer = Record(decode_json(response.body), "body")
        if response.status != OK:
            code = answer.integer("code")
            kind = AuthenticationError if code in NOT_LET_IN else RequestRefusedError
            raise kind("the paper exchange refuses the order", code=str(code))
        return str(answer.integer("orderId"))


class PlacingBinance:
    """
    An account at Binance that can place orders, and do nothing else.

    :param base_url: Scheme, host and port.
    :param key: The API key.
    :param secret: The API secret.
    """

    name = "binance"
    limits: Mapping[str, RateLimit] = {"place": RateLimit(100, 10)}

    def __init__(self, base_url: str, key: str, secret: str) -> None:
        self._base_url = base_url
        self._key = key
        self._secret = secret

    @classmethod
    def from_settings(cls, settings: ConnectionSettings) -> Self:
        """Read host, login and password."""
        return cls(
            settings.base_url("https://api.binance.com"),
            settings.required_text(settings.login, "login", "enter the API key"),
            settings.required_text(settings.password, "password", "enter the API secret"),
        )

    def order_call(self, order: NewOrder) -> Call[str]:
        """
        Build the request that places an order.

        :param order: The order to place.
        """
        params = {
            "symbol": order.symbol,
            "side": order.side.upper(),
            "type": "LIMIT" if order.stop_price is None else "STOP_LOSS_LIMIT",
            "timeInForce": "GTC",
            "quantity": plain(order.quantity),
            "price": plain(order.price),
        }
        if order.stop_price is not None:
            params["stopPrice"] = plain(order.stop_price)
        return Placement(
            base_url=self._base_url,
            key=self._key,
            secret=self._secret,
            params=params,
            endpoint="place",
            mutating=True,
        )
