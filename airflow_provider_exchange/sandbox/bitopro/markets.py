"""The markets of the paper BitoPro. The admin API places orders in others, if told so."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

PAIRS: Mapping[str, tuple[str, str]] = {
    f"{base}_{quote}": (base, quote)
    for base, quote in (
        ("btc", "usdt"), ("eth", "usdt"), ("btc", "twd"), ("eth", "twd"), ("bnb", "twd"),
        ("usdt", "twd"), ("bito", "twd"), ("bito", "eth"),
    )
}  # fmt: skip
"""Pair, in lower case, to base and quote currency."""

CLOSED: Mapping[str, tuple[str, str]] = {"xrp_twd": ("xrp", "twd")}
"""The same for pairs in maintenance, which are listed and take no orders."""
