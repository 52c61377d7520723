"""The calls of the paper Kraken."""

from __future__ import annotations

import random
import re
from dataclasses import replace
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

from airflow_provider_exchange.sandbox.book import Book, Cancel, PaperOrder, State
from airflow_provider_exchange.sandbox.cancelling import cancel_one, passed_over
from airflow_provider_exchange.sandbox.kraken.about import clock, key_facts, utc
from airflow_provider_exchange.sandbox.kraken.account import PAPER_ACCOUNT, KrakenAccount
from airflow_provider_exchange.sandbox.kraken.answers import (
    ARGUMENTS,
    BAD_REQUEST,
    BUSY,
    INVALID_ORDER,
    TOO_MANY,
    UNKNOWN_METHOD,
    UNKNOWN_ORDER,
    UNKNOWN_PAIR,
    ok,
    refusal,
)
from airflow_provider_exchange.sandbox.kraken.markets import CURRENCY, MARKETS, TOKENIZED, altname_of, listed
from airflow_provider_exchange.sandbox.kraken.placing import CLIENT_ID, USERREF, read_order
from airflow_provider_exchange.sandbox.kraken.shapes import TYPES, by_id, shown
from airflow_provider_exchange.sandbox.kraken.signing import Gate
from airflow_provider_exchange.sandbox.protocol import Answer, ReceivedRequest, Route, route
from airflow_provider_exchange.sandbox.venue import NoSettings, PaperVenue

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

MOST_AT_ONCE = 50
"""How many orders one request may read or cancel by name."""
PAGE = 50
"""How many closed orders one request shows."""
LONGEST_COUNTDOWN = 86_400
"""In seconds."""

_ORDER_ID = re.compile("[A-Z0-9]{6}-[A-Z0-9]{5}-[A-Z0-9]{6}")
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
_OPEN, _CLOSED = ("query-open-trades",), ("query-closed-trades",)
_CANCELS = ("modify-trades", "close-trades")
_TAKEN = (Cancel.DONE, Cancel.PENDING, Cancel.ALREADY)


class PaperKraken(PaperVenue[KrakenAccount, NoSettings]):
    """The paper Kraken, whose one book has the spot orders of every kind."""

    name = "kraken"
    title = "Kraken"
    conn_type = "ccxt"
    prefixes = ("/0/",)
    listed_markets = tuple(MARKETS)
    account = PAPER_ACCOUNT
    settings = NoSettings()
    data_fields = ("result",)
    passing_fields = frozenset({"nonce"})
    limits = MappingProxyType(
        {
            "place_order": (60, 60),
            "cancel_order": (60, 60),
            "cancel_orders": (60, 60),
            "markets": (15, 15),
            "time": (15, 15),
            "*": (15, 45),
        }
    )
    order_places = MappingProxyType(
        {
            "order_id": ("txid",),
            "symbol": ("descr", "pair"),
            "client_order_id": ("cl_ord_id",),
            "side": ("descr", "type"),
            "state": ("status",),
            "price": ("descr", "price"),
            "quantity": ("vol",),
            "created_at": ("opentm",),
        }
    )

    def __init__(self, book: Book, account: KrakenAccount | None = None) -> None:
        super().__init__(book, account)
        self._draw = random.Random(self.name)  # noqa: S311  ids that look as the venue's, the same in every run
        self._gate = Gate()
        self.routes: Sequence[Route] = (
            *(
                route(name, "POST", f"/0/private/{path}", handler, mutating=True)
                for name, path, handler in (
                    ("place_order", "AddOrder", self.place_order),
                    ("cancel_order", "CancelOrder", self.cancel_order),
                    ("cancel_orders", "CancelOrderBatch", self.cancel_orders),
                    ("cancel_all_orders", "CancelAll", self.cancel_all_orders),
                    ("cancel_all_after", "CancelAllOrdersAfter", self.cancel_all_after),
                )
            ),
            route("open_orders", "POST", "/0/private/OpenOrders", self.open_orders, lists=True),
            route("closed_orders", "POST", "/0/private/ClosedOrders", self.closed_orders, lists=True),
            route("order", "POST", "/0/private/QueryOrders", self.orders),
            route("api_key", "POST", "/0/private/GetApiKeyInfo", self.api_key),
            route("markets", "GET", "/0/public/AssetPairs", self.markets),
            route("time", "GET", "/0/public/Time", self.time),
        )

    def forget(self) -> None:
        """Forget the latest nonce."""
        self._gate.last_nonce = -1

    # -- errors

    def too_many_requests(self) -> Answer:
        """Return the error of a used-up counter, which has HTTP 200."""
        return refusal(TOO_MANY).answer

    def no_such_path(self) -> Answer:
        """Return the error of an unknown method."""
        return refusal(UNKNOWN_METHOD).answer

    # -- placing

    def place_order(self, request: ReceivedRequest) -> Answer:
        """``POST /0/private/AddOrder``."""
        asked = self._gate.check(request, self.account, ("modify-trades",))
        order = read_order(asked, self.new_id("LIMIT"), request.now_ms)
        if order.client_order_id and order.client_order_id in {each.client_order_id for each in self.book.live()}:
            raise refusal(f"{ARGUMENTS}:cl_ord_id")
        self.book.place(order)
        if order.type == "MARKET":
            self.book.fill(order.order_id)
        return ok({"descr": {"order": shown(order)["descr"]["order"]}, "txid": [order.order_id]})

    # -- cancelling

    def cancel_order(self, request: ReceivedRequest) -> Answer:
        """``POST /0/private/CancelOrder``: by the order's id, the client's, or a number that several may have."""
        asked = self._gate.check(request, self.account, _CANCELS)
        named = self._named(asked.get("txid"), asked.get("cl_ord_id"))
        if not named:
            raise refusal(UNKNOWN_ORDER)
        outcomes = [self._cancelled(request, order) for order in named]
        done = sum(outcome in _TAKEN for outcome in outcomes)
        if not done:
            raise refusal(BUSY if Cancel.REFUSED in outcomes else UNKNOWN_ORDER)
        return ok({"count": done, **({"pending": True} if Cancel.PENDING in outcomes else {})})

    def cancel_orders(self, request: ReceivedRequest) -> Answer:
        """``POST /0/private/CancelOrderBatch``: the answer tells how many were cancelled, and not which."""
        asked = self._gate.check(request, self.account, _CANCELS)
        ids, client_ids = asked.get("orders", []), asked.get("cl_ord_ids", [])
        if not isinstance(ids, list) or not isinstance(client_ids, list):
            raise refusal(BAD_REQUEST)
        if not 1 <= len(ids) + len(client_ids) <= MOST_AT_ONCE:
            raise refusal(f"{ARGUMENTS}:orders")
        done, refused = 0, False
        wanted = [(order_id, None) for order_id in ids] + [(None, client_id) for client_id in client_ids]
        for place, (order_id, client_id) in enumerate(wanted):
            for order in self._named(order_id, client_id):
                if passed_over(request.behaviour, place, order.order_id, order.symbol):
                    continue
                outcome = self._cancelled(request, order)
                done += outcome in _TAKEN
                refused |= outcome is Cancel.REFUSED
        if not done:
            raise refusal(BUSY if refused else UNKNOWN_ORDER)
        return ok({"count": done})

    def cancel_all_orders(self, request: ReceivedRequest) -> Answer:
        """``POST /0/private/CancelAll``."""
        self._gate.check(request, self.account, _CANCELS)
        outcomes = [self._cancelled(request, order) for order in self.book.live()]
        return ok({"count": sum(outcome in _TAKEN for outcome in outcomes)})

    def cancel_all_after(self, request: ReceivedRequest) -> Answer:
        """``POST /0/private/CancelAllOrdersAfter``: the whole book ends so many seconds later; 0 calls that off."""
        asked = self._gate.check(request, self.account, _CANCELS)
        self.book.live()  # lets the one end that is over
        sent = str(asked.get("timeout", ""))
        if not re.fullmatch("[0-9]{1,5}", sent) or int(sent) > LONGEST_COUNTDOWN:
            raise refusal(f"{ARGUMENTS}:timeout")
        ends_ms = request.now_ms + 1000 * int(sent) if int(sent) else None
        self.book.countdowns.stop("")
        if ends_ms is not None:
            ended = partial(replace, state=State.CANCELLED, updated_ms=ends_ms)
            self.book.countdowns.start("", ends_ms, ended)
        return ok({"currentTime": utc(request.now_ms), "triggerTime": "0" if ends_ms is None else utc(ends_ms)})

    def _cancelled(self, request: ReceivedRequest, order: PaperOrder) -> Cancel:
        return cancel_one(self.book, order.order_id, request.behaviour, order.symbol)[0]

    def _named(self, order_id: Any, client_id: Any) -> list[PaperOrder]:
        """
        Return the orders that a cancel names.

        :raises Refusal: it names none, or in no form of the venue's.
        """
        if client_id is not None:
            if not CLIENT_ID.fullmatch(str(client_id)):
                raise refusal(f"{ARGUMENTS}:cl_ord_id")
            return [order for order in self.book.live() if order.client_order_id == str(client_id)]
        text = str("" if order_id is None else order_id)
        if USERREF.fullmatch(text):
            return [order for order in self.book.live() if order.details.get("userref") == int(text)]
        if not _ORDER_ID.fullmatch(text):
            raise refusal(INVALID_ORDER if text else ARGUMENTS)
        order = self.book.get(text)
        return [] if order is None else [order]

    # -- reading

    def open_orders(self, request: ReceivedRequest) -> Answer:
        """``POST /0/private/OpenOrders``: every live order, without pages."""
        asked = self._gate.check(request, self.account, _OPEN)
        live = [order for order in self._seen(request) if order.state.live]
        listing = self.listing(request, "XBTUSD")
        return ok({"open": by_id(listing.rows(listing.orders(_filtered(live, asked)), shown))})

    def closed_orders(self, request: ReceivedRequest) -> Answer:
        """``POST /0/private/ClosedOrders``: ended orders, the latest first, page by page of a fixed length."""
        asked = self._gate.check(request, self.account, _CLOSED)
        offset = str(asked.get("ofs", "0"))
        if not re.fullmatch("[0-9]{1,9}", offset):
            raise refusal(f"{ARGUMENTS}:ofs")
        ended = [order for order in self._seen(request) if not order.state.live]
        found = sorted(_filtered(ended, asked), key=lambda order: (order.updated_ms, order.order_id), reverse=True)
        listing = self.listing(request)
        orders = listing.orders(found)
        page = orders[int(offset) : int(offset) + PAGE]
        return ok({"closed": by_id(listing.rows(page, shown)), "count": len(orders)})

    def orders(self, request: ReceivedRequest) -> Answer:
        """``POST /0/private/QueryOrders``: orders by their ids; those that are not there are left out."""
        asked = self._gate.check(request, self.account, (*_OPEN, *_CLOSED))
        ids = str(asked.get("txid", "")).split(",")
        if len(ids) > MOST_AT_ONCE or not all(_ORDER_ID.fullmatch(each) for each in ids):
            raise refusal(INVALID_ORDER if any(ids) else ARGUMENTS)
        seen = {order.order_id: order for order in self._seen(request)}
        return ok(by_id([shown(seen[each]) for each in ids if each in seen]))

    def _seen(self, request: ReceivedRequest) -> list[PaperOrder]:
        """Return the orders that the key may see, as a read sees them."""
        view = self.book.view(request.behaviour.lag).values()
        return [order for order in view if self.account.sees(order.created_ms)]

    def api_key(self, request: ReceivedRequest) -> Answer:
        """``POST /0/private/GetApiKeyInfo``."""
        self._gate.check(request, self.account)
        return ok(key_facts(self.account, self._gate.last_nonce, request.now_ms))

    def markets(self, request: ReceivedRequest) -> Answer:
        """``GET /0/public/AssetPairs``: those of one class of assets; public."""
        (kind,) = parse_qs(request.query).get("aclass_base", [CURRENCY])[-1:]
        if kind not in (CURRENCY, TOKENIZED):
            raise refusal(f"{ARGUMENTS}:aclass_base")
        asked = [part.removeprefix("pair=") for part in request.query.split("&") if part.startswith("pair=")]
        names = [altname_of(name) for part in asked for name in part.split(",")]
        if None in names:
            raise refusal(UNKNOWN_PAIR)
        of_kind = {name: market for name, market in MARKETS.items() if market.kind == kind}
        wanted = {name: market for name, market in of_kind.items() if not names or name in names}
        return ok({market.pair: listed(name, market) for name, market in wanted.items()})

    def time(self, request: ReceivedRequest) -> Answer:
        """``GET /0/public/Time``; public, in whole seconds."""
        return ok(clock(request.now_ms))

    # -- orders without a signature

    def next_id(self, kind: str) -> str:  # noqa: ARG002  (all kinds have ids of one form)
        """Return the next id."""
        drawn = "".join(self._draw.choices(_LETTERS, k=16))
        return f"O{drawn[:5]}-{drawn[5:10]}-{drawn[10:]}"

    def spelled(self, symbol: str) -> str:
        """Return the alternative name of a market, by any of its names."""
        return altname_of(symbol) or symbol

    def admitted(self, order: PaperOrder) -> PaperOrder:
        """Return an order of the admin API."""
        if not _ORDER_ID.fullmatch(order.order_id):
            raise ValueError(f"Kraken's order ids look like OQCLML-BW3P3-BUCMWZ, which {order.order_id!r} does not")
        if order.client_order_id and not CLIENT_ID.fullmatch(order.client_order_id):
            raise ValueError("Kraken's client order ids have up to 18 characters, or are UUIDs")
        if order.type not in TYPES:
            raise ValueError(f"Kraken has no orders of type {order.type}; it has {', '.join(TYPES)}")
        reached = order.stop_price is not None and order.state is State.OPEN
        return replace(order, triggered=reached)


def _filtered(orders: Sequence[PaperOrder], asked: Mapping[str, Any]) -> list[PaperOrder]:
    """Return the orders with the client's id, or the number, that is asked for."""
    client_id, userref = asked.get("cl_ord_id"), asked.get("userref")
    return [
        order
        for order in orders
        if client_id in (None, order.client_order_id)
        and (userref is None or str(order.details.get("userref")) == str(userref))
    ]
