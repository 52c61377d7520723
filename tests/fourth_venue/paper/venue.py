"""The calls of the paper Harbor."""

from __future__ import annotations

import json
from types import MappingProxyType
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from airflow_provider_exchange.sandbox.book import Book, Cancel, PaperOrder, State
from airflow_provider_exchange.sandbox.cancelling import cancel_one, passed_over
from airflow_provider_exchange.sandbox.protocol import Answer, ReceivedRequest, Refusal, Route, plain, route
from airflow_provider_exchange.sandbox.venue import NoSettings, PaperVenue
from tests.fourth_venue.paper.account import PAPER_ACCOUNT, HarborAccount
from tests.fourth_venue.paper.signing import error, let_in

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

MARKETS = ("BTC-EUR", "ETH-EUR")
LARGEST_BATCH = 20
LARGEST_PAGE = 50

WORDS: Mapping[State, str] = {
    State.WAITING: "held",
    State.OPEN: "resting",
    State.CANCELLING: "leaving",
    State.FILLED: "filled",
    State.CANCELLED: "cancelled",
    State.EXPIRED: "lapsed",
    State.REJECTED: "refused",
}

_ORDER = "/v1/orders/(?P<market>[^/]+)/(?P<number>[^/]+)"


class PaperHarbor(PaperVenue[HarborAccount, NoSettings]):
    """Harbor on paper. It counts requests, not weights: lists, which weigh ten, are limited to 120 a minute."""

    name = "harbor"
    title = "Harbor"
    prefixes = ("/v1/",)
    account = PAPER_ACCOUNT
    settings = NoSettings()
    limits = MappingProxyType({"orders": (120, 60), "cancel_orders": (240, 60), "*": (1200, 60)})
    data_fields = ("orders", "order", "accepted")
    order_places = MappingProxyType(
        {
            "order_id": ("number",),
            "symbol": ("market",),
            "side": ("side",),
            "state": ("state",),
            "price": ("price",),
            "quantity": ("amount",),
            "created_at": ("created",),
        }
    )

    def __init__(self, book: Book, account: HarborAccount | None = None) -> None:
        super().__init__(book, account)
        self._last = 0
        self.routes: Sequence[Route] = (
            route("cancel_orders", "POST", "/v1/cancellations", self.cancel_orders, mutating=True),
            route("cancel_order", "DELETE", _ORDER, self.cancel_order, mutating=True),
            route("order", "GET", _ORDER, self.order),
            route("orders", "GET", "/v1/orders", self.orders, lists=True),
            route("account", "GET", "/v1/account", self.read_account),
            route("markets", "GET", "/v1/markets", self.markets),
            route("time", "GET", "/v1/time", self.time),
        )

    def too_many_requests(self) -> Answer:
        """429."""
        return error(429, "too_many_requests", "slow down")

    def no_such_path(self) -> Answer:
        """404."""
        return error(404, "bad_request", "no such call")

    def next_id(self, kind: str) -> str:
        """The number after the last one."""
        self._last += 1
        return str(self._last)

    # -- cancelling

    def cancel_order(self, request: ReceivedRequest) -> Answer:
        """``DELETE /orders/{market}/{number}``."""
        let_in(request, self.account, trading=True)
        market, number = request.args["market"], request.args["number"]
        outcome, order = cancel_one(self.book, number, request.behaviour, market)
        if order is None:
            raise Refusal(error(404, "unknown_order", "no such order"))
        if outcome in (Cancel.REFUSED, Cancel.DEAD):
            raise Refusal(error(422, "order_ended", "the order cannot be cancelled"))
        return Answer({"accepted": {"market": market, "number": int(number)}})

    def cancel_orders(self, request: ReceivedRequest) -> Answer:
        """``POST /cancellations``: the orders named in the body; those that cannot be cancelled are left out."""
        let_in(request, self.account, trading=True)
        try:
            named = [(each["market"], each["number"]) for each in json.loads(request.body)["orders"]]
        except (ValueError, KeyError, TypeError):
            raise Refusal(error(400, "bad_request", "orders is missing")) from None
        if not 1 <= len(named) <= LARGEST_BATCH:
            raise Refusal(error(400, "bad_request", "between one order and twenty"))
        accepted = []
        for place, (market, number) in enumerate(named):
            if passed_over(request.behaviour, place, number, market):
                continue
            outcome, _ = cancel_one(self.book, number, request.behaviour, market)
            if outcome in (Cancel.DONE, Cancel.PENDING, Cancel.ALREADY):
                accepted.append({"market": market, "number": int(number)})
        return Answer({"accepted": accepted})

    # -- reading

    def order(self, request: ReceivedRequest) -> Answer:
        """``GET /orders/{market}/{number}``."""
        let_in(request, self.account)
        found = self.book.view(request.behaviour.lag).get((request.args["market"], request.args["number"]))
        if found is None:
            raise Refusal(error(404, "unknown_order", "no such order"))
        return Answer({"order": shown(found)})

    def orders(self, request: ReceivedRequest) -> Answer:
        """``GET /orders``: oldest first; a cursor is the place of a page's last order among all there ever were."""
        let_in(request, self.account)
        asked = dict(parse_qsl(request.query))
        limit = int(asked.get("limit", LARGEST_PAGE))
        if not 1 <= limit <= LARGEST_PAGE or asked.get("state") not in ("live", "ended"):
            raise Refusal(error(400, "bad_request", "state or limit"))
        found = [
            (place, order)
            for place, order in enumerate(self.book.view(request.behaviour.lag).values())
            if order.state.live == (asked["state"] == "live")
            and place > int(asked.get("after", -1))
            and order.created_ms >= int(asked.get("since", 0))
        ]
        listing = self.listing(request, MARKETS[0] if asked["state"] == "live" else None)
        listed = listing.orders([order for _, order in found])
        following = str(found[limit - 1][0]) if len(listed) > limit else None
        return Answer({"orders": listing.rows(listed[:limit], shown), "next": following})

    def read_account(self, request: ReceivedRequest) -> Answer:
        """``GET /account``."""
        let_in(request, self.account)
        return Answer({"owner": "paper", "tier": 1})

    def markets(self, request: ReceivedRequest) -> Answer:
        """``GET /markets``; public."""
        return Answer({"markets": [{"name": name, "open": True} for name in MARKETS]})

    def time(self, request: ReceivedRequest) -> Answer:
        """``GET /time``; public."""
        return Answer({"now": request.now_ms})


def shown(order: PaperOrder) -> dict[str, Any]:
    """The order as every reading call shows it."""
    return {
        "market": order.symbol,
        "number": int(order.order_id),
        "state": WORDS[order.state],
        "side": order.side.lower(),
        "amount": plain(order.quantity),
        "traded": plain(order.filled),
        "price": plain(order.price),
        "created": order.created_ms,
    }
