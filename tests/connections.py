"""Fixtures: Airflow connections to a paper exchange. A package of tests takes them into its conftest."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from airflow_provider_exchange.sandbox.testing import RunningSandbox, running_sandbox
from tests.accounts import VENUES, connection

Connect = Callable[..., str]


@pytest.fixture(scope="module")
def running() -> Iterator[RunningSandbox]:
    with running_sandbox() as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(running: RunningSandbox) -> Iterator[RunningSandbox]:
    running.reset()
    settings = running.exchange.all_settings()
    yield running
    running.exchange.apply_settings(**settings)


@pytest.fixture(params=VENUES)
def venue(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture
def connect(sandbox: RunningSandbox, monkeypatch: pytest.MonkeyPatch) -> Connect:
    """Make an Airflow connection to the paper exchange, with some fields changed; return its id."""

    def connect(venue: str, **changes: Any) -> str:
        fields = {**connection(sandbox, venue), **changes}
        monkeypatch.setenv("AIRFLOW_CONN_EXCHANGE_UNDER_TEST", json.dumps(fields))
        return "exchange_under_test"

    return connect
