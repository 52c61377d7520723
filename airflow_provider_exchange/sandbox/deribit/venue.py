"""The calls of the paper Deribit."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal

from airflow_provider_exchange.sandbox.book import Book, Cancel, PaperOrder
from airflow_provider_exchange.sandbox.cancelling import cancel_one
from airflow_provider_exchange.sandbox.deribit.account import PAPER_ACCOUNT, DeribitAccount
from airflow_provider_exchange.sandbox.deribit.answers import failed, ok, refusal
from airflow_provider_exchange.sandbox.deribit.markets import KINDS, MARKETS, instrument_named, listed
from airflow_provider_exchange.sandbox.deribit.parameters import CURRENCIES, ORDER_ID, Parameters
from airflow_provider_exchange.sandbox.deribit.placing import LONGEST_LABEL, PARAMETERS, read_order
from airflow_provider_exchange.sandbox.deribit.shapes import (
    ASKED_TYPES,
    PLACED,
    TRIGGER_TYPES,
    TYPES,
    is_asked_for,
    shown,
)
from airflow_provider_exchange.sandbox.deribit.signing import check
from airflow_provider_exchange.sandbox.deribit.triggers import Triggers
from airflow_provider_exchange.sandbox.protocol import Answer, ReceivedRequest, route
from airflow_provider_exchange.sandbox.venue import PaperVenue

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

KEPT_MS = 30 * 60_000
"""How long an order is known after it has ended."""

ENDED_CODES = {"not_open_order": 11044, "already_closed": 10010, "order_not_found": 10004}


@dataclass(frozen=True)
class DeribitSettings:
    """
    Settings for what the vendor leaves open.

    :param ended: what a cancel of an order that has ended is answered.
    :param triggered: whether an order whose price was reached is still known by its id.
    """

    ended: Literal["not_open_order", "already_closed", "order_not_found"] = "not_open_order"
    triggered: Literal["known", "forgotten"] = "known"


class PaperDeribit(PaperVenue[DeribitAccount, DeribitSettings]):
    """The paper Deribit, whose book has the orders of every currency and kind."""

    name = "deribit"
    title = "Deribit"
    conn_type = "ccxt"
    prefixes = ("/api/v2/private/", "/api/v2/public/get_time", "/api/v2/public/get_instruments")
    listed_markets = tuple(MARKETS)
    account = PAPER_ACCOUNT
    settings = DeribitSettings()
    data_fields = ("result",)
    signature_fields = frozenset()
    passing_fields = frozenset()
    limits = MappingProxyType(
        {
            "place_buy": (20, 4),
            "place_sell": (20, 4),
            "cancel_order": (20, 4),
            "cancel_all_orders": (20, 4),
            "cancel_labelled_orders": (20, 4),
            "markets": (5, 5),
            "*": (100, 5),
        }
    )
    order_places = MappingProxyType(
        {
            "order_id": ("order_id",),
            "symbol": ("instrument_name",),
            "client_order_id": ("label",),
            "side": ("direction",),
            "state": ("order_state",),
            "price": ("price",),
            "quantity": ("amount",),
            "created_at": ("creation_timestamp",),
        }
    )

    def __init__(self, book: Book, account: DeribitAccount | None = None) -> None:
        super().__init__(book, account)
        self._numbers = itertools.count(104_819_327_443)
        self._triggers = Triggers(book, self.new_id)
        private, public = "/api/v2/private", "/api/v2/public"
        self.routes = (
            route("place_buy", "GET", f"{private}/buy", self.buy, mutating=True),
            route("place_sell", "GET", f"{private}/sell", self.sell, mutating=True),
            route("cancel_order", "GET", f"{private}/cancel", self.cancel_order, mutating=True),
            route("cancel_all_orders", "GET", f"{private}/cancel_all", self.cancel_all_orders, mutating=True),
            route(
                "cancel_labelled_orders", "GET", f"{private}/cancel_by_label", self.cancel_labelled, mutating=True
            ),
            route("open_orders", "GET", f"{private}/get_open_orders", self.open_orders, lists=True),
            route(
                "open_orders_of_instrument",
                "GET",
                f"{private}/get_open_orders_by_instrument",
                self.open_orders_of_instrument,
                lists=True,
            ),
            route("history", "GET", f"{private}/get_order_history_by_instrument", self.order_history, lists=True),
            route("order", "GET", f"{private}/get_order_state", self.order),
            route("positions", "GET", f"{private}/get_positions", self.positions),
            route("markets", "GET", f"{public}/get_instruments", self.markets),
            route("time", "GET", f"{public}/get_time", self.time),
        )

    # -- errors

    def too_many_requests(self) -> Answer:
        """Return the refusal of a client that sends too much."""
        return failed(self.book.now_ms(), 10028, {"wait": 1000}, 429)

    def no_such_path(self) -> Answer:
        """Return the answer for a method that there is not."""
        return failed(self.book.now_ms(), -32601, status=404)

    # -- placing

    def buy(self, request: ReceivedRequest) -> Answer:
        """``private/buy``."""
        return self._place(request, "BUY")

    def sell(self, request: ReceivedRequest) -> Answer:
        """``private/sell``."""
        return self._place(request, "SELL")

    def _place(self, request: ReceivedRequest, side: str) -> Answer:
        asked = self._asked(request, PARAMETERS, trading=True)
        order = read_order(request, asked, side, asked.instrument(MARKETS, self.book), self.new_id)
        return ok(request, {"order": shown(self._triggers.put(order)), "trades": []})

    # -- cancelling

    def cancel_order(self, request: ReceivedRequest) -> Answer:
        """``private/cancel``: one order by its id, whatever its instrument."""
        order_id = self._asked(request, ("order_id",), trading=True).order_id()
        known = self.book.get(order_id)
        if known is None or not self._is_known(known, request.now_ms):
            raise refusal(request, 10004)
        outcome, order = cancel_one(self.book, order_id, request.behaviour)
        if outcome is Cancel.REFUSED:
            raise refusal(request, 10041)
        if outcome is Cancel.DEAD or order is None:
            raise refusal(request, ENDED_CODES[self.settings.ended])
        return ok(request, shown(order))

    def cancel_all_orders(self, request: ReceivedRequest) -> Answer:
        """``private/cancel_all``: every order of the account."""
        self._asked(request, trading=True)
        return ok(request, self._cancel_each(request, lambda _order: True))

    def cancel_labelled(self, request: ReceivedRequest) -> Answer:
        """``private/cancel_by_label``: every order that has a label."""
        label = self._asked(request, ("label", "currency"), trading=True).text("label")
        return ok(request, self._cancel_each(request, lambda order: order.client_order_id == label))

    def _cancel_each(self, request: ReceivedRequest, picks: Callable[[PaperOrder], bool]) -> int:
        chosen = [order for order in self.book if order.state.live and picks(order)]
        for order in chosen:
            cancel_one(self.book, order.order_id, request.behaviour, order.symbol)
        return len(chosen)

    # -- reading

    def open_orders(self, request: ReceivedRequest) -> Answer:
        """``private/get_open_orders``: those of every currency and kind, unless asked for some."""
        asked = self._asked(request, ("kind", "type"))
        kind = asked.one_of("kind", (*KINDS, ""), "")
        return self._open(
            request, asked, lambda order: kind in ("", instrument_named(order.symbol).kind), "BTC-PERPETUAL"
        )

    def open_orders_of_instrument(self, request: ReceivedRequest) -> Answer:
        """``private/get_open_orders_by_instrument``."""
        asked = self._asked(request, ("instrument_name", "type"))
        symbol = asked.instrument(MARKETS, self.book)
        return self._open(request, asked, lambda order: order.symbol == symbol, symbol)

    def _open(
        self, request: ReceivedRequest, asked: Parameters, picks: Callable[[PaperOrder], bool], market: str
    ) -> Answer:
        kind = asked.one_of("type", ASKED_TYPES, "all")
        found = [
            order
            for order in self.book.view(request.behaviour.lag).values()
            if order.state.live and is_asked_for(order, kind) and picks(order)
        ]
        # The order that an odd_order adds waits for no price.
        listing = self.listing(request, market if kind in ("all", "limit") else None)
        return ok(request, listing.rows(listing.orders(found), shown))

    def order_history(self, request: ReceivedRequest) -> Answer:
        """``private/get_order_history_by_instrument``: ended orders, the newest first."""
        names = ("instrument_name", "count", "offset", "include_old", "include_unfilled", "historical")
        asked = self._asked(request, names)
        symbol = asked.instrument(MARKETS, self.book)
        count, offset = asked.whole("count", 20, 1, 1000), asked.whole("offset", 0, 0, 10**6)
        unfilled, old, _ = asked.flag("include_unfilled"), asked.flag("historical"), asked.flag("include_old")
        found = [
            order
            for order in self.book.view(request.behaviour.lag).values()
            if order.symbol == symbol
            and not order.state.live
            and (old or self._is_known(order, request.now_ms))
            and (unfilled or order.filled)
        ]
        listing = self.listing(request)
        newest = sorted(listing.orders(found), key=lambda order: order.updated_ms, reverse=True)
        return ok(request, listing.rows(newest[offset : offset + count], shown))

    def order(self, request: ReceivedRequest) -> Answer:
        """``private/get_order_state``: by id alone."""
        order_id = self._asked(request, ("order_id",)).order_id()
        view = self.book.view(request.behaviour.lag)
        found = [order for order in view.values() if order.order_id == order_id]
        if not found or not self._is_known(found[0], request.now_ms):
            raise refusal(request, 10004)
        return ok(request, shown(found[0]))

    def positions(self, request: ReceivedRequest) -> Answer:
        """``private/get_positions``: the account has none."""
        asked = self._asked(request, ("currency", "kind", "subaccount_id"))
        asked.one_of("currency", (*CURRENCIES, "any"), "any")
        return ok(request, [])

    def markets(self, request: ReceivedRequest) -> Answer:
        """``public/get_instruments``."""
        asked = Parameters(request, ("currency", "kind", "expired"))
        currency = asked.one_of("currency", (*CURRENCIES, "any"), "any")
        kind = asked.one_of("kind", (*KINDS, ""), "")
        names = [
            name
            for name, market in MARKETS.items()
            if currency in ("any", market.settle) and kind in ("", market.kind) and not asked.flag("expired")
        ]
        return ok(request, [listed(name) for name in names])

    def time(self, request: ReceivedRequest) -> Answer:
        """``public/get_time``."""
        Parameters(request)
        return ok(request, request.now_ms)

    # -- orders without a signature

    def next_id(self, kind: str) -> str:
        """Return the next id; that of an order that waits for a price tells so."""
        prefix = "SLMS-" if kind in TRIGGER_TYPES else ""
        return f"{prefix}{next(self._numbers)}"

    def spelled(self, symbol: str) -> str:
        """Return a listed instrument however its letters are written."""
        return next((name for name in MARKETS if name.upper() == symbol.upper()), symbol)

    def admitted(self, order: PaperOrder) -> PaperOrder:
        """Return an order of the admin API, if this venue can have it."""
        if not ORDER_ID.fullmatch(order.order_id):
            raise ValueError(f"Deribit's order ids end with digits after capitals, unlike {order.order_id!r}")
        if len(order.client_order_id) > LONGEST_LABEL:
            raise ValueError("Deribit's labels have up to 64 characters")
        if order.type not in TYPES:
            raise ValueError(f"Deribit has no orders of type {order.type}; it has {', '.join(TYPES)}")
        if (order.type in TRIGGER_TYPES) != (order.stop_price is not None):
            raise ValueError("orders that wait for a price have a stop_price, and no others")
        return order

    # -- helpers

    def _asked(self, request: ReceivedRequest, known: Collection[str] = (), *, trading: bool = False) -> Parameters:
        """Return the parameters of a signed request."""
        check(request, self.account)
        if trading and not self.account.may_trade:
            raise refusal(request, 13021, {"reason": "required scope is trade:read_write"})
        return Parameters(request, known)

    def _is_known(self, order: PaperOrder, now_ms: int) -> bool:
        """Return whether the venue still knows an order, which it does for a while after that has ended."""
        if PLACED in order.details and self.settings.triggered == "forgotten":
            return False
        return order.state.live or now_ms - order.updated_ms <= KEPT_MS
