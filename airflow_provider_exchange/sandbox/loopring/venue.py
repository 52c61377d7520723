"""The calls of the paper Loopring."""

from __future__ import annotations

import hashlib
import itertools
import re
from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from airflow_provider_exchange.sandbox.book import Book, Cancel, PaperOrder, State
from airflow_provider_exchange.sandbox.cancelling import cancel_one, passed_over
from airflow_provider_exchange.sandbox.loopring.errors import LoopringRefusal, error, flattened
from airflow_provider_exchange.sandbox.loopring.placing import read_order, submitted
from airflow_provider_exchange.sandbox.loopring.shapes import WORDS, acknowledged, shown
from airflow_provider_exchange.sandbox.loopring.signing import FIELD, checked_query
from airflow_provider_exchange.sandbox.markets import LOOPRING_MARKETS, LOOPRING_TOKENS
from airflow_provider_exchange.sandbox.protocol import Answer, Call, Refusal, Route, route

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from airflow_provider_exchange.sandbox.accounts import LoopringAccount

BATCH = 10
"""How many orders one cancel may name."""

PAGE = 50
"""How many orders one page holds at most."""

_HASH = re.compile("0x[0-9a-fA-F]{1,64}|[0-9]{1,78}")


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
        return error(429, "Too many requests", 429)

    def no_such_path(self) -> Answer:
        """404."""
        return error(100001, "Invalid argument", 404)

    def told(self, refusal: Refusal) -> Answer:
        """A refusal in the shape this exchange is set to."""
        return flattened(refusal.answer) if self.error_shape == "flat" else refusal.answer

    def _asked(self, call: Call, *, signed: bool = False) -> dict[str, str]:
        return checked_query(call, self.account, signed=signed)

    # -- placing

    def place_order(self, call: Call) -> Answer:
        """``POST /order``: carries a signature over the order itself, none over the request."""
        self._asked(call)
        order_id, asked = submitted(call.body, self.account)
        known = self.book.get(order_id)
        if known is not None:
            return Answer(acknowledged(known, idempotent=True))
        order = read_order(asked, order_id, self.account, call.now_ms)
        if any(_slot(other) == _slot(order) for other in self.book):
            raise LoopringRefusal(102030)
        return Answer(acknowledged(self.book.place(order)))

    # -- cancelling

    def cancel_order(self, call: Call) -> Answer:
        """``DELETE /order``: one order by hash or client id; without either, every order."""
        asked = self._asked(call, signed=True)
        named, client = asked.get("orderHash", ""), asked.get("clientOrderId", "")
        if not named and not client:
            return self._cancel_many(call, [order.order_id for order in self.book.live()])
        if named and not _HASH.fullmatch(named):
            raise LoopringRefusal(102119)
        order_id = _canonical(named) if named else self._by_client_id(client)
        outcome, order = cancel_one(self.book, order_id, call.behaviour)
        if order is None:
            raise LoopringRefusal(102117)
        if outcome is Cancel.REFUSED:
            raise LoopringRefusal(102118)
        if outcome is Cancel.ALREADY:
            raise LoopringRefusal(102122)
        if outcome is Cancel.DEAD:
            raise LoopringRefusal(100001 if order.state is State.CANCELLED else 102120)
        return Answer(acknowledged(order))

    def cancel_by_hash(self, call: Call) -> Answer:
        """``DELETE /orders/byHash``."""
        asked = self._asked(call, signed=True)
        named = [each for each in asked.get("orderHash", "").split(",") if each]
        if not all(_HASH.fullmatch(each) for each in named):
            raise LoopringRefusal(102119)
        return self._cancel_named(call, [_canonical(each) for each in named])

    def cancel_by_client_id(self, call: Call) -> Answer:
        """``DELETE /orders/byClientOrderId``."""
        asked = self._asked(call, signed=True)
        named = [each for each in asked.get("clientOrderId", "").split(",") if each]
        return self._cancel_named(call, [self._by_client_id(each) for each in named])

    def _cancel_named(self, call: Call, named: Sequence[str]) -> Answer:
        if not 0 < len(named) <= BATCH:
            raise LoopringRefusal(100001)
        return self._cancel_many(call, named)

    def _cancel_many(self, call: Call, named: Sequence[str]) -> Answer:
        done: list[dict[str, Any]] = []
        failed = 0
        for place, order_id in enumerate(named):
            if passed_over(call.behaviour, place, order_id):
                continue
            outcome, order = cancel_one(self.book, order_id, call.behaviour)
            if order is None or outcome in (Cancel.DEAD, Cancel.REFUSED, Cancel.ALREADY):
                failed += 1
            else:
                done.append(acknowledged(order))
        if failed or not named:
            raise LoopringRefusal(104209 if done else 102117)
        return Answer(done)

    # -- reading

    def order(self, call: Call) -> Answer:
        """``GET /order``: by hash; needs the key and no signature."""
        asked = self._asked(call)
        named = asked.get("orderHash", "")
        if not named:
            raise LoopringRefusal(107002)
        found = self.book.view(call.behaviour.lag).get(_canonical(named)) if _HASH.fullmatch(named) else None
        if found is None:
            raise LoopringRefusal(107003)
        return Answer(shown(found))

    def orders(self, call: Call) -> Answer:
        """``GET /orders``: newest first, stop orders only when asked for."""
        asked = self._asked(call)
        limit, offset = self._whole(asked, "limit", PAGE), self._whole(asked, "offset", 0)
        since, until = self._whole(asked, "start", 0), self._whole(asked, "end", 0)
        states = {each for each in asked.get("status", "").split(",") if each}
        extra = set(asked.get("extraOrderTypes", "TRADITIONAL_ORDER").split(","))
        if not 1 <= limit <= PAGE or not states <= set(WORDS.values()):
            raise LoopringRefusal(100001)
        if not extra <= {"TRADITIONAL_ORDER", "STOP_LIMIT"}:
            raise LoopringRefusal(100001)
        found = [
            order
            for order in reversed(self.book.view(call.behaviour.lag).values())
            if asked.get("market") in (None, order.symbol)
            and asked.get("side") in (None, order.side)
            and (not states or WORDS[order.state] in states)
            and ("TRADITIONAL_ORDER" if order.stop_price is None else "STOP_LIMIT") in extra
            and since <= order.created_ms
            and (not until or order.created_ms <= until)
        ]
        found.sort(key=lambda order: -order.created_ms)
        page = [shown(order) for order in found[offset : offset + limit]]
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
            raise LoopringRefusal(100001)
        return int(text)


def _slot(order: PaperOrder) -> tuple[int, int]:
    storage = order.details["storageInfo"]
    return storage["tokenId"], storage["storageId"]


def _canonical(order_hash_: str) -> str:
    return f"0x{int(order_hash_, 16 if order_hash_.startswith('0x') else 10):064x}"
