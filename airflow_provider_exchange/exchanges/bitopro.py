"""
BitoPro, API v3.

Sources: the vendor's official API documentation, pages "API security protocol", "Cancel an order", "Cancel
multiple orders", "Get open orders", "Get all orders", "Get an order data", their namesakes for margin orders, and
"Error codes".

An account has two books, spot and margin, with endpoints of their own. :mod:`.bitopro_books` remembers what each
has shown, :mod:`.bitopro_history` reads the histories, :mod:`.bitopro_cancels` makes the cancels. An order is
cancelled in each book that shows it live, and it has ended once each book that has shown it shows it ended.
"""

from __future__ import annotations

import json
import logging
import re
from base64 import b64encode
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import quote, urlencode

from cryptography.hazmat.primitives import hashes

from airflow_provider_exchange.errors import (
    ExchangeError,
    OrderNotFoundError,
    PermissionDeniedError,
    RequestRefusedError,
)
from airflow_provider_exchange.exchanges.arguments import Grammar
from airflow_provider_exchange.exchanges.assumptions import Assumptions
from airflow_provider_exchange.exchanges.base import Cancellation, Option, Options
from airflow_provider_exchange.exchanges.bitopro_books import REFUSED, SPELLING, Book, Books, orders_of_both
from airflow_provider_exchange.exchanges.bitopro_cancels import Cancels
from airflow_provider_exchange.exchanges.bitopro_history import Histories
from airflow_provider_exchange.exchanges.common import (
    NEVER_COUNTED,
    hmac_hex,
    live_then_ended,
    only_one,
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
)
from airflow_provider_exchange.exchanges.orders import OrderForm, OrderReader
from airflow_provider_exchange.models.orders import Order, OrderKey, OrderRef, OrderState
from airflow_provider_exchange.protocol.limits import RateLimit
from airflow_provider_exchange.protocol.messages import Request
from airflow_provider_exchange.protocol.steps import Operation, ask
from airflow_provider_exchange.side_work import SideLog

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime

    from airflow_provider_exchange.exchanges.settings import ConnectionSettings

log = SideLog(logging.getLogger(__name__))

LARGEST_CLIENT_ID = 2**31 - 1

STATES: dict[int, OrderState] = {
    -1: OrderState.OPEN,
    0: OrderState.OPEN,
    1: OrderState.OPEN,
    2: OrderState.FILLED,
    3: OrderState.CANCELLED,
    4: OrderState.CANCELLED,
    6: OrderState.CANCELLED,
}
"""Status 3 is "completed, partial deal": cancelled after a partial fill."""

ORDER = OrderForm(
    order_id="id",
    symbol="pair",
    state="status",
    states=STATES,
    side="action",
    quantity="originalAmount",
    filled_quantity="executedAmount",
    price="price",
    client_order_id="clientId",
    created_at=("createdTimestamp", "timestamp"),
    changed_at=("updatedTimestamp",),
    kind="type",
    stop_price="stopPrice",
    waiting=frozenset({-1}),
)
ASSUMPTIONS = Assumptions(
    order=ORDER,
    orders={"/orders/": ("data", "")},
    time_units={"": "milliseconds", "/margin/orders/orders/open": "seconds"},
    words=frozenset({"base", "condition", "currency", "error", "feeSymbol", "quote", "timeInForce", "type"}),
    remaining="remainingAmount",
)


class BitoPro(HttpExchange):
    """
    One account at BitoPro.

    :param identity: The account's e-mail address, part of the signed payload.
    """

    name = "bitopro"
    title = "BitoPro"
    needs_symbol = True
    names_are_shared = True
    timestamps_grow = True
    options: Mapping[str, Option] = {
        "isAllStrategyCanceled": Option(
            "whether the order's take-profit and stop-loss settings are deleted with it"
        )
    }
    limits: Mapping[str, RateLimit] = {
        "cancel": RateLimit(900, 60),
        "batch": RateLimit(2, 1),
        "open": RateLimit(5, 1),
        "open_margin": RateLimit(5, 1),
        "total": RateLimit(600, 60),
    }
    order_ids = Grammar(re.compile(r"(SL-)?[0-9]{1,20}", re.ASCII), "12234566 or SL-9014867155", "d")
    client_order_ids = Grammar(re.compile(r"[1-9][0-9]{0,9}", re.ASCII), "a whole number up to 2147483647", "d")
    symbols = Grammar(
        re.compile(f"{MARKET_START}{ASSET}_{ASSET}", re.ASCII),
        "btc_usdt, with the currencies apart",
        any_script=True,
    )

    assumes = ASSUMPTIONS
    never_an_order_id = NEVER_COUNTED

    def __init__(self, base_url: str, api_key: str, api_secret: str, identity: str) -> None:
        super().__init__(base_url, (api_key, api_secret))
        self._api_key = api_key
        self._api_secret = api_secret.encode()
        self._identity = identity
        self._orders = OrderReader(self, ORDER)
        self._books = Books()
        self._histories = Histories(self, self._books, self._parse_list)
        self._cancels = Cancels(self, self._books)
        self._coverage_told: str | None = None

    @classmethod
    def from_settings(cls, settings: ConnectionSettings) -> Self:
        """Read login, password and the extra ``identity``."""
        return cls(
            base_url=settings.base_url("https://api.bitopro.com"),
            api_key=settings.required_text(settings.login, "login", "enter the API key"),
            api_secret=settings.required_text(settings.password, "password", "enter the API secret"),
            identity=settings.required_text(
                settings.extra.get("identity"), "extra 'identity'", "enter the account's e-mail address"
            ),
        )

    def check_symbol(self, value: Any, field: str = "symbol") -> str:
        """
        Return a pair as responses spell it: in lower case, with an underscore.

        A pair without a separator, such as ``BTCUSDT``, is malformed: where to split it would be a guess.
        """
        return check_market(self.symbols, SPELLING, value, field)

    def check_client_order_id(self, value: Any, field: str = "client_order_id") -> str:
        """Refuse client order ids beyond a signed 32-bit integer."""
        text = super().check_client_order_id(value, field)
        if int(text) > LARGEST_CLIENT_ID:
            raise self.client_order_ids.malformed(text, field)
        return text

    def sign(self, call: HttpCall[Any], timestamp: int) -> Request:
        """Return the request with three headers. The signature of a GET or DELETE covers neither path nor query."""
        url = f"{self.base_url}/v3{call.path}"
        if not call.signed:
            return Request(call.method, url, {"Accept": "application/json"})
        headers = {"Accept": "application/json", "X-BITOPRO-APIKEY": self._api_key}
        if call.method in ("POST", "PUT"):
            body = json.dumps(dict(call.params), separators=(",", ":")).encode()
            headers |= {"Content-Type": "application/json", **self._signed(b64encode(body))}
            return Request(call.method, url, headers, body)
        if call.params:
            url += f"?{urlencode(call.params)}"
        return Request(call.method, url, headers | self._signed(payload_of_query(self._identity, timestamp)))

    def _signed(self, payload: bytes) -> dict[str, str]:
        return {
            "X-BITOPRO-PAYLOAD": payload.decode(),
            "X-BITOPRO-SIGNATURE": sign_payload(self._api_secret, payload),
        }

    def error_of(self, status: int, payload: Any) -> ExchangeError | None:
        """Match the HTTP status of a body with an ``error`` text."""
        if status == 200 or not isinstance(payload, dict) or not isinstance(payload.get("error"), str):
            return None
        return self.error_of_status(status, payload["error"])

    def begin(self) -> None:
        """Ask for margin orders again."""
        self._books.has_margin = None
        self._books.margin_refusals = 0

    def list_first(self, symbols: Collection[str] | None = None) -> Operation[list[Order]]:  # noqa: ARG002
        """List the live orders on spot."""
        return self._list_spot()

    def _list_spot(self) -> Operation[list[Order]]:
        orders = yield from ask(self.reading(self._books.spot.open_path, self._parse_list, "open"))
        self._books.spot.show_open(self.key(order) for order in orders)
        return orders

    def list_open(self, symbols: Collection[str] | None = None) -> Operation[list[Order]]:  # noqa: ARG002
        """List the live orders of both books, each of which comes on one page."""
        spot, margin = yield from read_all([self._list_spot(), self._list_margin()])
        return orders_of_both(spot, margin, self.key)

    def _list_margin(self) -> Operation[list[Order]]:
        """List the live margin orders; none for an account that the venue refuses to list margin orders of."""
        if self._books.margin_is_given_up:
            return []
        # A 404 may mean that the account has no margin, so it is not a failure of the list as elsewhere.
        path = self._books.margin.open_path
        call = self.reading(path, self._parse_list, "open_margin", not_found=RequestRefusedError)
        try:
            orders = yield from ask(call)
        except REFUSED as refusal:
            if self._books.has_margin or self._books.margin.seen:
                raise refused_after_all("margin orders", refusal) from refusal
            self._books.has_margin = False
            self._books.margin_refusals += 1
            self._tell_coverage(refusal)
            return []
        self._books.has_margin = True
        self._tell_coverage(None)
        self._books.margin.show_open(self.key(order) for order in orders)
        return orders

    def _tell_coverage(self, refusal: ExchangeError | None) -> None:
        """Log which books "all orders" means, if that is new; ``refusal`` is why it does not mean margin orders."""
        covered = (
            "those on spot and those on margin"
            if refusal is None
            else f"those on spot only, as the venue refuses to list margin orders (HTTP {refusal.code})"
        )
        if covered != self._coverage_told:
            self._coverage_told = covered
            write = log.warning if isinstance(refusal, PermissionDeniedError) else log.info
            write("All orders at %s: %s", self.title, covered)

    def read_order(self, ref: OrderRef) -> Operation[Order]:
        """
        Read an order by its id, or find it in the lists by its client order id.

        An order that no book has shown yet is the spot order if that is live; else margin is asked, too.
        """
        if ref.order_id is None:
            return (yield from live_then_ended(self, ref, self._histories.with_client_id(ref)))
        key = self.key(ref)
        shown: list[Order] = []
        is_missed = False
        refusal: ExchangeError | None = None
        for book in self._books.with_order(key) or self._books.both:
            if book is self._books.margin and key not in book.seen and shown and self._books.has_margin is False:
                break
            try:
                order = yield from self._read_in(book, ref)
            except OrderNotFoundError:
                # What the book's newest list does not show either has left it.
                is_missed = is_missed or key in book.live
                continue
            except REFUSED as error:
                if book is self._books.spot or key in book.seen:
                    raise
                refusal = error
                continue
            book.show(key, live=not order.state.is_terminal)
            if not order.state.is_terminal:
                return order
            shown.append(order)
        if refusal is not None and not shown:
            raise refusal  # it may be a margin order
        if is_missed or not shown:
            raise OrderNotFoundError("the venue does not know the order", orders=[ref])
        return shown[0]

    def _read_in(self, book: Book, ref: OrderRef) -> Operation[Order]:
        def parse(data: Any) -> Order:
            return self.expect(self._orders.parse(data), ref)

        return (yield from ask(self.reading(book.path_to(ref), parse, "order", not_found=OrderNotFoundError)))

    def read_ended(self, refs: Sequence[OrderRef], since: datetime | None) -> Operation[dict[OrderKey, Order]]:
        """Read a few orders one by one, more by the list of their pair."""
        found: dict[OrderKey, Order] = {}
        by_pair: dict[str | None, list[OrderRef]] = {}
        for ref in refs:
            by_pair.setdefault(ref.symbol, []).append(ref)
        for pair, wanted in by_pair.items():
            if len(wanted) > self.few:
                found |= yield from self._histories.search(pair, wanted, since)
                continue
            found |= yield from super().read_ended([ref for ref in wanted if ref.order_id is not None], since)
            for ref in wanted:
                named = {} if ref.order_id is not None else (yield from self._histories.with_client_id(ref))
                if len(named) == 1:  # several are told apart when it is read by itself
                    found[self.key(ref)] = only_one(list(named.values()))
        return found

    def list_ended(
        self,
        symbols: Collection[str] | None,
        since: datetime,  # noqa: ARG002  (the venue's window goes by creation)
        found: list[Order],
    ) -> Operation[None]:
        """Read all orders of the last 90 days, pair by pair, of each book."""
        return self._histories.read(symbols, found)

    def cancel_one(self, ref: OrderRef, options: Options) -> Cancellation | None:
        """Return the cancel of one order; None for an order with a client order id only."""
        return self._cancels.one(ref, options)

    def cancel_several(self, refs: Sequence[OrderRef], options: Options) -> list[Cancellation]:
        """Return batches of named orders, or single cancels if there are options, which a batch cannot carry."""
        return self._cancels.several(refs, options)

    def order_page(self, symbol: str | None) -> str | None:
        """Return the market's trading page, which lists the open orders."""
        return None if symbol is None else f"https://www.bitopro.com/ns/trading/{quote(symbol, safe='')}"

    def probe(self) -> Operation[None]:
        """Read the balance."""

        def parse(data: Any) -> None:
            Record(data, "body")

        yield from ask(self.reading("/accounts/balance", parse, "balance"))

    def markets(self) -> Operation[Mapping[str, bool]]:
        """Read the public list of pairs."""

        def parse(data: Any) -> Mapping[str, bool]:
            listed = by_symbol(self, records(Record(data, "body").get("data"), "data"), "pair")
            return {symbol: record.get("maintain") is not True for symbol, record in listed}

        return (yield from ask(self.reading("/provisioning/trading-pairs", parse, "markets", signed=False)))

    def has_orders(self, symbol: str) -> Operation[bool]:
        """Look for one order of the pair in the last 90 days, live or ended."""

        def parse(data: Any) -> bool:
            return symbol in dict(by_symbol(self, records(Record(data, "body").get("data") or [], "data"), "pair"))

        params = {"statusKind": "ALL", "limit": 1}
        # Here a 404 is about the pair in the path, and not a failure of the list.
        path = f"/orders/all/{quote(symbol, safe='')}"
        call = self.reading(path, parse, "orders", params, not_found=OrderNotFoundError)
        return (yield from ask(call))

    def _parse_list(self, data: Any) -> list[Order]:
        """Parse a list; the venue sends null for an empty one."""
        body = Record(data, "body")
        return [] if body.is_null("data") else self._orders.parse_list(body.get("data"), "data")


def payload_of_query(identity: str, nonce: int) -> bytes:
    """Return the payload of a GET or DELETE, as of the vendor's "API security protocol" page."""
    text = json.dumps({"identity": identity, "nonce": nonce}, separators=(",", ":"), ensure_ascii=False)
    return b64encode(text.encode())


def sign_payload(api_secret: bytes, payload: bytes) -> str:
    """Return the hexadecimal HMAC-SHA384 of a payload, the base64 text as it is sent."""
    return hmac_hex(api_secret, payload, hashes.SHA384())
