"""The paper account at KuCoin."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class KucoinAccount:
    """
    An account whose requests are signed with an HMAC, as is the passphrase that they name.

    :param key: the API key.
    :param secret: the API secret.
    :param passphrase: what the owner chose when the key was made.
    :param permissions: of the key, in the vendor's words.
    """

    key: str
    secret: str = field(repr=False)
    passphrase: str = field(repr=False)
    permissions: tuple[str, ...] = ("General", "Spot")

    @property
    def may_trade(self) -> bool:
        """Whether the key may place and cancel spot orders."""
        return "Spot" in self.permissions

    def connection_fields(self) -> dict[str, Any]:
        """Return the fields of an Airflow connection to the account."""
        return {
            "login": self.key,
            "password": self.secret,
            "extra": {"exchange": "kucoin", "passphrase": self.passphrase},
        }


PAPER_ACCOUNT = KucoinAccount("paper-kucoin-key", "paper-kucoin-secret", "paper-kucoin-passphrase")
"""Public on purpose: only the paper exchange accepts it."""
