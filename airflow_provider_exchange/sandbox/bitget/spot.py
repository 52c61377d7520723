"""The calls of the paper Bitget for spot orders, and for take-profit and stop-loss orders among them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow_provider_exchange.sandbox.bitget.answers import OrderError, named, ok, refused
from airflow_provider_exchange.sandbox.bitget.cancels import cancel, rows_of, several
from airflow_provider_exchange.sandbox.bitget.parameters import Parameters, remembered
from airflow_provider_exchange.sandbox.bitget.placing import read_order
from airflow_provider_exchange.sandbox.bitget.shapes import (
    SPOT_PLACES,
    TPSL,
    ended_spot,
    is_waiting,
    open_spot,
    spot,
)
from airflow_provider_exchange.sandbox.protocol import Answer, ReceivedRequest, Route, route

if TYPE_CHECKING:
    from collections.abc import Iterable

    from airflow_provider_exchange.sandbox.bitget.venue import PaperBitget
    from airflow_provider_exchange.sandbox.book import PaperOrder

MOST_AT_ONCE = 50


class Spot:
    """
    Handles the calls for spot orders.

    :param home: the venue.
    """

    def __init__(self, home: PaperBitget) -> None:
        self._home = home
        self._book = home.book

    def routes(self) -> list[Route]:
        """Return the routes of these calls."""
        path = "/api/v2/spot/trade"
        return [
            route("place_order", "POST", f"{path}/place-order", self.place, mutating=True),
            route("cancel_order", "POST", f"{path}/cancel-order", self.cancel, mutating=True),
            route("cancel_orders", "POST", f"{path}/batch-cancel-order", self.cancel_several, mutating=True),
            route("order", "GET", f"{path}/orderInfo", self.order),
            route("tpsl_order", "GET", f"{path}/unfilled-orders", self.open_orders, when=("orderId",)),
            route("open_orders", "GET", f"{path}/unfilled-orders", self.open_orders, lists=True),
            route("past_order", "GET", f"{path}/history-orders", self.history, when=("orderId",)),
            route("history", "GET", f"{path}/history-orders", self.history, lists=True),
        ]

    def place(self, request: ReceivedRequest) -> Answer:
        """``POST /spot/trade/place-order``."""
        asked = self._home.asked_of(request, trading=True)
        symbol = self._home.spot_symbol(asked)
        waits = asked.one_of("tpslType", ("normal", TPSL)) == TPSL
        order = read_order(asked, symbol, self._home.new_id("limit"), waits=waits)
        self._home.check_client_id(request, self._book, order)
        self._book.place(order)
        if order.type == "market" and not waits:
            self._book.fill(order.order_id, symbol=symbol)
        return ok(request, named(order))

    def cancel(self, request: ReceivedRequest) -> Answer:
        """``POST /spot/trade/cancel-order``: an order of the kind asked for; ordinary ones if none is."""
        asked = self._home.asked_of(request, trading=True)
        kind = asked.one_of("tpslType", ("normal", TPSL)) or "normal"
        symbol = "" if kind == TPSL and not asked.text("symbol") else self._home.spot_symbol(asked)
        if not asked.text("orderId") and (kind == TPSL or not asked.text("clientOid")):
            raise refused(request, "40019" if kind == TPSL else "40924", "orderId")
        found = [order for order in self._of(kind, self._book) if symbol in ("", order.symbol)]
        try:
            order = cancel(self._book, request, asked.named(found), "43001")
        except OrderError as error:
            raise refused(request, error.code) from None
        return ok(request, named(order))

    def cancel_several(self, request: ReceivedRequest) -> Answer:
        """``POST /spot/trade/batch-cancel-order``: ordinary orders by their names, of one market or of several."""
        asked = self._home.asked_of(request, trading=True)
        several_markets = asked.one_of("batchMode", ("single", "multiple")) == "multiple"
        members = rows_of(asked, "orderList", MOST_AT_ONCE)
        if not members:
            raise refused(request, "40019", "orderList")
        symbol = "" if several_markets else self._home.spot_symbol(asked)
        live = self._of("normal", self._book)

        def found(member: Parameters) -> list[PaperOrder]:
            wanted = symbol or self._home.spot_symbol(member)
            return member.named([order for order in live if order.symbol == wanted])

        return ok(request, several(self._book, request, members, found, "43001"))

    def order(self, request: ReceivedRequest) -> Answer:
        """``GET /spot/trade/orderInfo``: by id alone; an unknown one is an empty list."""
        asked = self._home.asked_of(request)
        if not asked.names_one:
            raise refused(request, "40924")
        view = self._book.view(request.behaviour.lag).values()
        kept = {order.key for order in remembered(view, request.now_ms)}
        found = asked.named([order for order in view if not is_waiting(order)])
        return ok(request, [spot(order) for order in found if order.state.live or order.key in kept])

    def open_orders(self, request: ReceivedRequest) -> Answer:
        """``GET /spot/trade/unfilled-orders``: those of one kind, newest first; or one of them."""
        asked = self._home.asked_of(request)
        kind = asked.one_of("tpslType", ("normal", TPSL)) or "normal"
        if asked.text("symbol"):
            self._home.spot_symbol(asked)
        view = self._of(kind, self._book.view(request.behaviour.lag).values())
        found = asked.chosen([order for order in view if order.state.live])
        market = asked.text("symbol") or "BTCUSDT"
        listing = self._home.listing(request, market if kind == "normal" else None, places=SPOT_PLACES)
        page, _ = asked.page_of(listing.orders(found))
        return ok(request, listing.rows(page, open_spot))

    def history(self, request: ReceivedRequest) -> Answer:
        """``GET /spot/trade/history-orders``: orders that ended in the last 90 days, of one kind."""
        asked = self._home.asked_of(request)
        kind = asked.one_of("tpslType", ("normal", TPSL)) or "normal"
        if asked.text("symbol"):
            self._home.spot_symbol(asked)
        view = self._of(kind, self._book.view(request.behaviour.lag).values())
        found = asked.chosen(remembered(view, request.now_ms))
        listing = self._home.listing(request)
        page, _ = asked.page_of(listing.orders(found))
        return ok(request, listing.rows(page, ended_spot))

    @staticmethod
    def _of(kind: str, orders: Iterable[Any]) -> list[PaperOrder]:
        return [order for order in orders if is_waiting(order) == (kind == TPSL)]
