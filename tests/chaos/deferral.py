"""A task that may be put down, and the triggerer that it then waits in, on a clock that skips the waiting."""

from __future__ import annotations

import asyncio
from contextlib import ExitStack
from functools import partial
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

from airflow_provider_exchange.driver.asynchronous import AsyncTransport
from airflow_provider_exchange.hooks.exchange import ExchangeHook
from airflow_provider_exchange.operators.orders import CancelAllOrdersOperator, CancelOrderOperator
from airflow_provider_exchange.triggers import shared_reader
from tests.chaos.loop import SkippingLoop
from tests.tasks import Task

if TYPE_CHECKING:
    from aiohttp import ClientSession
    from airflow.providers.common.compat.sdk import TaskDeferred

    from airflow_provider_exchange.protocol.messages import Request, Response
    from tests.accounts import SkippingClock
    from tests.chaos.tampering import Tamperer
    from tests.chaos.witness import Witness

__all__ = ["DeferrableTask", "Operator", "unguarded"]

Operator = CancelOrderOperator | CancelAllOrdersOperator

AFOR_CONNECTION = ExchangeHook.afor_connection
READ_THE_TIME = ("tasks.cancelling", "triggers.orders")
"""Modules that reckon with the time of day, since a deadline outlives the process."""


def unguarded(operator: Operator, context: Any = None) -> Any:
    """Call an operator's ``execute`` past Airflow's guard against calls from outside a task."""
    execute: Any = type(operator).execute
    return getattr(execute, "__wrapped__", execute)(operator, context or {})


class WatchedTrigger(AsyncTransport):
    """A trigger's driver, seen by a witness."""

    def __init__(self, witness: Witness, sessions: list[ClientSession], *args: Any) -> None:
        super().__init__(*args)
        self._witness = witness
        sessions.append(self._session)

    async def _send(self, request: Request, timeout: float) -> Response:  # noqa: ASYNC109
        loop = asyncio.get_running_loop()
        assert isinstance(loop, SkippingLoop)
        self._witness.leaving_trigger(request)
        with loop.busy():
            return await super()._send(request, timeout)


class DeferrableTask(Task):
    """
    Runs an operator, and as often as it defers, its trigger, which now and then is cancelled and begins anew.

    :param witness: sees the requests of the trigger; its evidence takes what became of the waiting.
    :param clock: of the task, too.
    :param tamperer: writes into what is stored of it; None for nobody.
    :param context: what Airflow gives it; with a tamperer, that one decides.
    """

    operator: Operator

    def __init__(
        self,
        operator: Operator,
        witness: Witness,
        clock: SkippingClock,
        tamperer: Tamperer | None = None,
        context: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(operator, context=context if tamperer is None else tamperer.context())
        self._tamperer = tamperer
        self._witness = witness
        self._clock = clock
        self._sessions: list[ClientSession] = []

    def run(self) -> Any:
        """See :meth:`Task.run`. Requests of the triggers are counted on with those of the task."""

        async def on_our_clock(conn_id: str) -> ExchangeHook:
            hook = await AFOR_CONNECTION(conn_id)
            self._clock.drive(hook.planner)
            return hook

        package = "airflow_provider_exchange"
        day = SimpleNamespace(time=self._clock.wall)
        with ExitStack() as stack:
            for module in READ_THE_TIME:
                stack.enter_context(patch(f"{package}.{module}.time", day))
            stack.enter_context(patch.object(ExchangeHook, "afor_connection", on_our_clock))
            watched = partial(WatchedTrigger, self._witness, self._sessions)
            stack.enter_context(patch(f"{package}.driver.asynchronous.AsyncTransport", watched))
            try:
                return super().run()
            finally:
                self._witness.evidence.deferrals = self.deferred
                self._witness.evidence.records += self.stored

    def _execute(self) -> Any:
        return unguarded(self.operator, self.context)

    def _wait(self, deferral: TaskDeferred) -> Any:
        with asyncio.Runner(loop_factory=lambda: SkippingLoop(self._clock)) as runner:
            seen = runner.run(self._wait_through_restarts(deferral))
        return seen if self._tamperer is None else self._tamperer.event()

    def _store(self, kwargs: dict[str, Any]) -> dict[str, Any]:
        stored = super()._store(kwargs)
        if self._tamperer is not None and "ledger" in stored:
            stored["ledger"] = self._tamperer.ledger()
        return stored

    async def _wait_through_restarts(self, deferral: TaskDeferred) -> Any:
        evidence = self._witness.evidence
        while True:
            waiting = asyncio.create_task(self._fire(deferral))
            self._witness.restart = waiting.cancel
            try:
                return await waiting
            except asyncio.CancelledError:
                evidence.restarts += 1
            finally:
                evidence.left_over += map(repr, asyncio.all_tasks() - {asyncio.current_task()})
                evidence.left_over += map(repr, shared_reader._readers)
                evidence.left_over += [repr(session) for session in self._sessions if not session.closed]
