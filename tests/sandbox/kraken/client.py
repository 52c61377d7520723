"""
A client of the paper Kraken, written from the vendor's page on authentication.

It signs with ``cryptography`` where the sandbox verifies with ``hmac``, and holds nothing of the sandbox.
"""

from __future__ import annotations

import base64
import hashlib
import json
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from cryptography.hazmat.primitives.hashes import SHA512
from cryptography.hazmat.primitives.hmac import HMAC

from tests.sandbox.clients import Client

if TYPE_CHECKING:
    import requests

GONE = "OGONEG-ONEGO-NEGONE"
"""The id of an order that is not there."""


def signed(secret: str, path: str, nonce: int, body: str) -> str:
    mac = HMAC(base64.b64decode(secret), SHA512())
    mac.update(path.encode() + hashlib.sha256(f"{nonce}{body}".encode()).digest())
    return base64.b64encode(mac.finalize()).decode()


class KrakenClient(Client):
    """https://docs.kraken.com/api/docs/guides/spot-rest-auth."""

    venue = "kraken"

    def post(self, method: str, nonce: int | None = None, **asked: Any) -> requests.Response:
        """Ask with a form."""
        nonce = time.time_ns() // 1000 if nonce is None else nonce
        return self.ask(method, nonce, urlencode({"nonce": nonce, **asked}), "application/x-www-form-urlencoded")

    def post_json(self, method: str, **asked: Any) -> requests.Response:
        nonce = time.time_ns() // 1000
        return self.ask(method, nonce, json.dumps({"nonce": str(nonce), **asked}), "application/json")

    def ask(self, method: str, nonce: int, body: str, content: str) -> requests.Response:
        path = f"/0/private/{method}"
        headers = {
            "API-Key": self.key,
            "API-Sign": signed(self.secret, path, nonce, body),
            "Content-Type": content,
        }
        return self.send("POST", path, headers, body.encode())

    def result(self, method: str, **asked: Any) -> Any:
        body = self.post(method, **asked).json()
        assert body["error"] == [], body
        return body["result"]

    def error(self, method: str, **asked: Any) -> str:
        """Return the one error of an answer, which has HTTP 200 all the same."""
        answer = self.post(method, **asked)
        assert (answer.status_code, answer.json().keys()) == (200, {"error"})
        (error,) = answer.json()["error"]
        return str(error)
