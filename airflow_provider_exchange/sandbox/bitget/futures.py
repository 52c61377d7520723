"""The calls of the paper Bitget for futures orders."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow_provider_exchange.sandbox.bitget.answers import OrderError, named, ok, refused
from airflow_provider_exchange.sandbox.bitget.cancels import cancel, rows_of, several, swept
from airflow_provider_exchange.sandbox.bitget.markets import product_of
from airflow_provider_exchange.sandbox.bitget.parameters import remembered
from airflow_provider_exchange.sandbox.bitget.placing import read_order
from airflow_provider_exchange.sandbox.bitget.shapes import FUTURES_PLACES, futures, futures_detail, state_of
from airflow_provider_exchange.sandbox.protocol import Answer, ReceivedRequest, Route, route

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from airflow_provider_exchange.sandbox.bitget.parameters import Parameters
    from airflow_provider_exchange.sandbox.bitget.venue import PaperBitget
    from airflow_provider_exchange.sandbox.book import PaperOrder
    from airflow_provider_exchange.sandbox.lists import Listing

MOST_AT_ONCE = 50
USUAL_MARKETS = {"USDT-FUTURES": "BTCUSDT", "USDC-FUTURES": "BTCPERP", "COIN-FUTURES": "BTCUSD"}
"""The market of the order that an ``odd_order`` adds."""


class Futures:
    """
    Handles the calls for futures orders.

    :param home: the venue.
    """

    def __init__(self, home: PaperBitget) -> None:
        self._home = home
        self._book = home.others["futures"]

    def routes(self) -> list[Route]:
        """Return the routes of these calls."""
        path, one = "/api/v2/mix/order", ("orderId", "clientOid")
        return [
            route("place_futures_order", "POST", f"{path}/place-order", self.place, mutating=True),
            route("cancel_futures_order", "POST", f"{path}/cancel-order", self.cancel, mutating=True),
            route(
                "cancel_futures_orders", "POST", f"{path}/batch-cancel-orders", self.cancel_several, mutating=True
            ),
            route("futures_order", "GET", f"{path}/detail", self.order),
            route("open_futures_order", "GET", f"{path}/orders-pending", self.open_orders, when=one),
            route("open_futures_orders", "GET", f"{path}/orders-pending", self.open_orders, lists=True),
            route("past_futures_order", "GET", f"{path}/orders-history", self.history, when=one),
            route("futures_history", "GET", f"{path}/orders-history", self.history, lists=True),
        ]

    def place(self, request: ReceivedRequest) -> Answer:
        """``POST /mix/order/place-order``."""
        asked = self._home.asked_of(request, trading=True)
        symbol = self._home.contract(asked, self._home.product(asked))
        order = read_order(asked, symbol, self._home.new_id("limit"))
        self._home.check_client_id(request, self._book, order)
        self._book.place(order)
        if order.type == "market":
            self._book.fill(order.order_id, symbol=symbol)
        return ok(request, named(order))

    def cancel(self, request: ReceivedRequest) -> Answer:
        """``POST /mix/order/cancel-order``."""
        asked = self._home.asked_of(request, trading=True)
        symbol = self._home.contract(asked, self._home.product(asked))
        if not asked.names_one:
            raise refused(request, "40924")
        found = asked.named([order for order in self._book if order.symbol == symbol])
        try:
            order = cancel(self._book, request, found, "22001")
        except OrderError as error:
            raise refused(request, error.code) from None
        return ok(request, named(order))

    def cancel_several(self, request: ReceivedRequest) -> Answer:
        """``POST /mix/order/batch-cancel-orders``: those listed; without a list all of the product, or market."""
        asked = self._home.asked_of(request, trading=True)
        product = self._home.product(asked)
        members = rows_of(asked, "orderIdList", MOST_AT_ONCE)
        symbol = self._home.contract(asked, product) if members or asked.text("symbol") else ""
        orders = [order for order in self._book if self._fits(order, product, symbol)]
        if not members:
            return ok(request, swept(self._book, request, [order for order in orders if order.state.live]))
        return ok(request, several(self._book, request, members, lambda member: member.named(orders), "22001"))

    def order(self, request: ReceivedRequest) -> Answer:
        """``GET /mix/order/detail``."""
        asked = self._home.asked_of(request)
        symbol = self._home.contract(asked, self._home.product(asked))
        if not asked.names_one:
            raise refused(request, "40924")
        view = self._book.view(request.behaviour.lag).values()
        kept = {order.key for order in remembered(view, request.now_ms)}
        found = asked.named([order for order in view if order.symbol == symbol])
        known = [order for order in found if order.state.live or order.key in kept]
        if not known:
            raise refused(request, "40109")
        return ok(request, futures_detail(known[-1]))

    def open_orders(self, request: ReceivedRequest) -> Answer:
        """``GET /mix/order/orders-pending``: those in one state; or one order."""
        asked = self._home.asked_of(request)
        product = self._home.product(asked)
        state = asked.one_of("status", ("live", "partially_filled"))
        if asked.text("symbol"):
            self._home.contract(asked, product)
        shown = {state} if state else {"live"} if self._home.settings.pending == "live" else set()
        found = asked.chosen(
            [
                order
                for order in self._book.view(request.behaviour.lag).values()
                if order.state.live
                and product_of(order.symbol) == product
                and (not shown or state_of(order) in shown)
            ]
        )
        market = asked.text("symbol") or USUAL_MARKETS[product]
        adds = None if state == "partially_filled" else market
        listing = self._home.listing(request, adds, "futures", FUTURES_PLACES)
        return listed(asked, listing, found, futures)

    def history(self, request: ReceivedRequest) -> Answer:
        """``GET /mix/order/orders-history``: those that ended in the last 90 days; or one of them."""
        asked = self._home.asked_of(request)
        product = self._home.product(asked)
        if asked.text("symbol"):
            self._home.contract(asked, product)
        view = self._book.view(request.behaviour.lag).values()
        ended = [order for order in remembered(view, request.now_ms) if product_of(order.symbol) == product]
        return listed(asked, self._home.listing(request, places=FUTURES_PLACES), asked.chosen(ended), futures)

    @staticmethod
    def _fits(order: PaperOrder, product: str, symbol: str) -> bool:
        return product_of(order.symbol) == product and symbol in ("", order.symbol)


def listed(
    asked: Parameters, listing: Listing, found: Sequence[PaperOrder], shape: Callable[[PaperOrder], dict[str, Any]]
) -> Answer:
    """Return a page of orders; without any there is no list, and no mark of its end."""
    page, _ = asked.page_of(listing.orders(found))
    if not page:
        return ok(asked.request, {"entrustedList": None, "endId": None})
    return ok(asked.request, {"entrustedList": listing.rows(page, shape), "endId": page[-1].order_id})
