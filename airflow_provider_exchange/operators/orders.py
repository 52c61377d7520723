"""Operators that cancel orders and prove that they are gone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from airflow.providers.common.compat.sdk import BaseOperator

from airflow_provider_exchange.errors import (
    ExchangeError,
    OrderFilledError,
    OrderNotFoundError,
    OrderRejectedError,
)
from airflow_provider_exchange.failures import airflow_failures
from airflow_provider_exchange.models import Outcome
from airflow_provider_exchange.operations.selection import OMITTED

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import timedelta

    from airflow.providers.common.compat.sdk import Context

    from airflow_provider_exchange.hooks.exchange import ExchangeHook
    from airflow_provider_exchange.models import CancelResult

__all__ = ["CancelAllOrdersOperator", "CancelOrderOperator"]


OUTCOME_ERRORS: dict[Outcome, tuple[type[ExchangeError], str]] = {
    Outcome.FILLED: (OrderFilledError, "the order was filled; there is nothing left to cancel"),
    Outcome.REJECTED: (OrderRejectedError, "the venue had rejected the order"),
    Outcome.NOT_FOUND: (OrderNotFoundError, "the venue does not know the order; check id, symbol and account"),
}


class _ExchangeOperator(BaseOperator):
    """What both operators share: the connection, and being stopped."""

    ui_color = "#f4d6cc"

    def __init__(self, *, exchange_conn_id: str, timeout: float, poll_interval: float, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if not timeout > 0 or not poll_interval > 0:
            raise ValueError("timeout and poll_interval must be positive, in seconds")
        self.exchange_conn_id = exchange_conn_id
        self.timeout = timeout
        self.poll_interval = poll_interval
        self._hook: ExchangeHook | None = None

    def _open_hook(self) -> ExchangeHook:
        from airflow_provider_exchange.hooks.exchange import ExchangeHook

        self._hook = ExchangeHook.for_connection(self.exchange_conn_id)
        return self._hook

    def on_kill(self) -> None:
        """Stop waiting at once and send nothing further."""
        if self._hook is not None:
            self._hook.stop()


class CancelOrderOperator(_ExchangeOperator):
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
        order_id: str | None = None,
        client_order_id: str | None = None,
        symbol: str | None = None,
        wait_for_completion: bool = True,
        timeout: float = 60,
        poll_interval: float = 2,
        on_filled: Literal["fail", "succeed"] = "fail",
        options: Mapping[str, bool] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(exchange_conn_id=exchange_conn_id, timeout=timeout, poll_interval=poll_interval, **kwargs)
        if on_filled not in ("fail", "succeed"):
            raise ValueError("on_filled must be 'fail' or 'succeed'")
        self.order_id = order_id
        self.client_order_id = client_order_id
        self.symbol = symbol
        self.wait_for_completion = wait_for_completion
        self.on_filled = on_filled
        self.options = options

    def execute(self, context: Context) -> dict[str, Any]:
        """
        Cancel and confirm.

        :param context: Airflow's.
        """
        with airflow_failures():
            result = self._open_hook().cancel_order(
                order_id=self.order_id,
                symbol=self.symbol,
                client_order_id=self.client_order_id,
                wait_for_completion=self.wait_for_completion,
                timeout=self.timeout,
                poll_interval=self.poll_interval,
                options=self.options,
            )
            self._judge(result)
        return result.summary()

    def _judge(self, result: CancelResult) -> None:
        failure = OUTCOME_ERRORS.get(result.outcome)
        if failure is not None and not (result.outcome is Outcome.FILLED and self.on_filled == "succeed"):
            kind, message = failure
            raise kind(message, exchange=result.exchange, orders=[result.ref])
        self.log.info("%s: order %s: %s", result.exchange, result.ref, result.outcome.value)


class CancelAllOrdersOperator(_ExchangeOperator):
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
        options: Mapping[str, bool] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(exchange_conn_id=exchange_conn_id, timeout=timeout, poll_interval=poll_interval, **kwargs)
        if max_orders is not None and max_orders < 0:
            raise ValueError("max_orders must not be negative")
        self.symbols = symbols
        self.orders = orders
        self.side = side
        self.older_than = older_than
        self.client_order_id_prefix = client_order_id_prefix
        self.max_orders = max_orders
        self.only_look = dry_run  # BaseOperator.dry_run is a method
        self.wait_for_completion = wait_for_completion
        self.options = options

    def execute(self, context: Context) -> dict[str, Any]:
        """
        Cancel and confirm.

        :param context: Airflow's.
        """
        with airflow_failures():
            report = self._open_hook().cancel_all_orders(
                symbols=self.symbols,
                orders=self.orders,
                side=self.side,
                older_than=self.older_than,
                client_order_id_prefix=self.client_order_id_prefix,
                max_orders=self.max_orders,
                dry_run=self.only_look,
                wait_for_completion=self.wait_for_completion,
                timeout=self.timeout,
                poll_interval=self.poll_interval,
                options=self.options,
            )
        counts = ", ".join(f"{count} {outcome.value}" for outcome, count in report.outcomes.items())
        self.log.info("%s: %s", report.exchange, counts or "nothing was open")
        return report.summary()
