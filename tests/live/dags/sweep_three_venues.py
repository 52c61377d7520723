"""Sweeps three accounts, each with one retry, and counts once what came of it."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import Any

from airflow.sdk import dag, task

from airflow_provider_exchange.operators.orders import CancelAllOrdersOperator


@task(multiple_outputs=False)
def summary(reports: Any) -> dict[str, int]:
    """Count the outcomes of all venues."""
    outcomes: Counter[str] = Counter()
    for report in reports:
        outcomes.update(report["outcomes"])
    return dict(outcomes)


@dag(schedule=None, catchup=False, default_args={"retries": 1, "retry_delay": timedelta(seconds=1)})
def sweep_three_venues() -> None:
    """Cancel everywhere at once, then count."""
    summary(
        [
            CancelAllOrdersOperator(
                task_id=f"cancel_{venue}", exchange_conn_id=f"{venue}_default", poll_interval=0.2
            ).output
            for venue in ("nami", "bitopro", "loopring")
        ]
    )


sweep_three_venues()
