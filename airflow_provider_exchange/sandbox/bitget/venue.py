"""The paper Bitget: its account, what its calls share, and what the admin API may place."""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass, replace
from decimal import Decimal
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal

from airflow_provider_exchange.sandbox.bitget.account import PAPER_ACCOUNT, BitgetAccount
from airflow_provider_exchange.sandbox.bitget.answers import failed, ok, refused
from airflow_provider_exchange.sandbox.bitget.futures import Futures
from airflow_provider_exchange.sandbox.bitget.futures_plans import FuturesPlans
from airflow_provider_exchange.sandbox.bitget.markets import (
    DEMO_PRODUCTS,
    LISTED,
    MARGIN_COINS,
    PRODUCTS,
    SPOT,
    coins_of,
    contract,
    product_of,
    spot_market,
)
from airflow_provider_exchange.sandbox.bitget.parameters import Parameters
from airflow_provider_exchange.sandbox.bitget.placing import CLIENT_ID
from airflow_provider_exchange.sandbox.bitget.shapes import PLAN_KINDS, SPOT_PLACES, TPSL
from airflow_provider_exchange.sandbox.bitget.signing import asked_of, check
from airflow_provider_exchange.sandbox.bitget.spot import Spot
from airflow_provider_exchange.sandbox.bitget.spot_plans import SpotPlans
from airflow_provider_exchange.sandbox.book import Book, PaperOrder, State
from airflow_provider_exchange.sandbox.protocol import Answer, ReceivedRequest, Route, route
from airflow_provider_exchange.sandbox.venue import PaperVenue

if TYPE_CHECKING:
    from collections.abc import Sequence

_ORDER_ID = re.compile("[1-9][0-9]{0,19}")
PLANS = ("plan", "futures_plan")


@dataclass(frozen=True)
class BitgetSettings:
    """
    Settings for what the vendor leaves open.

    :param environment: where the account's key is valid; a request to ``demo`` says that it is one in a header.
    :param pending: what the list of futures orders shows when it is asked for no state: ``live`` ones only, as its
        page says, or those filled in part, too.
    """

    environment: Literal["live", "demo"] = "live"
    pending: Literal["live", "all"] = "live"


class PaperBitget(PaperVenue[BitgetAccount, BitgetSettings]):
    """The paper Bitget: its first book has the spot orders; trigger orders and those of futures have others."""

    name = "bitget"
    title = "Bitget"
    conn_type = "ccxt"
    prefixes = ("/api/v2/spot/", "/api/v2/mix/", "/api/v2/public/")
    listed_markets = LISTED
    account = PAPER_ACCOUNT
    settings = BitgetSettings()
    other_books = ("plan", "futures", "futures_plan")
    limits = MappingProxyType(
        {
            "place_order": (10, 1),
            "cancel_order": (10, 1),
            "cancel_orders": (10, 1),
            "order": (20, 1),
            "open_orders": (20, 1),
            "history": (20, 1),
            "place_plan_order": (20, 1),
            "cancel_plan_order": (20, 1),
            "plan_orders_of_market": (20, 1),
            "open_plan_orders": (20, 1),
            "past_plan_orders": (20, 1),
            "plan_sub_orders": (20, 1),
            "place_futures_order": (10, 1),
            "cancel_futures_order": (10, 1),
            "cancel_futures_orders": (10, 1),
            "futures_order": (10, 1),
            "open_futures_orders": (10, 1),
            "futures_history": (10, 1),
            "place_futures_plan": (10, 1),
            "cancel_futures_plans": (10, 1),
            "futures_plan": (10, 1),
            "open_futures_plans": (10, 1),
            "past_futures_plan": (10, 1),
            "futures_plan_history": (10, 1),
            "assets": (10, 1),
            "futures_accounts": (10, 1),
            "account_info": (1, 1),
            "*": (6000, 60),
        }
    )
    order_places = SPOT_PLACES

    def __init__(self, book: Book, account: BitgetAccount | None = None) -> None:
        super().__init__(book, account)
        self._numbers = itertools.count(1_111_499_608_327_360_512, 4096)
        self.routes: Sequence[Route] = (
            *Spot(self).routes(),
            *SpotPlans(self).routes(),
            *Futures(self).routes(),
            *FuturesPlans(self).routes(),
            route("assets", "GET", "/api/v2/spot/account/assets", self.assets),
            route("account_info", "GET", "/api/v2/spot/account/info", self.account_info),
            route("futures_accounts", "GET", "/api/v2/mix/account/accounts", self.futures_accounts),
            route("markets", "GET", "/api/v2/spot/public/symbols", self.markets),
            route("contracts", "GET", "/api/v2/mix/market/contracts", self.contracts),
            route("time", "GET", "/api/v2/public/time", self.time),
        )

    # -- errors

    def too_many_requests(self) -> Answer:
        """Return the 429."""
        return failed(self.book.now_ms(), "429")

    def no_such_path(self) -> Answer:
        """Return the 404."""
        return failed(self.book.now_ms(), "40404")

    # -- what all calls need

    def asked_of(self, request: ReceivedRequest, *, trading: bool = False) -> Parameters:
        """
        Return the parameters of a signed request.

        :param trading: whether it wants to change an order.
        :raises Refusal: the request is not let in.
        """
        check(request, self.account, self.settings.environment, trading=trading)
        return Parameters(request, asked_of(request))

    def product(self, asked: Parameters) -> str:
        """Return the product type that a request names."""
        return asked.product(PRODUCTS)

    def spot_symbol(self, asked: Parameters) -> str:
        """
        Return the spot market that a request names.

        :raises Refusal: it is missing, or there is none of this name.
        """
        symbol = asked.required("symbol").upper()
        books = (self.book, self.others["plan"])
        if symbol not in SPOT and not any(order.symbol == symbol for book in books for order in book):
            raise refused(asked.request, "40034", symbol)
        return symbol

    def contract(self, asked: Parameters, product: str) -> str:
        """
        Return the contract of a product type that a request names.

        :raises Refusal: it is missing, or there is none of this name.
        """
        symbol = asked.required("symbol").upper()
        books = (self.others["futures"], self.others["futures_plan"])
        held = any(order.symbol == symbol for book in books for order in book)
        if symbol not in PRODUCTS[product] and not (held and product_of(symbol) == product):
            raise refused(asked.request, "40034", symbol)
        return symbol

    def check_client_id(self, request: ReceivedRequest, book: Book, order: PaperOrder) -> None:
        """
        Check that no live order of a book has a new order's id of the client.

        :raises Refusal: one has.
        """
        taken = {each.client_order_id for each in book if each.state.live}
        if order.client_order_id and order.client_order_id in taken:
            raise refused(request, "45034")

    # -- the account, and what is public

    def assets(self, request: ReceivedRequest) -> Answer:
        """``GET /spot/account/assets``."""
        wanted = self.asked_of(request).text("coin")
        coins = sorted({coin for symbol in SPOT for coin in coins_of(symbol)})
        row = {"available": "1000", "frozen": "0", "locked": "0", "limitAvailable": "0"}
        rows = [{"coin": coin, **row, "uTime": str(request.now_ms)} for coin in coins if wanted in ("", coin)]
        return ok(request, rows)

    def account_info(self, request: ReceivedRequest) -> Answer:
        """``GET /spot/account/info``, which tells what the key may do."""
        self.asked_of(request)
        rights = ["stor", "coor", *(["stow", "coow"] if self.account.may_trade else [])]
        row = {"userId": "1", "inviterId": "", "ips": "", "authorities": rights, "parentId": 1}
        return ok(request, {**row, "traderType": "not_trader", "channelCode": "", "channel": "", "regisTime": "1"})

    def futures_accounts(self, request: ReceivedRequest) -> Answer:
        """``GET /mix/account/accounts``."""
        product = self.product(self.asked_of(request))
        amounts = ("crossedMaxAvailable", "isolatedMaxAvailable", "maxTransferOut", "accountEquity", "usdtEquity")
        row = {"marginCoin": MARGIN_COINS.get(product, "BTC"), "locked": "0", "available": "1000"}
        return ok(request, [{**row, **dict.fromkeys(amounts, "1000"), "unrealizedPL": "0", "coupon": "0"}])

    def markets(self, request: ReceivedRequest) -> Answer:
        """``GET /spot/public/symbols``; public."""
        wanted = Parameters(request, asked_of(request)).text("symbol")
        if wanted and wanted not in SPOT:
            raise refused(request, "40034", wanted)
        return ok(request, [spot_market(symbol) for symbol in SPOT if wanted in ("", symbol)])

    def contracts(self, request: ReceivedRequest) -> Answer:
        """``GET /mix/market/contracts``; public."""
        asked = Parameters(request, asked_of(request))
        product, wanted = asked.product((*PRODUCTS, *DEMO_PRODUCTS)), asked.text("symbol")
        listed = PRODUCTS.get(product, {})
        return ok(request, [contract(product, name) for name in listed if wanted in ("", name)])

    def time(self, request: ReceivedRequest) -> Answer:
        """``GET /public/time``; public."""
        return ok(request, {"serverTime": str(request.now_ms)})

    # -- orders without a signature

    def next_id(self, kind: str) -> str:  # noqa: ARG002  (all kinds are numbered together)
        """Return the next number, which is higher than all before it."""
        return str(next(self._numbers))

    def spelled(self, symbol: str) -> str:
        """Return a market in capitals."""
        return symbol.upper()

    def admitted(self, order: PaperOrder) -> PaperOrder:
        """Return a spot order of the admin API as this venue keeps it."""
        return self.admitted_to("", order)

    def admitted_to(self, among: str, order: PaperOrder) -> PaperOrder:
        """Return an order of the admin API for one of the books; see :meth:`admitted`."""
        if not _ORDER_ID.fullmatch(order.order_id):
            raise ValueError(f"Bitget's order ids are numbers of up to 20 digits, which {order.order_id!r} is not")
        if order.client_order_id and not CLIENT_ID.fullmatch(order.client_order_id):
            raise ValueError("Bitget's client order ids are up to 64 visible characters")
        kind = order.type.lower()
        if among in PLANS:
            return self._admitted_plan(among, kind, order)
        if among == "" and kind == TPSL:
            if order.stop_price is None:
                raise ValueError("a take-profit or stop-loss order waits for a stop_price")
            return replace(order, type=kind)
        if order.stop_price is not None:
            own = "bitget_futures_plan" if among else "bitget_plan"
            raise ValueError(f"Bitget keeps trigger orders in a book of their own, {own}")
        if kind not in ("limit", "market"):
            raise ValueError(f"Bitget has no orders of type {order.type!r} here, but limit and market ones")
        return replace(order, type=kind)

    def _admitted_plan(self, among: str, kind: str, order: PaperOrder) -> PaperOrder:
        if order.stop_price is None:
            raise ValueError("a trigger order waits for a stop_price")
        if among == "plan":
            return replace(order, type="plan")
        kind = "normal_plan" if kind == "stop_limit" else kind
        if kind not in PLAN_KINDS:
            raise ValueError(f"Bitget's trigger orders are {', '.join(PLAN_KINDS)}; {order.type!r} is none")
        return replace(order, type=kind)

    def _stranger_of(self, market: str, among: str, now_ms: int) -> PaperOrder:
        if among not in PLANS:
            return super()._stranger_of(market, among, now_ms)
        if among not in self._strangers:
            order = PaperOrder(
                self.new_id("plan", among),
                market,
                "SELL",
                "STOP_LIMIT",
                Decimal(1),
                Decimal(100),
                now_ms,
                now_ms,
                State.WAITING,
                stop_price=Decimal(90),
            )
            self._strangers[among] = self.admitted_to(among, order)
        return self._strangers[among]
