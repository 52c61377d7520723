"""The markets of the paper venues. Orders placed through the admin API may name others."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

NAMI_ASSETS: Mapping[str, int] = {
    "NAMI": 1, "ETH": 2, "BTC": 9, "BNB": 14, "USDT": 22, "VNST": 39, "NAO": 447, "VNDC": 72,
}  # fmt: skip
"""Asset ids at Nami (of our choosing where no page shows them)."""

NAMI_SYMBOLS: Mapping[str, tuple[str, str]] = {
    base + quote: (base, quote)
    for base, quote in (
        ("BTC", "USDT"), ("ETH", "USDT"), ("BNB", "USDT"), ("BTC", "VNST"), ("ETH", "VNST"),
        ("NAMI", "VNST"), ("NAO", "VNST"), ("USDT", "VNST"), ("NAMI", "VNDC"),
    )
}  # fmt: skip
"""Symbol to base and quote asset."""

BITOPRO_PAIRS: Mapping[str, tuple[str, str]] = {
    f"{base}_{quote}": (base, quote)
    for base, quote in (
        ("btc", "usdt"), ("eth", "usdt"), ("btc", "twd"), ("eth", "twd"), ("bnb", "twd"),
        ("usdt", "twd"), ("bito", "twd"), ("bito", "eth"),
    )
}  # fmt: skip
"""Pair, in lower case, to base and quote currency."""

LOOPRING_TOKENS: Mapping[int, tuple[str, int]] = {0: ("ETH", 18), 1: ("LRC", 18), 2: ("USDT", 6)}
"""Token id to symbol and number of decimals."""

LOOPRING_MARKETS: Mapping[str, tuple[int, int]] = {"LRC-ETH": (1, 0), "ETH-USDT": (0, 2), "LRC-USDT": (1, 2)}
"""Market to base and quote token id."""
