"""The calls of the paper Nami."""

from __future__ import annotations

import itertools
import re
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from airflow_provider_exchange.sandbox.book import Book, Cancel, PaperOrder, State
from airflow_provider_exchange.sandbox.cancelling import cancel_one, passed_over
from airflow_provider_exchange.sandbox.markets import NAMI_ASSETS, NAMI_SYMBOLS
from airflow_provider_exchange.sandbox.nami.errors import bad_parameters, business, gateway
from airflow_provider_exchange.sandbox.nami.shapes import brief, listed, market, past
from airflow_provider_exchange.sandbox.nami.signing import checked_parameters
from airflow_provider_exchange.sandbox.protocol import Answer, Call, Refusal, Route, positive, route

if TYPE_CHECKING:
    from collections.abc import Sequence

    from airflow_provider_exchange.sandbox.accounts import HmacAccount


class Nami:
    """
    :param book: the account's orders.
    :param account: whose requests are let in.
    :param batch_signing: which reading of the unwritten rule for a batch's signature is accepted:
        ``url_search_params``, ``json``, or ``refuse`` for none.
    :param error_status: the HTTP status of business errors: the vendor uses 400 and, at times, 200.
    """

    name = "nami"
    prefixes = ("/api/v4/", "/api/v3/spot/")

    def __init__(
        self,
        book: Book,
        account: HmacAccount,
        *,
        batch_signing: str = "url_search_params",
        error_status: int = 400,
    ) -> None:
        self.book = book
        self.account = account
        self.batch_signing = batch_signing
        self.error_status = error_status
        self._numbers = itertools.count(435372)
        self.routes: Sequence[Route] = (
            route("place_order", "POST", "/api/v4/spot/order", self.place_order, mutating=True),
            route("cancel_order", "DELETE", "/api/v4/spot/order", self.cancel_order, mutating=True),
            route("cancel_orders", "DELETE", "/api/v4/spot/all_order", self.cancel_orders, mutating=True),
            route("open_orders", "GET", "/api/v4/spot/open", self.open_orders),
            route("history", "GET", "/api/v4/spot/history", self.history),
            route("balance", "GET", "/api/v4/user/balance", self.balance),
            route("spot_config", "GET", "/api/v3/spot/config", self.spot_config),
        )

    # -- the vendor's ways to say no

    def too_many_requests(self) -> Answer:
        """429 in the gateway's shape."""
        return gateway(429, "Too Many Requests", "Too Many Requests")

    def no_such_path(self) -> Answer:
        """404 in the gateway's shape."""
        return gateway(404, "Not Found", "Not Found")

    def told(self, refusal: Refusal) -> Answer:
        """A refusal, business errors under the HTTP status this exchange is set to."""
        answer = refusal.answer
        return replace(answer, status=self.error_status) if "code" in answer.body else answer

    def _parameters(self, call: Call) -> dict[str, Any]:
        return checked_parameters(call, self.account, self.batch_signing)

    # -- the calls

    def place_order(self, call: Call) -> Answer:
        """``POST /spot/order``; the vendor shows the parameters in the body and in the query."""
        asked = self._parameters(call)
        self._must_trade()
        symbol, side, kind = (str(asked.get(key, "")) for key in ("symbol", "side", "type"))
        if symbol not in NAMI_SYMBOLS:
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
                self.next_id(kind),
                symbol,
                side,
                kind,
                quantity,
                price,
                call.now_ms,
                call.now_ms,
                State.WAITING if kind == "STOP_LIMIT" else State.OPEN,
                stop_price=stop if kind == "STOP_LIMIT" else None,
            )
        )
        if kind == "MARKET":
            order = self.book.fill(order.order_id)
        return _ok(brief(order))

    def cancel_order(self, call: Call) -> Answer:
        """``DELETE /spot/order``."""
        asked = self._parameters(call)
        order_id, symbol = asked.get("displayingId"), asked.get("symbol")
        notify = asked.get("allowNotification", False)
        if not isinstance(order_id, str) or not isinstance(symbol, str) or not isinstance(notify, bool):
            raise bad_parameters()
        self._must_trade()
        return _ok(brief(self._cancelled(call, order_id, symbol)))

    def cancel_orders(self, call: Call) -> Answer:
        """``DELETE /spot/all_order``: the orders named in the body, and no others."""
        asked = self._parameters(call)
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
        refused = call.behaviour.first("refuse_cancel")
        if refused is not None and not refused.orders:
            raise business("BROKER_ERROR")
        done = []
        for place, (order_id, symbol) in enumerate(members):
            if passed_over(call.behaviour, place, order_id):
                continue
            try:
                done.append(brief(self._cancelled(call, order_id, symbol)))
            except Refusal:
                continue
        return _ok(done)

    def open_orders(self, call: Call) -> Answer:
        """``GET /spot/open``: every live order, newest first."""
        asked = self._parameters(call)
        wanted = asked.get("filterByPair")
        orders = [
            listed(order)
            for order in reversed(self.book.view(call.behaviour.lag).values())
            if order.state.live and wanted in (None, order.symbol)
        ]
        return _ok({"orders": orders})

    def history(self, call: Call) -> Answer:
        """``GET /spot/history``: finished orders, a page at a time."""
        asked = self._parameters(call)
        size, page = (_whole(asked.get(key), default) for key, default in (("pageSize", 10), ("page", 1)))
        since, until = (_moment(asked.get(key)) for key in ("timeFrom", "timeTo"))
        hide = asked.get("hideCanceled", "false")
        if hide not in ("true", "false"):
            raise bad_parameters()
        found = [
            order
            for order in reversed(self.book.view(call.behaviour.lag).values())
            if not order.state.live
            and asked.get("symbol") in (None, order.symbol)
            and asked.get("side") in (None, order.side, order.side.lower())
            and not (hide == "true" and order.state is State.CANCELLED)
            and (since is None or since <= order.created_ms)
            and (until is None or order.created_ms <= until)
        ]
        found.sort(key=lambda order: -order.created_ms)
        size = min(size, 100)
        return _ok([past(order) for order in found[(page - 1) * size : page * size]])

    def balance(self, call: Call) -> Answer:
        """``GET /user/balance``."""
        self._parameters(call)
        return _ok({str(asset): {"value": 1000, "locked_value": 0, "type": 0} for asset in NAMI_ASSETS.values()})

    def spot_config(self, call: Call) -> Answer:
        """``GET /api/v3/spot/config``: the markets; public."""
        wanted = dict(parse_qsl(call.query)).get("symbol")
        return _ok([market(symbol) for symbol in NAMI_SYMBOLS if wanted in (None, symbol)])

    # -- helpers

    def next_id(self, kind: str) -> str:  # noqa: ARG002  every venue names its orders by their kind
        """A fresh order id."""
        return str(next(self._numbers))

    def admitted(self, order: PaperOrder) -> PaperOrder:
        """An order of the admin API, as this venue keeps it."""
        return order

    def _must_trade(self) -> None:
        if not self.account.may_trade:
            raise business("TRADE_NOT_ALLOWED")

    def _cancelled(self, call: Call, order_id: str, symbol: str) -> PaperOrder:
        known = self.book.get(order_id)
        if symbol not in NAMI_SYMBOLS and not any(order.symbol == symbol for order in self.book):
            raise business("BAD_SYMBOL")
        if known is None or known.symbol != symbol:
            raise business("NOT_FOUND_ORDER")
        outcome, order = cancel_one(self.book, order_id, call.behaviour)
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
