"""Whole requests of adapters that speak HTTP, against those that somebody composed and signed without them."""

from __future__ import annotations

from typing import Any

import pytest

from airflow_provider_exchange.models import OrderRef
from tests.exchanges.evidence import HTTP, Evidence, operation_of
from tests.stepping import first_call

VECTORS = [
    pytest.param(venue, vector, id=f"{venue.name}/{vector['name']}")
    for venue in HTTP.values()
    for vector in venue.vectors["whole_requests"]
]


@pytest.mark.parametrize(("venue", "vector"), VECTORS)
def test_a_request_is_the_expected_one(venue: Evidence, vector: dict[str, Any]) -> None:
    refs = [OrderRef(**asked) for asked in vector["asked"]]
    operation = operation_of(venue.exchange, vector["operation"], refs, **vector["options"])
    request = first_call(operation).begin(vector["timestamp"])
    assert {
        "method": request.method,
        "url": request.url,
        "headers": dict(request.headers),
        "body": None if request.body is None else request.body.decode(),
    } == vector["expect"]


@pytest.mark.parametrize("name", HTTP)
def test_a_read_and_both_cancels_are_among_them(name: str) -> None:
    named = {vector["operation"] for vector in HTTP[name].vectors["whole_requests"]}
    assert named >= {"list_open", "cancel_one", "cancel_several"}
