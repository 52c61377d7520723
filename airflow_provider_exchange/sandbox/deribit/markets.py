"""The instruments of the paper Deribit. The admin API places orders in others, if told so."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

KINDS = ("future", "option", "spot", "future_combo", "option_combo")


@dataclass(frozen=True)
class Instrument:
    """
    An instrument.

    :param kind: one of :data:`KINDS`.
    :param base: its base currency.
    :param quote: the currency of its strike or price index; the vendor's "counter currency".
    :param settle: the currency in which it is settled, by which lists of one currency go.
    :param expires_ms: when it expires, in ms since the epoch; 0 for what never does.
    :param strike: of an option.
    :param is_active: whether it takes orders.
    """

    kind: str
    base: str
    quote: str
    settle: str
    expires_ms: int = 0
    strike: float = 0
    is_active: bool = True


MARKETS: Mapping[str, Instrument] = {
    "BTC-PERPETUAL": Instrument("future", "BTC", "USD", "BTC"),
    "ETH-PERPETUAL": Instrument("future", "ETH", "USD", "ETH"),
    "BTC-26MAR27": Instrument("future", "BTC", "USD", "BTC", 1_806_048_000_000),
    "BTC-26MAR27-100000-C": Instrument("option", "BTC", "USD", "BTC", 1_806_048_000_000, 100_000),
    "BTC_USDC-PERPETUAL": Instrument("future", "BTC", "USDC", "USDC"),
    "XRP_USDC-26MAR27-0d625-P": Instrument("option", "XRP", "USDC", "USDC", 1_806_048_000_000, 0.625),
    "BTC_USDC": Instrument("spot", "BTC", "USDC", "USDC"),
    "ETH_BTC": Instrument("spot", "ETH", "BTC", "BTC", is_active=False),
    "BTC-FS-26MAR27_PERP": Instrument("future_combo", "BTC", "USD", "BTC", 1_806_048_000_000),
}
"""By name."""

_OPTION = re.compile(r".*-[0-9]+(d[0-9]+)?-[CP]")
_COMBO = re.compile(r"[A-Z0-9_]+-[A-Z]{2,6}-[0-9].*")


def instrument_named(name: str) -> Instrument:
    """Return an instrument; that of an unlisted name is a guess."""
    known = MARKETS.get(name)
    if known is not None:
        return known
    pair, dash, _ = name.partition("-")
    base, _, quote = pair.partition("_")
    kind = "spot" if not dash else "option" if _OPTION.fullmatch(name) else "future"
    if kind == "future" and _COMBO.fullmatch(name):
        kind = "future_combo"
    return Instrument(kind, base, quote or "USD", quote or base)


def listed(name: str) -> dict[str, Any]:
    """Return an instrument as the public list shows it."""
    market = MARKETS[name]
    is_option = market.kind.startswith("option")
    period = "month" if market.expires_ms else "perpetual"
    row: dict[str, Any] = {
        "instrument_name": name,
        "kind": market.kind,
        "base_currency": market.base,
        "counter_currency": market.quote,
        "quote_currency": market.base if is_option and market.settle == market.base else market.quote,
        "is_active": market.is_active,
        "instrument_id": 1000 + list(MARKETS).index(name),
        "price_index": f"{market.base}_{market.quote}".lower(),
        "instrument_type": "linear" if market.settle == market.quote else "reversed",
        "creation_timestamp": 1_534_167_754_000,
        "expiration_timestamp": market.expires_ms or 32_503_708_800_000,
        "tick_size": 0.5,
        "tick_size_steps": [],
        "min_trade_amount": 0.0001,
        "contract_size": 0.0001,
        "maker_commission": 0.0,
        "taker_commission": 0.0005,
        "rfq": False,
    }
    own = {} if market.kind == "spot" else {"settlement_currency": market.settle, "settlement_period": period}
    strike = {"strike": market.strike, "option_type": "call" if name.endswith("-C") else "put"} if is_option else {}
    return {**row, **own, **strike}
