"""The calls of the paper KuCoin for orders that wait for a price: stop orders, and OCO orders of two such."""

from __future__ import annotations

from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from airflow_provider_exchange.sandbox.book import PaperOrder, State
from airflow_provider_exchange.sandbox.cancelling import cancel_one, passed_over
from airflow_provider_exchange.sandbox.kucoin.answers import ok, refused
from airflow_provider_exchange.sandbox.kucoin.orders import REFUSALS
from airflow_provider_exchange.sandbox.kucoin.placing import read_oco, read_stop
from airflow_provider_exchange.sandbox.kucoin.shapes import parts_of, shown_oco, shown_parts, shown_stop
from airflow_provider_exchange.sandbox.protocol import Answer, ReceivedRequest, Route, route

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from airflow_provider_exchange.sandbox.kucoin.orders import Orders
    from airflow_provider_exchange.sandbox.kucoin.venue import PaperKucoin
    from airflow_provider_exchange.sandbox.lists import Path

TRADE_TYPES = frozenset({"TRADE", "MARGIN_TRADE", "MARGIN_ISOLATED_TRADE"})


@dataclass(frozen=True)
class Kind:
    """
    A kind of order that waits for a price.

    :param book: the book that has these orders.
    :param word: what the names of routes call one of them.
    :param usual: the type of an order that the admin API places without saying one.
    :param read: reads a new one from a request.
    :param shown: returns one as the venue shows it.
    :param ids: returns the ids that a cancel of one names.
    :param places: where the row of one has what; see :class:`.Listing`.
    """

    book: str
    word: str
    usual: str
    read: Callable[[Mapping[str, Any], str, int], PaperOrder]
    shown: Callable[[PaperOrder], dict[str, Any]]
    ids: Callable[[PaperOrder], list[str]]
    places: Mapping[str, Path]


STOP = Kind(
    "stop",
    "stop_order",
    "STOP_LIMIT",
    read_stop,
    shown_stop,
    lambda order: [order.order_id],
    MappingProxyType(
        {
            "order_id": ("id",),
            "symbol": ("symbol",),
            "client_order_id": ("clientOid",),
            "side": ("side",),
            "state": ("status",),
            "price": ("price",),
            "quantity": ("size",),
            "created_at": ("createdAt",),
        }
    ),
)
OCO = Kind(
    "oco",
    "oco_order",
    "OCO",
    read_oco,
    shown_oco,
    parts_of,
    MappingProxyType(
        {
            "order_id": ("orderId",),
            "symbol": ("symbol",),
            "client_order_id": ("clientOid",),
            "state": ("status",),
            "created_at": ("orderTime",),
        }
    ),
)
KINDS = {kind.book: kind for kind in (STOP, OCO)}


class Waiting:
    """
    Handles the calls for one kind of orders that wait for a price.

    :param home: the venue.
    :param kind: which.
    :param orders: where the orders go that these place.
    """

    def __init__(self, home: PaperKucoin, kind: Kind, orders: Orders) -> None:
        self._home = home
        self._kind = kind
        self._orders = orders
        self._book = home.others[kind.book]
        self._book.when_triggered = self._fired

    def _fired(self, order: PaperOrder) -> PaperOrder:
        """Place the ordinary order of one whose price was reached; nothing that is shown tells which it is."""
        placed = PaperOrder(
            self._home.new_id("LIMIT"),
            order.symbol,
            order.side,
            "MARKET" if order.type == "MARKET" else "LIMIT",
            order.quantity,
            order.price,
            self._home.book.now_ms(),
            self._home.book.now_ms(),
        )
        self._orders.put(placed)
        return replace(order, state=State.FILLED)

    def routes(self) -> list[Route]:
        """Return the routes of these calls."""
        word = self._kind.word
        if self._kind is STOP:
            path = "/api/v1/stop-order"
            return [
                route(f"place_{word}", "POST", path, self.place, mutating=True),
                route(f"cancel_{word}s", "DELETE", f"{path}/cancel", self.cancel_several, mutating=True),
                route(f"cancel_{word}", "DELETE", f"{path}/(?P<order_id>[^/]+)", self.cancel, mutating=True),
                route(f"open_{word}s", "GET", path, self.open_orders, lists=True),
                route(f"{word}_by_client", "GET", f"{path}/queryOrderByClientOid", self.by_client),
                route(word, "GET", f"{path}/(?P<order_id>[^/]+)", self.order),
            ]
        path = "/api/v3/oco"
        return [
            route(f"place_{word}", "POST", f"{path}/order", self.place, mutating=True),
            route(f"cancel_{word}s", "DELETE", f"{path}/orders", self.cancel_several, mutating=True),
            route(f"cancel_{word}", "DELETE", f"{path}/order/(?P<order_id>[^/]+)", self.cancel, mutating=True),
            route(f"open_{word}s", "GET", f"{path}/orders", self.open_orders, lists=True),
            route(f"{word}_by_client", "GET", f"{path}/client-order/(?P<client_id>[^/]+)", self.by_client),
            route(f"{word}_parts", "GET", f"{path}/order/details/(?P<order_id>[^/]+)", self.parts),
            route(word, "GET", f"{path}/order/(?P<order_id>[^/]+)", self.order),
        ]

    def place(self, request: ReceivedRequest) -> Answer:
        """Place one."""
        order_id = self._home.new_id(self._kind.usual, self._kind.book)
        order = self._kind.read(self._home.body_of(request), order_id, request.now_ms)
        self._book.place(order)
        return ok({"orderId": order.order_id})

    # -- cancelling

    def cancel(self, request: ReceivedRequest) -> Answer:
        """Cancel one by its id; the answer says that the request was taken, not that the order is gone."""
        self._home.parameters_of(request, trading=True)
        order_id = request.args["order_id"]
        outcome, order = cancel_one(self._book, order_id, request.behaviour)
        if outcome in REFUSALS or order is None:
            raise refused(*REFUSALS[outcome])
        return ok({"cancelledOrderIds": self._kind.ids(order)})

    def cancel_several(self, request: ReceivedRequest) -> Answer:
        """Cancel those of a market, those that ``orderIds`` names, or all: what is left out is no filter."""
        asked = self._home.parameters_of(request, trading=True)
        symbol, wanted = asked.text("symbol"), asked.text("orderIds")
        done: list[str] = []
        for place, order in enumerate(self._book.live()):
            is_meant = symbol in ("", order.symbol) and (not wanted or order.order_id in wanted.split(","))
            if is_meant and not passed_over(request.behaviour, place, order.order_id, order.symbol):
                cancel_one(self._book, order.order_id, request.behaviour, order.symbol)
                done += self._kind.ids(order)
        return ok({"cancelledOrderIds": done})

    # -- reading

    def order(self, request: ReceivedRequest) -> Answer:
        """Return one by its id."""
        found = self._found(request)
        return self._home.unknown_order() if found is None else ok(self._kind.shown(found))

    def parts(self, request: ReceivedRequest) -> Answer:
        """``GET /oco/order/details/{orderId}``: an OCO order with the two stop orders of which it consists."""
        found = self._found(request)
        if found is None:
            return self._home.unknown_order()
        return ok({**shown_oco(found), "orders": shown_parts(found)})

    def _found(self, request: ReceivedRequest) -> PaperOrder | None:
        self._home.parameters_of(request)
        view = self._book.view(request.behaviour.lag).values()
        return next((order for order in view if order.order_id == request.args["order_id"]), None)

    def by_client(self, request: ReceivedRequest) -> Answer:
        """Return those with an id of the client's: stop orders in a list, an OCO order by itself."""
        asked = self._home.parameters_of(request)
        name = request.args.get("client_id") or asked.required("clientOid")
        symbol = asked.text("symbol")
        named = [
            order
            for order in self._book.view(request.behaviour.lag).values()
            if order.client_order_id == name and symbol in ("", order.symbol)
        ]
        if not named:
            return self._home.unknown_order()
        return ok(
            [self._kind.shown(order) for order in named] if self._kind is STOP else self._kind.shown(named[-1])
        )

    def open_orders(self, request: ReceivedRequest) -> Answer:
        """List those whose price was not reached, page by page, the latest first."""
        asked = self._home.parameters_of(request)
        trade = asked.one_of("tradeType", TRADE_TYPES) or "TRADE"
        wanted = asked.text("orderIds")
        picks, is_between = asked.picks(), asked.between(lambda order: order.created_ms)
        found = [
            order
            for order in self._book.view(request.behaviour.lag).values()
            if order.state.live
            and trade == "TRADE"
            and picks(order)
            and is_between(order)
            and (not wanted or order.order_id in wanted.split(","))
        ]
        market = (asked.text("symbol") or "BTC-USDT") if trade == "TRADE" else None
        listing = self._home.listing(request, market, self._kind.book, self._kind.places)
        latest_first = sorted(
            listing.orders(found), key=lambda order: (order.created_ms, order.order_id), reverse=True
        )
        cut, beside = asked.page_of(latest_first)
        return ok({**beside, "items": listing.rows(cut, self._kind.shown)})
