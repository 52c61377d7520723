"""The markets of the paper Binance. Spot and USD-M futures have some names in common, each for another market."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

SPOT: Mapping[str, tuple[str, str]] = {
    base + quote: (base, quote)
    for base, quote in (
        ("BTC", "USDT"), ("ETH", "USDT"), ("ETH", "BTC"), ("BNB", "USDT"), ("BNB", "BTC"), ("LTC", "BTC"),
        ("BTC", "USDC"),
    )
}  # fmt: skip
"""Symbol to base and quote asset."""

CLOSED: Mapping[str, tuple[str, str]] = {"BCCBTC": ("BCC", "BTC")}
"""The same for spot markets that are listed and take no orders."""

PERPETUAL = 4_133_404_800_000
"""The delivery time of a contract that is never delivered, in ms."""

LINEAR: Mapping[str, tuple[str, str, int]] = {
    "BTCUSDT": ("BTC", "USDT", PERPETUAL),
    "ETHUSDT": ("ETH", "USDT", PERPETUAL),
    "BNBUSDT": ("BNB", "USDT", PERPETUAL),
    "BTCUSDC": ("BTC", "USDC", PERPETUAL),
    "BTCUSDT_280331": ("BTC", "USDT", 1_838_102_400_000),
}
"""Symbol of a USD-M future to base asset, quote asset and delivery time in ms."""

SPOT_TYPES = (
    "LIMIT", "LIMIT_MAKER", "MARKET", "STOP_LOSS", "STOP_LOSS_LIMIT", "TAKE_PROFIT", "TAKE_PROFIT_LIMIT",
)  # fmt: skip
ALGO_TYPES = ("STOP", "STOP_MARKET", "TAKE_PROFIT", "TAKE_PROFIT_MARKET", "TRAILING_STOP_MARKET")
"""The types of orders of USD-M futures that only the calls for algo orders take."""


def spelled(symbol: str) -> str:
    """Return a symbol as the venue writes it; ``BTC/USDT`` and ``BTC/USDT:USDT`` are understood."""
    return symbol.partition(":")[0].replace("/", "").upper()


def spot_market(symbol: str) -> dict[str, Any]:
    """Return a spot market as the public list shows it."""
    base, quote = SPOT.get(symbol) or CLOSED[symbol]
    return {
        "symbol": symbol,
        "status": "BREAK" if symbol in CLOSED else "TRADING",
        "baseAsset": base,
        "baseAssetPrecision": 8,
        "quoteAsset": quote,
        "quotePrecision": 8,
        "quoteAssetPrecision": 8,
        "baseCommissionPrecision": 8,
        "quoteCommissionPrecision": 8,
        "orderTypes": list(SPOT_TYPES),
        "icebergAllowed": True,
        "ocoAllowed": True,
        "otoAllowed": True,
        "quoteOrderQtyMarketAllowed": True,
        "allowTrailingStop": True,
        "cancelReplaceAllowed": True,
        "isSpotTradingAllowed": True,
        "isMarginTradingAllowed": False,
        "filters": [
            {"filterType": "PRICE_FILTER", "minPrice": "0.00000001", "maxPrice": "1000000.00000000",
             "tickSize": "0.00000001"},
            {"filterType": "LOT_SIZE", "minQty": "0.00000001", "maxQty": "9000000.00000000",
             "stepSize": "0.00000001"},
        ],
        "permissions": [],
        "permissionSets": [["SPOT"]],
        "defaultSelfTradePreventionMode": "EXPIRE_MAKER",
        "allowedSelfTradePreventionModes": ["NONE", "EXPIRE_TAKER", "EXPIRE_MAKER", "EXPIRE_BOTH"],
    }  # fmt: skip


def linear_market(symbol: str) -> dict[str, Any]:
    """Return a USD-M future as the public list shows it."""
    base, quote, delivery = LINEAR[symbol]
    return {
        "symbol": symbol,
        "pair": base + quote,
        "contractType": "PERPETUAL" if delivery == PERPETUAL else "CURRENT_QUARTER",
        "deliveryDate": delivery,
        "onboardDate": 1_569_398_400_000,
        "status": "TRADING",
        "maintMarginPercent": "2.5000",
        "requiredMarginPercent": "5.0000",
        "baseAsset": base,
        "quoteAsset": quote,
        "marginAsset": quote,
        "pricePrecision": 2,
        "quantityPrecision": 3,
        "baseAssetPrecision": 8,
        "quotePrecision": 8,
        "underlyingType": "COIN",
        "triggerProtect": "0.0500",
        "filters": [
            {"filterType": "PRICE_FILTER", "minPrice": "0.01", "maxPrice": "4529764", "tickSize": "0.01"},
            {"filterType": "LOT_SIZE", "minQty": "0.001", "maxQty": "1000", "stepSize": "0.001"},
        ],
        "orderTypes": ["LIMIT", "MARKET", *ALGO_TYPES],
        "timeInForce": ["GTC", "IOC", "FOK", "GTX", "GTD"],
    }
