"""Turns this package's errors into those by which Airflow decides about a retry."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from airflow.providers.common.compat.sdk import AirflowException, AirflowFailException

from airflow_provider_exchange.errors import ExchangeError, Stopped, TransientError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from airflow_provider_exchange.models.reports import CancelReport

__all__ = ["PermanentFailure", "airflow_failures"]


class PermanentFailure(AirflowFailException):
    """
    A permanent error, which is its cause, in the form that Airflow does not retry.

    :param report: What is known of every order, if the error ended a cancel.
    """

    def __init__(self, message: str, report: CancelReport | None = None) -> None:
        super().__init__(message)
        self.report = report


@contextmanager
def airflow_failures() -> Iterator[None]:
    """Raise permanent errors as ``AirflowFailException``, which Airflow does not retry. Transient ones pass."""
    try:
        yield
    except TransientError:
        raise
    except ExchangeError as error:
        raise PermanentFailure(str(error), error.report) from error
    except Stopped:
        raise AirflowException("the task was stopped; nothing more was sent to the exchange") from None
