"""The places where Airflow has a cancel done: a task, a task that waits in the triggerer, and the callbacks."""

from __future__ import annotations

import asyncio
import json
from contextlib import suppress
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from airflow_provider_exchange.notifications.orders import CancelAllOrdersNotifier
from airflow_provider_exchange.operators.orders import CancelAllOrdersOperator
from tests.tasks import Task

if TYPE_CHECKING:
    from collections.abc import Callable

    import pytest


class Instance(SimpleNamespace):
    """A task instance, which keeps what is pushed."""

    def __init__(self) -> None:
        super().__init__(dag_id="night", run_id="manual_1", task_id="clear", map_index=-1, try_number=1)
        self.pushed: dict[str, Any] = {}

    def xcom_push(self, key: str, value: Any) -> None:
        self.pushed[key] = json.loads(json.dumps(value))


def context() -> Any:
    return {"ti": Instance(), "dag_run": SimpleNamespace(triggering_user_name="ann"), "dag": None}


def in_a_task(logged: Callable[[], str], *, deferrable: bool = False, **arguments: Any) -> Any:
    """Return the report that a task pushes, whether it succeeds or fails."""
    around = context()
    operator = CancelAllOrdersOperator(
        task_id="clear", retries=0, deferrable=deferrable, **{"poll_interval": 0.05, **arguments}
    )
    task = Task(operator, context=around)
    with suppress(Exception):
        task.run()
    return around["ti"].pushed["report"]


def deferred(logged: Callable[[], str], **arguments: Any) -> Any:
    return in_a_task(logged, deferrable=True, **arguments)


def by_the_notifier(logged: Callable[[], str], **arguments: Any) -> Any:
    """Return the report that the notifier logs."""
    around = context()
    with suppress(Exception):
        CancelAllOrdersNotifier(**{"poll_interval": 0.05, **arguments}).notify(around)
    assert around["ti"].pushed == {}, "a push would never return"
    return report_in(logged())


def by_the_asynchronous_notifier(logged: Callable[[], str], **arguments: Any) -> Any:
    around = context()
    with suppress(Exception):
        asyncio.run(CancelAllOrdersNotifier(**{"poll_interval": 0.05, **arguments}).async_notify(around))
    assert around["ti"].pushed == {}
    return report_in(logged())


def report_in(logged: str) -> Any:
    """Return the report in what a kill switch wrote."""
    (line,) = [line for line in logged.splitlines() if '{"kill_switch": ' in line]
    text = line[line.index('{"kill_switch": ') :]
    return json.JSONDecoder().raw_decode(text)[0]["kill_switch"]


PLACES: dict[str, Callable[..., Any]] = {
    "task": in_a_task,
    "deferred": deferred,
    "notifier": by_the_notifier,
    "asynchronous notifier": by_the_asynchronous_notifier,
}


def log_reader(caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]) -> Callable[[], str]:
    """Airflow logs in one of two ways, by its version."""
    caplog.set_level("INFO")
    return lambda: capsys.readouterr().out or caplog.text
