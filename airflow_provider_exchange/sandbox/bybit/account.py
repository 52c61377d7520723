"""The paper account at Bybit."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class BybitAccount:
    """
    A unified account whose requests are signed with an HMAC.

    :param key: the API key.
    :param secret: the API secret.
    :param may_trade: ``False`` for a read-only key.
    """

    key: str
    secret: str = field(repr=False)
    may_trade: bool = True

    def connection_fields(self) -> dict[str, Any]:
        """Return the fields of an Airflow connection to the account."""
        return {"login": self.key, "password": self.secret, "extra": {"exchange": "bybit"}}


PAPER_ACCOUNT = BybitAccount("paper-bybit-key", "paper-bybit-secret")
"""Public on purpose: only the paper exchange accepts it."""
