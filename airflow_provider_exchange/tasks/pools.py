"""Tells of a pool that does not hold: Airflow takes the pool of a mapped task from ``partial()`` alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow_provider_exchange.side_work import SideLog, SideWork

if TYPE_CHECKING:
    from airflow.providers.common.compat.sdk import BaseOperator


def warn_of_ignored_pool(operator: BaseOperator, context: Any) -> None:
    """
    Warn if ``expand()`` has given this task another pool than ``partial()``.

    :param operator: The task's own, which has the pool of ``expand()``. The DAG has the mapped one.
    :param context: Of the task.
    """
    SideWork().attempt("compare the pools of the task", lambda: _compare(operator, context))


def _compare(operator: BaseOperator, context: Any) -> None:
    mapped = getattr(context.get("dag"), "task_dict", {}).get(operator.task_id)
    pool = getattr(mapped, "pool", operator.pool)
    if operator.pool != pool:
        SideLog(operator.log).warning(
            "The pool %r was given in expand(), where Airflow ignores it: a mapped task runs in the pool of "
            "partial(), here %r, unless a cluster policy has chosen another",
            operator.pool,
            pool,
        )
