"""A strategy, and a sensor that waits in the triggerer, each with the kill switch as a callback of the DAG."""

from __future__ import annotations

from airflow.providers.common.compat.sdk import dag

from airflow_provider_exchange.notifications.orders import CancelAllOrdersNotifier
from airflow_provider_exchange.sensors.orders import OrderStatusSensor
from tests.live.kill_switch.strategy import trade

KILL_SWITCH = CancelAllOrdersNotifier(exchange_conn_id="nami_default")


@dag(schedule=None, catchup=False, on_failure_callback=KILL_SWITCH)
def strategy_dag() -> None:
    trade("strategy_dag")


@dag(schedule=None, catchup=False, on_failure_callback=KILL_SWITCH)
def waiting_dag() -> None:
    OrderStatusSensor(
        task_id="wait",
        exchange_conn_id="nami_default",
        order_id="{{ dag_run.conf.order_id }}",
        symbol="{{ dag_run.conf.symbol }}",
        poke_interval=1,
        timeout=5,
        deferrable=True,
    )


strategy_dag()
waiting_dag()
