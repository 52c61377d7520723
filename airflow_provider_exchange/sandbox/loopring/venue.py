"""The calls of the paper Loopring."""

from __future__ import annotations

import hashlib
import itertools
import re
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal

from airflow_provider_exchange.sandbox.book import Book, Cancel, PaperOrder, State
from airflow_provider_exchange.sandbox.cancelling import cancel_one, passed_over
from airflow_provider_exchange.sandbox.loopring.account import PAPER_ACCOUNT, LoopringAccount
from airflow_provider_exchange.sandbox.loopring.errors import LoopringRefusal, error, flattened
from airflow_provider_exchange.sandbox.loopring.markets import CLOSED, MARKETS, TOKENS
from airflow_provider_exchange.sandbox.loopring.placing import read_order, submitted
from airflow_provider_exchange.sandbox.loopring.shapes import WORDS, acknowledged, market, shown
from airflow_provider_exchange.sandbox.loopring.signing import FIELD, checked_query
from airflow_provider_exchange.sandbox.protocol import Answer, ReceivedRequest, Refusal, Route, route
from airflow_provider_exchange.sandbox.venue import PaperVenue

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from airflow_provider_exchange.sandbox.place import PlacingExchange

BATCH = 10
"""How many orders one cancel may name."""

PAGE = 50
"""How many orders one page holds at most."""

ORDER_TYPES = ("TRADITIONAL_ORDER", "STOP_LIMIT")
"""The types of orders that the list tells apart: those without and those with a stop price."""

_HASH = re.compile("0x[0-9a-fA-F]{1,64}|[0-9]{1,78}")
_CANONICAL_HASH = re.compile("0x[0-9a-f]{64}")


@dataclass(frozen=True)
class LoopringSettings:
    """
    Settings for what the vendor documents in two ways.

    :param error_shape: of errors: ``nested`` (``resultInfo``) or ``flat`` (``code`` and ``msg``).
    :param order_list: how the list of orders is sorted: ``newest_first`` or ``oldest_first``.
    :param joined_values: of several states or order types, joined by commas: ``each`` counts, or they are taken for
        one ``literal`` value that no order has.
    :param waiting: whether the state ``waiting`` is a filter: it is ``known``, ``unknown`` (no order has it) or
        ``refused``.
    :param total: what ``totalNum`` counts: the orders of the ``list`` or of the ``page``.
    :param empty_list: whether an empty list is ``shown`` or ``left_out``.
    """

    error_shape: Literal["nested", "flat"] = "nested"
    order_list: Literal["newest_first", "oldest_first"] = "newest_first"
    joined_values: Literal["each", "literal"] = "each"
    waiting: Literal["known", "unknown", "refused"] = "known"
    total: Literal["list", "page"] = "list"
    empty_list: Literal["shown", "left_out"] = "shown"


class PaperLoopring(PaperVenue[LoopringAccount, LoopringSettings]):
    """The paper Loopring. Its order hashes are unique across markets."""

    name = "loopring"
    title = "Loopring"
    prefixes = ("/api/v3/",)
    listed_markets = (*MARKETS, *CLOSED)
    account = PAPER_ACCOUNT
    settings = LoopringSettings()
    limits = MappingProxyType({"each": (5, 1)})
    signature_fields = frozenset({"signature", "eddsaSignature"})
    data_fields = ("orders", "markets")
    order_places = MappingProxyType(
        {
            "order_id": ("hash",),
            "symbol": ("market",),
            "client_order_id": ("clientOrderId",),
            "side": ("side",),
            "state": ("status",),
            "price": ("price",),
            "quantity": ("volumes", "baseAmount"),
        }
    )
    """Without the creation time, which the venue does not show."""

    def __init__(self, book: Book, account: LoopringAccount | None = None) -> None:
        super().__init__(book, account)
        self._hashes = itertools.count()
        self._storage = itertools.count(0, 2)
        self.routes: Sequence[Route] = (
            route("place_order", "POST", "/api/v3/order", self.place_order, mutating=True),
            route("cancel_order", "DELETE", "/api/v3/order", self.cancel_order, mutating=True),
            route("cancel_orders", "DELETE", "/api/v3/orders/byHash", self.cancel_by_hash, mutating=True),
            route(
                "cancel_orders", "DELETE", "/api/v3/orders/byClientOrderId", self.cancel_by_client_id, mutating=True
            ),
            route("order", "GET", "/api/v3/order", self.order),
            route("orders", "GET", "/api/v3/orders", self.orders, lists=True),
            route("balance", "GET", "/api/v3/user/balances", self.balance),
            route("api_key", "GET", "/api/v3/apiKey", self.api_key),
            route("markets", "GET", "/api/v3/exchange/markets", self.markets),
            route("timestamp", "GET", "/api/v3/timestamp", self.timestamp),
        )

    # -- errors

    def too_many_requests(self) -> Answer:
        """Return the 429."""
        return error(429, "Too many requests", 429)

    def no_such_path(self) -> Answer:
        """Return the 404."""
        return error(100001, "Invalid argument", 404)

    def told(self, refusal: Refusal) -> Answer:
        """Return a refusal in the configured shape."""
        return flattened(refusal.answer) if self.settings.error_shape == "flat" else refusal.answer

    def _asked(self, request: ReceivedRequest, *, signed: bool = False) -> dict[str, str]:
        return checked_query(request, self.account, signed=signed)

    # -- placing

    def place_order(self, request: ReceivedRequest) -> Answer:
        """``POST /order``: carries a signature over the order itself, none over the request."""
        self._asked(request)
        order_id, asked = submitted(request, self.account)
        known = self.book.get(order_id)
        if known is not None:
            return Answer(acknowledged(known, idempotent=True))
        order = read_order(asked, order_id, self.account, request.now_ms)
        if any(_slot(other) == _slot(order) for other in self.book):
            raise LoopringRefusal(102030)
        return Answer(acknowledged(self.book.place(order)))

    # -- cancelling

    def cancel_order(self, request: ReceivedRequest) -> Answer:
        """``DELETE /order``: one order by hash or client id; without either, every order."""
        asked = self._asked(request, signed=True)
        named, client = asked.get("orderHash", ""), asked.get("clientOrderId", "")
        if not named and not client:
            return self._cancel_many(request, [order.order_id for order in self.book.live()])
        if named and not _HASH.fullmatch(named):
            raise LoopringRefusal(102119)
        order_id = _canonical(named) if named else self._by_client_id(client)
        outcome, order = cancel_one(self.book, order_id, request.behaviour)
        if order is None:
            raise LoopringRefusal(102117)
        if outcome is Cancel.REFUSED:
            raise LoopringRefusal(102118)
        if outcome is Cancel.ALREADY:
            raise LoopringRefusal(102122)
        if outcome is Cancel.DEAD:
            raise LoopringRefusal(100001 if order.state is State.CANCELLED else 102120)
        return Answer(acknowledged(order))

    def cancel_by_hash(self, request: ReceivedRequest) -> Answer:
        """``DELETE /orders/byHash``."""
        asked = self._asked(request, signed=True)
        named = [each for each in asked.get("orderHash", "").split(",") if each]
        if not all(_HASH.fullmatch(each) for each in named):
            raise LoopringRefusal(102119)
        return self._cancel_named(request, [_canonical(each) for each in named])

    def cancel_by_client_id(self, request: ReceivedRequest) -> Answer:
        """``DELETE /orders/byClientOrderId``."""
        asked = self._asked(request, signed=True)
        named = [each for each in asked.get("clientOrderId", "").split(",") if each]
        return self._cancel_named(request, [self._by_client_id(each) for each in named])

    def _cancel_named(self, request: ReceivedRequest, named: Sequence[str]) -> Answer:
        if not 0 < len(named) <= BATCH:
            raise LoopringRefusal(100001)
        return self._cancel_many(request, named)

    def _cancel_many(self, request: ReceivedRequest, named: Sequence[str]) -> Answer:
        done: list[dict[str, Any]] = []
        failed = 0
        for place, order_id in enumerate(named):
            known = self.book.get(order_id)
            if passed_over(request.behaviour, place, order_id, known.symbol if known else ""):
                continue
            outcome, order = cancel_one(self.book, order_id, request.behaviour)
            if order is None or outcome in (Cancel.DEAD, Cancel.REFUSED, Cancel.ALREADY):
                failed += 1
            else:
                done.append(acknowledged(order))
        if failed or not named:
            raise LoopringRefusal(104209 if done else 102117)
        return Answer(done)

    # -- reading

    def order(self, request: ReceivedRequest) -> Answer:
        """``GET /order``: by hash; needs the key and no signature."""
        asked = self._asked(request)
        named = asked.get("orderHash", "")
        if not named:
            raise LoopringRefusal(107002)
        view = self.book.view(request.behaviour.lag)
        known = self.book.get(_canonical(named)) if _HASH.fullmatch(named) else None
        found = None if known is None else view.get(known.key)
        if found is None:
            raise LoopringRefusal(107003)
        return Answer(shown(found))

    def orders(self, request: ReceivedRequest) -> Answer:
        """``GET /orders``: stop orders only when asked for."""
        asked = self._asked(request)
        limit, offset = self._whole(asked, "limit", PAGE), self._whole(asked, "offset", 0)
        since, until = self._whole(asked, "start", 0), self._whole(asked, "end", 0)
        states = self._values(asked.get("status", ""), set(WORDS.values()))
        types = self._values(asked.get("extraOrderTypes", ORDER_TYPES[0]), set(ORDER_TYPES))
        if not 1 <= limit <= PAGE or (self.settings.waiting == "refused" and "waiting" in states):
            raise LoopringRefusal(100001)
        if self.settings.waiting == "unknown" and "waiting" in states:
            states = states - {"waiting"} or {"no state"}
        found = [
            order
            for order in reversed(self.book.view(request.behaviour.lag).values())
            if asked.get("market") in (None, order.symbol)
            and asked.get("side") in (None, order.side)
            and (not states or WORDS[order.state] in states)
            and ORDER_TYPES[order.stop_price is not None] in types
            and since <= order.created_ms
            and (not until or order.created_ms <= until)
        ]
        found.sort(key=lambda order: -order.created_ms)
        if self.settings.order_list == "oldest_first":
            found.reverse()
        live = not states or WORDS[State.OPEN] in states
        listing = self.listing(request, asked.get("market", "LRC-ETH") if live else None)
        found = listing.orders(found)
        page = listing.rows(found[offset : offset + limit], shown)
        counted = {"totalNum": len(found if self.settings.total == "list" else page)}
        if listing.is_null or (not page and self.settings.empty_list == "left_out"):
            return Answer(counted)
        return Answer({**counted, "orders": page})

    def _values(self, text: str, known: set[str]) -> set[str]:
        """Return the values of a filter that takes some known ones."""
        values = {each for each in text.split(",") if each}
        if not values <= known:
            raise LoopringRefusal(100001)
        return {text} if len(values) > 1 and self.settings.joined_values == "literal" else values

    def balance(self, request: ReceivedRequest) -> Answer:
        """``GET /user/balances``."""
        self._asked(request)
        pending = {"withdraw": "0", "deposit": "0"}
        row = {"total": "1000000000000000000", "locked": "0", "pending": pending}
        return Answer([{"tokenId": token, **row} for token in TOKENS])

    def api_key(self, request: ReceivedRequest) -> Answer:
        """``GET /apiKey``: the only signed read. It tells an owner the API key, so it is asked without one."""
        checked_query(request, self.account, signed=True, needs_key=False)
        return Answer({"apiKey": self.account.key})

    def markets(self, request: ReceivedRequest) -> Answer:  # noqa: ARG002  public, takes nothing
        """``GET /exchange/markets``; public."""
        return Answer({"markets": [market(name) for name in (*MARKETS, *CLOSED)]})

    def timestamp(self, request: ReceivedRequest) -> Answer:
        """``GET /timestamp``: the venue's clock; public."""
        return Answer({"timestamp": request.now_ms})

    # -- orders without a signature, and orders through a client

    def next_id(self, kind: str) -> str:
        """Return a hash for an order without a signature."""
        seed = f"{kind}/{next(self._hashes)}".encode()
        return f"0x{int.from_bytes(hashlib.sha256(seed).digest(), 'big') % FIELD:064x}"

    def admitted(self, order: PaperOrder) -> PaperOrder:
        """Return an order of the admin API, with the details that this venue stores."""
        if not _CANONICAL_HASH.fullmatch(order.order_id):
            raise ValueError(
                f"Loopring's order hashes are 0x and 64 lower-case hex digits, which {order.order_id!r} is not"
            )
        if self.book.symbols_of(order.order_id):
            raise ValueError(f"Loopring's order hashes are unique in all markets, and {order.order_id} is taken")
        token = MARKETS.get(order.symbol, (0, 0))[order.side == "BUY"]
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

    @classmethod
    def placing_exchange(cls) -> type[PlacingExchange]:
        """Return Loopring's adapter that can place orders."""
        from airflow_provider_exchange.sandbox.loopring.client import PlacingLoopring

        return PlacingLoopring

    # -- helpers

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
