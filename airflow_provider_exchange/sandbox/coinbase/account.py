"""The paper account at Coinbase."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

PUBLISHED = 0xC0111BA5E
"""The number that makes the paper account's private key."""


@dataclass(frozen=True)
class CoinbaseAccount:
    """
    A portfolio whose requests bear a token, signed with the key of the account.

    :param key: the name of the API key.
    :param secret: the private key: ECDSA in PEM, or Ed25519 in base64; or the secret of a legacy key.
    :param may_trade: ``False`` for a key that may only view.
    """

    key: str
    secret: str = field(repr=False)
    may_trade: bool = True

    def connection_fields(self) -> dict[str, Any]:
        """Return the fields of an Airflow connection to the account."""
        return {"login": self.key, "password": self.secret, "extra": {"exchange": "coinbase"}}


def published_key() -> str:
    """Return the private key of the paper account, which is no secret: only the paper exchange accepts it."""
    key = ec.derive_private_key(PUBLISHED, ec.SECP256R1())
    return key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()).decode()


PAPER_ACCOUNT = CoinbaseAccount("organizations/paper-coinbase/apiKeys/paper-coinbase-key", published_key())
