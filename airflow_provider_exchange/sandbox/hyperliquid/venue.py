"""The calls of the paper Hyperliquid."""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal

from airflow_provider_exchange.sandbox.book import Book, Cancel, PaperOrder, State
from airflow_provider_exchange.sandbox.cancelling import cancel_one, passed_over
from airflow_provider_exchange.sandbox.hyperliquid.account import PAPER_ACCOUNT, HyperliquidAccount
from airflow_provider_exchange.sandbox.hyperliquid.answers import NOT_NOW, malformed, not_there, refusal, results
from airflow_provider_exchange.sandbox.hyperliquid.markets import (
    LISTED,
    SPOT,
    contexts,
    market_of,
    names_of,
    spot,
    universe,
)
from airflow_provider_exchange.sandbox.hyperliquid.placing import CLOID, read_order
from airflow_provider_exchange.sandbox.hyperliquid.shapes import KINDS, placed, shown, told
from airflow_provider_exchange.sandbox.hyperliquid.signing import ADDRESS, Action, Nonces, body_of, read
from airflow_provider_exchange.sandbox.protocol import Answer, ReceivedRequest, Route, route
from airflow_provider_exchange.sandbox.venue import PaperVenue

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

REMEMBERED = 2000
"""How many changes of orders the history shows at most."""
_ID = re.compile("[1-9][0-9]{0,18}")
_NAME = re.compile("[A-Za-z0-9]{1,20}")


@dataclass(frozen=True)
class HyperliquidSettings:
    """
    Settings for what may have happened to the account.

    :param approval: whether the API wallet may still act for the account.
    """

    approval: Literal["valid", "expired"] = "valid"


class PaperHyperliquid(PaperVenue[HyperliquidAccount, HyperliquidSettings]):
    """The paper Hyperliquid: one book has the orders of perpetuals and of spot."""

    name = "hyperliquid"
    title = "Hyperliquid"
    conn_type = "ccxt"
    prefixes = ("/info", "/exchange")
    listed_markets = LISTED
    account = PAPER_ACCOUNT
    settings = HyperliquidSettings()
    data_fields = ("response", "order", "universe")
    limits = MappingProxyType(
        {
            "open_orders": (60, 60),
            "order": (600, 60),
            "history": (60, 60),
            "cancel_order": (1200, 60),
            "cancel_orders": (1200, 60),
        }
    )
    order_places = MappingProxyType(
        {
            "order_id": ("oid",),
            "symbol": ("coin",),
            "client_order_id": ("cloid",),
            "side": ("side",),
            "price": ("limitPx",),
            "quantity": ("origSz",),
            "created_at": ("timestamp",),
        }
    )

    def __init__(self, book: Book, account: HyperliquidAccount | None = None) -> None:
        super().__init__(book, account)
        self._numbers = itertools.count(141_682_155_424, 3)
        self._nonces = Nonces()
        self.routes: Sequence[Route] = (
            _info("open_orders", "frontendOpenOrders", self.open_orders, lists=True),
            _info("order", "orderStatus", self.order),
            _info("history", "historicalOrders", self.history, lists=True),
            _info("role", "userRole", self.role),
            _info("balance", "clearinghouseState", self.balance),
            _info("markets", "meta", self.markets),
            _info("spot_markets", "spotMeta", self.spot_markets),
            _info("market_contexts", "metaAndAssetCtxs", self.market_contexts),
            _info("spot_contexts", "spotMetaAndAssetCtxs", self.spot_contexts),
            _info("exchanges", "perpDexs", self.exchanges),
            _info("time", "exchangeStatus", self.time),
            route("unknown_read", "POST", "/info", self.unknown_read),
            _action("cancel_order", _is_one_cancel, self.cancel),
            _action("cancel_orders", lambda action: action.get("type") == "cancel", self.cancel),
            _action("place_orders", lambda action: action.get("type") == "order", self.place),
            _action("unknown_action", lambda _action: True, self.unknown_action),
            route("no_action", "POST", "/exchange", self.unknown_read),
        )

    # -- errors

    def too_many_requests(self) -> Answer:
        """Return the 429, which has nothing to say."""
        return Answer(None, 429)

    def no_such_path(self) -> Answer:
        """Return the 404."""
        return Answer(b"", 404)

    def unknown_read(self, request: ReceivedRequest) -> Answer:  # noqa: ARG002  whatever it is
        """Refuse a body that asks for nothing known."""
        raise malformed()

    # -- actions

    def cancel(self, request: ReceivedRequest) -> Answer:
        """Cancel the orders that an action names by the numbers of their markets and their ids."""
        action = self._action(request)
        members = action.asked.get("cancels")
        if not isinstance(members, list) or not members:
            raise malformed()
        for member in members:
            if not isinstance(member, dict) or member.keys() != {"a", "o"}:
                raise malformed()
            if not all(type(value) is int and value >= 0 for value in member.values()):
                raise malformed()
        return results("cancel", [self._cancelled(request, place, each) for place, each in enumerate(members)])

    def _cancelled(self, request: ReceivedRequest, place: int, member: Mapping[str, int]) -> Any:
        asset, order_id = member["a"], str(member["o"])
        market = market_of(asset, self._held())
        if market is None or self.book.get(order_id, market) is None:
            return not_there(asset)
        if passed_over(request.behaviour, place, order_id, market):
            return "success"
        outcome, _ = cancel_one(self.book, order_id, request.behaviour, market)
        if outcome is Cancel.REFUSED:
            return {"error": NOT_NOW}
        return "success" if outcome in (Cancel.DONE, Cancel.PENDING) else not_there(asset)

    def place(self, request: ReceivedRequest) -> Answer:
        """Place the orders of an action."""
        action = self._action(request)
        members = action.asked.get("orders")
        if not isinstance(members, list) or not members or not all(isinstance(each, dict) for each in members):
            raise malformed()
        return results("order", [self._placed(request, member) for member in members])

    def _placed(self, request: ReceivedRequest, member: Mapping[str, Any]) -> dict[str, Any]:
        market = market_of(member.get("a"), self._held())
        if market is None:
            return {"error": "Order has invalid asset."}
        order = read_order(member, market, self.new_id("LIMIT"), request.now_ms)
        if isinstance(order, str):
            return {"error": f"{order} asset={member['a']}"}
        self.book.place(order)
        cloid = {"cloid": order.client_order_id} if order.client_order_id else {}
        return {"resting": {"oid": int(order.order_id), **cloid}}

    def unknown_action(self, request: ReceivedRequest) -> Answer:
        """Refuse an action that this venue does not know, once it is known whose it is."""
        self._action(request)
        raise malformed()

    def _action(self, request: ReceivedRequest) -> Action:
        """
        Return the action of a request that the account's key has signed.

        :raises Refusal: the signature is that of another key, or the nonce cannot be used.
        """
        action = read(request)
        if not request.judged(action.signer is not None and action.signer in self._signers()):
            raise refusal(f"User or API Wallet {action.signer} does not exist.")
        self._nonces.take(action.nonce, request.now_ms)
        if action.vault is not None:
            raise refusal(f"Vault not registered: {action.vault}")
        return action

    def _signers(self) -> set[str]:
        is_valid = self.settings.approval == "valid" or self.account.signer == self.account.address
        return {self.account.address, *([self.account.signer] if is_valid else [])}

    # -- reads

    def open_orders(self, request: ReceivedRequest) -> Answer:
        """Show the open orders of an account; those of other perpetual exchanges are none here."""
        asked, is_mine = self._asked(request, {"dex"})
        listing = self.listing(request, "BTC")
        live = [order for order in self._seen(request) if order.state.live] if is_mine else []
        first = asked.get("dex") in (None, "")
        return Answer(listing.rows(listing.orders(live[::-1] if first else []), shown))

    def order(self, request: ReceivedRequest) -> Answer:
        """Show one order by its id, or by the client's."""
        asked, is_mine = self._asked(request, {"oid"})
        wanted = asked.get("oid")
        is_id = type(wanted) is int and wanted >= 0
        if not (is_id or (isinstance(wanted, str) and (CLOID.fullmatch(wanted) or _ID.fullmatch(wanted)))):
            raise malformed()
        named = [each for each in self._seen(request) if str(wanted) in (each.order_id, each.client_order_id)]
        if not named or not is_mine:
            return Answer({"status": "unknownOid"})
        return Answer({"status": "order", "order": told(named[-1])})

    def history(self, request: ReceivedRequest) -> Answer:
        """Show the latest changes of orders, the latest first: one that has ended was open before."""
        _, is_mine = self._asked(request)
        places = {name: ("order", *path) for name, path in self.order_places.items()} | {"state": ("status",)}
        listing = self.listing(request, places=places)
        orders = listing.orders(self._seen(request) if is_mine else [])
        rows = listing.rows(orders, told) + [placed(order) for order in orders if not order.state.live]
        rows.sort(key=lambda row: int(row["statusTimestamp"]), reverse=True)
        return Answer(rows[:REMEMBERED])

    def role(self, request: ReceivedRequest) -> Answer:
        """Say what an address is."""
        asked = self._user(request)
        if asked == self.account.address:
            return Answer({"role": "user"})
        if asked in self._signers():
            return Answer({"role": "agent", "data": {"user": self.account.address}})
        return Answer({"role": "missing"})

    def balance(self, request: ReceivedRequest) -> Answer:
        """Show what an account has for perpetuals."""
        _, is_mine = self._asked(request, {"dex"})
        worth = "1000.0" if is_mine else "0.0"
        summary = {"accountValue": worth, "totalNtlPos": "0.0", "totalRawUsd": worth, "totalMarginUsed": "0.0"}
        return Answer(
            {
                "marginSummary": summary,
                "crossMarginSummary": summary,
                "crossMaintenanceMarginUsed": "0.0",
                "withdrawable": worth,
                "assetPositions": [],
                "time": request.now_ms,
            }
        )

    def markets(self, request: ReceivedRequest) -> Answer:  # noqa: ARG002  the same for everybody
        """Show the perpetuals; their places are their numbers."""
        return Answer(universe(names_of(self._held())))

    def spot_markets(self, request: ReceivedRequest) -> Answer:  # noqa: ARG002
        """Show the spot markets."""
        return Answer(spot())

    def market_contexts(self, request: ReceivedRequest) -> Answer:  # noqa: ARG002
        """Show the perpetuals with their prices."""
        names = names_of(self._held())
        return Answer([universe(names), contexts(len(names))])

    def spot_contexts(self, request: ReceivedRequest) -> Answer:  # noqa: ARG002
        """Show the spot markets with their prices."""
        return Answer([spot(), contexts(max(SPOT) + 1)])

    def exchanges(self, request: ReceivedRequest) -> Answer:  # noqa: ARG002
        """Show the perpetual exchanges: the first one has no name, and there is no other."""
        return Answer([None])

    def time(self, request: ReceivedRequest) -> Answer:
        """Tell the venue's time."""
        return Answer({"time": request.now_ms, "specialStatuses": None})

    def _user(self, request: ReceivedRequest, others: set[str] | None = None) -> str:
        """
        Return the address that a read names.

        :param others: fields that it may have besides.
        :raises Refusal: it names none, or has other fields.
        """
        asked = body_of(request)
        user = asked.get("user")
        if not isinstance(user, str) or not ADDRESS.fullmatch(user):
            raise malformed()
        if asked.keys() - {"type", "user"} - (others or set()):
            raise malformed()
        return user.lower()

    def _asked(self, request: ReceivedRequest, others: set[str] | None = None) -> tuple[dict[str, Any], bool]:
        """Return what was posted, and whether it names the account; any other account has no orders."""
        is_mine = self._user(request, others) == self.account.address
        return body_of(request), is_mine

    def _seen(self, request: ReceivedRequest) -> list[PaperOrder]:
        return list(self.book.view(request.behaviour.lag).values())

    def _held(self) -> list[str]:
        return [order.symbol for order in self.book]

    # -- orders without a signature

    def next_id(self, kind: str) -> str:  # noqa: ARG002  all kinds are numbered together
        """Return the next id."""
        return str(next(self._numbers))

    def forget(self) -> None:
        """Forget the nonces that were used."""
        self._nonces.clear()

    def admitted(self, order: PaperOrder) -> PaperOrder:
        """Return an order of the admin API, if Hyperliquid can have it."""
        if not _ID.fullmatch(order.order_id):
            raise ValueError(f"Hyperliquid's order ids are numbers, which {order.order_id!r} is not")
        if order.client_order_id and not CLOID.fullmatch(order.client_order_id):
            raise ValueError("Hyperliquid's client order ids are 0x and 32 hexadecimal digits")
        if order.type not in KINDS:
            raise ValueError(f"Hyperliquid has no orders of type {order.type}; it has {', '.join(KINDS)}")
        if order.symbol not in LISTED and not _NAME.fullmatch(order.symbol):
            raise ValueError(f"Hyperliquid has no market {order.symbol!r}, such as BTC or @107")
        reached = order.stop_price is not None and (order.state in (State.OPEN, State.FILLED) or order.filled > 0)
        return replace(order, triggered=reached)


def _info(name: str, kind: str, handler: Callable[[ReceivedRequest], Answer], *, lists: bool = False) -> Route:
    """Return the route of a read of some type."""
    return route(
        name,
        "POST",
        "/info",
        handler,
        lists=lists,
        asks=lambda body: isinstance(body, dict) and body.get("type") == kind,
    )


def _action(
    name: str, is_meant: Callable[[Mapping[str, Any]], bool], handler: Callable[[ReceivedRequest], Answer]
) -> Route:
    """Return the route of an action."""

    def asks(body: Any) -> bool:
        action = body.get("action") if isinstance(body, dict) else None
        return isinstance(action, dict) and is_meant(action)

    return route(name, "POST", "/exchange", handler, mutating=True, asks=asks)


def _is_one_cancel(action: Mapping[str, Any]) -> bool:
    members = action.get("cancels")
    return action.get("type") == "cancel" and isinstance(members, list) and len(members) == 1
