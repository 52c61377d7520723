"""
A client of the paper Bitget, written from the vendor's page on signatures.

It signs with ``cryptography`` where the sandbox verifies with ``hmac``, and holds nothing of the sandbox.
"""

from __future__ import annotations

import base64
import json
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from cryptography.hazmat.primitives.hashes import SHA256

from tests.sandbox.clients import Client, hexmac

if TYPE_CHECKING:
    import requests


def told(response: requests.Response) -> tuple[int, str]:
    """HTTP status and code of an answer."""
    return response.status_code, response.json()["code"]


class BitgetClient(Client):
    venue = "bitget"

    def headers(self, method: str, target: str, body: str = "", at: str | None = None) -> dict[str, str]:
        stamp = str(round(time.time() * 1000)) if at is None else at
        signature = base64.b64encode(bytes.fromhex(hexmac(self.secret, stamp + method + target + body, SHA256())))
        return {
            "ACCESS-KEY": self.key,
            "ACCESS-SIGN": signature.decode(),
            "ACCESS-TIMESTAMP": stamp,
            "ACCESS-PASSPHRASE": self.extra["passphrase"],
            "Content-Type": "application/json",
        }

    def get(self, path: str, **parameters: Any) -> requests.Response:
        target = f"/api/v2/{path}" + (f"?{urlencode(parameters)}" if parameters else "")
        return self.send("GET", target, self.headers("GET", target))

    def post(self, path: str, **body: Any) -> requests.Response:
        target, text = f"/api/v2/{path}", json.dumps(body)
        return self.send("POST", target, self.headers("POST", target, text), text.encode())

    def ids(self, path: str, **parameters: Any) -> list[str]:
        """The ids of the orders in a list, in its order."""
        answer = self.get(path, **parameters).json()
        assert answer["code"] == "00000", answer
        data = answer["data"]
        rows = data if isinstance(data, list) else data.get("entrustedList", data.get("orderList"))
        return [row["orderId"] for row in rows or []]
