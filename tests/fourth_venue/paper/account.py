"""The paper account at Harbor."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class HarborAccount:
    """
    An account whose requests carry an HMAC.

    :param key: the API key.
    :param secret: the API secret.
    :param may_trade: ``False`` for a key that may read only.
    """

    key: str
    secret: str = field(repr=False)
    may_trade: bool = True

    def connection_fields(self) -> dict[str, Any]:
        """What an Airflow connection to the account needs."""
        return {"login": self.key, "password": self.secret}


PAPER_ACCOUNT = HarborAccount("paper-harbor-key", "paper-harbor-secret")
"""Published on purpose: it opens nothing but the paper exchange."""
