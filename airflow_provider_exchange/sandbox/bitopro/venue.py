"""The calls of the paper BitoPro."""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import parse_qsl

from airflow_provider_exchange.sandbox.bitopro.account import PAPER_ACCOUNT, BitoProAccount
from airflow_provider_exchange.sandbox.bitopro.markets import CLOSED, PAIRS
from airflow_provider_exchange.sandbox.bitopro.placing import read_order
from airflow_provider_exchange.sandbox.bitopro.shapes import placed, shown, shown_on_margin, status
from airflow_provider_exchange.sandbox.bitopro.signing import Gate, error
from airflow_provider_exchange.sandbox.book import Book, Cancel, PaperOrder, State, View
from airflow_provider_exchange.sandbox.cancelling import cancel_one, passed_over
from airflow_provider_exchange.sandbox.protocol import Answer, ReceivedRequest, Refusal, Route, plain, route
from airflow_provider_exchange.sandbox.venue import PaperVenue

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from airflow_provider_exchange.sandbox.lists import Listing, Row
    from airflow_provider_exchange.sandbox.place import PlacingExchange

DAYS_KEPT_MS = 90 * 86_400_000
"""How far back the vendor shows orders."""

_PAIR = "(?P<pair>[^/]+)"
_MARGIN = "(?P<margin>margin)"
_ORDER_ID = re.compile("(?P<stop>SL-)?[0-9]{1,19}")

_KINDS: Mapping[str, frozenset[int]] = {
    "OPEN": frozenset({-1, 0, 1}),
    "DONE": frozenset({2, 3}),
    "ALL": frozenset({-1, 0, 1, 2, 3, 4, 6}),
}


@dataclass(frozen=True)
class BitoProSettings:
    """
    Settings for what the vendor leaves open.

    :param margin: whether the account has a margin book; ``in_both_lists`` if the list of open spot orders shows
        its orders, too.
    :param margin_refusal: the HTTP status of an answer about the margin orders of an account without margin.
    """

    margin: Literal["off", "on", "in_both_lists"] = "on"
    margin_refusal: Literal[403, 404, 400] = 403


class PaperBitoPro(PaperVenue[BitoProAccount, BitoProSettings]):
    """The paper BitoPro."""

    name = "bitopro"
    title = "BitoPro"
    prefixes = ("/v3/",)
    listed_markets = (*PAIRS, *CLOSED)
    account = PAPER_ACCOUNT
    settings = BitoProSettings()
    other_books = ("margin",)
    limits = MappingProxyType(
        {
            "cancel_order": (900, 60),
            "cancel_orders": (2, 1),
            "cancel_all_orders": (1, 1),
            "cancel_pair_orders": (2, 1),
            "open_orders": (5, 1),
            "place_order": (1200, 60),
            "place_orders": (90, 60),
            "cancel_margin_order": (900, 60),
            "cancel_margin_orders": (2, 1),
            "open_margin_orders": (5, 1),
            "*": (600, 60),
        }
    )

    order_places = MappingProxyType(
        {
            "order_id": ("id",),
            "symbol": ("pair",),
            "client_order_id": ("clientId",),
            "side": ("action",),
            "state": ("status",),
            "price": ("price",),
            "quantity": ("originalAmount",),
            "created_at": ("createdTimestamp",),
        }
    )

    _gate: Gate

    def __init__(self, book: Book, account: BitoProAccount | None = None) -> None:
        super().__init__(book, account)
        self.forget()
        self._numbers = itertools.count(2_220_595_581, 7)
        self.routes: Sequence[Route] = (
            route("place_orders", "POST", "/v3/orders/batch", self.place_orders, mutating=True),
            route("place_order", "POST", f"/v3/orders/{_PAIR}", self.place_order, mutating=True),
            route("cancel_orders", "PUT", "/v3/orders", self.cancel_orders, mutating=True),
            route("cancel_all_orders", "DELETE", "/v3/orders/all", self.cancel_all_orders, mutating=True),
            route("cancel_pair_orders", "DELETE", f"/v3/orders/{_PAIR}", self.cancel_all_orders, mutating=True),
            route("cancel_order", "DELETE", f"/v3/orders/{_PAIR}/(?P<id>[^/]+)", self.cancel_order, mutating=True),
            route("open_orders", "GET", "/v3/orders/open", self.open_orders, lists=True),
            route("orders_of_pair", "GET", f"/v3/orders/all/{_PAIR}", self.orders_of_pair, lists=True),
            route("order", "GET", f"/v3/orders/{_PAIR}/(?P<id>[^/]+)", self.order),
            route("place_margin_order", "POST", f"/v3/{_MARGIN}/orders/{_PAIR}", self.place_order, mutating=True),
            route("cancel_margin_orders", "PUT", f"/v3/{_MARGIN}/orders", self.cancel_orders, mutating=True),
            route(
                "cancel_margin_order",
                "DELETE",
                f"/v3/{_MARGIN}/orders/{_PAIR}/(?P<id>[^/]+)",
                self.cancel_order,
                mutating=True,
            ),
            route("open_margin_orders", "GET", f"/v3/{_MARGIN}/orders/orders/open", self.open_orders, lists=True),
            route(
                "margin_orders_of_pair", "GET", f"/v3/{_MARGIN}/orders/all/{_PAIR}", self.orders_of_pair, lists=True
            ),
            route("margin_order", "GET", f"/v3/{_MARGIN}/orders/{_PAIR}/(?P<id>[^/]+)", self.order),
            route("balance", "GET", "/v3/accounts/balance", self.balance),
            route("trading_pairs", "GET", "/v3/provisioning/trading-pairs", self.trading_pairs),
            route("currencies", "GET", "/v3/provisioning/currencies", self.currencies),
        )

    def forget(self) -> None:
        """Forget the latest nonce."""
        self._gate = Gate()

    # -- errors

    def too_many_requests(self) -> Answer:
        """Return the 429."""
        return error(429, "Too Many Requests")

    def no_such_path(self) -> Answer:
        """Return the 404."""
        return error(404, "Resource Not Found")

    # -- placing

    def place_order(self, request: ReceivedRequest) -> Answer:
        """``POST /orders/{pair}``."""
        asked = self._checked(request, trading=True)
        if not isinstance(asked, dict):
            raise Refusal(error(400, "Invalid body"))
        book = self._book_of(request)
        return Answer(placed(self._place(book, {**asked, "pair": request.args["pair"]}, request.now_ms)))

    def place_orders(self, request: ReceivedRequest) -> Answer:
        """``POST /orders/batch``: up to ten limit or market orders."""
        asked = self._checked(request, trading=True)
        if not isinstance(asked, list) or not 0 < len(asked) <= 10:
            raise Refusal(error(400, "Invalid body"))
        if not all(isinstance(each, dict) and each.get("type") in ("LIMIT", "MARKET") for each in asked):
            raise Refusal(error(400, "Unsupported order type"))
        return Answer({"data": [placed(self._place(self.book, each, request.now_ms)) for each in asked]})

    def _place(self, book: Book, asked: Mapping[str, Any], now_ms: int) -> PaperOrder:
        kind = str(asked.get("type", "")).upper()
        order = book.place(read_order(asked, self.new_id(kind), now_ms))
        return book.fill(order.order_id, symbol=order.symbol) if kind == "MARKET" else order

    # -- cancelling

    def cancel_order(self, request: ReceivedRequest) -> Answer:
        """``DELETE /orders/{pair}/{orderId}``."""
        self._checked(request, trading=True)
        flags = dict(parse_qsl(request.query, keep_blank_values=True))
        if flags.get("isAllStrategyCanceled", "true") not in ("true", "false"):
            raise Refusal(error(400, "Wrong parameter: isAllStrategyCanceled"))
        found = self._named(request)
        outcome, order = cancel_one(self._book_of(request), found.order_id, request.behaviour, found.symbol)
        if outcome in (Cancel.REFUSED, Cancel.DEAD) or order is None:
            raise Refusal(error(422, "Unprocessable Entity"))
        return Answer(
            {
                "action": order.side,
                "amount": plain(order.quantity),
                "orderId": order.order_id,
                "price": plain(order.price),
                "timestamp": request.now_ms,
            }
        )

    def cancel_orders(self, request: ReceivedRequest) -> Answer:
        """``PUT /orders``: the orders named in the body."""
        asked = self._checked(request, trading=True)
        if not isinstance(asked, dict) or not all(_is_ids(ids) for ids in asked.values()):
            raise Refusal(error(400, "Invalid body"))
        if any(pair.lower() not in self._pairs() for pair in asked):
            raise Refusal(error(404, "Resource Not Found"))
        named = [(pair.lower(), order_id) for pair, ids in asked.items() for order_id in ids]
        return self._cancel_many(request, named)

    def cancel_all_orders(self, request: ReceivedRequest) -> Answer:
        """``DELETE /orders/all`` and ``DELETE /orders/{pair}``."""
        self._checked(request, trading=True)
        pair = request.args.get("pair", "").lower()
        if pair and pair not in self._pairs():
            raise Refusal(error(404, "Resource Not Found"))
        named = [(order.symbol, order.order_id) for order in self.book.live() if pair in ("", order.symbol)]
        return self._cancel_many(request, named)

    def _cancel_many(self, request: ReceivedRequest, named: Sequence[tuple[str, str]]) -> Answer:
        done: dict[str, list[str]] = {}
        for place, (pair, order_id) in enumerate(named):
            if passed_over(request.behaviour, place, order_id, pair):
                continue
            outcome, _ = cancel_one(self._book_of(request), order_id, request.behaviour, pair)
            if outcome in (Cancel.DONE, Cancel.PENDING, Cancel.ALREADY):
                done.setdefault(pair.upper(), []).append(order_id)
        return Answer({"data": done})

    # -- reading

    def order(self, request: ReceivedRequest) -> Answer:
        """``GET /orders/{pair}/{orderId}``."""
        self._checked(request)
        found = self._named(request, self._book_of(request).view(request.behaviour.lag))
        return Answer({**shown(found), "timestamp": found.updated_ms})

    def open_orders(self, request: ReceivedRequest) -> Answer:
        """``GET /orders/open``: latest change first; ``data`` is ``null`` when there is none."""
        self._checked(request)
        pair = dict(parse_qsl(request.query)).get("pair", "").lower()
        if pair and pair not in self._pairs():
            raise Refusal(error(400, "Wrong parameter: pair"))
        books = [self._book_of(request)]
        if self.settings.margin == "in_both_lists" and "margin" not in request.args:
            books.append(self.others["margin"])
        found = [
            order
            for book in books
            for order in reversed(book.view(request.behaviour.lag).values())
            if order.state.live and pair in ("", order.symbol)
        ]
        found.sort(key=lambda order: -order.updated_ms)
        shape = shown_on_margin if "margin" in request.args else shown
        listing = self.listing(request, pair or "btc_usdt")
        return _list(listing, listing.orders(found), shape)

    def orders_of_pair(self, request: ReceivedRequest) -> Answer:
        """``GET /orders/all/{pair}``: latest created first."""
        self._checked(request)
        pair = request.args["pair"].lower()
        if pair not in self._pairs():
            raise Refusal(error(404, "Resource Not Found"))
        asked = dict(parse_qsl(request.query))
        wanted = _KINDS.get(asked.get("statusKind", "ALL"))
        if wanted is None:
            raise Refusal(error(400, "Wrong parameter: statusKind"))
        if "status" in asked:
            wanted = frozenset({_whole(asked, "status", 0)})
        unlimited = asked.get("ignoreTimeLimitEnable") == "true" and asked.get("statusKind") == "OPEN"
        since = 0 if unlimited else _whole(asked, "startTimestamp", request.now_ms - DAYS_KEPT_MS)
        until = _whole(asked, "endTimestamp", request.now_ms)
        limit = _whole(asked, "limit", 100)
        if not 1 <= limit <= 1000:
            raise Refusal(error(400, "Wrong parameter: limit"))
        view = reversed(self._book_of(request).view(request.behaviour.lag).values())
        found = [order for order in view if order.symbol == pair and since <= order.created_ms <= until]
        found.sort(key=lambda order: -order.created_ms)
        if "orderId" in asked:
            # The page starts at this order's position, as ids of stop orders and of others cannot be compared.
            places = [place for place, order in enumerate(found) if order.order_id == asked["orderId"]]
            found = found[places[0] :] if places else []
        found = [order for order in found if status(order) in wanted]
        if "clientId" in asked:
            found = [order for order in found if order.client_order_id == asked["clientId"]]
        listing = self.listing(request)
        return _list(listing, listing.orders(found)[:limit], shown)

    def balance(self, request: ReceivedRequest) -> Answer:
        """``GET /accounts/balance``."""
        self._checked(request)
        names = sorted({name for pair in PAIRS.values() for name in pair})
        row = {"amount": "1000", "available": "1000", "stake": "0", "tradable": True}
        return Answer({"data": [{**row, "currency": name} for name in names]})

    def trading_pairs(self, request: ReceivedRequest) -> Answer:  # noqa: ARG002  public, takes nothing
        """``GET /provisioning/trading-pairs``; public."""
        fixed = {
            "basePrecision": "8",
            "quotePrecision": "8",
            "minLimitBaseAmount": "0.00000001",
            "maxLimitBaseAmount": "100000000",
            "minMarketBuyQuoteAmount": "1",
            "orderOpenLimit": "200",
            "orderBookQuotePrecision": "8",
            "orderBookQuoteScaleLevel": "5",
            "amountPrecision": "8",
        }
        rows = [
            {"pair": pair, "base": base, "quote": quote, "maintain": pair in CLOSED, **fixed}
            for pair, (base, quote) in {**PAIRS, **CLOSED}.items()
        ]
        return Answer({"data": rows})

    def currencies(self, request: ReceivedRequest) -> Answer:  # noqa: ARG002  public, takes nothing
        """``GET /provisioning/currencies``; public."""
        fixed = {
            "withdrawFee": "0",
            "minWithdraw": "0",
            "maxWithdraw": "0",
            "maxDailyWithdraw": "0",
            "withdraw": False,
            "deposit": False,
            "depositConfirmation": "0",
        }
        names = sorted({name for pair in PAIRS.values() for name in pair})
        return Answer({"data": [{"currency": name, **fixed} for name in names]})

    # -- orders without a signature, and orders through a client

    def next_id(self, kind: str) -> str:
        """Return the next number, with a prefix for stop orders."""
        prefix = "SL-" if kind == "STOP_LIMIT" else ""
        return f"{prefix}{next(self._numbers)}"

    def spelled(self, symbol: str) -> str:
        """Return a pair in lower case."""
        return symbol.lower()

    def admitted(self, order: PaperOrder) -> PaperOrder:
        """Return an order of the admin API, with the details that this venue stores."""
        named = _ORDER_ID.fullmatch(order.order_id)
        if named is None or bool(named["stop"]) != (order.type == "STOP_LIMIT"):
            raise ValueError(
                "BitoPro's order ids are numbers, with SL- before those of stop orders and no others, "
                f"unlike {order.order_id!r}"
            )
        if order.client_order_id and not order.client_order_id.isdecimal():
            raise ValueError("BitoPro's client order ids are numbers")
        details = {"timeInForce": "POST_ONLY" if order.state is State.REJECTED else "GTC", **order.details}
        if order.stop_price is not None:
            details.setdefault("condition", ">=")
        return replace(order, details=MappingProxyType(details))

    @classmethod
    def placing_exchange(cls) -> type[PlacingExchange]:
        """Return BitoPro's adapter that can place orders."""
        from airflow_provider_exchange.sandbox.bitopro.client import PlacingBitoPro

        return PlacingBitoPro

    # -- helpers

    def _checked(self, request: ReceivedRequest, *, trading: bool = False) -> Any:
        """Return the signed content of a request; refuse one about margin orders if the account has no margin."""
        content = self._gate.check(request, self.account, trading=trading)
        if "margin" in request.args and self.settings.margin == "off":
            raise Refusal(error(self.settings.margin_refusal, "Margin trading is not available"))
        return content

    def _book_of(self, request: ReceivedRequest) -> Book:
        return self.others["margin"] if "margin" in request.args else self.book

    def _pairs(self) -> set[str]:
        held = {order.symbol for book in (self.book, *self.others.values()) for order in book}
        return {*PAIRS, *CLOSED} | held

    def _named(self, request: ReceivedRequest, view: View | None = None) -> PaperOrder:
        order_id, pair = request.args["id"], request.args["pair"].lower()
        order = self._book_of(request).get(order_id, pair) if view is None else view.get((pair, order_id))
        if order is None:
            raise Refusal(error(404, "Resource Not Found"))
        return order


def _is_ids(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(each, str) for each in value)


def _whole(asked: Mapping[str, str], key: str, default: int) -> int:
    if key not in asked:
        return default
    if not re.fullmatch("-?[0-9]{1,15}", asked[key]):
        raise Refusal(error(400, f"Wrong parameter: {key}"))
    return int(asked[key])


def _list(listing: Listing, orders: Sequence[PaperOrder], shape: Callable[[PaperOrder], Row]) -> Answer:
    """Return the orders of a list; an empty one is null."""
    rows = listing.rows(orders, shape)
    return Answer({"data": rows if rows or listing.is_empty else None})
