"""
Binance: spot and USD-M futures.

Sources: Binance's documents of the Spot API and of USDⓈ-M Futures. Since December 2025 a conditional order on
futures is an "algo order": it has a list, an id and a cancel of its own, and when its price is reached an ordinary
order with another id appears. What Binance's documents of "Algo Trading" call by that name, TWAP and VP, is another
thing, and left out: it is in lists of its own, and places orders as time goes.

Without a symbol the lists show every market; on spot that weighs 80 of the 6000 that are allowed a minute, so no
market is asked for by itself. Nothing on spot cancels several orders by their names. On futures the two limits are
one here, the smaller.
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
)
from airflow_provider_exchange.exchanges.ccxt.profiles.shared import id_in, ids_of
from airflow_provider_exchange.exchanges.common import NEVER_COUNTED
from airflow_provider_exchange.exchanges.markets import ASSET, MARKET_START
from airflow_provider_exchange.exchanges.orders import OrderForm
from airflow_provider_exchange.models.orders import OrderState
from airflow_provider_exchange.protocol.limits import RateLimit

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from airflow_provider_exchange.exchanges.ccxt.profile import Named, Unified

PAGE = 1000
MARK = "algo:"

STATES = {
    "NEW": OrderState.OPEN,
    "PENDING_NEW": OrderState.OPEN,
    "PARTIALLY_FILLED": OrderState.OPEN,
    "NEW_INSURANCE": OrderState.OPEN,
    "NEW_ADL": OrderState.OPEN,
    "PENDING_CANCEL": OrderState.CANCELLING,
    "FILLED": OrderState.FILLED,
    "CANCELED": OrderState.CANCELLED,
    "REJECTED": OrderState.REJECTED,
    "EXPIRED": OrderState.EXPIRED,
    "EXPIRED_IN_MATCH": OrderState.EXPIRED,
}
ALGO_STATES = {
    "NEW": OrderState.OPEN,
    "TRIGGERING": OrderState.OPEN,
    "TRIGGERED": OrderState.OPEN,
    "FINISHED": OrderState.FILLED,
    "CANCELED": OrderState.CANCELLED,
    "REJECTED": OrderState.REJECTED,
    "EXPIRED": OrderState.EXPIRED,
}
"""
An algo order that is ``TRIGGERED`` has placed another one, and is ``FINISHED`` when that was filled or cancelled;
see :func:`placed`.
"""

ORDER = OrderForm(
    order_id="orderId",
    symbol="symbol",
    state="status",
    states=STATES,
    side="side",
    quantity="origQty",
    filled_quantity="executedQty",
    price="price",
    client_order_id="clientOrderId",
    created_at=("time",),
    changed_at=("updateTime",),
    kind="type",
    stop_price="stopPrice",
)
ALGO_ORDER = OrderForm(
    order_id="algoId",
    symbol="symbol",
    state="algoStatus",
    states=ALGO_STATES,
    side="side",
    quantity="quantity",
    filled_quantity="actualQty",
    price="price",
    client_order_id="clientAlgoId",
    created_at=("createTime",),
    changed_at=("updateTime",),
    kind="orderType",
    stop_price="triggerPrice",
    waiting=frozenset({"NEW"}),
)

ERRORS = {
    "-1000": ExchangeUnavailableError,
    "-1002": AuthenticationError,
    "-1003": RateLimitedError,
    "-1015": RateLimitedError,
    "-1021": ClockSkewError,
    "-1022": AuthenticationError,
    "-1100": RequestRefusedError,
    "-1102": RequestRefusedError,
    "-1103": RequestRefusedError,
    "-1104": RequestRefusedError,
    "-1121": RequestRefusedError,
    "-2011": OrderNotFoundError,
    "-2013": OrderNotFoundError,
    "-2014": AuthenticationError,
    "-2015": PermissionDeniedError,
    "-2026": OrderNotFoundError,
}
"""
-2011 is said of an order that has ended, too, and -2026 of one that ended 90 days ago; -2015 of a key that may not
use this part of the exchange.
"""


def failure(_status: int, body: Any) -> Failure | None:
    """Return the failure in ``{"code": -1121, "msg": "..."}``."""
    if not isinstance(body, dict):
        return None
    code = body.get("code")
    is_failure = isinstance(code, int) and not isinstance(code, bool) and code < 0 and "msg" in body
    return Failure(str(code), body["msg"]) if is_failure else None


def data(body: Any) -> Any:
    """Return the body, which has no envelope."""
    return body


def placed(row: Mapping[str, Any]) -> list[str]:
    """Return the id of what an algo order has placed."""
    return [id_in(row.get("actualOrderId"))] if row.get("algoStatus") in ("TRIGGERED", "FINISHED") else []


def by_id(field: str) -> Callable[[str, str], dict[str, Any]]:
    """Return what names an order by an id and its market."""
    return lambda order_id, market: {"symbol": market, field: order_id}


def algo_by_id(field: str) -> Callable[[str, str], dict[str, Any]]:
    """Return what names an algo order, which takes no market."""
    return lambda order_id, _market: {field: order_id}


def first_page(market: str, ids: Sequence[str], since_ms: int | None) -> dict[str, Any]:
    """Begin with the earliest of some orders: the history is sorted by id, upwards."""
    begin = {"orderId": str(min(map(int, ids)))} if ids else {"startTime": since_ms} if since_ms else {}
    return {"symbol": market, "limit": PAGE, **begin}


def after(_data: Any, rows: Sequence[Any]) -> dict[str, Any] | None:
    """Go on behind the last order of a full page."""
    if not isinstance(rows, list) or len(rows) < PAGE:
        return None
    ids = [row["orderId"] for row in rows if isinstance(row, dict) and isinstance(row.get("orderId"), int)]
    return {"orderId": str(max(ids) + 1)} if ids else None


def batch_ids(named: Sequence[Named]) -> dict[str, Any]:
    """Name the orders of a batch; ccxt writes the list into the query."""
    return {"symbol": named[0][1], "orderidlist": [order_id for order_id, _ in named]}


def spot_id(name: Unified) -> str | None:
    """Return the id of a spot market."""
    return None if name.settle else name.base + name.quote


def linear_id(name: Unified) -> str | None:
    """Return the id of a futures market that is settled in its quote currency."""
    if name.settle is None or name.settle != name.quote:
        return None
    return name.base + name.quote + (f"_{name.expiry}" if name.expiry else "")


SPOT = MarketType(
    name="spot",
    ids=Grammar(re.compile(rf"{MARKET_START}(?!.\Z){ASSET}", re.ASCII), "BTCUSDT", any_script=True),
    spell=capitals_joined,
    from_unified=spot_id,
    markets=[
        Markets(
            Endpoint("publicGetExchangeInfo", weight=20),
            {"showPermissionSets": "false"},
            "symbols",
            "symbol",
            "status",
            frozenset({"TRADING"}),
        )
    ],
    probe=(Endpoint("privateGetAccount", weight=20), {"omitZeroBalances": "true"}),
)
LINEAR = MarketType(
    name="linear",
    ids=Grammar(re.compile(rf"{MARKET_START}(?!.\Z){ASSET}(_[0-9]{{6}})?", re.ASCII), "BTCUSDT", any_script=True),
    spell=capitals_joined,
    from_unified=linear_id,
    markets=[
        Markets(
            Endpoint("fapiPublicGetExchangeInfo"),
            {},
            "symbols",
            "symbol",
            "status",
            frozenset({"TRADING"}),
        )
    ],
    probe=(Endpoint("fapiPrivateV2GetAccount", weight=5), {}),
)

PROFILE = Profile(
    exchange="binance",
    title="Binance",
    market_types=[SPOT, LINEAR],
    books=[
        Book(
            title="spot orders",
            market_type="spot",
            form=ORDER,
            lists=[Listing(Endpoint("privateGetOpenOrders", weight=80))],
            single=Single(Endpoint("privateGetOrder", weight=4), by_id("orderId")),
            by_client_id=Single(Endpoint("privateGetOrder", weight=4), by_id("origClientOrderId")),
            cancel=Cancel(
                Endpoint("privateDeleteOrder", "cancel", changes=True),
                by_id("orderId"),
                lambda found: ids_of([found], "orderId"),
            ),
            history=History(Endpoint("privateGetAllOrders", weight=20), first_page, "", after),
        ),
        Book(
            title="USD-M futures orders",
            market_type="linear",
            form=ORDER,
            lists=[Listing(Endpoint("fapiPrivateGetOpenOrders", weight=40))],
            single=Single(Endpoint("fapiPrivateGetOrder"), by_id("orderId")),
            by_client_id=Single(Endpoint("fapiPrivateGetOrder"), by_id("origClientOrderId")),
            cancel=Cancel(
                Endpoint("fapiPrivateDeleteOrder", "cancel", changes=True),
                by_id("orderId"),
                lambda found: ids_of([found], "orderId"),
            ),
            batch=Batch(
                Endpoint("fapiPrivateDeleteBatchOrders", "batch", changes=True),
                size=10,
                of_one_market=True,
                by_ids=batch_ids,
                acknowledged=lambda found: ids_of(found, "orderId"),
            ),
            history=History(Endpoint("fapiPrivateGetAllOrders", weight=5), first_page, "", after),
        ),
        Book(
            title="USD-M futures algo orders",
            market_type="linear",
            form=ALGO_ORDER,
            mark=MARK,
            becomes="USD-M futures orders",
            placed=placed,
            lists=[Listing(Endpoint("fapiPrivateGetOpenAlgoOrders", weight=40))],
            single=Single(Endpoint("fapiPrivateGetAlgoOrder"), algo_by_id("algoId")),
            by_client_id=Single(Endpoint("fapiPrivateGetAlgoOrder"), algo_by_id("clientAlgoId")),
            cancel=Cancel(
                Endpoint("fapiPrivateDeleteAlgoOrder", "cancel", changes=True),
                algo_by_id("algoId"),
                lambda found: ids_of([found], "algoId"),
            ),
        ),
    ],
    limits={"total": RateLimit(2400, 60)},
    order_ids=Grammar(re.compile(rf"({MARK})?[1-9][0-9]{{0,18}}", re.ASCII), "28457 or algo:2146760", "d"),
    client_order_ids=Grammar(re.compile(r"(?!.*\.\.)[.A-Z:/a-z0-9_-]{1,36}", re.ASCII), "my-order-1"),
    never_an_order_id=NEVER_COUNTED,
    side_by_side=20,
    failure=failure,
    data=data,
    errors=ERRORS,
    time=(Endpoint("publicGetTime"), "serverTime"),
    no_countdown="counts down for one market of its futures at a time, not for an account, and does not tell when "
    "the countdown ends",
    withdrawal=(
        Endpoint("sapiGetAccountApiRestrictions"),
        lambda found: isinstance(found, dict) and found.get("enableWithdrawals") is not False,
    ),
    options={"warnOnFetchOpenOrdersWithoutSymbol": False},
    known_options={"recvWindow": int},
    words=frozenset(
        {
            "type",
            "origType",
            "orderType",
            "algoType",
            "workingType",
            "timeInForce",
            "selfTradePreventionMode",
            "positionSide",
            "priceMatch",
            "accountType",
            "permissions",
            "asset",
            "msg",
        }
    ),
)
