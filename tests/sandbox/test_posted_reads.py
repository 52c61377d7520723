"""Reads that are posted: which call one is, and which of a cache's answers it gets, follows from its body."""

from __future__ import annotations

import json
from typing import Any

import pytest

from airflow_provider_exchange.sandbox.cache import Cache
from airflow_provider_exchange.sandbox.protocol import Answer, ReceivedRequest, route

PASSING = ("nonce", "signature")


def posted(body: bytes) -> ReceivedRequest:
    return ReceivedRequest("POST", "/info", "", {}, body, "http://127.0.0.1", 0)


def encoded(**fields: Any) -> bytes:
    return json.dumps(fields).encode()


def test_calls_that_share_their_path_are_told_apart_by_what_is_posted() -> None:
    orders = route(
        "orders", "POST", "/info", lambda _request: Answer([]), asks=lambda body: body == {"type": "orders"}
    )
    assert orders.suits("", encoded(type="orders"))
    for other in (encoded(type="order"), b"[]", b"", b"no json", b"[" * 100_000, b"\xff"):
        assert not orders.suits("", other)
    assert route("any", "POST", "/info", lambda _request: Answer([])).suits("", b"no json")


@pytest.mark.parametrize(
    ("first", "same", "other"),
    [
        (
            encoded(type="order", oid=7, nonce=1),
            encoded(nonce=2, oid=7, type="order"),
            encoded(type="order", oid=8),
        ),
        (b"pair=A&nonce=1", b"nonce=2&pair=A", b"pair=B&nonce=1"),
        (b"", b"", b"pair=A"),
    ],
)
def test_a_cache_tells_posted_reads_apart_by_what_is_posted(first: bytes, same: bytes, other: bytes) -> None:
    cache = Cache()
    cache.keep("any", posted(first), PASSING, Answer("kept"))
    assert cache.find("any", posted(same), PASSING) == Answer("kept")
    assert cache.find("any", posted(other), PASSING) is None
