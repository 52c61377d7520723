"""The calls of the paper Coinbase."""

from __future__ import annotations

import json
import random
import re
import uuid
from datetime import UTC, datetime
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from airflow_provider_exchange.sandbox.book import Book, Cancel, PaperOrder, State
from airflow_provider_exchange.sandbox.cancelling import cancel_one, passed_over
from airflow_provider_exchange.sandbox.coinbase.account import PAPER_ACCOUNT, CoinbaseAccount
from airflow_provider_exchange.sandbox.coinbase.answers import NOT_FOUND, invalid, refusal, too_many
from airflow_provider_exchange.sandbox.coinbase.markets import FUTURE, LISTED, MARKETS, SPOT, kind_of, listed
from airflow_provider_exchange.sandbox.coinbase.paging import Asked, among, asked_of, moment, one, page
from airflow_provider_exchange.sandbox.coinbase.placing import MOST_CHARACTERS, read_order
from airflow_provider_exchange.sandbox.coinbase.shapes import (
    ADVANCED,
    LIVE_WORDS,
    SIMPLE,
    WORDS,
    shown,
    status,
)
from airflow_provider_exchange.sandbox.coinbase.signing import check
from airflow_provider_exchange.sandbox.protocol import Answer, ReceivedRequest, Route, route
from airflow_provider_exchange.sandbox.venue import NoSettings, PaperVenue

if TYPE_CHECKING:
    from collections.abc import Sequence

MOST_AT_ONCE = 100
"""How many orders one request may cancel."""
MOST_OPEN = 1000
"""How many open orders a list shows, however many there are."""

IN_APP = "simple"
"""The book of the orders that were placed in the simple app."""
PLACES = {"": ADVANCED, IN_APP: SIMPLE}
UNKNOWN_PLACE = "UNKNOWN_PLACEMENT_SOURCE"

_IDS = re.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_KINDS = ("LIMIT", "MARKET", "STOP_LIMIT")
_ANY_TIME = 10**15
_API = "/api/v3/brokerage"
_REASONS = {
    Cancel.UNKNOWN: "UNKNOWN_CANCEL_ORDER",
    Cancel.DEAD: "UNKNOWN_CANCEL_ORDER",
    Cancel.ALREADY: "DUPLICATE_CANCEL_REQUEST",
    Cancel.REFUSED: "COMMANDER_REJECTED_CANCEL_ORDER",
}


class PaperCoinbase(PaperVenue[CoinbaseAccount, NoSettings]):
    """The paper Coinbase: its first book has the orders of Advanced Trade, ``simple`` those of the simple app."""

    name = "coinbase"
    title = "Coinbase"
    conn_type = "ccxt"
    prefixes = (f"{_API}/",)
    listed_markets = LISTED
    account = PAPER_ACCOUNT
    settings = NoSettings()
    other_books = (IN_APP,)
    data_fields = ("orders", "order", "results", "products")
    limits = MappingProxyType({"markets": (10, 1), "time": (10, 1), "*": (30, 1)})
    order_places = MappingProxyType(
        {
            "order_id": ("order_id",),
            "symbol": ("product_id",),
            "client_order_id": ("client_order_id",),
            "side": ("side",),
            "state": ("status",),
            "price": ("order_configuration", "*", "limit_price"),
            "quantity": ("order_configuration", "*", "base_size"),
            "created_at": ("created_time",),
        }
    )

    def __init__(self, book: Book, account: CoinbaseAccount | None = None) -> None:
        super().__init__(book, account)
        self._draw = random.Random(self.name)  # noqa: S311  ids that look as the venue's, the same in every run
        self._used: set[str] = set()
        self._books = {ADVANCED: self.book, SIMPLE: self.others[IN_APP]}
        orders = f"{_API}/orders"
        self.routes: Sequence[Route] = (
            route("place_order", "POST", orders, self.place_order, mutating=True),
            route(
                "cancel_order", "POST", f"{orders}/batch_cancel", self.cancel_orders, mutating=True, asks=_names_one
            ),
            route("cancel_orders", "POST", f"{orders}/batch_cancel", self.cancel_orders, mutating=True),
            route(
                "history",
                "GET",
                f"{orders}/historical/batch",
                self.orders,
                lists=True,
                when=("product_ids", "order_ids"),
            ),
            route("open_orders", "GET", f"{orders}/historical/batch", self.orders, lists=True),
            route("order", "GET", f"{orders}/historical/(?P<order_id>[^/]+)", self.order),
            route("key", "GET", f"{_API}/key_permissions", self.key_permissions),
            route("fees", "GET", f"{_API}/transaction_summary", self.fees),
            route("markets", "GET", f"{_API}/market/products", self.markets),
            route("time", "GET", f"{_API}/time", self.time),
        )

    # -- errors

    def too_many_requests(self) -> Answer:
        """Return the error of a used-up limit."""
        return too_many()

    def no_such_path(self) -> Answer:
        """Return the 404."""
        return refusal(404, NOT_FOUND, "Not Found").answer

    # -- placing and cancelling

    def place_order(self, request: ReceivedRequest) -> Answer:
        """``POST /orders``: a limit order or a stop-limit order, until it is cancelled."""
        order = read_order(self._told(request), self.new_id("LIMIT"), request.now_ms)
        if any(order.client_order_id == other.client_order_id for other in self.book):
            raise invalid("client_order_id is a duplicate")
        self.book.place(order)
        names = {
            "order_id": order.order_id,
            "product_id": order.symbol,
            "side": order.side,
            "client_order_id": order.client_order_id,
        }
        return Answer({"success": True, "success_response": names, "order_configuration": {}})

    def cancel_orders(self, request: ReceivedRequest) -> Answer:
        """``POST /orders/batch_cancel``: a result for each order named. One of a success was begun, not done."""
        named = self._told(request).get("order_ids")
        if not isinstance(named, list) or not named or not all(isinstance(each, str) and each for each in named):
            raise invalid("order_ids are required")
        if len(named) > MOST_AT_ONCE:
            raise invalid(f"Too many orderIDs entered, limit is {MOST_AT_ONCE}")
        return Answer(
            {"results": [self._cancelled(request, order_id, place) for place, order_id in enumerate(named)]}
        )

    def _cancelled(self, request: ReceivedRequest, order_id: str, place: int) -> dict[str, Any]:
        book, order = self._named(order_id)
        reason = None
        if order is None or not passed_over(request.behaviour, place, order_id, order.symbol):
            outcome, order = cancel_one(book, order_id, request.behaviour)
            reason = _REASONS.get(outcome)
            if order is not None and order.state is State.FILLED:
                reason = "ORDER_IS_FULLY_FILLED"
        return {
            "success": reason is None,
            "failure_reason": reason or "UNKNOWN_CANCEL_FAILURE_REASON",
            "order_id": order_id,
        }

    # -- reading

    def orders(self, request: ReceivedRequest) -> Answer:
        """``GET /orders/historical/batch``: orders by state, market and the place where they were placed."""
        self._check(request)
        asked = asked_of(request)
        words = among(asked, "order_status", WORDS)
        if "OPEN" in words and set(words) != {"OPEN"}:
            raise invalid("OPEN orders cannot be queried together with other order statuses")
        (place,) = among(asked, "order_placement_source", (*PLACES.values(), UNKNOWN_PLACE))[-1:] or [ADVANCED]
        place = ADVANCED if place == UNKNOWN_PLACE else place
        for symbol in asked.get("product_ids", []):
            self._know(symbol)
        among(asked, "product_type", (SPOT, FUTURE, "UNKNOWN_PRODUCT_TYPE"))
        times = range(moment(asked, "start_date", 0), moment(asked, "end_date", _ANY_TIME))
        found = [
            order
            for order in self._books[place].view(request.behaviour.lag).values()
            if _is_asked_for(order, asked, words, times)
        ]
        shows_live = not words or not set(words).isdisjoint(LIVE_WORDS)
        book = next(name for name, source in PLACES.items() if source == place)
        # An order that no book has is open, so the lists of other states do not show it.
        stranger = one(asked, "product_ids", "BTC-USD") if shows_live and words in ([], ["OPEN"]) else None
        listing = self.listing(request, stranger, book)
        whole = listing.orders(found)
        if words == ["OPEN"]:
            whole = sorted(whole, key=lambda order: order.created_ms)[-MOST_OPEN:]
        cut, cursor = page(asked, whole)
        rows = listing.rows(cut, partial(shown, place=place))
        return Answer({"orders": rows, "sequence": "0", "has_next": bool(cursor), "cursor": cursor})

    def order(self, request: ReceivedRequest) -> Answer:
        """``GET /orders/historical/{order_id}``."""
        self._check(request)
        order_id = request.args["order_id"]
        if not _IDS.fullmatch(order_id):
            raise invalid(f"invalid OrderId {order_id} passed to endpoint")
        for place, book in self._books.items():
            found = [order for order in book.view(request.behaviour.lag).values() if order.order_id == order_id]
            if found:
                return Answer({"order": shown(found[0], place)})
        raise refusal(404, NOT_FOUND, "order with this orderID was not found")

    def key_permissions(self, request: ReceivedRequest) -> Answer:
        """``GET /key_permissions``: what the key may do, and to which portfolio it belongs."""
        self._check(request)
        return Answer(
            {
                "can_view": True,
                "can_trade": self.account.may_trade,
                "can_transfer": False,
                "portfolio_uuid": "00000000-0000-4000-8000-00000000f011",
                "portfolio_type": "DEFAULT",
            }
        )

    def fees(self, request: ReceivedRequest) -> Answer:
        """``GET /transaction_summary``."""
        self._check(request)
        tier = {"pricing_tier": "Advanced 1", "taker_fee_rate": "0.012", "maker_fee_rate": "0.006"}
        return Answer({"total_volume": 0, "total_fees": 0, "fee_tier": tier})

    def markets(self, request: ReceivedRequest) -> Answer:
        """``GET /market/products``; public."""
        asked = asked_of(request)
        among(asked, "product_type", (SPOT, FUTURE, "UNKNOWN_PRODUCT_TYPE"))
        return Answer(listed(one(asked, "product_type"), one(asked, "contract_expiry_type")))

    def time(self, request: ReceivedRequest) -> Answer:
        """``GET /time``; public."""
        now_ms = request.now_ms
        iso = datetime.fromtimestamp(now_ms // 1000, UTC).isoformat().replace("+00:00", "Z")
        return Answer({"iso": iso, "epochSeconds": str(now_ms // 1000), "epochMillis": str(now_ms)})

    # -- orders without a signature

    def next_id(self, kind: str) -> str:  # noqa: ARG002  all kinds have such ids
        """Return the next id."""
        return str(uuid.UUID(int=self._draw.getrandbits(128), version=4))

    def forget(self) -> None:
        """Forget which tokens were used."""
        self._used.clear()

    def spelled(self, symbol: str) -> str:
        """Return a market in capitals, with hyphens."""
        return symbol.upper().replace("/", "-").replace("_", "-")

    def admitted(self, order: PaperOrder) -> PaperOrder:
        """Return an order of the admin API."""
        if not _IDS.fullmatch(order.order_id):
            raise ValueError(f"Coinbase's order ids are UUIDs in lower case, which {order.order_id!r} is not")
        if len(order.client_order_id) > MOST_CHARACTERS:
            raise ValueError(f"Coinbase's client order ids have up to {MOST_CHARACTERS} characters")
        if order.type not in _KINDS:
            raise ValueError(f"Coinbase has no orders of type {order.type}; it has {', '.join(_KINDS)}")
        return order

    # -- helpers

    def _check(self, request: ReceivedRequest) -> None:
        check(request, self.account, self._used)

    def _told(self, request: ReceivedRequest) -> dict[str, Any]:
        """Return the body of a request that only a key that may trade can make."""
        self._check(request)
        if not self.account.may_trade:
            raise refusal(403, "PERMISSION_DENIED", "Missing required scopes")
        try:
            told = json.loads(request.body)
        except (ValueError, RecursionError):
            raise invalid("the body is not JSON") from None
        if not isinstance(told, dict):
            raise invalid("the body is not an object")
        return told

    def _know(self, symbol: str) -> None:
        """Refuse a market that is neither listed nor one of an order of the account."""
        if symbol not in MARKETS and not any(
            order.symbol == symbol for book in self._books.values() for order in book
        ):
            raise invalid("ProductID is invalid")

    def _named(self, order_id: str) -> tuple[Book, PaperOrder | None]:
        """Return an order, and the book that has it; the first one if none has."""
        for book in self._books.values():
            if (order := book.get(order_id)) is not None:
                return book, order
        return self.book, None


def _names_one(told: Any) -> bool:
    """Whether the body of a cancel names one order."""
    named = told.get("order_ids") if isinstance(told, dict) else None
    return isinstance(named, list) and len(named) == 1


def _is_asked_for(order: PaperOrder, asked: Asked, words: Sequence[str], times: range) -> bool:
    """Return whether a list shows an order. Times count for orders in other states than open ones."""
    if words and status(order) not in words:
        return False
    return (
        order.symbol in asked.get("product_ids", [order.symbol])
        and order.order_id in asked.get("order_ids", [order.order_id])
        and one(asked, "product_type", kind_of(order.symbol)) in (kind_of(order.symbol), "UNKNOWN_PRODUCT_TYPE")
        and (order.created_ms in times or list(words) == ["OPEN"])
    )
