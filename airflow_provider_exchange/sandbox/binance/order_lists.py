"""Order lists of spot on the paper Binance: pairs of orders of which one cancels the other (OCO)."""

from __future__ import annotations

import itertools
from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from airflow_provider_exchange.sandbox.binance.api import Api
from airflow_provider_exchange.sandbox.binance.errors import UNKNOWN_ORDER, neither, refused
from airflow_provider_exchange.sandbox.binance.parameters import CLIENT_ORDER_ID, Parameters
from airflow_provider_exchange.sandbox.binance.placing import spot_order_of
from airflow_provider_exchange.sandbox.binance.shapes import order_list, spot_placed
from airflow_provider_exchange.sandbox.protocol import Answer, ReceivedRequest, route

if TYPE_CHECKING:
    from airflow_provider_exchange.sandbox.binance.account import BinanceAccount
    from airflow_provider_exchange.sandbox.binance.books import SpotBook
    from airflow_provider_exchange.sandbox.binance.spot import SpotApi
    from airflow_provider_exchange.sandbox.book import PaperOrder
    from airflow_provider_exchange.sandbox.venue import PaperVenue

STOPS = ("STOP_LOSS", "STOP_LOSS_LIMIT")
OF_A_LEG = {
    "Type": "type",
    "Price": "price",
    "StopPrice": "stopPrice",
    "TimeInForce": "timeInForce",
    "ClientOrderId": "newClientOrderId",
}
"""How the parameters of a leg end, and what they are called for an order by itself."""


class OrderListApi(Api):
    """
    Order lists of spot.

    :param venue: as for :class:`.Api`.
    :param book: as for :class:`.Api`.
    :param spot: the API of spot orders, which cancels the lists.
    """

    strict = True
    places = MappingProxyType({})

    def __init__(self, venue: PaperVenue[BinanceAccount, Any], book: SpotBook, spot: SpotApi) -> None:
        super().__init__(venue, book)
        self._spot = spot
        self._spot_book = book
        self._numbers = itertools.count(1_001)
        self.markets = spot.markets
        self.routes = (
            route("place_order_list", "POST", "/api/v3/orderList/oco", self.place_order_list, mutating=True),
            route("cancel_order_list", "DELETE", "/api/v3/orderList", self.cancel_order_list, mutating=True),
        )

    def place_order_list(self, request: ReceivedRequest) -> Answer:
        """``POST /api/v3/orderList/oco``."""
        asked = self.asked(request, trading=True)
        symbol = self.required_market(asked)
        legs = [
            spot_order_of(leg_of(asked, which), symbol, self._venue.new_id("LIMIT"), request.now_ms)
            for which in ("above", "below")
        ]
        number = next(self._numbers)
        name = asked.text("listClientOrderId", CLIENT_ORDER_ID) or f"list{number:0>18}"
        form = asked.text("newOrderRespType") or "RESULT"
        asked.text("selfTradePreventionMode")
        asked.finish()
        if sum(leg.type in STOPS for leg in legs) != 1:
            raise refused(-1158, "Order type not supported in OCO.")
        placed = [self._placed(leg, number, name) for leg in legs]
        reports = [spot_placed(order, form) for order in placed]
        return Answer(order_list(placed, reports, request.now_ms))

    def _placed(self, leg: PaperOrder, number: int, name: str) -> PaperOrder:
        details = MappingProxyType({**leg.details, "orderListId": number, "listClientOrderId": name})
        return self._book.place(self._venue.admitted(replace(leg, details=details)))

    def cancel_order_list(self, request: ReceivedRequest) -> Answer:
        """``DELETE /api/v3/orderList``."""
        asked = self.asked(request, trading=True)
        symbol = self.required_market(asked)
        number, name = asked.whole("orderListId"), asked.text("listClientOrderId", CLIENT_ORDER_ID)
        cancel_name = asked.text("newClientOrderId", CLIENT_ORDER_ID)
        asked.finish()
        if number is None and name is None:
            raise neither("orderListId", "listClientOrderId")
        for order in self._book.live():
            listed = order.details.get("orderListId"), order.details.get("listClientOrderId")
            if order.symbol == symbol and number in (None, listed[0]) and name in (None, listed[1]):
                return Answer(self._spot.cancel_list(order, cancel_name, request))
        raise refused(*UNKNOWN_ORDER)


def leg_of(asked: Parameters, which: str) -> Parameters:
    """
    Return the parameters of one leg as those of an order by itself.

    :param which: ``above`` or ``below``.
    :raises Refusal: one that both legs share is missing.
    """
    own = [(name, asked.text(which + end)) for end, name in OF_A_LEG.items()]
    shared = [(name, asked.required(name)) for name in ("side", "quantity")]
    return Parameters([*shared, *((name, text) for name, text in own if text is not None)], strict=True)
