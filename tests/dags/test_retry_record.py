"""A sweep that Airflow retries tells of both attempts, through Airflow's own task state API."""

from __future__ import annotations

from datetime import datetime, timedelta
from importlib import import_module
from typing import TYPE_CHECKING, Any

import pytest
from airflow import DAG

from airflow_provider_exchange.operators.orders import CancelAllOrdersOperator
from airflow_provider_exchange.sandbox.faults import Fault
from tests.accounts import SYMBOLS
from tests.dags.runs import run_dag

if TYPE_CHECKING:
    from airflow_provider_exchange.sandbox.testing import RunningSandbox

try:
    HAS_STORE = hasattr(import_module("airflow.sdk.execution_time.context"), "TaskStateStoreAccessor")
except ImportError:
    HAS_STORE = False


pytestmark = pytest.mark.skipif(not HAS_STORE, reason="this Airflow has no task state API")


class FailsAfterItsCancels(CancelAllOrdersOperator):
    """Its first attempt cannot read anything any more once its cancels were sent."""

    def __init__(self, *, sandbox: RunningSandbox, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._sandbox = sandbox

    def execute(self, context: Any) -> Any:
        if context["ti"].try_number == 1:
            self._sandbox.faults.add(Fault("drop_before", route="reads", requests=tuple(range(2, 1000))))
        else:
            self._sandbox.faults.clear()
        return super().execute(context)


def test_the_retry_tells_what_the_first_attempt_cancelled(sandbox: RunningSandbox) -> None:
    ids = [sandbox.place("bitopro", SYMBOLS["bitopro"]).order_id for _ in range(3)]
    with DAG("retried_sweep", start_date=datetime(2026, 1, 1), schedule=None) as dag:
        FailsAfterItsCancels(
            task_id="sweep",
            sandbox=sandbox,
            exchange_conn_id="bitopro_default",
            symbols=SYMBOLS["bitopro"],
            timeout=1,
            poll_interval=0.05,
            retries=1,
            retry_delay=timedelta(0),
        )
    run = run_dag(dag)
    assert run.states == {"sweep": "success"}
    pushed = run.xcoms["sweep"]
    told = {order["order_id"]: order["earlier_attempt"] for order in pushed["orders"]}
    assert told == dict.fromkeys(ids, True)
    assert pushed["outcomes"] == {"already_cancelled": 3}
    assert "earlier" not in pushed
