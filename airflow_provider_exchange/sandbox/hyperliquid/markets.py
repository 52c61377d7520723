"""The markets of the paper Hyperliquid, and the numbers by which actions name them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

PERPETUALS: Mapping[str, int] = {"BTC": 5, "ETH": 4, "ATOM": 2, "SOL": 2, "kPEPE": 0, "MATIC": 1, "HYPE": 2}
"""Decimals of an amount, by the name of the market; a market's place is its number."""
DELISTED = frozenset({"MATIC"})
TOKENS = ("USDC", "PURR", "HFUN", "HYPE", "UBTC")
SPOT: Mapping[int, tuple[str, int]] = {
    0: ("PURR/USDC", 1),
    1: ("@1", 2),
    107: ("@107", 3),
    142: ("@142", 4),
}
"""Name and token of each spot market by its index; all are against the first token."""
FIRST_SPOT = 10_000
"""The number of the spot market with the index 0."""
SPOT_NAMES = frozenset(name for name, _ in SPOT.values())
LISTED = (*PERPETUALS, *(name for name, _ in SPOT.values()))


def names_of(held: Iterable[str]) -> list[str]:
    """
    Return the perpetuals by their numbers.

    :param held: markets of the account's orders; those that are not listed come last, delisted.
    """
    return [*PERPETUALS, *dict.fromkeys(name for name in held if name not in LISTED)]


def market_of(number: Any, held: Iterable[str]) -> str | None:
    """Return the market that a number names; ``None`` for none."""
    if type(number) is not int:
        return None
    if number >= FIRST_SPOT:
        return SPOT.get(number - FIRST_SPOT, (None, 0))[0]
    names = names_of(held)
    return names[number] if 0 <= number < len(names) else None


def universe(names: Sequence[str]) -> dict[str, Any]:
    """Return the list of perpetuals."""
    return {
        "universe": [
            {
                "szDecimals": PERPETUALS.get(name, 2),
                "name": name,
                "maxLeverage": 40,
                "marginTableId": 56,
                **({"isDelisted": True} if name in DELISTED or name not in PERPETUALS else {}),
            }
            for name in names
        ],
        "marginTables": [],
        "collateralToken": 0,
    }


def spot() -> dict[str, Any]:
    """Return the lists of tokens and of spot markets."""
    return {
        "tokens": [
            {
                "name": name,
                "szDecimals": 8 if name == "USDC" else 2,
                "weiDecimals": 8,
                "index": index,
                "tokenId": f"0x{index:032x}",
                "isCanonical": index < 2,
                "evmContract": None,
                "fullName": None,
            }
            for index, name in enumerate(TOKENS)
        ],
        "universe": [
            {"name": name, "tokens": [token, 0], "index": index, "isCanonical": index == 0}
            for index, (name, token) in SPOT.items()
        ],
    }


def contexts(count: int) -> list[dict[str, Any]]:
    """Return prices for as many markets, all alike."""
    return [
        {"markPx": "100.0", "midPx": "100.0", "prevDayPx": "100.0", "dayNtlVlm": "1000.0"} for _ in range(count)
    ]
