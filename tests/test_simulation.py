"""The simulation of many accounts counts what a real sweep sends; its clock goes by the slots and the limits."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from airflow_provider_exchange.sandbox.testing import running_sandbox
from benchmarks.paper import THROUGH_CCXT, VENUES
from benchmarks.simulation import Simulation
from tests.accounts import Account
from tests.sweeps import sweep

if TYPE_CHECKING:
    from collections.abc import Iterator

    from airflow_provider_exchange.sandbox.testing import RunningSandbox

ORDERS = 12


@pytest.fixture(scope="module")
def sandbox() -> Iterator[RunningSandbox]:
    with running_sandbox() as sandbox:
        yield sandbox


@pytest.mark.parametrize("venue", [*VENUES, *THROUGH_CCXT])
def test_it_sends_what_a_real_sweep_sends(sandbox: RunningSandbox, venue: str) -> None:
    sandbox.reset()
    account = Account(sandbox, venue)
    account.place(ORDERS)
    sweep(account)
    account.close()

    told = Simulation(venue, ORDERS).run(accounts=3, slots=3)

    assert told.requests == 3 * len(account.requests)
    assert told.refused == 0


def test_accounts_with_limits_of_their_own_only_wait_for_slots() -> None:
    one = Simulation("loopring", ORDERS).run(accounts=1, slots=1)
    seven = Simulation("loopring", ORDERS).run(accounts=7, slots=3)
    assert seven.requests == 7 * one.requests
    assert seven.proved == pytest.approx(3 * one.proved)


@pytest.mark.parametrize("latency", [0.0, 0.05, 1.0])
def test_a_request_takes_its_latency(latency: float) -> None:
    at_once = Simulation("bitopro", 1, latency=0).run(accounts=1, slots=1)
    assert at_once.requests > 3
    told = Simulation("bitopro", 1, latency=latency).run(accounts=1, slots=1)
    assert told.emptied == pytest.approx(2 * latency)  # a list, and the cancel


def test_a_task_begins_when_airflow_has_begun_it() -> None:
    at_once, later = (Simulation("bitopro", 1, start=start).run(accounts=1, slots=1) for start in (0.0, 5.0))
    assert later.proved == pytest.approx(at_once.proved + 5)


def test_accounts_with_one_limit_for_all_wait_for_each_other() -> None:
    told = Simulation("nami", 1, shares_limits=True).run(accounts=40, slots=40)
    reads = told.requests - 40  # one cancel each, which does not count among Nami's 60 in any minute
    minutes = (reads - 1) // 60
    assert minutes >= 2
    assert 60 * minutes <= told.proved < 60 * (minutes + 1)
