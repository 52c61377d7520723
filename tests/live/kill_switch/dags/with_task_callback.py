"""A strategy, and a sensor that waits in the triggerer, each with the kill switch as a callback of the task."""

from __future__ import annotations

from airflow.providers.common.compat.sdk import dag

from airflow_provider_exchange.notifications.orders import CancelAllOrdersNotifier
from airflow_provider_exchange.sensors.orders import OrderStatusSensor
from tests.live.kill_switch.strategy import trade

KILL_SWITCH = CancelAllOrdersNotifier(exchange_conn_id="bitopro_default")


@dag(schedule=None, catchup=False)
def strategy_task() -> None:
    trade.override(on_failure_callback=KILL_SWITCH)("strategy_task")


@dag(schedule=None, catchup=False)
def waiting_task() -> None:
    OrderStatusSensor(
        task_id="wait",
        exchange_conn_id="bitopro_default",
        order_id="{{ dag_run.conf.order_id }}",
        symbol="{{ dag_run.conf.symbol }}",
        poke_interval=1,
        timeout=5,
        deferrable=True,
        on_failure_callback=KILL_SWITCH,
    )


strategy_task()
waiting_task()
