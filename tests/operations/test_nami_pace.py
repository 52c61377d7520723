"""Nami: reads and batches keep to 60 in a minute; single cancels do so once the venue has refused one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow_provider_exchange.models import Outcome
from airflow_provider_exchange.operations.cancel import FLAT_FOR
from airflow_provider_exchange.operations.selection import Selection
from tests.accounts import Account
from tests.sweeps import cancel_orders

if TYPE_CHECKING:
    from airflow_provider_exchange.sandbox.testing import RunningSandbox


def slept(account: Account) -> float:
    return sum(account.transport.slept)


def test_a_sweep_waits_for_nothing(sandbox: RunningSandbox) -> None:
    account = Account(sandbox, "nami")
    account.place(200)
    report = account.run(cancel_orders(account.exchange, Selection(), {}, poll_interval=1))
    assert report.outcomes == {Outcome.CANCELLED: 200}
    assert slept(account) == FLAT_FOR
    account.close()


def test_single_cancels_go_at_ten_a_second(sandbox: RunningSandbox) -> None:
    account = Account(sandbox, "nami", extra={"batch_signing": "off"})
    account.place(100)
    report = account.run(cancel_orders(account.exchange, Selection(), {}, poll_interval=1))
    assert report.outcomes == {Outcome.CANCELLED: 100}
    assert 5 < slept(account) < 15
    account.close()


def test_after_a_refusal_they_keep_to_sixty_a_minute(sandbox: RunningSandbox) -> None:
    account = Account(sandbox, "nami", extra={"batch_signing": "off"})
    account.place(100)
    sandbox.faults.add(kind="rate_limit", route="cancel_order", requests=[30])
    report = account.run(cancel_orders(account.exchange, Selection(), {}, poll_interval=1), timeout=300)
    assert report.outcomes == {Outcome.CANCELLED: 100}
    assert 50 < slept(account) < 130
    account.close()


def test_the_venues_own_time_is_enough(sandbox: RunningSandbox) -> None:
    account = Account(sandbox, "nami", extra={"batch_signing": "off"})
    account.place(100)
    sandbox.faults.add(kind="rate_limit", route="cancel_order", requests=[30], retry_after="2")
    report = account.run(cancel_orders(account.exchange, Selection(), {}, poll_interval=1))
    assert report.outcomes == {Outcome.CANCELLED: 100}
    assert slept(account) < 20
    account.close()


def test_reads_keep_to_sixty_a_minute(sandbox: RunningSandbox) -> None:
    account = Account(sandbox, "nami")
    for _ in range(61):
        account.run(account.exchange.list_open())
    assert 50 < slept(account) <= 60
    account.close()
