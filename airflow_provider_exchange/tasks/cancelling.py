"""The code of a running cancel task: cancels in rounds, and waits in the worker or the triggerer."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Any

from airflow_provider_exchange.errors import (
    ExchangeError,
    OrderFilledError,
    OrderNotFoundError,
    OrderRejectedError,
    TransientError,
)
from airflow_provider_exchange.hooks.exchange import ExchangeHook
from airflow_provider_exchange.links import push_order_page
from airflow_provider_exchange.models import OrderState, Outcome
from airflow_provider_exchange.operations.cancel import Cancelling
from airflow_provider_exchange.operations.ledger import Ledger
from airflow_provider_exchange.operations.selection import Selection, Selectors
from airflow_provider_exchange.operations.table import headline, table
from airflow_provider_exchange.protocol.steps import DeadlineReached
from airflow_provider_exchange.tasks.attempts import Attempts
from airflow_provider_exchange.tasks.failures import airflow_failures
from airflow_provider_exchange.tasks.trigger_event import read_event

if TYPE_CHECKING:
    from collections.abc import Iterator

    from airflow_provider_exchange.exchanges.base import Exchange
    from airflow_provider_exchange.models import CancelReport
    from airflow_provider_exchange.operators.orders import CancelAllOrdersOperator, CancelOrderOperator

LAST_LOOK = 5.0
"""Seconds for the last reads of a task that is resumed at its deadline; at most one request's timeout."""

OUTCOME_ERRORS: dict[Outcome, tuple[type[ExchangeError], str]] = {
    Outcome.FILLED: (OrderFilledError, "the order was filled; there is nothing left to cancel"),
    Outcome.REJECTED: (OrderRejectedError, "the venue rejected the order when it was placed; it was never open"),
    Outcome.NOT_FOUND: (OrderNotFoundError, "the venue does not know the order; check id, symbol and account"),
}


class _CancelTask(ABC):
    """One execution of a cancel operator: the first one, or one resumed by its trigger."""

    def __init__(self, operator: CancelOrderOperator | CancelAllOrdersOperator, context: Any) -> None:
        self._operator = operator
        self._context = context
        self._hook: ExchangeHook | None = None
        self._stopped = False

    def run(self) -> dict[str, Any]:
        """Cancel and confirm; return what goes to XCom."""
        with airflow_failures(), self._connection() as hook:
            work = self._work(hook.exchange, self._recall(hook.exchange))
            with self._leaving_records(hook.exchange, work):
                if self._operator.deferrable and self._operator.wait_for_completion:
                    return self._round(hook, work, time.time() + self._operator.timeout)
                hook.run(work.run(self._operator.poll_interval), self._operator.timeout)
                return self._finish(work)

    def resume(self, event: Any, ledger: dict[str, Any], end_time: float, waiting_since: float) -> dict[str, Any]:
        """Continue after the trigger has fired; see ``execute_complete`` of the operators."""
        with airflow_failures(), self._connection() as hook:
            known = Ledger.load(hook.exchange, ledger)
            known.waited += max(0.0, time.time() - waiting_since)
            work = self._work(hook.exchange, known)
            with self._leaving_records(hook.exchange, work):
                try:
                    read_event(event)
                except ExchangeError as error:
                    raise work.ledger.failed(error) from error.__cause__
                return self._round(hook, work, end_time)

    def stop(self) -> None:
        """Stop waiting at once and send nothing more, even if nothing was sent yet."""
        self._stopped = True
        if self._hook is not None:
            self._hook.stop()

    @contextmanager
    def _connection(self) -> Iterator[ExchangeHook]:
        self._hook = hook = ExchangeHook.for_connection(self._operator.exchange_conn_id)
        if self._stopped:  # before the hook was there to be told
            hook.stop()
        with closing(hook):
            yield hook

    @abstractmethod
    def _work(self, exchange: Exchange, known: Ledger | None) -> Cancelling:
        """Return the cancel operation for the operator's arguments."""

    @abstractmethod
    def _finish(self, work: Cancelling) -> dict[str, Any]:
        """Log what became of the orders, and return what goes to XCom."""

    def _recall(self, exchange: Exchange) -> Ledger | None:  # noqa: ARG002  (for tasks that keep a record)
        """Return what an earlier attempt of the task found out, if anything."""
        return None

    @contextmanager
    def _leaving_records(self, exchange: Exchange, work: Cancelling) -> Iterator[None]:
        """Push the URL of the order page, however the work ends."""
        try:
            yield
        finally:
            push_order_page(self._context, exchange, work.symbol)

    def _round(self, hook: ExchangeHook, work: Cancelling, end_time: float) -> dict[str, Any]:
        """Do one round in this task. If orders are left, defer until the next one."""
        left = end_time - time.time()
        if left <= 0:
            if not hook.run(work.check(), min(LAST_LOOK, hook.planner.request_timeout) + work.flat_for):
                raise work.ledger.cut_off(DeadlineReached())
            return self._finish(work)
        if not hook.run(work.round(), left):
            self._operator.wait_in_triggerer(
                orders=[entry.ref.name() for entry in work.ledger.unsettled().values()],
                target_states=sorted(state for state in OrderState if state.is_terminal),
                # An open order has to be cancelled again by the task, and an unknown one reported by it.
                failed_states=[OrderState.OPEN.value, OrderState.UNKNOWN.value],
                end_time=end_time,
                ledger=work.ledger.dump(),
            )
        return self._finish(work)


class CancelOneTask(_CancelTask):
    """Runs :class:`CancelOrderOperator`."""

    _operator: CancelOrderOperator

    def _work(self, exchange: Exchange, known: Ledger | None) -> Cancelling:
        operator = self._operator
        return Cancelling(
            exchange,
            Selection(orders=(exchange.check_ref(operator.order_id, operator.symbol, operator.client_order_id),)),
            exchange.check_options(operator.options),
            wait=operator.wait_for_completion,
            lists=False,
            known=known,
        )

    def _finish(self, work: Cancelling) -> dict[str, Any]:
        result = work.result()
        failure = OUTCOME_ERRORS.get(result.outcome)
        if failure is not None and not (result.outcome == "filled" and self._operator.on_filled == "succeed"):
            kind, message = failure
            raise kind(message, exchange=result.exchange, orders=[result.ref])
        self._operator.log.info("%s: order %s: %s", result.exchange, result.ref, result.outcome.value)
        return result.summary()


class CancelSelectionTask(_CancelTask):
    """Runs :class:`CancelAllOrdersOperator`."""

    _operator: CancelAllOrdersOperator

    def __init__(self, operator: CancelAllOrdersOperator, context: Any) -> None:
        super().__init__(operator, context)
        self._selectors = Selectors.of(operator)
        arguments = {"exchange_conn_id": operator.exchange_conn_id, **self._selectors.as_dict()}
        self._attempts = Attempts({} if operator.only_look else context, arguments)

    def _work(self, exchange: Exchange, known: Ledger | None) -> Cancelling:
        operator = self._operator
        return Cancelling(
            exchange,
            self._selectors.check(exchange),
            exchange.check_options(operator.options),
            max_orders=operator.max_orders,
            flat_for=operator.flat_for,
            wait=operator.wait_for_completion,
            dry_run=operator.only_look,
            known=known,
        )

    def _recall(self, exchange: Exchange) -> Ledger | None:
        return self._attempts.recall(exchange)

    @contextmanager
    def _leaving_records(self, exchange: Exchange, work: Cancelling) -> Iterator[None]:
        """Keep the ledger for a retry: once orders are selected, and when the attempt fails."""
        work.on_selected = lambda: self._attempts.keep(work.ledger)
        with super()._leaving_records(exchange, work):
            try:
                yield
            except ExchangeError as error:
                if isinstance(error, TransientError):
                    self._attempts.keep(work.ledger)
                if (report := work.report()).results:
                    self._tell(report)
                raise
        self._attempts.forget()

    def _finish(self, work: Cancelling) -> dict[str, Any]:
        report = work.report()
        self._tell(report)
        return report.summary()

    def _tell(self, report: CancelReport) -> None:
        log = self._operator.log
        log.info(headline(report))
        if report.results:
            log.info("::group::%d orders", len(report.results))
            for line in table(report):
                log.info(line)
            log.info("::endgroup::")
