"""
Bybit: spot markets and linear contracts of a unified trading account.

Sources: Bybit's documents of API v5. A list shows one category; of linear contracts it shows those of one
settlement currency. A contract's order that waits for a price is one among the others. Such orders on spot are
kinds of their own, each with a list, and a cancel must name the kind; no batch reaches them.

The list of live orders shows one that has ended, too, if asked for it by its id, until 500 others have ended, or
the exchange is restarted. The history shows it then.

Every answer has HTTP status 200; its ``retCode`` tells of a failure. An answer to several cancels has a code of its
own for each, in ``retExtInfo``.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from airflow_provider_exchange.errors import (
    AuthenticationError,
    ClockSkewError,
    ExchangeUnavailableError,
    OrderNotFoundError,
    PermissionDeniedError,
    RateLimitedError,
    RequestRefusedError,
    UnreadableResponseError,
)
from airflow_provider_exchange.exchanges.arguments import Grammar
from airflow_provider_exchange.exchanges.ccxt.names import capitals_joined
from airflow_provider_exchange.exchanges.ccxt.profile import (
    Batch,
    Book,
    Cancel,
    Endpoint,
    Failure,
    History,
    Listing,
    Markets,
    MarketType,
    Profile,
    Single,
    whole,
)
from airflow_provider_exchange.exchanges.ccxt.profiles.shared import ids_of, next_cursor, rows_of
from airflow_provider_exchange.exchanges.markets import ASSET, MARKET_START
from airflow_provider_exchange.exchanges.orders import OrderForm
from airflow_provider_exchange.models.orders import OrderState
from airflow_provider_exchange.protocol.limits import RateLimit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from airflow_provider_exchange.exchanges.ccxt.profile import Named, Params, Unified

PAGE = "50"
NEXT = next_cursor("nextPageCursor", "cursor")
OPEN = Endpoint("privateGetV5OrderRealtime", "open")
HISTORY = Endpoint("privateGetV5OrderHistory", "open")

STATES = {
    "Created": OrderState.OPEN,
    "New": OrderState.OPEN,
    "PartiallyFilled": OrderState.OPEN,
    "Untriggered": OrderState.OPEN,
    "Triggered": OrderState.OPEN,
    "Active": OrderState.OPEN,
    "PendingCancel": OrderState.CANCELLING,
    "Filled": OrderState.FILLED,
    "Cancelled": OrderState.CANCELLED,
    "PartiallyFilledCanceled": OrderState.CANCELLED,
    "Deactivated": OrderState.CANCELLED,
    "Rejected": OrderState.REJECTED,
    "Expired": OrderState.EXPIRED,
}
ORDER = OrderForm(
    order_id="orderId",
    symbol="symbol",
    state="orderStatus",
    states=STATES,
    side="side",
    quantity="qty",
    filled_quantity="cumExecQty",
    price="price",
    client_order_id="orderLinkId",
    created_at=("createdTime",),
    changed_at=("updatedTime",),
    kind="orderType",
    stop_price="triggerPrice",
    waiting=frozenset({"Untriggered"}),
)

ERRORS = {
    "10000": ExchangeUnavailableError,
    "10001": RequestRefusedError,
    "10002": ClockSkewError,
    "10003": AuthenticationError,
    "10004": AuthenticationError,
    "10005": PermissionDeniedError,
    "10006": RateLimitedError,
    "10007": AuthenticationError,
    "10008": PermissionDeniedError,
    "10009": PermissionDeniedError,
    "10010": PermissionDeniedError,
    "10016": ExchangeUnavailableError,
    "10018": RateLimitedError,
    "33004": AuthenticationError,
    "110001": OrderNotFoundError,
    "110010": OrderNotFoundError,
    "110008": OrderNotFoundError,
    "170121": RequestRefusedError,
    "170142": OrderNotFoundError,
    "170143": OrderNotFoundError,
    "170213": OrderNotFoundError,
}
"""110001 and 170213 are said of orders that have ended, too."""


def failure(_status: int, body: Any) -> Failure | None:
    """Return the failure of an answer."""
    code = body.get("retCode") if isinstance(body, dict) else None
    if not isinstance(code, int) or isinstance(code, bool) or code == 0:
        return None
    return Failure(str(code), body.get("retMsg"))


def data(body: Any) -> dict[str, Any]:
    """Return ``result`` of a success, and what it says of each of several cancels."""
    if not isinstance(body, dict) or body.get("retCode") != 0 or not isinstance(body.get("result"), dict):
        raise UnreadableResponseError("the response has no code of a success, or no result")
    each = body.get("retExtInfo")
    return {
        **body["result"],
        "each": each.get("list") if isinstance(each, dict) else None,
        "time": body.get("time"),
    }


def is_of_the_category(params: Params, found: Any) -> bool:
    """Whether an answer is about the category that was asked for, if it tells one."""
    asked = params.get("category") if isinstance(params, dict) else None
    return asked is None or found.get("category", asked) == asked


def cancelled(found: Any) -> Iterator[Any]:
    """Yield the ids of the cancels that were taken: each has its code at the same place of another list."""
    rows, codes = rows_of(found.get("list")), found.get("each")
    if not isinstance(codes, list) or len(codes) != len(rows):
        return
    for row, code in zip(rows, codes, strict=True):
        if isinstance(row, dict) and isinstance(code, dict) and code.get("code") == 0:
            yield row.get("orderId")


def spot_id(name: Unified) -> str | None:
    """Return the id of a spot market."""
    return None if name.settle else name.base + name.quote


def linear_id(name: Unified) -> str | None:
    """Return the id of a perpetual that is settled in its quote currency."""
    if name.settle != name.quote or name.expiry:
        return None
    return {"USDC": f"{name.base}PERP", "USDT": f"{name.base}USDT"}.get(name.quote)


def may_withdraw(found: Any) -> bool:
    """Return whether the key may withdraw: unless the answer lists what it may do with the wallet, it may."""
    permissions = found.get("permissions")
    wallet = permissions.get("Wallet") if isinstance(permissions, dict) else None
    return not isinstance(wallet, list) or "Withdraw" in wallet


SPOT_KINDS = {
    "StopOrder": ("stop:", "spot stop orders"),
    "tpslOrder": ("tpsl:", "spot take-profit and stop-loss orders"),
    "OcoOrder": ("oco:", "spot OCO orders"),
    "BidirectionalTpslOrder": ("bitpsl:", "spot two-way take-profit and stop-loss orders"),
}
"""Kinds of spot orders that wait for a price: the mark of their ids, and what they are called."""


def named(category: str) -> Callable[[str, str], dict[str, Any]]:
    """Return what names an order."""
    return lambda order_id, market: {"category": category, "symbol": market, "orderId": order_id}


def named_by_client(category: str, kind: str | None = None) -> Callable[[str, str], dict[str, Any]]:
    """
    Return what names an order by the client's id.

    :param kind: On spot, of which kind it has to be, as each kind is a book of its own here.
    """
    of_kind = {} if kind is None else {"orderFilter": kind}
    return lambda client_id, market: {
        "category": category,
        "symbol": market,
        "orderLinkId": client_id,
        **of_kind,
    }


def batch_of(category: str) -> Callable[[Sequence[Named]], dict[str, Any]]:
    """Return what names several orders."""
    return lambda orders: {
        "category": category,
        "request": [{"symbol": market, "orderId": order_id} for order_id, market in orders],
    }


def history_of(category: str) -> Callable[[str, Sequence[str], int | None], dict[str, Any]]:
    """Return what asks for the orders of a market, the latest first; without times it shows those of 7 days."""
    return lambda market, _ids, _since: {"category": category, "symbol": market, "limit": PAGE}


def read(params: Callable[[str, str], dict[str, Any]]) -> Single:
    """Return the read of one order, live or ended."""
    return Single(OPEN, params, "list", otherwise=Single(HISTORY, params, "list"))


def spot_kind(kind: str, mark: str, title: str) -> Book:
    """Return the book of one kind of spot orders that wait for a price."""
    by_id = named("spot")
    return Book(
        title=title,
        market_type="spot",
        form=ORDER,
        mark=mark,
        becomes="spot orders",
        keeps_ids=True,
        lists=[
            Listing(OPEN, {"category": "spot", "orderFilter": kind, "openOnly": 0, "limit": PAGE}, "list", NEXT)
        ],
        single=read(lambda order_id, market: {**by_id(order_id, market), "orderFilter": kind}),
        by_client_id=read(named_by_client("spot", kind)),
        cancel=Cancel(
            Endpoint("privatePostV5OrderCancel", "cancel", changes=True),
            lambda order_id, market: {**by_id(order_id, market), "orderFilter": kind},
            lambda found: ids_of([found], "orderId"),
        ),
    )


def book(category: str, title: str, scopes: Sequence[dict[str, Any]], batch_size: int) -> Book:
    """
    Return the book of a category's orders that can be cancelled in batches.

    :param scopes: Parameters of the lists that together show all of them.
    :param batch_size: How many orders one batch may name.
    """
    return Book(
        title=title,
        market_type=category,
        form=ORDER,
        lists=[
            Listing(
                OPEN,
                {"category": category, "openOnly": 0, "limit": PAGE, **scope},
                "list",
                NEXT,
            )
            for scope in scopes
        ],
        single=read(named(category)),
        by_client_id=read(named_by_client(category, "Order" if category == "spot" else None)),
        cancel=Cancel(
            Endpoint("privatePostV5OrderCancel", "cancel", changes=True),
            named(category),
            lambda found: ids_of([found], "orderId"),
        ),
        batch=Batch(
            Endpoint("privatePostV5OrderCancelBatch", "cancel", changes=True),
            size=batch_size,
            of_one_market=False,
            by_ids=batch_of(category),
            acknowledged=cancelled,
            weighs_each=True,
        ),
        history=History(HISTORY, history_of(category), "list", NEXT),
    )


def market_type(
    name: str, ids: Grammar, from_unified: Callable[[Unified], str | None], *, is_paged: bool
) -> MarketType:
    """Return a category as a kind of market."""
    paging = {"limit": "1000"} if is_paged else {}
    return MarketType(
        name=name,
        ids=ids,
        spell=capitals_joined,
        from_unified=from_unified,
        markets=[
            Markets(
                Endpoint("publicGetV5MarketInstrumentsInfo"),
                {"category": name, **paging},
                "list",
                "symbol",
                "status",
                frozenset({"Trading"}),
                NEXT if is_paged else whole,
            )
        ],
        probe=(Endpoint("privateGetV5AccountWalletBalance"), {"accountType": "UNIFIED"}),
    )


PROFILE = Profile(
    exchange="bybit",
    title="Bybit",
    no_countdown="cancels orders when a WebSocket connection is lost, which a DAG does not hold; no request of its "
    "REST API starts a countdown",
    market_types=[
        market_type(
            "spot",
            Grammar(re.compile(rf"{MARKET_START}(?!.\Z){ASSET}", re.ASCII), "BTCUSDT", any_script=True),
            spot_id,
            is_paged=False,
        ),
        market_type(
            "linear",
            Grammar(re.compile(rf"{MARKET_START}(?!.\Z){ASSET}(-[0-9][A-Za-z0-9]{{0,19}})?", re.ASCII), "BTCUSDT"),
            linear_id,
            is_paged=True,
        ),
    ],
    books=[
        book("spot", "spot orders", [{"orderFilter": "Order"}], 10),
        *(spot_kind(kind, mark, title) for kind, (mark, title) in SPOT_KINDS.items()),
        book("linear", "linear contracts' orders", [{"settleCoin": "USDT"}, {"settleCoin": "USDC"}], 20),
    ],
    limits={"open": RateLimit(50, 1), "cancel": RateLimit(10, 1), "total": RateLimit(600, 5)},
    order_ids=Grammar(
        re.compile(r"((stop|tpsl|oco|bitpsl):)?([0-9]{1,25}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})", re.ASCII),
        "c6f055d9-7f21-4079-913d-e6523a9cfffa",
        "d",
    ),
    client_order_ids=Grammar(re.compile(r"[A-Za-z0-9_-]{1,45}", re.ASCII), "my-order-1"),
    never_an_order_id="00000000-0000-4000-8000-000000000000",
    failure=failure,
    data=data,
    errors=ERRORS,
    fits=is_of_the_category,
    time=(Endpoint("publicGetV5MarketTime"), "time"),
    withdrawal=(
        Endpoint("privateGetV5UserQueryApi"),
        may_withdraw,
    ),
    options={"enableUnifiedAccount": True, "enableUnifiedMargin": False},
    known_options={"recvWindow": int},
    words=frozenset(
        {
            "category",
            "orderType",
            "stopOrderType",
            "timeInForce",
            "cancelType",
            "createType",
            "rejectReason",
            "smpType",
            "accountType",
            "coin",
            "Wallet",
            "retCode",
            "retMsg",
        }
    ),
)
