"""The calls of the paper OKX for ordinary orders."""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow_provider_exchange.sandbox.book import Cancel, PaperOrder
from airflow_provider_exchange.sandbox.cancelling import cancel_one, passed_over
from airflow_provider_exchange.sandbox.okx.answers import Row, listed, of_orders, order_row
from airflow_provider_exchange.sandbox.okx.errors import OrderError, refused
from airflow_provider_exchange.sandbox.okx.kinds import (
    AT_MARKET,
    AT_ONCE_OR_NEVER,
    DAYS_7_MS,
    ENDED_STATES,
    MONTHS_3_MS,
    OPEN_STATES,
    ORDER_TYPES,
    is_forgotten,
    state_of,
)
from airflow_provider_exchange.sandbox.okx.markets import TYPES, family_of
from airflow_provider_exchange.sandbox.okx.placing import read_order
from airflow_provider_exchange.sandbox.okx.shapes import instrument_type, shown
from airflow_provider_exchange.sandbox.protocol import Answer, ReceivedRequest, Route, route

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from airflow_provider_exchange.sandbox.okx.parameters import Parameters
    from airflow_provider_exchange.sandbox.okx.venue import PaperOkx

MOST_IN_A_BATCH = 20

REFUSALS = {
    Cancel.UNKNOWN: "51400",
    Cancel.DEAD: "51400",
    Cancel.ALREADY: "51410",
    Cancel.REFUSED: "51404",
}
"""What the venue says of a cancel that it does not accept."""


class Orders:
    """
    Handles the calls for ordinary orders.

    :param home: the venue.
    """

    def __init__(self, home: PaperOkx) -> None:
        self._home = home
        self._book = home.book

    def routes(self) -> list[Route]:
        """Return the routes of these calls."""
        path = "/api/v5/trade"
        return [
            route("place_order", "POST", f"{path}/order", self.place, mutating=True),
            route("place_orders", "POST", f"{path}/batch-orders", self.place_several, mutating=True),
            route("cancel_order", "POST", f"{path}/cancel-order", self.cancel, mutating=True),
            route("cancel_orders", "POST", f"{path}/cancel-batch-orders", self.cancel_several, mutating=True),
            route("order", "GET", f"{path}/order", self.order),
            route("open_orders", "GET", f"{path}/orders-pending", self.open_orders, lists=True),
            route("history", "GET", f"{path}/orders-history", self.history, lists=True),
            route("history_archive", "GET", f"{path}/orders-history-archive", self.history_archive, lists=True),
        ]

    # -- placing

    def place(self, request: ReceivedRequest) -> Answer:
        """``POST /trade/order``."""
        return of_orders([self._placed(request, self._home.body_of(request, dict))], request)

    def place_several(self, request: ReceivedRequest) -> Answer:
        """``POST /trade/batch-orders``: up to 20 orders."""
        return of_orders([self._placed(request, each) for each in self._batch(request)], request)

    def _placed(self, request: ReceivedRequest, asked: Row) -> Row:
        try:
            order = read_order(asked, self._home.new_id("limit"), request.now_ms)
            client_id = order.client_order_id
            if client_id and latest_of((each for each in self._book if each.state.live), order.symbol, client_id):
                raise OrderError("51016")
        except OrderError as error:
            return order_row(asked, request.now_ms, error=error)
        self.put(order)
        return order_row(asked, request.now_ms, order.order_id, text="Order placed")

    def put(self, order: PaperOrder) -> PaperOrder:
        """Add an order to the book, and let it trade at once if it is to."""
        self._book.place(order)
        if order.type in AT_MARKET:
            return self._book.fill(order.order_id, symbol=order.symbol)
        if order.type in AT_ONCE_OR_NEVER:
            self._book.cancel(order.order_id, symbol=order.symbol)
        return order

    # -- cancelling

    def cancel(self, request: ReceivedRequest) -> Answer:
        """``POST /trade/cancel-order``."""
        return of_orders([self._cancelled(request, self._home.body_of(request, dict))], request)

    def cancel_several(self, request: ReceivedRequest) -> Answer:
        """``POST /trade/cancel-batch-orders``: up to 20 orders, of any instruments."""
        rows = []
        for place, asked in enumerate(self._batch(request)):
            symbol, order_id = (str(asked.get(name, "")) for name in ("instId", "ordId"))
            if not passed_over(request.behaviour, place, order_id, symbol):
                rows.append(self._cancelled(request, asked))
        return of_orders(rows, request)

    def _cancelled(self, request: ReceivedRequest, asked: Row) -> Row:
        try:
            symbol = self._home.instrument_named(asked)
            order_id, client_id = (_name(asked, name) for name in ("ordId", "clOrdId"))
            if not order_id and not client_id:
                raise OrderError("51003")
            if order_id and not order_id.isdecimal():
                raise OrderError("51000", "ordId")
            found = self._book.get(order_id, symbol) if order_id else latest_of(self._book, symbol, client_id)
            if found is None:
                raise OrderError("51400")
            outcome, _ = cancel_one(self._book, found.order_id, request.behaviour, symbol)
            if outcome in REFUSALS:
                raise OrderError(REFUSALS[outcome])
        except OrderError as error:
            return order_row(asked, request.now_ms, error=error)
        return order_row(asked, request.now_ms, found.order_id)

    def _batch(self, request: ReceivedRequest) -> list[Row]:
        asked: list[Row] = self._home.body_of(request, list)
        if len(asked) > MOST_IN_A_BATCH:
            raise refused("50025", "orders", str(MOST_IN_A_BATCH))
        return asked

    # -- reading

    def order(self, request: ReceivedRequest) -> Answer:
        """``GET /trade/order``. An order that was cancelled unfilled is gone after 2 hours."""
        asked = self._home.parameters_of(request)
        symbol = asked.required("instId")
        self._home.check_instrument(symbol)
        order_id, client_id = asked.number("ordId"), asked.text("clOrdId")
        if order_id is None and not client_id:
            raise refused("51003")
        view = self._book.view(request.behaviour.lag)
        if order_id is not None:
            found = view.get((symbol, str(order_id)))
        else:
            found = latest_of(view.values(), symbol, client_id)
        if found is None or is_forgotten(found, request.now_ms):
            raise refused("51603")
        return listed([shown(found)])

    def open_orders(self, request: ReceivedRequest) -> Answer:
        """``GET /trade/orders-pending``: live orders of all types of instruments, newest first."""
        asked = self._home.parameters_of(request)
        state = asked.text("state")
        if state and state not in OPEN_STATES:
            raise refused("51600")
        picks = self._filter(asked)
        view = self._book.view(request.behaviour.lag).values()
        found = [order for order in view if order.state.live and state in ("", state_of(order)) and picks(order)]
        listing = self._home.listing(request, asked.text("instId") or "BTC-USDT")
        page = asked.page_of(listing.orders(found), self._home.settings.large_limit)
        return listed(listing.rows(page, shown))

    def history(self, request: ReceivedRequest) -> Answer:
        """``GET /trade/orders-history``: orders that ended in the last 7 days; cancelled ones for 2 hours."""
        return self._history(request, DAYS_7_MS)

    def history_archive(self, request: ReceivedRequest) -> Answer:
        """``GET /trade/orders-history-archive``: orders that ended in the last 3 months, as above."""
        return self._history(request, MONTHS_3_MS)

    def _history(self, request: ReceivedRequest, reach_ms: int) -> Answer:
        asked = self._home.parameters_of(request)
        asked.required("instType")
        state = asked.text("state")
        if state and state not in ENDED_STATES:
            raise refused("51600")
        picks, since, until = self._filter(asked), asked.number("begin"), asked.number("end")
        found = [
            order
            for order in self._book.view(request.behaviour.lag).values()
            if not order.state.live
            and order.updated_ms >= request.now_ms - reach_ms
            and not is_forgotten(order, request.now_ms)
            and state in ("", state_of(order))
            and (since is None or since <= order.created_ms)
            and (until is None or order.created_ms <= until)
            and picks(order)
        ]
        listing = self._home.listing(request)
        page = asked.page_of(listing.orders(found), self._home.settings.large_limit)
        return listed(listing.rows(page, shown))

    def _filter(self, asked: Parameters) -> Callable[[PaperOrder], bool]:
        """Return what picks the orders that the parameters of a list describe."""
        kind = asked.one_of("instType", TYPES)
        types = asked.some_of("ordType", ORDER_TYPES)
        symbol = asked.text("instId")
        family = asked.text("instFamily") or asked.text("uly")
        if symbol:
            self._home.check_instrument(symbol)

        def picks(order: PaperOrder) -> bool:
            return (
                kind in ("", instrument_type(order))
                and symbol in ("", order.symbol)
                and family in ("", family_of(order.symbol))
                and (not types or order.type in types)
            )

        return picks


def latest_of(orders: Iterable[PaperOrder], symbol: str, client_id: str) -> PaperOrder | None:
    """Return the latest order of a market that has this id of the client."""
    here = [order for order in orders if (order.symbol, order.client_order_id) == (symbol, client_id)]
    return here[-1] if here else None


def _name(asked: Row, field: str) -> str:
    value = asked.get(field, "")
    if not isinstance(value, str):
        raise OrderError("51000", field)
    return value
