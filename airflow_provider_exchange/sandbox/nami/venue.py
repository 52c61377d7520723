"""The calls of the paper Nami."""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import parse_qsl

from airflow_provider_exchange.sandbox.book import Book, Cancel, PaperOrder, State
from airflow_provider_exchange.sandbox.cancelling import cancel_one, passed_over
from airflow_provider_exchange.sandbox.nami.account import PAPER_ACCOUNT, NamiAccount
from airflow_provider_exchange.sandbox.nami.errors import bad_parameters, business, gateway
from airflow_provider_exchange.sandbox.nami.markets import ASSETS, CLOSED, SYMBOLS, joined
from airflow_provider_exchange.sandbox.nami.shapes import brief, listed, market, past
from airflow_provider_exchange.sandbox.nami.signing import checked_parameters
from airflow_provider_exchange.sandbox.protocol import Answer, ReceivedRequest, Refusal, Route, positive, route
from airflow_provider_exchange.sandbox.venue import PaperVenue

if TYPE_CHECKING:
    from collections.abc import Sequence

    from airflow_provider_exchange.sandbox.place import PlacingExchange

_ORDER_ID = re.compile("[1-9][0-9]{0,15}")


@dataclass(frozen=True)
class NamiSettings:
    """
    Settings for what the vendor leaves open or documents in two ways.

    :param batch_signing: which way to sign a batch is accepted, as none is documented; ``refuse`` for none.
    :param error_status: the HTTP status of business errors.
    :param spelling: of symbols in lists of orders: ``slash`` is ``BTC/USDT`` as on the vendor's page of the open
        list, ``hyphen`` is ``BTC-USDT`` as on its web pages. A cancel must name ``BTCUSDT`` whatever is set.
    """

    batch_signing: Literal["url_search_params", "json", "refuse"] = "url_search_params"
    error_status: Literal[400, 200] = 400
    spelling: Literal["joined", "slash", "hyphen"] = "joined"


class PaperNami(PaperVenue[NamiAccount, NamiSettings]):
    """The paper Nami."""

    name = "nami"
    title = "Nami"
    prefixes = ("/api/v4/", "/api/v3/spot/")
    listed_markets = (*SYMBOLS, *CLOSED)
    account = PAPER_ACCOUNT
    settings = NamiSettings()
    limits = MappingProxyType({"*": (60, 60), "cancel_order": (10, 1)})
    """The vendor's older pages allow 60 requests a minute; that single cancels have their own is our choice."""
    order_places = MappingProxyType(
        {
            "order_id": ("displayingId",),
            "symbol": ("symbol",),
            "side": ("side",),
            "state": ("status",),
            "price": ("price",),
            "quantity": ("quantity",),
            "created_at": ("createdAt",),
        }
    )

    def __init__(self, book: Book, account: NamiAccount | None = None) -> None:
        super().__init__(book, account)
        self._numbers = itertools.count(435372)
        self.routes: Sequence[Route] = (
            route("place_order", "POST", "/api/v4/spot/order", self.place_order, mutating=True),
            route("cancel_order", "DELETE", "/api/v4/spot/order", self.cancel_order, mutating=True),
            route("cancel_orders", "DELETE", "/api/v4/spot/all_order", self.cancel_orders, mutating=True),
            route("open_orders", "GET", "/api/v4/spot/open", self.open_orders, lists=True),
            route("history", "GET", "/api/v4/spot/history", self.history, lists=True),
            route("balance", "GET", "/api/v4/user/balance", self.balance),
            route("spot_config", "GET", "/api/v3/spot/config", self.spot_config),
        )

    # -- errors

    def too_many_requests(self) -> Answer:
        """Return the 429, in the gateway's format."""
        return gateway(429, "Too Many Requests", "Too Many Requests")

    def no_such_path(self) -> Answer:
        """Return the 404, in the gateway's format."""
        return gateway(404, "Not Found", "Not Found")

    def told(self, refusal: Refusal) -> Answer:
        """Return a refusal; business errors have the configured HTTP status."""
        answer = refusal.answer
        return replace(answer, status=self.settings.error_status) if "code" in answer.body else answer

    def _parameters(self, request: ReceivedRequest) -> dict[str, Any]:
        return checked_parameters(request, self.account, self.settings.batch_signing)

    # -- the calls

    def place_order(self, request: ReceivedRequest) -> Answer:
        """``POST /spot/order``; the vendor shows the parameters in the body and in the query."""
        asked = self._parameters(request)
        self._must_trade()
        symbol, side, kind = (str(asked.get(key, "")) for key in ("symbol", "side", "type"))
        if symbol not in SYMBOLS:
            raise business("BAD_SYMBOL")
        if side not in ("BUY", "SELL"):
            raise business("INVALID_SIDE")
        if kind not in ("LIMIT", "MARKET", "STOP_LIMIT"):
            raise business("INVALID_ORDER_TYPE")
        quantity = positive(asked.get("quantity"))
        price = positive(asked.get("price"))
        stop = positive(asked.get("stopPrice"))
        if quantity is None or price is None or (kind == "STOP_LIMIT" and stop is None):
            raise bad_parameters()
        order = self.book.place(
            PaperOrder(
                self.new_id(kind),
                symbol,
                side,
                kind,
                quantity,
                price,
                request.now_ms,
                request.now_ms,
                State.WAITING if kind == "STOP_LIMIT" else State.OPEN,
                stop_price=stop if kind == "STOP_LIMIT" else None,
            )
        )
        if kind == "MARKET":
            order = self.book.fill(order.order_id, symbol=symbol)
        return _ok(brief(order))

    def cancel_order(self, request: ReceivedRequest) -> Answer:
        """``DELETE /spot/order``."""
        asked = self._parameters(request)
        order_id, symbol = asked.get("displayingId"), asked.get("symbol")
        notify = asked.get("allowNotification", False)
        if not isinstance(order_id, str) or not isinstance(symbol, str) or not isinstance(notify, bool):
            raise bad_parameters()
        self._must_trade()
        return _ok(brief(self._cancelled(request, order_id, symbol)))

    def cancel_orders(self, request: ReceivedRequest) -> Answer:
        """``DELETE /spot/all_order``: the orders named in the body, and no others."""
        asked = self._parameters(request)
        named = asked.get("orders")
        if not isinstance(named, list) or not isinstance(asked.get("allowNotification", False), bool):
            raise bad_parameters()
        members = []
        for each in named:
            match each:
                case {"displayingId": int(number), "symbol": str(symbol)} if not isinstance(number, bool):
                    members.append((str(number), symbol))
                case _:
                    raise bad_parameters()
        self._must_trade()
        refused = request.behaviour.first("refuse_cancel")
        if refused is not None and not refused.names_orders:
            raise business("BROKER_ERROR")
        done = []
        for place, (order_id, symbol) in enumerate(members):
            if passed_over(request.behaviour, place, order_id, symbol):
                continue
            try:
                done.append(brief(self._cancelled(request, order_id, symbol)))
            except Refusal:
                continue
        return _ok(done)

    def open_orders(self, request: ReceivedRequest) -> Answer:
        """``GET /spot/open``: every live order, newest first."""
        asked = self._parameters(request)
        wanted = asked.get("filterByPair")
        found = [
            order
            for order in reversed(self.book.view(request.behaviour.lag).values())
            if order.state.live and (wanted is None or joined(wanted) == order.symbol)
        ]
        listing = self.listing(request, wanted or "BTCUSDT")
        shape = partial(listed, spelling=self.settings.spelling)
        return _ok({"orders": listing.rows(listing.orders(found), shape)})

    def history(self, request: ReceivedRequest) -> Answer:
        """``GET /spot/history``: finished orders, a page at a time."""
        asked = self._parameters(request)
        size, page = (_whole(asked.get(key), default) for key, default in (("pageSize", 10), ("page", 1)))
        since, until = (_moment(asked.get(key)) for key in ("timeFrom", "timeTo"))
        hide = asked.get("hideCanceled", "false")
        if hide not in ("true", "false"):
            raise bad_parameters()
        found = [
            order
            for order in reversed(self.book.view(request.behaviour.lag).values())
            if not order.state.live
            and ("symbol" not in asked or joined(asked["symbol"]) == order.symbol)
            and asked.get("side") in (None, order.side, order.side.lower())
            and not (hide == "true" and order.state is State.CANCELLED)
            and (since is None or since <= order.created_ms)
            and (until is None or order.created_ms <= until)
        ]
        found.sort(key=lambda order: -order.created_ms)
        size = min(size, 100)
        listing = self.listing(request)
        shape = partial(past, spelling=self.settings.spelling)
        return _ok(listing.rows(listing.orders(found)[(page - 1) * size : page * size], shape))

    def balance(self, request: ReceivedRequest) -> Answer:
        """``GET /user/balance``."""
        self._parameters(request)
        return _ok({str(asset): {"value": 1000, "locked_value": 0, "type": 0} for asset in ASSETS.values()})

    def spot_config(self, request: ReceivedRequest) -> Answer:
        """``GET /api/v3/spot/config``: the markets; public."""
        wanted = dict(parse_qsl(request.query)).get("symbol")
        return _ok([market(symbol) for symbol in (*SYMBOLS, *CLOSED) if wanted in (None, symbol)])

    # -- orders without a signature, and orders through a client

    def next_id(self, kind: str) -> str:  # noqa: ARG002  (all kinds are numbered together)
        """Return the next number."""
        return str(next(self._numbers))

    def spelled(self, symbol: str) -> str:
        """Return a symbol without a separator."""
        return joined(symbol)

    def admitted(self, order: PaperOrder) -> PaperOrder:
        """Return an order of the admin API; its id must be a number, and it has no client order id."""
        if not _ORDER_ID.fullmatch(order.order_id):
            raise ValueError(f"Nami's order ids are numbers of up to 16 digits, which {order.order_id!r} is not")
        if order.client_order_id:
            raise ValueError("Nami has no client order ids")
        return order

    @classmethod
    def placing_exchange(cls) -> type[PlacingExchange]:
        """Return Nami's adapter that can place orders."""
        from airflow_provider_exchange.sandbox.nami.client import PlacingNami

        return PlacingNami

    # -- helpers

    def _must_trade(self) -> None:
        if not self.account.may_trade:
            raise business("TRADE_NOT_ALLOWED")

    def _cancelled(self, request: ReceivedRequest, order_id: str, symbol: str) -> PaperOrder:
        if (
            symbol not in SYMBOLS
            and symbol not in CLOSED
            and not any(order.symbol == symbol for order in self.book)
        ):
            raise business("BAD_SYMBOL")
        if self.book.get(order_id, symbol) is None:
            raise business("NOT_FOUND_ORDER")
        outcome, order = cancel_one(self.book, order_id, request.behaviour, symbol)
        if outcome is Cancel.REFUSED:
            raise business("BROKER_ERROR")
        if outcome is Cancel.DEAD or order is None:
            raise business("NO_SUCH_ORDER")
        return order


def _ok(data: Any) -> Answer:
    return Answer({"status": "ok", "data": data})


def _whole(value: Any, default: int) -> int:
    if value is None:
        return default
    if not re.fullmatch("[1-9][0-9]{0,8}", str(value)):
        raise bad_parameters()
    return int(value)


def _moment(value: Any) -> int | None:
    if value is None:
        return None
    try:
        return round(datetime.fromisoformat(str(value)).timestamp() * 1000)
    except ValueError:
        raise bad_parameters() from None
