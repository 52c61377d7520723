"""The calls of the paper Bybit."""

from __future__ import annotations

import itertools
import random
import uuid
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal

from airflow_provider_exchange.sandbox.book import Book, Cancel, PaperOrder, State
from airflow_provider_exchange.sandbox.bybit.about import account_mode, key_facts, wallet
from airflow_provider_exchange.sandbox.bybit.account import PAPER_ACCOUNT, BybitAccount
from airflow_provider_exchange.sandbox.bybit.answers import TEXTS, envelope, ok, refusal
from airflow_provider_exchange.sandbox.bybit.books import Books
from airflow_provider_exchange.sandbox.bybit.instruments import instruments
from airflow_provider_exchange.sandbox.bybit.markets import CATEGORIES, LINEAR, LISTED, SPOT
from airflow_provider_exchange.sandbox.bybit.paging import page
from airflow_provider_exchange.sandbox.bybit.placing import admitted, read_order
from airflow_provider_exchange.sandbox.bybit.selecting import (
    filtered,
    named,
    recent,
    remembered,
    selected,
    window,
)
from airflow_provider_exchange.sandbox.bybit.shapes import PLAIN, STOP, TPSL, filter_of, link_id, shown
from airflow_provider_exchange.sandbox.bybit.signing import asked_of, check
from airflow_provider_exchange.sandbox.cancelling import cancel_one, passed_over
from airflow_provider_exchange.sandbox.protocol import Answer, ReceivedRequest, Route, route
from airflow_provider_exchange.sandbox.venue import PaperVenue

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


MOST_AT_ONCE: Mapping[str, int] = {SPOT: 10, LINEAR: 20}
"""How many orders one request may cancel by name, by category."""

MOST_SWEPT = 500
"""How many linear orders one request to cancel all of them reaches."""

_NAMES = ("orderId", "orderLinkId")


@dataclass(frozen=True)
class BybitSettings:
    """
    Settings for what the vendor leaves open or was seen to change.

    :param ended: whether the real-time query still finds orders that have ended; the venue forgets them when it
        restarts, and has them only in its history then.
    :param spot_ended: the code for a cancel of a spot order that has ended: that of an unknown order, or that of
        its state.
    :param spot_stops: whether a spot order that waits for its trigger is reached by a cancel with another
        ``orderFilter`` than its own, or none, and by a batch, which has none.
    :param unknown_key_status: the HTTP status of the answer to an unknown key.
    """

    ended: Literal["kept", "forgotten"] = "kept"
    spot_ended: Literal["unknown_order", "by_state"] = "unknown_order"
    spot_stops: Literal["by_filter", "any"] = "by_filter"
    unknown_key_status: Literal[200, 401] = 200


class PaperBybit(PaperVenue[BybitAccount, BybitSettings]):
    """The paper Bybit: its first book has the spot orders, the book ``linear`` those of contracts."""

    name = "bybit"
    title = "Bybit"
    conn_type = "ccxt"
    prefixes = ("/v5/",)
    listed_markets = LISTED
    account = PAPER_ACCOUNT
    settings = BybitSettings()
    other_books = (LINEAR,)
    data_fields = ("result",)
    limits = MappingProxyType(
        {
            "place_order": (20, 1),
            "cancel_order": (20, 1),
            "cancel_orders": (20, 1),
            "cancel_all_orders": (20, 1),
            "open_orders": (50, 1),
            "order": (50, 1),
            "history": (50, 1),
            "past_order": (50, 1),
            "balance": (50, 1),
            "account": (50, 1),
            "api_key": (10, 1),
            "*": (600, 5),
        }
    )
    order_places = MappingProxyType(
        {
            "order_id": ("orderId",),
            "symbol": ("symbol",),
            "client_order_id": ("orderLinkId",),
            "side": ("side",),
            "state": ("orderStatus",),
            "price": ("price",),
            "quantity": ("qty",),
            "created_at": ("createdTime",),
        }
    )

    def __init__(self, book: Book, account: BybitAccount | None = None) -> None:
        super().__init__(book, account)
        self._numbers = itertools.count(2_088_690_093_937_486_080, 256)
        self._draw = random.Random(self.name)  # noqa: S311  ids that look as the venue's, the same in every run
        self._books = Books({SPOT: self.book, LINEAR: self.others[LINEAR]})
        self.routes: Sequence[Route] = (
            route("place_order", "POST", "/v5/order/create", self.place_order, mutating=True),
            route("cancel_order", "POST", "/v5/order/cancel", self.cancel_order, mutating=True),
            route("cancel_orders", "POST", "/v5/order/cancel-batch", self.cancel_orders, mutating=True),
            route("cancel_all_orders", "POST", "/v5/order/cancel-all", self.cancel_all_orders, mutating=True),
            route("order", "GET", "/v5/order/realtime", self.orders, when=_NAMES),
            route("open_orders", "GET", "/v5/order/realtime", self.orders, lists=True),
            route("past_order", "GET", "/v5/order/history", self.history, when=_NAMES),
            route("history", "GET", "/v5/order/history", self.history, lists=True),
            route("balance", "GET", "/v5/account/wallet-balance", self.balance),
            route("account", "GET", "/v5/account/info", self.account_info),
            route("api_key", "GET", "/v5/user/query-api", self.api_key),
            route("markets", "GET", "/v5/market/instruments-info", self.markets),
            route("time", "GET", "/v5/market/time", self.time),
        )

    # -- errors

    def too_many_requests(self) -> Answer:
        """Return the error of a used-up limit, which has HTTP 200 and says in a header when to go on."""
        now_ms = self.book.now_ms()
        headers = {
            "X-Bapi-Limit": "50",
            "X-Bapi-Limit-Status": "0",
            "X-Bapi-Limit-Reset-Timestamp": str(now_ms + 1000),
        }
        return Answer(envelope({}, now_ms, 10006, TEXTS[10006]), headers=headers)

    def no_such_path(self) -> Answer:
        """Return the 404."""
        return Answer(envelope({}, self.book.now_ms(), 10017, TEXTS[10017]), 404)

    # -- placing

    def place_order(self, request: ReceivedRequest) -> Answer:
        """``POST /v5/order/create``."""
        asked, category = self._asked(request, trading=True)
        symbol = self._symbol(request, asked, category)
        kind = str(asked.get("orderType", "")).upper()
        order = read_order(request, asked, category, symbol, self.new_id(kind, _among(category)))
        book = self._books[category]
        if order.client_order_id and any(order.client_order_id == link_id(other, category) for other in book):
            raise refusal(request, 170141 if category == SPOT else 110072)
        book.place(order)
        if order.type == "MARKET":
            book.fill(order.order_id, symbol=symbol)
        return ok(request, _names(order, category))

    # -- cancelling

    def cancel_order(self, request: ReceivedRequest) -> Answer:
        """``POST /v5/order/cancel``; the answer says that the request was taken, not that the order is gone."""
        asked, category = self._asked(request, trading=True)
        symbol = self._symbol(request, asked, category)
        wanted = asked.get("orderFilter", PLAIN)
        if category == SPOT and wanted not in (PLAIN, STOP, TPSL):
            raise refusal(request, 170201)
        if not _is_one(asked):
            raise refusal(request, 10001, "params error: orderId or orderLinkId is required")
        code, order = self._cancelled(request, asked, category, symbol, wanted)
        if code or order is None:
            raise refusal(request, code)
        return ok(request, _names(order, category))

    def cancel_orders(self, request: ReceivedRequest) -> Answer:
        """``POST /v5/order/cancel-batch``: a row for each order named, and beside it what became of it."""
        asked, category = self._asked(request, trading=True)
        members = asked.get("request")
        if not isinstance(members, list) or not all(isinstance(member, dict) for member in members):
            raise refusal(request, 10001)
        if not 1 <= len(members) <= MOST_AT_ONCE.get(category, 20):
            raise refusal(request, 10001, "params error: the number of orders in the request is invalid")
        rows, results = [], []
        for place, member in enumerate(members):
            sent = {name: value for name, value in member.items() if value not in (None, "")}
            names, code = self._batch_member(request, sent, category, place)
            rows.append({"category": category, "symbol": sent.get("symbol", ""), **names})
            results.append({"code": code, "msg": TEXTS[code] if code else "OK"})
        return ok(request, {"list": rows}, {"list": results})

    def _batch_member(
        self, request: ReceivedRequest, sent: Mapping[str, Any], category: str, place: int
    ) -> tuple[dict[str, str], int]:
        """Cancel a member of a batch; return how the answer names the order, and the code."""
        symbol = sent.get("symbol", "")
        names = {name: sent.get(name, "") for name in _NAMES}
        if not any(names.values()):
            return names, 10001
        if not self._books.knows(category, symbol):
            return names, 170121 if category == SPOT else 10001
        found = self._books.named(category, symbol, sent)
        if found is not None and passed_over(request.behaviour, place, found.order_id, symbol):
            return _names(found, category), 0  # a batch only says that it was taken
        code, order = self._cancelled(request, sent, category, symbol, PLAIN)
        return (names if order is None else _names(order, category)), code

    def cancel_all_orders(self, request: ReceivedRequest) -> Answer:
        """``POST /v5/order/cancel-all``: in spot, plain orders unless another filter is given."""
        asked, category = self._asked(request, trading=True)
        if category == LINEAR:
            self._needs_scope(request, asked)
        if "symbol" in asked:
            self._symbol(request, asked, category)
        wanted = asked.get("orderFilter", PLAIN if category == SPOT else None)
        live = [
            order
            for order in selected(self._books.orders(category), asked, category)
            if order.state.live and wanted in (None, filter_of(order))
        ]
        done = []
        for place, order in enumerate(live if category == SPOT else live[:MOST_SWEPT]):
            if passed_over(request.behaviour, place, order.order_id, order.symbol):
                continue
            outcome, _ = cancel_one(self._books[category], order.order_id, request.behaviour, order.symbol)
            if outcome in (Cancel.DONE, Cancel.PENDING, Cancel.ALREADY):
                done.append(_names(order, category))
        return ok(request, {"list": done, "success": "1"})

    def _cancelled(
        self, request: ReceivedRequest, asked: Mapping[str, Any], category: str, symbol: str, wanted: str
    ) -> tuple[int, PaperOrder | None]:
        """Cancel the order named; return 0 or the code of the refusal, and the order if it is there."""
        spot = category == SPOT
        unknown = 170213 if spot else 110001
        found = self._books.named(category, symbol, asked)
        hidden = spot and self.settings.spot_stops == "by_filter"
        if found is None or (hidden and found.state.live and filter_of(found) != wanted):
            return unknown, None
        outcome, order = cancel_one(self._books[category], found.order_id, request.behaviour, symbol)
        if outcome is Cancel.REFUSED:
            return 170191 if spot else 110079, order
        if outcome is Cancel.ALREADY:
            return 170212 if spot else 110079, order
        if outcome is Cancel.DEAD and order is not None:
            if not spot or self.settings.spot_ended == "unknown_order":
                return unknown, order
            return 170139 if order.state is State.FILLED else 170142, order
        return 0, order

    # -- reading

    def orders(self, request: ReceivedRequest) -> Answer:
        """``GET /v5/order/realtime``: live orders, or those that ended lately (``openOnly``); or one order."""
        asked, category = self._asked(request)
        if category == LINEAR:
            self._needs_scope(request, asked)
        if "symbol" in asked:
            self._symbol(request, asked, category)
        closed = str(asked.get("openOnly", "0"))
        if closed not in ("0", "1", "2"):
            raise refusal(request, 10001, "params error: openOnly invalid")
        view = self._books.orders(category, request.behaviour.lag)
        live = [order for order in view if order.state.live]
        ended = recent(view) if self.settings.ended == "kept" and (closed != "0" or _is_one(asked)) else []
        if _is_one(asked):
            return self._paged(request, asked, category, named([*live, *ended], asked, category))
        found = selected(ended if closed != "0" else live, asked, category)
        return self._paged(request, asked, category, found, shows_live=closed == "0" and category in self._books)

    def history(self, request: ReceivedRequest) -> Answer:
        """``GET /v5/order/history``: orders that have ended, by the time of their creation; or one of them."""
        asked, category = self._asked(request)
        if "symbol" in asked:
            self._symbol(request, asked, category)
        view = remembered(self._books.orders(category, request.behaviour.lag), request.now_ms)
        since, until = window(request, asked)
        if _is_one(asked):
            return self._paged(request, asked, category, named(view, asked, category))
        found = [order for order in selected(view, asked, category) if since <= order.created_ms <= until]
        return self._paged(request, asked, category, found)

    def _paged(
        self,
        request: ReceivedRequest,
        asked: Mapping[str, Any],
        category: str,
        found: Sequence[PaperOrder],
        *,
        shows_live: bool = False,
    ) -> Answer:
        """Return a page of the orders found that pass the request's filters."""
        usual = "BTCPERP" if asked.get("settleCoin") == "USDC" else "BTCUSDT"
        listing = self.listing(request, asked.get("symbol", usual) if shows_live else None, _among(category))
        cut, cursor = page(request, asked, listing.orders(filtered(found, asked, category)))
        rows = listing.rows(cut, partial(shown, category=category))
        return ok(request, {"nextPageCursor": cursor, "category": category, "list": rows})

    def balance(self, request: ReceivedRequest) -> Answer:
        """``GET /v5/account/wallet-balance``."""
        check(request, self.account, self.settings.unknown_key_status)
        if asked_of(request).get("accountType") != "UNIFIED":
            raise refusal(request, 10001, "accountType only support UNIFIED.")
        return ok(request, wallet())

    def account_info(self, request: ReceivedRequest) -> Answer:
        """``GET /v5/account/info``."""
        check(request, self.account, self.settings.unknown_key_status)
        return ok(request, account_mode())

    def api_key(self, request: ReceivedRequest) -> Answer:
        """``GET /v5/user/query-api``."""
        check(request, self.account, self.settings.unknown_key_status)
        return ok(request, key_facts(self.account))

    def markets(self, request: ReceivedRequest) -> Answer:
        """``GET /v5/market/instruments-info``; public."""
        asked = asked_of(request)
        category = self._category(request, asked)
        return ok(request, instruments(request, asked, category))

    def time(self, request: ReceivedRequest) -> Answer:
        """``GET /v5/market/time``; public."""
        now_ms = request.now_ms
        return ok(request, {"timeSecond": str(now_ms // 1000), "timeNano": str(now_ms * 1_000_000)})

    # -- orders without a signature

    def next_id(self, kind: str) -> str:
        """Return the next id of a spot order: a number."""
        return self.next_id_in("", kind)

    def next_id_in(self, among: str, kind: str) -> str:  # noqa: ARG002  all kinds are numbered together
        """Return the next id: a number for spot, a UUID for contracts."""
        if among == LINEAR:
            return str(uuid.UUID(int=self._draw.getrandbits(128), version=4))
        return str(next(self._numbers))

    def spelled(self, symbol: str) -> str:
        """Return a symbol in capitals, without the slash and the settle coin that others write."""
        return symbol.upper().partition(":")[0].replace("/", "")

    def admitted_to(self, among: str, order: PaperOrder) -> PaperOrder:
        """Return an order of the admin API, with the details that this venue stores."""
        return admitted(order, among or SPOT)

    # -- helpers

    def _asked(self, request: ReceivedRequest, *, trading: bool = False) -> tuple[dict[str, Any], str]:
        """Return the parameters of a signed request, and its category."""
        check(request, self.account, self.settings.unknown_key_status)
        if trading and not self.account.may_trade:
            raise refusal(request, 10005)
        asked = asked_of(request)
        return asked, self._category(request, asked)

    def _category(self, request: ReceivedRequest, asked: Mapping[str, Any]) -> str:
        category = asked.get("category")
        if category not in CATEGORIES:
            raise refusal(request, 10001, "params error: category invalid")
        return str(category)

    def _symbol(self, request: ReceivedRequest, asked: Mapping[str, Any], category: str) -> str:
        symbol = asked.get("symbol")
        if self._books.knows(category, symbol):
            return str(symbol)
        if category == SPOT:
            raise refusal(request, 170121)
        raise refusal(request, 10001, "params error: symbol invalid")

    def _needs_scope(self, request: ReceivedRequest, asked: Mapping[str, Any]) -> None:
        if not any(name in asked for name in ("symbol", "baseCoin", "settleCoin")):
            raise refusal(
                request,
                10001,
                "Missing some parameters that must be filled in, symbol or settleCoin or baseCoin",
            )


def _among(category: str) -> str:
    """Return the name of the book that has a category's orders."""
    return LINEAR if category == LINEAR else ""


def _is_one(asked: Mapping[str, Any]) -> bool:
    """Return whether a request names an order."""
    return any(name in asked for name in _NAMES)


def _names(order: PaperOrder, category: str) -> dict[str, str]:
    return {"orderId": order.order_id, "orderLinkId": link_id(order, category)}
