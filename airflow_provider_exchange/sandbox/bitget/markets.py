"""The markets of the paper Bitget. The admin API places orders in others, if told so."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

SPOT: Mapping[str, str] = {
    "BTCUSDT": "online",
    "ETHUSDT": "online",
    "SOLUSDT": "online",
    "ETHBTC": "online",
    "BTCUSDC": "online",
    "LUNAUSDT": "halt",
}
"""Spot markets with their states."""

PRODUCTS: Mapping[str, Mapping[str, str]] = {
    "USDT-FUTURES": {"BTCUSDT": "normal", "ETHUSDT": "normal", "SOLUSDT": "normal", "LUNAUSDT": "maintain"},
    "USDC-FUTURES": {"BTCPERP": "normal", "ETHPERP": "normal"},
    "COIN-FUTURES": {"BTCUSD": "normal", "ETHUSD": "normal", "BTCUSDH28": "normal"},
}
"""The contracts of each product type with their states."""

DEMO_PRODUCTS = ("SUSDT-FUTURES", "SUSDC-FUTURES", "SCOIN-FUTURES")
"""Product types for demonstrations, of which there are no contracts here."""
MARGIN_COINS = {"USDT-FUTURES": "USDT", "USDC-FUTURES": "USDC"}
LISTED = tuple(dict.fromkeys([*SPOT, *(name for names in PRODUCTS.values() for name in names)]))


def product_of(symbol: str) -> str:
    """Return the product type of a contract, which its name tells."""
    if symbol.endswith("USDT"):
        return "USDT-FUTURES"
    return "USDC-FUTURES" if symbol.endswith("PERP") else "COIN-FUTURES"


def coins_of(symbol: str) -> tuple[str, str]:
    """Return base and quote of a market."""
    for quote in ("USDT", "USDC", "BTC", "USD", "PERP"):
        if symbol.endswith(quote) and symbol != quote:
            return symbol.removesuffix(quote), "USDC" if quote == "PERP" else quote
    return symbol.partition("USD")[0], "USD"


def spot_market(symbol: str) -> dict[str, Any]:
    """Return a spot market as the public list shows it."""
    base, quote = coins_of(symbol)
    return {
        "symbol": symbol,
        "baseCoin": base,
        "quoteCoin": quote,
        "minTradeAmount": "0",
        "maxTradeAmount": "900000000000000000000",
        "takerFeeRate": "0.002",
        "makerFeeRate": "0.002",
        "pricePrecision": "2",
        "quantityPrecision": "6",
        "quotePrecision": "8",
        "status": SPOT[symbol],
        "minTradeUSDT": "1",
        "buyLimitPriceRatio": "0.05",
        "sellLimitPriceRatio": "0.05",
        "areaSymbol": "no",
        "orderQuantity": "200",
        "openTime": "1532454360000",
        "offTime": "",
    }


def contract(product: str, symbol: str) -> dict[str, Any]:
    """Return a contract as the public list shows it."""
    base, quote = coins_of(symbol)
    expires = symbol[-1].isdecimal()
    return {
        "symbol": symbol,
        "baseCoin": base,
        "quoteCoin": quote,
        "buyLimitPriceRatio": "0.9",
        "sellLimitPriceRatio": "0.9",
        "feeRateUpRatio": "0.1",
        "makerFeeRate": "0.0004",
        "takerFeeRate": "0.0006",
        "openCostUpRatio": "0.1",
        "supportMarginCoins": [MARGIN_COINS.get(product, base)],
        "minTradeNum": "0.001",
        "priceEndStep": "1",
        "volumePlace": "3",
        "pricePlace": "2",
        "sizeMultiplier": "0.001",
        "symbolType": "delivery" if expires else "perpetual",
        "minTradeUSDT": "5",
        "maxSymbolOrderNum": "999999",
        "maxProductOrderNum": "999999",
        "maxPositionNum": "150",
        "symbolStatus": PRODUCTS[product][symbol],
        "offTime": "-1",
        "limitOpenTime": "-1",
        "deliveryTime": "1837209600000" if expires else "",
        "deliveryStartTime": "",
        "launchTime": "",
        "fundInterval": "8",
        "minLever": "1",
        "maxLever": "125",
        "posLimit": "0.05",
        "maintainTime": "",
        "maxMarketOrderQty": "220",
        "maxOrderQty": "1200",
        "isRwa": "NO",
    }
