"""A sensor that waits until orders have ended."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, NoReturn

from airflow.providers.common.compat.sdk import BaseSensorOperator, conf

from airflow_provider_exchange.arguments import StorableTemplates, check_arguments
from airflow_provider_exchange.links import OrderPageLink

if TYPE_CHECKING:
    from collections.abc import Sequence

    from airflow.providers.common.compat.sdk import Context, PokeReturnValue, XComArg

    from airflow_provider_exchange.models.orders import Order, OrderRef

__all__ = ["OrderStatusSensor"]


class OrderStatusSensor(StorableTemplates, BaseSensorOperator):
    """
    Waits until every named order has reached one of the target states.

    Pushes the list of the orders to XCom, as small dicts. An order that reaches a failed state fails the task
    without a retry. After a failed read, and for an order that the venue does not know, the sensor waits for the
    next poke.

    :param exchange_conn_id: Connection to the exchange; its type says to which. (templated)
    :param order_id: One order, by the venue's id. Exactly one of this, ``order_ids`` and ``orders``. (templated)
    :param order_ids: Several orders of one market. (templated)
    :param orders: Dicts with ``order_id`` and ``symbol``, such as another task pushed. (templated)
    :param symbol: The market, where the venue needs it with ``order_id`` and ``order_ids``; in any spelling that
        the venue uses. (templated)
    :param target_states: States to wait for: ``cancelled``, ``expired``, ``filled``, ``rejected``, ``open``, ...;
        not ``unknown``, as no single answer proves that an order is not there.
    :param failed_states: States that fail the task; None for all states of an ended order that are not targets.
    :param deferrable: Whether to wait in the triggerer instead of a worker.
    :raises AirflowFailException: when an order reached a failed state, or a retry cannot help.
    """

    template_fields: Sequence[str] = (
        "exchange_conn_id",
        "order_id",
        "order_ids",
        "orders",
        "symbol",
        "target_states",
        "failed_states",
    )

    operator_extra_links = (OrderPageLink(),)

    def __init__(
        self,
        *,
        exchange_conn_id: str,
        order_id: str | XComArg | None = None,
        order_ids: Sequence[str] | XComArg | None = None,
        orders: Sequence[dict[str, Any]] | XComArg | None = None,
        symbol: str | XComArg | None = None,
        target_states: Sequence[str] = ("cancelled", "expired"),
        failed_states: Sequence[str] | None = None,
        deferrable: bool = conf.getboolean("operators", "default_deferrable", fallback=False),
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        check_arguments(flags={"deferrable": deferrable})
        self.exchange_conn_id = exchange_conn_id
        self.order_id = order_id
        self.order_ids = order_ids
        self.orders = orders
        self.symbol = symbol
        self.target_states = target_states
        self.failed_states = failed_states
        self.deferrable = deferrable
        self.order_page: str | None = ""
        self._seen: dict[OrderRef, Order] = {}

    def execute(self, context: Context) -> Any:
        """Wait, knowing nothing of an earlier run: the runs of a DAG share what an operator is made with."""
        self._seen = {}
        self.order_page = ""
        return super().execute(context)

    def poke(self, context: Context) -> PokeReturnValue:
        """Read every order once. A deferrable sensor that has to wait then defers."""
        from airflow_provider_exchange.tasks.watching import poke

        return poke(self, context, self._seen)

    def wait_in_triggerer(
        self, orders: list[dict[str, Any]], target_states: list[str], failed_states: list[str], account: str
    ) -> NoReturn:
        """Defer to :class:`OrderStatusTrigger`; the code of the running task calls this."""
        from airflow_provider_exchange.triggers.orders import OrderStatusTrigger

        end_time = time.time() + self.timeout
        trigger = OrderStatusTrigger(
            self.exchange_conn_id, orders, target_states, failed_states, self.poke_interval, end_time
        )
        self.defer(
            trigger=trigger,
            method_name="execute_complete",
            kwargs={"account": account},
            timeout=trigger.longest_wait(),
        )

    def resume_execution(self, next_method: str, next_kwargs: dict[str, Any] | None, context: Context) -> Any:
        """Continue a deferred sensor: with the trigger's event, or with a last look where none came in time."""
        from airflow_provider_exchange.tasks.trigger_event import is_overdue

        if is_overdue(next_method, next_kwargs):
            next_method, next_kwargs = "look_a_last_time", None
        return super().resume_execution(next_method, next_kwargs, context)

    def look_a_last_time(self, context: Context) -> list[dict[str, Any]]:
        """End a wait in which no trigger answered: read every order once."""
        from airflow_provider_exchange.tasks.watching import look_a_last_time

        return look_a_last_time(self, context)

    def execute_complete(self, context: Context, event: Any = None, account: Any = None) -> list[dict[str, Any]]:
        """
        Read the orders again, as the trigger's event proves nothing, and return them, or raise its error.

        :param account: Which account the orders belong to; see :attr:`Exchange.account`.
        """
        from airflow_provider_exchange.tasks.watching import complete

        self.order_page = None  # it is in XCom since the deferral
        return complete(self, event, account)
