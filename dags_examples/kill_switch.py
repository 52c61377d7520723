"""
Cancel all open orders when a strategy fails.

The teardowns run when the tasks before them are done, even if those failed, and are retried like any task. The
notifiers run when the whole run has failed, for any reason, as a backup. Both cancel all open orders of each
account, whoever placed them. Both need a running Airflow scheduler; neither exchange documents a dead
man's switch.

With Airflow 3.1 or newer the same class also works as the callback of a missed deadline::

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

VENUES = ("nami", "bitopro")


@task
def trade() -> None:
    """Stand in for a strategy that places orders and then fails."""
    raise RuntimeError("the strategy broke down")


@task
def report() -> None:
    """Report success."""
    print("the strategy is done")


@dag(
    schedule=None,
    catchup=False,
    max_active_runs=1,
    # The callbacks run one after the other, and the DAG processor kills them after 50 s by default.
    on_failure_callback=[
        CancelAllOrdersNotifier(exchange_conn_id=f"{venue}_default", timeout=15) for venue in VENUES
    ],
    tags=["exchange"],
)
def kill_switch() -> None:
    """Trade, and cancel all open orders in any case."""
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
        # ignores a failure of the task before the teardowns, so report() makes that one fail the run.
        trade() >> [*clears, report()]


kill_switch()
