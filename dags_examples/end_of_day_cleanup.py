"""
Every evening, cancel all open orders at each exchange, check each of them again, and summarise the outcomes.

If one venue fails, the others are still cleaned up. Its task and the run fail, and the error names the orders that
may still be open. Copy this file, keep the connections that you have, and change the schedule.

Airflow runs the time that a schedule has missed as soon as a DAG is switched on, or the scheduler is back. With
``max_lateness`` such a run fails and cancels nothing. To clean up at another time, trigger the DAG by hand.
"""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

# If you only use Airflow 3, import from airflow.sdk and airflow.sdk.exceptions instead.
from airflow.providers.common.compat.sdk import AirflowSkipException, TaskGroup, dag, task

from airflow_provider_exchange.operators.orders import CancelAllOrdersOperator
from airflow_provider_exchange.sensors.orders import OrderStatusSensor

CONNECTIONS = ("nami_default", "bitopro_default", "binance_default")


@task
def orders_to_watch(report: Any) -> list[dict[str, Any]]:
    """Return the orders of a report. If there are none, skip the sensor, which needs at least one."""
    orders = [order for order in report["orders"] if order["outcome"] != "not_found"]
    if not orders:
        raise AirflowSkipException("nothing was open")
    return orders


@task(trigger_rule="none_failed", multiple_outputs=False)
def summary(reports: Any) -> dict[str, int]:
    """Count the outcomes of all venues. Runs even if a sensor was skipped, but not after a failure."""
    outcomes: Counter[str] = Counter()
    for report in reports:
        print(f"{report['exchange']}: {report['outcomes'] or 'nothing was open'}")
        outcomes.update(report["outcomes"])
    return dict(outcomes)


@dag(
    schedule="55 23 * * *",
    start_date=datetime(2026, 1, 1, tzinfo=UTC),
    catchup=False,
    max_active_runs=1,
    default_args={"retries": 2, "retry_delay": timedelta(seconds=30)},
    tags=["exchange"],
)
def end_of_day_cleanup() -> None:
    """Cancel at every venue, check each order again, and summarise."""
    reports, watches = [], []
    for conn_id in CONNECTIONS:
        with TaskGroup(conn_id):
            cancel = CancelAllOrdersOperator(
                task_id="cancel", exchange_conn_id=conn_id, max_lateness=timedelta(minutes=30)
            )
            orders: Any = orders_to_watch(cancel.output)
            watch = OrderStatusSensor(
                task_id="watch",
                exchange_conn_id=conn_id,
                orders=orders,
                target_states=["cancelled", "expired", "filled", "rejected"],
                poke_interval=10,
                timeout=300,
                mode="reschedule",
            )
        reports.append(cancel.output)
        watches.append(watch)
    watches >> summary(reports)


end_of_day_cleanup()
