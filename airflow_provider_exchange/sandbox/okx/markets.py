"""The instruments of the paper OKX. The admin API places orders in others, if told so."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

TYPES = frozenset({"SPOT", "MARGIN", "SWAP", "FUTURES", "OPTION", "EVENTS"})
"""What the vendor calls types of instruments."""

INSTRUMENTS: Mapping[str, str] = {
    "BTC-USDT": "live",
    "ETH-USDT": "live",
    "SOL-USDT": "live",
    "ETH-BTC": "live",
    "BTC-USDC": "live",
    "LUNA-USDT": "suspend",
    "BTC-USDT-SWAP": "live",
    "ETH-USDT-SWAP": "live",
    "BTC-USD-SWAP": "live",
    "ETH-USD_UM-SWAP": "preopen",
}
"""Instruments that are listed, with their states. Only those that are ``live`` take orders."""

_BLANK = (
    "alias", "auctionEndTime", "baseCcy", "category", "contTdSwTime", "ctMult", "ctType", "ctVal", "ctValCcy",
    "expTime", "groupId", "instFamily", "lever", "listTime", "lotSz", "maxIcebergSz", "maxLmtAmt", "maxLmtSz",
    "maxMktAmt", "maxMktSz", "maxStopSz", "maxTriggerSz", "maxTwapSz", "minSz", "openType", "optType",
    "preMktSwTime", "quoteCcy", "ruleType", "settleCcy", "stk", "tickSz", "uly",
)  # fmt: skip


def type_of(symbol: str) -> str:
    """Return an instrument's type, which its name tells."""
    match symbol.split("-"):
        case [_, _]:
            return "SPOT"
        case [_, _, "SWAP"]:
            return "SWAP"
        case [_, _, _]:
            return "FUTURES"
    return "OPTION"


def family_of(symbol: str) -> str:
    """Return the family of a contract, such as ``BTC-USDT``; empty for a spot market, which has none."""
    return "" if type_of(symbol) == "SPOT" else "-".join(symbol.split("-")[:2])


def instrument(number: int, symbol: str) -> dict[str, Any]:
    """
    Return an instrument as the vendor's list shows it.

    :param number: the instrument's place among all.
    """
    kind, state = type_of(symbol), INSTRUMENTS[symbol]
    row: dict[str, Any] = dict.fromkeys(_BLANK, "") | {
        "futureSettlement": False,
        "instId": symbol,
        "instIdCode": 1_000_000_000 + number,
        "instType": kind,
        "state": state,
        "tradeQuoteCcyList": [],
        "upcChg": [],
    }
    if state == "preopen":  # says little more than its name before it opens
        return row
    base, quote = symbol.split("-")[:2]
    row |= {"category": "1", "lever": "10", "listTime": "1606468572000", "ruleType": "normal"}
    if kind == "SPOT":
        precise = {"lotSz": "0.00000001", "minSz": "0.00001", "tickSz": "0.1"}
        return row | precise | {"baseCcy": base, "quoteCcy": quote, "tradeQuoteCcyList": [quote]}
    linear = quote != "USD"
    return row | {
        "ctMult": "1",
        "ctType": "linear" if linear else "inverse",
        "ctVal": "0.01" if linear else "100",
        "ctValCcy": base if linear else "USD",
        "instFamily": family_of(symbol),
        "lotSz": "0.01",
        "minSz": "0.01",
        "settleCcy": quote if linear else base,
        "tickSz": "0.1",
        "uly": f"{base}-{quote}",
    }
