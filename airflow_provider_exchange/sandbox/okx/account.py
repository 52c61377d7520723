"""The paper account at OKX."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class OkxAccount:
    """
    An account whose requests are signed with an HMAC and name a passphrase.

    :param key: the API key.
    :param secret: the API secret.
    :param passphrase: what the owner chose when the key was made.
    :param permissions: of the key: some of ``read_only``, ``trade`` and ``withdraw``.
    """

    key: str
    secret: str = field(repr=False)
    passphrase: str = field(repr=False)
    permissions: tuple[str, ...] = ("read_only", "trade")

    @property
    def may_trade(self) -> bool:
        """Whether the key may place and cancel orders."""
        return "trade" in self.permissions

    def connection_fields(self) -> dict[str, Any]:
        """Return the fields of an Airflow connection to the account."""
        return {
            "login": self.key,
            "password": self.secret,
            "extra": {"exchange": "okx", "passphrase": self.passphrase},
        }


PAPER_ACCOUNT = OkxAccount("paper-okx-key", "paper-okx-secret", "paper-okx-passphrase")
