"""What a task tells in its log, and what it keeps from one attempt for the next, on real Airflow."""

from __future__ import annotations

import logging
import re
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from airflow.providers.common.compat.sdk import dag
from airflow.providers.common.compat.version_compat import AIRFLOW_V_3_3_PLUS

from airflow_provider_exchange.operators.orders import CancelAllOrdersOperator
from airflow_provider_exchange.sandbox.fault_rules import Fault
from airflow_provider_exchange.tasks.attempts import Attempts
from tests.dags.runs import run_dag

if TYPE_CHECKING:
    from airflow_provider_exchange.sandbox.testing import RunningSandbox


def test_the_log_of_a_task_tells_the_story(
    sandbox: RunningSandbox, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    # A task's own logger writes past pytest in some versions.
    monkeypatch.setattr(CancelAllOrdersOperator, "log", logging.getLogger("airflow_provider_exchange.task"))
    caplog.set_level(logging.INFO, "airflow_provider_exchange")
    order_id = sandbox.place("bitopro", "btc_usdt", quantity="2", filled="0.5").order_id

    @dag(schedule=None)
    def sweep() -> None:
        CancelAllOrdersOperator(task_id="cancel", exchange_conn_id="bitopro_default")

    run_dag(sweep())

    told = [record.getMessage() for record in caplog.records if record.name.startswith("airflow_provider_exchange")]
    header, row = told.index("::group::1 order") + 1, told.index("::endgroup::") - 1
    assert [re.split(r" after | \(bitopro, |, as proved ", line)[0] for line in told[: header - 1]] == [
        "bitopro: 1 order selected",
        "All orders at BitoPro: those on spot and those on margin",
        "bitopro: 1 of 1 orders confirmed gone",
        "bitopro_default",
    ]
    assert "): 1 cancelled; the account is flat, as proved at " in told[header - 2]
    columns = ["symbol", "side", "type", "price", "quantity", "filled", "age", "outcome", "state", "order"]
    assert told[header].split() == columns
    cells = re.split(r" {2,}", told[row])
    assert cells[:6] == ["btc_usdt", "sell", "LIMIT", "100", "2", "0.5"]
    assert cells[7:] == ["cancelled", "cancelled", order_id]


def retried_sweep(sandbox: RunningSandbox) -> dict[str, Any]:
    """Return the summary of a sweep of three orders, one of which ends only at a retry."""
    ids = [sandbox.place("bitopro", "btc_usdt").order_id for _ in range(3)]
    sandbox.faults.add(Fault("cancelling", seconds=3.0, orders=(ids[1],)))

    @dag(schedule=None)
    def retried() -> None:
        CancelAllOrdersOperator(
            task_id="cancel",
            exchange_conn_id="bitopro_default",
            timeout=1.5,
            poll_interval=0.2,
            retries=5,
            retry_delay=timedelta(seconds=1),
        )

    run = run_dag(retried())

    assert run.state == "success"
    report: dict[str, Any] = run.xcoms["cancel"]
    assert {order["order_id"] for order in report["orders"]} == set(ids)
    assert {order["order_id"] for order in report["orders"] if order.get("earlier_attempt")} >= {ids[0], ids[2]}
    return report


@pytest.mark.skipif(not AIRFLOW_V_3_3_PLUS, reason="Airflow keeps a store for a task's attempts since 3.3")
def test_the_summary_of_a_retry_tells_the_whole_story(sandbox: RunningSandbox) -> None:
    report = retried_sweep(sandbox)
    assert report["outcomes"] == {"cancelled": 3}
    assert "earlier" not in report, "nothing is unknown"


def test_the_summary_of_a_retry_without_a_record_tells_what_the_history_shows(
    sandbox: RunningSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Attempts, "_write", lambda *_: None)
    assert "cancelled since the run began" in retried_sweep(sandbox)["earlier"]
