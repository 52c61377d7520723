"""
Kraken: spot orders of one account, of every kind, those on margin and those that wait for a price among them.

Sources: Kraken's documents of its REST API: "Get Open Orders", "Query Orders Info", "Cancel Order", "Cancel Order
Batch", "Get API Key Info", "Spot REST Rate Limits" and "API error messages". One list without pages shows every
live order. Orders stand there behind their ids, as names of fields. Ids are unique in the whole account; a number
in the place of an id would be a reference that many orders may share, so no number is an id here.

Every answer has HTTP status 200; its ``error`` is a list of texts: severity, category, and what is wrong. An answer
to a cancel tells how many orders it reached, and not which.

A key may be made for a span of time. Orders outside are then not shown to it, and a read of one by its id shows
nothing, as was seen by users of other clients. So the key is looked at with every list.

The public list of markets has those of one class of assets: currencies, unless tokens of shares, xStocks, are asked
for.

What the documents leave open: whether a read of several orders fails if one is not there. Then each is read by
itself.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from airflow_provider_exchange.errors import (
    AuthenticationError,
    ClockSkewError,
    OrderNotFoundError,
    PermissionDeniedError,
    RateLimitedError,
    RequestRefusedError,
    UnreadableResponseError,
)
from airflow_provider_exchange.exchanges.arguments import Grammar
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
    Requirement,
    Several,
    Single,
    whole,
)
from airflow_provider_exchange.exchanges.ccxt.profiles.kraken_countdown import COUNTDOWN
from airflow_provider_exchange.exchanges.ccxt.profiles.kraken_names import market_id, spell
from airflow_provider_exchange.exchanges.markets import ASSET, MARKET_START
from airflow_provider_exchange.exchanges.orders import OrderForm
from airflow_provider_exchange.models.orders import OrderState
from airflow_provider_exchange.protocol.limits import RateLimit

if TYPE_CHECKING:
    from collections.abc import Sequence

    from airflow_provider_exchange.exchanges.ccxt.profile import Named

AT_ONCE = 50
"""How many orders one request may name."""
KEY = Endpoint("privatePostGetApiKeyInfo")
OPEN = Endpoint("privatePostOpenOrders")
WAITING = frozenset(
    {f"{kind}{limit}" for kind in ("stop-loss", "take-profit", "trailing-stop") for limit in ("", "-limit")}
)
"""Kinds of orders that wait for a price, which is the first of their two prices."""
NO_PRICE = "0"

ORDER = OrderForm(
    order_id="txid",
    symbol="descr.pair",
    state="status",
    states={
        "pending": OrderState.OPEN,
        "open": OrderState.OPEN,
        "closed": OrderState.FILLED,
        "canceled": OrderState.CANCELLED,
        "expired": OrderState.EXPIRED,
    },
    side="descr.type",
    quantity="vol",
    filled_quantity="vol_exec",
    price="limit",
    client_order_id="cl_ord_id",
    created_at=("opentm",),
    changed_at=("closetm",),
    kind="descr.ordertype",
    stop_price="trigger",
)

ERRORS = {
    "EAPI:Bad request": RequestRefusedError,
    "EAPI:Invalid key": AuthenticationError,
    "EAPI:Invalid nonce": ClockSkewError,
    "EAPI:Invalid signature": AuthenticationError,
    "EAPI:Rate limit exceeded": RateLimitedError,
    "EAccount:Invalid permissions": PermissionDeniedError,
    "EGeneral:Invalid arguments": RequestRefusedError,
    "EGeneral:Permission denied": PermissionDeniedError,
    "EGeneral:Temporary lockout": RateLimitedError,
    "EGeneral:Too many requests": RateLimitedError,
    "EGeneral:Unknown method": RequestRefusedError,
    "EOrder:Invalid order": RequestRefusedError,
    "EOrder:Rate limit exceeded": RateLimitedError,
    "EOrder:Unknown order": OrderNotFoundError,
    "EQuery:Unknown asset pair": RequestRefusedError,
    "EService:Throttled": RateLimitedError,
    "ETrade:User Locked": PermissionDeniedError,
}
""" "Unknown order" is said of orders that have ended, too, if they are to be cancelled."""


def failure(_status: int, body: Any) -> Failure | None:
    """Return the failure that an answer tells of: the only one, as several may be of different kinds."""
    errors = body.get("error") if isinstance(body, dict) else None
    if not isinstance(errors, list) or not errors:
        return None
    if not all(isinstance(error, str) and error.startswith("E") and ":" in error for error in errors):
        return None
    codes = [":".join(part.strip() for part in error.split(":")[:2]) for error in errors]
    code, text = ", ".join(dict.fromkeys(codes)), "; ".join(errors)
    return Failure(code, "" if text == code else text)


def data(body: Any) -> dict[str, Any]:
    """Return ``result`` of a success, in which what stands behind ids is a list."""
    is_success = isinstance(body, dict) and not body.get("error", "none is told")
    result = body.get("result") if is_success else None
    if not isinstance(result, dict):
        raise UnreadableResponseError("the response has errors, or no result")
    if type(result.get("unixtime")) is int:
        return {"ms": 1000 * result["unixtime"]}
    for name in ("open", "closed"):
        if name in result:
            if not isinstance(result[name], dict):
                raise UnreadableResponseError(f"what the response says is {name} is not orders behind their ids")
            return {**result, name: rows(result[name])}
    return {"all": rows(result)} if all(isinstance(each, dict) for each in result.values()) else result


def rows(by_id: dict[str, Any]) -> list[dict[str, Any]]:
    """Return what stands behind ids as a list."""
    return [{**(prices(each) if type(each) is dict else {}), "txid": name} for name, each in by_id.items()]


def prices(row: dict[str, Any]) -> dict[str, Any]:
    """Return an order with its limit, and with the price that it waits for, which one field may hold in turn."""
    terms = row.get("descr")
    if type(terms) is not dict:
        return row
    kind, first, second = (terms.get(name) for name in ("ordertype", "price", "price2"))
    waits = isinstance(kind, str) and kind in WAITING
    limit = second if waits else first
    return {**row, "limit": None if limit == NO_PRICE else limit, "trigger": first if waits else None}


def count(found: Any) -> int:
    """Return how many orders a cancel reached."""
    told = found.get("count")
    if type(told) is not int:
        raise UnreadableResponseError("the response does not tell how many orders were cancelled")
    return told


def sees_all(found: Any) -> bool:
    """Return whether a key sees the orders of all times."""
    ends = [found.get("queryFrom"), found.get("queryTo")]
    if not all(type(end) in (int, str) for end in ends):
        raise UnreadableResponseError("the response does not tell of which time the key sees orders")
    return all(end in ("0", 0) for end in ends)


def may_withdraw(found: Any) -> bool:
    """Return whether the key may withdraw: unless the answer lists what it may do, it may."""
    permissions = found.get("permissions")
    return not isinstance(permissions, list) or "withdraw-funds" in permissions


def batch_of(named: Sequence[Named]) -> dict[str, Any]:
    """Name several orders."""
    return {"orders": [order_id for order_id, _ in named]}


PROFILE = Profile(
    exchange="kraken",
    title="Kraken",
    market_types=[
        MarketType(
            name="spot",
            ids=Grammar(re.compile(rf"{MARKET_START}(?!.\Z){ASSET}", re.ASCII), "XBTUSD", any_script=True),
            spell=spell,
            from_unified=market_id,
            markets=[
                Markets(
                    Endpoint("publicGetAssetPairs", "public"),
                    {"aclass_base": kind},
                    "all",
                    "altname",
                    "status",
                    frozenset({"online"}),
                )
                for kind in ("currency", "tokenized_asset")
            ],
            probe=(OPEN, {}),
        )
    ],
    books=[
        Book(
            title="spot orders",
            market_type="spot",
            form=ORDER,
            lists=[Listing(OPEN, rows="open")],
            single=Single(
                Endpoint("privatePostQueryOrders"), lambda order_id, _market: {"txid": order_id}, rows="all"
            ),
            by_client_id=Single(
                Endpoint("privatePostClosedOrders"), lambda client_id, _market: {"cl_ord_id": client_id}, "closed"
            ),
            cancel=Cancel(
                Endpoint("privatePostCancelOrder", "cancel", changes=True),
                lambda order_id, _market: {"txid": order_id},
                lambda found: count(found) == 1,
            ),
            batch=Batch(
                Endpoint("privatePostCancelOrderBatch", "cancel", changes=True),
                size=AT_ONCE,
                of_one_market=False,
                by_ids=batch_of,
                acknowledged=count,
            ),
            history=History(Endpoint("privatePostClosedOrders"), lambda _market, _ids, _since: {}, "closed", whole),
            several=Several(
                Endpoint("privatePostQueryOrders"), AT_ONCE, lambda ids: {"txid": ",".join(ids)}, "all"
            ),
        )
    ],
    requires=[
        Requirement(
            KEY,
            sees_all,
            "its key sees the orders of a span of time only. Make one without a query start and end date",
            may_change=False,
        )
    ],
    limits={
        "total": RateLimit(10, 30),
        "cancel": RateLimit(60, 60, apart=True),
        "countdown": RateLimit(15, 45),
        "public": RateLimit(1, 1, apart=True),
    },
    needs_symbol=False,
    order_ids=Grammar(re.compile("[A-Z0-9]{6}-[A-Z0-9]{5}-[A-Z0-9]{6}", re.ASCII), "OQCLML-BW3P3-BUCMWZ"),
    client_order_ids=Grammar(
        re.compile(
            "[A-Za-z0-9][A-Za-z0-9_.-]{0,17}|[0-9a-f]{32}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII
        ),
        "arb-20240509-00010",
    ),
    never_an_order_id="OAAAAA-AAAAA-AAAAAA",
    failure=failure,
    data=data,
    errors=ERRORS,
    time=(Endpoint("publicGetTime", "public"), "ms"),
    withdrawal=(KEY, may_withdraw),
    timestamps_grow=True,
    countdown=COUNTDOWN,
    words=frozenset(
        {
            "ordertype",
            "leverage",
            "oflags",
            "misc",
            "reason",
            "trigger",
            "timeinforce",
            "permissions",
            "aclass",
        }
    ),
    fields=frozenset(
        {
            *("refid", "userref", "opentm", "starttm", "expiretm", "closetm", "descr", "price2", "vol", "txid"),
            *("stopprice", "limitprice", "iban", "ipAllowlist", "unixtime", "rfc1123"),
            *("EAPI", "EGeneral", "EOrder", "EQuery", "EService"),
        }
    ),
)
