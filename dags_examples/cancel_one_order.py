"""
Cancel one order that another task names.

Any task will do that pushes the id and the symbol of an order; here one picks the oldest that is open.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from airflow.providers.common.compat.sdk import AirflowSkipException, dag, task

from airflow_provider_exchange.operators.orders import CancelOrderOperator


@task(multiple_outputs=False)  # Airflow 3.0 cannot push the fields that are None one by one
def oldest_order() -> dict[str, Any]:
    """Return the order that has been open for longest. With nothing open, skip the cancel too."""
    from airflow_provider_exchange.hooks.bitopro import BitoProHook

    orders = BitoProHook("bitopro_default").list_open_orders()
    if not orders:
        raise AirflowSkipException("nothing is open")
    return min(orders, key=lambda order: order.created_at or datetime.now(UTC)).summary()


@dag(schedule=None, catchup=False, tags=["exchange"])
def cancel_one_order() -> None:
    """Pick, and cancel."""
    cancel = CancelOrderOperator(
        task_id="cancel",
        exchange_conn_id="bitopro_default",
        order_id="{{ ti.xcom_pull(task_ids='oldest_order')['order_id'] }}",
        symbol="{{ ti.xcom_pull(task_ids='oldest_order')['symbol'] }}",
        on_filled="succeed",
    )
    oldest_order() >> cancel


cancel_one_order()
