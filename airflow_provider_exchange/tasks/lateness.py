"""Keeps a scheduled cancel to its time: a run that starts late would cancel the orders of another time of day."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from airflow_provider_exchange.errors import RunTooLateError

if TYPE_CHECKING:
    from datetime import timedelta

BOUND_TO_A_TIME = ("scheduled", "backfill")
"""
Types of DAG run that stand for a point of the schedule. A backfill is asked for, but of times that are over: it
would cancel the orders of today once for each of them.
"""


def refuse_late_run(context: Any, max_lateness: timedelta | None, conn_id: str) -> None:
    """
    Fail an attempt that starts too long after its DAG run was due, by this machine's clock.

    :param max_lateness: How long; None for no limit.
    :param conn_id: The connection whose orders are left alone, for the message.
    :raises RunTooLateError: when it is too late; nothing has been sent.
    """
    run = context.get("dag_run")
    if max_lateness is None or run is None or run.run_type not in BOUND_TO_A_TIME:
        return
    # Airflow 2 knows no run_after: there a run is due at the end of its interval, whatever the timetable.
    due = getattr(run, "run_after", None) or context["data_interval_end"]
    lateness = datetime.now(UTC) - due
    if lateness > max_lateness:
        raise RunTooLateError(
            f"the run was due at {due:%Y-%m-%d %H:%M:%S %Z} and this attempt starts {_whole_seconds(lateness)} "
            f"later; max_lateness allows {max_lateness}. It sent nothing: the orders of the connection "
            f"{conn_id} are as they were. To cancel them now, trigger the DAG by hand"
        )


def _whole_seconds(duration: timedelta) -> str:
    return str(duration).partition(".")[0]
