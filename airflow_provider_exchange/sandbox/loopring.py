"""
The paper Loopring: orders under ``/api/v3``, after the vendor's documents and its published clients.

A cancel that names no order, or an empty one, cancels every order of the account. So did the real venue's
clients once, and nothing in its documents says that it has changed.
"""

from __future__ import annotations

import hashlib
import hmac
import itertools
import re
from dataclasses import replace
from decimal import Decimal
from types import MappingProxyType
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, quote

from airflow_provider_exchange.sandbox.book import Book, Cancel, PaperOrder, State
from airflow_provider_exchange.sandbox.cancelling import cancel_one
from airflow_provider_exchange.sandbox.markets import LOOPRING_MARKETS, LOOPRING_TOKENS
from airflow_provider_exchange.sandbox.protocol import Answer, Call, Refusal, Route, plain, positive, route

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from airflow_provider_exchange.sandbox.accounts import LoopringAccount

FIELD = 21888242871839275222246405745257275088548364400416034343698204186575808495617
"""The prime that messages are reduced by."""

EXCHANGE = "0x0BABA1Ad5bE3a5C0a66E7ac838a129Bf948f1eA4"
"""The contract address orders must name."""

BATCH = 10
"""How many orders one cancel may name."""

PAGE = 50
"""How many orders one page holds at most."""

MESSAGES: Mapping[int, str] = {
    100000: "Unknown error",
    100001: "Invalid argument",
    102001: "Exchange ID is incorrect",
    102005: "Market not supported",
    102008: "Order has expired",
    102010: "Order is missing signature information",
    102030: "Invalid storage id",
    102117: "No orders to cancel",
    102118: "Failed to cancel orders, please try again later",
    102119: "Invalid hash",
    102120: "Order is not valid",
    102122: "Order already in cancel",
    104001: "Empty ApiKey",
    104002: "Invalid ApiKey",
    104003: "Invalid Account ID",
    104004: "No signature information provided",
    104005: "Wrong signature information",
    104209: "Partial batch operation failed",
    107002: "Order Hash cannot be empty",
    107003: "Order does not exist",
}
"""The vendor's error codes in use here."""

_WORDS = {
    State.WAITING: "waiting",
    State.OPEN: "processing",
    State.CANCELLING: "cancelling",
    State.FILLED: "processed",
    State.CANCELLED: "cancelled",
    State.EXPIRED: "expired",
    State.REJECTED: "failed",
}
_HASH = re.compile("0x[0-9a-fA-F]{1,64}|[0-9]{1,78}")
_SIGNATURE = re.compile("0x[0-9a-f]{192}")


def message_of(method: str, url: str, parameters: Sequence[tuple[str, str]]) -> int:
    """
    The integer a request's signature is over.

    :param url: in full, without the query.
    :param parameters: decoded, in any order.
    """
    joined = "&".join(f"{_percent(key)}={_percent(value)}" for key, value in sorted(parameters))
    base = "&".join((method, _percent(url), _percent(joined)))
    return int.from_bytes(hashlib.sha256(base.encode()).digest(), "big") % FIELD


def signature_matches(public_key: tuple[int, int], message: int, signature: str) -> bool:
    """Whether ``signature``, 0x and three numbers of 64 lower-case hex digits, is one over ``message``."""
    from airflow_provider_exchange.crypto import eddsa

    if not _SIGNATURE.fullmatch(signature):
        return False
    x, y, s = (int(signature[start : start + 64], 16) for start in (2, 66, 130))
    return eddsa.verify(public_key, message, (x, y, s))


def order_hash(order: Mapping[str, Any]) -> int:
    """
    The hash that names an order and that its owner signs.

    :raises ValueError, KeyError, TypeError: a field is missing or out of range.
    """
    from airflow_provider_exchange.crypto import poseidon

    return poseidon.order_hash(
        [
            int(order["exchange"], 16),
            int(order["storageId"]),
            int(order["accountId"]),
            int(order["sellToken"]["tokenId"]),
            int(order["buyToken"]["tokenId"]),
            int(order["sellToken"]["volume"]),
            int(order["buyToken"]["volume"]),
            int(order["validUntil"]),
            int(order["maxFeeBips"]),
            int(order["fillAmountBOrS"] in (True, "true")),
            int(order.get("taker") or "0x0", 16),
        ]
    )


class Loopring:
    """
    :param book: the account's orders.
    :param account: whose requests are let in, with its public key only.
    :param error_shape: ``nested`` (``resultInfo``) or ``flat`` (``code`` and ``msg``): the vendor shows both.
    """

    name = "loopring"
    prefixes = ("/api/v3/",)

    def __init__(self, book: Book, account: LoopringAccount, *, error_shape: str = "nested") -> None:
        self.book = book
        self.account = account
        self.error_shape = error_shape
        self._storage = itertools.count(0, 2)
        self.routes: Sequence[Route] = (
            route("place_order", "POST", "/api/v3/order", self.place_order, mutating=True),
            route("cancel_order", "DELETE", "/api/v3/order", self.cancel_order, mutating=True),
            route("cancel_orders", "DELETE", "/api/v3/orders/byHash", self.cancel_by_hash, mutating=True),
            route(
                "cancel_orders", "DELETE", "/api/v3/orders/byClientOrderId", self.cancel_by_client_id, mutating=True
            ),
            route("order", "GET", "/api/v3/order", self.order),
            route("orders", "GET", "/api/v3/orders", self.orders),
            route("balance", "GET", "/api/v3/user/balances", self.balance),
            route("api_key", "GET", "/api/v3/apiKey", self.api_key),
            route("timestamp", "GET", "/api/v3/timestamp", self.timestamp),
        )

    # -- the vendor's ways to say no

    def too_many_requests(self) -> Answer:
        """429."""
        return self._error(429, "Too many requests", 429)

    def no_such_path(self) -> Answer:
        """404."""
        return self._error(100001, "Invalid argument", 404)

    def _error(self, code: int, message: str, status: int = 400) -> Answer:
        if self.error_shape == "flat":
            return Answer({"code": code, "msg": message}, status)
        return Answer({"resultInfo": {"code": code, "message": message}}, status)

    def refusal(self, code: int) -> Refusal:
        """An error by its code."""
        return Refusal(self._error(code, MESSAGES[code]))

    # -- who is asking

    def _asked(self, call: Call, *, signed: bool = False) -> dict[str, str]:
        """
        The query of a request, once key, account and, where one is due, the signature have been checked.

        :raises Refusal: they do not hold.
        """
        key = call.headers.get("X-API-KEY", "")
        if not key:
            raise self.refusal(104001)
        if not hmac.compare_digest(key.encode("utf-8", "surrogateescape"), self.account.key.encode()):
            raise self.refusal(104002)
        try:
            pairs = parse_qsl(call.query, keep_blank_values=True, strict_parsing=bool(call.query), errors="strict")
        except ValueError:
            raise self.refusal(100001) from None
        asked = dict(pairs)
        if len(asked) != len(pairs):
            raise self.refusal(100001)
        if signed:
            signature = call.headers.get("X-API-SIG", "")
            if not signature:
                raise self.refusal(104004)
            message = message_of(call.method, call.base_url + call.path, pairs)
            if not signature_matches(self.account.public_key, message, signature):
                raise self.refusal(104005)
        if call.method != "POST" and asked.get("accountId") != str(self.account.account_id):
            raise self.refusal(104003)
        return asked

    # -- placing

    def place_order(self, call: Call) -> Answer:
        """``POST /order``: carries a signature over the order itself, none over the request."""
        self._asked(call)
        asked = _json_object(call.body)
        if asked is None:
            raise self.refusal(100001)
        signature = asked.get("eddsaSignature")
        if not signature:
            raise self.refusal(102010)
        try:
            number = order_hash(asked)
        except (ValueError, KeyError, TypeError, AttributeError):
            raise self.refusal(100001) from None
        if not isinstance(signature, str) or not signature_matches(self.account.public_key, number, signature):
            raise self.refusal(104005)
        order_id = f"0x{number:064x}"
        known = self.book.get(order_id)
        if known is None:
            known = self.book.place(self._read_order(asked, order_id, call.now_ms))
            return Answer(_acknowledged(known, idempotent=False))
        return Answer(_acknowledged(known, idempotent=True))

    def _read_order(self, asked: Mapping[str, Any], order_id: str, now_ms: int) -> PaperOrder:
        if int(asked["accountId"]) != self.account.account_id:
            raise self.refusal(104003)
        if str(asked["exchange"]).lower() != EXCHANGE.lower():
            raise self.refusal(102001)
        if int(asked["validUntil"]) * 1000 <= now_ms:
            raise self.refusal(102008)
        sell, buy = asked["sellToken"], asked["buyToken"]
        tokens = int(sell["tokenId"]), int(buy["tokenId"])
        market = next((name for name, pair in LOOPRING_MARKETS.items() if set(pair) == set(tokens)), None)
        if market is None:
            raise self.refusal(102005)
        storage = int(asked["storageId"])
        if any(
            order.details["storageInfo"]["storageId"] == storage
            and order.details["storageInfo"]["tokenId"] == tokens[0]
            for order in self.book
        ):
            raise self.refusal(102030)
        selling = LOOPRING_MARKETS[market] == tokens
        amounts = [
            Decimal(each["volume"]).scaleb(-LOOPRING_TOKENS[int(each["tokenId"])][1]) for each in (sell, buy)
        ]
        base, cost = amounts if selling else reversed(amounts)
        if base <= 0 or cost <= 0:
            raise self.refusal(100001)
        stop = asked.get("extraOrderType") == "STOP_LIMIT"
        stop_price = positive(asked.get("stopPrice")) if stop else None
        sides = ("GREAT_THAN_AND_EQUAL", "LESS_THAN_AND_EQUAL")
        if stop and (stop_price is None or asked.get("stopSide") not in sides):
            raise self.refusal(100001)
        client = str(asked.get("clientOrderId") or "")
        if len(client.encode()) > 120:
            raise self.refusal(100001)
        details = {
            "validUntil": int(asked["validUntil"]),
            "storageInfo": {"accountId": self.account.account_id, "tokenId": tokens[0], "storageId": storage},
            "stopSide": asked.get("stopSide", ""),
        }
        return PaperOrder(
            order_id,
            market,
            "SELL" if selling else "BUY",
            str(asked.get("orderType", "LIMIT_ORDER")),
            base,
            cost / base,
            now_ms,
            now_ms,
            State.WAITING if stop else State.OPEN,
            stop_price=stop_price,
            client_order_id=client or order_id,
            details=MappingProxyType(details),
        )

    # -- cancelling

    def cancel_order(self, call: Call) -> Answer:
        """``DELETE /order``: one order by hash or client id; without either, every order."""
        asked = self._asked(call, signed=True)
        named, client = asked.get("orderHash", ""), asked.get("clientOrderId", "")
        if not named and not client:
            return self._cancel_many(call, [order.order_id for order in self.book.live()])
        if named and not _HASH.fullmatch(named):
            raise self.refusal(102119)
        order_id = _canonical(named) if named else self._by_client_id(client)
        outcome, order = cancel_one(self.book, order_id, call.behaviour)
        if order is None:
            raise self.refusal(102117)
        if outcome is Cancel.REFUSED:
            raise self.refusal(102118)
        if outcome is Cancel.DEAD:
            raise self.refusal(100001 if order.state is State.CANCELLED else 102120)
        return Answer(_acknowledged(order, idempotent=False))

    def cancel_by_hash(self, call: Call) -> Answer:
        """``DELETE /orders/byHash``."""
        asked = self._asked(call, signed=True)
        named = [each for each in asked.get("orderHash", "").split(",") if each]
        if not all(_HASH.fullmatch(each) for each in named):
            raise self.refusal(102119)
        return self._cancel_named(call, [_canonical(each) for each in named])

    def cancel_by_client_id(self, call: Call) -> Answer:
        """``DELETE /orders/byClientOrderId``."""
        asked = self._asked(call, signed=True)
        named = [each for each in asked.get("clientOrderId", "").split(",") if each]
        return self._cancel_named(call, [self._by_client_id(each) for each in named])

    def _cancel_named(self, call: Call, named: Sequence[str]) -> Answer:
        if not 0 < len(named) <= BATCH:
            raise self.refusal(100001)
        return self._cancel_many(call, named)

    def _cancel_many(self, call: Call, named: Sequence[str]) -> Answer:
        ignored = call.behaviour.first("ignore_batch_member")
        done: list[dict[str, Any]] = []
        failed = 0
        for place, order_id in enumerate(named):
            if ignored is not None and ignored.member == place:
                continue
            outcome, order = cancel_one(self.book, order_id, call.behaviour)
            if order is None or outcome in (Cancel.DEAD, Cancel.REFUSED):
                failed += 1
            else:
                done.append(_acknowledged(order, idempotent=False))
        if failed or not named:
            raise self.refusal(104209 if done else 102117)
        return Answer(done)

    # -- reading

    def order(self, call: Call) -> Answer:
        """``GET /order``: by hash; needs the key and no signature."""
        asked = self._asked(call)
        named = asked.get("orderHash", "")
        if not named:
            raise self.refusal(107002)
        found = self.book.view(call.behaviour.lag).get(_canonical(named)) if _HASH.fullmatch(named) else None
        if found is None:
            raise self.refusal(107003)
        return Answer(_shown(found))

    def orders(self, call: Call) -> Answer:
        """``GET /orders``: newest first, stop orders only when asked for."""
        asked = self._asked(call)
        limit, offset = self._whole(asked, "limit", PAGE), self._whole(asked, "offset", 0)
        since, until = self._whole(asked, "start", 0), self._whole(asked, "end", 0)
        states = {each for each in asked.get("status", "").split(",") if each}
        extra = set(asked.get("extraOrderTypes", "TRADITIONAL_ORDER").split(","))
        if not 1 <= limit <= PAGE or not states <= set(_WORDS.values()):
            raise self.refusal(100001)
        if not extra <= {"TRADITIONAL_ORDER", "STOP_LIMIT"}:
            raise self.refusal(100001)
        found = [
            order
            for order in reversed(self.book.view(call.behaviour.lag).values())
            if asked.get("market") in (None, order.symbol)
            and asked.get("side") in (None, order.side)
            and (not states or _WORDS[order.state] in states)
            and ("TRADITIONAL_ORDER" if order.stop_price is None else "STOP_LIMIT") in extra
            and since <= order.created_ms
            and (not until or order.created_ms <= until)
        ]
        found.sort(key=lambda order: -order.created_ms)
        page = [_shown(order) for order in found[offset : offset + limit]]
        return Answer({"totalNum": len(found), "orders": page})

    def balance(self, call: Call) -> Answer:
        """``GET /user/balances``."""
        self._asked(call)
        pending = {"withdraw": "0", "deposit": "0"}
        row = {"total": "1000000000000000000", "locked": "0", "pending": pending}
        return Answer([{"tokenId": token, **row} for token in LOOPRING_TOKENS])

    def api_key(self, call: Call) -> Answer:
        """``GET /apiKey``: the one reading call that carries a signature."""
        self._asked(call, signed=True)
        return Answer({"apiKey": self.account.key})

    def timestamp(self, call: Call) -> Answer:
        """``GET /timestamp``: the venue's clock; public."""
        return Answer({"timestamp": call.now_ms})

    # -- helpers

    def next_id(self, kind: str) -> str:
        """A hash for an order that nobody signed."""
        seed = f"{kind}/{len(self.book)}".encode()
        return f"0x{int.from_bytes(hashlib.sha256(seed).digest(), 'big') % FIELD:064x}"

    def admitted(self, order: PaperOrder) -> PaperOrder:
        """An order of the admin API, as this venue keeps it."""
        token = LOOPRING_MARKETS.get(order.symbol, (0, 0))[order.side == "BUY"]
        details = {
            "validUntil": order.created_ms // 1000 + 60 * 86_400,
            "storageInfo": {
                "accountId": self.account.account_id,
                "tokenId": token,
                "storageId": 1_000_000 + next(self._storage),
            },
            "stopSide": "GREAT_THAN_AND_EQUAL",
            **order.details,
        }
        kind = "LIMIT_ORDER" if order.type in ("LIMIT", "STOP_LIMIT") else order.type
        client = order.client_order_id or order.order_id
        return replace(order, type=kind, client_order_id=client, details=MappingProxyType(details))

    def _by_client_id(self, client: str) -> str:
        named = [order for order in self.book if order.client_order_id == client]
        live = [order for order in named if order.state.live]
        return next((order.order_id for order in live or named), "")

    def _whole(self, asked: Mapping[str, str], key: str, default: int) -> int:
        text = asked.get(key, str(default))
        if not re.fullmatch("[0-9]{1,15}", text):
            raise self.refusal(100001)
        return int(text)


def _percent(text: str) -> str:
    return quote(text, safe="")


def _canonical(order_hash_: str) -> str:
    return f"0x{int(order_hash_, 16 if order_hash_.startswith('0x') else 10):064x}"


def _json_object(body: bytes) -> dict[str, Any] | None:
    import json

    try:
        read = json.loads(body)
    except ValueError:
        return None
    return read if isinstance(read, dict) else None


def _acknowledged(order: PaperOrder, *, idempotent: bool) -> dict[str, Any]:
    return {
        "hash": order.order_id,
        "clientOrderId": order.client_order_id,
        "status": _WORDS[order.state],
        "isIdempotent": idempotent,
    }


def _units(amount: Decimal, token: int) -> str:
    return str(int(amount.scaleb(LOOPRING_TOKENS.get(token, ("", 18))[1])))


def _shown(order: PaperOrder) -> dict[str, Any]:
    base, counter = LOOPRING_MARKETS.get(order.symbol, (0, 0))
    shown: dict[str, Any] = {
        "hash": order.order_id,
        "clientOrderId": order.client_order_id,
        "side": order.side,
        "market": order.symbol,
        "price": plain(order.price),
        "volumes": {
            "baseAmount": _units(order.quantity, base),
            "quoteAmount": _units(order.quantity * order.price, counter),
            "baseFilled": _units(order.filled, base),
            "quoteFilled": _units(order.filled * order.price, counter),
            "fee": "0",
        },
        "validity": {"start": order.created_ms // 1000, "end": order.details["validUntil"]},
        "orderType": order.type,
        "tradeChannel": "ORDER_BOOK",
        "status": _WORDS[order.state],
        "storageInfo": dict(order.details["storageInfo"]),
    }
    if order.stop_price is not None:
        shown["extraOrderInfo"] = {
            "isTriggered": order.state is not State.WAITING,
            "stopPrice": plain(order.stop_price),
            "stopSide": order.details["stopSide"],
        }
    return shown
