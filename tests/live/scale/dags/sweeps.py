"""Sweeps of many accounts, and of many strategies that share one account; and sensors."""

from __future__ import annotations

from datetime import timedelta

from airflow.sdk import DAG

from airflow_provider_exchange.operators.orders import CancelAllOrdersOperator
from airflow_provider_exchange.sensors.orders import OrderStatusSensor
from tests.live.scale.accounts import SHARED, SHARES, SWEPT, WATCHED

ARGUMENTS = {"retries": 10, "retry_delay": timedelta(seconds=2), "poll_interval": 0.5}

for dag_id, accounts in SWEPT.items():
    with DAG(dag_id, schedule=None, catchup=False, max_active_tasks=64, default_args=ARGUMENTS):
        CancelAllOrdersOperator.partial(task_id="sweep", deferrable=dag_id == "sweep_deferred").expand_kwargs(
            [{"exchange_conn_id": account.conn_id, "symbols": [account.symbol]} for account in accounts]
        )

for account in SHARED:
    for dag_id, pool in ((f"share_{account.venue}", "default_pool"), (f"pool_{account.venue}", account.venue)):
        with DAG(dag_id, schedule=None, catchup=False, max_active_tasks=64, default_args=ARGUMENTS):
            CancelAllOrdersOperator.partial(
                task_id="sweep", exchange_conn_id=account.conn_id, symbols=[account.symbol], pool=pool
            ).expand(orders=[list(share) for share in SHARES])

with DAG("watch", schedule=None, catchup=False, max_active_tasks=64, default_args=ARGUMENTS):
    OrderStatusSensor.partial(task_id="watch", deferrable=True, poke_interval=2, timeout=900).expand_kwargs(
        [
            {"exchange_conn_id": account.conn_id, "symbol": account.symbol, "order_id": order_id}
            for order_id, account in WATCHED.items()
        ]
    )
