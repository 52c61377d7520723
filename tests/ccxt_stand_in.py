"""
Stands in for the adapter over ccxt until that is there; then this file goes, and whatever imports it.

It reads a connection as the adapter will, imports ccxt at that moment, and speaks the protocol of a made-up venue.
"""

from __future__ import annotations

import json
import sys
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType
from typing import TYPE_CHECKING, Self

from tests.fourth_venue.exchange import Harbor

if TYPE_CHECKING:
    from airflow_provider_exchange.exchanges.settings import ConnectionSettings

NAME = "airflow_provider_exchange.exchanges.ccxt"
IS_NEEDED = find_spec(NAME) is None


class Ccxt(Harbor):
    """One account at an exchange that ccxt knows."""

    @classmethod
    def from_settings(cls, settings: ConnectionSettings) -> Self:
        """Read every extra, as the adapter does."""
        extra = settings.extra
        name = settings.required_text(extra.get("exchange"), "extra 'exchange'", "enter one such as binance")
        library = import_module("ccxt.async_support")
        if name not in library.exchanges:
            settings.refuse("extra 'exchange'", "is no exchange of ccxt", "enter one such as binance")
        for flag in ("sandbox", "demo", "uncertified"):
            settings.flag(flag, default=False)
        texts = {
            each: settings.required_text(extra[each], f"extra {each!r}", "enter a text")
            for each in ("default_type", "passphrase", "private_key", "uid", "wallet_address")
            if extra.get(each) not in (None, "")
        }
        try:
            json.loads(extra.get("options") or "{}")
        except (TypeError, ValueError, RecursionError):
            settings.refuse("extra 'options'", "is not a JSON object", 'write it as {"name": value}')
        exchange = cls(
            settings.base_url("") or "https://api.exchange.example",
            settings.required_text(settings.login, "login", "enter the API key"),
            settings.required_text(settings.password, "password", "enter the API secret"),
        )
        exchange.name, exchange.title = name, getattr(library, name)().name
        exchange.secrets |= {texts[each] for each in ("passphrase", "private_key") if each in texts}
        return exchange


def stand_in() -> None:
    """Take the adapter's place in the package, unless it is there."""
    if IS_NEEDED:
        for name in (NAME, f"{NAME}.exchange"):
            sys.modules[name] = ModuleType(name)
        sys.modules[f"{NAME}.exchange"].Ccxt = Ccxt  # type: ignore[attr-defined]
