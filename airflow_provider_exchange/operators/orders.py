"""Operators that cancel orders and confirm that they are gone, or have the exchange cancel them in time."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Literal, NoReturn

from airflow.providers.common.compat.sdk import BaseOperator, conf

from airflow_provider_exchange.arguments import InvalidArgument, StorableTemplates, check_arguments
from airflow_provider_exchange.links import OrderPageLink
from airflow_provider_exchange.omitted import OMITTED
from airflow_provider_exchange.operators.dead_mans_switch import DeadMansSwitchOperator
from airflow_provider_exchange.rendered import path_text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from airflow.providers.common.compat.sdk import Context, XComArg

    from airflow_provider_exchange.tasks.cancelling import CancelOneTask, CancelSelectionTask

__all__ = ["CancelAllOrdersOperator", "CancelOrderOperator", "DeadMansSwitchOperator"]


class _CancelOperator(StorableTemplates, BaseOperator):
    """The arguments that both operators share."""

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
        options: Mapping[str, Any] | XComArg | None,
        max_lateness: timedelta | float | None,
        evidence: Any,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        lateness = max_lateness.total_seconds() if isinstance(max_lateness, timedelta) else max_lateness
        check_arguments(
            seconds={
                "timeout": timeout,
                "poll_interval": poll_interval,
                **({} if lateness is None else {"max_lateness": lateness}),
            },
            flags={"wait_for_completion": wait_for_completion, "deferrable": deferrable},
        )
        self.exchange_conn_id = exchange_conn_id
        self.wait_for_completion = wait_for_completion
        self.timeout = timeout
        self.poll_interval = poll_interval
        self.deferrable = deferrable
        self.options = options
        self.max_lateness = None if lateness is None else timedelta(seconds=lateness)
        self.evidence = path_text(evidence)
        self.order_page = ""
        self._running: CancelOneTask | CancelSelectionTask | None = None
        self._killed = False

    def _task(self, context: Context) -> CancelOneTask | CancelSelectionTask:
        raise NotImplementedError

    def execute(self, context: Context) -> dict[str, Any]:
        """Cancel and confirm."""
        return self._start(context).run()

    def execute_complete(
        self,
        context: Context,
        event: Any = None,
        *,
        ledger: Any = None,
        end_time: Any = None,
        waiting_since: Any = None,
    ) -> dict[str, Any]:
        """
        Continue after the trigger has fired; the orders are read again, whatever the event says.

        All of it comes from Airflow's database, and none of it says what to cancel or what is gone.

        :param ledger: What was known of each order when the task was deferred, for messages and the summary.
        :param end_time: The deadline in seconds since 1970; a later one than ``timeout`` from now does not count.
        :param waiting_since: Stored by earlier versions; not used.
        """
        return self._start(context).resume(event, ledger, end_time)

    def resume_execution(self, next_method: str, next_kwargs: dict[str, Any] | None, context: Context) -> Any:
        """
        Continue a deferred task with the trigger's event.

        Where none came in time, take a last look; where the trigger failed, go on without it.
        """
        from airflow_provider_exchange.tasks.trigger_event import has_failed, is_overdue

        if not has_failed(next_method):
            return super().resume_execution(next_method, next_kwargs, context)
        task = self._start(context)
        return task.look_a_last_time() if is_overdue(next_method, next_kwargs) else task.go_on_without_trigger()

    def _start(self, context: Context) -> CancelOneTask | CancelSelectionTask:
        self._running = task = self._task(context)
        if self._killed:  # before the task was there to be told
            task.stop()
        return task

    def wait_in_triggerer(
        self,
        orders: list[dict[str, Any]],
        target_states: list[str],
        failed_states: list[str],
        end_time: float,
        ledger: dict[str, Any],
    ) -> NoReturn:
        """Defer to :class:`OrderStatusTrigger`; the code of the running task calls this."""
        from airflow_provider_exchange.triggers.orders import OrderStatusTrigger

        trigger = OrderStatusTrigger(
            self.exchange_conn_id, orders, target_states, failed_states, self.poll_interval, end_time
        )
        self.defer(
            trigger=trigger,
            method_name="execute_complete",
            kwargs={"ledger": ledger, "end_time": end_time},
            timeout=trigger.longest_wait(),
        )

    def on_kill(self) -> None:
        """Stop waiting at once and send nothing more, even if nothing was sent yet."""
        self._killed = True
        if self._running is not None:
            self._running.stop()


class CancelOrderOperator(_CancelOperator):
    """
    Cancels one order and succeeds once the exchange itself shows that it is gone.

    Pushes ``{"exchange", "order_id", "symbol", "outcome", "state", "filled_quantity", "confirmed", "side", "type",
    "price", "stop_price", "quantity", "created_at"}`` to XCom. The outcome is ``cancelled``, ``already_cancelled``
    or ``expired``; ``filled`` with ``on_filled="succeed"``; or ``unknown`` without ``wait_for_completion``. Under
    the key ``report`` it pushes the whole report, also when it fails.

    :param exchange_conn_id: Connection to the exchange; its type says to which. (templated)
    :param order_id: The venue's id of the order; exactly one of this and ``client_order_id``. (templated)
    :param client_order_id: The id that the client gave the order, where the venue has such ids. (templated)
    :param symbol: The market, where the venue needs it beside the id; in any spelling that the venue uses.
        (templated)
    :param wait_for_completion: Whether to wait until the order is confirmed gone. Otherwise the task ends once the
        venue has acknowledged the cancel, with outcome ``unknown``.
    :param timeout: Seconds after which the task fails if the order is not confirmed gone.
    :param poll_interval: Seconds between two reads of the order.
    :param deferrable: Whether to wait in the triggerer instead of a worker.
    :param on_filled: ``"fail"`` or ``"succeed"``: what the task does if the order was filled.
    :param options: Parameters of a cancel that only this venue has, such as ``{"isAllStrategyCanceled": False}``.
        (templated)
    :param max_lateness: Fail, without a retry and before anything is sent, if a scheduled or backfilled run starts
        later than this after it was due, as a ``timedelta`` or in seconds. Each attempt is held to it; manual and
        asset-triggered runs are not.
    :param evidence: Where to record every request and answer: a folder, or a URL as of ``ObjectStoragePath``, such
        as ``"s3://conn@bucket/evidence"``. None for what ``[exchange] evidence`` of Airflow's configuration says,
        "" for nowhere. (templated)
    :raises AirflowFailException: when a retry cannot help: order filled or rejected, key or arguments refused, run
        too late.
    :raises TransientError: naming the order, when its outcome was not confirmed; a retry may help.
    """

    template_fields: Sequence[str] = (
        "exchange_conn_id",
        "order_id",
        "client_order_id",
        "symbol",
        "options",
        "evidence",
    )

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
        options: Mapping[str, Any] | XComArg | None = None,
        max_lateness: timedelta | float | None = None,
        evidence: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            exchange_conn_id=exchange_conn_id,
            wait_for_completion=wait_for_completion,
            timeout=timeout,
            poll_interval=poll_interval,
            deferrable=deferrable,
            options=options,
            max_lateness=max_lateness,
            evidence=evidence,
            **kwargs,
        )
        if on_filled not in ("fail", "succeed"):
            raise InvalidArgument("on_filled must be 'fail' or 'succeed'")
        self.order_id = order_id
        self.client_order_id = client_order_id
        self.symbol = symbol
        self.on_filled = on_filled

    def _task(self, context: Context) -> CancelOneTask:
        from airflow_provider_exchange.tasks.cancelling import CancelOneTask

        return CancelOneTask(self, context)


class CancelAllOrdersOperator(_CancelOperator):
    """
    Cancels all open orders of an account, or a selection, and succeeds once none of them is open.

    Orders that match the selection and appear meanwhile are cancelled too. A selection argument that is left out
    does not restrict; None, an empty value, and a template that renders to nothing are errors.

    Pushes ``{"exchange", "requested", "outcomes": {outcome: count}, "orders": [first 1000], "open_after",
    "dry_run", "conn_id", "selection", "attempt", "started_at", "flat_since", "proved_at"}`` to XCom; each order is
    a dict as of :class:`CancelOrderOperator`. Under the key ``report`` it pushes the whole report, also when it
    fails. The events of assets among its ``outlets`` have the report as extra.

    :param exchange_conn_id: Connection to the exchange; its type says to which. (templated)
    :param symbols: Only these markets: a symbol or a list of them, in any spelling that the venue uses. One that
        names no market of the venue fails the task, after the cancels. (templated)
    :param orders: Exactly these orders: dicts with ``order_id`` and ``symbol``, such as another task pushed, or
        ids if ``symbols`` names exactly one. (templated)
    :param side: Only ``"buy"`` or only ``"sell"`` orders. (templated)
    :param older_than: Only orders at least this old by the venue's clock, as a ``timedelta`` or in seconds. It is
        an error at a venue that tells no order's age.
    :param client_order_id_prefix: Only orders whose client order id starts with this. (templated)
    :param except_symbols: No order of these markets, which are to stay: a symbol or a list of them. One that names
        no market of the venue fails the task before any cancel. So does a list of markets that cannot be read,
        unless each of these has an open order. (templated)
    :param except_client_order_id_prefix: No order whose client order id starts with this. One without a client
        order id is cancelled. (templated)
    :param max_orders: Fail before cancelling when more orders than this are selected in total.
    :param dry_run: Only read, and report what would be cancelled, with outcome ``not_sent``. An order of which it
        cannot be told whether it is selected is reported as ``undecided``.
    :param flat_for: Seconds between the two reads of the open orders that prove that nothing selected is open. What
        appears between them is cancelled, too, and the proof begins anew. With 0 the second read follows at once.
    :param wait_for_completion: Whether to wait until the orders are confirmed gone. Otherwise the task ends once
        the venue has acknowledged every cancel, with outcome ``unknown``.
    :param timeout: Seconds after which the task fails if orders are still open.
    :param poll_interval: Seconds between two rounds.
    :param deferrable: Whether to wait in the triggerer instead of a worker.
    :param options: Parameters of a cancel that only this venue has. (templated)
    :param max_lateness: Fail, without a retry and before anything is sent, if a scheduled or backfilled run starts
        later than this after it was due, as a ``timedelta`` or in seconds. Each attempt is held to it; manual and
        asset-triggered runs are not.
    :param evidence: Where to record every request and answer: a folder, or a URL as of ``ObjectStoragePath``, such
        as ``"s3://conn@bucket/evidence"``. None for what ``[exchange] evidence`` of Airflow's configuration says,
        "" for nowhere. (templated)
    :raises AirflowFailException: when a retry cannot help: key or arguments refused, run too late.
    :raises TransientError: naming every order that may still be open; a retry may help.
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
        *,
        exchange_conn_id: str,
        symbols: Any = OMITTED,
        orders: Any = OMITTED,
        side: Any = OMITTED,
        older_than: timedelta | float | None = None,
        client_order_id_prefix: Any = OMITTED,
        except_symbols: Any = OMITTED,
        except_client_order_id_prefix: Any = OMITTED,
        max_orders: int | None = None,
        flat_for: float = 1,
        dry_run: bool = False,
        wait_for_completion: bool = True,
        timeout: float = 300,
        poll_interval: float = 2,
        deferrable: bool = conf.getboolean("operators", "default_deferrable", fallback=False),
        options: Mapping[str, Any] | XComArg | None = None,
        max_lateness: timedelta | float | None = None,
        evidence: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            exchange_conn_id=exchange_conn_id,
            wait_for_completion=wait_for_completion,
            timeout=timeout,
            poll_interval=poll_interval,
            deferrable=deferrable,
            options=options,
            max_lateness=max_lateness,
            evidence=evidence,
            **kwargs,
        )
        check_arguments(
            seconds_or_zero={"flat_for": flat_for},
            counts={"max_orders": max_orders},
            flags={"dry_run": dry_run},
        )
        self.symbols = symbols
        self.orders = orders
        self.side = side
        self.older_than = older_than
        self.client_order_id_prefix = client_order_id_prefix
        self.except_symbols = except_symbols
        self.except_client_order_id_prefix = except_client_order_id_prefix
        self.max_orders = max_orders
        self.flat_for = flat_for
        self.only_look = dry_run  # BaseOperator.dry_run is a method

    def _task(self, context: Context) -> CancelSelectionTask:
        from airflow_provider_exchange.tasks.cancelling import CancelSelectionTask

        return CancelSelectionTask(self, context)
