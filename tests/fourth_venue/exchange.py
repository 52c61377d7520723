"""
Harbor, API v1.

Sources: the vendor's pages "Requests and signatures", "Orders", "Cancellations" and "Errors". They do not say how
long an ended order can be read: one that is gone is reported as an order that the venue does not know.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import quote, urlencode

from cryptography.hazmat.primitives import hashes

from airflow_provider_exchange.errors import (
    AuthenticationError,
    ClockSkewError,
    ExchangeError,
    ExchangeUnavailableError,
    OrderNotFoundError,
    PermissionDeniedError,
    RateLimitedError,
    RequestRefusedError,
    UnreadableResponseError,
)
from airflow_provider_exchange.exchanges.arguments import Grammar
from airflow_provider_exchange.exchanges.assumptions import Assumptions
from airflow_provider_exchange.exchanges.base import Cancellation, Option, Options
from airflow_provider_exchange.exchanges.common import hmac_hex
from airflow_provider_exchange.exchanges.fields import Record, records
from airflow_provider_exchange.exchanges.http import HttpCall, HttpExchange
from airflow_provider_exchange.exchanges.markets import ASSET_MARKS, MARKET_START, by_symbol
from airflow_provider_exchange.exchanges.orders import OrderForm, OrderReader
from airflow_provider_exchange.models.orders import Order, OrderKey, OrderRef, OrderState
from airflow_provider_exchange.protocol.limits import RateLimit
from airflow_provider_exchange.protocol.messages import Request
from airflow_provider_exchange.protocol.steps import Operation, ask

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime

    from airflow_provider_exchange.exchanges.settings import ConnectionSettings

__all__ = ["Harbor"]

BATCH_SIZE = 20
PAGE_SIZE = 50
ASSET = f"[A-Z0-9{ASSET_MARKS}]{{1,40}}"
LIST_WEIGHT = 10
BATCH_WEIGHT = 5

STATES: dict[str, OrderState] = {
    "held": OrderState.OPEN,
    "resting": OrderState.OPEN,
    "leaving": OrderState.CANCELLING,
    "filled": OrderState.FILLED,
    "cancelled": OrderState.CANCELLED,
    "lapsed": OrderState.EXPIRED,
    "refused": OrderState.REJECTED,
}

ORDER = OrderForm(
    order_id="number",
    symbol="market",
    state="state",
    states=STATES,
    side="side",
    quantity="amount",
    filled_quantity="traded",
    price="price",
    created_at=("created",),
)

ERROR_CODES: dict[str, type[ExchangeError]] = {
    "unknown_key": AuthenticationError,
    "bad_signature": AuthenticationError,
    "stale_time": ClockSkewError,
    "read_only_key": PermissionDeniedError,
    "bad_request": RequestRefusedError,
    "order_ended": RequestRefusedError,
    "unknown_order": OrderNotFoundError,
    "too_many_requests": RateLimitedError,
}


class Harbor(HttpExchange):
    """
    One account at Harbor.

    :param base_url: Scheme, host and port.
    :param api_key: Sent as ``Harbor-Key``.
    :param api_secret: Signs.
    """

    name = "harbor"
    title = "Harbor"
    needs_symbol = True
    options: Mapping[str, Option] = {"reason": Option("a note that the venue keeps beside the cancel", str)}
    limits: Mapping[str, RateLimit] = {"total": RateLimit(1200, 60)}
    order_ids = Grammar(re.compile(r"[1-9][0-9]{0,11}", re.ASCII), "17, the order's number in its market", "d")
    client_order_ids = None
    symbols = Grammar(re.compile(f"{MARKET_START}{ASSET}-{ASSET}", re.ASCII), "BTC-EUR", any_script=True)
    assumes = Assumptions(
        order=ORDER,
        orders={"/v1/orders": ("orders", "order")},
        time_units={"": "milliseconds"},
        words=frozenset({"code", "message", "tier"}),
    )
    never_an_order_id = "999999999989"

    def __init__(self, base_url: str, api_key: str, api_secret: str) -> None:
        super().__init__(base_url, (api_key, api_secret))
        self._api_key = api_key
        self._api_secret = api_secret.encode()
        self._orders = OrderReader(self, ORDER)

    @classmethod
    def from_settings(cls, settings: ConnectionSettings) -> Self:
        """Build the account of an Airflow connection; see :meth:`Exchange.from_settings`."""
        return cls(
            base_url=settings.base_url("https://api.harbor.example"),
            api_key=settings.required_text(settings.login, "login", "enter the API key"),
            api_secret=settings.required_text(settings.password, "password", "enter the API secret"),
        )

    def sign(self, call: HttpCall[Any], timestamp: int) -> Request:
        """
        Return the request, whose signature covers time, method, path, query and body.

        :param call: What to ask. Parameters go into the query, or into the body of a POST.
        :param timestamp: Time in ms.
        """
        with_body = call.method == "POST"
        query = "" if with_body or not call.params else f"?{urlencode(call.params)}"
        body = json.dumps(dict(call.params), separators=(",", ":")).encode() if with_body else None
        headers = {"Accept": "application/json"}
        if call.signed:
            text = f"{timestamp}\n{call.method}\n{call.path}{query}\n".encode() + (body or b"")
            headers |= {
                "Harbor-Key": self._api_key,
                "Harbor-Time": str(timestamp),
                "Harbor-Signature": hmac_hex(self._api_secret, text, hashes.SHA256()),
            }
        if with_body:
            headers["Content-Type"] = "application/json"
        return Request(call.method, f"{self.base_url}{call.path}{query}", headers, body)

    def error_of(self, status: int, payload: Any) -> ExchangeError | None:
        """Match the code of the error, whatever the HTTP status; see :meth:`HttpExchange.error_of`."""
        error = payload.get("error") if isinstance(payload, dict) else None
        if not isinstance(error, dict) or not isinstance(error.get("code"), str):
            return None
        code = error["code"]
        kind = ERROR_CODES.get(code, ExchangeUnavailableError)
        words = self.shown(error.get("message"))
        return kind(
            f"the venue answered: {words}" if words else "the venue refused",
            code=self.shown(code),
            request_id=self.shown_request_id(error.get("trace")),
        )

    def list_open(self, symbols: Collection[str] | None = None) -> Operation[list[Order]]:
        """List the live orders of all markets; see :meth:`Exchange.list_open`."""
        return list((yield from self._list({"state": "live"})).values())

    def _list(
        self, params: Mapping[str, Any], wanted: Collection[OrderKey] | None = None
    ) -> Operation[dict[OrderKey, Order]]:
        """
        Read a list page by page.

        A cursor names the last order of a page, so that orders that leave or join move no other. A page may be
        empty and still have a next one.

        :param params: Which list.
        :param wanted: Stop when these have been seen; None for all pages.
        """
        cursors: list[str | None] = []

        def parse(data: Any) -> list[Order]:
            body = Record(data, "body")
            orders = self._orders.parse_list(body.get("orders"), "orders")
            cursors.append(body.text("next") if "next" in body else None)
            return orders

        found: dict[OrderKey, Order] = {}
        while True:
            after = {"after": cursors[-1]} if cursors else {}
            call = self.reading(
                "/v1/orders", parse, "orders", {**params, "limit": PAGE_SIZE, **after}, weight=LIST_WEIGHT
            )
            found |= {self.key(order): order for order in (yield from ask(call))}
            if cursors[-1] is None or (wanted is not None and found.keys() >= set(wanted)):
                return found
            if cursors[-1] in cursors[:-1]:
                raise UnreadableResponseError("the answer's cursor leads back to a page that was read")

    def read_order(self, ref: OrderRef) -> Operation[Order]:
        """Read one order by its number; see :meth:`Exchange.read_order`."""

        def parse(data: Any) -> Order:
            return self.expect(self._orders.parse(Record(data, "body").get("order")), ref)

        return (yield from ask(self.reading(_path(ref), parse, "order")))

    def read_ended(self, refs: Sequence[OrderRef], since: datetime | None) -> Operation[dict[OrderKey, Order]]:
        """Read a few orders one by one, more from the list of ended ones; see :meth:`Exchange.read_ended`."""
        if len(refs) <= self.few:
            return (yield from super().read_ended(refs, since))
        window = {} if since is None else {"since": int(since.timestamp() * 1000)}
        wanted = {self.key(ref) for ref in refs}
        listed = yield from self._list({"state": "ended", **window}, wanted)
        return {key: order for key, order in listed.items() if key in wanted}

    def cancel_one(self, ref: OrderRef, options: Options) -> Cancellation | None:
        """Return the cancel of one order; see :meth:`Exchange.cancel_one`."""

        def parse(data: Any) -> frozenset[OrderKey]:
            return frozenset({self._parse_name(Record(data, "body").record("accepted"))})

        return Cancellation((ref,), ask(self.changing("DELETE", _path(ref), parse, "cancel", options)))

    def cancel_several(self, refs: Sequence[OrderRef], options: Options) -> list[Cancellation]:
        """Return batches of up to twenty orders; see :meth:`Exchange.cancel_several`."""
        return [self._batch(refs[start : start + BATCH_SIZE], options) for start in range(0, len(refs), BATCH_SIZE)]

    def _batch(self, refs: Sequence[OrderRef], options: Options) -> Cancellation:
        def parse(data: Any) -> frozenset[OrderKey]:
            accepted = records(Record(data, "body").get("accepted"), "accepted")
            return frozenset(self._parse_name(record) for record in accepted)

        params = {"orders": [{"market": ref.symbol, "number": ref.order_id} for ref in refs], **options}
        call = self.changing("POST", "/v1/cancellations", parse, "cancel", params, weight=BATCH_WEIGHT)
        return Cancellation(tuple(refs), ask(call), is_batch=True)

    def probe(self) -> Operation[None]:
        """Read the account."""

        def parse(data: Any) -> None:
            Record(data, "body")

        yield from ask(self.reading("/v1/account", parse, "account"))

    def may_withdraw(self) -> Operation[bool]:
        """Read the rights of the key, among the account's; see :meth:`Exchange.may_withdraw`."""

        def parse(data: Any) -> bool:
            return "withdraw" in (Record(data, "body").get("rights") or ())

        return (yield from ask(self.reading("/v1/account", parse, "account")))

    def server_time(self) -> Operation[int]:
        """Read the venue's time in ms."""

        def parse(data: Any) -> int:
            return Record(data, "body").integer("now")

        return (yield from ask(self.reading("/v1/time", parse, "time", signed=False)))

    def markets(self) -> Operation[Mapping[str, bool]]:
        """Read the public list of markets."""

        def parse(data: Any) -> Mapping[str, bool]:
            listed = by_symbol(self, records(Record(data, "body").get("markets"), "markets"), "name")
            return {symbol: record.get("open") is not False for symbol, record in listed}

        return (yield from ask(self.reading("/v1/markets", parse, "markets", signed=False)))

    def _parse_name(self, record: Record) -> OrderKey:
        return OrderKey(self.shown_symbol(record, "market"), self.shown_id(record, "number"))


def _path(ref: OrderRef) -> str:
    """Return the path of one order; its market is one segment, whatever characters it has."""
    return f"/v1/orders/{quote(ref.symbol or '', safe='')}/{ref.order_id}"
