"""Hands errors to Airflow: permanent ones so that it does not retry, transient ones as they are."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from airflow.providers.common.compat.sdk import AirflowException, AirflowFailException

from airflow_provider_exchange.errors import ExchangeError, Stopped, TransientError

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["airflow_failures"]


@contextmanager
def airflow_failures() -> Iterator[None]:
    """
    Turn permanent errors into ``AirflowFailException``, with the typed one as cause.

    :raises AirflowFailException: for an error that a retry cannot change.
    """
    try:
        yield
    except TransientError:
        raise
    except ExchangeError as error:
        raise AirflowFailException(str(error)) from error
    except Stopped:
        raise AirflowException("stopped from outside; nothing further was sent") from None
