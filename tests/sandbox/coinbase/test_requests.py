"""
What the paper Coinbase answers to raw requests, after the vendor's pages "List Orders", "Get Order", "Cancel
Orders", "Create Order" and "Coinbase App API Key Authentication".
"""

from __future__ import annotations

import hashlib
import hmac
import json
from base64 import b64encode
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from airflow_provider_exchange.sandbox.accounts import Accounts
from airflow_provider_exchange.sandbox.coinbase.account import PAPER_ACCOUNT, CoinbaseAccount
from airflow_provider_exchange.sandbox.testing import running_sandbox
from tests.sandbox.clients import now_ms
from tests.sandbox.coinbase.client import API, GONE, LIST, CoinbaseClient, other_key

if TYPE_CHECKING:
    import requests

    from airflow_provider_exchange.sandbox.testing import RunningSandbox

STRANGER = (401, "Unauthorized\n")
KEY = "/key_permissions"


@pytest.fixture
def client(sandbox: RunningSandbox) -> CoinbaseClient:
    return CoinbaseClient(sandbox)


def told(answer: requests.Response) -> tuple[int, str]:
    return answer.status_code, answer.text


def refused(answer: requests.Response) -> tuple[int, str, str]:
    body = answer.json()
    return answer.status_code, body["error"], body["message"]


# -- who is let in


@pytest.mark.parametrize("odd", [
    {"header": {"kid": "organizations/another"}},
    {"header": {"alg": "none"}},
    {"header": {"alg": "EdDSA"}},
    {"header": {"nonce": None}},
    {"sub": "organizations/another"},
    {"iss": "another"},
    {"uri": "GET api.coinbase.com/api/v3/brokerage/orders"},
    {"uri": "POST api.coinbase.com/api/v3/brokerage/key_permissions"},
    {"uri": "GET another.host/api/v3/brokerage/key_permissions"},
    {"uri": None},
    {"nbf": "now"},
])  # fmt: skip
def test_a_token_with_something_odd(client: CoinbaseClient, odd: dict[str, Any]) -> None:
    token = client.token("GET", API + KEY, **odd)
    assert told(client.send("GET", API + KEY, {"Authorization": f"Bearer {token}"})) == STRANGER


@pytest.mark.parametrize(
    ("begins", "ends", "status"), [(0, 120, 200), (-119, 1, 200), (-121, -1, 401), (30, 150, 401), (0, 300, 401)]
)
def test_a_token_is_valid_for_two_minutes(client: CoinbaseClient, begins: int, ends: int, status: int) -> None:
    now = now_ms() // 1000
    token = client.token("GET", API + KEY, nbf=now + begins, exp=now + ends)
    assert client.send("GET", API + KEY, {"Authorization": f"Bearer {token}"}).status_code == status


def test_a_token_is_for_one_request_and_of_the_account_s_key(client: CoinbaseClient) -> None:
    header = {"Authorization": f"Bearer {client.token('GET', API + KEY)}"}
    assert client.send("GET", API + KEY, header).json()["can_trade"] is True
    assert told(client.send("GET", API + KEY, header)) == STRANGER
    assert told(client.send("GET", API + KEY, {})) == STRANGER
    client.secret = other_key()
    assert told(client.get(KEY)) == STRANGER


def test_a_key_of_ed25519() -> None:
    key = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
    public = key.public_key().public_bytes_raw()
    with running_sandbox(
        Accounts(coinbase=CoinbaseAccount("a-key", b64encode(bytes(range(32)) + public).decode()))
    ) as sandbox:
        client = CoinbaseClient(sandbox)
        client.secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
        token = client.token("GET", API + KEY, header={"alg": "EdDSA"})
        assert client.send("GET", API + KEY, {"Authorization": f"Bearer {token}"}).status_code == 200
        assert told(client.get(KEY)) == STRANGER, "its header says that it is one for ES256"


def test_a_legacy_key() -> None:
    with running_sandbox(Accounts(coinbase=CoinbaseAccount("legacy", "a legacy secret"))) as sandbox:
        client, now = CoinbaseClient(sandbox), now_ms() // 1000

        def answer(stamp: int, key: str = "legacy", secret: str = "a legacy secret") -> tuple[int, str]:
            sign = hmac.new(secret.encode(), f"{stamp}GET{API}{KEY}".encode(), hashlib.sha256).hexdigest()
            headers = {"CB-ACCESS-KEY": key, "CB-ACCESS-SIGN": sign, "CB-ACCESS-TIMESTAMP": str(stamp)}
            got = client.send("GET", f"{API}{KEY}?beside=this", headers)
            return got.status_code, got.json()["errors"][0]["message"] if got.status_code != 200 else ""

        assert answer(now) == answer(now - 25) == (200, "")
        assert answer(now - 31) == (401, "request timestamp expired")
        assert answer(now, secret="another") == (401, "invalid signature")
        assert answer(now, key="another") == (401, "invalid api key")


def test_a_key_that_only_views() -> None:
    with running_sandbox(Accounts(coinbase=replace(PAPER_ACCOUNT, may_trade=False))) as sandbox:
        client, order = CoinbaseClient(sandbox), sandbox.place("coinbase", "BTC-USD").order_id
        assert refused(client.cancel(order)) == (403, "PERMISSION_DENIED", "Missing required scopes")
        assert client.ids(order_status="OPEN") == [order]
        assert client.get(KEY).json()["can_trade"] is False


# -- lists


def test_a_list_shows_one_place_and_the_states_asked_for(client: CoinbaseClient, sandbox: RunningSandbox) -> None:
    mine = sandbox.place("coinbase", "BTC-USD").order_id
    in_the_app = sandbox.place("coinbase_simple", "BTC-USD").order_id
    ended = sandbox.place("coinbase", "ETH-USD", state="cancelled").order_id
    assert client.ids(order_status="OPEN") == [mine]
    assert client.ids(order_status="OPEN", order_placement_source="RETAIL_SIMPLE") == [in_the_app]
    assert client.ids(order_status=["CANCELLED", "FILLED"]) == [ended]
    assert client.ids(product_ids="ETH-USD") == [ended]
    assert set(client.ids()) == {mine, ended}


def test_a_list_is_cut_into_pages_by_its_limit_only(client: CoinbaseClient, sandbox: RunningSandbox) -> None:
    placed = [sandbox.place("coinbase", "BTC-USD", age=200 - number).order_id for number in range(120)]
    placed.reverse()
    assert client.ids(order_status="OPEN") == placed
    first = client.get(LIST, order_status="OPEN", limit=50).json()
    assert first["has_next"]
    client.cancel(placed[0])
    shown = [row["order_id"] for row in first["orders"]]
    second = client.ids(order_status="OPEN", limit=50, cursor=first["cursor"])
    assert shown + second == placed[:100], (
        "an order that leaves the list moves no other one to a page that was read"
    )


def test_no_more_than_a_thousand_open_orders_are_shown(client: CoinbaseClient, sandbox: RunningSandbox) -> None:
    placed = {sandbox.place("coinbase", "BTC-USD").order_id for _ in range(1001)}
    shown = client.ids(order_status="OPEN")
    assert len(shown) == 1000
    assert placed.issuperset(shown)


@pytest.mark.parametrize(("asked", "expected"), [
    (
        {"order_status": ["OPEN", "PENDING"]},
        (400, "INVALID_ARGUMENT", "OPEN orders cannot be queried together with other order statuses"),
    ),
    ({"order_status": "OPENED"}, (400, "unknown", None)),
    ({"order_placement_source": "APP"}, (400, "unknown", None)),
    ({"limit": "many"}, (400, "unknown", None)),
    ({"start_date": "yesterday"}, (400, "unknown", None)),
    ({"product_ids": "NO-USD"}, (400, "INVALID_ARGUMENT", "ProductID is invalid")),
    ({"cursor": "x"}, (400, "INVALID_ARGUMENT", "invalid cursor")),
])  # fmt: skip
def test_a_list_that_is_asked_for_wrongly(
    client: CoinbaseClient, asked: dict[str, Any], expected: tuple[int, str, str | None]
) -> None:
    status, error, text = expected
    answer = refused(client.get(LIST, **asked))
    assert answer[:2] == (status, error)
    assert text in (None, answer[2])


# -- single orders and cancels


def test_an_order_that_is_not_there(client: CoinbaseClient) -> None:
    assert client.get(f"/orders/historical/{GONE}").json() == {
        "error": "NOT_FOUND",
        "error_details": "order with this orderID was not found",
        "message": "order with this orderID was not found",
    }
    assert refused(client.get("/orders/historical/7"))[:2] == (400, "INVALID_ARGUMENT")


def test_each_order_of_a_cancel_has_its_result(client: CoinbaseClient, sandbox: RunningSandbox) -> None:
    live, other = (sandbox.place("coinbase", "BTC-USD").order_id for _ in range(2))
    filled = sandbox.place("coinbase", "BTC-USD", state="filled").order_id
    results = client.cancel(live, GONE, filled).json()["results"]
    assert [(each["order_id"], each["success"], each["failure_reason"]) for each in results] == [
        (live, True, "UNKNOWN_CANCEL_FAILURE_REASON"),
        (GONE, False, "UNKNOWN_CANCEL_ORDER"),
        (filled, False, "ORDER_IS_FULLY_FILLED"),
    ]
    assert [order.order_id for order in sandbox.live("coinbase")] == [other]


@pytest.mark.parametrize(("body", "text"), [
    (b"", "the body is not JSON"),
    (b"[]", "the body is not an object"),
    (b"{}", "order_ids are required"),
    (b'{"order_ids": []}', "order_ids are required"),
    (json.dumps({"order_ids": [GONE] * 101}).encode(), "Too many orderIDs entered, limit is 100"),
])  # fmt: skip
def test_a_cancel_that_is_asked_for_wrongly(client: CoinbaseClient, body: bytes, text: str) -> None:
    answer = client.ask("POST", "/orders/batch_cancel", body=body)
    assert refused(answer) == (400, "INVALID_ARGUMENT", text)
