"""
Loopring, DEX API v3.

Sources: the vendor's pages "Cancel Order", "Get Orders" and "Get Order Details". Amounts are in the smallest unit
of the base token, as in the venue's responses.
"""

from __future__ import annotations

import re
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Self

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
from airflow_provider_exchange.exchanges.common import live_then_ended
from airflow_provider_exchange.exchanges.fields import Record, records
from airflow_provider_exchange.exchanges.http import HttpCall, HttpExchange
from airflow_provider_exchange.exchanges.loopring_lists import Lists
from airflow_provider_exchange.exchanges.loopring_signing import (
    FIELD,
    SUBGROUP,
    parameter_string,
    parse_private_key,
    sign_request,
    spellings,
)
from airflow_provider_exchange.exchanges.markets import (
    ASSET,
    MARKET_START,
    by_symbol,
    check_market,
    market_spelling,
)
from airflow_provider_exchange.exchanges.orders import OrderForm, OrderReader
from airflow_provider_exchange.exchanges.texts import UNSHOWN, lower
from airflow_provider_exchange.models.orders import Order, OrderKey, OrderRef, OrderState
from airflow_provider_exchange.protocol.limits import RateLimit
from airflow_provider_exchange.protocol.messages import Request
from airflow_provider_exchange.protocol.steps import Operation, ask

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime

    from airflow_provider_exchange.exchanges.settings import ConnectionSettings

__all__ = ["Loopring", "sign_request"]

BATCH_SIZE = 10
ONE_ORDER_PARAMS = ("orderHash", "clientOrderId")
SPELLING = market_spelling("-", capitals=True)

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
        self._lists = Lists(self, self._orders, account_id)

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
        """List the live orders of all types."""
        return self._lists.open()

    def begin(self) -> None:
        """Ask for each type of order again."""
        self._lists.begin()

    def read_order(self, ref: OrderRef) -> Operation[Order]:
        """Read an order by its hash, or find it in a list by its client order id."""
        if ref.order_id is None:
            return (yield from live_then_ended(self, ref, self._lists.search([ref], None)))

        def parse(data: Any) -> Order:
            return self.expect(self._orders.parse(data), ref)

        params = {"accountId": self._account_id, "orderHash": ref.order_id}
        call = self.reading("/api/v3/order", parse, "order", params, signed=False, not_found=OrderNotFoundError)
        return (yield from ask(call))

    def read_ended(self, refs: Sequence[OrderRef], since: datetime | None) -> Operation[dict[OrderKey, Order]]:
        """Read a few orders one by one, more from the order list."""
        if len(refs) <= self.few:
            return (yield from super().read_ended(refs, since))
        return (yield from self._lists.search(refs, since))

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
        """
        Return batches of up to ten hashes.

        The response to a batch is undocumented. A success acknowledges every order, but for those that it shows
        with an error, as in the vendor's older specification.
        """
        return [self._batch(refs[start : start + BATCH_SIZE]) for start in range(0, len(refs), BATCH_SIZE)]

    def _batch(self, refs: Sequence[OrderRef]) -> Cancellation:
        order_ids = [ref.order_id for ref in refs if ref.order_id]
        params = {"accountId": self._account_id, "orderHash": ",".join(order_ids)}
        named = frozenset(self.key(ref) for ref in refs)

        def parse(data: Any) -> frozenset[OrderKey]:
            told = data.get("data") if isinstance(data, dict) else data
            rows = [row for row in told if isinstance(row, dict)] if isinstance(told, list) else []
            failed = [Record(row, "order") for row in rows if row.get("error")]
            return named - {self.key(OrderRef(self.shown_id(record, "id"))) for record in failed}

        call = self.changing("DELETE", "/api/v3/orders/byHash", parse, "batch", params)
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
