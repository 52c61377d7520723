"""The markets of the paper Nami. The admin API places orders in others, if told so."""

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

CLOSED: Mapping[str, tuple[str, str]] = {"NAMIUSDT": ("NAMI", "USDT")}
"""The same for markets that are listed and take no orders."""

SEPARATORS: Mapping[str, str] = {"joined": "", "slash": "/", "hyphen": "-"}
"""What each way of spelling a symbol puts between its assets."""


def assets(symbol: str) -> tuple[str, str]:
    """Return the base and the quote asset of a symbol; those of an unknown one are a guess."""
    return SYMBOLS.get(symbol) or CLOSED.get(symbol) or (symbol[:-4], symbol[-4:])


def spelt(symbol: str, spelling: str) -> str:
    """Return a symbol in one of the spellings of :data:`SEPARATORS`."""
    return SEPARATORS[spelling].join(assets(symbol))


def joined(symbol: str) -> str:
    """Return a symbol in the spelling of the book."""
    return symbol.translate(str.maketrans("", "", "/-_"))
