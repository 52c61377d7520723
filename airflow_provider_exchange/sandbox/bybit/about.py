"""What Bybit says about the paper account: its key, its kind and its balance, which nothing changes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow_provider_exchange.sandbox.bybit.markets import MARKETS, SPOT

if TYPE_CHECKING:
    from airflow_provider_exchange.sandbox.bybit.account import BybitAccount


def key_facts(account: BybitAccount) -> dict[str, Any]:
    """Return what the account's key may do."""
    may = {"ContractTrade": ["Order", "Position"], "Spot": ["SpotTrade"], "Derivatives": ["DerivativesTrade"]}
    none = ("Wallet", "Options", "Exchange", "Earn", "BlockTrade", "Affiliate", "NFT", "CopyTrading")
    return {
        "id": "1",
        "note": "paper",
        "apiKey": account.key,
        "readOnly": 0 if account.may_trade else 1,
        "secret": "",
        "permissions": {**may, **{name: [] for name in none}},
        "ips": ["*"],
        "type": 1,
        "deadlineDay": 90,
        "expiredAt": "2030-01-01T00:00:00Z",
        "createdAt": "2026-01-01T00:00:00Z",
        "unified": 0,
        "uta": 1,
        "userID": 1,
        "inviterID": 0,
        "vipLevel": "No VIP",
        "mktMakerLevel": "0",
        "affiliateID": 0,
        "rsaPublicKey": "",
        "isMaster": True,
        "parentUid": "0",
    }


def account_mode() -> dict[str, Any]:
    """Return the kind of the account: a unified one of the newest kind (6)."""
    return {
        "marginMode": "REGULAR_MARGIN",
        "updatedTime": "1697078946000",
        "unifiedMarginStatus": 6,
        "dcpStatus": "OFF",
        "timeWindow": 0,
        "smpGroup": 0,
        "isMasterTrader": False,
        "spotHedgingStatus": "OFF",
    }


def wallet() -> dict[str, Any]:
    """Return the account's balance."""
    coins = sorted({coin for market in MARKETS[SPOT].values() for coin in (market.base, market.quote)})
    row = {"walletBalance": "1000", "equity": "1000", "locked": "0", "unrealisedPnl": "0", "usdValue": "0"}
    held = [{"coin": coin, **row} for coin in coins]
    return {"list": [{"accountType": "UNIFIED", "totalEquity": "0", "coin": held}]}
