"""
Clients of the paper venues for its own tests, written from the vendors' documents.

They sign with ``cryptography`` where the sandbox verifies with ``hmac``, and hold nothing of the adapters.
"""

from __future__ import annotations

import base64
import hashlib
import json
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

import requests
from cryptography.hazmat.primitives.hashes import SHA256, SHA384, HashAlgorithm
from cryptography.hazmat.primitives.hmac import HMAC

from airflow_provider_exchange.crypto import eddsa, poseidon

if TYPE_CHECKING:
    from airflow_provider_exchange.sandbox.testing import RunningSandbox


def hexmac(secret: str, text: str, algorithm: HashAlgorithm) -> str:
    mac = HMAC(secret.encode(), algorithm)
    mac.update(text.encode())
    return mac.finalize().hex()


def now_ms() -> int:
    return int(time.time() * 1000)


class Client:
    """Sends what it is told to, so that a test can spoil any part of it."""

    venue = ""

    def __init__(self, sandbox: RunningSandbox) -> None:
        connection = sandbox.connection(self.venue)
        self.base_url = sandbox.base_url
        self.key: str = connection["login"]
        self.secret: str = connection["password"]
        self.extra: dict[str, Any] = connection.get("extra", {})
        self.session = requests.Session()
        self.session.trust_env = False

    def send(
        self, method: str, target: str, headers: dict[str, str] | None = None, body: bytes | None = None
    ) -> requests.Response:
        """``target``: path and query exactly as they shall stand in the request line."""
        prepared = self.session.prepare_request(requests.Request(method, self.base_url, headers=headers, data=body))
        prepared.url = self.base_url + target
        return self.session.send(prepared, timeout=10)


class NamiClient(Client):
    venue = "nami"

    def signed(self, parameters: dict[str, Any], timestamp: int | None = None) -> tuple[str, str]:
        stamped = {**parameters, "timestamp": now_ms() if timestamp is None else timestamp}
        text = urlencode(
            [(key, str(value).lower() if isinstance(value, bool) else value) for key, value in stamped.items()]
        )
        return text, hexmac(self.secret, text, SHA256())

    def get(self, path: str, **parameters: Any) -> requests.Response:
        text, signature = self.signed(parameters)
        return self.send("GET", f"{path}?{text}&signature={signature}", {"x-api-key": self.key})

    def body(self, parameters: dict[str, Any], timestamp: int | None = None) -> bytes:
        stamp = now_ms() if timestamp is None else timestamp
        _, signature = self.signed(parameters, stamp)
        return json.dumps(
            {**parameters, "timestamp": stamp, "signature": signature}, separators=(",", ":")
        ).encode()

    def batch_body(self, orders: list[dict[str, Any]], written: str | None = None) -> bytes:
        """``written``: how the orders read in the text to sign; as JavaScript does without it."""
        stamp = now_ms()
        text = urlencode(
            {
                "orders": written or ",".join("[object Object]" for _ in orders),
                "allowNotification": "false",
                "timestamp": stamp,
            }
        )
        signature = hexmac(self.secret, text, SHA256())
        body = {"orders": orders, "allowNotification": False, "timestamp": stamp, "signature": signature}
        return json.dumps(body, separators=(",", ":")).encode()

    def post(self, method: str, path: str, body: bytes) -> requests.Response:
        headers = {"x-api-key": self.key, "Content-Type": "application/json"}
        return self.send(method, path, headers, body)

    def place(self, **parameters: Any) -> requests.Response:
        wanted = {"symbol": "BTCUSDT", "side": "SELL", "type": "LIMIT", "quantity": 1, "price": 100, **parameters}
        return self.post("POST", "/api/v4/spot/order", self.body(wanted))

    def cancel(self, order_id: str, symbol: str = "BTCUSDT") -> requests.Response:
        wanted = {"symbol": symbol, "displayingId": order_id, "allowNotification": False}
        return self.post("DELETE", "/api/v4/spot/order", self.body(wanted))

    def cancel_many(self, *orders: tuple[str, str]) -> requests.Response:
        named = [{"displayingId": int(order_id), "symbol": symbol} for order_id, symbol in orders]
        return self.post("DELETE", "/api/v4/spot/all_order", self.batch_body(named))

    def open_orders(self, **parameters: Any) -> list[dict[str, Any]]:
        orders: list[dict[str, Any]] = self.get("/api/v4/spot/open", **parameters).json()["data"]["orders"]
        return orders


class BitoProClient(Client):
    venue = "bitopro"
    last_nonce = 0
    """The latest one of all clients, as they have one key and may be used within a millisecond."""

    def nonce(self) -> int:
        BitoProClient.last_nonce = max(BitoProClient.last_nonce + 1, now_ms())
        return BitoProClient.last_nonce

    def headers(self, content: bytes | None = None) -> dict[str, str]:
        inside = content
        if inside is None:
            inside = json.dumps({"identity": self.extra["identity"], "nonce": self.nonce()}).encode()
        payload = base64.b64encode(inside).decode()
        return {
            "X-BITOPRO-APIKEY": self.key,
            "X-BITOPRO-PAYLOAD": payload,
            "X-BITOPRO-SIGNATURE": hexmac(self.secret, payload, SHA384()),
        }

    def call(self, method: str, path: str, body: Any = None) -> requests.Response:
        content = None if body is None else json.dumps(body).encode()
        return self.send(method, f"/v3{path}", self.headers(content), content)

    def place(self, pair: str = "btc_usdt", **fields: Any) -> requests.Response:
        order = {"action": "SELL", "amount": "1", "price": "100", "timestamp": now_ms(), "type": "LIMIT"}
        return self.call("POST", f"/orders/{pair}", {**order, **fields})

    def cancel(self, order_id: str, pair: str = "btc_usdt") -> requests.Response:
        return self.call("DELETE", f"/orders/{pair}/{order_id}")


class BinanceClient(Client):
    venue = "binance"

    def signed(self, **parameters: Any) -> str:
        text = urlencode({"timestamp": now_ms(), **parameters})
        return f"{text}&signature={hexmac(self.secret, text, SHA256())}"

    def call(self, method: str, path: str, **parameters: Any) -> requests.Response:
        """The parameters of a POST are in its body, those of others in the query."""
        text = self.signed(**parameters)
        headers = {"X-MBX-APIKEY": self.key}
        if method != "POST":
            return self.send(method, f"{path}?{text}", headers)
        return self.send(
            method, path, {**headers, "Content-Type": "application/x-www-form-urlencoded"}, text.encode()
        )

    def refusal(self, method: str, path: str, **parameters: Any) -> tuple[int, int, str]:
        """The HTTP status, code and message."""
        answer = self.call(method, path, **parameters)
        return answer.status_code, answer.json()["code"], answer.json()["msg"]

    def place(self, path: str = "/api/v3/order", **parameters: Any) -> requests.Response:
        order = {"symbol": "BTCUSDT", "side": "SELL", "type": "LIMIT", "timeInForce": "GTC", "quantity": "0.5"}
        return self.call("POST", path, **{**order, "price": "61000", **parameters})


class LoopringClient(Client):
    venue = "loopring"
    exchange = "0x0BABA1Ad5bE3a5C0a66E7ac838a129Bf948f1eA4"

    @property
    def private_key(self) -> int:
        return int(self.secret, 16)

    def signature(self, message: int) -> str:
        return "0x" + "".join(f"{part:064x}" for part in eddsa.sign(self.private_key, message))

    def header(self, method: str, path: str, parameters: dict[str, Any]) -> str:
        def percent(text: object) -> str:
            return quote(str(text), safe="")

        joined = "&".join(f"{percent(key)}={percent(parameters[key])}" for key in sorted(parameters))
        base = f"{method}&{percent(self.base_url + path)}&{percent(joined)}"
        digest = int(hashlib.sha256(base.encode()).hexdigest(), 16)
        return self.signature(digest % eddsa_field())

    def get(self, path: str, **parameters: Any) -> requests.Response:
        query = urlencode({"accountId": self.extra["account_id"], **parameters})
        return self.send("GET", f"/api/v3{path}?{query}", {"X-API-KEY": self.key})

    def delete(self, path: str, **parameters: Any) -> requests.Response:
        asked = {"accountId": self.extra["account_id"], **parameters}
        headers = {"X-API-KEY": self.key, "X-API-SIG": self.header("DELETE", f"/api/v3{path}", asked)}
        return self.send("DELETE", f"/api/v3{path}?{urlencode(asked, quote_via=quote)}", headers)

    def order(self, storage_id: int = 0, **fields: Any) -> dict[str, Any]:
        order: dict[str, Any] = {
            "exchange": self.exchange,
            "accountId": self.extra["account_id"],
            "storageId": storage_id,
            "sellToken": {"tokenId": 1, "volume": "100000000000000000000"},
            "buyToken": {"tokenId": 0, "volume": "90000000000000000"},
            "validUntil": now_ms() // 1000 + 86_400,
            "maxFeeBips": 50,
            "fillAmountBOrS": False,
            "allOrNone": False,
            **fields,
        }
        sell, buy = order["sellToken"], order["buyToken"]
        number = poseidon.order_hash(
            [
                int(order["exchange"], 16),
                order["storageId"],
                order["accountId"],
                sell["tokenId"],
                buy["tokenId"],
                int(sell["volume"]),
                int(buy["volume"]),
                order["validUntil"],
                order["maxFeeBips"],
                int(order["fillAmountBOrS"]),
                0,
            ]
        )
        return {**order, "eddsaSignature": self.signature(number)}

    def submit(self, order: dict[str, Any]) -> requests.Response:
        headers = {"X-API-KEY": self.key, "Content-Type": "application/json"}
        return self.send("POST", "/api/v3/order", headers, json.dumps(order).encode())


def eddsa_field() -> int:
    return 21888242871839275222246405745257275088548364400416034343698204186575808495617
