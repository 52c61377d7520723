"""A client of the paper Gate that sends what it is told to, signed as the vendor's page on signatures says."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from cryptography.hazmat.primitives.hashes import SHA512

from tests.sandbox.clients import Client, hexmac, now_ms

if TYPE_CHECKING:
    import requests

GONE = "1105451000000"
"""The id of an order that is not there."""


class GateClient(Client):
    """https://www.gate.com/docs/developers/apiv4/en, "API Signature string generation"."""

    venue = "gate"

    def headers(self, method: str, path: str, query: str, body: str, seconds: int | None = None) -> dict[str, str]:
        stamp = str(now_ms() // 1000 if seconds is None else seconds)
        text = "\n".join([method, path, query, hashlib.sha512(body.encode()).hexdigest(), stamp])
        return {"KEY": self.key, "Timestamp": stamp, "SIGN": hexmac(self.secret, text, SHA512())}

    def call(
        self, method: str, path: str, body: Any = None, *, seconds: int | None = None, **asked: Any
    ) -> requests.Response:
        query, sent = urlencode(asked), "" if body is None else json.dumps(body)
        path = f"/api/v4{path}"
        headers = self.headers(method, path, query, sent, seconds)
        return self.send(method, f"{path}?{query}" if query else path, headers, sent.encode() or None)

    def get(self, path: str, **asked: Any) -> requests.Response:
        return self.call("GET", path, **asked)

    def delete(self, path: str, **asked: Any) -> requests.Response:
        return self.call("DELETE", path, **asked)

    def ids(self, path: str, **asked: Any) -> list[str]:
        """Return the ids of the orders in a list, be it grouped by market."""
        rows = self.get(path, **asked).json()
        if path == "/spot/open_orders":
            rows = [row for group in rows for row in group["orders"]]
        return [str(row["id"]) for row in rows]
