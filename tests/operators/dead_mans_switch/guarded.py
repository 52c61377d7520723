"""A DAG that holds a dead man's switch at the paper OKX, run after run."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from airflow.providers.common.compat.sdk import DAG

from airflow_provider_exchange.operators.orders import DeadMansSwitchOperator
from airflow_provider_exchange.tasks.dead_mans_switch import STATE_KEY

if TYPE_CHECKING:
    from airflow_provider_exchange.sandbox.testing import RunningSandbox

NOON = datetime(2026, 12, 1, 12, tzinfo=UTC)
ROUTE = "cancel_all_after"
SENT = {"time", ROUTE}
"""All that is sent to arm or disarm."""

Later = Callable[[float], None]


class Runs:
    """
    One DAG whose runs come one after the other, with the XComs that they leave.

    :param schedule: of the DAG.
    """

    def __init__(self, conn_id: str, schedule: Any = "* * * * *") -> None:
        self._conn_id = conn_id
        self._dag = DAG("guarded", schedule=schedule, start_date=datetime(2026, 1, 1, tzinfo=UTC))
        self._left: dict[str, Any] = {}
        self._undated: dict[str, Any] = {}

    def run(
        self, task_id: str = "arm", *, logical_date: datetime | None = NOON, map_index: int = -1, **kwargs: Any
    ) -> Any:
        """Let a task run; the first time it becomes one of the DAG."""
        if task_id not in self._dag.task_ids:
            arguments = {"countdown": 120, "scope": "account", **kwargs}
            DeadMansSwitchOperator(task_id=task_id, exchange_conn_id=self._conn_id, dag=self._dag, **arguments)
        operator: Any = self._dag.get_task(task_id)
        push = partial(self._push, _name(task_id, map_index), self._undated if logical_date is None else self._left)
        ti = SimpleNamespace(map_index=map_index, xcom_pull=self._pull, xcom_push=push)
        dated = {} if logical_date is None else {"logical_date": logical_date}
        context: Any = {"dag": self._dag, "ti": ti, **dated}
        return json.loads(json.dumps(operator.execute(context)))

    def _push(self, task_id: str, left: dict[str, Any], *, key: str, value: Any) -> None:
        if key == STATE_KEY:  # beside the link
            left[task_id] = json.loads(json.dumps(value))

    def _pull(self, *, key: str, task_ids: str, map_indexes: int, include_prior_dates: bool) -> Any:
        assert (key, include_prior_dates) == (STATE_KEY, True)
        return (self._left | self._undated).get(_name(task_ids, map_indexes))  # as Airflow does on PostgreSQL


def _name(task_id: str, map_index: int) -> str:
    return task_id if map_index < 0 else f"{task_id}[{map_index}]"


def routes(sandbox: RunningSandbox) -> set[str]:
    return {each.route for each in sandbox.request_log}


def time_of(text: str) -> datetime:
    return datetime.fromisoformat(text)
