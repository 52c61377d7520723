"""Nami: reads and batches keep to 60 in a minute; single cancels do so once the venue has refused one."""

from __future__ import annotations

from contextlib import ExitStack, closing
from typing import TYPE_CHECKING, Any

import pytest

from airflow_provider_exchange.models.reports import Outcome
from airflow_provider_exchange.operations.cancel import FLAT_FOR
from airflow_provider_exchange.operations.selection import Selection
from tests.accounts import Account
from tests.sweeps import cancel_orders

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from airflow_provider_exchange.sandbox.testing import RunningSandbox


@pytest.fixture
def nami(sandbox: RunningSandbox) -> Iterator[Callable[..., Account]]:
    """Return a function that opens an account on whose clock sending takes no time."""
    with ExitStack() as opened:

        def nami(**changes: Any) -> Account:
            account = opened.enter_context(closing(Account(sandbox, "nami", **changes)))
            account.stop_the_clock()
            return account

        yield nami


SINGLE_CANCELS = {"batch_signing": "off"}


def slept(account: Account) -> float:
    return sum(account.transport.slept)


def test_a_sweep_waits_for_nothing(nami: Callable[..., Account]) -> None:
    account = nami()
    account.place(200)
    report = account.run(cancel_orders(account.exchange, Selection(), {}, poll_interval=1))
    assert report.outcomes == {Outcome.CANCELLED: 200}
    assert slept(account) == FLAT_FOR


def test_single_cancels_go_at_ten_a_second(nami: Callable[..., Account]) -> None:
    account = nami(extra=SINGLE_CANCELS)
    account.place(100)
    report = account.run(cancel_orders(account.exchange, Selection(), {}, poll_interval=1))
    assert report.outcomes == {Outcome.CANCELLED: 100}
    assert slept(account) == 9 + FLAT_FOR


def test_after_a_refusal_they_keep_to_sixty_a_minute(nami: Callable[..., Account], sandbox: RunningSandbox) -> None:
    account = nami(extra=SINGLE_CANCELS)
    account.place(100)
    sandbox.faults.add(kind="rate_limit", route="cancel_order", requests=[30])
    report = account.run(cancel_orders(account.exchange, Selection(), {}, poll_interval=1), timeout=300)
    assert report.outcomes == {Outcome.CANCELLED: 100}
    assert 50 < slept(account) < 130


def test_the_venues_own_time_is_enough(nami: Callable[..., Account], sandbox: RunningSandbox) -> None:
    account = nami(extra=SINGLE_CANCELS)
    account.place(100)
    sandbox.faults.add(kind="rate_limit", route="cancel_order", requests=[30], retry_after="2")
    report = account.run(cancel_orders(account.exchange, Selection(), {}, poll_interval=1))
    assert report.outcomes == {Outcome.CANCELLED: 100}
    assert slept(account) < 20


def test_reads_keep_to_sixty_a_minute(nami: Callable[..., Account]) -> None:
    account = nami()
    for _ in range(61):
        account.run(account.exchange.list_open(), timeout=61)
    assert slept(account) == 60
