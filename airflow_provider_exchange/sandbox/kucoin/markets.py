"""The markets of the paper KuCoin. The admin API places orders in others, if told so."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

MARKETS: Mapping[str, bool] = {
    "BTC-USDT": True,
    "ETH-USDT": True,
    "SOL-USDT": True,
    "KCS-USDT": True,
    "ETH-BTC": True,
    "BTC-USDC": True,
    "LUNA-USDT": False,
}
"""Markets that are listed, and whether they take orders."""


def listed(symbol: str) -> dict[str, Any]:
    """Return a market as the public list shows it."""
    base, quote = symbol.split("-")
    return {
        "symbol": symbol,
        "name": symbol,
        "baseCurrency": base,
        "quoteCurrency": quote,
        "feeCurrency": quote,
        "market": "BTC" if quote == "BTC" else "USDS",
        "baseMinSize": "0.00001",
        "quoteMinSize": "0.1",
        "baseMaxSize": "10000000000",
        "quoteMaxSize": "99999999",
        "baseIncrement": "0.00000001",
        "quoteIncrement": "0.000001",
        "priceIncrement": "0.1",
        "priceLimitRate": "0.1",
        "minFunds": "0.1",
        "isMarginEnabled": True,
        "enableTrading": MARKETS[symbol],
        "feeCategory": 1,
        "makerFeeCoefficient": "1.00",
        "takerFeeCoefficient": "1.00",
        "st": False,
        "callauctionIsEnabled": False,
        "callauctionPriceFloor": None,
        "callauctionPriceCeiling": None,
        "callauctionFirstStageStartTime": None,
        "callauctionSecondStageStartTime": None,
        "callauctionThirdStageStartTime": None,
        "tradingStartTime": None,
    }
