"""Fixtures of the tests that native adapters pass, filled with the foreign one."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.connections import running, sandbox
from tests.flatness import short_flatness
from tests.foreign import adapter
from tests.foreign.accounts import VENUE, ForeignAccount
from tests.foreign.adapter import Foreign
from tests.foreign.exchanged import API_KEY, API_SECRET, BASE_URL
from tests.foreign.registration import CONN_TYPE, registered

if TYPE_CHECKING:
    from collections.abc import Iterator

    from airflow_provider_exchange.sandbox.testing import RunningSandbox
    from tests.connections import Connect

__all__ = ["running", "sandbox", "short_flatness"]


@pytest.fixture
def venue() -> str:
    return VENUE


@pytest.fixture(params=[False, True], ids=["blocking", "on a loop"])
def account(sandbox: RunningSandbox, request: pytest.FixtureRequest) -> Iterator[ForeignAccount]:
    made = ForeignAccount(sandbox, on_a_loop=request.param)
    made.read_markets()
    yield made
    made.close()


@pytest.fixture
def connect(sandbox: RunningSandbox, monkeypatch: pytest.MonkeyPatch) -> Iterator[Connect]:
    """Make an Airflow connection of the foreign type to the paper exchange; return its id."""

    def connect(venue: str, **changes: Any) -> str:
        fields = {**sandbox.connection(venue), "conn_type": CONN_TYPE, **changes}
        monkeypatch.setenv("AIRFLOW_CONN_EXCHANGE_UNDER_TEST", json.dumps(fields))
        return "exchange_under_test"

    with registered():
        yield connect


@pytest.fixture
def exchange() -> Foreign:
    return Foreign(BASE_URL, API_KEY, API_SECRET, "me@example.com")


@pytest.fixture
def blocking(sandbox: RunningSandbox) -> Iterator[ForeignAccount]:
    made = ForeignAccount(sandbox)
    made.read_markets()
    yield made
    made.close()


@pytest.fixture(autouse=True)
def no_markets_yet() -> None:
    adapter.shared_markets.clear()
