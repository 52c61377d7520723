"""The paper account at Kraken."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

READS = ("query-funds", "query-open-trades", "query-closed-trades")
TRADES = ("modify-trades", "close-trades")


@dataclass(frozen=True)
class KrakenAccount:
    """
    A spot account.

    :param key: the API key.
    :param secret: the API secret in base64, as the venue hands it out.
    :param permissions: what the key may do, in the venue's words.
    :param query_from: since when the key sees orders, in seconds since 1970; 0 for all.
    :param query_to: until when it sees them; 0 for all.
    """

    key: str
    secret: str = field(repr=False)
    permissions: tuple[str, ...] = (*READS, *TRADES)
    query_from: int = 0
    query_to: int = 0

    def connection_fields(self) -> dict[str, Any]:
        """Return the fields of an Airflow connection to the account."""
        return {"login": self.key, "password": self.secret, "extra": {"exchange": "kraken"}}

    def sees(self, moment_ms: int) -> bool:
        """Return whether the key sees an order that was created at a time, in ms since the epoch."""
        return self.query_from * 1000 <= moment_ms and (not self.query_to or moment_ms <= self.query_to * 1000)


PAPER_ACCOUNT = KrakenAccount("paper-kraken-key", "cGFwZXIta3Jha2VuLXNlY3JldC0x")
"""Public on purpose: only the paper exchange accepts it."""
