"""The paper KuCoin: its account, what its calls share, and what the admin API may place."""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal

from airflow_provider_exchange.sandbox.book import State
from airflow_provider_exchange.sandbox.kucoin.account import PAPER_ACCOUNT, KucoinAccount
from airflow_provider_exchange.sandbox.kucoin.answers import NO_SUCH_ORDER, answer, ok, refused
from airflow_provider_exchange.sandbox.kucoin.markets import MARKETS, listed
from airflow_provider_exchange.sandbox.kucoin.orders import Orders
from airflow_provider_exchange.sandbox.kucoin.parameters import Parameters
from airflow_provider_exchange.sandbox.kucoin.placing import CLIENT_ID
from airflow_provider_exchange.sandbox.kucoin.signing import check, checked_body
from airflow_provider_exchange.sandbox.kucoin.waiting import KINDS, OCO, STOP, Waiting
from airflow_provider_exchange.sandbox.protocol import Answer, ReceivedRequest, Route, route
from airflow_provider_exchange.sandbox.venue import PaperVenue

if TYPE_CHECKING:
    from collections.abc import Sequence

    from airflow_provider_exchange.sandbox.book import Book, PaperOrder

_IDS = {"": re.compile("[0-9a-f]{24}"), "stop": re.compile("vs[0-9a-z]{22}"), "oco": re.compile("[0-9a-f]{24}")}
_POOL = 4000
"""What a classic account without a VIP level may spend in 30 s; each call takes its weight of it."""


def _of_pool(weight: int, pool: int = _POOL) -> tuple[int, int]:
    return pool // weight, 30


@dataclass(frozen=True)
class KucoinSettings:
    """
    Settings for what the vendor leaves open or documents in two ways, and for the kind of the account.

    :param unknown: what is said of an order that the venue does not know: null, or an error that names it so.
    :param nothing: what is said of a market without live orders: null, or an empty list.
    :param mode: whether the account is a classic one, whose orders these are.
    :param system: whether it trades through the high-frequency system, whose orders these are.
    """

    unknown: Literal["null", "error"] = "null"
    nothing: Literal["null", "list"] = "null"
    mode: Literal["CLASSIC", "UNIFIED"] = "CLASSIC"
    system: Literal["high_frequency", "low_frequency"] = "high_frequency"


class PaperKucoin(PaperVenue[KucoinAccount, KucoinSettings]):
    """The paper KuCoin."""

    name = "kucoin"
    title = "KuCoin"
    conn_type = "ccxt"
    prefixes = ("/api/v1/", "/api/v1/stop-order", "/api/v2/symbols", "/api/v3/oco/", "/api/ua/v1/")
    listed_markets = tuple(MARKETS)
    account = PAPER_ACCOUNT
    settings = KucoinSettings()
    other_books = (STOP.book, OCO.book)
    limits = MappingProxyType(
        {
            "place_order": _of_pool(1),
            "cancel_order": _of_pool(1),
            "cancel_all_orders": _of_pool(30),
            "open_orders": _of_pool(2),
            "live_markets": _of_pool(2),
            "history": _of_pool(2),
            "order": _of_pool(2),
            "order_by_client": _of_pool(2),
            "cancel_stop_order": _of_pool(3),
            "open_stop_orders": _of_pool(8),
            "stop_order": _of_pool(3),
            "cancel_oco_order": _of_pool(3),
            "open_oco_orders": _of_pool(2),
            "oco_order": _of_pool(2),
            "account_type": _of_pool(30),
            "account_mode": _of_pool(30, 2000),
            "api_key": _of_pool(20, 2000),
            "markets": _of_pool(4, 2000),
            "time": _of_pool(3, 2000),
        }
    )
    """As documented, but for each call by itself, and not for those of a pool together."""
    order_places = MappingProxyType(
        {
            "order_id": ("id",),
            "symbol": ("symbol",),
            "client_order_id": ("clientOid",),
            "side": ("side",),
            "state": ("active",),
            "price": ("price",),
            "quantity": ("size",),
            "created_at": ("createdAt",),
        }
    )

    def __init__(self, book: Book, account: KucoinAccount | None = None) -> None:
        super().__init__(book, account)
        self._numbers = itertools.count(0x16000_73DE_BD4, 0x1_0001)
        orders = Orders(self)
        self.routes: Sequence[Route] = (
            *orders.routes(),
            *(each for kind in KINDS.values() for each in Waiting(self, kind, orders).routes()),
            route("account_type", "GET", "/api/v1/hf/accounts/opened", self.account_type),
            route("account_mode", "GET", "/api/ua/v1/account/mode", self.account_mode),
            route("api_key", "GET", "/api/v1/user/api-key", self.api_key),
            route("markets", "GET", "/api/v2/symbols", self.markets),
            route("time", "GET", "/api/v1/timestamp", self.time),
        )

    # -- errors

    def too_many_requests(self) -> Answer:
        """Return the 429."""
        return answer("429000")

    def no_such_path(self) -> Answer:
        """Return the 404."""
        return Answer({"code": "404", "msg": "Not Found", "retry": False, "success": False}, 404)

    def unknown_order(self) -> Answer:
        """Return what the venue says of an order that it does not know."""
        if self.settings.unknown == "null":
            return ok(None)
        raise refused("400100", NO_SUCH_ORDER)

    # -- what all calls need

    def parameters_of(self, request: ReceivedRequest, *, trading: bool = False) -> Parameters:
        """
        Return the query of a signed request.

        :param trading: whether the key has to be one that may trade.
        :raises Refusal: the request is not let in.
        """
        check(request, self.account)
        if trading and not self.account.may_trade:
            raise refused("400007")
        return Parameters(request)

    def body_of(self, request: ReceivedRequest) -> dict[str, Any]:
        """
        Return the body of a signed request that places an order.

        :raises Refusal: the request is not let in, or has another body.
        """
        self.parameters_of(request, trading=True)
        return checked_body(request)

    def market_of(self, asked: Parameters) -> str:
        """
        Return the market that a request is about.

        :raises Refusal: it names none, or one that the venue does not have.
        """
        symbol = asked.required("symbol")
        if symbol not in MARKETS and not any(order.symbol == symbol for order in self.book):
            raise refused("900001")
        return symbol

    # -- the account, and what is public

    def account_type(self, request: ReceivedRequest) -> Answer:
        """``GET /hf/accounts/opened``."""
        self.parameters_of(request)
        return ok(self.settings.system == "high_frequency")

    def account_mode(self, request: ReceivedRequest) -> Answer:
        """``GET /ua/v1/account/mode``."""
        self.parameters_of(request)
        return ok({"selfAccountMode": self.settings.mode, "unifiedSubAccount": [], "classicSubAccount": []})

    def api_key(self, request: ReceivedRequest) -> Answer:
        """``GET /user/api-key``, which tells what the key may do."""
        self.parameters_of(request)
        return ok(
            {
                "remark": "paper",
                "apiKey": self.account.key,
                "apiVersion": 3,
                "permission": ",".join(self.account.permissions),
                "createdAt": 1728443843000,
                "uid": 165111215,
                "isMaster": True,
            }
        )

    def markets(self, request: ReceivedRequest) -> Answer:
        """``GET /symbols``; public."""
        Parameters(request)
        return ok([listed(symbol) for symbol in MARKETS])

    def time(self, request: ReceivedRequest) -> Answer:
        """``GET /timestamp``; public."""
        return ok(request.now_ms)

    # -- orders without a signature

    def next_id(self, kind: str) -> str:
        """Return the next id of an ordinary order."""
        return self.next_id_in("", kind)

    def next_id_in(self, among: str, kind: str) -> str:  # noqa: ARG002  (all kinds are numbered together)
        """Return the next id: that of a stop order is written in another way."""
        number = next(self._numbers)
        return f"vs93g{number:019d}" if among == STOP.book else f"671124f9{number:016x}"

    def spelled(self, symbol: str) -> str:
        """Return a market in capitals."""
        return symbol.upper()

    def admitted_to(self, among: str, order: PaperOrder) -> PaperOrder:
        """Return an order of the admin API for one of the books, as this venue keeps it."""
        if not _IDS[among].fullmatch(order.order_id):
            form = "'vs' and 22 letters or digits" if among == STOP.book else "24 hexadecimal digits"
            raise ValueError(f"KuCoin's ids are {form} here, which {order.order_id!r} is not")
        if order.client_order_id and not CLIENT_ID.fullmatch(order.client_order_id):
            raise ValueError("KuCoin's client order ids are up to 40 letters, digits, hyphens and underscores")
        if order.symbol.count("-") != 1:
            raise ValueError(f"KuCoin's markets are called like BTC-USDT, unlike {order.symbol!r}")
        if not among:
            if order.stop_price is not None:
                raise ValueError(
                    "KuCoin keeps orders that wait for a price in books of their own, kucoin_stop and kucoin_oco"
                )
            if order.type not in ("LIMIT", "MARKET"):
                raise ValueError(f"KuCoin's orders are LIMIT and MARKET; {order.type!r} is none")
            return order
        usual = KINDS[among].usual
        if order.type not in (usual, "LIMIT", "STOP_LIMIT", "MARKET"):
            raise ValueError(f"an order of {self.name}_{among} is {usual}; {order.type!r} is none")
        state = State.WAITING if order.state is State.OPEN else order.state
        price = order.price if order.stop_price is None else order.stop_price
        return replace(order, type=usual if order.type != "MARKET" else "MARKET", state=state, stop_price=price)
