"""
Loopring, DEX API v3.

Sources: the vendor's pages "Cancel Order", "Get Orders", "Get Order Details" and "Request signing". Amounts are in
the smallest unit of the base token, as in the venue's responses.
"""

from __future__ import annotations

import re
from hashlib import sha256
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
from airflow_provider_exchange.exchanges.base import Cancellation, Options
from airflow_provider_exchange.exchanges.common import only_one, read_pages, search, side_of
from airflow_provider_exchange.exchanges.fields import Record, records
from airflow_provider_exchange.exchanges.http import HttpCall, HttpExchange
from airflow_provider_exchange.models import Order, OrderKey, OrderRef, OrderState
from airflow_provider_exchange.protocol.limits import RateLimit
from airflow_provider_exchange.protocol.messages import Request
from airflow_provider_exchange.protocol.steps import Operation, Pause, ask

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime

    from airflow_provider_exchange.exchanges.common import Pages
    from airflow_provider_exchange.exchanges.settings import ConnectionSettings

__all__ = ["Loopring", "message_of", "sign_request", "string_to_sign"]

BATCH_SIZE = 10
PAGE_SIZE = 50
RELIST_PAUSE = 0.2
"""Seconds before a list that changed while it was read is read again."""
LIVE = "processing,waiting,cancelling"
ORDER_TYPES = "TRADITIONAL_ORDER,STOP_LIMIT"
"""A list contains stop-limit orders only if it asks for them."""
ONE_ORDER_PARAMS = ("orderHash", "clientOrderId")

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
    limits: Mapping[str, RateLimit] = {
        endpoint: RateLimit(5, 1) for endpoint in ("cancel", "batch", "orders", "order")
    }
    order_ids = Grammar(
        re.compile(r"0[xX][0-9a-fA-F]{1,64}", re.ASCII), "0x05a97490e92ded02…, an order hash", "#066x"
    )
    client_order_ids = Grammar(
        re.compile(r"(?!.*\.\.)[A-Za-z0-9]([A-Za-z0-9_.:@+=|~* -]{0,126}[A-Za-z0-9_.:@+=|~*-])?", re.ASCII),
        "myBot-20261121-7",
    )
    symbols = Grammar(re.compile(r"[A-Za-z0-9.]{1,20}(-[A-Za-z0-9.]{1,20}){1,2}", re.ASCII), "LRC-ETH")

    def __init__(self, base_url: str, api_key: str, private_key: int, account_id: int) -> None:
        super().__init__(base_url, (api_key, *spellings(private_key)))
        self._api_key = api_key
        self._private_key = private_key
        self._account_id = account_id

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
        """Return a market in capitals."""
        return super().check_symbol(value, field).upper()

    def shown_id(self, record: Record, field: str) -> str:
        """Return an order hash in hex; an older page of the vendor shows it in decimal."""
        text = record.text(field)
        if re.fullmatch(r"[0-9]{1,77}", text, re.ASCII):
            return f"0x{int(text):064x}"
        return super().shown_id(record, field)

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
        if not isinstance(payload, dict):
            return None
        info = payload.get("resultInfo", payload)
        if not isinstance(info, dict) or not ("message" in info or "msg" in info):
            return None
        number = info.get("code")
        if not isinstance(number, int) or isinstance(number, bool) or abs(number) >= 10**9:
            return None
        words = self.shown(info.get("message") or info.get("msg"))
        kind = RateLimitedError if status == 429 else ERROR_CODES.get(number, ExchangeUnavailableError)
        return kind(f"the venue responded: {words}" if words else "the venue refused the request", code=str(number))

    def list_open(self, symbols: Collection[str] | None = None) -> Operation[list[Order]]:  # noqa: ARG002
        """
        List the live orders of all pages, stop-limit orders too.

        The list's documentation does not allow the state ``waiting`` as a filter. If the venue refuses it, read the
        orders in every state and filter here.
        """
        try:
            orders = yield from self._list({"status": LIVE})
        except RequestRefusedError:
            orders = yield from self._list({})
        return [order for order in orders if not order.state.is_terminal]

    def _list(self, params: Mapping[str, Any]) -> Operation[list[Order]]:
        """
        Read every page of a list.

        An order that leaves the list between two pages moves the others up, and one is missed. The pages are
        therefore read again until the total stays the same and as many orders were seen.
        """
        totals: list[int] = []

        def page(pages: Pages) -> HttpCall[list[Order]]:
            return self._page(params, len(pages.seen), totals)

        def is_whole(pages: Pages) -> bool:
            return len(pages.seen) >= totals[-1]

        while True:
            seen = yield from read_pages(self, page, is_whole)
            if set(totals) == {len(seen)}:
                return list(seen.values())
            totals.clear()
            yield Pause(RELIST_PAUSE)

    def _page(self, params: Mapping[str, Any], offset: int, totals: list[int]) -> HttpCall[list[Order]]:
        """Read one page, and append the venue's total for the whole list to ``totals``."""

        def parse(data: Any) -> list[Order]:
            body = Record(data, "body")
            total = body.integer("totalNum")
            listed = [self._parse_order(record) for record in records(body.get("orders"), "orders")]
            totals.append(total)  # of a page that can be read as a whole
            return listed

        account = {"accountId": self._account_id, "extraOrderTypes": ORDER_TYPES}
        page = {"limit": PAGE_SIZE, "offset": offset}
        return self.reading("/api/v3/orders", parse, "orders", {**account, **params, **page}, signed=False)

    def read_order(self, ref: OrderRef) -> Operation[Order]:
        """Read an order by its hash, or find it in a list by its client order id."""
        if ref.order_id is None:
            return (yield from self._read_by_client_id(ref))

        def parse(data: Any) -> Order:
            return self.expect(self._parse_order(Record(data, "body")), ref)

        params = {"accountId": self._account_id, "orderHash": ref.order_id}
        return (
            yield from ask(self.reading("/api/v3/order", parse, "order", params, signed=False, names_order=True))
        )

    def _read_by_client_id(self, ref: OrderRef) -> Operation[Order]:
        live = [order for order in (yield from self.list_open()) if order.is_named_by(ref)]
        if live:
            return only_one(live)
        found = yield from self._search([ref], None)
        if not found:
            raise OrderNotFoundError("no order has this client order id", orders=[ref])
        return found[self.key(ref)]

    def read_ended(self, refs: Sequence[OrderRef], since: datetime | None) -> Operation[dict[OrderKey, Order]]:
        """Read a few orders one by one, more from the order list."""
        if len(refs) <= self.few:
            return (yield from super().read_ended(refs, since))
        return (yield from self._search(refs, since))

    def _search(self, refs: Sequence[OrderRef], since: datetime | None) -> Operation[dict[OrderKey, Order]]:
        """Page through the orders in all states until every one is found; no order ever leaves that list."""
        window = {} if since is None else {"start": int(since.timestamp() * 1000)}

        def page(pages: Pages) -> HttpCall[list[Order]]:
            return self._page(window, len(pages.seen), [])

        return (yield from search(self, refs, page))

    def cancel_one(self, ref: OrderRef, options: Options) -> Cancellation | None:  # noqa: ARG002  (it has none)
        """
        Return the cancel of one order by its hash; None for an order with a client order id only.

        Clients disagree on how a client order id is encoded for the signature; a hash is unambiguous.
        """
        if ref.order_id is None:
            return None

        def parse(data: Any) -> frozenset[OrderKey]:
            return frozenset({OrderKey(None, self.shown_id(Record(data, "body"), "hash"))})

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

    def markets(self) -> Operation[frozenset[str]]:
        """Read the public list of markets."""

        def parse(data: Any) -> frozenset[str]:
            listed = records(Record(data, "body").get("markets"), "markets")
            return frozenset(record.text("market").upper() for record in listed)

        return (yield from ask(self.reading("/api/v3/exchange/markets", parse, "markets", signed=False)))

    def _parse_order(self, record: Record) -> Order:
        word = record.text("status")
        order_id = self.shown_id(record, "hash")
        client_order_id = record.text("clientOrderId") if "clientOrderId" in record else None
        volumes = record.record("volumes") if "volumes" in record else None
        validity = record.record("validity") if "validity" in record else None
        return Order(
            exchange=self.name,
            order_id=order_id,
            symbol=self.shown_symbol(record, "market"),
            state=STATES.get(word.lower(), OrderState.UNKNOWN),
            venue_state=self.shown(word),
            side=side_of(record, "side"),
            quantity=None if volumes is None else volumes.amount("baseAmount"),
            filled_quantity=None if volumes is None else volumes.amount("baseFilled"),
            price=record.amount("price"),
            # For an order without a client order id, the venue shows its hash there.
            client_order_id=client_order_id if client_order_id and client_order_id != order_id else None,
            created_at=None if validity is None else validity.seconds("start"),
        )


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
    return quote(text, safe="")


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
