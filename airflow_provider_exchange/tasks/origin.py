"""What in Airflow a running task or callback belongs to, as its context tells it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from airflow_provider_exchange.models.reports import Origin
from airflow_provider_exchange.side_work import SideWork

__all__ = ["BRIEFLY", "origin_of"]


BRIEFLY = 0.2
"""Seconds, where cancels wait for it."""


def origin_of(context: Any, patience: float | None = None) -> Origin:
    """
    Return what a context tells. It never fails, and takes two seconds at most: Airflow 2 may ask its database.

    :param context: Of a task, of a callback of a task or a DAG, or of a deadline, where the run is a dict.
    :param patience: Seconds that it may take; None for two.
    """
    told = SideWork().attempt(
        "tell what the run belongs to", lambda: _origin(context), uses="the run", patience=patience
    )
    return told or Origin()


def _origin(context: Any) -> Origin:
    task, run = (context.get(name) for name in ("ti", "dag_run"))
    index = _number(task, "map_index")
    return Origin(
        dag_id=_text(task, "dag_id") or _text(run, "dag_id") or _text(context.get("dag"), "dag_id"),
        run_id=_text(task, "run_id")
        or _text(run, "run_id")
        or _text(run, "dag_run_id")
        or _text(context, "run_id"),
        task_id=_text(task, "task_id"),
        map_index=None if index is None or index < 0 else index,
        attempt=_number(task, "try_number"),
        triggered_by=_text(run, "triggering_user_name"),
    )


def _told(holder: Any, name: str) -> Any:
    return holder.get(name) if isinstance(holder, Mapping) else getattr(holder, name, None)


def _text(holder: Any, name: str) -> str | None:
    value = _told(holder, name)
    return value if isinstance(value, str) and value else None


def _number(holder: Any, name: str) -> int | None:
    value = _told(holder, name)
    return value if type(value) is int else None
