"""The markets of the paper Kraken. The admin API places orders in others, if told so."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

CURRENCY = "currency"
TOKENIZED = "tokenized_asset"
"""The class of tokens of shares, which the vendor calls xStocks."""


@dataclass(frozen=True)
class Market:
    """
    A pair.

    :param pair: its id, in which assets of the first years have a letter before them: X, or Z for money.
    :param wsname: its name with a slash.
    :param base: the id of its base asset.
    :param quote: the id of its quote asset.
    :param status: the vendor's word.
    :param kind: the class of its base asset: a list has those of one class, by default currencies.
    """

    pair: str
    wsname: str
    base: str
    quote: str
    status: str = "online"
    kind: str = CURRENCY


MARKETS: Mapping[str, Market] = {
    "XBTUSD": Market("XXBTZUSD", "XBT/USD", "XXBT", "ZUSD"),
    "XBTUSDT": Market("XBTUSDT", "XBT/USDT", "XXBT", "USDT"),
    "ETHUSD": Market("XETHZUSD", "ETH/USD", "XETH", "ZUSD"),
    "ETHXBT": Market("XETHXXBT", "ETH/XBT", "XETH", "XXBT"),
    "XDGUSD": Market("XDGUSD", "XDG/USD", "XXDG", "ZUSD"),
    "SOLEUR": Market("SOLEUR", "SOL/EUR", "SOL", "ZEUR"),
    "ADAUSD": Market("ADAUSD", "ADA/USD", "ADA", "ZUSD", "cancel_only"),
    "TSLAxUSD": Market("TSLAxUSD", "TSLAx/USD", "TSLAx", "ZUSD", kind=TOKENIZED),
}
"""By the name that orders have, which the vendor calls the alternative one."""

_NAMES = {
    name.upper(): altname for altname, market in MARKETS.items() for name in (altname, market.pair, market.wsname)
}


def altname_of(name: str) -> str | None:
    """Return a market's alternative name by any of its names; ``None`` if there is no such market."""
    return _NAMES.get(name.upper())


def listed(altname: str, market: Market) -> dict[str, Any]:
    """Return a market as the public list shows it."""
    return {
        "altname": altname,
        "wsname": market.wsname,
        "aclass_base": market.kind,
        "base": market.base,
        "aclass_quote": CURRENCY,
        "quote": market.quote,
        "lot": "unit",
        "cost_decimals": 5,
        "pair_decimals": 1,
        "lot_decimals": 8,
        "lot_multiplier": 1,
        "leverage_buy": [2, 3],
        "leverage_sell": [2, 3],
        "fees": [[0, 0.4], [10000, 0.35]],
        "fees_maker": [[0, 0.25], [10000, 0.2]],
        "fee_volume_currency": "ZUSD",
        "margin_call": 80,
        "margin_stop": 40,
        "ordermin": "0.0001",
        "costmin": "0.5",
        "tick_size": "0.1",
        "status": market.status,
        "long_position_limit": 250,
        "short_position_limit": 200,
    }
