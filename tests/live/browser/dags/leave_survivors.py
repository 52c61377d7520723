"""Cancels for a few seconds, for an exchange that takes the cancels and carries out none."""

from __future__ import annotations

from airflow.sdk import dag

from airflow_provider_exchange.operators.orders import CancelAllOrdersOperator


@dag(schedule=None, catchup=False)
def leave_survivors() -> None:
    """Cancel the sells of one account, in vain."""
    CancelAllOrdersOperator(task_id="sweep", exchange_conn_id="bitopro_default", side="sell", timeout=5)


leave_survivors()
