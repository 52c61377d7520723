"""Watches every open order of three accounts from the triggerer, until it has ended."""

from __future__ import annotations

from typing import Any

from airflow.sdk import dag, task

from airflow_provider_exchange.sensors.orders import OrderStatusSensor

VENUES = ("nami", "bitopro", "loopring")


@task
def open_orders(conn_id: str) -> list[dict[str, Any]]:
    """Name what is open."""
    from airflow_provider_exchange.hooks.exchange import ExchangeHook

    return [order.summary() for order in ExchangeHook.for_connection(conn_id).list_open_orders()]


@dag(schedule=None, catchup=False)
def watch_orders() -> None:
    """List and watch, account by account."""
    for venue in VENUES:
        orders: Any = open_orders.override(task_id=f"list_{venue}")(f"{venue}_default")
        OrderStatusSensor(
            task_id=f"watch_{venue}",
            exchange_conn_id=f"{venue}_default",
            orders=orders,
            target_states=["cancelled", "expired", "filled", "rejected"],
            poke_interval=1,
            timeout=300,
            deferrable=True,
            # A busy scheduler reads of the deferral's end after it has queued the task again, and then takes the
            # task for failed ("finished with state success, but the task instance's state attribute is queued").
            retries=2,
            retry_delay=1,
        )


watch_orders()
