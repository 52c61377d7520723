"""The calls of the paper Bitget for trigger orders of futures, which are of seven kinds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow_provider_exchange.sandbox.bitget.answers import named, ok, refused
from airflow_provider_exchange.sandbox.bitget.cancels import rows_of, several, swept
from airflow_provider_exchange.sandbox.bitget.futures import USUAL_MARKETS, listed
from airflow_provider_exchange.sandbox.bitget.markets import product_of
from airflow_provider_exchange.sandbox.bitget.parameters import remembered
from airflow_provider_exchange.sandbox.bitget.placing import read_plan
from airflow_provider_exchange.sandbox.bitget.plans import Placing
from airflow_provider_exchange.sandbox.bitget.shapes import FUTURES_PLAN_PLACES, PLAN_KINDS, futures_plan
from airflow_provider_exchange.sandbox.protocol import Answer, ReceivedRequest, Route, route

if TYPE_CHECKING:
    from airflow_provider_exchange.sandbox.bitget.parameters import Parameters
    from airflow_provider_exchange.sandbox.bitget.venue import PaperBitget
    from airflow_provider_exchange.sandbox.book import PaperOrder

MOST_AT_ONCE = 50
ASKED = frozenset(PLAN_KINDS.values())


class FuturesPlans:
    """
    Handles the calls for trigger orders of futures.

    :param home: the venue.
    """

    def __init__(self, home: PaperBitget) -> None:
        self._home = home
        self._book = home.others["futures_plan"]
        Placing(self._book, home.others["futures"], lambda: home.new_id("limit"))

    def routes(self) -> list[Route]:
        """Return the routes of these calls."""
        path, one = "/api/v2/mix/order", ("orderId", "clientOid")
        pending, past = f"{path}/orders-plan-pending", f"{path}/orders-plan-history"
        return [
            route("place_futures_plan", "POST", f"{path}/place-plan-order", self.place, mutating=True),
            route("cancel_futures_plans", "POST", f"{path}/cancel-plan-order", self.cancel_several, mutating=True),
            route("futures_plan", "GET", pending, self.open_orders, when=one),
            route("open_futures_plans", "GET", pending, self.open_orders, lists=True),
            route("past_futures_plan", "GET", past, self.history, when=one),
            route("futures_plan_history", "GET", past, self.history, lists=True),
        ]

    def place(self, request: ReceivedRequest) -> Answer:
        """``POST /mix/order/place-plan-order``."""
        asked = self._home.asked_of(request, trading=True)
        symbol = self._home.contract(asked, self._home.product(asked))
        kind = asked.one_of("planType", ("normal_plan", "track_plan")) or asked.required("planType")
        order = read_plan(asked, symbol, self._home.new_id(kind), kind, "price")
        self._home.check_client_id(request, self._book, order)
        self._book.place(order)
        return ok(request, named(order))

    def cancel_several(self, request: ReceivedRequest) -> Answer:
        """``POST /mix/order/cancel-plan-order``: those listed, of one kind; all of it without a list."""
        asked = self._home.asked_of(request, trading=True)
        product = self._home.product(asked)
        kind = asked.one_of("planType", PLAN_KINDS) or "normal_plan"
        members = rows_of(asked, "orderIdList", MOST_AT_ONCE)
        symbol = self._home.contract(asked, product) if members or asked.text("symbol") else ""
        orders = [
            order
            for order in self._book
            if order.type == kind and product_of(order.symbol) == product and symbol in ("", order.symbol)
        ]
        if not members:
            return ok(request, swept(self._book, request, [order for order in orders if order.state.live]))
        return ok(request, several(self._book, request, members, lambda member: member.named(orders), "43025"))

    def open_orders(self, request: ReceivedRequest) -> Answer:
        """``GET /mix/order/orders-plan-pending``: live ones of one or several kinds; or one of them."""
        asked = self._home.asked_of(request)
        product, asked_for = self._scope(asked)
        view = self._book.view(request.behaviour.lag).values()
        found = [order for order in view if order.state.live and self._fits(order, product, asked_for)]
        market = asked.text("symbol") or USUAL_MARKETS[product]
        # The order that an odd_order adds is a normal one; only the list of these has a place for it.
        adds = market if asked_for == "normal_plan" else None
        listing = self._home.listing(request, adds, "futures_plan", FUTURES_PLAN_PLACES)
        return listed(asked, listing, asked.chosen(found), futures_plan)

    def history(self, request: ReceivedRequest) -> Answer:
        """``GET /mix/order/orders-plan-history``: those that ended in the last 90 days; or one of them."""
        asked = self._home.asked_of(request)
        product, asked_for = self._scope(asked)
        view = remembered(self._book.view(request.behaviour.lag).values(), request.now_ms)
        found = [order for order in view if self._fits(order, product, asked_for)]
        listing = self._home.listing(request, places=FUTURES_PLAN_PLACES)
        return listed(asked, listing, asked.chosen(found), futures_plan)

    def _scope(self, asked: Parameters) -> tuple[str, str]:
        """Return the product and the kinds that a list is asked for."""
        product = self._home.product(asked)
        if asked.text("planType") not in ASKED:
            raise refused(asked.request, "40812", "planType")
        if asked.text("symbol"):
            self._home.contract(asked, product)
        return product, asked.text("planType")

    @staticmethod
    def _fits(order: PaperOrder, product: str, asked_for: str) -> bool:
        return product_of(order.symbol) == product and PLAN_KINDS[order.type] == asked_for
