"""The kill switch: a callback that cancels open orders when a task fails or a deadline passes."""

from __future__ import annotations

from contextlib import closing
from copy import copy
from typing import TYPE_CHECKING, Any

from airflow.providers.common.compat.sdk import BaseNotifier

from airflow_provider_exchange.arguments import check_arguments
from airflow_provider_exchange.errors import InvalidOrderRequest
from airflow_provider_exchange.omitted import OMITTED, Omitted
from airflow_provider_exchange.rendered import path_text

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping, Sequence
    from datetime import timedelta

    import jinja2
    from airflow.providers.common.compat.sdk import Context

    from airflow_provider_exchange.evidence.recorder import Recorder
    from airflow_provider_exchange.hooks.exchange import ExchangeHook
    from airflow_provider_exchange.models.reports import CancelReport
    from airflow_provider_exchange.operations.cancel import Cancelling

__all__ = ["CancelAllOrdersNotifier"]


class CancelAllOrdersNotifier(BaseNotifier):
    """
    Cancels all open orders of an account, or a selection, as a callback::

        DAG(..., on_failure_callback=CancelAllOrdersNotifier(exchange_conn_id="bitopro_default"))

        DeadlineAlert(
            ...,
            callback=AsyncCallback(CancelAllOrdersNotifier, kwargs={"exchange_conn_id": "bitopro_default"}),
        )

    Use it as ``on_failure_callback`` of a task or a DAG, or as the synchronous or asynchronous callback of a
    deadline. It cancels and confirms like
    :class:`~airflow_provider_exchange.operators.orders.CancelAllOrdersOperator`, with the same selection arguments.

    Airflow does not retry callbacks. If orders may still be open at the end, each of them is logged as an error
    and the callback fails. Its last line in the log is the report as JSON, ``{"kill_switch": {...}}``.

    :param exchange_conn_id: Connection to the exchange; its type says to which. Or a list of connections, whose
        accounts are swept at the same time: what is wrong with one keeps no other from being swept, and
        ``max_orders`` and ``timeout`` count for each. (templated)
    :param symbols: Only these markets: a symbol or a list of them, in any spelling that the venue uses. One that
        names no market of the venue fails the callback, after the cancels. (templated)
    :param orders: Exactly these orders: dicts with ``order_id`` and ``symbol``, or ids if ``symbols`` names exactly
        one. (templated)
    :param side: Only ``"buy"`` or only ``"sell"`` orders. (templated)
    :param older_than: Only orders at least this old by the venue's clock, as a ``timedelta`` or in seconds. It is
        an error at a venue that tells no order's age.
    :param client_order_id_prefix: Only orders whose client order id starts with this. (templated)
    :param except_symbols: No order of these markets, which are to stay: a symbol or a list of them. One that names
        no market of the venue fails the callback before any cancel. So does a list of markets that cannot be read,
        unless each of these has an open order. (templated)
    :param except_client_order_id_prefix: No order whose client order id starts with this. One without a client
        order id is cancelled. (templated)
    :param max_orders: Fail before cancelling when more orders than this are selected in total.
    :param flat_for: Seconds between the two reads of the open orders that prove that nothing selected is open. What
        appears between them is cancelled, too, and the proof begins anew. With 0 the second read follows at once.
    :param timeout: Seconds after which it fails if orders are still open. Callbacks of a DAG run in the DAG
        processor, which ends itself after ``[dag_processor] dag_file_processor_timeout``, 50 s by default: stay
        below it.
    :param poll_interval: Seconds between two rounds.
    :param options: Parameters of a cancel that only this venue has. (templated)
    :param evidence: Where to record every request and answer: a folder, or a URL as of ``ObjectStoragePath``. None
        for what ``[exchange] evidence`` of Airflow's configuration says, "" for nowhere. (templated)
    :raises ExchangeError: naming every order that may still be open.
    """

    template_fields: Sequence[str] = (
        "exchange_conn_id",
        "symbols",
        "orders",
        "side",
        "client_order_id_prefix",
        "except_symbols",
        "except_client_order_id_prefix",
        "options",
        "evidence",
    )

    def __init__(
        self,
        exchange_conn_id: str | Sequence[str],
        symbols: Any = OMITTED,
        orders: Any = OMITTED,
        side: Any = OMITTED,
        older_than: timedelta | float | None = None,
        client_order_id_prefix: Any = OMITTED,
        max_orders: int | None = None,
        flat_for: float = 1,
        timeout: float = 30,
        poll_interval: float = 2,
        options: Mapping[str, Any] | None = None,
        except_symbols: Any = OMITTED,
        except_client_order_id_prefix: Any = OMITTED,
        evidence: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        check_arguments(
            seconds={"timeout": timeout, "poll_interval": poll_interval},
            seconds_or_zero={"flat_for": flat_for},
            counts={"max_orders": max_orders},
        )
        self.exchange_conn_id = exchange_conn_id
        self.symbols = symbols
        self.orders = orders
        self.side = side
        self.older_than = older_than
        self.client_order_id_prefix = client_order_id_prefix
        self.except_symbols = except_symbols
        self.except_client_order_id_prefix = except_client_order_id_prefix
        self.max_orders = max_orders
        self.flat_for = flat_for
        self.timeout = timeout
        self.poll_interval = poll_interval
        self.options = options
        self.evidence = path_text(evidence)

    def __call__(self, *args: Any) -> None:
        """Cancel and confirm for one event. Airflow calls the same object for several, and renders it in place."""
        BaseNotifier.__call__(copy(self), *args)

    if hasattr(BaseNotifier, "__await__"):  # Airflow 3.1 and newer

        def __await__(self) -> Generator[Any, Any, None]:
            """Cancel and confirm for one event, on an event loop."""
            return BaseNotifier.__await__(copy(self))

    def _update_context(self, context: Context) -> Context:
        """Leave the context as it is: all callbacks share it, and the base class writes the arguments into it."""
        return context

    def render_template_fields(self, context: Context, jinja_env: jinja2.Environment | None = None) -> None:
        """Render the template fields; Airflow calls it."""
        # dag.test() passes a serialized DAG, which has no template environment of its own.
        if jinja_env is None and not hasattr(context.get("dag"), "get_template_env"):
            jinja_env = self.get_template_env()
        super().render_template_fields(context, jinja_env)

    def notify(self, context: Context) -> None:
        """Cancel and confirm, blocking."""
        from airflow_provider_exchange.hooks.accounts import sweep_each
        from airflow_provider_exchange.hooks.exchange import ExchangeHook
        from airflow_provider_exchange.tasks.kill_switch import KillSwitchLog
        from airflow_provider_exchange.tasks.metrics import send_metrics

        log = KillSwitchLog(self.log, context)

        def sweep(conn_id: str, hook: ExchangeHook) -> CancelReport:
            work = self._work(hook)
            recorder = self._record(hook, work, context)
            with closing(recorder):
                with recorder.ending_with_errors():
                    report = hook.run(work.run(self.poll_interval), self.timeout, observer=recorder)
                report = recorder.end(report)
                log.succeeded(conn_id, report)
            return report

        conn_id = self.exchange_conn_id
        try:
            with log.telling(conn_id):
                if isinstance(conn_id, str):
                    with closing(ExchangeHook.for_connection(conn_id)) as hook:
                        sweep(conn_id, hook)
                else:
                    self._refuse_orders()
                    sweep_each(conn_id, sweep, log.failed)
        finally:
            send_metrics(log.reports, by_kill_switch=True)

    async def async_notify(self, context: Context) -> None:
        """Cancel and confirm on an event loop."""
        import asyncio

        from airflow_provider_exchange.hooks.accounts import asweep_each
        from airflow_provider_exchange.hooks.exchange import ExchangeHook
        from airflow_provider_exchange.tasks.kill_switch import KillSwitchLog
        from airflow_provider_exchange.tasks.metrics import asend_metrics

        log = KillSwitchLog(self.log, context)

        async def sweep(conn_id: str, hook: ExchangeHook) -> CancelReport:
            work = self._work(hook)
            recorder = await asyncio.to_thread(self._record, hook, work, context, on_loop=True)
            operation = work.run(self.poll_interval)
            try:
                with recorder.ending_with_errors():
                    async with hook.async_transport() as transport:
                        report = await transport.run(hook.planner.plan(operation, self.timeout, observer=recorder))
                report = recorder.end(report)
                log.succeeded(conn_id, report)
            finally:
                await recorder.aclose()
            return report

        conn_id = self.exchange_conn_id
        try:
            with log.telling(conn_id):
                if isinstance(conn_id, str):
                    await sweep(conn_id, await ExchangeHook.afor_connection(conn_id))
                else:
                    self._refuse_orders()
                    await asweep_each(conn_id, sweep, log.failed)
        finally:
            await asend_metrics(log.reports, by_kill_switch=True)

    def _refuse_orders(self) -> None:
        if not isinstance(self.orders, Omitted):
            raise InvalidOrderRequest(
                "orders names the orders of one account; give one exchange_conn_id, and not a list"
            )

    def _work(self, hook: ExchangeHook) -> Cancelling:
        from airflow_provider_exchange.operations.cancel import Cancelling
        from airflow_provider_exchange.operations.selection import Selectors

        selection = Selectors.of(self).check(hook.exchange)
        options = hook.exchange.check_options(self.options)
        return Cancelling(hook.exchange, selection, options, max_orders=self.max_orders, flat_for=self.flat_for)

    def _record(self, hook: ExchangeHook, work: Cancelling, context: Context, *, on_loop: bool = False) -> Recorder:
        from airflow_provider_exchange.evidence.recorder import record
        from airflow_provider_exchange.tasks.origin import BRIEFLY, origin_of

        return record(
            self.evidence,
            hook.exchange,
            work.asked,
            origin=lambda: origin_of(context, BRIEFLY),
            on_loop=on_loop,
        )
