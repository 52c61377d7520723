"""A client of the paper Hyperliquid that posts what it is told to; what it signs, ccxt signs."""

from __future__ import annotations

import itertools
import json
from typing import TYPE_CHECKING, Any

import ccxt

from tests.sandbox.clients import Client, now_ms

if TYPE_CHECKING:
    import requests

    from airflow_provider_exchange.sandbox.testing import RunningSandbox

GONE = 91490942
"""The id of an order that is not there."""
_later = itertools.count()


class HyperliquidClient(Client):
    """https://hyperliquid.gitbook.io/hyperliquid-docs/for-developers/api, Info and Exchange endpoint."""

    venue = "hyperliquid"

    def __init__(self, sandbox: RunningSandbox) -> None:
        super().__init__(sandbox)
        self.signing = ccxt.hyperliquid({"walletAddress": self.key, "privateKey": self.secret})

    def post(self, path: str, body: Any) -> requests.Response:
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        return self.send("POST", path, {"Content-Type": "application/json"}, data)

    def info(self, kind: str, **asked: Any) -> requests.Response:
        return self.post("/info", {"type": kind, **asked})

    def of_mine(self, kind: str, **asked: Any) -> requests.Response:
        return self.info(kind, user=self.key, **asked)

    def signed(self, action: Any, nonce: int | None = None, key: str | None = None) -> dict[str, Any]:
        self.signing.privateKey = key or self.secret
        used = now_ms() + next(_later) if nonce is None else nonce
        return {"action": action, "nonce": used, "signature": self.signing.sign_l1_action(action, used)}

    def act(self, action: Any, nonce: int | None = None, key: str | None = None) -> requests.Response:
        return self.post("/exchange", self.signed(action, nonce, key))

    def cancel(self, *named: tuple[int, Any]) -> requests.Response:
        return self.act(cancels(*named))


def cancels(*named: tuple[int, Any]) -> dict[str, Any]:
    """Return the action that names orders by the numbers of their markets and their ids."""
    return {"type": "cancel", "cancels": [{"a": asset, "o": int(order_id)} for asset, order_id in named]}
