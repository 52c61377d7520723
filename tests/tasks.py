"""Runs one operator as Airflow's task runner and triggerer do, through everything that they store on the way."""

from __future__ import annotations

import asyncio
import json
from importlib import import_module
from typing import TYPE_CHECKING, Any

from airflow.providers.common.compat.sdk import BaseOperator, TaskDeferred

if TYPE_CHECKING:
    from collections.abc import Callable


class Task:
    """
    A task of its own.

    :param operator: what it runs.
    :param on_defer: called whenever it leaves the worker.
    :param context: what Airflow gives a running task.
    """

    def __init__(
        self,
        operator: BaseOperator,
        on_defer: Callable[[], object] = lambda: None,
        context: dict[str, Any] | None = None,
    ) -> None:
        self.operator = operator
        self.on_defer = on_defer
        self.context: Any = context or {}
        self.deferred = 0
        self.stored: list[str] = []

    def run(self) -> Any:
        """Execute; as often as it defers, run its trigger and resume. Return what it would push to XCom."""
        try:
            return self._execute()
        except TaskDeferred as deferral:
            present = deferral
        while True:
            self.deferred += 1
            self.on_defer()
            payload = self._wait(present)
            kwargs = {**self._store(present.kwargs or {}), "event": payload}
            try:
                return self.operator.resume_execution(present.method_name, kwargs, self.context)
            except TaskDeferred as deferral:
                present = deferral

    def _execute(self) -> Any:
        return self.operator.execute(self.context)

    def _wait(self, deferral: TaskDeferred) -> Any:
        return asyncio.run(self._alone(deferral))

    async def _alone(self, deferral: TaskDeferred) -> Any:
        payload = await self._fire(deferral)
        assert asyncio.all_tasks() == {asyncio.current_task()}, "a trigger leaves no task behind"
        return payload

    async def _fire(self, deferral: TaskDeferred) -> Any:
        class_path, kwargs = deferral.trigger.serialize()
        module, _, name = class_path.rpartition(".")
        trigger = getattr(import_module(module), name)(**self._store(kwargs))
        (event,) = [event async for event in trigger.run()]
        return json.loads(json.dumps(event.payload))

    def _store(self, kwargs: dict[str, Any]) -> dict[str, Any]:
        text = json.dumps(kwargs)
        self.stored.append(text)
        stored: dict[str, Any] = json.loads(text)
        return stored
