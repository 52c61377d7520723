"""The markets of the paper Bybit. The admin API places orders in others, if told so."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

SPOT, LINEAR = "spot", "linear"

CATEGORIES = (SPOT, LINEAR, "inverse", "option")
"""The venue's kinds of markets. The paper venue has no market of the last two."""


@dataclass(frozen=True)
class Market:
    """
    A market.

    :param base: its base coin.
    :param quote: its quote coin.
    :param settle: the coin in which a contract is settled; empty for spot.
    :param status: the vendor's word; the public list shows markets that are ``Trading``, unless asked for others.
    :param delivery_ms: when a future is delivered, in ms since the epoch; 0 for a perpetual.
    """

    base: str
    quote: str
    settle: str = ""
    status: str = "Trading"
    delivery_ms: int = 0


MARKETS: Mapping[str, Mapping[str, Market]] = {
    SPOT: {
        "BTCUSDT": Market("BTC", "USDT"),
        "ETHUSDT": Market("ETH", "USDT"),
        "SOLUSDT": Market("SOL", "USDT"),
        "BTCUSDC": Market("BTC", "USDC"),
        "ETHBTC": Market("ETH", "BTC"),
    },
    LINEAR: {
        "BTCUSDT": Market("BTC", "USDT", "USDT"),
        "ETHUSDT": Market("ETH", "USDT", "USDT"),
        "SOLUSDT": Market("SOL", "USDT", "USDT"),
        "1000PEPEUSDT": Market("1000PEPE", "USDT", "USDT"),
        "BTCUSDT-26MAR27": Market("BTC", "USDT", "USDT", delivery_ms=1_806_048_000_000),
        "BTCPERP": Market("BTC", "USDC", "USDC"),
        "ETHPERP": Market("ETH", "USDC", "USDC"),
        "BIOUSDT": Market("BIO", "USDT", "USDT", status="PreLaunch"),
    },
}
"""By category and symbol."""

LISTED = tuple(dict.fromkeys(symbol for markets in MARKETS.values() for symbol in markets))
"""The symbols of all categories."""


def market_of(category: str, symbol: str) -> Market:
    """Return a market; that of an unlisted symbol is a guess from its name."""
    known = MARKETS.get(category, {}).get(symbol)
    if known is not None:
        return known
    if symbol.endswith("PERP"):
        return Market(symbol.removesuffix("PERP"), "USDC", "USDC")
    quote = "USDC" if symbol.endswith("USDC") else "USDT"
    return Market(symbol.removesuffix(quote), quote, "" if category == SPOT else quote)
