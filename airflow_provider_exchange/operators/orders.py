"""
Operators that cancel orders and prove that they are gone.

What only a running task needs is imported where it is used: every parse of every DAG file imports this module.
"""

from __future__ import annotations

import time
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Any, Literal

from airflow.providers.common.compat.sdk import BaseOperator, conf

from airflow_provider_exchange.errors import (
    ExchangeError,
    OrderFilledError,
    OrderNotFoundError,
    OrderRejectedError,
)
from airflow_provider_exchange.links import OrderPageLink, push_order_page
from airflow_provider_exchange.omitted import OMITTED
from airflow_provider_exchange.tasks.failures import airflow_failures
from airflow_provider_exchange.tasks.trigger_event import read_event

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import timedelta

    from airflow.providers.common.compat.sdk import Context, XComArg

    from airflow_provider_exchange.hooks.exchange import ExchangeHook
    from airflow_provider_exchange.models import CancelReport, CancelResult
    from airflow_provider_exchange.operations.cancel import Cancelling
    from airflow_provider_exchange.operations.ledger import Ledger
    from airflow_provider_exchange.tasks.attempts import Attempts

__all__ = ["CancelAllOrdersOperator", "CancelOrderOperator"]


LAST_LOOK = 5.0
"""Seconds, but no more than one request may take, for the look that a task woken at its deadline still takes."""

OUTCOME_ERRORS: dict[str, tuple[type[ExchangeError], str]] = {
    "filled": (OrderFilledError, "the order was filled; there is nothing left to cancel"),
    "rejected": (OrderRejectedError, "the venue had rejected the order"),
    "not_found": (OrderNotFoundError, "the venue does not know the order; check id, symbol and account"),
}


class _CancelOperator(BaseOperator):
    """What both operators share: rounds of cancelling in a task, and waiting in it or in the triggerer."""

    ui_color = "#f4d6cc"
    operator_extra_links = (OrderPageLink(),)

    def __init__(
        self,
        *,
        exchange_conn_id: str,
        wait_for_completion: bool,
        timeout: float,
        poll_interval: float,
        deferrable: bool,
        options: Mapping[str, bool] | XComArg | None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if not timeout > 0 or not poll_interval > 0:
            raise ValueError("timeout and poll_interval must be positive, in seconds")
        self.exchange_conn_id = exchange_conn_id
        self.wait_for_completion = wait_for_completion
        self.timeout = timeout
        self.poll_interval = poll_interval
        self.deferrable = deferrable
        self.options = options
        self._hook: ExchangeHook | None = None

    def _work(self, hook: ExchangeHook, ledger: Ledger | None = None) -> Cancelling:
        raise NotImplementedError

    def _finish(self, work: Cancelling) -> dict[str, Any]:
        raise NotImplementedError

    def execute(self, context: Context) -> dict[str, Any]:
        """
        Cancel and confirm.

        :param context: Airflow's.
        """
        return self._cancel(context)

    def _cancel(self, context: Context) -> dict[str, Any]:
        # Apart from execute, whose wrapper in Airflow 2 warns when an execute calls another.
        with airflow_failures(), self._open_hook() as hook:
            work = self._work(hook, self._recall(context, hook))
            with self._accounted(context, hook, work):
                if self.deferrable and self.wait_for_completion:
                    return self._round(hook, work, time.time() + self.timeout)
                hook.run(work.run(self.poll_interval), self.timeout)
                return self._finish(work)

    def execute_complete(
        self, context: Context, event: Any = None, *, ledger: dict[str, Any], end_time: float, waiting_since: float
    ) -> dict[str, Any]:
        """
        Go on after the trigger has fired: look, and cancel again what is still open.

        :param context: Airflow's.
        :param event: Of :class:`OrderStatusTrigger`. What it saw is read again; an event is no proof.
        :param ledger: What was known of each order.
        :param end_time: The deadline in s since 1970.
        :param waiting_since: When the task was put down, in s since 1970.
        """
        from airflow_provider_exchange.operations.ledger import Ledger

        with airflow_failures():
            read_event(event)
            with self._open_hook() as hook:
                known = Ledger.load(hook.exchange, ledger)
                known.waited += max(0.0, time.time() - waiting_since)
                work = self._work(hook, known)
                with self._accounted(context, hook, work):
                    return self._round(hook, work, end_time)

    def _recall(self, context: Context, hook: ExchangeHook) -> Ledger | None:
        """Return what an earlier attempt of the task knew, if anything."""
        return None

    @contextmanager
    def _accounted(self, context: Context, hook: ExchangeHook, work: Cancelling) -> Iterator[None]:
        """Leave the page of the orders, however the work ends."""
        try:
            yield
        finally:
            push_order_page(context, hook.exchange, work.symbol)

    def _round(self, hook: ExchangeHook, work: Cancelling, end_time: float) -> dict[str, Any]:
        """Do one round in this task. If that did not settle everything, wait for the next one in the triggerer."""
        from airflow_provider_exchange.models import OrderState
        from airflow_provider_exchange.protocol.steps import DeadlineReached
        from airflow_provider_exchange.triggers.orders import OrderStatusTrigger

        left = end_time - time.time()
        if left <= 0:
            hook.run(work.look(), min(LAST_LOOK, hook.planner.request_timeout))
            if work.ledger.unsettled():
                raise work.ledger.cut_off(DeadlineReached())
            return self._finish(work)
        if hook.run(work.round(), left):
            return self._finish(work)
        self.defer(
            trigger=OrderStatusTrigger(
                exchange_conn_id=self.exchange_conn_id,
                orders=[entry.ref.name() for entry in work.ledger.unsettled()],
                target_states=sorted(state for state in OrderState if state.is_terminal),
                # Whatever is not being cancelled needs the task: to cancel it, or to say that it is not known.
                failed_states=[OrderState.OPEN.value, OrderState.UNKNOWN.value],
                poke_interval=self.poll_interval,
                end_time=end_time,
            ),
            method_name="execute_complete",
            kwargs={"ledger": work.ledger.dump(), "end_time": end_time, "waiting_since": time.time()},
        )
        return None

    @contextmanager
    def _open_hook(self) -> Iterator[ExchangeHook]:
        from airflow_provider_exchange.hooks.exchange import ExchangeHook

        self._hook = ExchangeHook.for_connection(self.exchange_conn_id)
        with closing(self._hook):
            yield self._hook

    def on_kill(self) -> None:
        """Stop waiting at once and send nothing further."""
        if self._hook is not None:
            self._hook.stop()


class CancelOrderOperator(_CancelOperator):
    """
    Cancels one order and succeeds once the exchange itself shows it gone.

    Pushes ``{"exchange", "order_id", "symbol", "outcome", "state", "filled_quantity", "confirmed"}`` to XCom. The
    outcome is ``cancelled``, ``already_cancelled`` or ``expired``; ``filled`` with ``on_filled="succeed"``; and
    ``unknown`` without ``wait_for_completion``.

    :param exchange_conn_id: Connection of type ``nami``, ``bitopro`` or ``loopring``. (templated)
    :param order_id: The venue's id of the order; exactly one of this and ``client_order_id``. (templated)
    :param client_order_id: The id that the client gave the order, where the venue has such ids. (templated)
    :param symbol: The market in the venue's spelling; needed for Nami and BitoPro. (templated)
    :param wait_for_completion: Whether to wait for the proof. Otherwise the task ends once the venue acknowledged
        the cancel, with outcome ``unknown``.
    :param timeout: Seconds after which an order not proved gone fails the task.
    :param poll_interval: Seconds between two reads of the order.
    :param deferrable: Whether to wait in the triggerer instead of a worker.
    :param on_filled: Whether an order that was filled, before the cancel or meanwhile, fails the task.
    :param options: The venue's own options of a cancel, such as ``{"isAllStrategyCanceled": False}``. (templated)
    :raises AirflowFailException: when a retry cannot help: filled, rejected, refused key or arguments.
    :raises ExchangeError: a retryable one, naming the order, when its outcome was not proved.
    """

    template_fields: Sequence[str] = ("exchange_conn_id", "order_id", "client_order_id", "symbol", "options")

    def __init__(
        self,
        *,
        exchange_conn_id: str,
        order_id: str | XComArg | None = None,
        client_order_id: str | XComArg | None = None,
        symbol: str | XComArg | None = None,
        wait_for_completion: bool = True,
        timeout: float = 60,
        poll_interval: float = 2,
        deferrable: bool = conf.getboolean("operators", "default_deferrable", fallback=False),
        on_filled: Literal["fail", "succeed"] = "fail",
        options: Mapping[str, bool] | XComArg | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            exchange_conn_id=exchange_conn_id,
            wait_for_completion=wait_for_completion,
            timeout=timeout,
            poll_interval=poll_interval,
            deferrable=deferrable,
            options=options,
            **kwargs,
        )
        if on_filled not in ("fail", "succeed"):
            raise ValueError("on_filled must be 'fail' or 'succeed'")
        self.order_id = order_id
        self.client_order_id = client_order_id
        self.symbol = symbol
        self.on_filled = on_filled

    def _work(self, hook: ExchangeHook, ledger: Ledger | None = None) -> Cancelling:
        from airflow_provider_exchange.operations.cancel import Cancelling

        exchange = hook.exchange
        return Cancelling.of_order(
            exchange,
            exchange.check_ref(self.order_id, self.symbol, self.client_order_id),
            exchange.check_options(self.options),
            wait=self.wait_for_completion,
            ledger=ledger,
        )

    def _finish(self, work: Cancelling) -> dict[str, Any]:
        result = work.result()
        self._judge(result)
        return result.summary()

    def _judge(self, result: CancelResult) -> None:
        failure = OUTCOME_ERRORS.get(result.outcome)
        if failure is not None and not (result.outcome == "filled" and self.on_filled == "succeed"):
            kind, message = failure
            raise kind(message, exchange=result.exchange, orders=[result.ref])
        self.log.info("%s: order %s: %s", result.exchange, result.ref, result.outcome.value)


class CancelAllOrdersOperator(_CancelOperator):
    """
    Cancels everything open on an account, or a selection, and succeeds once none of it is open.

    Orders that match the selection and appear meanwhile are cancelled too. Selection arguments that are left out do
    not restrict; None, empty ones, and templates that render to nothing are errors.

    Pushes ``{"exchange", "requested", "outcomes": {outcome: count}, "orders": [first 1000], "open_after",
    "dry_run"}`` to XCom; each order is a dict as of :class:`CancelOrderOperator`.

    :param exchange_conn_id: Connection of type ``nami``, ``bitopro`` or ``loopring``. (templated)
    :param symbols: Only these markets: a symbol or a list of them. (templated)
    :param orders: Exactly these orders: dicts with ``order_id`` and ``symbol``, such as another task pushed, or ids
        beside exactly one symbol. (templated)
    :param side: Only ``"buy"`` or only ``"sell"`` orders. (templated)
    :param older_than: Only orders of this age by the venue's clock, as a ``timedelta`` or in seconds.
    :param client_order_id_prefix: Only orders whose client order id starts so. (templated)
    :param max_orders: Refuse, before any cancel, when more orders than this would go in all.
    :param dry_run: Send nothing but reads, and report what would be cancelled, with outcome ``not_sent``.
    :param wait_for_completion: Whether to wait for the proof. Otherwise the task ends once the venue acknowledged
        every cancel, with outcome ``unknown``.
    :param timeout: Seconds after which survivors fail the task.
    :param poll_interval: Seconds between two looks at the open orders.
    :param deferrable: Whether to wait in the triggerer instead of a worker.
    :param options: The venue's own options of a cancel. (templated)
    :raises AirflowFailException: when a retry cannot help: refused key or arguments.
    :raises ExchangeError: a retryable one, naming every survivor.
    """

    template_fields: Sequence[str] = (
        "exchange_conn_id",
        "symbols",
        "orders",
        "side",
        "client_order_id_prefix",
        "options",
    )

    def __init__(
        self,
        *,
        exchange_conn_id: str,
        symbols: Any = OMITTED,
        orders: Any = OMITTED,
        side: Any = OMITTED,
        older_than: timedelta | float | None = None,
        client_order_id_prefix: Any = OMITTED,
        max_orders: int | None = None,
        dry_run: bool = False,
        wait_for_completion: bool = True,
        timeout: float = 300,
        poll_interval: float = 2,
        deferrable: bool = conf.getboolean("operators", "default_deferrable", fallback=False),
        options: Mapping[str, bool] | XComArg | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            exchange_conn_id=exchange_conn_id,
            wait_for_completion=wait_for_completion,
            timeout=timeout,
            poll_interval=poll_interval,
            deferrable=deferrable,
            options=options,
            **kwargs,
        )
        if max_orders is not None and max_orders < 0:
            raise ValueError("max_orders must not be negative")
        self.symbols = symbols
        self.orders = orders
        self.side = side
        self.older_than = older_than
        self.client_order_id_prefix = client_order_id_prefix
        self.max_orders = max_orders
        self.only_look = dry_run  # BaseOperator.dry_run is a method

    def execute(self, context: Context) -> dict[str, Any]:
        """
        Cancel and confirm, or only look.

        :param context: Airflow's.
        """
        if not self.only_look:
            return self._cancel(context)
        with airflow_failures(), self._open_hook() as hook:
            work = self._work(hook)
            hook.run(work.look(), self.timeout)
            push_order_page(context, hook.exchange, work.symbol)
        return self._finish(work)

    def _work(self, hook: ExchangeHook, ledger: Ledger | None = None) -> Cancelling:
        from airflow_provider_exchange.operations.cancel import Cancelling
        from airflow_provider_exchange.operations.selection import Selection

        exchange = hook.exchange
        selection = Selection.of(
            exchange,
            symbols=self.symbols,
            orders=self.orders,
            side=self.side,
            older_than=self.older_than,
            client_order_id_prefix=self.client_order_id_prefix,
        )
        return Cancelling.of_selection(
            exchange,
            selection,
            exchange.check_options(self.options),
            max_orders=None if self.only_look else self.max_orders,
            wait=self.wait_for_completion,
            ledger=ledger,
        )

    def _attempts(self, context: Context) -> Attempts:
        from airflow_provider_exchange.tasks.attempts import Attempts

        selecting = ("exchange_conn_id", "symbols", "orders", "side", "older_than", "client_order_id_prefix")
        return Attempts(context, {name: getattr(self, name) for name in selecting})

    def _recall(self, context: Context, hook: ExchangeHook) -> Ledger | None:
        return self._attempts(context).recall(hook.exchange)

    @contextmanager
    def _accounted(self, context: Context, hook: ExchangeHook, work: Cancelling) -> Iterator[None]:
        """Keep a record for the next attempt: of what is to go, and of what is left when this one fails."""
        attempts = self._attempts(context)
        work.on_selected = lambda: attempts.keep(work.ledger)
        with super()._accounted(context, hook, work):
            try:
                yield
            except ExchangeError as error:
                if error.retryable:
                    attempts.keep(work.ledger)
                self._tell(work.report())
                raise
        attempts.forget()

    def _finish(self, work: Cancelling) -> dict[str, Any]:
        report = work.report(dry_run=self.only_look)
        self._tell(report)
        return report.summary()

    def _tell(self, report: CancelReport) -> None:
        from airflow_provider_exchange.operations.table import headline, table

        self.log.info(headline(report))
        if report.results:
            self.log.info("::group::%d orders", len(report.results))
            for line in table(report):
                self.log.info(line)
            self.log.info("::endgroup::")
