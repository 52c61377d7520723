"""The retry policy, asked by Airflow's own task runner."""

from __future__ import annotations

import json
from datetime import timedelta
from time import monotonic
from typing import TYPE_CHECKING, Any

import pytest
from airflow.providers.common.compat.sdk import dag, task

from airflow_provider_exchange.operators.orders import CancelAllOrdersOperator
from airflow_provider_exchange.retry_policy import ExchangeRetryPolicy
from airflow_provider_exchange.sandbox.fault_rules import Fault
from tests.dags.runs import run_dag

if TYPE_CHECKING:
    from airflow_provider_exchange.sandbox.testing import RunningSandbox

pytestmark = pytest.mark.skipif(
    ExchangeRetryPolicy.__base__ is object, reason="Airflow has retry policies since 3.3"
)


def test_a_retry_comes_when_the_venue_asked_for_it(sandbox: RunningSandbox) -> None:
    sandbox.place("bitopro", "btc_usdt")
    sandbox.faults.add(Fault("rate_limit", venue="bitopro", retry_after="2", times=1))

    @dag(schedule=None)
    def limited() -> None:
        CancelAllOrdersOperator(
            task_id="cancel",
            exchange_conn_id="bitopro_default",
            timeout=1.9,  # less than the venue asks for
            retries=1,
            retry_delay=timedelta(hours=1),
            retry_policy=ExchangeRetryPolicy(),
        )

    began = monotonic()
    run = run_dag(limited())

    assert 2 < monotonic() - began < 600  # and not after an hour
    assert run.state == "success"
    assert run.xcoms["cancel"]["outcomes"] == {"cancelled": 1}
    assert sandbox.live("bitopro") == []


def test_a_refused_key_is_not_tried_again(sandbox: RunningSandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    connection = sandbox.connection("bitopro") | {"password": "not-the-secret"}
    tries = []

    @task(retries=3, retry_delay=timedelta(0), retry_policy=ExchangeRetryPolicy())
    def use_the_hook() -> None:
        from airflow_provider_exchange.hooks.bitopro import BitoProHook

        tries.append(1)
        hook: Any = BitoProHook()
        hook.list_open_orders()

    @dag(schedule=None)
    def refused() -> None:
        use_the_hook()

    monkeypatch.setenv("AIRFLOW_CONN_BITOPRO_DEFAULT", json.dumps(connection))
    run = run_dag(refused())

    assert run.states == {"use_the_hook": "failed"}
    assert len(tries) == 1
