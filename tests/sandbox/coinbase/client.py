"""
A client of the paper Coinbase, written from the vendor's page on API keys.

It signs tokens with ``cryptography`` by itself, and holds nothing of the sandbox.
"""

from __future__ import annotations

import json
import secrets
from base64 import urlsafe_b64encode
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from cryptography.hazmat.primitives.asymmetric.ec import (
    ECDSA,
    SECP256R1,
    EllipticCurvePrivateKey,
    derive_private_key,
)
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from tests.sandbox.clients import Client, now_ms

if TYPE_CHECKING:
    import requests

API = "/api/v3/brokerage"
LIST = "/orders/historical/batch"
GONE = "00000000-1111-4222-8333-444444444444"
"""The id of an order that is not there."""


def encoded(part: Any) -> str:
    content = part if isinstance(part, bytes) else json.dumps(part).encode()
    return urlsafe_b64encode(content).decode().rstrip("=")


def other_key() -> str:
    """Return a private key that is not the account's."""
    key = derive_private_key(7, SECP256R1())
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


class CoinbaseClient(Client):
    venue = "coinbase"

    def token(self, method: str, path: str, header: dict[str, Any] | None = None, **claims: Any) -> str:
        """Return the token of one request; ``header`` and ``claims`` are what shall be odd in it."""
        key = load_pem_private_key(self.secret.encode(), None)
        now = now_ms() // 1000
        named = {"alg": "ES256", "typ": "JWT", "kid": self.key, "nonce": secrets.token_hex(), **(header or {})}
        told = {
            "sub": self.key,
            "iss": "cdp",
            "nbf": now,
            "exp": now + 120,
            "uri": f"{method} api.coinbase.com{path}",
        }
        signed = f"{encoded(named)}.{encoded({**told, **claims})}"
        if isinstance(key, Ed25519PrivateKey):
            return f"{signed}.{encoded(key.sign(signed.encode()))}"
        assert isinstance(key, EllipticCurvePrivateKey)
        r, s = decode_dss_signature(key.sign(signed.encode(), ECDSA(SHA256())))
        return f"{signed}.{encoded(r.to_bytes(32) + s.to_bytes(32))}"

    def ask(self, method: str, path: str, query: str = "", body: bytes | None = None) -> requests.Response:
        headers = {"Authorization": f"Bearer {self.token(method, API + path)}"}
        return self.send(method, API + path + query, headers, body)

    def get(self, path: str, **asked: Any) -> requests.Response:
        return self.ask("GET", path, f"?{urlencode(asked, doseq=True)}" if asked else "")

    def post(self, path: str, **fields: Any) -> requests.Response:
        return self.ask("POST", path, body=json.dumps(fields).encode())

    def cancel(self, *order_ids: str) -> requests.Response:
        return self.post("/orders/batch_cancel", order_ids=order_ids)

    def ids(self, **asked: Any) -> list[str]:
        """Return the ids of a list's page."""
        answer = self.get(LIST, **asked)
        assert answer.status_code == 200, answer.text
        return [row["order_id"] for row in answer.json()["orders"]]
