"""
Bitget: spot and USDT-M, USDC-M and Coin-M futures of a classic account.

Sources: Bitget's documents of API v2; :mod:`.bitget_spot` and :mod:`.bitget_futures` name the pages. The key of a
unified account is refused by every call with a code of its own, 40085. Margin orders are in accounts of their own,
and are left out.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from airflow_provider_exchange.exchanges.arguments import Grammar
from airflow_provider_exchange.exchanges.ccxt.names import capitals_joined
from airflow_provider_exchange.exchanges.ccxt.profile import (
    Endpoint,
    Markets,
    MarketType,
    Profile,
)
from airflow_provider_exchange.exchanges.ccxt.profiles.bitget_answers import (
    ERRORS,
    data,
    failure,
)
from airflow_provider_exchange.exchanges.ccxt.profiles.bitget_futures import PLAN_KINDS, futures_books
from airflow_provider_exchange.exchanges.ccxt.profiles.bitget_spot import ORDER_INFO, SPOT_BOOKS, SUB_ORDERS
from airflow_provider_exchange.exchanges.common import NEVER_COUNTED
from airflow_provider_exchange.exchanges.markets import ASSET, MARKET_START
from airflow_provider_exchange.protocol.limits import RateLimit

if TYPE_CHECKING:
    from airflow_provider_exchange.exchanges.ccxt.profile import Unified


def may_withdraw(found: Any) -> bool:
    """Return whether the key may withdraw: unless the answer lists what it may do, it may."""
    rights = found.get("authorities") if isinstance(found, dict) else None
    return not isinstance(rights, list) or not {"wwow", "withdraw"}.isdisjoint(map(str, rights))


def spot_id(name: Unified) -> str | None:
    """Return the id of a spot market."""
    return None if name.settle else name.base + name.quote


def usdt_id(name: Unified) -> str | None:
    """Return the id of a perpetual of USDT-M futures."""
    return f"{name.base}USDT" if name.settle == name.quote == "USDT" and not name.expiry else None


def usdc_id(name: Unified) -> str | None:
    """Return the id of a perpetual of USDC-M futures."""
    return f"{name.base}PERP" if name.settle == name.quote == "USDC" and not name.expiry else None


def coin_id(name: Unified) -> str | None:
    """Return the id of a perpetual of Coin-M futures; one that expires is known by its id only."""
    return f"{name.base}USD" if name.quote == "USD" and name.settle == name.base and not name.expiry else None


FUTURES = {
    "USDT-FUTURES": (usdt_id, "BTCUSDT", "USDT-M futures orders"),
    "USDC-FUTURES": (usdc_id, "BTCPERP", "USDC-M futures orders"),
    "COIN-FUTURES": (coin_id, "BTCUSD", "Coin-M futures orders"),
}
"""Product types: how ccxt's names become ids, an id, and what the orders are called."""
MARKS = "|".join(("tpsl", "plan", *PLAN_KINDS))
MARKET = re.compile(rf"{MARKET_START}(?!.\Z){ASSET}", re.ASCII)

PROFILE = Profile(
    exchange="bitget",
    title="Bitget",
    no_countdown="counts down for unified accounts only, which this package does not cover",
    market_types=[
        MarketType(
            name="spot",
            ids=Grammar(MARKET, "BTCUSDT", any_script=True),
            spell=capitals_joined,
            from_unified=spot_id,
            markets=[
                Markets(
                    Endpoint("publicSpotGetV2SpotPublicSymbols"),
                    {},
                    "",
                    "symbol",
                    "status",
                    frozenset({"online", "gray"}),
                )
            ],
            probe=(Endpoint("privateSpotGetV2SpotAccountAssets"), {"coin": "USDT"}),
        ),
        *(
            MarketType(
                name=product.lower(),
                ids=Grammar(MARKET, example, any_script=True),
                spell=capitals_joined,
                from_unified=from_unified,
                markets=[
                    Markets(
                        Endpoint("publicMixGetV2MixMarketContracts"),
                        {"productType": product},
                        "",
                        "symbol",
                        "symbolStatus",
                        frozenset({"normal"}),
                    )
                ],
                probe=(Endpoint("privateMixGetV2MixAccountAccounts"), {"productType": product}),
            )
            for product, (from_unified, example, _) in FUTURES.items()
        ),
    ],
    books=[
        *SPOT_BOOKS,
        *(
            book
            for product, (_, _, title) in FUTURES.items()
            for book in futures_books(product.lower(), product, title)
        ),
    ],
    limits={
        "spot": RateLimit(20, 1),
        "futures": RateLimit(10, 1),
        "cancel": RateLimit(10, 1),
        "batch": RateLimit(10, 1),
        "plan_cancel": RateLimit(10, 1),
        "account": RateLimit(1, 1),
        "total": RateLimit(6000, 60),
    },
    order_ids=Grammar(re.compile(rf"(({MARKS}):)?[1-9][0-9]{{0,24}}", re.ASCII), "1111499608327360513", "d"),
    client_order_ids=Grammar(re.compile(r"[A-Za-z0-9_-]{1,64}", re.ASCII), "my-order-1"),
    never_an_order_id=NEVER_COUNTED,
    unlisted={SUB_ORDERS: (ORDER_INFO.name, "v2/spot/trade/plan-sub-order")},
    failure=failure,
    understood=frozenset({"code"}),
    data=data,
    errors=ERRORS,
    time=(Endpoint("publicCommonGetV2PublicTime"), "serverTime"),
    withdrawal=(Endpoint("privateSpotGetV2SpotAccountInfo", "account"), may_withdraw),
    side_by_side=10,
    words=frozenset(
        {
            "orderType",
            "tpslType",
            "planType",
            "triggerType",
            "orderSource",
            "enterPointSource",
            "force",
            "posSide",
            "posMode",
            "tradeSide",
            "marginMode",
            "marginCoin",
            "reduceOnly",
            "productType",
            "cancelReason",
            "authorities",
            "coin",
            "errorCode",
            "errorMsg",
            "msg",
        }
    ),
    fields=frozenset(
        {
            "areaSymbol",
            "coupon",
            "deliveryStartTime",
            "deliveryTime",
            "entrustedList",
            "executeOrderId",
            "executeStopLossPrice",
            "executeTakeProfitPrice",
            "fundInterval",
            "isRwa",
            "launchTime",
            "nextFlag",
            "presetStopLossExecutePrice",
            "presetStopLossPrice",
            "presetStopLossType",
            "presetStopSurplusExecutePrice",
            "presetStopSurplusPrice",
            "presetStopSurplusType",
            "presetTakeProfitPrice",
            "regisTime",
            "sizeMultiplier",
            "stopLossExecutePrice",
            "stopSurplusExecutePrice",
            "stopSurplusTriggerPrice",
            "stopSurplusTriggerType",
            "totalProfits",
            "unrealizedPL",
        }
    ),
)
