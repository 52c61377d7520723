"""
OKX: ordinary orders and algo orders of every kind of instrument.

Sources: OKX's documents of API v5, "Order Book Trading". Ids of instruments tell spot (``BTC-USDT``), swaps
(``BTC-USDT-SWAP``), futures and options apart, and one list has the orders of all of them. An algo order waits for
a price, or places others as time goes; it has a list, an id and a cancel of its own, and what it places are
ordinary orders. The list of algo orders has to be asked for by type.

Every answer has HTTP status 200; its ``code`` tells of a failure. An answer to several cancels has a code of its
own for each.
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
)
from airflow_provider_exchange.exchanges.ccxt.profiles.okx_countdown import COUNTDOWN
from airflow_provider_exchange.exchanges.ccxt.profiles.shared import id_in, last_of_a_full_page, rows_of
from airflow_provider_exchange.exchanges.common import NEVER_COUNTED
from airflow_provider_exchange.exchanges.markets import ASSET, MARKET_START
from airflow_provider_exchange.exchanges.orders import OrderForm
from airflow_provider_exchange.exchanges.texts import upper
from airflow_provider_exchange.models.orders import OrderState
from airflow_provider_exchange.protocol.limits import RateLimit

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from airflow_provider_exchange.exchanges.ccxt.profile import Named, Unified

PAGE = 100
MARK = "algo:"
DOLLARS = "USD\N{CIRCLED LATIN CAPITAL LETTER S}"
"""What contracts are settled in that take the US dollar and several currencies that stand for it."""
NOT_OF_A_FAMILY = re.compile(r"_(?!(UM(_XPERP)?|XPERP)([_-]|\Z))")
"""An underscore that is none of ``BTC-USD_UM-SWAP`` or ``BTC-USD_UM_XPERP-310404``."""
DONE = "0"
SOME_FAILED = frozenset({"1", "2"})
"""Codes of an answer in which some or all of several cancels have failed; each has a code of its own."""

STATES = {
    "live": OrderState.OPEN,
    "partially_filled": OrderState.OPEN,
    "filled": OrderState.FILLED,
    "canceled": OrderState.CANCELLED,
    "mmp_canceled": OrderState.CANCELLED,
}
ALGO_STATES = {
    "live": OrderState.OPEN,
    "pause": OrderState.OPEN,
    "partially_effective": OrderState.OPEN,
    "effective": OrderState.FILLED,
    "canceled": OrderState.CANCELLED,
    "order_failed": OrderState.REJECTED,
    "partially_failed": OrderState.REJECTED,
}
"""
An algo order in effect has placed another one, and goes on as long as that does; see :func:`placed`. One that has
failed in part may have placed some of those that it was to place.
"""

ORDER = OrderForm(
    order_id="ordId",
    symbol="instId",
    state="state",
    states=STATES,
    side="side",
    quantity="sz",
    filled_quantity="accFillSz",
    price="px",
    client_order_id="clOrdId",
    created_at=("cTime",),
    changed_at=("uTime",),
    kind="ordType",
)
ALGO_ORDER = OrderForm(
    order_id="algoId",
    symbol="instId",
    state="state",
    states=ALGO_STATES,
    side="side",
    quantity="sz",
    filled_quantity="actualSz",
    price="ordPx",
    client_order_id="algoClOrdId",
    created_at=("cTime",),
    changed_at=("uTime",),
    kind="ordType",
    stop_price="triggerPx",
    waiting=frozenset({"live", "pause"}),
)
ALGO_TYPES = ("conditional,oco", "trigger", "move_order_stop", "iceberg", "twap", "chase", "smart_iceberg")
"""Only the first two may be asked for together."""

ERRORS = {
    "50001": ExchangeUnavailableError,
    "50004": ExchangeUnavailableError,
    "50011": RateLimitedError,
    "50013": ExchangeUnavailableError,
    "50014": RequestRefusedError,
    "50030": PermissionDeniedError,
    "50061": RateLimitedError,
    "50101": AuthenticationError,
    "50102": ClockSkewError,
    "50103": AuthenticationError,
    "50104": AuthenticationError,
    "50105": AuthenticationError,
    "50107": AuthenticationError,
    "50110": PermissionDeniedError,
    "50111": AuthenticationError,
    "50112": ClockSkewError,
    "50113": AuthenticationError,
    "50114": AuthenticationError,
    "50119": AuthenticationError,
    "50120": PermissionDeniedError,
    "51000": RequestRefusedError,
    "51001": RequestRefusedError,
    "51400": OrderNotFoundError,
    "51401": OrderNotFoundError,
    "51402": OrderNotFoundError,
    "51410": OrderNotFoundError,
    "51416": OrderNotFoundError,
    "51603": OrderNotFoundError,
}
"""5140x are said of orders that have ended, or are ending; 51416 of algo orders that have placed another one."""


def failure(_status: int, body: Any) -> Failure | None:
    """Return the failure of an answer; one of several cancels has failed only if it is alone."""
    if not isinstance(body, dict) or not isinstance(code := body.get("code"), str) or code == DONE:
        return None
    rows = body.get("data")
    failed = [row for row in rows if isinstance(row, dict) and "sCode" in row] if isinstance(rows, list) else []
    if code in SOME_FAILED and failed:
        if len(failed) > 1:
            return None
        only = failed[0]
        return None if only["sCode"] == DONE else Failure(str(only["sCode"]), only.get("sMsg"))
    return Failure(code, body.get("msg"))


def data(body: Any) -> list[Any]:
    """Return the list ``data`` of a success."""
    if not isinstance(body, dict) or body.get("code") not in (DONE, *SOME_FAILED):
        raise UnreadableResponseError("the response has no code of a success")
    return rows_of(body.get("data"))


def cancelled(field: str, found: Any) -> Iterator[Any]:
    """Yield the ids of the cancels that were taken."""
    for row in rows_of(found):
        if isinstance(row, dict) and row.get("sCode") == DONE:
            yield row.get(field)


def placed(row: Mapping[str, Any]) -> list[str]:
    """Return the ids of what an algo order has placed that is in effect, in whole or in part."""
    if row.get("state") not in ("effective", "partially_failed"):
        return []
    several = row.get("ordIdList")
    ids = [*(several if isinstance(several, list) else []), row.get("ordId")]
    told = [order_id for order_id in ids if order_id not in (None, "")]
    if not told and row["state"] == "effective":
        told = [None]
    return list(dict.fromkeys(map(id_in, told)))


def market_id(name: Unified) -> str | None:
    """
    Return the id of an instrument.

    Contracts on one pair are told apart by what they are settled in: the quote currency, or the base currency if
    the quote is the US dollar, or several currencies that stand for it. Of the last, two kinds may expire on the
    same day, so those that expire are known by their ids only.
    """
    pair = f"{name.base}-{name.quote}"
    if name.settle is None:
        return pair
    if name.settle == name.quote != "USD" or (name.settle == name.base and name.quote == "USD"):
        return f"{pair}-{name.expiry or 'SWAP'}"
    return f"{pair}_UM-SWAP" if name.settle == DOLLARS and name.quote == "USD" and not name.expiry else None


def spell(text: str) -> str:
    """Return an instrument's id in capitals, with hyphens but where it is the underscore that OKX writes."""
    return NOT_OF_A_FAMILY.sub("-", upper(text))


def history_page(market: str, _ids: Sequence[str], _since_ms: int | None) -> dict[str, Any]:
    """
    Ask for the ended orders of an instrument, the latest first.

    The kind of instrument is a part of its id; of an order on margin it is not, so such an order is read by itself.
    """
    rest = market.split("-")[2:]
    kind = "SPOT" if not rest else "SWAP" if rest == ["SWAP"] else "FUTURES" if len(rest) == 1 else "OPTION"
    return {"instType": kind, "instId": market, "limit": str(PAGE)}


def cancel_orders(named: Sequence[Named]) -> list[dict[str, Any]]:
    """Name ordinary orders."""
    return [{"instId": market, "ordId": order_id} for order_id, market in named]


def cancel_algos(named: Sequence[Named]) -> list[dict[str, Any]]:
    """Name algo orders."""
    return [{"instId": market, "algoId": order_id} for order_id, market in named]


ALL = MarketType(
    name="all",
    ids=Grammar(re.compile(rf"{MARKET_START}{ASSET}-[A-Za-z0-9_-]{{1,40}}", re.ASCII), "BTC-USDT", any_script=True),
    spell=spell,
    from_unified=market_id,
    markets=[
        Markets(
            Endpoint("publicGetPublicInstruments"),
            {"instType": kind},
            "",
            "instId",
            "state",
            frozenset({"live"}),
        )
        for kind in ("SPOT", "SWAP", "FUTURES")
    ],
    probe=(Endpoint("privateGetAccountBalance"), {}),
)

PROFILE = Profile(
    exchange="okx",
    title="OKX",
    market_types=[ALL],
    books=[
        Book(
            title="ordinary orders",
            market_type="all",
            form=ORDER,
            lists=[
                Listing(
                    Endpoint("privateGetTradeOrdersPending", "open"),
                    {"limit": str(PAGE)},
                    more=last_of_a_full_page(PAGE, "ordId", "after"),
                )
            ],
            single=Single(
                Endpoint("privateGetTradeOrder", "order"),
                lambda order_id, market: {"instId": market, "ordId": order_id},
            ),
            by_client_id=Single(
                Endpoint("privateGetTradeOrder", "order"),
                lambda client_id, market: {"instId": market, "clOrdId": client_id},
            ),
            cancel=Cancel(
                Endpoint("privatePostTradeCancelOrder", "cancel", changes=True),
                lambda order_id, market: {"instId": market, "ordId": order_id},
                lambda found: cancelled("ordId", found),
            ),
            batch=Batch(
                Endpoint("privatePostTradeCancelBatchOrders", "batch", changes=True),
                size=20,
                of_one_market=False,
                by_ids=cancel_orders,
                acknowledged=lambda found: cancelled("ordId", found),
                weighs_each=True,
            ),
            history=History(
                Endpoint("privateGetTradeOrdersHistory", "history"),
                history_page,
                "",
                last_of_a_full_page(PAGE, "ordId", "after"),
            ),
        ),
        Book(
            title="algo orders",
            market_type="all",
            form=ALGO_ORDER,
            mark=MARK,
            becomes="ordinary orders",
            placed=placed,
            lists=[
                Listing(
                    Endpoint("privateGetTradeOrdersAlgoPending", "algo"),
                    {"ordType": kind, "limit": str(PAGE)},
                    more=last_of_a_full_page(PAGE, "algoId", "after"),
                )
                for kind in ALGO_TYPES
            ],
            single=Single(
                Endpoint("privateGetTradeOrderAlgo", "algo"), lambda order_id, _market: {"algoId": order_id}
            ),
            by_client_id=Single(
                Endpoint("privateGetTradeOrderAlgo", "algo"), lambda client_id, _market: {"algoClOrdId": client_id}
            ),
            cancel=Cancel(
                Endpoint("privatePostTradeCancelAlgos", "algo_cancel", changes=True),
                lambda order_id, market: cancel_algos([(order_id, market)]),
                lambda found: cancelled("algoId", found),
            ),
            batch=Batch(
                Endpoint("privatePostTradeCancelAlgos", "algo_cancel", changes=True),
                size=10,
                of_one_market=False,
                by_ids=cancel_algos,
                acknowledged=lambda found: cancelled("algoId", found),
                weighs_each=True,
            ),
        ),
    ],
    limits={
        "open": RateLimit(60, 2),
        "order": RateLimit(60, 2),
        "history": RateLimit(40, 2),
        "cancel": RateLimit(60, 2),
        "batch": RateLimit(300, 2),
        "algo": RateLimit(20, 2),
        "algo_cancel": RateLimit(20, 2),
        "countdown": RateLimit(1, 1),
    },
    order_ids=Grammar(re.compile(rf"({MARK})?[1-9][0-9]{{0,24}}", re.ASCII), "312269865356374016 or algo:1", "d"),
    client_order_ids=Grammar(re.compile(r"[A-Za-z0-9]{1,32}", re.ASCII), "b15"),
    never_an_order_id=NEVER_COUNTED,
    failure=failure,
    understood=frozenset({"code"}),
    data=data,
    errors=ERRORS,
    time=(Endpoint("publicGetPublicTime"), "ts"),
    countdown=COUNTDOWN,
    withdrawal=(
        Endpoint("privateGetAccountConfig"),
        lambda found: any(
            "withdraw" in str(row.get("perm", "")) for row in rows_of(found) if isinstance(row, dict)
        ),
    ),
    words=frozenset(
        {
            "instType",
            "ordType",
            "tdMode",
            "posSide",
            "posMode",
            "category",
            "triggerPxType",
            "stpMode",
            "acctStpMode",
            "ccy",
            "feeCcy",
            "rebateCcy",
            "tradeQuoteCcy",
            "perm",
            "sCode",
            "sMsg",
            "msg",
        }
    ),
)
