"""The API of the paper Binance for USD-M futures, without their algo orders."""

from __future__ import annotations

import json
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from airflow_provider_exchange.sandbox.binance.api import Api, listed_ids, number_of
from airflow_provider_exchange.sandbox.binance.errors import UNKNOWN_ORDER, invalid, neither, refused
from airflow_provider_exchange.sandbox.binance.markets import LINEAR, linear_market
from airflow_provider_exchange.sandbox.binance.placing import linear_order_of
from airflow_provider_exchange.sandbox.binance.shapes import linear_cancelled, linear_order, linear_placed
from airflow_provider_exchange.sandbox.book import PaperOrder, State
from airflow_provider_exchange.sandbox.cancelling import cancel_one, passed_over
from airflow_provider_exchange.sandbox.protocol import Answer, ReceivedRequest, Refusal, route

if TYPE_CHECKING:
    from airflow_provider_exchange.sandbox.binance.account import BinanceAccount
    from airflow_provider_exchange.sandbox.binance.parameters import Parameters
    from airflow_provider_exchange.sandbox.book import Book
    from airflow_provider_exchange.sandbox.venue import PaperVenue

DAY_MS = 86_400_000
LONGEST_SPAN_MS = 7 * DAY_MS
UNFILLED_KEPT_MS = 3 * DAY_MS
"""How long after its creation an order is shown that ended without a trade."""
KEPT_MS = 90 * DAY_MS
LARGEST_PAGE = 1000
LARGEST_BATCH = 10
ALL_DONE = {"code": 200, "msg": "The operation of cancel all open order is done."}


class FuturesApi(Api):
    """What orders of USD-M futures and their algo orders have in common."""

    strict = False
    markets = tuple(LINEAR)

    def shows(self, order: PaperOrder, now_ms: int) -> bool:
        """Return whether reads still show an order; after some days they do not."""
        unfilled = order.state in (State.CANCELLED, State.EXPIRED) and not order.filled
        return order.created_ms + (UNFILLED_KEPT_MS if unfilled else KEPT_MS) >= now_ms

    def span(self, asked: Parameters, first: int | None, now_ms: int) -> tuple[int | None, int | None]:
        """
        Return the times between which the orders of a history were created: by default the last seven days.

        :param first: the id from which on orders are asked for, which needs no times.
        :raises Refusal: they are more than seven days apart.
        """
        since, until = asked.whole("startTime"), asked.whole("endTime")
        if since is not None and until is not None and until - since > LONGEST_SPAN_MS:
            raise refused(-4165, "Maximum time interval is 7 days")
        if since is not None:
            return since, since + LONGEST_SPAN_MS if until is None else until
        if first is not None and until is None:
            return None, None
        return (now_ms if until is None else until) - LONGEST_SPAN_MS, until

    def cancel_market(self, request: ReceivedRequest) -> Answer:
        """Cancel every order of a market; that there is none is no error."""
        symbol = self.required_market(self.asked(request, trading=True))
        for place, order in enumerate(order for order in self._book.live() if order.symbol == symbol):
            if not passed_over(request.behaviour, place, order.order_id, symbol):
                cancel_one(self._book, order.order_id, request.behaviour, symbol)
        return Answer(ALL_DONE)


class LinearApi(FuturesApi):
    """
    Orders of USD-M futures.

    :param venue: as for :class:`.Api`.
    :param book: as for :class:`.Api`.
    """

    places = MappingProxyType(
        {
            "order_id": ("orderId",),
            "symbol": ("symbol",),
            "client_order_id": ("clientOrderId",),
            "side": ("side",),
            "state": ("status",),
            "price": ("price",),
            "quantity": ("origQty",),
            "created_at": ("time",),
        }
    )

    def __init__(self, venue: PaperVenue[BinanceAccount, Any], book: Book) -> None:
        super().__init__(venue, book)
        self.routes = (
            route("place_linear_order", "POST", "/fapi/v1/order", self.place_order, mutating=True),
            route("cancel_linear_order", "DELETE", "/fapi/v1/order", self.cancel_order, mutating=True),
            route("cancel_linear_orders", "DELETE", "/fapi/v1/batchOrders", self.cancel_orders, mutating=True),
            route(
                "cancel_all_linear_orders", "DELETE", "/fapi/v1/allOpenOrders", self.cancel_market, mutating=True
            ),
            route("linear_order", "GET", "/fapi/v1/order", self.order),
            route("open_linear_orders", "GET", "/fapi/v1/openOrders", self.open_orders, lists=True),
            route("all_linear_orders", "GET", "/fapi/v1/allOrders", self.all_orders, lists=True),
            route("linear_account", "GET", "/fapi/v[23]/account", self.account),
            route("linear_exchange_info", "GET", "/fapi/v1/exchangeInfo", self.exchange_info),
            route("linear_time", "GET", "/fapi/v1/time", self.time),
            route("linear_ping", "GET", "/fapi/v1/ping", self.ping),
        )

    # -- placing

    def place_order(self, request: ReceivedRequest) -> Answer:
        """``POST /fapi/v1/order``."""
        asked = self.asked(request, trading=True)
        symbol = self.required_market(asked)
        order = linear_order_of(asked, symbol, self._venue.new_id("LIMIT"), request.now_ms)
        placed = self._book.place(self._venue.admitted(order))
        if order.type == "MARKET":
            placed = self._book.fill(placed.order_id, symbol=symbol)
        return Answer(linear_placed(placed))

    # -- cancelling

    def cancel_order(self, request: ReceivedRequest) -> Answer:
        """``DELETE /fapi/v1/order``."""
        asked = self.asked(request, trading=True)
        order = self.to_cancel(asked, self.required_market(asked))
        return Answer(self._cancel(order, request))

    def cancel_orders(self, request: ReceivedRequest) -> Answer:
        """``DELETE /fapi/v1/batchOrders``: up to ten orders of a market, each with a row of its own."""
        asked = self.asked(request, trading=True)
        symbol = self.required_market(asked)
        rows = []
        for place, order in enumerate(self._batch(asked, symbol)):
            if order is not None and passed_over(request.behaviour, place, order.order_id, symbol):
                continue
            try:
                if order is None:
                    raise refused(*UNKNOWN_ORDER)
                rows.append(self._cancel(order, request))
            except Refusal as refusal:
                rows.append(refusal.answer.body)
        return Answer(rows)

    def _batch(self, asked: Parameters, symbol: str) -> list[PaperOrder | None]:
        numbers, names = asked.text("orderIdList"), asked.text("origClientOrderIdList")
        if numbers is not None:
            ids = listed_ids(numbers)
            if ids is None or len(ids) > LARGEST_BATCH:
                raise invalid("orderIdList")
            return [self._book.get(str(each), symbol) for each in ids]
        if names is None:
            raise neither("orderIdList", "origClientOrderIdList")
        try:
            called = json.loads(names)
        except (ValueError, RecursionError):
            called = None
        if (
            not isinstance(called, list)
            or not 0 < len(called) <= LARGEST_BATCH
            or not all(isinstance(name, str) for name in called)
        ):
            raise invalid("origClientOrderIdList")
        live = {order.client_order_id: order for order in self._book.live() if order.symbol == symbol}
        return [live.get(name) for name in called]

    def _cancel(self, order: PaperOrder, request: ReceivedRequest) -> dict[str, Any]:
        return linear_cancelled(self.cancelled(order, request))

    # -- reading

    def order(self, request: ReceivedRequest) -> Answer:
        """``GET /fapi/v1/order``."""
        asked = self.asked(request)
        return Answer(linear_order(self.read(asked, self.required_market(asked), request)))

    def open_orders(self, request: ReceivedRequest) -> Answer:
        """``GET /fapi/v1/openOrders``: of one market or of all."""
        return Answer(self.open_rows(request, self.market(self.asked(request)), linear_order))

    def all_orders(self, request: ReceivedRequest) -> Answer:
        """``GET /fapi/v1/allOrders``: live and ended ones, oldest first; of all markets since August 2026."""
        asked = self.asked(request)
        symbol, first = self.market(asked), asked.whole("orderId")
        size = asked.limit(LARGEST_PAGE, cut=False)
        since, until = self.span(asked, first, request.now_ms)
        found = self.history(
            request,
            since,
            until,
            lambda order: symbol in (None, order.symbol) and (first is None or number_of(order) >= first),
        )
        page = found[-size:] if first is None and "startTime" not in asked else found[:size]
        return Answer(self.history_rows(request, page, linear_order))

    def account(self, request: ReceivedRequest) -> Answer:
        """``GET /fapi/v2/account`` and ``/fapi/v3/account``, without positions."""
        self.asked(request)
        row = {
            "walletBalance": "1000.00000000",
            "unrealizedProfit": "0.00000000",
            "marginBalance": "1000.00000000",
            "maintMargin": "0.00000000",
            "initialMargin": "0.00000000",
            "positionInitialMargin": "0.00000000",
            "openOrderInitialMargin": "0.00000000",
            "crossWalletBalance": "1000.00000000",
            "crossUnPnl": "0.00000000",
            "availableBalance": "1000.00000000",
            "maxWithdrawAmount": "1000.00000000",
            "updateTime": 0,
        }
        assets = [{"asset": asset, **row} for asset in ("USDT", "USDC")]
        return Answer({"canTrade": self._venue.account.may_trade, "assets": assets, "positions": []})

    # -- public

    def exchange_info(self, request: ReceivedRequest) -> Answer:
        """``GET /fapi/v1/exchangeInfo``: the markets."""
        return Answer(
            {
                "timezone": "UTC",
                "serverTime": request.now_ms,
                "futuresType": "U_MARGINED",
                "rateLimits": [
                    {"rateLimitType": "REQUEST_WEIGHT", "interval": "MINUTE", "intervalNum": 1, "limit": 2400},
                    {"rateLimitType": "ORDERS", "interval": "MINUTE", "intervalNum": 1, "limit": 1200},
                    {"rateLimitType": "ORDERS", "interval": "SECOND", "intervalNum": 10, "limit": 300},
                ],
                "exchangeFilters": [],
                "symbols": [linear_market(symbol) for symbol in LINEAR],
            }
        )

    def time(self, request: ReceivedRequest) -> Answer:
        """``GET /fapi/v1/time``."""
        return Answer({"serverTime": request.now_ms})

    def ping(self, request: ReceivedRequest) -> Answer:  # noqa: ARG002  (public, takes nothing)
        """``GET /fapi/v1/ping``."""
        return Answer({})
