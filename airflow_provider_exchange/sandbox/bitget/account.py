"""The paper account at Bitget."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class BitgetAccount:
    """
    An account whose requests are signed with an HMAC and name a passphrase.

    :param key: the API key.
    :param secret: the API secret.
    :param passphrase: what the owner chose when the key was made.
    :param may_trade: ``False`` for a read-only key.
    :param is_unified: whether it is a unified account, to which the calls of a classic one are closed.
    """

    key: str
    secret: str = field(repr=False)
    passphrase: str = field(repr=False)
    may_trade: bool = True
    is_unified: bool = False

    def connection_fields(self) -> dict[str, Any]:
        """Return the fields of an Airflow connection to the account."""
        return {
            "login": self.key,
            "password": self.secret,
            "extra": {"exchange": "bitget", "passphrase": self.passphrase},
        }


PAPER_ACCOUNT = BitgetAccount("paper-bitget-key", "paper-bitget-secret", "paper-bitget-passphrase")
"""Public on purpose: only the paper exchange accepts it."""
