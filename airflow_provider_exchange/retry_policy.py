"""
Decides whether and when Airflow retries a task, by the error of the exchange. For Airflow 3.3 and newer::

    CancelAllOrdersOperator(..., retries=5, retry_policy=ExchangeRetryPolicy())
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from airflow.providers.common.compat.sdk import AirflowOptionalProviderFeatureException

from airflow_provider_exchange.errors import ExchangeError, RateLimitedError, TransientError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from airflow.providers.common.compat.sdk import Context
    from airflow.sdk import RetryDecision, RetryPolicy
else:
    try:
        from airflow.sdk import RetryDecision, RetryPolicy
    except ImportError:  # before Airflow 3.3
        RetryDecision, RetryPolicy = None, object

__all__ = ["ExchangeRetryPolicy"]


class ExchangeRetryPolicy(RetryPolicy):
    """
    Retries after the time that the venue asks for, and not at all where a retry cannot help.

    The first of this package's errors in the exception's chain of causes decides. A rate limit with a time to
    wait counts anywhere in the chain, as it may be the reason why orders were not confirmed gone. All else is
    left to the task's own settings.

    :raises AirflowOptionalProviderFeatureException: on Airflow before 3.3.
    """

    def __init__(self) -> None:
        if RetryDecision is None:
            raise AirflowOptionalProviderFeatureException("ExchangeRetryPolicy needs Airflow 3.3 or newer")

    def evaluate(
        self,
        exception: BaseException,
        try_number: int,  # noqa: ARG002
        max_tries: int,  # noqa: ARG002
        context: Context | None = None,  # noqa: ARG002
    ) -> RetryDecision:
        """
        Decide about a failed try.

        :param exception: What failed the task. Airflow does not ask about ``AirflowFailException``, which this
            package's operators raise for permanent errors; those only arrive here from tasks that use a hook.
        """
        errors = [error for error in _causes(exception) if isinstance(error, ExchangeError)]
        if not errors:
            return RetryDecision.default()
        if not isinstance(errors[0], TransientError):
            return RetryDecision.fail(reason=f"{type(errors[0]).__name__}: a retry changes nothing")
        for error in errors:
            if isinstance(error, RateLimitedError) and error.retry_after is not None:
                return RetryDecision.retry(
                    delay=timedelta(seconds=error.retry_after),
                    reason=f"{error.exchange or 'the venue'} asked to wait {error.retry_after:g} s",
                )
        return RetryDecision.default()

    def serialize(self) -> dict[str, Any]:
        """Return the policy as JSON; it has no settings."""
        return {"__type": f"{type(self).__module__}.{type(self).__qualname__}"}

    @classmethod
    def deserialize(cls, data: dict[str, Any]) -> ExchangeRetryPolicy:  # noqa: ARG003
        """Return the policy that :meth:`serialize` wrote."""
        return cls()


def _causes(exception: BaseException) -> Iterator[BaseException]:
    """Yield an exception and its causes, each once, as causes may form a loop."""
    seen: set[int] = set()
    present: BaseException | None = exception
    while present is not None and id(present) not in seen:
        seen.add(id(present))
        yield present
        present = present.__cause__
