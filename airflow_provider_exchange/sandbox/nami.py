"""
The paper Nami: spot orders under ``/api/v4/spot``, after the vendor's API pages.

Where the pages are silent, this exchange decides: the history holds finished orders, newest first, pages
count from 1; an unknown order is ``NOT_FOUND_ORDER``, a finished one ``NO_SUCH_ORDER``; timestamps may be
five seconds off.
"""

from __future__ import annotations

import hashlib
import hmac
import itertools
import json
import re
import uuid
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, quote_plus

from airflow_provider_exchange.sandbox.book import Book, Cancel, PaperOrder, State
from airflow_provider_exchange.sandbox.cancelling import cancel_one
from airflow_provider_exchange.sandbox.markets import NAMI_ASSETS, NAMI_SYMBOLS
from airflow_provider_exchange.sandbox.protocol import (
    Answer,
    Call,
    Refusal,
    Route,
    number,
    positive,
    route,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from airflow_provider_exchange.sandbox.accounts import HmacAccount

TIMESTAMP_WINDOW_MS = 5_000
"""How far a request's timestamp may be from the venue's clock. Not documented by the vendor."""

CODES: Mapping[str, int] = {
    "UNKNOWN": 1000,
    "INVALID_ORDER_TYPE": 1110,
    "INVALID_SIDE": 1111,
    "BAD_SYMBOL": 1112,
    "INVALID_REQUEST_ID": 1112,
    "NO_SUCH_ORDER": 2013,
    "TRADE_NOT_ALLOWED": 3004,
    "ACCOUNT_BAN_TRADE": 3005,
    "NOT_FOUND_ORDER": 6101,
    "NOT_ENOUGH_BASE_ASSET": 6102,
    "NOT_ENOUGH_QUOTE_ASSET": 6103,
    "BROKER_ERROR": 6104,
}
"""The vendor's error names with their numbers; one number is used twice."""

_WORDS = {
    State.WAITING: "NEW",
    State.OPEN: "NEW",
    State.CANCELLING: "NEW",
    State.FILLED: "FILLED",
    State.CANCELLED: "CANCELED",
    State.EXPIRED: "EXPIRED",
    State.REJECTED: "REJECTED",
}


def javascript_text(value: Any, *, objects: str = "url_search_params") -> str:
    """
    What JavaScript's ``URLSearchParams`` makes of a JSON value before encoding it.

    :param objects: how arrays and objects read: ``url_search_params`` takes the language at its word
        (``[object Object]``), ``json`` writes compact JSON.
    """
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None:
        return "null"
    if isinstance(value, int | float):
        return _javascript_number(value)
    if isinstance(value, str):
        return value
    if objects == "json":
        return json.dumps(value, separators=(",", ":"), ensure_ascii=False)
    if isinstance(value, list):
        return ",".join("" if each is None else javascript_text(each) for each in value)
    return "[object Object]"


def _javascript_number(value: float) -> str:
    exact = Decimal(repr(float(value)))
    if exact == 0:
        return "0"
    if Decimal("1e-6") <= abs(exact) < Decimal("1e21"):
        text = f"{exact:f}"
        return text.rstrip("0").rstrip(".") if "." in text else text
    mantissa, _, exponent = f"{exact.normalize():e}".partition("e")
    return f"{mantissa}e{int(exponent):+d}"


def form_encoded(pairs: Sequence[tuple[str, str]]) -> str:
    """The text ``new URLSearchParams(pairs).toString()`` gives."""

    def encoded(text: str) -> str:
        return quote_plus(text, safe="*-._").replace("~", "%7E")

    return "&".join(f"{encoded(key)}={encoded(value)}" for key, value in pairs)


def signature_matches(secret: str, text: str, signature: str) -> bool:
    """Whether ``signature`` is the hex HMAC-SHA256 of ``text``. Takes the same time either way."""
    wanted = hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest()
    return hmac.compare_digest(wanted.encode(), signature.encode("utf-8", "surrogateescape"))


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
        return _gateway(429, "Too Many Requests", "Too Many Requests")

    def no_such_path(self) -> Answer:
        """404 in the gateway's shape."""
        return _gateway(404, "Not Found", "Not Found")

    def refusal(self, error: str) -> Refusal:
        """A business error by its name."""
        body = {
            "status": error,
            "code": CODES[error],
            "data": {"requestId": str(uuid.uuid4())},
            "message": None,
        }
        return Refusal(Answer(body, self.error_status))

    # -- who is asking

    def _parameters(self, call: Call) -> dict[str, Any]:
        """
        The signed parameters of a request, once its key, signature and timestamp have been checked.

        :raises Refusal: they do not hold.
        """
        if call.body and call.method != "GET":
            parameters, signature, readings = self._from_body(call.body)
        else:
            parameters, signature, readings = self._from_query(call.query)
        key = call.headers.get("x-api-key", "")
        if not key or not signature or "timestamp" not in parameters:
            raise Refusal(_gateway(401, "Missing API key, signature, or timestamp", "Unauthorized"))
        if not hmac.compare_digest(key.encode("utf-8", "surrogateescape"), self.account.key.encode()):
            raise Refusal(_gateway(401, "Invalid API key", "Unauthorized"))
        if not any(signature_matches(self.account.secret, text, signature) for text in readings):
            raise Refusal(_gateway(401, "Invalid signature", "Unauthorized"))
        stamp = str(parameters.pop("timestamp"))
        if not re.fullmatch("[0-9]{1,17}", stamp):
            raise _bad_parameters()
        if abs(int(stamp) - call.now_ms) > TIMESTAMP_WINDOW_MS:
            raise Refusal(_gateway(401, "Timestamp outside of the allowed window", "Unauthorized"))
        return parameters

    def _from_query(self, query: str) -> tuple[dict[str, Any], str, list[str]]:
        signed, _, signature = query.rpartition("&signature=")
        try:
            pairs = parse_qsl(signed, keep_blank_values=True, strict_parsing=True, errors="strict")
        except ValueError:
            pairs = []
        parameters = dict(pairs)
        canonical = form_encoded(pairs) == signed and len(parameters) == len(pairs)
        return parameters, signature, [signed] if canonical else []

    def _from_body(self, body: bytes) -> tuple[dict[str, Any], str, list[str]]:
        try:
            pairs: list[tuple[str, Any]] = json.loads(body, object_pairs_hook=_members)
            if not isinstance(pairs, _Members):
                raise _bad_parameters()
        except ValueError:
            raise _bad_parameters() from None
        if len({key for key, _ in pairs}) != len(pairs):
            raise _bad_parameters()
        values = {key: _plain(value) for key, value in pairs}
        signature = values.pop("signature", "")
        nested = any(isinstance(value, list | dict) for value in values.values())
        if nested and self.batch_signing == "refuse":
            return values, str(signature), []
        texts = [(key, javascript_text(value, objects=self.batch_signing)) for key, value in values.items()]
        return values, signature if isinstance(signature, str) else "", [form_encoded(texts)]

    # -- the calls

    def place_order(self, call: Call) -> Answer:
        """``POST /spot/order``; the vendor shows the parameters in the body and in the query."""
        asked = self._parameters(call)
        self._must_trade()
        symbol, side, kind = (str(asked.get(key, "")) for key in ("symbol", "side", "type"))
        if symbol not in NAMI_SYMBOLS:
            raise self.refusal("BAD_SYMBOL")
        if side not in ("BUY", "SELL"):
            raise self.refusal("INVALID_SIDE")
        if kind not in ("LIMIT", "MARKET", "STOP_LIMIT"):
            raise self.refusal("INVALID_ORDER_TYPE")
        quantity = positive(asked.get("quantity"))
        price = positive(asked.get("price"))
        stop = positive(asked.get("stopPrice"))
        if quantity is None or price is None or (kind == "STOP_LIMIT" and stop is None):
            raise _bad_parameters()
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
        return _ok(_brief(order))

    def cancel_order(self, call: Call) -> Answer:
        """``DELETE /spot/order``."""
        asked = self._parameters(call)
        order_id, symbol = asked.get("displayingId"), asked.get("symbol")
        notify = asked.get("allowNotification", False)
        if not isinstance(order_id, str) or not isinstance(symbol, str) or not isinstance(notify, bool):
            raise _bad_parameters()
        self._must_trade()
        return _ok(_brief(self._cancelled(call, order_id, symbol)))

    def cancel_orders(self, call: Call) -> Answer:
        """``DELETE /spot/all_order``: the orders named in the body, and no others."""
        asked = self._parameters(call)
        named = asked.get("orders")
        if not isinstance(named, list) or not isinstance(asked.get("allowNotification", False), bool):
            raise _bad_parameters()
        members = []
        for each in named:
            number_, symbol = (each.get("displayingId"), each.get("symbol")) if isinstance(each, dict) else (0, 0)
            if not isinstance(number_, int) or isinstance(number_, bool) or not isinstance(symbol, str):
                raise _bad_parameters()
            members.append((str(number_), symbol))
        self._must_trade()
        if call.behaviour.first("refuse_cancel"):
            raise self.refusal("BROKER_ERROR")
        ignored = call.behaviour.first("ignore_batch_member")
        done = []
        for place, (order_id, symbol) in enumerate(members):
            if ignored is not None and place == ignored.member:
                continue
            try:
                done.append(_brief(self._cancelled(call, order_id, symbol)))
            except Refusal:
                continue
        return _ok(done)

    def open_orders(self, call: Call) -> Answer:
        """``GET /spot/open``: every live order, newest first."""
        asked = self._parameters(call)
        wanted = asked.get("filterByPair")
        orders = [
            _listed(order)
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
            raise _bad_parameters()
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
        return _ok([_past(order) for order in found[(page - 1) * size : page * size]])

    def balance(self, call: Call) -> Answer:
        """``GET /user/balance``."""
        self._parameters(call)
        return _ok({str(asset): {"value": 1000, "locked_value": 0, "type": 0} for asset in NAMI_ASSETS.values()})

    def spot_config(self, call: Call) -> Answer:
        """``GET /api/v3/spot/config``: the markets; public."""
        wanted = dict(parse_qsl(call.query)).get("symbol")
        return _ok([_market(symbol) for symbol in NAMI_SYMBOLS if wanted in (None, symbol)])

    # -- helpers

    def next_id(self, kind: str) -> str:  # noqa: ARG002  every venue names its orders by their kind
        """A fresh order id."""
        return str(next(self._numbers))

    def admitted(self, order: PaperOrder) -> PaperOrder:
        """An order of the admin API, as this venue keeps it."""
        return order

    def _must_trade(self) -> None:
        if not self.account.may_trade:
            raise self.refusal("TRADE_NOT_ALLOWED")

    def _cancelled(self, call: Call, order_id: str, symbol: str) -> PaperOrder:
        known = self.book.get(order_id)
        if symbol not in NAMI_SYMBOLS and not any(order.symbol == symbol for order in self.book):
            raise self.refusal("BAD_SYMBOL")
        if known is None or known.symbol != symbol:
            raise self.refusal("NOT_FOUND_ORDER")
        outcome, order = cancel_one(self.book, order_id, call.behaviour)
        if outcome is Cancel.REFUSED:
            raise self.refusal("BROKER_ERROR")
        if outcome is Cancel.DEAD or order is None:
            raise self.refusal("NO_SUCH_ORDER")
        return order


class _Members(list[tuple[str, Any]]):
    """A JSON object as its members in order."""


def _members(pairs: list[tuple[str, Any]]) -> _Members:
    return _Members(pairs)


def _plain(value: Any) -> Any:
    if isinstance(value, _Members):
        return {key: _plain(each) for key, each in value}
    if isinstance(value, list):
        return [_plain(each) for each in value]
    return value


def _gateway(status: int, message: str, error: str) -> Answer:
    return Answer({"statusCode": status, "message": message, "error": error}, status)


def _bad_parameters() -> Refusal:
    return Refusal(_gateway(400, "Invalid query parameters", "Bad Request"))


def _ok(data: Any) -> Answer:
    return Answer({"status": "ok", "data": data})


def _whole(value: Any, default: int) -> int:
    if value is None:
        return default
    if not re.fullmatch("[1-9][0-9]{0,8}", str(value)):
        raise _bad_parameters()
    return int(value)


def _moment(value: Any) -> int | None:
    if value is None:
        return None
    try:
        return round(datetime.fromisoformat(str(value)).timestamp() * 1000)
    except ValueError:
        raise _bad_parameters() from None


def _written(ms: int) -> str:
    moment = datetime.fromtimestamp(ms / 1000, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _word(order: PaperOrder) -> str:
    if order.state.live and order.filled:
        return "PARTIALLY_FILLED"
    return _WORDS[order.state]


def _assets(symbol: str) -> tuple[str, str]:
    return NAMI_SYMBOLS.get(symbol) or (symbol[:-4], symbol[-4:])


def _core(order: PaperOrder) -> dict[str, Any]:
    base, quote = _assets(order.symbol)
    return {
        "displayingId": int(order.order_id),
        "userId": 18,
        "symbol": order.symbol,
        "baseAsset": base,
        "baseAssetId": NAMI_ASSETS.get(base, 0),
        "quoteAsset": quote,
        "quoteAssetId": NAMI_ASSETS.get(quote, 0),
        "side": order.side,
        "type": order.type,
        "status": _word(order),
        "price": number(order.price),
        "quantity": number(order.quantity),
        "executedQty": number(order.filled),
        "quoteQty": number(order.quantity * order.price),
        "executedQuoteQty": number(order.filled * order.price),
    }


def _brief(order: PaperOrder) -> dict[str, Any]:
    """The order as the place and cancel calls answer with it: without its times."""
    core = _core(order)
    fee = order.quantity * order.price / 1000
    return {
        **core,
        "liquidityStatus": 1,
        "liquidityUsdtPrice": 1,
        "liquidityTransferPrice": core["price"],
        "liquiditySymbol": order.symbol,
        "liquidityOrderId": order.order_id,
        "feeMetadata": {
            "assetId": core["quoteAssetId"],
            "asset": core["quoteAsset"],
            "value": number(fee),
            "feeRatio": 0.001,
            "executed": number(order.filled * order.price / 1000),
        },
        "useQuoteQty": False,
        "stopPrice": number(order.stop_price) or 0,
    }


def _times(order: PaperOrder) -> dict[str, str]:
    return {"createdAt": _written(order.created_ms), "updatedAt": _written(order.updated_ms)}


def _listed(order: PaperOrder) -> dict[str, Any]:
    """The order as the open list shows it."""
    core = _core(order)
    return {
        **core,
        **_times(order),
        "stopPrice": number(order.stop_price),
        "executedPrice": core["price"] if order.filled else 0,
        "useQuoteQty": None,
        "liquiditySymbol": None,
        "liquidityUsdtPrice": 0,
        "liquidityTransferPrice": 0,
        "liquidityTransferFee": 0,
        "limitPrice": None,
        "executedType": None,
        "feeMetadata": {
            "feeMode": 0,
            "originBaseQty": core["quantity"],
            "assetId": core["quoteAssetId"],
            "value": 0,
            "feeRatio": 0.0004,
        },
        "limitOrderId": None,
        "ocoOrderId": None,
        "priceToCalLockAndFee": None,
        "stopLimitOrderId": None,
        "metadata": {},
    }


def _past(order: PaperOrder) -> dict[str, Any]:
    """The order as the history shows it."""
    core = _core(order)
    return {
        **core,
        **_times(order),
        "stopPrice": number(order.stop_price),
        "executedPrice": core["price"] if order.filled else 0,
        "useQuoteQty": False,
        "liquidityStatus": 0,
        "liquiditySymbol": order.symbol,
        "liquidityUsdtPrice": 1,
        "liquidityTransferPrice": 0,
        "liquidityOrderId": None,
        "liquidityTransferFee": 0,
        "limitPrice": 0,
        "internalError": False,
    }


def _market(symbol: str) -> dict[str, Any]:
    base, quote = _assets(symbol)
    return {
        "symbol": symbol,
        "status": "TRADING",
        "baseAsset": base,
        "baseAssetPrecision": 8,
        "quoteAsset": quote,
        "quotePrecision": 8,
        "baseCommissionPrecision": 8,
        "quoteCommissionPrecision": 8,
        "orderTypes": ["LIMIT", "MARKET", "STOP_LIMIT"],
        "icebergAllowed": False,
        "ocoAllowed": False,
        "quoteOrderQtyMarketAllowed": False,
        "isSpotTradingAllowed": True,
        "isMarginTradingAllowed": False,
        "filters": [{"filterType": "PRICE_FILTER", "minPrice": 0.0001, "maxPrice": 10000000, "tickSize": 0.0001}],
        "permissions": ["SPOT"],
        "baseAssetId": NAMI_ASSETS[base],
        "quoteAssetId": NAMI_ASSETS[quote],
        "liquidityBroker": "Paper",
        "createdAt": "2025-01-01T00:00:00Z",
        "updatedAt": "2025-01-01T00:00:00Z",
    }
