"""The spot orders of the paper Binance."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from airflow_provider_exchange.sandbox.binance.api import Api, number_of
from airflow_provider_exchange.sandbox.binance.errors import UNKNOWN_ORDER, refused
from airflow_provider_exchange.sandbox.binance.markets import CLOSED, SPOT
from airflow_provider_exchange.sandbox.binance.parameters import CLIENT_ORDER_ID
from airflow_provider_exchange.sandbox.binance.placing import spot_order_of
from airflow_provider_exchange.sandbox.binance.shapes import order_list, spot_cancelled, spot_order, spot_placed
from airflow_provider_exchange.sandbox.book import PaperOrder, State
from airflow_provider_exchange.sandbox.cancelling import passed_over
from airflow_provider_exchange.sandbox.protocol import Answer, ReceivedRequest, Refusal, route

if TYPE_CHECKING:
    from collections.abc import Callable

    from airflow_provider_exchange.sandbox.binance.account import BinanceAccount
    from airflow_provider_exchange.sandbox.binance.books import SpotBook
    from airflow_provider_exchange.sandbox.book import Key
    from airflow_provider_exchange.sandbox.venue import PaperVenue

DAY_MS = 86_400_000
ARCHIVED_MS = 90 * DAY_MS
LARGEST_PAGE = 1000
FORMS = ("ACK", "RESULT", "FULL")
RESTRICTIONS = {"ONLY_NEW": False, "ONLY_PARTIALLY_FILLED": True}
"""What a cancel may be restricted to, and whether the order must have traded for it."""


class SpotApi(Api):
    """
    Orders of spot.

    :param venue: as for :class:`.Api`.
    :param book: as for :class:`.Api`.
    """

    strict = True
    markets = (*SPOT, *CLOSED)
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

    def __init__(self, venue: PaperVenue[BinanceAccount, Any], book: SpotBook) -> None:
        super().__init__(venue, book)
        self._spot_book = book
        self._cancel_names: dict[Key, str] = {}
        self.routes = (
            route("place_order", "POST", "/api/v3/order", self.place_order, mutating=True),
            route("cancel_order", "DELETE", "/api/v3/order", self.cancel_order, mutating=True),
            route("cancel_open_orders", "DELETE", "/api/v3/openOrders", self.cancel_open_orders, mutating=True),
            route("order", "GET", "/api/v3/order", self.order),
            route("open_orders", "GET", "/api/v3/openOrders", self.open_orders, lists=True),
            route("all_orders", "GET", "/api/v3/allOrders", self.all_orders, lists=True),
        )

    def forget(self) -> None:
        """Forget what cancels were called."""
        self._cancel_names.clear()

    # -- placing

    def place_order(self, request: ReceivedRequest) -> Answer:
        """``POST /api/v3/order``."""
        asked = self.asked(request, trading=True)
        symbol = self.required_market(asked)
        order = spot_order_of(asked, symbol, self._venue.new_id("LIMIT"), request.now_ms)
        form = asked.text("newOrderRespType") or ("FULL" if order.type in ("LIMIT", "MARKET") else "ACK")
        asked.finish()
        if form not in FORMS:
            raise refused(-1136, "Invalid newOrderRespType.")
        if symbol in CLOSED:
            raise refused(-1013, "Market is closed.")
        if order.client_order_id and any(
            (other.symbol, other.client_order_id) == (symbol, order.client_order_id) for other in self._book.live()
        ):
            raise refused(-2010, "Duplicate order sent.")
        placed = self._book.place(self._venue.admitted(order))
        if order.type == "MARKET":
            placed = self._book.fill(placed.order_id, symbol=symbol)
        return Answer(spot_placed(placed, form))

    # -- cancelling

    def cancel_order(self, request: ReceivedRequest) -> Answer:
        """``DELETE /api/v3/order``."""
        asked = self.asked(request, trading=True)
        symbol = self.required_market(asked)
        name = asked.text("newClientOrderId", CLIENT_ORDER_ID)
        restriction = asked.text("cancelRestrictions")
        if restriction is not None and restriction not in RESTRICTIONS:
            raise refused(-1145, "Invalid cancelRestrictions")
        order = self.to_cancel(asked, symbol)
        asked.finish()
        if restriction is not None and order.state.live and RESTRICTIONS[restriction] != bool(order.filled):
            raise refused(-2011, "Order was not canceled due to cancel restrictions.")
        return Answer(self._cancel(order, name, request))

    def cancel_open_orders(self, request: ReceivedRequest) -> Answer:
        """``DELETE /api/v3/openOrders``: every order of a market."""
        asked = self.asked(request, trading=True)
        symbol = self.required_market(asked)
        asked.finish()
        named = [order for order in self._book.live() if order.symbol == symbol]
        if not named:
            raise refused(*UNKNOWN_ORDER)
        rows = []
        for place, order in enumerate(sorted(named, key=number_of)):
            if passed_over(request.behaviour, place, order.order_id, symbol):
                continue
            try:
                cancel = self.cancel_list if "orderListId" in order.details else self._cancel
                rows.append(cancel(order, None, request))
            except Refusal:  # also for an order that ended with the other one of its list
                continue
        return Answer(rows)

    def cancel_list(self, order: PaperOrder, name: str | None, request: ReceivedRequest) -> dict[str, Any]:
        """
        Cancel both orders of a list, and return it.

        :param order: one of them.
        :param name: the client order id of the cancel; ``None`` for one of the venue's.
        :raises Refusal: as :meth:`.Api.cancelled`.
        """
        row = self._cancel(order, name, request)
        orders = self._spot_book.order_list(order.details["orderListId"])
        reports = [spot_cancelled(each, row["clientOrderId"], request.now_ms) for each in orders]
        return order_list(orders, reports, request.now_ms, done=True)

    def _cancel(self, order: PaperOrder, name: str | None, request: ReceivedRequest) -> dict[str, Any]:
        changed = self.cancelled(order, request)
        self._cancel_names[order.key] = name or f"cancel{order.order_id:0>16}"
        return spot_cancelled(changed, self._cancel_names[order.key], request.now_ms)

    # -- reading

    def order(self, request: ReceivedRequest) -> Answer:
        """``GET /api/v3/order``."""
        asked = self.asked(request)
        order = self.read(asked, self.required_market(asked), request)
        asked.finish()
        unfilled = order.state in (State.CANCELLED, State.EXPIRED) and not order.filled
        if unfilled and order.created_ms < request.now_ms - ARCHIVED_MS:
            message = "Order was canceled or expired with no executed qty over 90 days ago and has been archived."
            raise refused(-2026, message)
        return Answer(self._shape(order))

    def open_orders(self, request: ReceivedRequest) -> Answer:
        """``GET /api/v3/openOrders``: of one market or of all."""
        asked = self.asked(request)
        symbol = self.market(asked)
        asked.finish()
        return Answer(self.open_rows(request, symbol, self._shape))

    def all_orders(self, request: ReceivedRequest) -> Answer:
        """``GET /api/v3/allOrders``: live and ended ones of a market, oldest first."""
        asked = self.asked(request)
        symbol = self.required_market(asked)
        since, until, first = (asked.whole(name) for name in ("startTime", "endTime", "orderId"))
        size = asked.limit(LARGEST_PAGE, cut=self._venue.settings.long_page == "cut")
        asked.finish()
        if since is not None and until is not None and until - since > DAY_MS:
            raise refused(-1127, "More than 24 hours between startTime and endTime.")
        found = self.history(
            request,
            since,
            until,
            lambda order: order.symbol == symbol and (first is None or number_of(order) >= first),
        )
        page = found[-size:] if since is None and first is None else found[:size]
        return Answer(self.history_rows(request, page, self._shape))

    @property
    def _shape(self) -> Callable[[PaperOrder], dict[str, Any]]:
        renamed = self._venue.settings.cancelled_name == "new"

        def shape(order: PaperOrder) -> dict[str, Any]:
            own = order.client_order_id
            gone = renamed and order.state is State.CANCELLED
            return spot_order(order, self._cancel_names.get(order.key, own) if gone else own)

        return shape
