"""Writes and reads the event of :class:`OrderStatusTrigger`, which Airflow stores as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from airflow.providers.common.compat.sdk import AirflowNotFoundException

from airflow_provider_exchange.errors import ExchangeError, UnreadableResponseError, load_error

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from airflow_provider_exchange.models.orders import Order

STATUSES = frozenset({"reached", "failed", "timeout"})


def write_event(
    status: Literal["reached", "failed", "timeout"], orders: Iterable[Order | None] = ()
) -> dict[str, Any]:
    """Return the event for what a trigger saw: target states reached, a failed state, or the deadline."""
    return {"status": status, "orders": [order.summary() for order in orders if order is not None]}


def write_error(error: ExchangeError | AirflowNotFoundException) -> dict[str, Any]:
    """Return the event for an error after which reading again cannot help."""
    if isinstance(error, ExchangeError):
        return {"status": "error", "error": error.dump()}
    return {"status": "no connection", "message": str(error)}


def has_failed(next_method: str) -> bool:
    """Tell whether Airflow resumes a task because there is no event. It then keeps nothing of the deferral."""
    return next_method == "__fail__"


def is_overdue(next_method: str, next_kwargs: Mapping[str, Any] | None) -> bool:
    """Tell whether that is so because no event came in time."""
    # "Trigger timeout" since Airflow 3, "Trigger/execution timeout" before.
    return has_failed(next_method) and "timeout" in str((next_kwargs or {}).get("error")).lower()


def read_event(event: Any) -> dict[str, Any]:
    """Return a trigger's event, or raise the error in it. An unknown event raises ``UnreadableResponseError``."""
    if isinstance(event, dict):
        if event.get("status") == "error":
            try:
                error = load_error(event["error"])
            except (LookupError, TypeError, ValueError):
                raise UnreadableResponseError("the trigger's event contains an unknown error") from None
            raise error
        if event.get("status") == "no connection":
            raise AirflowNotFoundException(str(event.get("message")))
        if isinstance(event.get("status"), str) and event["status"] in STATUSES:
            return event
    raise UnreadableResponseError("the trigger's event has an unknown form; the orders may still be open")
