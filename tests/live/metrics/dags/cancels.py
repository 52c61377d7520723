"""A DAG for each place where Airflow has orders cancelled. Each uses the connection that is called like itself."""

from __future__ import annotations

import os
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

from airflow.sdk import DAG, task
from airflow.sdk.definitions.callback import AsyncCallback, SyncCallback
from airflow.sdk.definitions.deadline import DeadlineAlert, DeadlineReference

from airflow_provider_exchange.notifications.orders import CancelAllOrdersNotifier
from airflow_provider_exchange.operators.orders import CancelAllOrdersOperator

FOLDER = "METRICS_FOLDER"
"""Environment variable that names a folder. A file in it ends the late run of the DAG that is called like it."""
LATE = timedelta(seconds=1)


def late(callback: Any, conn_id: str) -> DeadlineAlert:
    return DeadlineAlert(
        reference=DeadlineReference.DAGRUN_QUEUED_AT,
        interval=LATE,
        callback=callback(CancelAllOrdersNotifier, kwargs={"exchange_conn_id": conn_id}),
    )


@task
def fail() -> None:
    raise RuntimeError("the strategy broke down")


@task
def take_long(dag_id: str) -> None:
    while not (Path(os.environ[FOLDER]) / dag_id).exists():
        time.sleep(0.1)


with DAG("task", schedule=None):
    CancelAllOrdersOperator(task_id="clear", exchange_conn_id="task", timeout=3, poll_interval=0.2)

with DAG("retried", schedule=None):
    CancelAllOrdersOperator(
        task_id="clear", exchange_conn_id="task", poll_interval=0.2, retries=1, retry_delay=timedelta(seconds=1)
    )

with DAG("deferred", schedule=None):
    CancelAllOrdersOperator(task_id="clear", exchange_conn_id="deferred", deferrable=True, poll_interval=1)

with DAG("task_callback", schedule=None):
    fail.override(on_failure_callback=CancelAllOrdersNotifier(exchange_conn_id="task_callback"))()

with DAG("dag_callback", schedule=None, on_failure_callback=CancelAllOrdersNotifier("dag_callback")):
    fail()

with DAG("async_deadline", schedule=None, deadline=late(AsyncCallback, "async_deadline")):
    take_long("async_deadline")

with DAG("sync_deadline", schedule=None, deadline=late(SyncCallback, "sync_deadline")):
    take_long("sync_deadline")
