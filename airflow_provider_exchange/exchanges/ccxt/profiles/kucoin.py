"""
KuCoin: spot orders of a classic account.

Sources: KuCoin's documents, "Spot Trading, Orders" and "Account Info", and the older ones of its high-frequency
system, through which every classic account trades by now. An order that waits for a price is a stop order, with a
list, an id and calls of its own; so is an OCO order, which consists of two stop orders.

The list of live orders needs a market. Another read names the markets that have some; it is asked just before.
Stop and OCO orders are listed for all markets together, the latest first, and cut into pages by number. Here a page
goes on from the time of the last order instead: numbers shift when an order leaves.

What these documents leave open, and what is done instead:

- A stop order whose price is reached places an order with another id, and no answer tells which. So what has become
  of an order in the state ``TRIGGERED`` is not known. What it has placed is among the ordinary orders.
- Of an order that it does not know, KuCoin was seen to answer with a success whose data is null, and so of a market
  without orders. The documents speak of an error; both are understood.
- An error is told by ``code``. 400100 is said of any wrong parameter; if it is about the order, the message is a
  name, such as ``order_not_exist_or_not_allow_to_cancel``, or says the same in words.
- Orders of a unified account, and of one outside the high-frequency system, are not in these lists. Which it is,
  is asked with every look.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from airflow_provider_exchange.exchanges.arguments import Grammar
from airflow_provider_exchange.exchanges.ccxt.profile import (
    Book,
    Cancel,
    EachMarket,
    Endpoint,
    History,
    Listing,
    Markets,
    MarketType,
    Profile,
    Requirement,
    Single,
)
from airflow_provider_exchange.exchanges.ccxt.profiles.kucoin_answers import (
    ERRORS,
    HISTORY_PAGE,
    OCO_ORDER,
    ORDER,
    STOP_ORDER,
    before_the_last,
    data,
    failure,
    is_classic,
    is_high_frequency,
    may_withdraw,
    next_ended,
    parts_cancelled,
)
from airflow_provider_exchange.exchanges.ccxt.profiles.shared import ids_of
from airflow_provider_exchange.exchanges.markets import ASSET, MARKET_START
from airflow_provider_exchange.exchanges.texts import upper
from airflow_provider_exchange.protocol.limits import RateLimit

if TYPE_CHECKING:
    from collections.abc import Sequence

    from airflow_provider_exchange.exchanges.ccxt.profile import Unified

PAGE = "500"
NAMED_OTHERWISE = frozenset(
    {"ALT", "KALT", "APTOSLAUNCHTOKEN", "BIFI", "BIFIF", "VAI", "VAIOT", "WAX", "WAXP", "FUD", "FTX USERS' DEBT"}
)
"""Currencies of which ccxt's name is another one than KuCoin's, or is KuCoin's name of another one."""


def market_id(name: Unified) -> str | None:
    """Return the id of a spot market. Markets whose currencies ccxt calls otherwise are known by their ids only."""
    if name.settle or not NAMED_OTHERWISE.isdisjoint({name.base, name.quote}):
        return None
    return f"{name.base}-{name.quote}"


def spell(text: str) -> str:
    """Return a market's id in capitals, with a hyphen."""
    return upper(text).replace("_", "-")


def only_id(order_id: str, _market: str) -> dict[str, Any]:
    """Name an order by its id alone."""
    return {"orderId": order_id}


def of_market(market: str) -> dict[str, Any]:
    """Name a market, percent-encoded: ccxt writes a query of this exchange as it is, and signs it so."""
    return {"symbol": quote(market, safe="")}


def id_and_market(order_id: str, market: str) -> dict[str, Any]:
    """Name an order by its id and market."""
    return {"orderId": order_id, **of_market(market)}


def client_id_and_market(client_id: str, market: str) -> dict[str, Any]:
    """Name an order by the client's id and its market."""
    return {"clientOid": client_id, **of_market(market)}


def history_page(market: str, _ids: Sequence[str], _since_ms: int | None) -> dict[str, Any]:
    """Ask for the ended orders of a market; those that changed last come first."""
    return {**of_market(market), "limit": str(HISTORY_PAGE)}


SPOT = MarketType(
    name="spot",
    ids=Grammar(re.compile(rf"{MARKET_START}{ASSET}-{ASSET}", re.ASCII), "BTC-USDT", any_script=True),
    spell=spell,
    from_unified=market_id,
    markets=[
        Markets(Endpoint("publicGetSymbols", "public", 4), {}, "", "symbol", "enableTrading", frozenset({True}))
    ],
    probe=(Endpoint("privateGetUserApiKey", "management", 20), {}),
)
ORDINARY = Book(
    title="spot orders",
    market_type="spot",
    form=ORDER,
    lists=[
        Listing(
            Endpoint("privateGetHfOrdersActive", weight=2),
            each=EachMarket(Endpoint("privateGetHfOrdersActiveSymbols", weight=2), "symbols", of_market),
            null_is_none=True,
        )
    ],
    single=Single(Endpoint("privateGetHfOrdersOrderId", weight=2), id_and_market, null_is_none=True),
    by_client_id=Single(
        Endpoint("privateGetHfOrdersClientOrderClientOid", weight=2), client_id_and_market, null_is_none=True
    ),
    cancel=Cancel(
        Endpoint("privateDeleteHfOrdersOrderId", changes=True),
        id_and_market,
        lambda found: ids_of([found], "orderId"),
    ),
    history=History(
        Endpoint("privateGetHfOrdersDone", weight=2), history_page, "items", next_ended, null_is_none=True
    ),
)
STOPS = Book(
    title="spot stop orders",
    market_type="spot",
    form=STOP_ORDER,
    mark="stop:",
    becomes="spot orders",
    lists=[
        Listing(
            Endpoint("privateGetStopOrder", weight=8),
            {"tradeType": "TRADE", "pageSize": PAGE},
            "items",
            before_the_last("createdAt"),
        )
    ],
    single=Single(Endpoint("privateGetStopOrderOrderId", weight=3), only_id, null_is_none=True),
    by_client_id=Single(
        Endpoint("privateGetStopOrderQueryOrderByClientOid", weight=3), client_id_and_market, null_is_none=True
    ),
    cancel=Cancel(Endpoint("privateDeleteStopOrderOrderId", weight=3, changes=True), only_id, parts_cancelled),
)
OCOS = Book(
    title="spot OCO orders",
    market_type="spot",
    form=OCO_ORDER,
    mark="oco:",
    becomes="spot orders",
    lists=[
        Listing(
            Endpoint("privateGetOcoOrders", weight=2), {"pageSize": PAGE}, "items", before_the_last("orderTime")
        )
    ],
    single=Single(Endpoint("privateGetOcoOrderOrderId", weight=2), only_id, null_is_none=True),
    by_client_id=Single(
        Endpoint("privateGetOcoClientOrderClientOid", weight=2),
        lambda client_id, _market: {"clientOid": client_id},
        null_is_none=True,
    ),
    cancel=Cancel(
        Endpoint("privateDeleteOcoOrderOrderId", weight=3, changes=True),
        only_id,
        lambda found: bool(parts_cancelled(found)),
    ),
)

PROFILE = Profile(
    exchange="kucoin",
    title="KuCoin",
    market_types=[SPOT],
    books=[STOPS, OCOS, ORDINARY],
    requires=[
        Requirement(
            Endpoint("utaPrivateGetAccountMode", "management", 30),
            is_classic,
            "it is a unified account, and the lists that this package reads are those of classic ones",
        ),
        Requirement(
            Endpoint("privateGetHfAccountsOpened", weight=30),
            is_high_frequency,
            "it trades outside KuCoin's high-frequency system, whose lists are the ones that this package reads",
        ),
    ],
    limits={
        "total": RateLimit(4000, 30),
        "management": RateLimit(2000, 30, apart=True),
        "public": RateLimit(2000, 30, apart=True),
    },
    order_ids=Grammar(
        re.compile(r"((stop|oco):)?(?=[a-z]*[0-9])[0-9a-z]{16,40}", re.ASCII), "671124f9365ccb00073debd4"
    ),
    client_order_ids=Grammar(re.compile(r"[A-Za-z0-9_-]{1,40}", re.ASCII), "my-order-1"),
    never_an_order_id="000000000000000000000000",
    failure=failure,
    understood=frozenset({"code"}),
    data=data,
    errors=ERRORS,
    time=(Endpoint("publicGetTimestamp", "public", 3), ""),
    withdrawal=(Endpoint("privateGetUserApiKey", "management", 20), may_withdraw),
    options={"partner": {"spot": {"id": None}}},
    side_by_side=20,
    no_countdown="has one for its spot orders, which this package does not arm",
    words=frozenset(
        {
            "opType",
            "timeInForce",
            "tradeType",
            "tradeSource",
            "stop",
            "stp",
            "channel",
            "feeCurrency",
            "permission",
            "selfAccountMode",
            "type",
            "market",
            "msg",
            "currentPage",
            "pageSize",
            "totalNum",
            "totalPage",
        }
    ),
    fields=frozenset({"domainId", "tags", "tax", "visibleSize"}),
)
