"""Reads the events of this package's triggers, in the task that they wake."""

from __future__ import annotations

from typing import Any

from airflow.providers.common.compat.sdk import AirflowNotFoundException

from airflow_provider_exchange.errors import UnreadableResponseError, load_error

__all__ = ["read_event"]

STATUSES = frozenset({"reached", "failed", "timeout"})


def read_event(event: Any) -> dict[str, Any]:
    """
    Return an event that a task may act upon.

    :param event: What Airflow handed over.
    :raises ExchangeError: the error that the trigger met; or an unreadable one for None or anything unknown, since
        no event is no proof.
    :raises AirflowNotFoundException: when the trigger found no connection.
    """
    if isinstance(event, dict):
        if event.get("status") == "error":
            try:
                error = load_error(event["error"])
            except (KeyError, TypeError, AttributeError):
                raise UnreadableResponseError("the trigger's event tells of an error that is none") from None
            raise error
        if event.get("status") == "no connection":
            raise AirflowNotFoundException(str(event.get("message")))
        if event.get("status") in STATUSES:
            return event
    raise UnreadableResponseError("the trigger's event is not one of this package's; nothing is proved by it")
