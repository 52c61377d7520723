"""The paper Binance: its account, books and APIs."""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal

from airflow_provider_exchange.sandbox.binance.account import PAPER_ACCOUNT, BinanceAccount
from airflow_provider_exchange.sandbox.binance.algo import AlgoApi
from airflow_provider_exchange.sandbox.binance.books import AlgoBook, LinearBook, SpotBook
from airflow_provider_exchange.sandbox.binance.errors import error
from airflow_provider_exchange.sandbox.binance.linear import LinearApi
from airflow_provider_exchange.sandbox.binance.markets import CLOSED, LINEAR, SPOT, spelled
from airflow_provider_exchange.sandbox.binance.order_lists import OrderListApi
from airflow_provider_exchange.sandbox.binance.parameters import CLIENT_ORDER_ID
from airflow_provider_exchange.sandbox.binance.signing import KEY_HEADER
from airflow_provider_exchange.sandbox.binance.spot import SpotApi
from airflow_provider_exchange.sandbox.binance.spot_account import SpotAccountApi
from airflow_provider_exchange.sandbox.venue import PaperVenue

if TYPE_CHECKING:
    from collections.abc import Sequence

    from airflow_provider_exchange.sandbox.book import PaperOrder
    from airflow_provider_exchange.sandbox.place import Placing
    from airflow_provider_exchange.sandbox.protocol import Answer, Route

_ORDER_ID = re.compile("[1-9][0-9]{0,18}")


@dataclass(frozen=True)
class BinanceSettings:
    """
    Settings for what the vendor leaves open.

    :param long_page: what the spot API does about a ``limit`` above the maximum.
    :param cancelled_name: which client order id reads show of a cancelled spot order: its own, or the one that the
        cancel was given.
    """

    long_page: Literal["cut", "refused"] = "cut"
    cancelled_name: Literal["own", "new"] = "own"


class PaperBinance(PaperVenue[BinanceAccount, BinanceSettings]):
    """The paper Binance. It counts requests, not weights: each limit is what the lightest requests would have."""

    name = "binance"
    conn_type = "ccxt"
    title = "Binance"
    prefixes = (
        "/api/v3/",
        "/api/v3/openOrders",
        "/api/v3/allOrders",
        "/api/v3/account",
        "/api/v3/orderList",
        "/api/v3/orderList/oco",
        "/api/v3/exchangeInfo",
        "/api/v3/time",
        "/api/v3/ping",
        "/fapi/",
        "/sapi/",
    )
    key_header = KEY_HEADER
    listed_markets = tuple({**SPOT, **CLOSED, **LINEAR})
    account = PAPER_ACCOUNT
    settings = BinanceSettings()
    book_type = SpotBook
    other_books = ("linear", "algo")
    limits = MappingProxyType(
        {
            "place_order": (100, 10),
            "place_linear_order": (300, 10),
            "place_algo_order": (300, 10),
            "open_orders": (1000, 60),
            "all_orders": (300, 60),
            "all_linear_orders": (480, 60),
            "all_algo_orders": (480, 60),
            "open_linear_orders": (2400, 60),
            "open_algo_orders": (2400, 60),
            "*": (6000, 60),
        }
    )
    order_places = SpotApi.places

    def __init__(self, book: SpotBook, account: BinanceAccount | None = None) -> None:
        super().__init__(book, account)
        self._numbers = itertools.count(4_000_000_001)
        linear = LinearBook(book.now_ms)
        algo = AlgoBook(book.now_ms, linear, self.new_id)
        self.others = {"linear": linear, "algo": algo}
        self._spot = SpotApi(self, book)
        apis = (
            self._spot,
            OrderListApi(self, book, self._spot),
            SpotAccountApi(self, book),
            LinearApi(self, linear),
            AlgoApi(self, algo),
        )
        self.routes: Sequence[Route] = [route for api in apis for route in api.routes]

    def forget(self) -> None:
        """Forget what cancels were called."""
        self._spot.forget()

    # -- errors

    def too_many_requests(self) -> Answer:
        """Return the 429."""
        message = (
            "Too much request weight used; current limit is 6000 request weight per 1 MINUTE. "
            "Please use WebSocket Streams for live updates to avoid polling the API."
        )
        return replace(error(-1003, message, 429), headers={"Retry-After": "1"})

    def no_such_path(self) -> Answer:
        """Return the 404 of USD-M futures; that of spot is a page, which a client cannot read either."""
        return error(-5000, "Path is invalid", 404)

    # -- orders without a signature, and orders through a client

    def next_id(self, kind: str) -> str:  # noqa: ARG002  (all kinds are numbered together)
        """Return the next number."""
        return str(next(self._numbers))

    def spelled(self, symbol: str) -> str:
        """Return a symbol as the venue writes it."""
        return spelled(symbol)

    def admitted(self, order: PaperOrder) -> PaperOrder:
        """Return an order with a client order id, and with the details that this venue stores."""
        if not _ORDER_ID.fullmatch(order.order_id):
            raise ValueError(f"Binance's order ids are numbers of up to 19 digits, which {order.order_id!r} is not")
        if order.client_order_id and not re.fullmatch(CLIENT_ORDER_ID, order.client_order_id):
            raise ValueError(
                "Binance's client order ids are up to 36 letters, digits and -_.:/, "
                f"unlike {order.client_order_id!r}"
            )
        kind = "STOP_LOSS_LIMIT" if order.type == "STOP_LIMIT" else order.type
        details = MappingProxyType({"timeInForce": "GTC", **order.details})
        client = order.client_order_id or f"paper{order.order_id:0>17}"  # every order has one
        return replace(order, type=kind, client_order_id=client, details=details)

    @classmethod
    def placing_exchange(cls) -> type[Placing]:
        """Return a client that places spot orders."""
        from airflow_provider_exchange.sandbox.binance.client import PlacingBinance

        return PlacingBinance
