"""The paper account at Hyperliquid."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class HyperliquidAccount:
    """
    An account for which an API wallet signs.

    :param address: the account's address.
    :param signer: the address of the key that may act for it; the account's own where it needs no API wallet.
    :param private_key: that key, for clients only; the exchange never uses it.
    """

    address: str
    signer: str
    private_key: str = field(default="", repr=False)

    def connection_fields(self) -> dict[str, Any]:
        """Return the fields of an Airflow connection to the account."""
        return {"login": self.address, "password": self.private_key, "extra": {"exchange": "hyperliquid"}}


PAPER_ACCOUNT = HyperliquidAccount(
    "0x5e9ee1089755c3435139848e47e6635505d5a13a",
    "0x14791697260e4c9a71f18484c9f997b308e59325",
    "0x0123456789012345678901234567890123456789012345678901234567890123",
)
"""Public on purpose: only the paper exchange accepts it. The key is the one that the vendor's tests sign with."""
