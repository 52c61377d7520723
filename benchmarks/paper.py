"""The paper exchange as the benchmarks see it, and the clients that they let loose on it."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import ccxt
import requests

from airflow_provider_exchange.driver.clock import SystemClock, VenueClock
from airflow_provider_exchange.driver.pacing import Pacer
from airflow_provider_exchange.exchanges import load_exchange
from airflow_provider_exchange.exchanges.settings import ConnectionSettings
from airflow_provider_exchange.hooks.exchange import ExchangeHook
from airflow_provider_exchange.sandbox.accounts import Accounts

if TYPE_CHECKING:
    from airflow_provider_exchange.exchanges.base import Exchange

__all__ = ["SYMBOLS", "THROUGH_CCXT", "VENUES", "Paper"]

VENUES = ("bitopro", "nami", "loopring")
THROUGH_CCXT = ("binance", "okx", "bybit")
"""Venues that are reached with ccxt."""
MARKET_TYPES = {"binance": "spot", "bybit": "spot"}
"""The only kind of market that counts, where a venue has several."""
SYMBOLS = {
    "nami": "BTCUSDT",
    "bitopro": "btc_usdt",
    "loopring": "LRC-ETH",
    "binance": "BTCUSDT",
    "okx": "BTC-USDT",
    "bybit": "BTCUSDT",
}
MOST_AT_ONCE = 1000


class Paper:
    """
    A paper exchange that runs elsewhere.

    :param base_url: Where it listens.
    """

    def __init__(self, base_url: str) -> None:
        self.base_url = base_url
        self._session = requests.Session()
        self._session.trust_env = False

    def __enter__(self) -> Paper:
        return self

    def __exit__(self, *_: object) -> None:
        self._session.close()

    def fill(self, venue: str, count: int) -> list[str]:
        """Start over with so many open orders; return their ids."""
        self._ask("POST", "reset")
        symbol = SYMBOLS[venue]
        sizes = [min(MOST_AT_ONCE, count - start) for start in range(0, count, MOST_AT_ONCE)]
        placed = [self._ask("POST", f"{venue}/orders", {"symbol": symbol, "count": size}) for size in sizes]
        return [order["order_id"] for orders in placed for order in orders]

    def live(self, venue: str) -> int:
        """Return how many orders are open."""
        return sum(order["live"] for order in self._ask("GET", f"{venue}/orders"))

    def emptied_after(self) -> float:
        """Return the seconds from the first request since the last :meth:`fill` to the last cancel."""
        log = self._ask("GET", "requests")
        last = max(each["at_ms"] for each in log if each["mutating"])
        return (last - log[0]["at_ms"]) / 1000  # type: ignore[no-any-return]

    def requests(self) -> int:
        """Return how many requests the venues have had since the last call of this."""
        count = len(self._ask("GET", "requests"))
        self._ask("DELETE", "requests")
        return count

    def connection(self, venue: str) -> dict[str, Any]:
        """Return what an Airflow connection to the paper account is made of."""
        fields = Accounts().connection(venue, self.base_url)
        kind = {"default_type": MARKET_TYPES[venue]} if venue in MARKET_TYPES else {}
        return {**fields, "extra": {**fields.get("extra", {}), **kind}} if kind else fields

    def hook(self, venue: str, *, paced: bool = True) -> ExchangeHook:
        """
        Return a hook of the paper account.

        :param paced: Whether it holds the venue's rate limits.
        """
        os.environ["AIRFLOW_CONN_PAPER"] = json.dumps(self.connection(venue))
        hook = ExchangeHook.for_connection("paper")
        if not paced:
            hook.planner._pacer = Pacer({})  # noqa: SLF001
        return hook

    def exchange(self, venue: str) -> Exchange:
        """Return the paper account's adapter."""
        settings = ConnectionSettings("paper", **self.connection(venue))
        return load_exchange(settings.conn_type).from_settings(settings)

    def ccxt(self) -> Any:
        """Return ccxt's client of BitoPro, without its own pacing."""
        fields = self.connection("bitopro")
        client = ccxt.bitopro({"apiKey": fields["login"], "secret": fields["password"], "enableRateLimit": False})
        client.urls["api"] = {"rest": f"{self.base_url}/v3"}
        client.uid = fields["extra"]["identity"]
        client.session.trust_env = False
        client.milliseconds = VenueClock(SystemClock()).next_timestamp  # two nonces could be of one millisecond
        return client

    def ccxt_of(self, venue: str) -> Any:
        """Return ccxt's client of one of :data:`THROUGH_CCXT`, with its markets, without its own pacing."""
        fields = self.connection(venue)
        client = getattr(ccxt, venue)(
            {
                "apiKey": fields["login"],
                "secret": fields["password"],
                "password": fields["extra"].get("passphrase", ""),
                "enableRateLimit": False,
                "options": {"fetchCurrencies": False, "fetchMargins": False, "fetchMarkets": {"types": ["spot"]}},
            }
        )
        client.urls["api"] = _moved(client.urls["api"], self.base_url, client.hostname)
        client.session.trust_env = False
        client.set_markets(client.fetch_markets())
        return client

    def _ask(self, method: str, path: str, body: Any = None) -> Any:
        answer = self._session.request(method, f"{self.base_url}/sandbox/{path}", json=body, timeout=60)
        answer.raise_for_status()
        return answer.json()


def _moved(urls: Any, base_url: str, hostname: str | None) -> Any:
    """Return ccxt's URLs with another scheme and host."""
    if isinstance(urls, dict):
        return {name: _moved(each, base_url, hostname) for name, each in urls.items()}
    return base_url + urlsplit(urls.replace("{hostname}", hostname or "")).path
