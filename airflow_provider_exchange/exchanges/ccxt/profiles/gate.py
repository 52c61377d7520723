"""
Gate: spot and isolated margin, and perpetual contracts that are settled in USDT.

Sources: Gate's documents of API v4; :mod:`.gate_spot` and :mod:`.gate_contracts` have more of them.

Orders that wait for a price ("auto orders") have lists and ids of their own. When the price is reached, such an
order places another one, and then tells its id.

What the documents leave open: whether the list of contracts, for which they name a limit of 100, is cut off without
one; other clients get it whole.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from airflow_provider_exchange.exchanges.arguments import Grammar
from airflow_provider_exchange.exchanges.ccxt.profile import (
    Endpoint,
    Markets,
    MarketType,
    Profile,
)
from airflow_provider_exchange.exchanges.ccxt.profiles.gate_answers import ERRORS, MARK, data, failure
from airflow_provider_exchange.exchanges.ccxt.profiles.gate_contracts import CONTRACT_BOOKS, USDT
from airflow_provider_exchange.exchanges.ccxt.profiles.gate_spot import SPOT_BOOKS
from airflow_provider_exchange.exchanges.common import NEVER_COUNTED
from airflow_provider_exchange.exchanges.markets import ASSET, MARKET_START
from airflow_provider_exchange.exchanges.texts import upper
from airflow_provider_exchange.protocol.limits import RateLimit

if TYPE_CHECKING:
    from airflow_provider_exchange.exchanges.ccxt.profile import Unified


def spell(text: str) -> str:
    """Return a market's id in capitals, its currencies joined by an underscore."""
    return upper(text).replace("-", "_").replace("/", "_")


def spot_id(name: Unified) -> str | None:
    """Return the id of a spot market."""
    return None if name.settle else f"{name.base}_{name.quote}"


def contract_id(name: Unified) -> str | None:
    """Return the id of a perpetual contract that is settled in USDT."""
    is_one = name.quote == name.settle == "USDT" and name.expiry is None
    return f"{name.base}_{name.quote}" if is_one else None


SPOT = MarketType(
    name="spot",
    ids=Grammar(re.compile(rf"{MARKET_START}{ASSET}_{ASSET}", re.ASCII), "BTC_USDT", any_script=True),
    spell=spell,
    from_unified=spot_id,
    markets=[
        Markets(
            Endpoint("publicSpotGetCurrencyPairs", "markets"),
            {},
            "",
            "id",
            "trade_status",
            frozenset({"tradable", "buyable", "sellable"}),
        )
    ],
    probe=(Endpoint("privateSpotGetAccounts", "account"), {}),
)
LINEAR = MarketType(
    name="linear",
    ids=Grammar(re.compile(rf"{MARKET_START}{ASSET}_USDT", re.ASCII), "BTC_USDT", any_script=True),
    spell=spell,
    from_unified=contract_id,
    markets=[
        Markets(
            Endpoint("publicFuturesGetSettleContracts", "markets"),
            USDT,
            "",
            "name",
            "status",
            frozenset({"trading"}),
        )
    ],
    probe=(Endpoint("privateFuturesGetSettleAccounts", "account"), USDT),
)

PROFILE = Profile(
    exchange="gate",
    title="Gate",
    no_countdown="counts down for its spot markets and for its contracts apart, not for an account",
    market_types=[SPOT, LINEAR],
    books=[*SPOT_BOOKS, *CONTRACT_BOOKS],
    limits={
        "open": RateLimit(200, 10),
        "order": RateLimit(200, 10),
        "history": RateLimit(200, 10),
        "auto": RateLimit(200, 10),
        "auto_cancel": RateLimit(200, 10),
        "account": RateLimit(200, 10),
        "markets": RateLimit(200, 10),
        "cancel": RateLimit(200, 1),
        "batch": RateLimit(200, 1),
    },
    order_ids=Grammar(re.compile(rf"({MARK})?[1-9][0-9]{{0,24}}", re.ASCII), "1105451750524 or auto:1283293", "d"),
    client_order_ids=Grammar(re.compile(r"(?!.*\.\.)t-[0-9A-Za-z_.-]{1,28}", re.ASCII), "t-my-order"),
    never_an_order_id=NEVER_COUNTED,
    side_by_side=20,
    headers={"X-Gate-Size-Decimal": "1"},
    failure=failure,
    data=data,
    errors=ERRORS,
    time=(Endpoint("publicSpotGetTime", "markets"), "server_time"),
    words=frozenset(
        {
            "account",
            "fee_currency",
            "rebated_fee_currency",
            "time_in_force",
            "tif",
            "stp_act",
            "order_type",
            "finish_as",
            "reason",
            "rule",
            "label",
            "message",
            "detail",
            "currency",
            "amend_text",
            "total",
            "auto_size",
        }
    ),
    fields=frozenset(
        {
            "bonus",
            "enable_credit",
            "finish_time",
            "fired_order_id",
            "ftime",
            "gt_discount",
            "gt_fee",
            "gt_maker_fee",
            "gt_taker_fee",
            "in_dual_mode",
            "is_liq",
            "mkfr",
            "rebated_fee",
            "refr",
            "refu",
            "stp_id",
            "succeeded",
            "tkfr",
        }
    ),
)
