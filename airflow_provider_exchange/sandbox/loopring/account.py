"""The paper account at Loopring. As at the real venue, the public key is enough to verify signatures."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class LoopringAccount:
    """
    A Loopring account as the exchange knows it.

    :param key: the API key.
    :param account_id: the account's number.
    :param public_key: the point (x, y) that verifies its signatures.
    :param private_key: the EdDSA key, for clients only; the exchange never uses it.
    """

    key: str
    account_id: int
    public_key: tuple[int, int]
    private_key: str = field(default="", repr=False)

    def connection_fields(self) -> dict[str, Any]:
        """Return the fields of an Airflow connection to the account."""
        return {"login": self.key, "password": self.private_key, "extra": {"account_id": self.account_id}}


PAPER_ACCOUNT = LoopringAccount(
    "paper-loopring-key",
    10010,
    (
        21503899089848189220592774169874129032577993467923956937125668456822619818936,
        21345749314600458501909273966245926389810836907823644683463544093909459232761,
    ),
    "0x2f1c7a0b6de95384c1a2b3948576fe0d1c2b3a495867f0e1d2c3b4a5968770",
)
"""Public on purpose: only the paper exchange accepts it."""
