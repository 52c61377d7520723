"""Who signed an action, against what the vendor's client signs; and the steps that lead there, each by itself."""

from __future__ import annotations

from typing import Any

import pytest
from ccxt.base.exchange import Exchange
from ccxt.static_dependencies import keccak
from hypothesis import given, settings
from hypothesis import strategies as st

from airflow_provider_exchange.sandbox.hyperliquid.account import PAPER_ACCOUNT
from airflow_provider_exchange.sandbox.hyperliquid.keccak import keccak_256
from airflow_provider_exchange.sandbox.hyperliquid.packing import packed
from airflow_provider_exchange.sandbox.hyperliquid.recovery import ORDER, signer
from airflow_provider_exchange.sandbox.hyperliquid.signing import digest_of
from tests.vectors import load

VECTORS = load("hyperliquid")


@pytest.mark.parametrize(
    ("data", "digest"),
    [
        (b"", "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470"),
        (b"abc", "4e03657aea45a94fc7d47ba826c8d667c0d1e6e33a64a036ec44f58fa12d6c45"),
    ],
)
def test_published_hashes(data: bytes, digest: str) -> None:
    assert keccak_256(data).hex() == digest


@settings(max_examples=30)
@given(st.integers(0, 300))
def test_hashes_of_any_length(size: int) -> None:
    assert keccak_256(b"x" * size) == keccak.SHA3(b"x" * size)


SCALARS = st.none() | st.booleans() | st.integers(-32, 2**64 - 1) | st.text(max_size=40)


@settings(max_examples=30)
@given(st.recursive(SCALARS, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=40))
def test_values_are_packed_as_by_another_packer(value: Any) -> None:
    assert packed(value) == Exchange.packb(value)


@pytest.mark.parametrize("odd", [1.5, -33, 2**64, {"a": [0.1]}])
def test_what_no_action_has_is_not_packed(odd: Any) -> None:
    with pytest.raises(ValueError, match="an action has no"):
        packed(odd)


@pytest.mark.parametrize("vector", VECTORS["action_hashes"], ids=lambda vector: str(vector["nonce"]))
def test_the_published_hash_of_an_action(vector: dict[str, Any]) -> None:
    content = packed(vector["action"]) + vector["nonce"].to_bytes(8, "big") + b"\x00"
    assert f"0x{keccak_256(content).hex()}" == vector["hash"]


def signed_by(vector: dict[str, Any], **changes: int) -> str | None:
    digest = digest_of(vector["action"], vector["nonce"], vector["vault"])
    r, s = (int(vector["signature"][part], 16) for part in "rs")
    return signer(digest, **{"r": r, "s": s, "v": vector["signature"]["v"], **changes})


@pytest.mark.parametrize("vector", VECTORS["signatures"], ids=lambda vector: str(vector["name"]))
def test_the_key_of_a_published_signature_is_found(vector: dict[str, Any]) -> None:
    assert signed_by(vector) == VECTORS["address"] == PAPER_ACCOUNT.signer
    assert signed_by(vector, v=55 - vector["signature"]["v"]) not in (VECTORS["address"], None)


@pytest.mark.parametrize("odd", [{"r": 0}, {"s": 0}, {"r": ORDER}, {"s": ORDER}, {"v": 0}, {"v": 29}, {"r": 5}])
def test_a_signature_that_no_key_can_have_made_is_nobodys(odd: dict[str, int]) -> None:
    assert signed_by(VECTORS["signatures"][0], **odd) is None
