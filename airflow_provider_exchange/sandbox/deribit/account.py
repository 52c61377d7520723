"""The paper account at Deribit."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class DeribitAccount:
    """
    An account whose requests are signed with an HMAC.

    :param key: the client id.
    :param secret: the client secret.
    :param may_trade: ``False`` for a key whose scope is ``trade:read``.
    """

    key: str
    secret: str = field(repr=False)
    may_trade: bool = True

    def connection_fields(self) -> dict[str, Any]:
        """Return the fields of an Airflow connection to the account."""
        return {"login": self.key, "password": self.secret, "extra": {"exchange": "deribit"}}


PAPER_ACCOUNT = DeribitAccount("paper-deribit-key", "paper-deribit-secret")
"""Public on purpose: only the paper exchange accepts it."""
