"""The markets of the paper Gate, and how its public lists show them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

PAIRS: Mapping[str, str] = {
    "BTC_USDT": "tradable",
    "ETH_USDT": "tradable",
    "SOL_USDT": "tradable",
    "BTC_USDC": "tradable",
    "ETH_BTC": "tradable",
    "OLD_USDT": "sellable",
    "NEW_USDT": "untradable",
}
"""The spot markets, and who may trade there."""

CONTRACTS: Mapping[str, str] = {
    "BTC_USDT": "trading",
    "ETH_USDT": "trading",
    "SOL_USDT": "trading",
    "GONE_USDT": "delisting",
}
"""The perpetual contracts that are settled in USDT, and in what state they are."""

LISTED = tuple(dict.fromkeys((*PAIRS, *CONTRACTS)))


def pair(name: str) -> dict[str, Any]:
    """Return a spot market as the public list shows it."""
    base, _, quote = name.partition("_")
    return {
        "id": name,
        "base": base,
        "base_name": base,
        "quote": quote,
        "quote_name": quote,
        "fee": "0.2",
        "min_base_amount": "0.001",
        "min_quote_amount": "1.0",
        "max_base_amount": "10000",
        "max_quote_amount": "10000000",
        "amount_precision": 3,
        "precision": 6,
        "trade_status": PAIRS[name],
        "sell_start": 1516378650,
        "buy_start": 1516378650,
        "delisting_time": 0,
        "trade_url": f"https://www.gate.io/trade/{name}",
    }


def contract(name: str) -> dict[str, Any]:
    """Return a contract as the public list shows it."""
    return {
        "name": name,
        "type": "direct",
        "quanto_multiplier": "0.0001",
        "ref_discount_rate": "0",
        "order_price_deviate": "0.5",
        "maintenance_rate": "0.005",
        "mark_type": "index",
        "last_price": "38026",
        "mark_price": "37985.6",
        "index_price": "37954.92",
        "funding_rate_indicative": "0.000219",
        "mark_price_round": "0.01",
        "funding_offset": 0,
        "in_delisting": CONTRACTS[name] != "trading",
        "risk_limit_base": "1000000",
        "interest_rate": "0.0003",
        "order_price_round": "0.1",
        "order_size_min": 1,
        "ref_rebate_rate": "0.2",
        "funding_interval": 28800,
        "risk_limit_step": "1000000",
        "leverage_min": "1",
        "leverage_max": "100",
        "risk_limit_max": "8000000",
        "maker_fee_rate": "-0.00025",
        "taker_fee_rate": "0.00075",
        "funding_rate": "0.002053",
        "order_size_max": 1000000,
        "funding_next_apply": 1610035200,
        "short_users": 977,
        "config_change_time": 1609899548,
        "trade_size": 28530850594,
        "position_size": 5223816,
        "long_users": 455,
        "funding_impact_value": "60000",
        "orders_limit": 50,
        "trade_id": 10851092,
        "orderbook_id": 2129638396,
        "enable_bonus": True,
        "enable_credit": True,
        "create_time": 1669688556,
        "funding_cap_ratio": "0.75",
        "status": CONTRACTS[name],
        "launch_time": 1609899548,
    }
