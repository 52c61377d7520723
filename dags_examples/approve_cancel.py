"""
A person approves a list of open orders, and the DAG cancels exactly these.

For Airflow 3.1 and newer, whose standard provider has the approval operator. Answer under "Required actions";
without an answer within an hour, nothing is cancelled. Orders placed after the list was made stay open. So does an
order that the exchange shows under a name that cannot be read.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from airflow.providers.common.compat.sdk import AirflowSkipException, dag, task
from airflow.providers.standard.operators.hitl import ApprovalOperator

from airflow_provider_exchange.operators.orders import CancelAllOrdersOperator

ACCOUNT = "bitopro_default"

LIST = """
| market | side | type | price | stop | quantity | filled so far | placed | order |
| --- | --- | --- | --- | --- | --- | --- | --- | --- |
{% for order in ti.xcom_pull(task_ids="orders") -%}
| {% for cell in ("symbol", "side", "type", "price", "stop_price", "quantity", "filled_quantity", "created_at") -%}
{{ "" if order[cell] is none else order[cell] }} | {% endfor %}{{ order["order_id"] }} |
{% endfor %}
"""


@task
def orders(report: Any) -> list[dict[str, Any]]:
    """Return the orders that can be cancelled. If there are none, skip the approval and the cancel."""
    listed = [order for order in report["orders"] if order["outcome"] == "not_sent"]
    if not listed:
        raise AirflowSkipException("there is no order to cancel")
    return listed


@dag(schedule=None, catchup=False, max_active_runs=1, tags=["exchange"])
def approve_cancel() -> None:
    """List the open orders, ask for approval, and cancel them."""
    look = CancelAllOrdersOperator(task_id="look", exchange_conn_id=ACCOUNT, dry_run=True)
    listed: Any = orders(look.output)
    approve = ApprovalOperator(
        task_id="approve",
        subject=f"Cancel {{{{ ti.xcom_pull(task_ids='orders') | length }}}} order(s) of {ACCOUNT}?",
        body=LIST,
        defaults="Reject",
        response_timeout=timedelta(hours=1),
    )
    cancel = CancelAllOrdersOperator(task_id="cancel", exchange_conn_id=ACCOUNT, orders=listed)
    listed >> approve >> cancel


approve_cancel()
