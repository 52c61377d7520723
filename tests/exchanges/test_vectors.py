"""Whole requests of adapters that speak HTTP, against those that somebody composed and signed without them."""

from __future__ import annotations

from typing import Any

import pytest

from airflow_provider_exchange.models.orders import OrderRef
from tests.exchanges.evidence import EVIDENCE, Evidence

VECTORS = [
    pytest.param(venue, vector, id=f"{venue.name}/{vector['name']}")
    for venue in EVIDENCE.values()
    for vector in venue.vectors["whole_requests"]
]


@pytest.mark.parametrize(("venue", "vector"), VECTORS)
def test_a_request_is_the_expected_one(venue: Evidence, vector: dict[str, Any]) -> None:
    refs = [OrderRef(**asked) for asked in vector["asked"]]
    replay = venue.replay(vector["operation"], refs, to=vector.get("to", ()), **vector["options"])
    request = replay.own_call().call.begin(vector["timestamp"])
    assert {
        "method": request.method,
        "url": request.url,
        "headers": dict(request.headers),
        "body": None if request.body is None else request.body.decode(),
    } == vector["expect"]


@pytest.mark.parametrize("name", EVIDENCE)
def test_a_read_and_the_cancels_are_among_them(name: str) -> None:
    named = {vector["operation"] for vector in EVIDENCE[name].vectors["whole_requests"]}
    assert named >= {"list_open", "cancel_one", "cancel_several"} & EVIDENCE[name].offered
