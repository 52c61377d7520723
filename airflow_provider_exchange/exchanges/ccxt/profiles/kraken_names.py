"""
How Kraken names markets: orders have one name of three, and its assets of the first years have names of their own.

Source: Kraken's documents of its REST API, "Get Tradable Asset Pairs". Orders show ``altname``; a slash is in
``wsname``, and the id of a pair has letters before old assets. What ccxt calls otherwise is told by its source.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from airflow_provider_exchange.exchanges.ccxt.names import capitals_joined

if TYPE_CHECKING:
    from airflow_provider_exchange.exchanges.ccxt.profile import Unified

OLD_LETTERS = re.compile(
    "(?:X(ETC|ETH|ICN|LTC|MLN|REP|XBT|XDG|XLM|XMR|XRP|ZEC)|Z(EUR|GBP|USD)|(USDT))"
    "(?:Z(AUD|CAD|EUR|GBP|JPY|USD)|X(ETH|XBT))"
)
"""The id of a market whose assets have letters before them, which no later asset got, and no order shows."""
OUR_NAMES = re.compile(r"\ABTC(?=[A-Z0-9]{3,})|BTC\Z|\ADOGE(?=[A-Z0-9]{3,})|DOGE\Z")
UNIFIED = {
    "BTC": "XBT",
    "DOGE": "XDG",
    "LUNA": "LUNA2",
    "LUNC": "LUNA",
    "REP": "REPV2",
    "REPV1": "REP",
    "USTC": "UST",
}
"""What Kraken calls assets that ccxt calls otherwise."""
OF_ANOTHER = frozenset({"LUNA", "REP"})
"""What ccxt calls one of Kraken's assets, and Kraken another one."""


def spell(text: str) -> str:
    """
    Return a market as orders name it: capitals, without a slash, with Kraken's names of Bitcoin and Dogecoin.

    No request names a market, so this only tells markets apart.
    """
    joined = capitals_joined(text.replace("/", ""))
    if old := OLD_LETTERS.fullmatch(joined):
        return "".join(filter(None, old.groups()))
    return OUR_NAMES.sub(lambda found: UNIFIED[found[0]], joined)


def market_id(name: Unified) -> str | None:
    """Return the name of a spot market; with a slash, ccxt and Kraken do not mean the same by some names."""
    if name.settle or not OF_ANOTHER.isdisjoint({name.base, name.quote}):
        return None
    return "".join(UNIFIED.get(asset, asset) for asset in (name.base, name.quote))
