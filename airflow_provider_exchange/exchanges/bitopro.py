"""
BitoPro, API v3.

Sources: the vendor's official API documentation, pages "API security protocol", "Cancel an order", "Cancel
multiple orders", "Get open orders", "Get all orders", "Get an order data" and "Error codes".
"""

from __future__ import annotations

import json
import re
from base64 import b64encode
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import urlencode

from cryptography.hazmat.primitives import hashes

from airflow_provider_exchange.errors import ExchangeError, OrderNotFoundError, UnreadableResponseError
from airflow_provider_exchange.exchanges.arguments import Grammar
from airflow_provider_exchange.exchanges.base import Cancellation, Option, Options
from airflow_provider_exchange.exchanges.common import hmac_hex, only_one, search, side_of
from airflow_provider_exchange.exchanges.fields import Record, records
from airflow_provider_exchange.exchanges.http import HttpCall, HttpExchange
from airflow_provider_exchange.models import Order, OrderKey, OrderRef, OrderState
from airflow_provider_exchange.protocol.limits import RateLimit
from airflow_provider_exchange.protocol.messages import Request
from airflow_provider_exchange.protocol.steps import Operation, ask

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence
    from datetime import datetime

    from airflow_provider_exchange.exchanges.common import Pages
    from airflow_provider_exchange.exchanges.settings import ConnectionSettings

LARGEST_CLIENT_ID = 2**31 - 1
LARGEST_BATCH = 6000
"""
Bytes of a batch's body. The vendor documents no maximum, but a header repeats the body in base64, and gateways
often refuse headers of more than 8 kB.
"""
PAGE_SIZE = 1000

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


class BitoPro(HttpExchange):
    """
    One account at BitoPro.

    :param identity: The account's e-mail address, part of the signed payload.
    """

    name = "bitopro"
    title = "BitoPro"
    needs_symbol = True
    options: Mapping[str, Option] = {
        "isAllStrategyCanceled": Option(
            "whether the order's take-profit and stop-loss settings are deleted with it"
        )
    }
    limits: Mapping[str, RateLimit] = {
        "cancel": RateLimit(900, 60),
        "batch": RateLimit(2, 1),
        "open": RateLimit(5, 1),
        "total": RateLimit(600, 60),
    }
    order_ids = Grammar(re.compile(r"(SL-)?[0-9]{1,20}", re.ASCII), "12234566 or SL-9014867155", "d")
    client_order_ids = Grammar(re.compile(r"[1-9][0-9]{0,9}", re.ASCII), "a whole number up to 2147483647", "d")
    symbols = Grammar(re.compile(r"[A-Za-z0-9]{1,20}_[A-Za-z0-9]{1,20}", re.ASCII), "btc_usdt")

    def __init__(self, base_url: str, api_key: str, api_secret: str, identity: str) -> None:
        super().__init__(base_url, (api_key, api_secret))
        self._api_key = api_key
        self._api_secret = api_secret.encode()
        self._identity = identity

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
        """Return a pair in lower case, as responses spell it."""
        return super().check_symbol(value, field).lower()

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
        if not isinstance(payload, dict) or not isinstance(payload.get("error"), str):
            return None
        if status == 200:
            return UnreadableResponseError("the response has HTTP status 200 but contains an error")
        return self.error_of_status(status, payload["error"])

    def list_open(self, symbols: Collection[str] | None = None) -> Operation[list[Order]]:  # noqa: ARG002
        """List the live orders, which come on one page."""
        return (yield from ask(self.reading("/orders/open", self._parse_list, "open")))

    def read_order(self, ref: OrderRef) -> Operation[Order]:
        """Read an order by its id, or find it in a list by its client order id."""
        if ref.order_id is None:
            of_client = self._orders_of_pair(ref.symbol, clientId=ref.client_order_id)
            named = [order for order in (yield from ask(of_client)) if order.is_named_by(ref)]
            if not named:
                raise OrderNotFoundError("no order has this client order id", orders=[ref])
            return only_one(named)

        def parse(data: Any) -> Order:
            return self.expect(self._parse_order(Record(data, "body")), ref)

        return (
            yield from ask(self.reading(f"/orders/{ref.symbol}/{ref.order_id}", parse, "order", names_order=True))
        )

    def read_ended(self, refs: Sequence[OrderRef], since: datetime | None) -> Operation[dict[OrderKey, Order]]:
        """Read a few orders one by one, more by the list of their pair."""
        found: dict[OrderKey, Order] = {}
        by_pair: dict[str | None, list[OrderRef]] = {}
        for ref in refs:
            by_pair.setdefault(ref.symbol, []).append(ref)
        for pair, wanted in by_pair.items():
            if len(wanted) <= self.few or any(ref.order_id is None for ref in wanted):
                found |= yield from super().read_ended(wanted, since)
            else:
                found |= yield from self._read_from_list(pair, wanted, since)
        return found

    def _read_from_list(
        self, pair: str | None, wanted: Sequence[OrderRef], since: datetime | None
    ) -> Operation[dict[OrderKey, Order]]:
        window = {} if since is None else {"startTimestamp": int(since.timestamp() * 1000)}

        def page(pages: Pages) -> HttpCall[list[Order]]:
            last = next(reversed(pages.fresh.values()), None)
            after = {} if last is None else {"orderId": last.order_id}
            return self._orders_of_pair(pair, **window, **after)

        return (yield from search(self, wanted, page))

    def _orders_of_pair(self, pair: str | None, **params: Any) -> HttpCall[list[Order]]:
        """Ask for all orders: statuses 4 and 6 are neither in OPEN nor in DONE."""
        return self.reading(
            f"/orders/all/{pair}",
            self._parse_list,
            "orders",
            {"statusKind": "ALL", "limit": PAGE_SIZE, **params},
        )

    def cancel_one(self, ref: OrderRef, options: Options) -> Cancellation | None:
        """Return the cancel of one order; None for an order with a client order id only."""
        if ref.order_id is None:
            return None

        def parse(data: Any) -> frozenset[OrderKey]:
            # The response has the order's id only; its market is in the request's path.
            is_ours = Record(data, "body").text("orderId") == ref.order_id
            return frozenset({self.key(ref)} if is_ours else ())

        params = {name: "true" if value else "false" for name, value in options.items()}
        call = self.changing("DELETE", f"/orders/{ref.symbol}/{ref.order_id}", parse, "cancel", params)
        return Cancellation((ref,), ask(call))

    def cancel_several(self, refs: Sequence[OrderRef], options: Options) -> list[Cancellation]:
        """Return batches of named orders, or single cancels if there are options, which a batch cannot carry."""
        if options:
            return [one for ref in refs if (one := self.cancel_one(ref, options))]
        return [self._batch(part) for part in _parts(refs)]

    def _batch(self, refs: Sequence[OrderRef]) -> Cancellation:
        ids_of_pair: dict[str, list[str]] = {}
        for ref in refs:
            if ref.symbol is not None and ref.order_id is not None:
                ids_of_pair.setdefault(ref.symbol.upper(), []).append(ref.order_id)

        def parse(data: Any) -> frozenset[OrderKey]:
            answered = Record(data, "body").get("data")
            if not isinstance(answered, dict) or not all(isinstance(ids, list) for ids in answered.values()):
                raise UnreadableResponseError("the response's data does not list ids by pair")
            return frozenset(
                self.key(OrderRef(str(order_id), pair.lower()))
                for pair, ids in answered.items()
                for order_id in ids
            )

        call = self.changing("PUT", "/orders", parse, "batch", ids_of_pair)
        return Cancellation(tuple(refs), ask(call), is_batch=True)

    def order_page(self, symbol: str | None) -> str | None:
        """Return the market's trading page, which lists the open orders."""
        return None if symbol is None else f"https://www.bitopro.com/ns/trading/{symbol}"

    def probe(self) -> Operation[None]:
        """Read the balance."""

        def parse(data: Any) -> None:
            Record(data, "body")

        yield from ask(self.reading("/accounts/balance", parse, "balance"))

    def markets(self) -> Operation[frozenset[str]]:
        """Read the public list of pairs."""

        def parse(data: Any) -> frozenset[str]:
            listed = records(Record(data, "body").get("data"), "data")
            return frozenset(record.text("pair").lower() for record in listed)

        return (yield from ask(self.reading("/provisioning/trading-pairs", parse, "markets", signed=False)))

    def _parse_list(self, data: Any) -> list[Order]:
        """Parse a list; the venue sends null for an empty one."""
        body = Record(data, "body")
        listed = [] if body.is_null("data") else records(body.get("data"), "data")
        return [self._parse_order(record) for record in listed]

    def _parse_order(self, record: Record) -> Order:
        status = record.integer("status")
        return Order(
            exchange=self.name,
            order_id=self.shown_id(record, "id"),
            symbol=self.shown_symbol(record, "pair"),
            state=STATES.get(status, OrderState.UNKNOWN),
            venue_state=str(status) if abs(status) < 10**6 else "unreadable",
            side=side_of(record, "action"),
            quantity=record.amount("originalAmount"),
            filled_quantity=record.amount("executedAmount"),
            price=record.amount("price"),
            client_order_id=record.text("clientId") if "clientId" in record else None,
            created_at=record.milliseconds("createdTimestamp") or record.milliseconds("timestamp"),
        )


def _parts(refs: Sequence[OrderRef]) -> Iterator[Sequence[OrderRef]]:
    """Split orders so that the body of each batch stays within ``LARGEST_BATCH``."""
    start, size = 0, 0
    pairs: set[str | None] = set()
    for end, ref in enumerate(refs):
        named = len(f'"{ref.order_id}",')
        opened = len(f'"{ref.symbol}":[],')
        grown = named + (0 if ref.symbol in pairs else opened)
        if size + grown > LARGEST_BATCH:
            yield refs[start:end]
            start, size, pairs, grown = end, 0, set(), named + opened
        size += grown
        pairs.add(ref.symbol)
    if refs:
        yield refs[start:]


def payload_of_query(identity: str, nonce: int) -> bytes:
    """Return the payload of a GET or DELETE, as of the vendor's "API security protocol" page."""
    text = json.dumps({"identity": identity, "nonce": nonce}, separators=(",", ":"), ensure_ascii=False)
    return b64encode(text.encode())


def sign_payload(api_secret: bytes, payload: bytes) -> str:
    """Return the hexadecimal HMAC-SHA384 of a payload, the base64 text as it is sent."""
    return hmac_hex(api_secret, payload, hashes.SHA384())
