"""The markets of the paper Loopring. The admin API places orders in others, if told so."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

TOKENS: Mapping[int, tuple[str, int]] = {0: ("ETH", 18), 1: ("LRC", 18), 2: ("USDT", 6), 3: ("DAI", 18)}
"""Token id to symbol and number of decimals."""

MARKETS: Mapping[str, tuple[int, int]] = {"LRC-ETH": (1, 0), "ETH-USDT": (0, 2), "LRC-USDT": (1, 2)}
"""Market to base and quote token id."""

CLOSED: Mapping[str, tuple[int, int]] = {"LRC-DAI": (1, 3)}
"""The same for markets that are listed and take no orders."""
