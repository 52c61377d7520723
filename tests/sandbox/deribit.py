"""A client of the paper Deribit that sends what it is told to, signed as the vendor's page says."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from cryptography.hazmat.primitives.hashes import SHA256

from .clients import Client, hexmac, now_ms

if TYPE_CHECKING:
    import requests

GONE = "999999"
"""The id of an order that is not there."""


class DeribitClient(Client):
    """https://docs.deribit.com/articles/authentication, "Deribit signature credentials"."""

    venue = "deribit"

    def header(self, uri: str, stamp: int | None = None, nonce: str = "1iqt2wls") -> dict[str, str]:
        text = str(now_ms() if stamp is None else stamp)
        signature = hexmac(self.secret, f"{text}\n{nonce}\nGET\n{uri}\n\n", SHA256())
        return {"Authorization": f"deri-hmac-sha256 id={self.key},ts={text},sig={signature},nonce={nonce}"}

    def get(self, method: str, **asked: Any) -> requests.Response:
        """``method``: such as ``private/cancel``; a public one is signed, too, which harms nothing."""
        uri = f"/api/v2/{method}" + (f"?{urlencode(asked)}" if asked else "")
        return self.send("GET", uri, self.header(uri))

    def result(self, method: str, **asked: Any) -> Any:
        body = self.get(method, **asked).json()
        assert "error" not in body, body
        return body["result"]

    def ids(self, method: str = "private/get_open_orders", **asked: Any) -> list[str]:
        return [row["order_id"] for row in self.result(method, **asked)]

    def code(self, method: str, **asked: Any) -> int:
        told: int = self.get(method, **asked).json()["error"]["code"]
        return told
