"""The calls of the paper KuCoin for ordinary orders, which are those of its high-frequency system."""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow_provider_exchange.sandbox.book import Cancel, PaperOrder, State
from airflow_provider_exchange.sandbox.cancelling import cancel_one, passed_over
from airflow_provider_exchange.sandbox.kucoin.answers import TOO_LATE, ok, refused
from airflow_provider_exchange.sandbox.kucoin.placing import read_order
from airflow_provider_exchange.sandbox.kucoin.shapes import shown
from airflow_provider_exchange.sandbox.protocol import Answer, ReceivedRequest, Route, route

if TYPE_CHECKING:
    from collections.abc import Iterable

    from airflow_provider_exchange.sandbox.kucoin.venue import PaperKucoin

DAY_MS = 86_400_000
KEPT_MS = {State.FILLED: 7 * DAY_MS}
"""How long an ended order can be read; a cancelled one for 2 days."""
REFUSALS = {
    Cancel.UNKNOWN: ("400100", TOO_LATE),
    Cancel.DEAD: ("400100", TOO_LATE),
    Cancel.ALREADY: ("400100", TOO_LATE),
    Cancel.REFUSED: ("200002", ""),
}
"""What the venue says of a cancel that it does not accept."""


class Orders:
    """
    Handles the calls for ordinary orders.

    :param home: the venue.
    """

    def __init__(self, home: PaperKucoin) -> None:
        self._home = home
        self._book = home.book

    def routes(self) -> list[Route]:
        """Return the routes of these calls."""
        path = "/api/v1/hf/orders"
        return [
            route("place_order", "POST", path, self.place, mutating=True),
            route("cancel_all_orders", "DELETE", f"{path}/cancelAll", self.cancel_all, mutating=True),
            route("cancel_market", "DELETE", path, self.cancel_market, mutating=True),
            route("cancel_order", "DELETE", f"{path}/(?P<order_id>[^/]+)", self.cancel, mutating=True),
            route("open_orders", "GET", f"{path}/active", self.open_orders, lists=True),
            route("live_markets", "GET", f"{path}/active/symbols", self.live_markets),
            route("history", "GET", f"{path}/done", self.history, lists=True),
            route("order", "GET", f"{path}/(?P<order_id>[^/]+)", self.order),
            route("order_by_client", "GET", f"{path}/client-order/(?P<client_id>[^/]+)", self.order_by_client),
        ]

    # -- placing

    def place(self, request: ReceivedRequest) -> Answer:
        """``POST /hf/orders``."""
        order = read_order(self._home.body_of(request), self._home.new_id("LIMIT"), request.now_ms)
        self.put(order)
        return ok({"orderId": order.order_id, "clientOid": order.client_order_id})

    def put(self, order: PaperOrder) -> PaperOrder:
        """Add an order to the book, and let it trade at once if it is to."""
        self._book.place(order)
        return self._book.fill(order.order_id, symbol=order.symbol) if order.type == "MARKET" else order

    # -- cancelling

    def cancel(self, request: ReceivedRequest) -> Answer:
        """``DELETE /hf/orders/{orderId}``; which is taken, and done some time later."""
        symbol = self._home.market_of(self._home.parameters_of(request, trading=True))
        order_id = request.args["order_id"]
        outcome, _ = cancel_one(self._book, order_id, request.behaviour, symbol)
        if outcome in REFUSALS:
            raise refused(*REFUSALS[outcome])
        return ok({"orderId": order_id})

    def cancel_market(self, request: ReceivedRequest) -> Answer:
        """``DELETE /hf/orders``: every order of a market."""
        symbol = self._home.market_of(self._home.parameters_of(request, trading=True))
        self._sweep(request, [order for order in self._book.live() if order.symbol == symbol])
        return ok("success")

    def cancel_all(self, request: ReceivedRequest) -> Answer:
        """``DELETE /hf/orders/cancelAll``: every order."""
        self._home.parameters_of(request, trading=True)
        live = self._book.live()
        self._sweep(request, live)
        return ok({"succeedSymbols": list(dict.fromkeys(order.symbol for order in live)), "failedSymbols": []})

    def _sweep(self, request: ReceivedRequest, orders: Iterable[PaperOrder]) -> None:
        for place, order in enumerate(orders):
            if not passed_over(request.behaviour, place, order.order_id, order.symbol):
                cancel_one(self._book, order.order_id, request.behaviour, order.symbol)

    # -- reading

    def order(self, request: ReceivedRequest) -> Answer:
        """``GET /hf/orders/{orderId}``."""
        symbol = self._home.market_of(self._home.parameters_of(request))
        found = self._book.view(request.behaviour.lag).get((symbol, request.args["order_id"]))
        return self._one(request, found)

    def order_by_client(self, request: ReceivedRequest) -> Answer:
        """``GET /hf/orders/client-order/{clientOid}``: the latest order of a market with an id of the client's."""
        symbol = self._home.market_of(self._home.parameters_of(request))
        name = request.args["client_id"]
        view = self._book.view(request.behaviour.lag).values()
        named = [order for order in view if (order.symbol, order.client_order_id) == (symbol, name)]
        return self._one(request, named[-1] if named else None)

    def _one(self, request: ReceivedRequest, found: PaperOrder | None) -> Answer:
        if found is None or _is_forgotten(found, request.now_ms):
            return self._home.unknown_order()
        return ok(shown(found))

    def open_orders(self, request: ReceivedRequest) -> Answer:
        """``GET /hf/orders/active``: the live orders of a market, all of them, those that changed last first."""
        symbol = self._home.market_of(self._home.parameters_of(request))
        view = self._book.view(request.behaviour.lag).values()
        found = [order for order in view if order.state.live and order.symbol == symbol]
        listing = self._home.listing(request, symbol)
        rows = listing.rows(sorted(listing.orders(found), key=_mark, reverse=True), shown)
        says_null = listing.is_null or (not rows and self._home.settings.nothing == "null")
        return ok(None if says_null else rows)

    def live_markets(self, request: ReceivedRequest) -> Answer:
        """``GET /hf/orders/active/symbols``: the markets that have live orders."""
        self._home.parameters_of(request)
        view = self._book.view(request.behaviour.lag).values()
        return ok({"symbols": sorted({order.symbol for order in view if order.state.live})})

    def history(self, request: ReceivedRequest) -> Answer:
        """``GET /hf/orders/done``: orders of a market that have ended, those that changed last first."""
        asked = self._home.parameters_of(request)
        self._home.market_of(asked)
        picks, is_between = asked.picks(), asked.between(lambda order: order.updated_ms)
        last, limit = asked.number("lastId"), asked.within("limit", 20, 1, 100)
        found = [
            order
            for order in self._book.view(request.behaviour.lag).values()
            if not order.state.live
            and not _is_forgotten(order, request.now_ms)
            and picks(order)
            and is_between(order)
            and (last is None or _mark(order) < last)
        ]
        listing = self._home.listing(request)
        page = sorted(listing.orders(found), key=_mark, reverse=True)[:limit]
        return ok({"lastId": _mark(page[-1]) if page else 0, "items": listing.rows(page, shown)})


def _mark(order: PaperOrder) -> int:
    """Return the number by which the history goes on: later changes have higher ones."""
    return order.updated_ms * 100_000 + int(order.order_id[-8:], 16) % 100_000


def _is_forgotten(order: PaperOrder, now_ms: int) -> bool:
    kept = KEPT_MS.get(order.state, 2 * DAY_MS)
    return not order.state.live and order.updated_ms < now_ms - kept
