"""Fixtures of the tests that native adapters pass, filled with the adapter over ccxt."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from airflow_provider_exchange.exchanges.ccxt.profiles import PROFILES
from tests.accounts import Account, through_ccxt
from tests.connections import running, sandbox
from tests.flatness import short_flatness

if TYPE_CHECKING:
    from collections.abc import Iterator

    from airflow_provider_exchange.sandbox.testing import RunningSandbox
    from tests.connections import Connect

__all__ = ["running", "sandbox", "short_flatness", "through_ccxt"]

IN_REAL_TIME = ("binance", "bybit")
MANY_LISTS = "a look takes so many reads that a cancel which takes some of them is through before the task waits"
OWN_BOOK = "a stop order has a book of its own: see test_books.py"
ELSEWHERE = {
    ("okx", "test_everything_open_goes_conditional_orders_too"): OWN_BOOK,
    ("bybit", "test_everything_open_goes_conditional_orders_too"): OWN_BOOK,
    ("bybit", "test_open_orders_are_listed"): OWN_BOOK,
    ("gate", "test_everything_open_goes_conditional_orders_too"): OWN_BOOK,
    ("kucoin", "test_everything_open_goes_conditional_orders_too"): OWN_BOOK,
    ("bybit", "test_orders_that_appear_while_the_task_is_deferred_go_too"): MANY_LISTS,
    ("bybit", "test_what_is_stored_for_the_triggerer_holds_no_secret"): MANY_LISTS,
    (
        "kraken",
        "test_orders_that_no_list_shows_are_read_directly_a_few_at_a_time",
    ): "it reads 50 at once",
    ("bitget", "test_everything_open_goes_conditional_orders_too"): OWN_BOOK,
    ("binance", "test_a_wrong_key_fails_without_a_retry"): "a wrong key and a missing right are one code there",
    ("binance", "test_no_secret_is_logged_or_raised"): "a wrong key and a missing right are one code there",
}
"""Tests that do not fit a venue, and why."""


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run what takes real time at two exchanges; OKX's limits let its seven lists be read twice in 2 s at most."""
    if "venue" in metafunc.fixturenames and "venue" not in vars(metafunc.module):
        is_real = metafunc.module.__name__.endswith((".test_airflow", ".test_cli"))
        metafunc.parametrize("venue", IN_REAL_TIME if is_real else PROFILES, indirect=True)


@pytest.fixture
def venue(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    reason = ELSEWHERE.get((name, request.node.originalname))
    if reason is not None:
        pytest.skip(reason)
    return name


@pytest.fixture
def account(sandbox: RunningSandbox, venue: str) -> Iterator[Account]:
    made = Account(sandbox, venue, **through_ccxt(sandbox, venue))
    yield made
    made.close()


@pytest.fixture
def connect(sandbox: RunningSandbox, monkeypatch: pytest.MonkeyPatch) -> Connect:
    """Make an Airflow connection of type ``ccxt`` to the paper exchange; return its id."""

    def connect(venue: str, **changes: Any) -> str:
        fields = {**through_ccxt(sandbox, venue), **changes}
        monkeypatch.setenv("AIRFLOW_CONN_EXCHANGE_UNDER_TEST", json.dumps(fields))
        return "exchange_under_test"

    return connect
