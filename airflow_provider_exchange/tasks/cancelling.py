"""The code of a running cancel task: cancels in rounds, and waits in the worker or the triggerer."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from airflow.providers.common.compat.sdk import AirflowNotFoundException, AirflowTaskTimeout

from airflow_provider_exchange.errors import (
    ExchangeError,
    ExchangeUnavailableError,
    OrderFilledError,
    OrderNotFoundError,
    OrderRejectedError,
    Stopped,
    TransientError,
    foreign_summary,
)
from airflow_provider_exchange.evidence.recorder import Recorder, record
from airflow_provider_exchange.hooks.exchange import ExchangeHook
from airflow_provider_exchange.links import leave_order_page
from airflow_provider_exchange.models.orders import OrderState, how_many_orders
from airflow_provider_exchange.models.reports import CancelReport, Outcome
from airflow_provider_exchange.operations.cancel import Cancelling
from airflow_provider_exchange.operations.earlier import Earlier
from airflow_provider_exchange.operations.selection import Selection, Selectors
from airflow_provider_exchange.operations.table import headline, table
from airflow_provider_exchange.side_work import SideLog, tell
from airflow_provider_exchange.tasks.account import check_account
from airflow_provider_exchange.tasks.attempts import Attempts
from airflow_provider_exchange.tasks.failures import airflow_failures
from airflow_provider_exchange.tasks.lateness import refuse_late_run
from airflow_provider_exchange.tasks.metrics import send_metrics
from airflow_provider_exchange.tasks.origin import BRIEFLY, origin_of
from airflow_provider_exchange.tasks.pools import warn_of_ignored_pool
from airflow_provider_exchange.tasks.publishing import push_report, send_with_asset_events
from airflow_provider_exchange.tasks.trigger_event import read_event

if TYPE_CHECKING:
    from collections.abc import Iterator

    from airflow_provider_exchange.exchanges.base import Exchange
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
        operator.order_page = ""
        self._operator = operator
        self._context = context
        self._hook: ExchangeHook | None = None
        self._running: Cancelling | None = None
        self._recorder = Recorder()
        self._report: CancelReport | None = None
        """What became of the orders, once that is known."""
        self._is_cut_off = False
        """Whether this attempt goes on without what it knew before."""
        self._stopped = False

    def run(self) -> dict[str, Any]:
        """Cancel and confirm; return what goes to XCom."""
        with self._publishing():
            refuse_late_run(self._context, self._operator.max_lateness, self._operator.exchange_conn_id)
            with self._connection() as hook, self._at_work(hook, None) as work:
                if self._operator.deferrable and self._operator.wait_for_completion:
                    return self._round(hook, work, time.time() + self._operator.timeout)
                operation = work.run(self._operator.poll_interval)
                hook.run(operation, self._operator.timeout, observer=self._recorder)
                return self._finish(work)

    def resume(self, event: Any, ledger: Any, end_time: Any) -> dict[str, Any]:
        """Continue after the trigger has fired; see ``execute_complete`` of the operators."""
        with self._publishing(), self._connection() as hook:
            told = ledger if isinstance(ledger, dict) else {}
            check_account(hook, told.get("account"))
            with self._at_work(hook, Earlier.load(hook.exchange, ledger), told.get("evidence")) as work:
                return self._round(hook, work, self._deadline(end_time), _error_in(event))

    def look_a_last_time(self) -> dict[str, Any]:
        """End a wait in which no trigger answered: Airflow has dropped what was known of the orders with it."""
        SideLog(self._operator.log).warning(
            "The triggerer sent no event in time (is one running?). Reading the orders a last time; what was known "
            "of those that are gone may be lost"
        )
        return self._go_on(end_time=0)

    def go_on_without_trigger(self) -> dict[str, Any]:
        """
        Go on after the trigger has failed: cancel what is open, and fail if that does not end it.

        Airflow has dropped the deadline with the rest, and may have been down for days. So it is reckoned anew from
        the attempt's start; after it, orders are only read.
        """
        SideLog(self._operator.log).warning(
            "The trigger failed; the triggerer's log tells why. Going on in the time that the task has left; what "
            "was known of the orders that are gone may be lost"
        )
        trouble = ExchangeUnavailableError("the trigger failed before the orders were gone; run the task again")
        began = getattr(self._context.get("ti"), "start_date", None)
        end_time = began.timestamp() + self._operator.timeout if isinstance(began, datetime) else None
        return self._go_on(self._deadline(end_time), trouble)

    def _go_on(self, end_time: float, trouble: ExchangeError | None = None) -> dict[str, Any]:
        self._is_cut_off = True
        with self._publishing(), self._connection() as hook, self._at_work(hook, None) as work:
            work.ledger.assume_sent()
            return self._round(hook, work, end_time, trouble)

    @contextmanager
    def _publishing(self) -> Iterator[None]:
        """
        Turn errors into Airflow's, and leave the report where alerts find it, however the task ends.

        This comes last, as Airflow's channel may hang. A task that is deferred or stopped has nothing to report.
        """
        try:
            with airflow_failures():
                try:
                    yield
                except Stopped:
                    raise
                except (Exception, AirflowTaskTimeout) as error:
                    self._report = self._final(self._report_of(error))
                    if isinstance(error, ExchangeError):
                        error.report = self._report
                    raise
        finally:
            if self._report is not None:
                push_report(self._context, self._report)
                warn_of_ignored_pool(self._operator, self._context)
                send_metrics([self._report])
            self._recorder.close()

    def _report_of(self, error: BaseException) -> CancelReport:
        """Return what is known of the orders at the end of a task that failed."""
        if isinstance(error, ExchangeError):
            report, told = error.report, error.summary()
        else:
            report, told = None, foreign_summary(error)
        if report is None and self._running is not None:
            report = self._running.report()
        if report is None:  # the task could not even begin
            venue = getattr(error, "exchange", None) or ""
            is_dry = getattr(self._operator, "only_look", False)
            report = CancelReport(venue, (), None, is_dry, conn_id=str(self._operator.exchange_conn_id))
        return replace(report, error=told)

    def _final(self, report: CancelReport) -> CancelReport:
        """Return a report with what it belongs to, once it is recorded as the verdict."""
        return self._recorder.end(replace(report, origin=origin_of(self._context)))

    @contextmanager
    def _at_work(
        self, hook: ExchangeHook, earlier: Earlier | None, evidence: object = None
    ) -> Iterator[Cancelling]:
        """
        Make the cancel operation, whose records are left and whose errors have a report.

        :param evidence: Where its record goes on after a deferral.
        """
        self._running = work = self._work(hook.exchange, earlier)
        self._recorder = record(
            self._operator.evidence,
            hook.exchange,
            work.asked,
            origin=lambda: origin_of(self._context, BRIEFLY),
            carried=evidence,
            is_cut_off=self._is_cut_off,
        )
        with self._leaving_records(hook.exchange, work):
            try:
                yield work
            except ExchangeError as error:
                error.report = error.report or work.report(error)
                raise

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
    def _work(self, exchange: Exchange, earlier: Earlier | None) -> Cancelling:
        """Return the cancel operation for the operator's arguments, with what was known before a deferral."""

    @abstractmethod
    def _finish(self, work: Cancelling) -> dict[str, Any]:
        """Log what became of the orders, and return what goes to XCom."""

    def _succeeded(self, work: Cancelling) -> CancelReport:
        """Return the report of a task that has done what it was asked for."""
        self._report = report = self._final(work.report())
        send_with_asset_events(self._context, self._operator.outlets, report)
        return report

    def _deadline(self, end_time: Any) -> float:
        """Return a deadline that comes from Airflow's database, but at most a whole timeout from now."""
        latest = time.time() + self._operator.timeout
        is_time = type(end_time) in (int, float) and end_time == end_time  # NaN differs from itself
        return max(0.0, min(end_time, latest)) if is_time else latest

    @contextmanager
    def _leaving_records(self, exchange: Exchange, work: Cancelling) -> Iterator[None]:
        """Leave the URL of the order page, however the work ends."""
        try:
            yield
        finally:
            leave_order_page(self._operator, self._context, exchange, work.symbol)

    def _round(
        self, hook: ExchangeHook, work: Cancelling, end_time: float, trouble: Exception | None = None
    ) -> dict[str, Any]:
        """
        Do one round in this task. If orders are left, defer until the next one.

        :param trouble: The error with which the last deferral ended. It keeps the task from deferring again, but no
            order from being cancelled.
        """
        left = end_time - time.time()
        if left <= 0:
            longest = min(LAST_LOOK, hook.planner.request_timeout) + work.flat_for
            if not hook.run(work.check(), longest, observer=self._recorder):
                raise work.cut_off()
            return self._finish(work)
        rounds = work.rounds_until_waiting(self._operator.poll_interval)
        if not hook.run(rounds, left, observer=self._recorder):
            if trouble is not None:
                raise work.ledger.failed(trouble) if isinstance(trouble, ExchangeError) else trouble
            self._operator.wait_in_triggerer(
                orders=[entry.ref.name() for entry in work.ledger.unsettled().values()],
                target_states=sorted(state for state in OrderState if state.is_terminal),
                # An open order has to be cancelled again by the task, and an unknown one reported by it.
                failed_states=[OrderState.OPEN.value, OrderState.UNKNOWN.value],
                end_time=end_time,
                ledger=work.ledger.dump() | self._recorder.defer(),
            )
        return self._finish(work)


def _error_in(event: Any) -> Exception | None:
    try:
        read_event(event)
    except (ExchangeError, AirflowNotFoundException) as error:
        return error
    return None


class CancelOneTask(_CancelTask):
    """Runs :class:`CancelOrderOperator`."""

    _operator: CancelOrderOperator

    def _work(self, exchange: Exchange, earlier: Earlier | None) -> Cancelling:
        operator = self._operator
        return Cancelling(
            exchange,
            Selection(orders=(exchange.check_ref(operator.order_id, operator.symbol, operator.client_order_id),)),
            exchange.check_options(operator.options),
            wait=operator.wait_for_completion,
            lists=False,
            earlier=earlier,
        )

    def _finish(self, work: Cancelling) -> dict[str, Any]:
        result = work.result()
        failure = OUTCOME_ERRORS.get(result.outcome)
        if failure is not None and not (result.outcome == "filled" and self._operator.on_filled == "succeed"):
            kind, message = failure
            raise kind(message, exchange=result.exchange, orders=[result.ref])
        self._succeeded(work)
        log = SideLog(self._operator.log)
        log.info("%s: order %s: %s", result.exchange, result.ref, result.outcome.value)
        return result.summary()


class CancelSelectionTask(_CancelTask):
    """Runs :class:`CancelAllOrdersOperator`."""

    _operator: CancelAllOrdersOperator
    _attempts: Attempts

    def __init__(self, operator: CancelAllOrdersOperator, context: Any) -> None:
        super().__init__(operator, context)
        self._selectors = Selectors.of(operator)

    def _work(self, exchange: Exchange, earlier: Earlier | None) -> Cancelling:
        operator = self._operator
        self._attempts = Attempts(
            {} if operator.only_look else self._context,
            {"exchange_conn_id": operator.exchange_conn_id, **self._selectors.as_dict()},
            exchange,
            is_cut_off=self._is_cut_off,
        )
        return Cancelling(
            exchange,
            self._selectors.check(exchange),
            exchange.check_options(operator.options),
            max_orders=operator.max_orders,
            flat_for=operator.flat_for,
            wait=operator.wait_for_completion,
            dry_run=operator.only_look,
            earlier=earlier,
            records=self._attempts,
        )

    @contextmanager
    def _leaving_records(self, exchange: Exchange, work: Cancelling) -> Iterator[None]:
        """Keep the ledger for a retry when the attempt fails, beside what is kept as cancels are sent."""
        with super()._leaving_records(exchange, work):
            try:
                yield
                self._attempts.forget()
            except ExchangeError as error:
                if isinstance(error, TransientError):
                    self._attempts.keep(work.ledger)
                report = error.report
                if report is not None and report.results:
                    tell(lambda: self._write(report))
                raise
            finally:
                self._attempts.end()

    def _finish(self, work: Cancelling) -> dict[str, Any]:
        report = self._succeeded(work)
        tell(lambda: self._write(report))
        return report.summary()

    def _write(self, report: CancelReport) -> None:
        log = self._operator.log
        log.info(headline(report))
        if report.results:
            log.info("::group::%s%s", how_many_orders(len(report.results)), ", dry run" if report.dry_run else "")
            for line in table(report):
                log.info(line)
            log.info("::endgroup::")
