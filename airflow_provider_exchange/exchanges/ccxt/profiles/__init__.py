"""The certified exchanges, one module each, by ccxt's id."""

from __future__ import annotations

from pkgutil import resolve_name
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from airflow_provider_exchange.exchanges.ccxt.profile import Profile

__all__ = ["PROFILES", "profile_of"]

PROFILES = (
    "binance",
    "bitget",
    "bitopro",
    "bybit",
    "coinbase",
    "deribit",
    "gate",
    "hyperliquid",
    "kraken",
    "kucoin",
    "okx",
)


def profile_of(exchange: str) -> Profile:
    """Return the profile of an exchange, one of :data:`PROFILES`."""
    found: Profile = resolve_name(f"{__name__}.{exchange}.PROFILE")
    return found
