"""The calls of the paper OKX for algo orders, which have ids, lists and calls of their own."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING

from airflow_provider_exchange.sandbox.book import Cancel, PaperOrder, State
from airflow_provider_exchange.sandbox.cancelling import cancel_one, passed_over
from airflow_provider_exchange.sandbox.lists import Listing
from airflow_provider_exchange.sandbox.okx.answers import Row, algo_row, listed, of_algos
from airflow_provider_exchange.sandbox.okx.errors import OrderError, refused
from airflow_provider_exchange.sandbox.okx.kinds import (
    ALGO_TYPES,
    ALGOS_AT_ONCE,
    ENDED_ALGO_STATES,
    MONTHS_3_MS,
    algo_state_of,
)
from airflow_provider_exchange.sandbox.okx.markets import TYPES
from airflow_provider_exchange.sandbox.okx.orders import REFUSALS, latest_of
from airflow_provider_exchange.sandbox.okx.placing import MARKET_PRICE, read_algo
from airflow_provider_exchange.sandbox.okx.shapes import instrument_type, shown_algo
from airflow_provider_exchange.sandbox.protocol import Answer, ReceivedRequest, Route, route

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from airflow_provider_exchange.sandbox.okx.orders import Orders
    from airflow_provider_exchange.sandbox.okx.parameters import Parameters
    from airflow_provider_exchange.sandbox.okx.venue import PaperOkx

MOST_IN_A_BATCH = 10

PLACES = MappingProxyType(
    {
        "order_id": ("algoId",),
        "symbol": ("instId",),
        "client_order_id": ("algoClOrdId",),
        "side": ("side",),
        "state": ("state",),
        "price": ("ordPx",),
        "quantity": ("sz",),
        "created_at": ("cTime",),
    }
)
"""Where the row of an algo order has what; see :class:`.Listing`."""

_SOURCES = {"trigger": "6", "conditional": "7", "oco": "7", "move_order_stop": "25", "chase": "34"}
"""How an ordinary order tells of which type the algo order was that placed it."""


class Algos:
    """
    Handles the calls for algo orders.

    :param home: the venue.
    :param orders: where the orders go that algo orders place.
    """

    def __init__(self, home: PaperOkx, orders: Orders) -> None:
        self._home = home
        self._orders = orders
        self._book = home.others["algo"]
        self._book.when_triggered = self._fired
        self._book.when_filled = self._done
        self._stranger: PaperOrder | None = None

    def routes(self) -> list[Route]:
        """Return the routes of these calls."""
        path = "/api/v5/trade"
        return [
            route("place_algo_order", "POST", f"{path}/order-algo", self.place, mutating=True),
            route("cancel_algo_orders", "POST", f"{path}/cancel-algos", self.cancel_several, mutating=True),
            route("algo_order", "GET", f"{path}/order-algo", self.order),
            route("open_algo_orders", "GET", f"{path}/orders-algo-pending", self.open_orders, lists=True),
            route("algo_history", "GET", f"{path}/orders-algo-history", self.history, lists=True),
        ]

    # -- placing, and what is placed then

    def place(self, request: ReceivedRequest) -> Answer:
        """``POST /trade/order-algo``."""
        asked: Row = self._home.body_of(request, dict)
        try:
            order = read_algo(asked, self._home.new_id("trigger"), request.now_ms)
            if order.client_order_id and any(
                each.client_order_id == order.client_order_id for each in self._book if each.state.live
            ):
                raise OrderError("51068", order.client_order_id)
        except OrderError as error:
            return of_algos([algo_row(asked, error=error)])
        self._book.place(order)
        return of_algos([algo_row(asked, order.order_id)])

    def _fired(self, order: PaperOrder) -> PaperOrder:
        """Place the ordinary order of an algo order that was triggered, which ends the latter."""
        placed = self._placed_by(order)
        self._orders.put(placed)
        details = MappingProxyType({**order.details, "ordId": placed.order_id})
        return replace(order, state=State.FILLED, filled=order.quantity, details=details)

    def _done(self, order: PaperOrder) -> PaperOrder:
        """Have the ordinary order of an algo order traded, which somebody says has been."""
        if "ordId" in order.details:
            return order
        placed = replace(self._placed_by(order), state=State.FILLED, filled=order.filled)
        self._home.book.place(placed)
        return replace(order, details=MappingProxyType({**order.details, "ordId": placed.order_id}))

    def _placed_by(self, order: PaperOrder) -> PaperOrder:
        at_market = order.price < 0 or order.type == "move_order_stop"
        return PaperOrder(
            self._home.new_id("limit"),
            order.symbol,
            order.side,
            "market" if at_market else "limit",
            order.quantity,
            MARKET_PRICE if at_market else order.price,
            order.updated_ms,
            order.updated_ms,
            details=MappingProxyType(
                {
                    "algoClOrdId": order.client_order_id,
                    "algoId": order.order_id,
                    "source": _SOURCES.get(order.type, "13"),
                    "tdMode": order.details["tdMode"],
                }
            ),
        )

    # -- cancelling

    def cancel_several(self, request: ReceivedRequest) -> Answer:
        """``POST /trade/cancel-algos``: up to 10 orders, of any types and instruments."""
        batch: list[Row] = self._home.body_of(request, list)
        if len(batch) > MOST_IN_A_BATCH:
            raise refused("50025", "orders", str(MOST_IN_A_BATCH))
        rows = []
        for place, asked in enumerate(batch):
            symbol, algo_id = (str(asked.get(name, "")) for name in ("instId", "algoId"))
            if not passed_over(request.behaviour, place, algo_id, symbol):
                rows.append(self._cancelled(request, asked))
        return of_algos(rows)

    def _cancelled(self, request: ReceivedRequest, asked: Row) -> Row:
        try:
            symbol = self._home.instrument_named(asked)
            found = self._named(asked, symbol)
            outcome, order = cancel_one(self._book, found.order_id, request.behaviour, symbol)
            if outcome is Cancel.DEAD and order is not None and order.state is State.FILLED:
                raise OrderError("51416")
            if outcome in REFUSALS:
                raise OrderError(REFUSALS[outcome])
        except OrderError as error:
            return algo_row(asked, error=error)
        return algo_row(asked, found.order_id)

    def _named(self, asked: Row, symbol: str) -> PaperOrder:
        algo_id, client_id = asked.get("algoId"), asked.get("algoClOrdId")
        if not algo_id and not client_id:
            raise OrderError("51003")
        if algo_id and not (isinstance(algo_id, str) and algo_id.isdecimal()):
            raise OrderError("51000", "algoId")
        found = self._book.get(algo_id, symbol) if algo_id else latest_of(self._book, symbol, str(client_id))
        if found is None:
            raise OrderError("51400")
        return found

    # -- reading

    def order(self, request: ReceivedRequest) -> Answer:
        """``GET /trade/order-algo``: by id alone, for 3 months."""
        asked = self._home.parameters_of(request)
        algo_id, client_id = asked.number("algoId"), asked.text("algoClOrdId")
        if algo_id is None and not client_id:
            raise refused("50015", "algoId", "algoClOrdId")
        found = [
            order
            for order in self._book.view(request.behaviour.lag).values()
            if (order.client_order_id == client_id if algo_id is None else order.order_id == str(algo_id))
            and self._is_kept(order, request.now_ms)
        ]
        if not found:
            raise refused("51603")
        return listed([shown_algo(found[-1])])

    def open_orders(self, request: ReceivedRequest) -> Answer:
        """``GET /trade/orders-algo-pending``: live algo orders of one type, or of two, newest first."""
        asked = self._home.parameters_of(request)
        types = _types(asked)
        picks = self._filter(asked, types)
        found = [
            order for order in self._book.view(request.behaviour.lag).values() if order.state.live and picks(order)
        ]
        market = asked.text("instId") or "BTC-USDT"
        # The order that an odd_order adds is a conditional one; only the list of these has a place for it.
        adds = partial(self._stranger_of, market, request.now_ms) if "conditional" in types else None
        return self._page(asked, Listing(request.behaviour, PLACES, adds), found)

    def history(self, request: ReceivedRequest) -> Answer:
        """``GET /trade/orders-algo-history``: algo orders that ended in the last 3 months."""
        asked = self._home.parameters_of(request)
        if not asked.text("ordType"):
            raise refused("51000", "ordType")
        state = asked.text("state")
        if not state and not asked.text("algoId"):
            raise refused("50015", "state", "algoId")
        if state and asked.text("algoId"):
            raise refused("51601")
        if state and state not in ENDED_ALGO_STATES:
            raise refused("51600")
        picks = self._filter(asked, _types(asked))
        found = [
            order
            for order in self._book.view(request.behaviour.lag).values()
            if not order.state.live
            and self._is_kept(order, request.now_ms)
            and state in ("", algo_state_of(order))
            and picks(order)
        ]
        return self._page(asked, Listing(request.behaviour, PLACES), found)

    def _page(self, asked: Parameters, listing: Listing, found: Sequence[PaperOrder]) -> Answer:
        page = asked.page_of(listing.orders(found), self._home.settings.large_limit)
        return listed(listing.rows(page, shown_algo))

    def _filter(self, asked: Parameters, types: frozenset[str]) -> Callable[[PaperOrder], bool]:
        """
        Return what picks the orders that the parameters of a list describe.

        :raises Refusal: a parameter is wrong, or names an order that never was.
        """
        kind, symbol, algo_id = asked.one_of("instType", TYPES), asked.text("instId"), asked.number("algoId")
        if symbol:
            self._home.check_instrument(symbol)
        if algo_id is not None and not self._book.symbols_of(str(algo_id)):
            raise refused("51603")

        def picks(order: PaperOrder) -> bool:
            return (
                order.type in types
                and kind in ("", instrument_type(order))
                and symbol in ("", order.symbol)
                and (algo_id is None or order.order_id == str(algo_id))
            )

        return picks

    def _is_kept(self, order: PaperOrder, now_ms: int) -> bool:
        return order.state.live or order.updated_ms >= now_ms - MONTHS_3_MS

    def _stranger_of(self, market: str, now_ms: int) -> PaperOrder:
        """Return a live conditional order that is in no book, always the same."""
        if self._stranger is None:
            details = {"tdMode": "cash", "slTriggerPx": "90", "slOrdPx": "-1", "slTriggerPxType": "last"}
            self._stranger = PaperOrder(
                self._home.new_id("conditional"),
                market,
                "SELL",
                "conditional",
                Decimal(1),
                Decimal(-1),
                now_ms,
                now_ms,
                State.WAITING,
                stop_price=Decimal(90),
                details=MappingProxyType(details),
            )
        return self._stranger


def _types(asked: Parameters) -> frozenset[str]:
    """Return the types that a list is asked for: one, or the two that may be asked for together."""
    types = asked.some_of("ordType", ALGO_TYPES)
    if not types or (len(types) > 1 and types != ALGOS_AT_ONCE):
        raise refused("51000", "ordType")
    return types
