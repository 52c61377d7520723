"""
A sensor that waits until orders have come to an end.

What only a running task needs is imported where it is used: every parse of every DAG file imports this module.
"""

from __future__ import annotations

import time
from contextlib import closing
from typing import TYPE_CHECKING, Any, NoReturn

from airflow.providers.common.compat.sdk import (
    AirflowSensorTimeout,
    BaseSensorOperator,
    PokeReturnValue,
    conf,
)

from airflow_provider_exchange.errors import (
    ExchangeError,
    InvalidOrderRequest,
    OrderFilledError,
    OrderRejectedError,
)
from airflow_provider_exchange.links import OrderPageLink, push_order_page
from airflow_provider_exchange.tasks.failures import airflow_failures
from airflow_provider_exchange.tasks.trigger_event import read_event

if TYPE_CHECKING:
    from collections.abc import Sequence

    from airflow.providers.common.compat.sdk import Context, XComArg

    from airflow_provider_exchange.hooks.exchange import ExchangeHook
    from airflow_provider_exchange.models import Order, OrderRef, OrderState
    from airflow_provider_exchange.operations.watch import Watch

__all__ = ["OrderStatusSensor"]

STATE_ERRORS: dict[str, type[ExchangeError]] = {"filled": OrderFilledError, "rejected": OrderRejectedError}


class OrderStatusSensor(BaseSensorOperator):
    """
    Waits until every named order has reached one of the target states.

    Pushes the list of the orders to XCom, as small dicts. An order that reaches a failed state fails the task
    without a retry; one that the venue does not know, and a read that fails, are looked at again at the next poke.

    :param exchange_conn_id: Connection of type ``nami``, ``bitopro`` or ``loopring``. (templated)
    :param order_id: One order, by the venue's id. Exactly one of this, ``order_ids`` and ``orders``. (templated)
    :param order_ids: Several orders of one market. (templated)
    :param orders: Dicts with ``order_id`` and ``symbol``, such as another task pushed. (templated)
    :param symbol: The market; needed for Nami and BitoPro beside ids. (templated)
    :param target_states: States to wait for: ``cancelled``, ``expired``, ``filled``, ``rejected``, ``open``, ...
    :param failed_states: States that fail the task; None for every other state in which an order has ended.
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
        self.exchange_conn_id = exchange_conn_id
        self.order_id = order_id
        self.order_ids = order_ids
        self.orders = orders
        self.symbol = symbol
        self.target_states = target_states
        self.failed_states = failed_states
        self.deferrable = deferrable
        self._seen: dict[OrderRef, Order] = {}

    def poke(self, context: Context) -> PokeReturnValue:
        """
        Read every order once. A deferrable sensor that has to wait then leaves the worker.

        :param context: Airflow's.
        """
        from airflow_provider_exchange.hooks.exchange import ExchangeHook

        with airflow_failures():
            watch = self._watch()
            with closing(ExchangeHook.for_connection(self.exchange_conn_id)) as hook:
                refs = self._refs(hook)
                if not self._seen:
                    push_order_page(context, hook.exchange, refs[0].symbol)
                try:
                    orders = hook.read_orders(refs, self._seen)
                except ExchangeError as error:
                    if not error.retryable:
                        raise
                    self.log.warning("Not read this time: %s", error)
                    orders = [None] * len(refs)
            self._seen |= {ref: order for ref, order in zip(refs, orders, strict=True) if order is not None}
            shown = [order.summary() for order in orders if order is not None]
            if watch.failed(orders):
                raise self._failure(shown, watch)
        reached = watch.reached(orders)
        self.log.info("%d of %d orders have reached %s", reached, len(refs), "/".join(sorted(watch.targets)))
        if self.deferrable and reached < len(refs):
            self._defer(refs, watch)
        return PokeReturnValue(reached == len(refs), shown)

    def _defer(self, refs: Sequence[OrderRef], watch: Watch) -> NoReturn:
        from airflow_provider_exchange.triggers.orders import OrderStatusTrigger

        self.defer(
            trigger=OrderStatusTrigger(
                exchange_conn_id=self.exchange_conn_id,
                orders=[ref.name() for ref in refs],
                target_states=sorted(watch.targets),
                failed_states=sorted(watch.failures),
                poke_interval=self.poke_interval,
                end_time=time.time() + self.timeout,
            ),
            method_name="execute_complete",
        )

    def execute_complete(self, context: Context, event: Any = None) -> list[dict[str, Any]]:
        """
        Take what the trigger saw.

        :param context: Airflow's.
        :param event: Of :class:`OrderStatusTrigger`.
        """
        with airflow_failures():
            seen = read_event(event)
            if seen["status"] == "failed":
                raise self._failure(seen["orders"], self._watch())
        if seen["status"] == "timeout":
            raise AirflowSensorTimeout(f"the orders have not reached their states within {self.timeout:g} s")
        orders: list[dict[str, Any]] = seen["orders"]
        return orders

    def _failure(self, orders: Sequence[dict[str, Any]], watch: Watch) -> ExchangeError:
        from airflow_provider_exchange.models import OrderRef, OrderState

        failed = [order for order in orders if order["state"] in watch.failures]
        if not failed:
            return ExchangeError("the venue does not know an order")
        state = OrderState(failed[0]["state"])
        return STATE_ERRORS.get(state, ExchangeError)(
            f"an order reached the state {state.value}",
            exchange=failed[0]["exchange"],
            orders=[
                OrderRef(order["order_id"], order["symbol"], None, OrderState(order["state"])) for order in failed
            ],
        )

    def _watch(self) -> Watch:
        from airflow_provider_exchange.models import OrderState
        from airflow_provider_exchange.operations.watch import Watch

        targets = _states(self.target_states, "target_states")
        if self.failed_states is None:
            return Watch(targets, frozenset(state for state in OrderState if state.is_terminal) - targets)
        failures = _states(self.failed_states, "failed_states") if self.failed_states else frozenset()
        if targets & failures:
            raise InvalidOrderRequest("a state is both among target_states and failed_states")
        return Watch(targets, failures)

    def _refs(self, hook: ExchangeHook) -> tuple[OrderRef, ...]:
        given = {"order_id": self.order_id, "order_ids": self.order_ids, "orders": self.orders}
        named = [name for name, value in given.items() if value is not None]
        if len(named) != 1:
            raise InvalidOrderRequest("give exactly one of order_id, order_ids and orders")
        symbols = {} if self.symbol is None else {"symbols": [self.symbol]}
        if self.order_id is not None:
            return (hook.exchange.check_ref(self.order_id, self.symbol),)
        return hook.check_orders(given[named[0]], field=named[0], **symbols)


def _states(names: Any, field: str) -> frozenset[OrderState]:
    from airflow_provider_exchange.models import OrderState

    listed = [names] if isinstance(names, str) else names
    try:
        states = frozenset(OrderState(name) for name in listed)
    except (TypeError, ValueError):
        known = ", ".join(OrderState)
        raise InvalidOrderRequest(f"{field} holds {ascii(names)[:80]}; the states are: {known}") from None
    if not states:
        raise InvalidOrderRequest(f"{field} is empty")
    return states
