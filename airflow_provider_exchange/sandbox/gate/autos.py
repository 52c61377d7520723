"""The calls of the paper Gate for orders that wait for a price, of spot and of contracts."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from airflow_provider_exchange.sandbox.book import Cancel, PaperOrder, State
from airflow_provider_exchange.sandbox.cancelling import cancel_one
from airflow_provider_exchange.sandbox.gate.answers import refused
from airflow_provider_exchange.sandbox.gate.parameters import newest_first
from airflow_provider_exchange.sandbox.gate.shapes import (
    CONTRACT_AUTO_PLACES,
    SPOT_AUTO_PLACES,
    contract_auto_order,
    spot_auto_order,
)
from airflow_provider_exchange.sandbox.protocol import Answer, ReceivedRequest, Route, route

if TYPE_CHECKING:
    from collections.abc import Mapping

    from airflow_provider_exchange.sandbox.book import Book
    from airflow_provider_exchange.sandbox.gate.venue import PaperGate
    from airflow_provider_exchange.sandbox.lists import Path

ACCOUNTS = ("normal", "margin", "unified")


class Autos:
    """
    Handles the calls for the orders of one kind of market that wait for a price.

    :param home: the venue.
    :param among: the book that has them.
    :param placed_among: the book of the orders that they place; empty for the first.
    """

    def __init__(self, home: PaperGate, among: str, placed_among: str) -> None:
        self._home = home
        self._among = among
        self._placed_among = placed_among
        self._book = home.others[among]
        self._book.when_triggered = self._fired
        self._book.when_filled = self._done
        self._is_spot = placed_among == ""
        self._places: Mapping[str, Path] = SPOT_AUTO_PLACES if self._is_spot else CONTRACT_AUTO_PLACES

    def routes(self) -> list[Route]:
        """Return the routes of these calls."""
        path = "/api/v4/spot/price_orders" if self._is_spot else "/api/v4/futures/usdt/price_orders"
        one, word = f"{path}/(?P<id>[^/]+)", "auto" if self._is_spot else "linear_auto"
        return [
            route(f"open_{word}_orders", "GET", path, self.orders, lists=True),
            route(f"{word}_order", "GET", one, self.order),
            route(f"cancel_{word}_order", "DELETE", one, self.cancel, mutating=True),
        ]

    # -- what they place

    def _fired(self, order: PaperOrder) -> PaperOrder:
        """Place the order of one whose price was reached, which ends the latter."""
        placed = self._placed_by(order)
        self._placed_book.place(placed)
        return replace(order, state=State.FILLED, filled=order.quantity, details=_with(order, placed))

    def _done(self, order: PaperOrder) -> PaperOrder:
        """Have the order traded that one has placed, which somebody says has been."""
        if "placed" in order.details:
            return order
        placed = replace(self._placed_by(order), state=State.FILLED, filled=order.filled)
        self._placed_book.place(placed)
        return replace(order, details=_with(order, placed))

    def _placed_by(self, order: PaperOrder) -> PaperOrder:
        return PaperOrder(
            self._home.new_id("limit", self._placed_among),
            order.symbol,
            order.side,
            "LIMIT",
            order.quantity,
            order.price,
            order.updated_ms,
            order.updated_ms,
            client_order_id=order.client_order_id,
            details=MappingProxyType({"account": order.details["account"], "text": f"ao-{order.order_id}"}),
        )

    @property
    def _placed_book(self) -> Book:
        return self._home.others[self._placed_among] if self._placed_among else self._home.book

    # -- reading

    def orders(self, request: ReceivedRequest) -> Answer:
        """``GET .../price_orders``; on spot, those of a unified account only if they are asked for."""
        asked = self._home.parameters_of(request, of_contracts=not self._is_spot)
        shows_live = asked.required("status", ("open", "finished")) == "open"
        symbol = asked.text("market" if self._is_spot else "contract")
        if symbol:
            (self._home.check_pair if self._is_spot else self._home.check_contract)(symbol)
        account = asked.one_of("account", ACCOUNTS) if self._is_spot else ""
        if account == "unified" and self._home.settings.account == "classic_refused":
            raise refused("INVALID_UNIFIED_ACCOUNT")
        found = [
            order
            for order in self._book.view(request.behaviour.lag).values()
            if order.state.live == shows_live
            and symbol in ("", order.symbol)
            and (not self._is_spot or self._is_of(order, account))
        ]
        market = (symbol or "BTC_USDT") if shows_live and account != "unified" else None
        listing = self._home.listing(request, market, self._among, self._places)
        return Answer(listing.rows(asked.part_of(newest_first(listing.orders(found))), self._shape(request)))

    @staticmethod
    def _is_of(order: PaperOrder, account: str) -> bool:
        kind = "normal" if order.details["account"] == "spot" else order.details["account"]
        return kind == account if account else kind != "unified"

    def order(self, request: ReceivedRequest) -> Answer:
        """``GET .../price_orders/{id}``: by its id alone."""
        self._home.parameters_of(request, of_contracts=not self._is_spot)
        found = self._named(request)
        return Answer(self._shape(request)(found))

    # -- cancelling

    def cancel(self, request: ReceivedRequest) -> Answer:
        """``DELETE .../price_orders/{id}``; the answer is the order as it is then."""
        self._home.parameters_of(request, trading=True, of_contracts=not self._is_spot)
        found = self._named(request)
        outcome, order = cancel_one(self._book, found.order_id, request.behaviour, found.symbol)
        if order is None or outcome is Cancel.DEAD:
            raise refused("AUTO_ORDER_NOT_FOUND")
        if outcome is Cancel.REFUSED:
            raise refused("CANCEL_FAIL")
        return Answer(self._shape(request)(order))

    def _named(self, request: ReceivedRequest) -> PaperOrder:
        order_id = request.args["id"]
        seen = self._book.view(request.behaviour.lag).values()
        found = next((order for order in seen if order.order_id == order_id), None)
        if found is None:
            raise refused("AUTO_ORDER_NOT_FOUND")
        return found

    def _shape(self, request: ReceivedRequest) -> Any:
        if self._is_spot:
            return spot_auto_order
        return partial(contract_auto_order, as_texts=request.headers.get("X-Gate-Size-Decimal") == "1")


def _with(order: PaperOrder, placed: PaperOrder) -> Mapping[str, Any]:
    return MappingProxyType({**order.details, "placed": placed.order_id})
