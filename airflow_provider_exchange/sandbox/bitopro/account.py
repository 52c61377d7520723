"""The paper account at BitoPro."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class BitoProAccount:
    """
    An account whose requests are signed with an HMAC and name the owner's identity.

    :param key: the API key.
    :param secret: the API secret.
    :param identity: the owner's e-mail address.
    :param may_trade: ``False`` for a read-only key.
    """

    key: str
    secret: str = field(repr=False)
    identity: str
    may_trade: bool = True

    def connection_fields(self) -> dict[str, Any]:
        """Return the fields of an Airflow connection to the account."""
        return {"login": self.key, "password": self.secret, "extra": {"identity": self.identity}}


PAPER_ACCOUNT = BitoProAccount("paper-bitopro-key", "paper-bitopro-secret", "paper@example.com")
"""Public on purpose: only the paper exchange accepts it."""
