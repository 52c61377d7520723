"""The calls of the paper Bitget for trigger orders on spot, none of which reads one by its id."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow_provider_exchange.sandbox.bitget.answers import OrderError, named, ok, refused
from airflow_provider_exchange.sandbox.bitget.cancels import cancel
from airflow_provider_exchange.sandbox.bitget.parameters import remembered
from airflow_provider_exchange.sandbox.bitget.placing import read_plan
from airflow_provider_exchange.sandbox.bitget.plans import Placing
from airflow_provider_exchange.sandbox.bitget.shapes import SPOT_PLAN_PLACES, spot_plan
from airflow_provider_exchange.sandbox.protocol import Answer, ReceivedRequest, Route, plain, route

if TYPE_CHECKING:
    from collections.abc import Sequence

    from airflow_provider_exchange.sandbox.bitget.parameters import Parameters
    from airflow_provider_exchange.sandbox.bitget.venue import PaperBitget
    from airflow_provider_exchange.sandbox.book import PaperOrder
    from airflow_provider_exchange.sandbox.lists import Listing

USUAL_PAGE = 20
"""How many live orders a page has unless told otherwise."""


class SpotPlans:
    """
    Handles the calls for trigger orders on spot.

    :param home: the venue.
    """

    def __init__(self, home: PaperBitget) -> None:
        self._home = home
        self._book = home.others["plan"]
        Placing(self._book, home.book, lambda: home.new_id("limit"))

    def routes(self) -> list[Route]:
        """Return the routes of these calls; a list of one market stands in for the read of one order."""
        path = "/api/v2/spot/trade"
        return [
            route("place_plan_order", "POST", f"{path}/place-plan-order", self.place, mutating=True),
            route("cancel_plan_order", "POST", f"{path}/cancel-plan-order", self.cancel, mutating=True),
            route("plan_orders_of_market", "GET", f"{path}/current-plan-order", self.open_orders, when=("symbol",)),
            route("open_plan_orders", "GET", f"{path}/current-plan-order", self.open_orders, lists=True),
            route("past_plan_orders", "GET", f"{path}/history-plan-order", self.history),
            route("plan_sub_orders", "GET", f"{path}/plan-sub-order", self.placed),
        ]

    def place(self, request: ReceivedRequest) -> Answer:
        """``POST /spot/trade/place-plan-order``."""
        asked = self._home.asked_of(request, trading=True)
        symbol = self._home.spot_symbol(asked)
        asked.one_of("triggerType", ("fill_price", "mark_price"))
        order = read_plan(asked, symbol, self._home.new_id("plan"), "plan", "executePrice")
        self._home.check_client_id(request, self._book, order)
        self._book.place(order)
        return ok(request, named(order))

    def cancel(self, request: ReceivedRequest) -> Answer:
        """``POST /spot/trade/cancel-plan-order``: by id alone; the answer names no order."""
        asked = self._home.asked_of(request, trading=True)
        if not asked.names_one:
            raise refused(request, "40924")
        try:
            cancel(self._book, request, asked.named(self._book), "43025")
        except OrderError as error:
            raise refused(request, error.code) from None
        return ok(request, {"result": "success"})

    def open_orders(self, request: ReceivedRequest) -> Answer:
        """``GET /spot/trade/current-plan-order``: live ones, newest first, 20 of them unless told otherwise."""
        asked = self._home.asked_of(request)
        if asked.text("symbol"):
            self._home.spot_symbol(asked)
        view = self._book.view(request.behaviour.lag).values()
        found = asked.chosen([order for order in view if order.state.live])
        market = asked.text("symbol") or "BTCUSDT"
        listing = self._home.listing(request, market, "plan", SPOT_PLAN_PLACES)
        return self._page(asked, listing, found, USUAL_PAGE)

    def history(self, request: ReceivedRequest) -> Answer:
        """``GET /spot/trade/history-plan-order``: those that ended in the last 90 days."""
        asked = self._home.asked_of(request)
        if asked.text("symbol"):
            self._home.spot_symbol(asked)
        found = asked.chosen(remembered(self._book.view(request.behaviour.lag).values(), request.now_ms))
        return self._page(asked, self._home.listing(request, places=SPOT_PLAN_PLACES), found, 100)

    def placed(self, request: ReceivedRequest) -> Answer:
        """``GET /spot/trade/plan-sub-order``: what a trigger order has placed."""
        asked = self._home.asked_of(request)
        plan_id = asked.required("planOrderId")
        view = self._book.view(request.behaviour.lag).values()
        found = [order for order in view if order.order_id == plan_id and "executeOrderId" in order.details]
        if not found:
            raise refused(request, "40307")
        rows = [
            {
                "orderId": str(order.details["executeOrderId"]),
                "price": plain(order.price),
                "type": "limit",
                "status": "success",
            }
            for order in found
        ]
        return ok(request, rows)

    def _page(self, asked: Parameters, listing: Listing, found: Sequence[PaperOrder], usual: int) -> Answer:
        page, follows = asked.page_of(listing.orders(found), usual)
        last = page[-1].order_id if page else None
        rows: list[dict[str, Any]] = listing.rows(page, spot_plan)
        return ok(asked.request, {"nextFlag": follows, "idLessThan": last, "orderList": rows})
