"""
A client of the paper OKX, written from the vendor's page on authentication.

It signs with ``cryptography`` where the sandbox verifies with ``hmac``, and holds nothing of the sandbox.
"""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from cryptography.hazmat.primitives.hashes import SHA256

from tests.sandbox.clients import Client, hexmac

if TYPE_CHECKING:
    import requests


def iso(ahead: float = 0) -> str:
    """The time now, or so many seconds later, as the venue wants it."""
    moment = datetime.fromtimestamp(datetime.now(UTC).timestamp() + ahead, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def told(response: requests.Response) -> tuple[int, str]:
    """HTTP status and code of an answer."""
    return response.status_code, response.json()["code"]


def rows_told(response: requests.Response) -> list[str]:
    """The codes of the single orders in an answer."""
    return [row["sCode"] for row in response.json()["data"]]


class OkxClient(Client):
    venue = "okx"

    def headers(self, method: str, target: str, body: str = "", at: str | None = None) -> dict[str, str]:
        stamp = iso() if at is None else at
        signature = base64.b64encode(bytes.fromhex(hexmac(self.secret, stamp + method + target + body, SHA256())))
        return {
            "OK-ACCESS-KEY": self.key,
            "OK-ACCESS-SIGN": signature.decode(),
            "OK-ACCESS-TIMESTAMP": stamp,
            "OK-ACCESS-PASSPHRASE": self.extra["passphrase"],
            "Content-Type": "application/json",
        }

    def get(self, path: str, **parameters: Any) -> requests.Response:
        target = f"/api/v5/{path}" + (f"?{urlencode(parameters)}" if parameters else "")
        return self.send("GET", target, self.headers("GET", target))

    def post(self, path: str, body: Any) -> requests.Response:
        target, text = f"/api/v5/{path}", json.dumps(body)
        return self.send("POST", target, self.headers("POST", target, text), text.encode())

    def ids(self, path: str, **parameters: Any) -> list[str]:
        """The ids of the orders in a list, in its order."""
        answer = self.get(path, **parameters).json()
        assert answer["code"] == "0", answer
        return [row["algoId" if "algo" in path else "ordId"] for row in answer["data"]]
