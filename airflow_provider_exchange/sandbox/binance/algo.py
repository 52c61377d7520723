"""The API of the paper Binance for the algo orders of USD-M futures: stops that wait for their trigger."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from airflow_provider_exchange.sandbox.binance.api import number_of
from airflow_provider_exchange.sandbox.binance.linear import LARGEST_PAGE, FuturesApi
from airflow_provider_exchange.sandbox.binance.placing import algo_order_of
from airflow_provider_exchange.sandbox.binance.shapes import algo_order
from airflow_provider_exchange.sandbox.protocol import Answer, ReceivedRequest, route

if TYPE_CHECKING:
    from airflow_provider_exchange.sandbox.binance.account import BinanceAccount
    from airflow_provider_exchange.sandbox.binance.books import AlgoBook
    from airflow_provider_exchange.sandbox.book import PaperOrder
    from airflow_provider_exchange.sandbox.venue import PaperVenue


class AlgoApi(FuturesApi):
    """
    Algo orders of USD-M futures. Their id alone names them; a symbol beside it is ignored.

    :param venue: as for :class:`.Api`.
    :param book: as for :class:`.Api`.
    """

    id_name = "algoId"
    client_id_name = "clientAlgoId"
    places = MappingProxyType(
        {
            "order_id": ("algoId",),
            "symbol": ("symbol",),
            "client_order_id": ("clientAlgoId",),
            "side": ("side",),
            "state": ("algoStatus",),
            "price": ("price",),
            "quantity": ("quantity",),
            "created_at": ("createTime",),
        }
    )

    def __init__(self, venue: PaperVenue[BinanceAccount, Any], book: AlgoBook) -> None:
        super().__init__(venue, book)
        self._algo_book = book
        self.routes = (
            route("place_algo_order", "POST", "/fapi/v1/algoOrder", self.place_order, mutating=True),
            route("cancel_algo_order", "DELETE", "/fapi/v1/algoOrder", self.cancel_order, mutating=True),
            route("cancel_all_algo_orders", "DELETE", "/fapi/v1/algoOpenOrders", self.cancel_market, mutating=True),
            route("algo_order", "GET", "/fapi/v1/algoOrder", self.order),
            route("open_algo_orders", "GET", "/fapi/v1/openAlgoOrders", self.open_orders, lists=True),
            route("all_algo_orders", "GET", "/fapi/v1/allAlgoOrders", self.all_orders, lists=True),
        )

    def place_order(self, request: ReceivedRequest) -> Answer:
        """``POST /fapi/v1/algoOrder``."""
        asked = self.asked(request, trading=True)
        symbol = self.required_market(asked)
        order = algo_order_of(asked, symbol, self._venue.new_id("STOP"), request.now_ms)
        return Answer(self._shape(self._book.place(self._venue.admitted(order))))

    def cancel_order(self, request: ReceivedRequest) -> Answer:
        """``DELETE /fapi/v1/algoOrder``."""
        order = self.cancelled(self.to_cancel(self.asked(request, trading=True), None), request)
        names = {"algoId": int(order.order_id), "clientAlgoId": order.client_order_id}
        return Answer({**names, "code": "200", "msg": "success"})

    def order(self, request: ReceivedRequest) -> Answer:
        """``GET /fapi/v1/algoOrder``."""
        return Answer(self._shape(self.read(self.asked(request), None, request)))

    def open_orders(self, request: ReceivedRequest) -> Answer:
        """``GET /fapi/v1/openAlgoOrders``: of one market or of all, or one by its id."""
        asked = self.asked(request)
        rows = self.open_rows(request, self.market(asked), self._shape)
        number, kind = asked.whole("algoId"), asked.text("algoType")
        return Answer([row for row in rows if number in (None, row["algoId"]) and kind in (None, row["algoType"])])

    def all_orders(self, request: ReceivedRequest) -> Answer:
        """``GET /fapi/v1/allAlgoOrders``: live and ended ones of a market, oldest first."""
        asked = self.asked(request)
        symbol, first = self.required_market(asked), asked.whole("algoId")
        size, page = asked.limit(LARGEST_PAGE, cut=False), asked.whole("page") or 1
        since, until = self.span(asked, first, request.now_ms)
        found = self.history(
            request,
            since,
            until,
            lambda order: order.symbol == symbol and (first is None or number_of(order) >= first),
        )
        if first is None and "startTime" not in asked:
            # The latest page comes first, and within each page the oldest order.
            end = max(len(found) - (page - 1) * size, 0)
            shown = found[max(end - size, 0) : end]
        else:
            shown = found[(page - 1) * size : page * size]
        return Answer(self.history_rows(request, shown, self._shape))

    def _shape(self, order: PaperOrder) -> dict[str, Any]:
        return algo_order(order, self._algo_book.placed_by(order))
