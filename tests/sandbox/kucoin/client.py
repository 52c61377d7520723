"""
A client of the paper KuCoin, written from the vendor's page on authentication.

It signs with ``cryptography`` where the sandbox verifies with ``hmac``, and holds nothing of the sandbox.
"""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from cryptography.hazmat.primitives.hashes import SHA256

from tests.sandbox.clients import Client, hexmac, now_ms

if TYPE_CHECKING:
    import requests

ORDERS, STOPS, OCOS = "v1/hf/orders", "v1/stop-order", "v3/oco"


def told(response: requests.Response) -> tuple[int, str]:
    """HTTP status and code of an answer."""
    return response.status_code, response.json()["code"]


class KucoinClient(Client):
    venue = "kucoin"

    def signed(self, text: str) -> str:
        return base64.b64encode(bytes.fromhex(hexmac(self.secret, text, SHA256()))).decode()

    def headers(self, method: str, target: str, body: str = "", at: int | None = None) -> dict[str, str]:
        stamp = str(now_ms() if at is None else at)
        return {
            "KC-API-KEY": self.key,
            "KC-API-KEY-VERSION": "3",
            "KC-API-SIGN": self.signed(stamp + method + target + body),
            "KC-API-TIMESTAMP": stamp,
            "KC-API-PASSPHRASE": self.signed(self.extra["passphrase"]),
            "Content-Type": "application/json",
        }

    def ask(self, method: str, path: str, **parameters: Any) -> requests.Response:
        target = f"/api/{path}" + (f"?{urlencode(parameters)}" if parameters else "")
        return self.send(method, target, self.headers(method, target))

    def get(self, path: str, **parameters: Any) -> requests.Response:
        return self.ask("GET", path, **parameters)

    def delete(self, path: str, **parameters: Any) -> requests.Response:
        return self.ask("DELETE", path, **parameters)

    def post(self, path: str, body: Any) -> requests.Response:
        target, text = f"/api/{path}", json.dumps(body)
        return self.send("POST", target, self.headers("POST", target, text), text.encode())
