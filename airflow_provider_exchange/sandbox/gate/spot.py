"""The calls of the paper Gate for ordinary orders on spot."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow_provider_exchange.sandbox.book import Cancel, State
from airflow_provider_exchange.sandbox.cancelling import cancel_one, passed_over
from airflow_provider_exchange.sandbox.gate.answers import refused
from airflow_provider_exchange.sandbox.gate.parameters import Parameters, newest_first
from airflow_provider_exchange.sandbox.gate.shapes import SPOT_PLACES, spot_order
from airflow_provider_exchange.sandbox.protocol import Answer, ReceivedRequest, Refusal, Route, route

if TYPE_CHECKING:
    from airflow_provider_exchange.sandbox.book import PaperOrder
    from airflow_provider_exchange.sandbox.gate.venue import PaperGate

ACCOUNTS = ("spot", "margin", "cross_margin", "unified")
MOST_IN_A_BATCH = 20
FOREVER_S = 10**10


class Spot:
    """
    Handles the calls for ordinary orders on spot.

    :param home: the venue.
    """

    def __init__(self, home: PaperGate) -> None:
        self._home = home
        self._book = home.book

    def routes(self) -> list[Route]:
        """Return the routes of these calls."""
        path = "/api/v4/spot"
        batch = f"{path}/cancel_batch_orders"
        return [
            route("open_orders", "GET", f"{path}/open_orders", self.open_orders, lists=True),
            route("history", "GET", f"{path}/orders", self.orders, lists=True),
            route("order", "GET", f"{path}/orders/(?P<id>[^/]+)", self.order),
            route("cancel_order", "DELETE", f"{path}/orders/(?P<id>[^/]+)", self.cancel, mutating=True),
            route("cancel_orders", "POST", batch, self.cancel_several, mutating=True),
        ]

    # -- reading

    def open_orders(self, request: ReceivedRequest) -> Answer:
        """``GET /spot/open_orders``: every market with live orders, and a page of those of each."""
        asked = self._home.parameters_of(request)
        account = asked.one_of("account", ACCOUNTS)
        asked.page_of([])
        found = [order for order in self._seen(request) if order.state.live and _is_of(order, account)]
        listing = self._home.listing(request, "BTC_USDT", places=SPOT_PLACES)
        groups: dict[str, list[PaperOrder]] = {}
        for order in newest_first(listing.orders(found)):
            groups.setdefault(order.symbol, []).append(order)
        shown = []
        for symbol, orders in groups.items():
            rows = listing.rows(asked.page_of(orders), spot_order)
            shown.append({"currency_pair": symbol, "total": len(rows), "orders": rows})
        return Answer(shown)

    def orders(self, request: ReceivedRequest) -> Answer:
        """``GET /spot/orders``: the live orders of a market, or those that have ended, of any."""
        asked = self._home.parameters_of(request)
        status = asked.required("status", ("open", "finished"))
        account = asked.one_of("account", ACCOUNTS)
        symbol = asked.required("currency_pair") if status == "open" else asked.text("currency_pair")
        if symbol:
            self._home.check_pair(symbol)
        since, until = (
            asked.number(name, default, 0, FOREVER_S) for name, default in (("from", 0), ("to", FOREVER_S))
        )
        found = [
            order
            for order in self._seen(request)
            if order.state.live == (status == "open")
            and symbol in ("", order.symbol)
            and _is_of(order, account)
            and (order.state.live or since <= order.updated_ms // 1000 <= until)
            and self._home.remembers(order, request.now_ms)
        ]
        listing = self._home.listing(request, symbol if status == "open" else None, places=SPOT_PLACES)
        return Answer(listing.rows(asked.page_of(newest_first(listing.orders(found))), spot_order))

    def order(self, request: ReceivedRequest) -> Answer:
        """``GET /spot/orders/{id}``: by its id, or the client's."""
        asked = self._home.parameters_of(request)
        found = self._named(request, request.args["id"], asked)
        return Answer(spot_order(found))

    # -- cancelling

    def cancel(self, request: ReceivedRequest) -> Answer:
        """``DELETE /spot/orders/{id}``; the answer is the order as it is then."""
        asked = self._home.parameters_of(request, trading=True)
        return Answer(spot_order(self._cancelled(request, self._named(request, request.args["id"], asked))))

    def cancel_several(self, request: ReceivedRequest) -> Answer:
        """``POST /spot/cancel_batch_orders``: what became of each; those of a unified account have to say so."""
        batch = self._home.body_of(request)
        named = [each for each in batch if isinstance(each, dict)]
        if len(named) < len(batch) or not 1 <= len(named) <= MOST_IN_A_BATCH:
            raise refused("INVALID_REQUEST_BODY")
        rows = []
        for place, each in enumerate(named):
            symbol, order_id = str(each.get("currency_pair", "")), str(each.get("id", ""))
            row = {"currency_pair": symbol, "id": order_id, "succeeded": True, "label": "", "message": ""}
            if not passed_over(request.behaviour, place, order_id, symbol):
                row |= self._outcome(request, symbol, order_id, each.get("account"))
            rows.append(row)
        return Answer(rows)

    def _outcome(self, request: ReceivedRequest, symbol: str, order_id: str, account: Any) -> dict[str, Any]:
        try:
            found = self._book.get(order_id, symbol)
            if found is None or (found.details["account"] == "unified") != (account == "unified"):
                raise refused("ORDER_NOT_FOUND")
            self._cancelled(request, found)
        except Refusal as refusal:
            return {"succeeded": False, **refusal.answer.body}
        return {}

    def _cancelled(self, request: ReceivedRequest, found: PaperOrder) -> PaperOrder:
        """Cancel an order, and return it; one that has ended tells how."""
        outcome, order = cancel_one(self._book, found.order_id, request.behaviour, found.symbol)
        if order is None or outcome is Cancel.REFUSED:
            raise refused("CANCEL_FAIL")
        if outcome is Cancel.DEAD:
            raise refused("ORDER_CLOSED" if order.state is State.FILLED else "ORDER_CANCELLED")
        return order

    # -- helpers

    def _seen(self, request: ReceivedRequest) -> list[PaperOrder]:
        return list(self._book.view(request.behaviour.lag).values())

    def _named(self, request: ReceivedRequest, name: str, asked: Parameters) -> PaperOrder:
        """
        Return the order of a market that is named by its id, or the client's.

        :raises Refusal: there is none, or it is forgotten.
        """
        symbol, account = asked.required("currency_pair"), asked.one_of("account", ACCOUNTS)
        self._home.check_pair(symbol)
        return self._home.named(
            request, self._book, name, lambda order: order.symbol == symbol and _is_of(order, account)
        )


def _is_of(order: PaperOrder, account: str) -> bool:
    """Whether an order is of an account; without one, of any but that of the former cross margin."""
    kind = str(order.details["account"])
    return kind == account if account else kind != "cross_margin"
