"""
Cancel several orders, each in its own mapped task, so that each can fail and be retried independently.

For many orders at once, ``CancelAllOrdersOperator(orders=...)`` takes the same list and needs fewer requests.
"""

from __future__ import annotations

from typing import Any

from airflow.providers.common.compat.sdk import dag, task

from airflow_provider_exchange.operators.orders import CancelOrderOperator


@task
def buy_orders() -> list[dict[str, Any]]:
    """Return every open buy order. If there are none, Airflow skips the cancel."""
    from airflow_provider_exchange.hooks.nami import NamiHook

    orders = NamiHook("nami_default").list_open_orders()
    return [{"order_id": order.order_id, "symbol": order.symbol} for order in orders if order.side == "buy"]


@dag(schedule=None, catchup=False, tags=["exchange"])
def cancel_mapped_orders() -> None:
    """List the open buy orders, and cancel them one by one."""
    CancelOrderOperator.partial(
        task_id="cancel",
        exchange_conn_id="nami_default",
        on_filled="succeed",
        map_index_template="{{ task.order_id }}",
        max_active_tis_per_dagrun=4,
    ).expand_kwargs(buy_orders())


cancel_mapped_orders()
