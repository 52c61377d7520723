"""
The event by which :class:`OrderStatusTrigger` wakes its task: written here for the trigger, read here for the task.

Airflow stores it as JSON in between.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from airflow.providers.common.compat.sdk import AirflowNotFoundException

from airflow_provider_exchange.errors import ExchangeError, UnreadableResponseError, load_error

if TYPE_CHECKING:
    from collections.abc import Iterable

    from airflow_provider_exchange.models import Order

__all__ = ["read_event", "write_error", "write_event"]

STATUSES = frozenset({"reached", "failed", "timeout"})


def write_event(
    status: Literal["reached", "failed", "timeout"], orders: Iterable[Order | None] = ()
) -> dict[str, Any]:
    """
    Return the event for what a trigger saw.

    :param status: Whether every order reached a target state, one reached a failed state, or the time was up.
    :param orders: How the venue showed them; None for one that it did not show.
    """
    return {"status": status, "orders": [order.summary() for order in orders if order is not None]}


def write_error(error: ExchangeError | AirflowNotFoundException) -> dict[str, Any]:
    """
    Return the event for an error that looking again cannot change.

    :param error: What the trigger met.
    """
    if isinstance(error, ExchangeError):
        return {"status": "error", "error": error.dump()}
    return {"status": "no connection", "message": str(error)}


def read_event(event: Any) -> dict[str, Any]:
    """
    Return an event that a task may act upon.

    :param event: What Airflow handed over.
    :raises ExchangeError: the error that the trigger met; or an unreadable one for None and for anything that no
        trigger of this package writes, as nothing is proved by it.
    :raises AirflowNotFoundException: when the trigger found no connection.
    """
    if isinstance(event, dict):
        if event.get("status") == "error":
            try:
                error = load_error(event["error"])
            except (KeyError, TypeError, AttributeError):
                raise UnreadableResponseError("the trigger's event tells of an error that cannot be read") from None
            raise error
        if event.get("status") == "no connection":
            raise AirflowNotFoundException(str(event.get("message")))
        if event.get("status") in STATUSES:
            return event
    raise UnreadableResponseError("the trigger's event is not one of this package's; nothing is proved by it")
