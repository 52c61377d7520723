"""
Nami Exchange, spot trading.

Sources: the vendor's API pages "Open orders", "Order history", "Delete Order" and "Delete All Orders". Comments say
what this module does where those pages say nothing.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import quote

from airflow_provider_exchange.errors import (
    ExchangeError,
    ExchangeUnavailableError,
    OrderNotFoundError,
    PermissionDeniedError,
    RequestRefusedError,
    UnreadableResponseError,
)
from airflow_provider_exchange.exchanges.arguments import Grammar
from airflow_provider_exchange.exchanges.assumptions import Assumptions
from airflow_provider_exchange.exchanges.base import Cancellation, Option, Options
from airflow_provider_exchange.exchanges.common import (
    NEVER_COUNTED,
    into,
    live_then_ended,
    read_pages,
    search,
)
from airflow_provider_exchange.exchanges.fields import Record, records
from airflow_provider_exchange.exchanges.http import HttpCall, HttpExchange
from airflow_provider_exchange.exchanges.markets import (
    ASSET,
    MARKET_START,
    by_symbol,
    check_market,
    market_spelling,
)
from airflow_provider_exchange.exchanges.nami_signing import sign_query, string_to_sign
from airflow_provider_exchange.exchanges.orders import OrderForm, OrderReader
from airflow_provider_exchange.exchanges.texts import shown_name, upper
from airflow_provider_exchange.models.orders import Order, OrderKey, OrderRef, OrderState
from airflow_provider_exchange.protocol.limits import RateLimit
from airflow_provider_exchange.protocol.messages import Request
from airflow_provider_exchange.protocol.steps import Operation, ask

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence
    from datetime import datetime

    from airflow_provider_exchange.exchanges.common import Pages
    from airflow_provider_exchange.exchanges.settings import ConnectionSettings

BATCH_SIGNINGS = ("url_search_params", "json", "off")

SPOT = "/api/v4/spot"
LARGEST_ID = 2**53 - 1
"""A batch has ids as JSON numbers. JavaScript rounds larger ones, which would name another order."""
BATCH_SIZE = 100
"""The vendor documents no maximum; a small batch limits what one refusal affects."""
HISTORY_PAGE_SIZE = 100

STATES: dict[str, OrderState] = {
    "NEW": OrderState.OPEN,
    "PARTIALLY_FILLED": OrderState.OPEN,
    "PENDING": OrderState.OPEN,
    "FILLED": OrderState.FILLED,
    "CANCELED": OrderState.CANCELLED,
    "EXPIRED": OrderState.EXPIRED,
    "REJECTED": OrderState.REJECTED,
    "FAILED": OrderState.REJECTED,
}
"""The vendor's web client knows the state FAILED, as an end other than filled and cancelled: never carried out."""

ORDER = OrderForm(
    order_id="displayingId",
    symbol="symbol",
    state="status",
    states=STATES,
    state_spelling=upper,
    side="side",
    quantity="quantity",
    filled_quantity="executedQty",
    price="price",
    created_at=("createdAt",),
    changed_at=("updatedAt",),
    kind="type",
    stop_price="stopPrice",
)
ASSUMPTIONS = Assumptions(
    order=ORDER,
    orders={f"{SPOT}/open": ("data.orders", "data"), f"{SPOT}/history": ("data",)},
    time_units={"": "text"},
    words=frozenset(
        {
            "baseAsset",
            "code",
            "filterType",
            "liquiditySymbol",
            "message",
            "orderTypes",
            "permissions",
            "quoteAsset",
            "type",
        }
    ),
)

ERROR_NAMES: dict[str, type[ExchangeError]] = {
    "UNKNOWN": ExchangeUnavailableError,
    "UNKNOWN_ERROR": ExchangeUnavailableError,
    "TOO_MUCH_ORDERS": ExchangeUnavailableError,
    "BROKER_ERROR": ExchangeUnavailableError,
    "INVALID_ORDER_TYPE": RequestRefusedError,
    "INVALID_SIDE": RequestRefusedError,
    "BAD_SYMBOL": RequestRefusedError,
    "INVALID_SYMBOL": RequestRefusedError,
    "INVALID_REQUEST_ID": RequestRefusedError,
    "NO_SUCH_ORDER": OrderNotFoundError,
    "NOT_FOUND_ORDER": OrderNotFoundError,
    "TRADE_NOT_ALLOWED": PermissionDeniedError,
    "ACCOUNT_BAN_TRADE": PermissionDeniedError,
    "NOT_ENOUGH_BASE_ASSET": RequestRefusedError,
    "NOT_ENOUGH_QUOTE_ASSET": RequestRefusedError,
    "NOT_ENOUGH_FEE_ASSET": RequestRefusedError,
    "ORDER_TYPE_NOT_SUPPORT": RequestRefusedError,
}
ERROR_NUMBERS: dict[int, type[ExchangeError]] = {
    1000: ExchangeUnavailableError,
    1110: RequestRefusedError,
    1111: RequestRefusedError,
    1112: RequestRefusedError,
    2013: OrderNotFoundError,
    3004: PermissionDeniedError,
    3005: PermissionDeniedError,
    6101: OrderNotFoundError,
    6102: RequestRefusedError,
    6103: RequestRefusedError,
    6104: ExchangeUnavailableError,
    6106: RequestRefusedError,
    6107: RequestRefusedError,
    6108: RequestRefusedError,
    6109: RequestRefusedError,
    6110: RequestRefusedError,
}

PAGED_MARKET = re.compile(r"(.+?)(USDT|VNST|VNDC)")
"""Symbols whose base and quote asset can be told apart, as the URL of the trading page needs."""
SPELLING = market_spelling("-", capitals=True)


class Nami(HttpExchange):
    """
    One account at Nami Exchange.

    :param batch_signing: How the ``orders`` array of a batch is signed, which the vendor does not document: as
        JavaScript's ``URLSearchParams`` writes it, as compact JSON, or ``"off"`` to send single cancels only.
    :param allow_notification: Whether the venue notifies the account's owner of a cancel.
    """

    name = "nami"
    title = "Nami"
    needs_symbol = True
    options: Mapping[str, Option] = {
        "allowNotification": Option("whether the venue notifies the account's owner of the cancel")
    }
    limits: Mapping[str, RateLimit] = {
        "total": RateLimit(60, 60),
        "cancel": RateLimit(10, 1, apart=True),
    }
    """
    The vendor's older pages allow 60 requests a minute and its newer ones say nothing. That is plenty for lists and
    batches. Single cancels, which are sent where batches do not work, cannot wait for a limit that may be none.
    """
    few = 1
    order_ids = Grammar(re.compile(r"[1-9][0-9]{0,15}", re.ASCII), "435372", "d")
    client_order_ids = None
    symbols = Grammar(
        re.compile(rf"{MARKET_START}(?!.\Z){ASSET}(-{ASSET})?", re.ASCII),
        "BTCUSDT",
        any_script=True,
    )
    assumes = ASSUMPTIONS
    never_an_order_id = NEVER_COUNTED

    def __init__(
        self,
        base_url: str,
        api_key: str,
        api_secret: str,
        batch_signing: str = "url_search_params",
        allow_notification: bool = False,
    ) -> None:
        super().__init__(base_url, (api_key, api_secret))
        self._api_key = api_key
        self._api_secret = api_secret.encode()
        self._batch_signing = batch_signing
        self._allow_notification = allow_notification
        self._orders = OrderReader(self, ORDER)

    @classmethod
    def from_settings(cls, settings: ConnectionSettings) -> Self:
        """Read login, password and the extras ``batch_signing`` and ``allow_notification``."""
        batch_signing = settings.extra.get("batch_signing") or "url_search_params"
        if batch_signing not in BATCH_SIGNINGS:
            settings.refuse(
                "extra 'batch_signing'", "is unknown", "enter url_search_params (the default), json or off"
            )
        return cls(
            base_url=settings.base_url("https://nami.exchange"),
            api_key=settings.required_text(settings.login, "login", "enter the API key"),
            api_secret=settings.required_text(settings.password, "password", "enter the API secret"),
            batch_signing=batch_signing,
            allow_notification=settings.flag("allow_notification", default=False),
        )

    def check_order_id(self, value: Any, field: str = "order_id") -> str:
        """Refuse ids that a JavaScript number cannot represent exactly."""
        text = super().check_order_id(value, field)
        if int(text) > LARGEST_ID:
            raise self.order_ids.malformed(text, field)
        return text

    def check_symbol(self, value: Any, field: str = "symbol") -> str:
        """
        Return a symbol in capitals and without a separator, as the vendor's cancel pages spell it.

        Other pages write ``BTC/USD`` and ``BTC-USDT``. Two markets such as ``A/BC`` and ``AB/C`` cannot become one
        here, because they would already be one in the venue's own cancels and list of markets.
        """
        return check_market(self.symbols, SPELLING, value, field).replace("-", "")

    def sign(self, call: HttpCall[Any], timestamp: int) -> Request:
        """Return the request with timestamp and signature in its query (GET) or its JSON body."""
        url = self.base_url + call.path
        if not call.signed:
            return Request(call.method, url, {"Accept": "application/json"})
        headers = {"x-api-key": self._api_key, "Accept": "application/json"}
        params = {**call.params, "timestamp": timestamp}
        text = string_to_sign(params, self._batch_signing)
        signature = sign_query(self._api_secret, text)
        if call.method == "GET":
            return Request("GET", f"{url}?{text}&signature={signature}", headers)
        body = json.dumps({**params, "signature": signature}, separators=(",", ":")).encode()
        return Request(call.method, url, {**headers, "Content-Type": "application/json"}, body)

    def error_of(self, status: int, payload: Any) -> ExchangeError | None:
        """Match the error's name first, then its number: 1112 has two meanings."""
        if not isinstance(payload, dict):
            return None
        word = payload.get("status")
        if word == "ok":
            return None
        if isinstance(word, str):
            return self._business_error(word, payload)
        status_code = payload.get("statusCode")
        if isinstance(status_code, int) and status_code >= 400:
            return self.error_of_status(status_code, payload.get("message"))
        if status == 200:
            return UnreadableResponseError("the response has no status")
        return None

    def _business_error(self, word: str, payload: dict[str, Any]) -> ExchangeError:
        number = payload.get("code")
        kind = ERROR_NAMES.get(word)
        if kind is None and word.startswith("STOP_LIMIT_"):
            kind = RequestRefusedError
        if kind is None and isinstance(number, int):
            kind = ERROR_NUMBERS.get(number)
        data = payload.get("data")
        name = self.shown(word)
        text = self.shown(payload.get("message"))
        return (kind or ExchangeUnavailableError)(
            f"the venue responded {name}" + (f": {text}" if text else ""),
            code=f"{name} {shown_name(number, self.secrets, '')}" if isinstance(number, int) else name,
            request_id=self.shown_request_id(data.get("requestId") if isinstance(data, dict) else None),
        )

    def payload_of(self, payload: Any) -> Any:
        """Return the envelope's ``data``."""
        return Record(payload, "body").get("data")

    def list_open(self, symbols: Collection[str] | None = None) -> Operation[list[Order]]:  # noqa: ARG002
        """List the live orders, unfiltered: the vendor's pages disagree on how its filter spells a symbol."""
        return (yield from ask(self.reading(f"{SPOT}/open", self._parse_open, "open")))

    def read_order(self, ref: OrderRef) -> Operation[Order]:
        """Look into the open list, then into the history; the venue has no call for one order."""
        return (yield from live_then_ended(self, ref, self.read_ended([ref], None)))

    def read_ended(self, refs: Sequence[OrderRef], since: datetime | None) -> Operation[dict[OrderKey, Order]]:
        """Page through the history, newest first."""
        window = {} if since is None else {"timeFrom": since.strftime("%Y-%m-%dT%H:%M:%S.000Z")}
        return (yield from search(self, refs, self._history({ref.symbol for ref in refs}, window)))

    def list_ended(
        self,
        symbols: Collection[str] | None,
        since: datetime,  # noqa: ARG002  (the vendor does not say which time of an order its window is about)
        found: list[Order],
    ) -> Operation[None]:
        """Page through the whole history, of one market or of all."""
        return read_pages(self, self._history(symbols or (), {}), into(found))

    def _history(
        self, symbols: Collection[str | None], window: Mapping[str, str]
    ) -> Callable[[Pages], HttpCall[list[Order]]]:
        """Return what asks for a page of the history; of a single market, if that is all that is wanted."""
        only_symbol = {"symbol": next(iter(symbols))} if len(symbols) == 1 else {}

        def page(pages: Pages) -> HttpCall[list[Order]]:
            params = {"hideCanceled": False, "pageSize": HISTORY_PAGE_SIZE, "page": pages.number}
            return self.reading(
                f"{SPOT}/history", self._parse_orders, "history", {**only_symbol, **params, **window}
            )

        return page

    def cancel_one(self, ref: OrderRef, options: Options) -> Cancellation | None:
        """Return the cancel of one order."""
        params = {
            "symbol": ref.symbol,
            "displayingId": ref.order_id,
            "allowNotification": self._notify(options),
        }
        call = self.changing("DELETE", f"{SPOT}/order", lambda data: self._acknowledged([data]), "cancel", params)
        return Cancellation((ref,), ask(call))

    def cancel_several(self, refs: Sequence[OrderRef], options: Options) -> list[Cancellation]:
        """Return batches of named orders, or single cancels if batches are off."""
        if self._batch_signing == "off":
            return [one for ref in refs if (one := self.cancel_one(ref, options))]
        return [self._batch(refs[start : start + BATCH_SIZE], options) for start in range(0, len(refs), BATCH_SIZE)]

    def _batch(self, refs: Sequence[OrderRef], options: Options) -> Cancellation:
        named = [{"displayingId": int(ref.order_id), "symbol": ref.symbol} for ref in refs if ref.order_id]
        params = {"orders": named, "allowNotification": self._notify(options)}
        call = self.changing("DELETE", f"{SPOT}/all_order", self._acknowledged, "batch", params)
        return Cancellation(tuple(refs), ask(call), is_batch=True)

    def _acknowledged(self, data: Any) -> frozenset[OrderKey]:
        return frozenset(
            self.key(OrderRef(self.shown_id(record, "displayingId"), self.shown_symbol(record, "symbol")))
            for record in records(data, "orders")
        )

    def probe(self) -> Operation[None]:
        """Read the spot balance."""

        def parse(data: Any) -> None:
            Record(data, "body")

        yield from ask(self.reading("/api/v4/user/balance", parse, "balance", {"type": "0"}))

    def markets(self) -> Operation[Mapping[str, bool]]:
        """Read the public list of symbols."""

        def parse(data: Any) -> Mapping[str, bool]:
            listed = by_symbol(self, records(data, "data"), "symbol")
            return {symbol: record.get("status") in (None, "TRADING") for symbol, record in listed}

        return (yield from ask(self.reading("/api/v3/spot/config", parse, "markets", signed=False)))

    def has_orders(self, symbol: str) -> Operation[bool]:
        """Look for one order in the symbol's history."""

        def parse(data: Any) -> bool:
            return symbol in dict(by_symbol(self, records(data, "orders"), "symbol"))

        params = {"symbol": symbol, "hideCanceled": False, "pageSize": 1, "page": 1}
        return (yield from ask(self.reading(f"{SPOT}/history", parse, "history", params)))

    def order_page(self, symbol: str | None) -> str | None:
        """Return the market's trading page, which lists the open orders; None for an unusual quote asset."""
        assets = PAGED_MARKET.fullmatch(symbol or "")
        return f"https://nami.exchange/trade/{quote(assets[1], safe='')}-{assets[2]}" if assets else None

    def _notify(self, options: Options) -> bool:
        return bool(options.get("allowNotification", self._allow_notification))

    def _parse_open(self, data: Any) -> list[Order]:
        """Parse ``data.orders``, or a bare list as on an older page of the vendor."""
        return self._parse_orders(data if isinstance(data, list) else Record(data, "data").get("orders"))

    def _parse_orders(self, data: Any) -> list[Order]:
        return self._orders.parse_list(data, "orders")
