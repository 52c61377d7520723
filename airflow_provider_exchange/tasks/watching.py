"""The code of a running sensor: reads the orders, and defers if the sensor is deferrable."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Any

from airflow.providers.common.compat.sdk import AirflowSensorTimeout, PokeReturnValue

from airflow_provider_exchange.errors import (
    ExchangeError,
    InvalidOrderRequest,
    OrderFilledError,
    OrderRejectedError,
    OrderStateError,
    TransientError,
)
from airflow_provider_exchange.hooks.exchange import ExchangeHook
from airflow_provider_exchange.links import leave_order_page
from airflow_provider_exchange.models.orders import Order, OrderRef, OrderState
from airflow_provider_exchange.operations.watch import Watch, ended_orders
from airflow_provider_exchange.side_work import SideLog
from airflow_provider_exchange.tasks.account import check_account
from airflow_provider_exchange.tasks.failures import airflow_failures
from airflow_provider_exchange.tasks.trigger_event import read_event

if TYPE_CHECKING:
    from collections.abc import Sequence

    from airflow_provider_exchange.sensors.orders import OrderStatusSensor

LAST_LOOK = 30.0
"""Seconds within which the venue has to show what ended the waiting in the triggerer."""

STATE_ERRORS: dict[OrderState, type[ExchangeError]] = {
    OrderState.FILLED: OrderFilledError,
    OrderState.REJECTED: OrderRejectedError,
}


def poke(
    sensor: OrderStatusSensor, context: Any, seen: dict[OrderRef, Order], *, is_last: bool = False
) -> PokeReturnValue:
    """
    Read every order once. A deferrable sensor that has to wait then defers.

    :param seen: What earlier pokes read, to which this one adds.
    :param is_last: Whether the time is up, so that there is no waiting.
    """
    log = SideLog(sensor.log)
    with airflow_failures():
        watch = _watch(sensor)
        with closing(ExchangeHook.for_connection(sensor.exchange_conn_id)) as hook:
            refs = _refs(sensor, hook)
            if not seen:
                leave_order_page(sensor, context, hook.exchange, refs[0].symbol)
            orders: list[Order | None] = []
            try:
                orders = hook.read_orders(refs, seen)
                seen |= {ref: order for ref, order in zip(refs, orders, strict=True) if order is not None}
            except TransientError as error:
                log.warning("Could not read the orders, trying again at the next poke: %s", error)
        shown = [order.summary() for order in orders if order is not None]
        if watch.failed(orders):
            raise _failure(shown, watch)
    reached = watch.reached(orders)
    log.info("%d of %d orders have reached %s", reached, len(refs), "/".join(sorted(watch.targets)))
    if sensor.deferrable and reached < len(refs) and not is_last:
        sensor.wait_in_triggerer(
            [ref.name() for ref in refs], sorted(watch.targets), sorted(watch.failures), hook.exchange.account
        )
    return PokeReturnValue(reached == len(refs), shown)


def complete(sensor: OrderStatusSensor, event: Any, account: Any) -> list[dict[str, Any]]:
    """
    Return the orders for XCom, as the venue shows them now.

    The trigger's event comes from Airflow's database. It ends the waiting, but proves nothing about any order.

    :raises TransientError: when the venue does not show what the event says.
    """
    with airflow_failures():
        if read_event(event)["status"] == "timeout":
            raise _too_late(sensor)
        watch = _watch(sensor)
        with closing(ExchangeHook.for_connection(sensor.exchange_conn_id)) as hook:
            check_account(hook, account)
            refs = _refs(sensor, hook)
            orders = hook.run(ended_orders(hook.exchange, refs, watch), LAST_LOOK)
        shown = [order.summary() for order in orders if order is not None]
        if watch.failed(orders):
            raise _failure(shown, watch)
        return shown


def look_a_last_time(sensor: OrderStatusSensor, context: Any) -> list[dict[str, Any]]:
    """Read every order once, after a wait in which no trigger answered. Return the orders, for XCom."""
    log = SideLog(sensor.log)
    log.warning("The triggerer sent no event in time (is one running?). Reading the orders a last time")
    result = poke(sensor, context, {}, is_last=True)
    if not result.is_done:
        raise _too_late(sensor)
    orders: list[dict[str, Any]] = result.xcom_value or []
    return orders


def _too_late(sensor: OrderStatusSensor) -> AirflowSensorTimeout:
    return AirflowSensorTimeout(f"the orders have not reached a target state within {sensor.timeout:g} s")


def _failure(orders: Sequence[dict[str, Any]], watch: Watch) -> ExchangeError:
    failed = [order for order in orders if order["state"] in watch.failures]
    if not failed:
        return OrderStateError("the venue does not know an order; check its id, its symbol and the account")
    state = OrderState(failed[0]["state"])
    return STATE_ERRORS.get(state, OrderStateError)(
        f"an order reached the state {state.value}",
        exchange=failed[0]["exchange"],
        orders=[OrderRef(order["order_id"], order["symbol"], None, OrderState(order["state"])) for order in failed],
    )


def _watch(sensor: OrderStatusSensor) -> Watch:
    targets = _states(sensor.target_states, "target_states")
    if OrderState.UNKNOWN in targets:
        raise InvalidOrderRequest(
            "target_states holds unknown, which cannot be waited for: no single answer proves that an order is not "
            "there"
        )
    if sensor.failed_states is None:
        return Watch(targets, frozenset(state for state in OrderState if state.is_terminal) - targets)
    failures = _states(sensor.failed_states, "failed_states") if sensor.failed_states else frozenset()
    if targets & failures:
        raise InvalidOrderRequest("target_states and failed_states have a state in common")
    return Watch(targets, failures)


def _refs(sensor: OrderStatusSensor, hook: ExchangeHook) -> tuple[OrderRef, ...]:
    given = {"order_id": sensor.order_id, "order_ids": sensor.order_ids, "orders": sensor.orders}
    named = [name for name, value in given.items() if value is not None]
    if len(named) != 1:
        raise InvalidOrderRequest("give exactly one of order_id, order_ids and orders")
    symbols = {} if sensor.symbol is None else {"symbols": [sensor.symbol]}
    if sensor.order_id is not None:
        return (hook.exchange.check_ref(sensor.order_id, sensor.symbol),)
    return hook.check_orders(given[named[0]], field=named[0], **symbols)


def _states(names: Any, field: str) -> frozenset[OrderState]:
    listed = [names] if isinstance(names, str) else names
    try:
        states = frozenset(OrderState(name) for name in listed)
    except (TypeError, ValueError):
        known = ", ".join(OrderState)
        raise InvalidOrderRequest(f"{field} holds {ascii(names)[:80]}; the states are: {known}") from None
    if not states:
        raise InvalidOrderRequest(f"{field} is empty")
    return states
