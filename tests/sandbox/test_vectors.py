"""Published signatures are accepted, and each is refused once any bit of it is flipped."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_provider_exchange.crypto import eddsa
from airflow_provider_exchange.sandbox.bitopro import signing as bitopro
from airflow_provider_exchange.sandbox.loopring import signing as loopring
from airflow_provider_exchange.sandbox.loopring.account import PAPER_ACCOUNT
from airflow_provider_exchange.sandbox.nami import signing as nami

VECTORS = Path(__file__).parents[1] / "vectors"


def vectors(venue: str, part: str = "vectors") -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((VECTORS / f"{venue}.json").read_text())[part]
    return found


def flipped(text: str, bit: int) -> str:
    raw = bytearray(text.encode())
    raw[bit // 8] ^= 1 << bit % 8
    return raw.decode("utf-8", "surrogateescape")


SIGNED_BITOPRO = [vector for vector in vectors("bitopro") if "signature" in vector]


@pytest.mark.parametrize("vector", vectors("nami"), ids=lambda vector: vector["name"])
def test_nami_vector(vector: dict[str, Any]) -> None:
    text = nami.form_encoded([(key, nami.javascript_text(value)) for key, value in vector["params"]])
    assert text == vector["string_to_sign"]
    assert nami.signature_matches(vector["api_secret"], text, vector["signature"])
    for bit in range(8 * len(vector["signature"])):
        assert not nami.signature_matches(vector["api_secret"], text, flipped(vector["signature"], bit))


@pytest.mark.parametrize("vector", SIGNED_BITOPRO, ids=lambda vector: vector["name"])
def test_bitopro_vector(vector: dict[str, Any]) -> None:
    assert bitopro.opened(vector["payload"]) == vector["payload_json"].encode()
    assert bitopro.signature_matches(vector["api_secret"], vector["payload"], vector["signature"])
    for bit in range(8 * len(vector["signature"])):
        spoilt = flipped(vector["signature"], bit)
        assert not bitopro.signature_matches(vector["api_secret"], vector["payload"], spoilt)


def test_bitopro_payload_without_signature() -> None:
    (vector,) = (vector for vector in vectors("bitopro") if "signature" not in vector)
    assert bitopro.opened(vector["payload"]) == vector["payload_json"].encode()


def test_bitopro_payload_in_the_other_alphabet() -> None:
    assert bitopro.opened("_-_-") == bitopro.opened("/+/+") == b"\xff\xef\xfe"
    assert bitopro.opened("no base64!") is None


@pytest.mark.parametrize("vector", vectors("loopring", "requests"), ids=lambda vector: vector["path"])
def test_loopring_request_vector(vector: dict[str, Any]) -> None:
    parameters = [(key, str(value)) for key, value in vector["params"].items()]
    message = loopring.message_of(vector["method"], vector["host"] + vector["path"], parameters)
    public_key = eddsa.public_key(int(vector["key"], 0))
    assert message == int(vector["message"])
    assert loopring.signature_matches(public_key, message, vector["signature"])


@pytest.mark.parametrize("vector", vectors("loopring", "eddsa"), ids=lambda vector: vector["key"][:8])
def test_loopring_signature_vector(vector: dict[str, Any]) -> None:
    public_key = int(vector["A_x"]), int(vector["A_y"])
    assert loopring.signature_matches(public_key, int(vector["message"]), vector["signature"])


EVERY_LOOPRING = [
    ((int(vector["A_x"]), int(vector["A_y"])), int(vector["message"]), vector["signature"])
    for vector in vectors("loopring", "eddsa")
] + [
    (eddsa.public_key(int(vector["key"], 0)), int(vector["message"]), vector["signature"])
    for vector in vectors("loopring", "requests")
]


@pytest.mark.parametrize("signed", EVERY_LOOPRING)
def test_loopring_signature_with_one_bit_flipped(signed: tuple[tuple[int, int], int, str]) -> None:
    public_key, message, signature = signed
    for bit in range(0, 8 * len(signature), 97):
        assert not loopring.signature_matches(public_key, message, flipped(signature, bit))


@given(st.sampled_from(EVERY_LOOPRING), st.integers(0, 252))
def test_loopring_message_with_one_bit_flipped(signed: tuple[tuple[int, int], int, str], bit: int) -> None:
    public_key, message, signature = signed
    assert not loopring.signature_matches(public_key, (message ^ 1 << bit) % loopring.FIELD, signature)


@pytest.mark.parametrize("signature", ["", "0x", "0x" + "0" * 191, "0x" + "g" * 192, "0x" + "f" * 192, "0" * 194])
def test_loopring_signature_that_is_none(signature: str) -> None:
    assert not loopring.signature_matches(PAPER_ACCOUNT.public_key, 1, signature)


def test_the_paper_account_holds_the_public_key_of_the_published_private_key() -> None:
    assert eddsa.public_key(int(PAPER_ACCOUNT.private_key, 16)) == PAPER_ACCOUNT.public_key


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (True, "true"),
        (None, "null"),
        (50000, "50000"),
        (50000.0, "50000"),
        (62877.99, "62877.99"),
        (1e-7, "1e-7"),
        (1.5e-7, "1.5e-7"),
        (0.000001, "0.000001"),
        (1e21, "1e+21"),
        (-0.0, "0"),
        (123456789012345680000.0, "123456789012345680000"),
        (10**400, "Infinity"),
        ("a b", "a b"),
        ([{"a": 1}, {"b": 2}], "[object Object],[object Object]"),
        ([1, None, "x"], "1,,x"),
    ],
)
def test_numbers_and_arrays_read_as_javascript_writes_them(value: Any, text: str) -> None:
    assert nami.javascript_text(value) == text


def test_form_encoding_is_that_of_urlsearchparams() -> None:
    assert nami.form_encoded([("a b", "~*-._é/")]) == "a+b=%7E*-._%C3%A9%2F"
