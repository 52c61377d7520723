"""Signatures against published vectors, stage by stage, so that a failure names the broken step."""

from __future__ import annotations

import hashlib
import hmac
import json
from base64 import b64decode
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_provider_exchange.errors import InvalidOrderRequest
from airflow_provider_exchange.exchanges.bitopro import BitoPro, payload_of_query, sign_payload
from airflow_provider_exchange.exchanges.loopring import Loopring, sign_request
from airflow_provider_exchange.exchanges.loopring_signing import message_of
from airflow_provider_exchange.exchanges.loopring_signing import string_to_sign as loopring_string_to_sign
from airflow_provider_exchange.exchanges.nami import Nami
from airflow_provider_exchange.exchanges.nami_signing import form_encode, sign_query, string_to_sign
from airflow_provider_exchange.models.orders import OrderRef
from tests.stepping import first_call
from tests.vectors import load

NAMI = Nami("https://nami.exchange", "key", "secret")
BITOPRO = BitoPro("https://api.bitopro.com", "key", "secret", "me@example.com")
LOOPRING = Loopring("https://api3.loopring.io", "key", 4660, 10005)


def nothing(_data: Any) -> None:
    return None


@pytest.mark.parametrize("vector", load("nami")["vectors"], ids=lambda vector: vector["name"])
def test_nami_vectors(vector: dict[str, Any]) -> None:
    text = string_to_sign(dict(vector["params"]))
    assert text == vector["string_to_sign"]
    assert sign_query(vector["api_secret"].encode(), text) == vector["signature"]


@pytest.mark.parametrize("vector", load("url_search_params")["vectors"], ids=lambda v: v["params"][0][0])
def test_nami_spells_parameters_as_javascript_does(vector: dict[str, Any]) -> None:
    assert string_to_sign(dict(vector["params"])) == vector["string"]


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_nami_encoding_can_be_read_back(text: str) -> None:
    encoded = form_encode(text)
    assert parse_qsl(f"a={encoded}", keep_blank_values=True) == [("a", text)]
    assert encoded.isascii()
    assert " " not in encoded


def test_nami_get_carries_what_it_signs() -> None:
    request = NAMI.reading("/api/v4/user/balance", nothing, "balance", {"type": "0"}).begin(1721284769720)
    query = urlsplit(request.url).query
    signed, _, signature = query.rpartition("&signature=")
    assert signed == "type=0&timestamp=1721284769720"
    assert signature == hmac.new(b"secret", signed.encode(), hashlib.sha256).hexdigest()
    assert request.headers["x-api-key"] == "key"
    assert request.body is None


def test_nami_cancel_carries_its_signature_in_the_body() -> None:
    cancellation = NAMI.cancel_one(OrderRef("435372", "BTCUSDT"), {})
    assert cancellation is not None
    request = first_call(cancellation.operation).begin(1670000000000)
    body = json.loads(request.body or b"")
    signed = "symbol=BTCUSDT&displayingId=435372&allowNotification=false&timestamp=1670000000000"
    assert body == {
        "symbol": "BTCUSDT",
        "displayingId": "435372",
        "allowNotification": False,
        "timestamp": 1670000000000,
        "signature": hmac.new(b"secret", signed.encode(), hashlib.sha256).hexdigest(),
    }
    assert request.url == "https://nami.exchange/api/v4/spot/order"


def test_nami_batch_names_orders_by_number() -> None:
    (cancellation,) = NAMI.cancel_several([OrderRef("435372", "BTCUSDT"), OrderRef("435373", "ETHUSDT")], {})
    body = json.loads(first_call(cancellation.operation).begin(1).body or b"")
    assert body["orders"] == [
        {"displayingId": 435372, "symbol": "BTCUSDT"},
        {"displayingId": 435373, "symbol": "ETHUSDT"},
    ]


def test_bitopro_vectors() -> None:
    published, other = load("bitopro")["vectors"]
    for vector in (published, other):
        fields = json.loads(vector["payload_json"])
        assert payload_of_query(fields["identity"], fields["nonce"]).decode() == vector["payload"]
    signature = sign_payload(published["api_secret"].encode(), published["payload"].encode())
    assert signature == published["signature"]


def test_bitopro_get_signs_identity_and_nonce() -> None:
    request = BITOPRO.reading("/orders/open", nothing, "open", {"pair": "btc_usdt"}).begin(1554380909131)
    payload = request.headers["X-BITOPRO-PAYLOAD"]
    assert json.loads(b64decode(payload)) == {"identity": "me@example.com", "nonce": 1554380909131}
    assert request.headers["X-BITOPRO-SIGNATURE"] == hmac.new(b"secret", payload.encode(), "sha384").hexdigest()
    assert request.url == "https://api.bitopro.com/v3/orders/open?pair=btc_usdt"


def test_bitopro_put_signs_the_bytes_of_its_body() -> None:
    (cancellation,) = BITOPRO.cancel_several([OrderRef("1", "btc_usdt"), OrderRef("SL-2", "btc_usdt")], {})
    request = first_call(cancellation.operation).begin(1)
    assert request.body == b'{"BTC_USDT":["1","SL-2"]}'
    assert b64decode(request.headers["X-BITOPRO-PAYLOAD"]) == request.body
    assert request.url == "https://api.bitopro.com/v3/orders"


@pytest.mark.parametrize("vector", load("loopring")["requests"], ids=lambda vector: vector["path"])
def test_loopring_vectors(vector: dict[str, Any]) -> None:
    url = vector["host"] + vector["path"]
    text = loopring_string_to_sign(vector["method"], url, vector["params"])
    assert text == vector["base_string"]
    assert hashlib.sha256(text.encode()).hexdigest() == vector["sha256"]
    assert message_of(text) == int(vector["message"])
    assert sign_request(int(vector["key"], 0), vector["method"], url, vector["params"]) == vector["signature"]


def test_loopring_cancel_is_signed_over_the_url_that_is_sent() -> None:
    cancellation = LOOPRING.cancel_one(OrderRef("0x05", "LRC-ETH"), {})
    assert cancellation is not None
    request = first_call(cancellation.operation).begin(0)
    assert request.url == "https://api3.loopring.io/api/v3/order?accountId=10005&orderHash=0x05"
    expected = sign_request(
        4660, "DELETE", "https://api3.loopring.io/api/v3/order", {"orderHash": "0x05", "accountId": 10005}
    )
    assert request.headers["X-API-SIG"] == expected


def test_loopring_reads_carry_the_key_alone() -> None:
    request = LOOPRING.reading("/api/v3/order", nothing, "order", {"accountId": 1}, signed=False).begin(0)
    assert "X-API-SIG" not in request.headers
    assert request.headers["X-API-KEY"] == "key"


@pytest.mark.parametrize(
    "params", [{}, {"accountId": 1}, {"accountId": 1, "orderHash": ""}, {"orderHash": None}, {"clientOrderId": ""}]
)
@pytest.mark.parametrize("path", ["/api/v3/order", "/api/v3/orders/byHash", "/api/v3/orders/byClientOrderId"])
def test_a_loopring_cancel_without_an_id_cannot_be_built(path: str, params: dict[str, Any]) -> None:
    """At the venue it would cancel every order of the account."""
    with pytest.raises(InvalidOrderRequest, match="every order"):
        LOOPRING.changing("DELETE", path, nothing, "cancel", params).begin(0)
