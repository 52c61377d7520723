"""The paper OKX: its account, what its calls share, and what the admin API may place."""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal

from airflow_provider_exchange.sandbox.okx.account import PAPER_ACCOUNT, OkxAccount
from airflow_provider_exchange.sandbox.okx.algos import Algos
from airflow_provider_exchange.sandbox.okx.answers import listed
from airflow_provider_exchange.sandbox.okx.countdown import CancelAllAfter
from airflow_provider_exchange.sandbox.okx.errors import PARAMETER_CODES, OrderError, answer, refused
from airflow_provider_exchange.sandbox.okx.kinds import ALGO_TYPES, ALGOS_AT_ONCE, EXECUTING, ORDER_TYPES
from airflow_provider_exchange.sandbox.okx.markets import INSTRUMENTS, TYPES, family_of, instrument, type_of
from airflow_provider_exchange.sandbox.okx.orders import Orders
from airflow_provider_exchange.sandbox.okx.parameters import Parameters
from airflow_provider_exchange.sandbox.okx.placing import CLIENT_ID
from airflow_provider_exchange.sandbox.okx.signing import check, checked_body
from airflow_provider_exchange.sandbox.protocol import Answer, ReceivedRequest, Refusal, Route, plain, route
from airflow_provider_exchange.sandbox.venue import PaperVenue

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from airflow_provider_exchange.sandbox.book import Book, PaperOrder

_ORDER_ID = re.compile("[1-9][0-9]{0,19}")


@dataclass(frozen=True)
class OkxSettings:
    """
    Settings for what the vendor leaves open or documents in two ways.

    :param environment: where the account's key is valid; a request to ``demo`` says that it is one in a header.
    :param large_limit: whether a ``limit`` beyond the maximum is capped to it, or refused.
    :param parameter_status: the HTTP status of errors that name a parameter.
    :param countdown_times: the unit of times in the answer of "Cancel All After": it was seen to be ms, while the
        documents show seconds.
    """

    environment: Literal["live", "demo"] = "live"
    large_limit: Literal["capped", "refused"] = "capped"
    parameter_status: Literal[400, 200] = 400
    countdown_times: Literal["ms", "seconds"] = "ms"


class PaperOkx(PaperVenue[OkxAccount, OkxSettings]):
    """The paper OKX."""

    name = "okx"
    title = "OKX"
    conn_type = "ccxt"
    prefixes = ("/api/v5/",)
    listed_markets = tuple(INSTRUMENTS)
    account = PAPER_ACCOUNT
    settings = OkxSettings()
    other_books = ("algo",)
    limits = MappingProxyType(
        {
            "place_order": (60, 2),
            "place_orders": (300, 2),
            "cancel_order": (60, 2),
            "cancel_orders": (300, 2),
            "order": (60, 2),
            "open_orders": (60, 2),
            "history": (40, 2),
            "history_archive": (20, 2),
            "place_algo_order": (20, 2),
            "cancel_algo_orders": (20, 2),
            "algo_order": (20, 2),
            "open_algo_orders": (20, 2),
            "algo_history": (20, 2),
            "cancel_all_after": (1, 1),
            "instruments": (20, 2),
            "account_instruments": (20, 2),
            "balance": (10, 2),
            "account_config": (5, 2),
            "time": (10, 2),
        }
    )
    """As documented, but for all instruments together, and with batches that count as one order each."""
    order_places = MappingProxyType(
        {
            "order_id": ("ordId",),
            "symbol": ("instId",),
            "client_order_id": ("clOrdId",),
            "side": ("side",),
            "state": ("state",),
            "price": ("px",),
            "quantity": ("sz",),
            "created_at": ("cTime",),
        }
    )

    def __init__(self, book: Book, account: OkxAccount | None = None) -> None:
        super().__init__(book, account)
        self._numbers = itertools.count(1_752_588_852_617_379_840, 65_536)
        orders = Orders(self)
        self.routes: Sequence[Route] = (
            *orders.routes(),
            *Algos(self, orders).routes(),
            *CancelAllAfter(self).routes(),
            route("instruments", "GET", "/api/v5/public/instruments", self.instruments),
            route("account_instruments", "GET", "/api/v5/account/instruments", self.account_instruments),
            route("balance", "GET", "/api/v5/account/balance", self.balance),
            route("account_config", "GET", "/api/v5/account/config", self.account_config),
            route("time", "GET", "/api/v5/public/time", self.time),
        )

    # -- errors

    def too_many_requests(self) -> Answer:
        """Return the 429."""
        return answer("50011")

    def no_such_path(self) -> Answer:
        """Return the 404."""
        return Answer({"code": "404", "msg": "Not Found", "data": {}}, 404)

    def told(self, refusal: Refusal) -> Answer:
        """Return a refusal; errors that name a parameter have the configured HTTP status."""
        answered = refusal.answer
        if answered.body["code"] not in PARAMETER_CODES:
            return answered
        return replace(answered, status=self.settings.parameter_status)

    # -- what all calls need

    def parameters_of(self, request: ReceivedRequest) -> Parameters:
        """
        Return the query of a signed read.

        :raises Refusal: the request is not let in.
        """
        check(request, self.account, self.settings.environment)
        return Parameters(request)

    def body_of(self, request: ReceivedRequest, kind: type) -> Any:
        """
        Return the body of a signed request that changes something.

        :param kind: what the call takes: a dict, or a list of them.
        :raises Refusal: the request is not let in, or has another body.
        """
        check(request, self.account, self.settings.environment)
        if not self.account.may_trade:
            raise refused("50120")
        return checked_body(request, kind)

    def check_instrument(self, symbol: str) -> None:
        """
        Check an instrument that a read names.

        :raises Refusal: there is none of this name.
        """
        if not self._knows(symbol):
            raise refused("51001")

    def instrument_named(self, asked: Mapping[str, Any]) -> str:
        """
        Return the instrument of one order in a request.

        :raises OrderError: it is missing, or there is none of this name.
        """
        symbol = asked.get("instId")
        if not symbol:
            raise OrderError("50014", "instId")
        if not isinstance(symbol, str) or not self._knows(symbol):
            raise OrderError("51001")
        return symbol

    def _knows(self, symbol: str) -> bool:
        books = (self.book, *self.others.values())
        return symbol in INSTRUMENTS or any(order.symbol == symbol for book in books for order in book)

    # -- the account, and what is public

    def instruments(self, request: ReceivedRequest) -> Answer:
        """``GET /public/instruments``; public."""
        return self._instruments(Parameters(request))

    def account_instruments(self, request: ReceivedRequest) -> Answer:
        """``GET /account/instruments``: the same, for those that the account may trade, which are all."""
        return self._instruments(self.parameters_of(request))

    def _instruments(self, asked: Parameters) -> Answer:
        asked.required("instType")
        kind, symbol, family = asked.one_of("instType", TYPES), asked.text("instId"), asked.text("instFamily")
        family = family or asked.text("uly")
        if kind == "OPTION" and not family:
            raise refused("50015", "instFamily", "uly")
        if symbol and symbol not in INSTRUMENTS:
            raise refused("51001")
        rows = [
            instrument(number, name) | ({"instType": kind} if kind == "MARGIN" else {})
            for number, name in enumerate(INSTRUMENTS)
            if type_of(name) == ("SPOT" if kind == "MARGIN" else kind)
            and symbol in ("", name)
            and family in ("", family_of(name))
        ]
        return listed(rows)

    def balance(self, request: ReceivedRequest) -> Answer:
        """``GET /account/balance``."""
        wanted = self.parameters_of(request).text("ccy")
        owned = sorted({name for symbol in INSTRUMENTS for name in symbol.split("-")[:2] if name.isalpha()})
        row = {"availBal": "1000", "availEq": "1000", "cashBal": "1000", "eq": "1000", "eqUsd": "1000"}
        moment = {"uTime": str(request.now_ms)}
        details = [
            {**row, **moment, "ccy": name, "frozenBal": "0", "ordFrozen": "0", "upl": "0"}
            for name in owned
            if not wanted or name in wanted.split(",")
        ]
        total = str(1000 * len(owned))
        return listed([{"details": details, "totalEq": total, **moment}])

    def account_config(self, request: ReceivedRequest) -> Answer:
        """``GET /account/config``, which tells what the key may do."""
        self.parameters_of(request)
        row = {
            "acctLv": "2",
            "acctStpMode": "cancel_maker",
            "autoLoan": False,
            "ip": "",
            "label": "paper",
            "level": "Lv1",
            "mainUid": "44705892343619584",
            "perm": ",".join(self.account.permissions),
            "posMode": "net_mode",
            "roleType": "0",
            "type": "0",
            "uid": "44705892343619584",
        }
        return listed([row])

    def time(self, request: ReceivedRequest) -> Answer:
        """``GET /public/time``; public."""
        return listed([{"ts": str(request.now_ms)}])

    # -- orders without a signature

    def next_id(self, kind: str) -> str:  # noqa: ARG002  (all kinds are numbered together)
        """Return the next number, which is higher than all before it."""
        return str(next(self._numbers))

    def spelled(self, symbol: str) -> str:
        """Return an instrument in capitals."""
        return symbol.upper()

    def admitted_to(self, among: str, order: PaperOrder) -> PaperOrder:
        """Return an order of the admin API for one of the books; see :meth:`admitted`."""
        return self._admitted_algo(order) if among else self.admitted(order)

    def admitted(self, order: PaperOrder) -> PaperOrder:
        """Return an ordinary order of the admin API, with the details that this venue stores."""
        kind = order.type.lower()
        if order.stop_price is not None or kind in ALGO_TYPES:
            raise ValueError("OKX keeps stop orders and other algo orders in a book of their own, okx_algo")
        if kind not in ORDER_TYPES:
            raise ValueError(f"OKX has no orders of type {order.type!r}, but {', '.join(sorted(ORDER_TYPES))}")
        return _named(replace(order, type=kind))

    def _admitted_algo(self, order: PaperOrder) -> PaperOrder:
        kind = "trigger" if order.type == "STOP_LIMIT" else order.type.lower()
        if kind not in ALGO_TYPES:
            raise ValueError(f"OKX's algo orders are {', '.join(sorted(ALGO_TYPES))}; {order.type!r} is none")
        if order.stop_price is None and kind not in EXECUTING:
            raise ValueError(f"an algo order of type {kind} waits for a stop_price")
        details = dict(order.details)
        if kind in ALGOS_AT_ONCE:
            details |= {"slTriggerPx": plain(order.stop_price), "slOrdPx": plain(order.price)}
            details |= {"slTriggerPxType": "last"}
        if kind == "oco":
            details |= {"tpTriggerPx": plain(order.price), "tpOrdPx": "-1", "tpTriggerPxType": "last"}
        if kind == "move_order_stop":
            details.setdefault("callbackRatio", "0.05")
        return _named(replace(order, type=kind, details=details))


def _named(order: PaperOrder) -> PaperOrder:
    """Return an order whose names were checked, with how it is traded."""
    if not _ORDER_ID.fullmatch(order.order_id):
        raise ValueError(f"OKX's order ids are numbers of up to 20 digits, which {order.order_id!r} is not")
    if order.client_order_id and not CLIENT_ID.fullmatch(order.client_order_id):
        raise ValueError("OKX's client order ids are up to 32 letters and digits")
    if order.symbol.count("-") < 1:
        raise ValueError(f"OKX's instruments are called like BTC-USDT or BTC-USDT-SWAP, unlike {order.symbol!r}")
    mode = "cash" if type_of(order.symbol) == "SPOT" else "cross"
    return replace(order, details=MappingProxyType({"tdMode": mode, **order.details}))
