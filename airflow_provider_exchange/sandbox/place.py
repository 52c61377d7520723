"""
Places orders at the paper exchange as a client of the venues does: through their own signed calls.

For demonstrations and rehearsals. The package itself never places an order anywhere else, and the adapters cannot:
they are taught it here.
"""

from __future__ import annotations

import itertools
import json
import secrets
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, cast
from urllib.parse import urlsplit

from airflow_provider_exchange.driver.blocking import Transport, new_session
from airflow_provider_exchange.driver.plan import Planner
from airflow_provider_exchange.errors import RateLimitedError
from airflow_provider_exchange.exchanges.bitopro import BitoPro
from airflow_provider_exchange.exchanges.fields import Record
from airflow_provider_exchange.exchanges.loopring import Loopring
from airflow_provider_exchange.exchanges.nami import Nami
from airflow_provider_exchange.exchanges.settings import ConnectionSettings, is_loopback
from airflow_provider_exchange.models import Side
from airflow_provider_exchange.protocol.limits import RateLimit
from airflow_provider_exchange.protocol.messages import Request
from airflow_provider_exchange.protocol.steps import ask
from airflow_provider_exchange.sandbox.accounts import Accounts
from airflow_provider_exchange.sandbox.loopring.placing import EXCHANGE
from airflow_provider_exchange.sandbox.markets import LOOPRING_MARKETS, LOOPRING_TOKENS

if TYPE_CHECKING:
    from collections.abc import Mapping
    from decimal import Decimal

    from airflow_provider_exchange.exchanges.http import HttpCall, HttpExchange

__all__ = ["NewOrder", "Trader"]

TIMEOUT = 10.0
"""Seconds for one order, the wait for its turn included."""
ATTEMPTS = 4
DAY = 86_400


@dataclass(frozen=True, slots=True)
class NewOrder:
    """
    A limit order, or a stop-limit order.

    :param symbol: The market in the venue's spelling.
    :param side: Buy or sell.
    :param quantity: In the base currency.
    :param price: In the quote currency.
    :param stop_price: What the market must fall to for a sell, or rise to for a buy, before the order is live; None
        for a plain limit order.
    """

    symbol: str
    side: Side
    quantity: Decimal
    price: Decimal
    stop_price: Decimal | None = None


class Trader:
    """
    Places orders with one paper account.

    :param venue: ``nami``, ``bitopro`` or ``loopring``.
    :param base_url: Where the paper exchange listens, on this machine.
    :param accounts: The accounts that it knows.
    :raises ValueError: for a base URL beyond this machine.
    """

    def __init__(self, venue: str, base_url: str, accounts: Accounts | None = None) -> None:
        if not is_loopback(urlsplit(base_url).hostname or ""):
            raise ValueError("orders are placed at a paper exchange on this machine only")
        settings = ConnectionSettings(f"paper_{venue}", **(accounts or Accounts()).connection(venue, base_url))
        exchange = PLACING[venue].from_settings(settings)
        self._placing = cast("_Placing", exchange)
        self._planner = Planner(exchange.name, exchange.limits, TIMEOUT)
        self._transport = Transport(new_session(trust_env=False))

    def place(self, order: NewOrder) -> str:
        """
        Place an order and return its id.

        :param order: What to place.
        :raises ExchangeError: the venue does not take it.
        """
        call = self._placing.order_call(order)
        for _ in range(ATTEMPTS):
            # Too many requests, and so not placed: the plan holds the next one back for as long as it takes.
            with suppress(RateLimitedError):
                return self._transport.run(self._planner.plan(ask(call), TIMEOUT))
        return self._transport.run(self._planner.plan(ask(call), TIMEOUT))

    def close(self) -> None:
        """Close the connections."""
        self._transport.session.close()


class _Placing(Protocol):
    def order_call(self, order: NewOrder) -> HttpCall[str]: ...


class _PlacingNami(Nami):
    def order_call(self, order: NewOrder) -> HttpCall[str]:
        params = {
            "symbol": order.symbol,
            "side": order.side.upper(),
            "type": _kind(order),
            "quantity": _plain(order.quantity),
            "price": _plain(order.price),
        }
        if order.stop_price is not None:
            params["stopPrice"] = _plain(order.stop_price)
        return _placing(self, "/api/v4/spot/order", "displayingId", params)


class _PlacingBitoPro(BitoPro):
    def order_call(self, order: NewOrder) -> HttpCall[str]:
        params: dict[str, Any] = {
            "action": order.side.upper(),
            "amount": _plain(order.quantity),
            "price": _plain(order.price),
            "timestamp": int(time.time() * 1000),
            "type": _kind(order),
        }
        if order.stop_price is not None:
            params |= {
                "stopPrice": _plain(order.stop_price),
                "condition": "<=" if order.side is Side.SELL else ">=",
            }
        return _placing(self, f"/orders/{order.symbol}", "orderId", params)


class _PlacingLoopring(Loopring):
    """At Loopring the order is signed, and not the request that brings it."""

    limits: Mapping[str, RateLimit] = {**Loopring.limits, "place": RateLimit(5, 1)}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # A storage id is good for one order of a token; from a start of its own, no trader meets another's.
        self._storage_ids = itertools.count(2 * secrets.randbelow(2**30), 2)

    def order_call(self, order: NewOrder) -> HttpCall[str]:
        base, quote = LOOPRING_MARKETS[order.symbol]
        amounts = [_token(base, order.quantity), _token(quote, order.quantity * order.price)]
        sell, buy = amounts if order.side is Side.SELL else reversed(amounts)
        params: dict[str, Any] = {
            "exchange": EXCHANGE,
            "accountId": self._account_id,
            "storageId": next(self._storage_ids),
            "sellToken": sell,
            "buyToken": buy,
            "validUntil": int(time.time()) + 30 * DAY,
            "maxFeeBips": 50,
            "fillAmountBOrS": order.side is Side.BUY,
            "allOrNone": False,
            "orderType": "LIMIT_ORDER",
        }
        if order.stop_price is not None:
            params |= {
                "extraOrderType": "STOP_LIMIT",
                "stopPrice": _plain(order.stop_price),
                "stopSide": "LESS_THAN_AND_EQUAL" if order.side is Side.SELL else "GREAT_THAN_AND_EQUAL",
            }
        return _placing(self, "/api/v3/order", "hash", params)

    def sign(self, call: HttpCall[Any], timestamp: int) -> Request:  # noqa: ARG002  (the venue signs no time)
        from airflow_provider_exchange.crypto import eddsa, poseidon

        order = call.params
        order_hash = poseidon.order_hash(
            [
                int(order["exchange"], 16),
                order["storageId"],
                order["accountId"],
                order["sellToken"]["tokenId"],
                order["buyToken"]["tokenId"],
                int(order["sellToken"]["volume"]),
                int(order["buyToken"]["volume"]),
                order["validUntil"],
                order["maxFeeBips"],
                int(order["fillAmountBOrS"]),
                0,  # no taker
            ]
        )
        signature = "0x" + "".join(f"{part:064x}" for part in eddsa.sign(self._private_key, order_hash))
        body = json.dumps({**order, "eddsaSignature": signature}, separators=(",", ":")).encode()
        headers = {"Accept": "application/json", "Content-Type": "application/json", "X-API-KEY": self._api_key}
        return Request("POST", self.base_url + call.path, headers, body)


PLACING: dict[str, type[Nami | BitoPro | Loopring]] = {
    "nami": _PlacingNami,
    "bitopro": _PlacingBitoPro,
    "loopring": _PlacingLoopring,
}


def _placing(exchange: HttpExchange, path: str, id_field: str, params: dict[str, Any]) -> HttpCall[str]:
    return exchange.changing("POST", path, lambda data: Record(data, "body").text(id_field), "place", params)


def _kind(order: NewOrder) -> str:
    return "LIMIT" if order.stop_price is None else "STOP_LIMIT"


def _token(token: int, amount: Decimal) -> dict[str, Any]:
    _, decimals = LOOPRING_TOKENS[token]
    return {"tokenId": token, "volume": str(int(amount.scaleb(decimals)))}


def _plain(amount: Decimal) -> str:
    return format(amount, "f")
