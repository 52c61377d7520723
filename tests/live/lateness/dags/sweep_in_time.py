"""Sweeps that are held to their time, by a schedule that a file holds; and waits that no triggerer will end."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

from airflow.sdk import dag

from airflow_provider_exchange.operators.orders import CancelAllOrdersOperator
from airflow_provider_exchange.sensors.orders import OrderStatusSensor

MAX_LATENESS = float(os.environ["LATENESS_ALLOWED"])
SCHEDULES = {
    "once_paused": Path(os.environ["LATENESS_SCHEDULE"]).read_text(),
    "once_stopped": Path(os.environ["LATENESS_SCHEDULE"]).read_text(),
    "often": "* * * * * */10",
}
ACCOUNTS = {"once_paused": "nami_default", "once_stopped": "nami_default", "often": "bitopro_default"}

for dag_id, schedule in SCHEDULES.items():

    @dag(
        dag_id,
        schedule=schedule,
        start_date=datetime(2026, 1, 1, tzinfo=UTC),
        catchup=False,
        default_args={"retries": 2, "retry_delay": timedelta(seconds=1)},
    )
    def sweep(conn_id: str = ACCOUNTS[dag_id]) -> None:
        """Cancel everything, if it is time."""
        CancelAllOrdersOperator(task_id="cancel", exchange_conn_id=conn_id, max_lateness=MAX_LATENESS)

    sweep()


@dag(schedule=None, params={"order_id": "1", "symbol": "LRC-ETH"})
def unanswered() -> None:
    """Wait for an order that does not end, in a triggerer that is not there."""
    CancelAllOrdersOperator(task_id="cancel", exchange_conn_id="loopring_default", deferrable=True, timeout=1)
    for task_id, soft_fail in (("watch", False), ("watch_softly", True)):
        OrderStatusSensor(
            task_id=task_id,
            exchange_conn_id="loopring_default",
            order_id="{{ params.order_id }}",
            symbol="{{ params.symbol }}",
            deferrable=True,
            timeout=1,
            soft_fail=soft_fail,
            retries=2,
        )


unanswered()
