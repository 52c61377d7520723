"""A client of the paper Bybit that sends what it is told to, signed as the vendor's guide says."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from cryptography.hazmat.primitives.hashes import SHA256

from .clients import Client, hexmac, now_ms

if TYPE_CHECKING:
    import requests

GONE = "2088690093000000000"
"""The id of an order that is not there."""


class BybitClient(Client):
    """https://bybit-exchange.github.io/docs/v5/guide, "Create A Request"."""

    venue = "bybit"

    def headers(self, content: str, stamp: int | None = None, window: str = "5000") -> dict[str, str]:
        text = str(now_ms() if stamp is None else stamp)
        return {
            "X-BAPI-API-KEY": self.key,
            "X-BAPI-TIMESTAMP": text,
            "X-BAPI-RECV-WINDOW": window,
            "X-BAPI-SIGN": hexmac(self.secret, f"{text}{self.key}{window}{content}", SHA256()),
        }

    def get(self, path: str, **asked: Any) -> requests.Response:
        query = urlencode(asked)
        return self.send("GET", f"/v5{path}?{query}", self.headers(query))

    def post(self, path: str, **asked: Any) -> requests.Response:
        body = json.dumps(asked)
        return self.send("POST", f"/v5{path}", self.headers(body), body.encode())

    def page(self, path: str = "/order/realtime", **asked: Any) -> tuple[list[dict[str, Any]], str]:
        """Return the rows of a list's page, and the cursor."""
        body = self.get(path, **asked).json()
        assert body["retCode"] == 0, body
        return body["result"]["list"], body["result"]["nextPageCursor"]

    def ids(self, path: str = "/order/realtime", **asked: Any) -> list[str]:
        return [row["orderId"] for row in self.page(path, **asked)[0]]

    def row(self, **asked: Any) -> dict[str, Any]:
        """Return the one order that the real-time query finds."""
        (row,) = self.page(**asked)[0]
        return row
