"""
Cancel one order that another task names.

The other task pushes an order's id and symbol; here it picks the oldest open order.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from airflow.providers.common.compat.sdk import AirflowSkipException, dag, task

from airflow_provider_exchange.operators.orders import CancelOrderOperator


@task(multiple_outputs=False)  # Airflow 3.0 cannot push fields that are None as separate XComs
def oldest_order() -> dict[str, Any]:
    """Return the oldest open order. If there is none, skip the cancel too."""
    from airflow_provider_exchange.hooks.bitopro import BitoProHook

    orders = BitoProHook("bitopro_default").list_open_orders()
    if not orders:
        raise AirflowSkipException("nothing is open")
    return min(orders, key=lambda order: order.created_at or datetime.now(UTC)).summary()


@dag(schedule=None, catchup=False, tags=["exchange"])
def cancel_one_order() -> None:
    """Pick an order, and cancel it."""
    cancel = CancelOrderOperator(
        task_id="cancel",
        exchange_conn_id="bitopro_default",
        order_id="{{ ti.xcom_pull(task_ids='oldest_order')['order_id'] }}",
        symbol="{{ ti.xcom_pull(task_ids='oldest_order')['symbol'] }}",
        on_filled="succeed",
    )
    oldest_order() >> cancel


cancel_one_order()
