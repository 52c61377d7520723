"""Clears the Loopring account, which no example does since that venue closed."""

from __future__ import annotations

from airflow.sdk import TaskGroup, dag

from airflow_provider_exchange.operators.orders import CancelAllOrdersOperator


@dag(schedule=None, catchup=False)
def clear_loopring() -> None:
    """Cancel in a group, as the end-of-day example does."""
    with TaskGroup("loopring_default"):
        CancelAllOrdersOperator(task_id="cancel", exchange_conn_id="loopring_default")


clear_loopring()
