from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING, Never

import pytest

from airflow_provider_exchange.operations import dead_mans_switch
from airflow_provider_exchange.operators.orders import DeadMansSwitchOperator
from airflow_provider_exchange.protocol.steps import DeadlineReached
from tests.accounts import through_ccxt
from tests.operators.dead_mans_switch.guarded import Later, Runs

if TYPE_CHECKING:
    from collections.abc import Iterator

    from airflow_provider_exchange.sandbox.testing import RunningSandbox


@pytest.fixture
def okx(sandbox: RunningSandbox, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("AIRFLOW_CONN_OKX_DEFAULT", json.dumps(through_ccxt(sandbox, "okx")))
    return "okx_default"


@pytest.fixture
def runs(okx: str) -> Runs:
    return Runs(okx)


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    """What tasks write to their log, which some Airflows write elsewhere."""
    caplog.set_level(logging.DEBUG)
    monkeypatch.setattr(DeadMansSwitchOperator, "log", logging.getLogger("airflow_provider_exchange.task"))
    return caplog


@pytest.fixture
def later(sandbox: RunningSandbox) -> Iterator[Later]:
    """Let time pass at the venue; the worker learns of it from the venue's answers."""
    exchange = sandbox.exchange
    clock = exchange.clock

    def later(seconds: float) -> None:
        before = exchange.clock
        exchange.clock = lambda: before() + seconds

    yield later
    exchange.clock = clock


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give up where the first pause would begin, and after 5 seconds in place of 30 where nothing is answered."""

    def cut_off(_seconds: float) -> Never:
        raise DeadlineReached

    monkeypatch.setattr(dead_mans_switch, "Pause", cut_off)
    monkeypatch.setattr(dead_mans_switch, "LONGEST_SET", 5)


@pytest.fixture
def honest_again(sandbox: RunningSandbox) -> Iterator[None]:
    venue = sandbox.exchange.venues["okx"]
    before = venue.routes
    yield
    venue.routes = before
