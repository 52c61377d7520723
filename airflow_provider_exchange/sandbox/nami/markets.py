"""The markets of the paper Nami. Orders placed through the admin API may name others."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

ASSETS: Mapping[str, int] = {
    "NAMI": 1, "ETH": 2, "BTC": 9, "BNB": 14, "USDT": 22, "VNST": 39, "NAO": 447, "VNDC": 72,
}  # fmt: skip
"""Asset ids (of our choosing where no page shows them)."""

SYMBOLS: Mapping[str, tuple[str, str]] = {
    base + quote: (base, quote)
    for base, quote in (
        ("BTC", "USDT"), ("ETH", "USDT"), ("BNB", "USDT"), ("BTC", "VNST"), ("ETH", "VNST"),
        ("NAMI", "VNST"), ("NAO", "VNST"), ("USDT", "VNST"), ("NAMI", "VNDC"),
    )
}  # fmt: skip
"""Symbol to base and quote asset."""
