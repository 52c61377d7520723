"""The paper account at Binance."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class BinanceAccount:
    """
    An account with spot and USD-M futures, whose requests are signed with an HMAC.

    :param key: the API key.
    :param secret: the API secret.
    :param may_trade: ``False`` for a read-only key.
    :param may_withdraw: whether the key may withdraw.
    """

    key: str
    secret: str = field(repr=False)
    may_trade: bool = True
    may_withdraw: bool = False

    def connection_fields(self) -> dict[str, Any]:
        """Return the fields of an Airflow connection to the account."""
        return {"login": self.key, "password": self.secret, "extra": {"exchange": "binance"}}


PAPER_ACCOUNT = BinanceAccount("paper-binance-key", "paper-binance-secret")
"""Public on purpose: only the paper exchange accepts it."""
