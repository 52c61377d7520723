"""The paper account at Gate."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class GateAccount:
    """
    An account whose requests are signed with an HMAC.

    :param key: the API key.
    :param secret: the API secret.
    :param may_trade: ``False`` for a read-only key.
    :param has_contracts: whether it has ever had funds for contracts; before that, it has no account for them.
    """

    key: str
    secret: str = field(repr=False)
    may_trade: bool = True
    has_contracts: bool = True

    def connection_fields(self) -> dict[str, Any]:
        """Return the fields of an Airflow connection to the account."""
        return {"login": self.key, "password": self.secret, "extra": {"exchange": "gate"}}


PAPER_ACCOUNT = GateAccount("paper-gate-key", "paper-gate-secret")
"""Public on purpose: only the paper exchange accepts it."""
