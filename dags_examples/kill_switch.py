"""
A strategy that breaks down leaves nothing open.

Two nets. The teardowns run when the tasks before them are done, also when those failed, and are retried like any
task. The notifiers run when the whole run has failed, whatever the reason: they are the net below. Both sweep
whole accounts, whoever placed the orders. Airflow's scheduler has to be alive for both; no exchange of the three
documents a switch that cancels by itself when it hears nothing.

With Airflow 3.1 or newer the same class also guards against being late::

    deadline=DeadlineAlert(
        reference=DeadlineReference.DAGRUN_QUEUED_AT,
        interval=timedelta(hours=1),
        callback=AsyncCallback(CancelAllOrdersNotifier, kwargs={"exchange_conn_id": "bitopro_default"}),
    )
"""

from __future__ import annotations

from datetime import timedelta

from airflow.providers.common.compat.sdk import TaskGroup, dag, task

from airflow_provider_exchange.notifications.orders import CancelAllOrdersNotifier
from airflow_provider_exchange.operators.orders import CancelAllOrdersOperator

VENUES = ("nami", "bitopro", "loopring")


@task
def trade() -> None:
    """Stand for a strategy that places orders and then breaks down."""
    raise RuntimeError("the strategy broke down")


@task
def report() -> None:
    """Say how it went, if it went well."""
    print("the strategy is done")


@dag(
    schedule=None,
    catchup=False,
    max_active_runs=1,
    # One after the other, and the DAG processor ends them all after 50 s unless it is told otherwise.
    on_failure_callback=[
        CancelAllOrdersNotifier(exchange_conn_id=f"{venue}_default", timeout=15) for venue in VENUES
    ],
    tags=["exchange"],
)
def kill_switch() -> None:
    """Trade, and tidy up in any case."""
    with TaskGroup("trading"):
        clears = [
            CancelAllOrdersOperator(
                task_id=f"clear_{venue}",
                exchange_conn_id=f"{venue}_default",
                retries=3,
                retry_delay=timedelta(seconds=10),
            ).as_teardown(on_failure_fail_dagrun=True)
            for venue in VENUES
        ]
        # Without on_failure_fail_dagrun a run that leaves orders open could count as a success. With it Airflow
        # looks at the teardowns instead of the task before them; so another task carries that one's failure on.
        trade() >> [*clears, report()]


kill_switch()
