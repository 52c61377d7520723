"""Who is let in: any change to what a signature covers shuts the door, and so do stale or repeated requests."""

from __future__ import annotations

import base64
import hmac
import json
import random
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives.hashes import SHA256

from .clients import BitoProClient, LoopringClient, NamiClient, hexmac, now_ms

if TYPE_CHECKING:
    from collections.abc import Callable

    import requests

    from airflow_provider_exchange.sandbox.testing import RunningSandbox

DRAWS = 40


def spoilt(data: bytes, draw: random.Random, alphabet: bytes) -> bytes:
    """One byte replaced by another that the same text could hold."""
    place = draw.randrange(len(data))
    other = draw.choice([byte for byte in alphabet if byte != data[place]])
    return data[:place] + bytes([other]) + data[place + 1 :]


ALPHABET = b"0123456789abcdefXYZ_"


def refused(response: requests.Response) -> bool:
    return response.status_code in (400, 401, 409)


# -- Nami


def test_nami_refuses_a_spoilt_query(sandbox: RunningSandbox) -> None:
    client, draw = NamiClient(sandbox), random.Random(1)
    text, signature = client.signed({"filterByPair": "BTC USDT"})
    query = f"{text}&signature={signature}".encode()
    headers = {"x-api-key": client.key}
    assert client.send("GET", f"/api/v4/spot/open?{query.decode()}", headers).ok
    for _ in range(DRAWS):
        target = f"/api/v4/spot/open?{spoilt(query, draw, ALPHABET).decode()}"
        assert refused(client.send("GET", target, headers)), target


def test_nami_refuses_a_query_in_another_encoding(sandbox: RunningSandbox) -> None:
    client = NamiClient(sandbox)
    text, signature = client.signed({"filterByPair": "BTC USDT"})
    target = f"/api/v4/spot/open?{text.replace('+', '%20')}&signature={signature}"
    assert client.send("GET", target, {"x-api-key": client.key}).status_code == 401


def test_nami_refuses_a_spoilt_body(sandbox: RunningSandbox) -> None:
    client, draw = NamiClient(sandbox), random.Random(2)
    order = sandbox.place("nami", "BTCUSDT")
    body = client.body({"symbol": "BTCUSDT", "displayingId": order.order_id, "allowNotification": False})
    for _ in range(DRAWS):
        assert refused(client.post("DELETE", "/api/v4/spot/order", spoilt(body, draw, ALPHABET)))
    assert sandbox.live("nami")
    assert client.post("DELETE", "/api/v4/spot/order", body).ok
    assert not sandbox.live("nami")


@pytest.mark.parametrize("text", ["filterByPair=BTC%20USDT", "filterByPair=%42TC", "filterByPair=A&filterByPair=B"])
def test_nami_refuses_a_query_signed_in_another_encoding(sandbox: RunningSandbox, text: str) -> None:
    client = NamiClient(sandbox)
    stamped = f"{text}&timestamp={now_ms()}"
    target = f"/api/v4/spot/open?{stamped}&signature={hexmac(client.secret, stamped, SHA256())}"
    assert client.send("GET", target, {"x-api-key": client.key}).status_code == 401


@pytest.mark.parametrize("key", ["", "another", "paper-nami-kez"])
def test_nami_refuses_another_key(sandbox: RunningSandbox, key: str) -> None:
    client = NamiClient(sandbox)
    client.key = key
    assert client.get("/api/v4/spot/open").status_code == 401


@pytest.mark.parametrize("off_ms", [-60_000, -6_000, 6_000, 60_000])
def test_nami_refuses_a_stale_or_early_timestamp(sandbox: RunningSandbox, off_ms: int) -> None:
    client = NamiClient(sandbox)
    text, signature = client.signed({}, now_ms() + off_ms)
    target = f"/api/v4/spot/open?{text}&signature={signature}"
    response = client.send("GET", target, {"x-api-key": client.key})
    assert (response.status_code, response.json()["statusCode"]) == (401, 401)


def test_nami_takes_a_new_order_from_the_query_too(sandbox: RunningSandbox) -> None:
    client = NamiClient(sandbox)
    wanted = {"symbol": "NAMIVNDC", "side": "SELL", "type": "LIMIT", "quantity": 50000, "price": 600}
    text, signature = client.signed(wanted)
    target = f"/api/v4/spot/order?{text}&signature={signature}"
    assert client.send("POST", target, {"x-api-key": client.key}).json()["data"]["status"] == "NEW"


@pytest.mark.parametrize(("reading", "literal", "compact"), [
    ("url_search_params", True, False), ("json", False, True), ("refuse", False, False),
])  # fmt: skip
def test_nami_accepts_the_one_reading_of_a_batch_s_signature_it_is_set_to(
    sandbox: RunningSandbox, reading: str, literal: bool, compact: bool
) -> None:
    sandbox.exchange.apply_settings(nami_batch_signing=reading)
    client = NamiClient(sandbox)
    for written, accepted in ((None, literal), ("json", compact)):
        orders = [{"displayingId": int(sandbox.place("nami", "BTCUSDT").order_id), "symbol": "BTCUSDT"}]
        text = json.dumps(orders, separators=(",", ":")) if written else None
        response = client.post("DELETE", "/api/v4/spot/all_order", client.batch_body(orders, text))
        assert response.status_code == (200 if accepted else 401)


@pytest.mark.parametrize("wanted", [
    {"symbol": "BTCUSDT", "displayingId": 435372},
    {"symbol": "BTCUSDT", "displayingId": "435372", "allowNotification": "false"},
    {"displayingId": "435372"},
])  # fmt: skip
def test_nami_wants_the_documented_types(sandbox: RunningSandbox, wanted: dict[str, object]) -> None:
    client = NamiClient(sandbox)
    assert client.post("DELETE", "/api/v4/spot/order", client.body(wanted)).status_code == 400


# -- BitoPro


@pytest.mark.parametrize("header", ["X-BITOPRO-APIKEY", "X-BITOPRO-PAYLOAD", "X-BITOPRO-SIGNATURE"])
def test_bitopro_refuses_spoilt_headers(sandbox: RunningSandbox, header: str) -> None:
    client, draw = BitoProClient(sandbox), random.Random(3)
    headers = client.headers()
    for _ in range(DRAWS):
        changed = spoilt(headers[header].encode(), draw, ALPHABET).decode()
        assert refused(client.send("GET", "/v3/orders/open", {**headers, header: changed}))
    del headers[header]
    assert client.send("GET", "/v3/orders/open", headers).status_code == 401


def test_bitopro_refuses_a_body_that_is_not_the_payload(sandbox: RunningSandbox) -> None:
    client, draw = BitoProClient(sandbox), random.Random(4)
    order = sandbox.place("bitopro", "btc_usdt")
    body = json.dumps({"BTC_USDT": [order.order_id]}).encode()
    headers = client.headers(body)
    for _ in range(DRAWS):
        assert client.send("PUT", "/v3/orders", headers, spoilt(body, draw, ALPHABET)).status_code == 401
    assert sandbox.live("bitopro")


def test_bitopro_wants_growing_nonces(sandbox: RunningSandbox) -> None:
    client = BitoProClient(sandbox)
    first = client.headers()
    second = client.headers()
    assert client.send("GET", "/v3/orders/open", second).status_code == 200
    again = client.send("GET", "/v3/orders/open", second)
    assert (again.status_code, again.json()) == (409, {"error": "Conflict"})
    assert client.send("GET", "/v3/orders/open", first).status_code == 409
    assert client.call("GET", "/orders/open").status_code == 200


def test_bitopro_counts_no_nonce_of_a_wrong_signature(sandbox: RunningSandbox) -> None:
    client = BitoProClient(sandbox)
    good = client.headers()
    later = client.headers()
    assert client.send("GET", "/v3/orders/open", {**later, "X-BITOPRO-SIGNATURE": "0" * 96}).status_code == 401
    assert client.send("GET", "/v3/orders/open", good).status_code == 200


@pytest.mark.parametrize("skew", [-60.0, 60.0])
def test_bitopro_tells_its_time_when_clocks_differ(sandbox: RunningSandbox, skew: float) -> None:
    sandbox.exchange.apply_settings(skew=skew)
    client = BitoProClient(sandbox)
    for response in (client.call("GET", "/orders/open"), client.place()):
        assert response.status_code == 409
        told = parsedate_to_datetime(response.headers["Date"]).timestamp() * 1000
        assert abs(told - now_ms() - skew * 1000) < 3000
    signed = client.headers(json.dumps({"identity": "", "nonce": now_ms() + round(skew * 1000)}).encode())
    assert client.send("GET", "/v3/orders/open", signed).status_code == 200


def test_bitopro_lets_a_missing_or_empty_identity_pass_but_not_a_wrong_one(sandbox: RunningSandbox) -> None:
    client = BitoProClient(sandbox)
    for content, status in (({}, 200), ({"identity": ""}, 200), ({"identity": "another@example.com"}, 401)):
        signed = client.headers(json.dumps({**content, "nonce": client.nonce()}).encode())
        assert client.send("GET", "/v3/orders/open", signed).status_code == status


def test_bitopro_s_python_client_cancels_with_an_empty_identity(sandbox: RunningSandbox) -> None:
    """Composed with ``hmac`` alone as that client does: URL-safe base64, spaces in the JSON, no e-mail address."""
    order = sandbox.place("bitopro", "btc_usdt")
    connection = sandbox.connection("bitopro")
    payload = base64.urlsafe_b64encode(json.dumps({"identity": "", "nonce": now_ms()}).encode())
    headers = {
        "X-BITOPRO-APIKEY": connection["login"],
        "X-BITOPRO-PAYLOAD": payload.decode(),
        "X-BITOPRO-SIGNATURE": hmac.digest(connection["password"].encode(), payload, "sha384").hex(),
    }
    response = BitoProClient(sandbox).send("DELETE", f"/v3/orders/btc_usdt/{order.order_id}", headers)
    assert (response.status_code, response.json()["orderId"]) == (200, order.order_id)
    assert not sandbox.live("bitopro")


def test_bitopro_takes_a_nonce_inside_a_body(sandbox: RunningSandbox) -> None:
    client = BitoProClient(sandbox)
    placed = client.place(nonce=client.nonce(), clientId=2147483647)
    assert placed.status_code == 200
    (order,) = sandbox.live("bitopro")
    assert order.client_order_id == "2147483647"
    named = {"BTC_USDT": [order.order_id]}
    assert client.call("PUT", "/orders", {**named, "nonce": client.nonce()}).json() == {"data": named}
    assert not sandbox.live("bitopro")


@pytest.mark.parametrize(("nonce", "status"), [(-60_000, 409), (60_000, 409), ("1", 400), (None, 400), (True, 400)])
def test_bitopro_checks_a_nonce_inside_a_body(sandbox: RunningSandbox, nonce: object, status: int) -> None:
    client = BitoProClient(sandbox)
    order = sandbox.place("bitopro", "btc_usdt")
    sent = now_ms() + nonce if type(nonce) is int else nonce
    assert client.place(nonce=sent).status_code == status
    assert client.call("PUT", "/orders", {"BTC_USDT": [order.order_id], "nonce": sent}).status_code == status
    assert sandbox.live("bitopro") == [order]


def test_bitopro_takes_the_nonce_of_a_body_once(sandbox: RunningSandbox) -> None:
    client = BitoProClient(sandbox)
    orders = [sandbox.place("bitopro", "btc_usdt") for _ in range(2)]
    nonce = client.nonce()
    for order, status in zip(orders, (200, 409), strict=True):
        body = {"BTC_USDT": [order.order_id], "nonce": nonce}
        assert client.call("PUT", "/orders", body).status_code == status
    assert sandbox.live("bitopro") == orders[1:]


# -- Loopring


def cancel(client: LoopringClient, order_id: str) -> tuple[str, dict[str, str]]:
    asked = {"accountId": client.extra["account_id"], "orderHash": order_id}
    target = "/api/v3/order?" + "&".join(f"{key}={value}" for key, value in asked.items())
    return target, {"X-API-KEY": client.key, "X-API-SIG": client.header("DELETE", "/api/v3/order", asked)}


def test_loopring_refuses_spoilt_requests(sandbox: RunningSandbox) -> None:
    client, draw = LoopringClient(sandbox), random.Random(5)
    order = sandbox.place("loopring", "LRC-ETH")
    target, headers = cancel(client, order.order_id)
    for _ in range(10):
        path, query = target.split("?")
        changed = f"{path}?{spoilt(query.encode(), draw, b'0123456789abcdef').decode()}"
        assert client.send("DELETE", changed, headers).status_code == 400
        signature = spoilt(headers["X-API-SIG"].encode(), draw, b"0123456789abcdefx").decode()
        assert client.send("DELETE", target, {**headers, "X-API-SIG": signature}).status_code == 400
        key = spoilt(client.key.encode(), draw, ALPHABET).decode()
        assert client.send("DELETE", target, {**headers, "X-API-KEY": key}).status_code == 400
    assert sandbox.live("loopring")
    assert client.send("DELETE", target, headers).ok
    assert not sandbox.live("loopring")


def test_loopring_covers_method_path_and_host(sandbox: RunningSandbox) -> None:
    client = LoopringClient(sandbox)
    target, headers = cancel(client, sandbox.place("loopring", "LRC-ETH").order_id)
    wrong = {"resultInfo": {"code": 104005, "message": "Wrong signature information"}}
    moved: list[Callable[[], requests.Response]] = [
        lambda: client.send("DELETE", target.replace("/order?", "/orders/byHash?"), headers),
        lambda: client.send("DELETE", target.replace("/api", "//api"), headers),
        lambda: client.send("GET", target.replace("/order?", "/apiKey?"), headers),
        lambda: client.send("DELETE", target, {**headers, "Host": "api3.loopring.io"}),
    ]
    for send in moved:
        assert send().json() == wrong
    assert sandbox.live("loopring")


def test_loopring_signs_characters_outside_the_bare_ones(sandbox: RunningSandbox) -> None:
    name = "end of day/é+&=%~*"
    order = sandbox.place("loopring", "LRC-ETH", client_order_id=name)
    answer = LoopringClient(sandbox).delete("/order", clientOrderId=name).json()
    assert (answer["hash"], answer["status"]) == (order.order_id, "cancelled")


def test_loopring_takes_a_signed_order_once(sandbox: RunningSandbox) -> None:
    client = LoopringClient(sandbox)
    signed = client.order(clientOrderId="mine")
    first, again = client.submit(signed).json(), client.submit(signed).json()
    assert first["hash"] == again["hash"]
    assert (first["isIdempotent"], again["isIdempotent"]) == (False, True)
    (order,) = sandbox.live("loopring")
    assert (order.symbol, order.side, int(order.quantity), str(order.price)) == ("LRC-ETH", "SELL", 100, "0.0009")
    other = client.order(validUntil=signed["validUntil"] + 1)
    assert client.submit(other).json()["resultInfo"]["code"] == 102030


@pytest.mark.parametrize("field", ["storageId", "accountId", "validUntil", "maxFeeBips"])
def test_loopring_refuses_an_order_changed_after_signing(sandbox: RunningSandbox, field: str) -> None:
    client = LoopringClient(sandbox)
    order = client.order()
    order[field] += 1
    assert client.submit(order).json()["resultInfo"]["code"] == 104005
    assert not sandbox.live("loopring")


def test_loopring_gives_the_key_to_the_owner_of_the_signature_only(sandbox: RunningSandbox) -> None:
    client = LoopringClient(sandbox)
    asked = {"accountId": client.extra["account_id"]}
    signature = client.header("GET", "/api/v3/apiKey", asked)
    target = f"/api/v3/apiKey?accountId={asked['accountId']}"
    for key in ({}, {"X-API-KEY": client.key}):
        assert client.send("GET", target, {**key, "X-API-SIG": signature}).json() == {"apiKey": client.key}
    for wrong in ({"X-API-KEY": "another", "X-API-SIG": signature}, {"X-API-SIG": "0x" + "0" * 192}, {}):
        assert client.send("GET", target, wrong).status_code == 400
    assert client.get("/apiKey").status_code == 400


@pytest.mark.parametrize("query", ["accountId=10010&accountId=10010", "accountId=10010&&", "accountId=%ff"])
def test_loopring_refuses_a_query_that_reads_in_two_ways(sandbox: RunningSandbox, query: str) -> None:
    client = LoopringClient(sandbox)
    response = client.send("GET", f"/api/v3/orders?{query}", {"X-API-KEY": client.key})
    assert response.json()["resultInfo"]["code"] == 100001


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b'{"eddsaSignature": "0x1"}'])
def test_loopring_refuses_a_submission_that_is_none(sandbox: RunningSandbox, body: bytes) -> None:
    client = LoopringClient(sandbox)
    response = client.send("POST", "/api/v3/order", {"X-API-KEY": client.key}, body)
    assert response.json()["resultInfo"]["code"] == 100001
