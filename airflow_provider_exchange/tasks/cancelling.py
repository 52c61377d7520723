"""What a cancel operator does while its task runs: it cancels in rounds, and waits here or in the triggerer."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Any, NoReturn

from airflow_provider_exchange.errors import (
    ExchangeError,
    OrderFilledError,
    OrderNotFoundError,
    OrderRejectedError,
    TransientError,
)
from airflow_provider_exchange.hooks.exchange import ExchangeHook
from airflow_provider_exchange.models import OrderState, Outcome
from airflow_provider_exchange.operations.cancel import Cancelling
from airflow_provider_exchange.operations.ledger import Ledger
from airflow_provider_exchange.operations.selection import Selection, Selectors
from airflow_provider_exchange.operations.table import headline, table
from airflow_provider_exchange.protocol.steps import DeadlineReached
from airflow_provider_exchange.tasks.attempts import Attempts
from airflow_provider_exchange.tasks.failures import airflow_failures
from airflow_provider_exchange.tasks.order_page import push_order_page
from airflow_provider_exchange.tasks.trigger_event import read_event

if TYPE_CHECKING:
    from collections.abc import Iterator

    from airflow_provider_exchange.exchanges.base import Exchange
    from airflow_provider_exchange.models import CancelReport
    from airflow_provider_exchange.operators.orders import CancelAllOrdersOperator, CancelOrderOperator

__all__ = ["CancelOneTask", "CancelSelectionTask"]

LAST_LOOK = 5.0
"""Seconds, but no more than one request may take, for the look that a task woken at its deadline still takes."""

OUTCOME_ERRORS: dict[Outcome, tuple[type[ExchangeError], str]] = {
    Outcome.FILLED: (OrderFilledError, "the order was filled; there is nothing left to cancel"),
    Outcome.REJECTED: (OrderRejectedError, "the venue had rejected the order"),
    Outcome.NOT_FOUND: (OrderNotFoundError, "the venue does not know the order; check id, symbol and account"),
}


class _CancelTask(ABC):
    """
    One run of a cancel operator, or what follows when its trigger has woken it.

    :param operator: Its arguments, rendered.
    :param context: Airflow's context of the running task.
    """

    def __init__(self, operator: CancelOrderOperator | CancelAllOrdersOperator, context: Any) -> None:
        self._operator = operator
        self._context = context
        self._hook: ExchangeHook | None = None

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
        """
        Go on after the trigger has fired: look, and cancel again what is still open.

        :param event: What the trigger saw. It is read again; an event is no proof.
        :param ledger: What was known of each order.
        :param end_time: The deadline in s since 1970.
        :param waiting_since: When the task was put down, in s since 1970.
        """
        with airflow_failures():
            read_event(event)
            with self._connection() as hook:
                known = Ledger.load(hook.exchange, ledger)
                known.waited += max(0.0, time.time() - waiting_since)
                work = self._work(hook.exchange, known)
                with self._leaving_records(hook.exchange, work):
                    return self._round(hook, work, end_time)

    def stop(self) -> None:
        """Stop waiting at once and send nothing further."""
        if self._hook is not None:
            self._hook.stop()

    @contextmanager
    def _connection(self) -> Iterator[ExchangeHook]:
        self._hook = ExchangeHook.for_connection(self._operator.exchange_conn_id)
        with closing(self._hook):
            yield self._hook

    @abstractmethod
    def _work(self, exchange: Exchange, known: Ledger | None) -> Cancelling:
        """Return the cancel operation that the arguments ask for."""

    @abstractmethod
    def _finish(self, work: Cancelling) -> dict[str, Any]:
        """Tell what became of the orders, and return what goes to XCom."""

    def _recall(self, exchange: Exchange) -> Ledger | None:  # noqa: ARG002  (for tasks that keep a record)
        """Return what an earlier attempt of the task knew, if anything."""
        return None

    @contextmanager
    def _leaving_records(self, exchange: Exchange, work: Cancelling) -> Iterator[None]:
        """Leave the page of the orders, however the work ends."""
        try:
            yield
        finally:
            push_order_page(self._context, exchange, work.symbol)

    def _round(self, hook: ExchangeHook, work: Cancelling, end_time: float) -> dict[str, Any]:
        """Do one round in this task. If that did not settle everything, wait for the next one in the triggerer."""
        left = end_time - time.time()
        if left <= 0:
            hook.run(work.look(), min(LAST_LOOK, hook.planner.request_timeout))
            if work.ledger.unsettled():
                raise work.ledger.cut_off(DeadlineReached())
            return self._finish(work)
        if not hook.run(work.round(), left):
            self._wait_in_triggerer(work, end_time)
        return self._finish(work)

    def _wait_in_triggerer(self, work: Cancelling, end_time: float) -> NoReturn:
        self._operator.wait_in_triggerer(
            orders=[entry.ref.name() for entry in work.ledger.unsettled()],
            target_states=sorted(state for state in OrderState if state.is_terminal),
            # Whatever is not being cancelled needs the task: to cancel it, or to say that it is not known.
            failed_states=[OrderState.OPEN.value, OrderState.UNKNOWN.value],
            end_time=end_time,
            ledger=work.ledger.dump(),
        )


class CancelOneTask(_CancelTask):
    """Cancels one order; see :class:`CancelOrderOperator`."""

    _operator: CancelOrderOperator

    def _work(self, exchange: Exchange, known: Ledger | None) -> Cancelling:
        operator = self._operator
        return Cancelling(
            exchange,
            Selection(orders=(exchange.check_ref(operator.order_id, operator.symbol, operator.client_order_id),)),
            exchange.check_options(operator.options),
            wait=operator.wait_for_completion,
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
    """Cancels a selection of orders; see :class:`CancelAllOrdersOperator`."""

    _operator: CancelAllOrdersOperator

    def __init__(self, operator: CancelAllOrdersOperator, context: Any) -> None:
        super().__init__(operator, context)
        self._selectors = Selectors.of(operator)
        self._attempts = Attempts(
            context, {"exchange_conn_id": operator.exchange_conn_id, **self._selectors.as_dict()}
        )

    def _work(self, exchange: Exchange, known: Ledger | None) -> Cancelling:
        operator = self._operator
        return Cancelling(
            exchange,
            self._selectors.check(exchange),
            exchange.check_options(operator.options),
            max_orders=operator.max_orders,
            wait=operator.wait_for_completion,
            dry_run=operator.only_look,
            known=known,
        )

    def _recall(self, exchange: Exchange) -> Ledger | None:
        return None if self._operator.only_look else self._attempts.recall(exchange)

    @contextmanager
    def _leaving_records(self, exchange: Exchange, work: Cancelling) -> Iterator[None]:
        """Keep a record for the next attempt: of what is to go, and of what is left when this one fails."""
        if self._operator.only_look:
            with super()._leaving_records(exchange, work):
                yield
            return
        work.on_selected = lambda: self._attempts.keep(work.ledger)
        with super()._leaving_records(exchange, work):
            try:
                yield
            except ExchangeError as error:
                if isinstance(error, TransientError):
                    self._attempts.keep(work.ledger)
                self._tell(work.report())
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
