"""The calls of the paper Gate for ordinary orders of contracts that are settled in USDT."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from airflow_provider_exchange.sandbox.book import Cancel
from airflow_provider_exchange.sandbox.cancelling import cancel_one, passed_over
from airflow_provider_exchange.sandbox.gate.answers import refused
from airflow_provider_exchange.sandbox.gate.parameters import newest_first
from airflow_provider_exchange.sandbox.gate.shapes import CONTRACT_PLACES, USER, contract_order
from airflow_provider_exchange.sandbox.protocol import Answer, ReceivedRequest, Refusal, Route, route

if TYPE_CHECKING:
    from airflow_provider_exchange.sandbox.book import PaperOrder
    from airflow_provider_exchange.sandbox.gate.venue import PaperGate

MOST_IN_A_BATCH = 20
LINEAR = "linear"


class Contracts:
    """
    Handles the calls for ordinary orders of contracts.

    :param home: the venue.
    """

    def __init__(self, home: PaperGate) -> None:
        self._home = home
        self._book = home.others[LINEAR]

    def routes(self) -> list[Route]:
        """Return the routes of these calls."""
        path = "/api/v4/futures/(?i:usdt)"  # ccxt writes it in capitals in one place
        one, batch = f"{path}/orders/(?P<id>[^/]+)", f"{path}/batch_cancel_orders"
        return [
            route("open_linear_orders", "GET", f"{path}/orders", self.orders, lists=True),
            route("linear_order", "GET", one, self.order),
            route("cancel_linear_order", "DELETE", one, self.cancel, mutating=True),
            route("cancel_linear_orders", "POST", batch, self.cancel_several, mutating=True),
        ]

    def orders(self, request: ReceivedRequest) -> Answer:
        """``GET /futures/usdt/orders``: live orders, or those that have ended, the latest first."""
        asked = self._home.parameters_of(request, of_contracts=True)
        status, symbol = asked.required("status", ("open", "finished")), asked.text("contract")
        if symbol:
            self._home.check_contract(symbol)
        found = [
            order
            for order in self._book.view(request.behaviour.lag).values()
            if order.state.live == (status == "open")
            and symbol in ("", order.symbol)
            and self._home.remembers(order, request.now_ms)
        ]
        shows_live = status == "open"
        listing = self._home.listing(
            request, (symbol or "BTC_USDT") if shows_live else None, LINEAR, CONTRACT_PLACES
        )
        return Answer(listing.rows(asked.part_of(newest_first(listing.orders(found))), self._shape(request)))

    def order(self, request: ReceivedRequest) -> Answer:
        """``GET /futures/usdt/orders/{id}``: by its id, or the client's."""
        self._home.parameters_of(request, of_contracts=True)
        return Answer(self._shape(request)(self._home.named(request, self._book, request.args["id"])))

    def cancel(self, request: ReceivedRequest) -> Answer:
        """``DELETE /futures/usdt/orders/{id}``; the answer is the order as it is then."""
        self._home.parameters_of(request, trading=True, of_contracts=True)
        found = self._home.named(request, self._book, request.args["id"])
        return Answer(self._shape(request)(self._cancelled(request, found)))

    def cancel_several(self, request: ReceivedRequest) -> Answer:
        """``POST /futures/usdt/batch_cancel_orders``: what became of each of up to 20 ids."""
        batch = self._home.body_of(request, of_contracts=True)
        if not all(isinstance(each, str) for each in batch) or not 1 <= len(batch) <= MOST_IN_A_BATCH:
            raise refused("INVALID_REQUEST_BODY")
        return Answer([self._outcome(request, place, order_id) for place, order_id in enumerate(batch)])

    def _outcome(self, request: ReceivedRequest, place: int, order_id: str) -> dict[str, Any]:
        row = {"id": order_id, "user_id": USER, "succeeded": True, "message": ""}
        try:
            found = self._home.named(request, self._book, order_id)
            if not passed_over(request.behaviour, place, found.order_id, found.symbol):
                self._cancelled(request, found)
        except Refusal as refusal:
            return {**row, "succeeded": False, "message": refusal.answer.body["label"]}
        return row

    def _cancelled(self, request: ReceivedRequest, found: PaperOrder) -> PaperOrder:
        outcome, order = cancel_one(self._book, found.order_id, request.behaviour, found.symbol)
        if order is None or outcome is Cancel.REFUSED:
            raise refused("CANCEL_FAIL")
        if outcome is Cancel.DEAD:
            raise refused("ORDER_FINISHED")
        return order

    @staticmethod
    def _shape(request: ReceivedRequest) -> Any:
        return partial(contract_order, as_texts=request.headers.get("X-Gate-Size-Decimal") == "1")
