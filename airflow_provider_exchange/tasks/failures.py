"""Turns this package's errors into those by which Airflow decides about a retry."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from airflow.providers.common.compat.sdk import AirflowException, AirflowFailException

from airflow_provider_exchange.errors import ExchangeError, Stopped, TransientError

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def airflow_failures() -> Iterator[None]:
    """Raise permanent errors as ``AirflowFailException``, which Airflow does not retry. Transient ones pass."""
    try:
        yield
    except TransientError:
        raise
    except ExchangeError as error:
        raise AirflowFailException(str(error)) from error
    except Stopped:
        raise AirflowException("the task was stopped; nothing more was sent to the exchange") from None
