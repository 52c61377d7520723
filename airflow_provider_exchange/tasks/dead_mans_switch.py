"""The code of a running task that sets a dead man's switch."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Any

from airflow_provider_exchange.errors import ExchangeError, Stopped
from airflow_provider_exchange.hooks.exchange import ExchangeHook
from airflow_provider_exchange.links import leave_order_page
from airflow_provider_exchange.operations.dead_mans_switch import (
    failed_to_set,
    look_back,
    set_switch,
    switch_of,
    time_to_set,
)
from airflow_provider_exchange.operations.switch_state import RanOut, SwitchState, told_in_words
from airflow_provider_exchange.side_work import SideLog, SideWork
from airflow_provider_exchange.tasks.failures import airflow_failures
from airflow_provider_exchange.tasks.schedule import check_interval

if TYPE_CHECKING:
    from collections.abc import Iterator

    from airflow_provider_exchange.exchanges.base import Exchange
    from airflow_provider_exchange.operators.dead_mans_switch import DeadMansSwitchOperator

STATE_KEY = "dead_mans_switch"
"""The XCom from which later runs learn what the venue has confirmed."""
LOOK_BACK = 20.0
"""Seconds for all that is read of a countdown that has ended."""


class SwitchTask:
    """One execution of :class:`DeadMansSwitchOperator`."""

    def __init__(self, operator: DeadMansSwitchOperator, context: Any) -> None:
        operator.order_page = ""
        self._operator = operator
        self._context = context
        self._log = SideLog(operator.log)
        self._hook: ExchangeHook | None = None
        self._stopped = False

    def run(self) -> dict[str, Any]:
        """Set the switch; return what goes to XCom."""
        operator = self._operator
        with airflow_failures():
            if not operator.disarm:
                check_interval(self._context.get("dag"), operator.countdown)
            self._hook = hook = ExchangeHook.for_connection(operator.exchange_conn_id)
            if self._stopped:  # before the hook was there to be told
                hook.stop()
            with closing(hook):
                try:
                    return self._set(hook)
                finally:
                    leave_order_page(operator, self._context, hook.exchange, None)

    def stop(self) -> None:
        """Stop waiting at once and send nothing more, even if nothing was sent yet."""
        self._stopped = True
        if self._hook is not None:
            self._hook.stop()

    def _set(self, hook: ExchangeHook) -> dict[str, Any]:
        """Set the switch first; what earlier runs have stored is asked for afterwards, as Airflow may be slow."""
        exchange, countdown = hook.exchange, self._operator.countdown
        switch_of(exchange, countdown)
        try:
            state = hook.run(set_switch(exchange, countdown), time_to_set(countdown))
        except ExchangeError as error:
            raise failed_to_set(error, self._last_word(exchange), exchange.conn_id, countdown) from error
        self._log.info("%s", told_in_words(state))
        last = self._last_word(exchange)
        self._keep(state)
        ran_out = self._ran_out(hook, state, last)
        return state.dump() | {"ran_out": None if ran_out is None else ran_out.dump()}

    def _keep(self, state: SwitchState) -> None:
        """
        Leave for later runs what the venue has confirmed.

        A run without a logical date leaves nothing: on PostgreSQL, Airflow would hand out its XCom before that of
        every dated run, for ever.
        """
        task_instance = self._context.get("ti")
        if task_instance is None or self._context.get("logical_date") is None:
            return
        SideWork().attempt(
            "keep for later runs what was told of the switch",
            lambda: task_instance.xcom_push(key=STATE_KEY, value=state.dump()),
        )

    def _ran_out(self, hook: ExchangeHook, state: SwitchState, last: SwitchState | None) -> RanOut | None:
        """Tell what a countdown of an earlier run has done that has ended in between, if there is one."""
        if last is None or last.trigger_time is None or last.trigger_time > state.venue_time:
            return None
        try:
            ran_out = hook.run(look_back(hook.exchange, last), LOOK_BACK, repeat_reads=False)
        except Stopped:
            raise
        except Exception as error:  # noqa: BLE001  (whatever it is, the switch is armed)
            self._log.warning("What the exchange has done cannot be read (%s)", type(error).__name__)
            ran_out = RanOut(last.trigger_time, None, None)
        self._log.warning("%s", ran_out.in_words(last.conn_id))
        return ran_out

    def _last_word(self, exchange: Exchange) -> SwitchState | None:
        """Return what the venue has confirmed last to a task of this DAG, as far as Airflow still has it."""
        return SideWork().attempt(
            "read what earlier runs were told of the switch", lambda: self._latest_stored(exchange)
        )

    def _latest_stored(self, exchange: Exchange) -> SwitchState | None:
        stored = (SwitchState.load(each, exchange) for each in self._pulled())
        return max((each for each in stored if each is not None), key=lambda each: each.venue_time, default=None)

    def _pulled(self) -> Iterator[Any]:
        """
        Yield what each task of the DAG that sets a switch has left last, this one among them.

        Of one that is mapped, what belongs to the index of this one: it arms and disarms the same accounts, or what
        it has left is about another and counts for nothing.
        """
        task_instance, dag, operator = self._context.get("ti"), self._context.get("dag"), self._operator
        if task_instance is None or dag is None:
            return
        for task in dag.tasks:
            if task.task_type != operator.task_type:
                continue
            own = task_instance.map_index
            for map_index in (own,) if task.task_id == operator.task_id else dict.fromkeys((own, -1)):
                yield task_instance.xcom_pull(
                    key=STATE_KEY, task_ids=task.task_id, map_indexes=map_index, include_prior_dates=True
                )
