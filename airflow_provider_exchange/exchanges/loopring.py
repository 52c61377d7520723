"""
Loopring, DEX API v3.

Sources: the vendor's pages "Cancel Order", "Get Orders", "Get Order Details" and "Request signing". Amounts are in
the smallest unit of the base token, as in the venue's responses.
"""

from __future__ import annotations

import re
from collections import Counter
from functools import partial
from hashlib import sha256
from itertools import count
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import quote

from airflow_provider_exchange.errors import (
    AuthenticationError,
    ExchangeError,
    ExchangeUnavailableError,
    InvalidOrderRequest,
    OrderNotFoundError,
    RateLimitedError,
    RequestRefusedError,
)
from airflow_provider_exchange.exchanges.arguments import Grammar
from airflow_provider_exchange.exchanges.assumptions import Assumptions
from airflow_provider_exchange.exchanges.base import Cancellation, Options
from airflow_provider_exchange.exchanges.common import (
    Named,
    by_key,
    live_then_ended,
    read_all,
    refused_after_all,
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
from airflow_provider_exchange.exchanges.orders import OrderForm, OrderReader
from airflow_provider_exchange.exchanges.paging import OffsetPage, read_by_offset
from airflow_provider_exchange.exchanges.texts import UNSHOWN, lower
from airflow_provider_exchange.models.orders import Order, OrderKey, OrderRef, OrderState
from airflow_provider_exchange.protocol.limits import RateLimit
from airflow_provider_exchange.protocol.messages import Request
from airflow_provider_exchange.protocol.steps import Operation, ask

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime

    from airflow_provider_exchange.exchanges.settings import ConnectionSettings

__all__ = ["Loopring", "message_of", "sign_request", "string_to_sign"]

BATCH_SIZE = 10
PAGE_SIZE = 50
LIVE = ("waiting", "processing", "cancelling")
"""The live states in the order in which an order passes through them, so that no list is read too early for it."""
ORDER_TYPES = ("TRADITIONAL_ORDER", "STOP_LIMIT")
"""A list contains stop-limit orders only if it asks for them."""
REFUSALS = 2
"""A type that so many looks have refused, as many as a proof has, is not asked for any more in a run."""
ONE_ORDER_PARAMS = ("orderHash", "clientOrderId")
SPELLING = market_spelling("-", capitals=True)
RESERVED = re.compile(r"[^A-Za-z0-9_.~-]+", re.ASCII)
"""What is percent-encoded. ``quote`` takes every character of a long text in hand, and a batch has ten hashes."""

FIELD = 21888242871839275222246405745257275088548364400416034343698204186575808495617
"""The order of the BN254 scalar field."""
SUBGROUP = 2736030358979909402780800718157159386076813972158567259200215660948447373041
"""The order of Baby Jubjub's base point; private keys are smaller."""

STATES: dict[str, OrderState] = {
    "processing": OrderState.OPEN,
    "waiting": OrderState.OPEN,
    "cancelling": OrderState.CANCELLING,
    "processed": OrderState.FILLED,
    "cancelled": OrderState.CANCELLED,
    "expired": OrderState.EXPIRED,
    "failed": OrderState.REJECTED,
}

ORDER = OrderForm(
    order_id="hash",
    symbol="market",
    state="status",
    states=STATES,
    state_spelling=lower,
    side="side",
    quantity="volumes.baseAmount",
    filled_quantity="volumes.baseFilled",
    price="price",
    client_order_id="clientOrderId",
    kind="orderType",
    stop_price="extraOrderInfo.stopPrice",
    waiting=frozenset({"waiting"}),
    repeats_id=True,
)
"""
``validity.start`` is when an order becomes valid, and no creation time: clients set it back, or to 0. The vendor
documents no time of an order's end or last change either, so there is no :meth:`Exchange.list_ended`.
"""

ASSUMPTIONS = Assumptions(
    order=ORDER,
    orders={"/api/v3/order": ("orders", "")},
    total="totalNum",
    words=frozenset({"code", "message", "msg", "orderType", "totalNum", "tradeChannel"}),
    fields=frozenset({"fillAmountBOrS"}),
)
NEVER_HASHED = f"{int.from_bytes(sha256(b'no order of Loopring has this hash').digest(), 'big') % FIELD:#066x}"
"""An ordinary hash, but of a text: an order that had it would have to be found by trying."""

ERROR_CODES: dict[int, type[ExchangeError]] = {
    100000: ExchangeUnavailableError,
    100001: RequestRefusedError,
    100206: AuthenticationError,
    101002: AuthenticationError,
    102004: OrderNotFoundError,
    102008: RequestRefusedError,
    102117: OrderNotFoundError,
    102118: ExchangeUnavailableError,
    102119: OrderNotFoundError,
    102120: RequestRefusedError,
    102122: RequestRefusedError,
    104001: AuthenticationError,
    104002: AuthenticationError,
    104003: AuthenticationError,
    104004: AuthenticationError,
    104005: AuthenticationError,
    104209: ExchangeUnavailableError,
    107001: OrderNotFoundError,
    107002: OrderNotFoundError,
    107003: OrderNotFoundError,
}


class Loopring(HttpExchange):
    """
    One account at Loopring.

    :param base_url: Scheme, host and port; the signature covers them.
    :param private_key: The account's EdDSA key.
    :param account_id: The account's number.
    """

    name = "loopring"
    title = "Loopring"
    needs_symbol = False
    ids_are_unique = True  # hashes
    tells_age = False
    limits: Mapping[str, RateLimit] = {
        endpoint: RateLimit(5, 1) for endpoint in ("cancel", "batch", "orders", "order")
    }
    order_ids = Grammar(
        re.compile(r"0[xX][0-9a-fA-F]{1,64}", re.ASCII), "0x05a97490e92ded02…, an order hash", "#066x"
    )
    client_order_ids = Grammar(re.compile(f"[^{UNSHOWN}]+"), "myBot-20261121-7", most_bytes=120)
    """Any text that can be shown: none is ever sent, as orders are looked up in lists and cancelled by hash."""
    symbols = Grammar(re.compile(f"{MARKET_START}{ASSET}(-{ASSET}){{1,2}}", re.ASCII), "LRC-ETH", any_script=True)

    assumes = ASSUMPTIONS
    never_an_order_id = NEVER_HASHED

    def __init__(self, base_url: str, api_key: str, private_key: int, account_id: int) -> None:
        super().__init__(base_url, (api_key, *spellings(private_key)))
        self._api_key = api_key
        self._private_key = private_key
        self._account_id = account_id
        self._orders = OrderReader(self, ORDER)
        self._listed_types: set[str] = set()
        self._refused_types: Counter[str] = Counter()
        """How many looks have refused a type."""

    @classmethod
    def from_settings(cls, settings: ConnectionSettings) -> Self:
        """Read login, the private key in the password, and the extra ``account_id``."""
        key_text = settings.required_text(settings.password, "password", "enter the EdDSA private key")
        private_key = parse_private_key(key_text)
        if private_key is None:
            settings.refuse(
                "password", "is neither hex nor decimal", "enter the account's EdDSA private key as one of them"
            )
        if not 0 < private_key < SUBGROUP:
            settings.refuse("password", "is out of range for an EdDSA private key", "export the key again")
        account_id = settings.required_text(
            settings.extra.get("account_id"), "extra 'account_id'", "enter the account's number"
        )
        if not re.fullmatch(r"[0-9]{1,18}", account_id, re.ASCII):
            settings.refuse("extra 'account_id'", "is not a whole number", "enter the account's number")
        return cls(
            base_url=settings.base_url("https://api3.loopring.io"),
            api_key=settings.required_text(settings.login, "login", "enter the API key"),
            private_key=private_key,
            account_id=int(account_id),
        )

    def check_order_id(self, value: Any, field: str = "order_id") -> str:
        """Return an order hash as ``0x`` and 64 lower-case digits: leading zeros may be left out of a number."""
        return f"{int(super().check_order_id(value, field), 16):#066x}"

    def check_symbol(self, value: Any, field: str = "symbol") -> str:
        """
        Return a market in capitals, with hyphens; ``AMM-LRC-ETH`` and ``LRC-ETH`` are two.

        The vendor writes all markets in capitals, and neither a cancel nor the list of open orders names one.
        """
        return check_market(self.symbols, SPELLING, value, field)

    def parse_order_id(self, text: str) -> str:
        """Return an order hash in hex; an older page of the vendor shows it in decimal."""
        if re.fullmatch(r"[0-9]{1,77}", text, re.ASCII):
            return f"0x{int(text):064x}"
        return super().parse_order_id(text)

    def sign(self, call: HttpCall[Any], timestamp: int) -> Request:  # noqa: ARG002  (the venue signs no time)
        """Return the request; refuse a DELETE that names no order, because the venue would cancel all orders."""
        if call.method == "DELETE" and not any(call.params.get(name) for name in ONE_ORDER_PARAMS):
            raise InvalidOrderRequest("a cancel that names no order would cancel every order", exchange=self.name)
        url = self.base_url + call.path
        headers = {"Accept": "application/json", "X-API-KEY": self._api_key}
        if call.signed:
            headers["X-API-SIG"] = sign_request(self._private_key, call.method, url, call.params)
        query = parameter_string(call.params)
        return Request(call.method, f"{url}?{query}" if query else url, headers)

    def error_of(self, status: int, payload: Any) -> ExchangeError | None:
        """Match the number in ``resultInfo``, or at the top level as on an older page of the vendor."""
        info = result_info(payload)
        if info is None or not ("message" in info or "msg" in info or "resultInfo" in payload):
            return None
        number = number_of(info.get("code"))
        if number is None or number == 0:
            return None
        words = self.shown(info.get("message") or info.get("msg"))
        kind = RateLimitedError if status == 429 else ERROR_CODES.get(number, ExchangeUnavailableError)
        return kind(f"the venue responded: {words}" if words else "the venue refused the request", code=str(number))

    def sign_of_failure(self, part: Any) -> str | None:
        """Also take a result other than 0 for a failure, in whatever form."""
        info = result_info(part)
        if info is None:
            return super().sign_of_failure(part)
        return super().sign_of_failure(part) if number_of(info.get("code")) == 0 else "resultInfo"

    def list_open(self, symbols: Collection[str] | None = None) -> Operation[list[Order]]:  # noqa: ARG002
        """
        List the live orders of all types.

        Each list is asked for one type and one state: the vendor's newer page takes one of each, and a venue that
        takes joined values literally would answer that there are none. If it refuses a type, read the orders of
        every type and filter here.
        """
        lists = yield from read_all(map(self._list_type, ORDER_TYPES))
        return [order for order in by_key(self.key, *lists).values() if not order.state.is_terminal]

    def _list_type(self, order_type: str) -> Operation[list[Order]]:
        if self._refused_types[order_type] >= REFUSALS:
            return (yield from self._list({}))
        asked = {"extraOrderTypes": order_type}
        try:
            listed = yield from self._list_live(asked)
        except RequestRefusedError as refusal:
            if order_type in self._listed_types:
                raise refused_after_all(f"orders of the type {order_type}", refusal) from refusal
            self._refused_types[order_type] += 1
            return (yield from self._list({}))
        self._listed_types.add(order_type)
        return listed

    def begin(self) -> None:
        """Ask for each type of order again."""
        self._listed_types.clear()
        self._refused_types.clear()

    def _list_live(self, asked: Mapping[str, Any]) -> Operation[list[Order]]:
        """
        Read the live orders of one type by their states, which the venue may not all take as a filter.

        The first page in all states says whether the states are needed at all. If the lists by state lack a live
        order on it, and that page does not show afterwards that it has ended, they cannot be relied on; then the
        orders in all states are read.
        """
        first = yield from ask(self._page(asked, 0))
        if first.is_last:
            return first
        listed: list[Order] = []
        try:
            for state in LIVE:
                listed += yield from self._list({**asked, "status": state})
        except RequestRefusedError:
            return (yield from self._list(asked))
        live = {self.key(order) for order in first if not order.state.is_terminal}
        if lacking := live - {self.key(order) for order in listed}:
            again = by_key(self.key, (yield from ask(self._page(asked, 0))))
            if not all(key in again and again[key].state.is_terminal for key in lacking):
                return (yield from self._list(asked))
        return listed

    def _list(self, asked: Mapping[str, Any]) -> Operation[list[Order]]:
        """Read every page of a list."""
        return list((yield from read_by_offset(self, partial(self._page, asked))).values())

    def _page(self, asked: Mapping[str, Any], offset: int) -> HttpCall[OffsetPage]:
        """Read one page. An empty list may be left out."""

        def parse(data: Any) -> OffsetPage:
            body = Record(data, "body")
            total = body.integer("totalNum")
            shown = body.get("orders") if total or "orders" in body else []
            return OffsetPage(self._orders.parse_list(shown, "orders"), offset, PAGE_SIZE, total)

        params = {"accountId": self._account_id, **asked, "limit": PAGE_SIZE, "offset": offset}
        return self.reading("/api/v3/orders", parse, "orders", params, signed=False)

    def read_order(self, ref: OrderRef) -> Operation[Order]:
        """Read an order by its hash, or find it in a list by its client order id."""
        if ref.order_id is None:
            return (yield from live_then_ended(self, ref, self._search([ref], None)))

        def parse(data: Any) -> Order:
            return self.expect(self._orders.parse(data), ref)

        params = {"accountId": self._account_id, "orderHash": ref.order_id}
        call = self.reading("/api/v3/order", parse, "order", params, signed=False, not_found=OrderNotFoundError)
        return (yield from ask(call))

    def read_ended(self, refs: Sequence[OrderRef], since: datetime | None) -> Operation[dict[OrderKey, Order]]:
        """Read a few orders one by one, more from the order list."""
        if len(refs) <= self.few:
            return (yield from super().read_ended(refs, since))
        return (yield from self._search(refs, since))

    def _search(self, refs: Sequence[OrderRef], since: datetime | None) -> Operation[dict[OrderKey, Order]]:
        """
        Read the orders in all states, one type after the other, until every one is found.

        Without a time to begin with, the list is the account's whole history. No more pages of it are read than
        there are orders, as reading each order by itself would take no more requests.
        """
        window = {} if since is None else {"start": int(since.timestamp() * 1000)}
        found: dict[OrderKey, Order] = {}
        for order_type in ORDER_TYPES:
            left = [ref for ref in refs if self.key(ref) not in found]
            if not left:
                break
            try:
                found |= yield from self._search_list(left, {**window, "extraOrderTypes": order_type})
            except RequestRefusedError:
                found |= yield from self._search_list(left, window)
        return found

    def _search_list(self, refs: Sequence[OrderRef], asked: Mapping[str, Any]) -> Operation[dict[OrderKey, Order]]:
        named = Named({self.key(ref): ref for ref in refs})
        pages = count(1)
        # An order without a hash cannot be read by itself: the list has to be read to its end for it.
        most_pages = len(refs) if "start" not in asked and all(ref.order_id for ref in refs) else None

        def is_enough(shown: Mapping[OrderKey, Order]) -> bool:
            named.take(shown)
            return next(pages) == most_pages or named.is_complete

        yield from read_by_offset(self, partial(self._page, asked), is_enough)
        return named.orders()

    def cancel_one(self, ref: OrderRef, options: Options) -> Cancellation | None:  # noqa: ARG002  (it has none)
        """
        Return the cancel of one order by its hash; None for an order with a client order id only.

        Clients disagree on how a client order id is encoded for the signature; a hash is unambiguous.
        """
        if ref.order_id is None:
            return None

        def parse(data: Any) -> frozenset[OrderKey]:
            return frozenset({self.key(OrderRef(self.shown_id(Record(data, "body"), "hash")))})

        params = {"accountId": self._account_id, "orderHash": ref.order_id}
        return Cancellation((ref,), ask(self.changing("DELETE", "/api/v3/order", parse, "cancel", params)))

    def cancel_several(self, refs: Sequence[OrderRef], options: Options) -> list[Cancellation]:  # noqa: ARG002
        """Return batches of up to ten hashes; the response of a batch is undocumented and not relied on."""
        return [self._batch(refs[start : start + BATCH_SIZE]) for start in range(0, len(refs), BATCH_SIZE)]

    def _batch(self, refs: Sequence[OrderRef]) -> Cancellation:
        order_ids = [ref.order_id for ref in refs if ref.order_id]
        params = {"accountId": self._account_id, "orderHash": ",".join(order_ids)}
        named = frozenset(self.key(ref) for ref in refs)
        call = self.changing("DELETE", "/api/v3/orders/byHash", lambda _data: named, "batch", params)
        return Cancellation(tuple(refs), ask(call), is_batch=True)

    def order_page(self, symbol: str | None) -> str | None:  # noqa: ARG002  (one page for all markets)
        """Return the page of all the account's orders, which its owner sees after unlocking the account."""
        return "https://loopring.io/#/l2assets/history/orders"

    def probe(self) -> Operation[None]:
        """Read the account's API key: the only signed read, so it tests both the API key and the private key."""

        def parse(data: Any) -> None:
            if Record(data, "body").text("apiKey") != self._api_key:
                raise AuthenticationError("the login is not the account's current API key; enter that key")

        yield from ask(self.reading("/api/v3/apiKey", parse, "order", {"accountId": self._account_id}))

    def server_time(self) -> Operation[int]:
        """Read the venue's time in ms."""

        def parse(data: Any) -> int:
            return Record(data, "body").integer("timestamp")

        return (yield from ask(self.reading("/api/v3/timestamp", parse, "time", signed=False)))

    def markets(self) -> Operation[Mapping[str, bool]]:
        """Read the public list of markets."""

        def parse(data: Any) -> Mapping[str, bool]:
            listed = by_symbol(self, records(Record(data, "body").get("markets"), "markets"), "market")
            return {symbol: record.get("enabled") is not False for symbol, record in listed}

        return (yield from ask(self.reading("/api/v3/exchange/markets", parse, "markets", signed=False)))

    def has_orders(self, symbol: str) -> Operation[bool]:
        """Look for one order of the market in any state."""

        def parse(data: Any) -> bool:
            return symbol in dict(
                by_symbol(self, records(Record(data, "body").get("orders") or [], "orders"), "market")
            )

        params = {"accountId": self._account_id, "market": symbol, "limit": 1, "offset": 0}
        return (yield from ask(self.reading("/api/v3/orders", parse, "orders", params, signed=False)))


def result_info(payload: Any) -> dict[str, Any] | None:
    """Return the object that tells how a request went: ``resultInfo``, or the body itself; None without one."""
    if not isinstance(payload, dict):
        return None
    if payload.get("resultInfo") is not None:
        info = payload["resultInfo"]
        return info if type(info) is dict else {}
    return payload if payload.get("code") is not None else None


def number_of(code: Any) -> int | None:
    """Return the number of a result, which may be written as a text; None for anything else."""
    text = str(code) if isinstance(code, int | str) and not isinstance(code, bool) else ""
    return int(text) if re.fullmatch(r"-?[0-9]{1,9}", text, re.ASCII) else None


def parse_private_key(text: str) -> int | None:
    """Return a private key from hex (with or without ``0x``) or decimal text, or None. Digits alone are decimal."""
    if re.fullmatch(r"[0-9]{1,80}", text, re.ASCII):
        return int(text)
    if re.fullmatch(r"(0[xX])?[0-9a-fA-F]{1,64}", text, re.ASCII):
        return int(text, 16)
    return None


def spellings(private_key: int) -> tuple[str, ...]:
    """Return the texts under which a private key might appear in a message."""
    return (str(private_key), f"{private_key:x}", f"{private_key:064x}", f"{private_key:X}", f"{private_key:064X}")


def percent(text: str) -> str:
    """Percent-encode everything but RFC 3986's unreserved characters."""
    return RESERVED.sub(lambda part: quote(part[0], safe=""), text)


def parameter_string(params: Mapping[str, Any]) -> str:
    """Return the parameters sorted by name, encoded and joined."""
    return "&".join(f"{percent(name)}={percent(str(params[name]))}" for name in sorted(params))


def string_to_sign(method: str, url: str, params: Mapping[str, Any]) -> str:
    """Return method, URL without query, and parameters, each encoded, joined by ``&``."""
    return "&".join((method, percent(url), percent(parameter_string(params))))


def message_of(base_string: str) -> int:
    """Return the integer that is signed: SHA-256 of a :func:`string_to_sign`, reduced to the field."""
    return int.from_bytes(sha256(base_string.encode()).digest(), "big") % FIELD


def sign_request(private_key: int, method: str, url: str, params: Mapping[str, Any]) -> str:
    """Return the ``X-API-SIG`` header for a URL without query: ``0x``, then Rx, Ry and s in hexadecimal."""
    from airflow_provider_exchange.crypto.eddsa import sign

    return "0x" + "".join(
        f"{part:064x}" for part in sign(private_key, message_of(string_to_sign(method, url, params)))
    )
