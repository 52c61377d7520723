"""When a task is tried again, by the error that failed it."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from airflow.providers.common.compat.sdk import AirflowException, AirflowOptionalProviderFeatureException

from airflow_provider_exchange import errors, retry_policy
from airflow_provider_exchange.errors import (
    AuthenticationError,
    ExchangeError,
    ExchangeUnavailableError,
    OrdersStillOpenError,
    RateLimitedError,
)
from airflow_provider_exchange.retry_policy import ExchangeRetryPolicy

if TYPE_CHECKING:
    from airflow.sdk import RetryDecision

KINDS = [getattr(errors, name) for name in errors.__all__ if name.endswith(("Error", "Request"))]

has_retry_policies = pytest.mark.skipif(
    ExchangeRetryPolicy.__base__ is object, reason="Airflow has retry policies since 3.3"
)


def decide(error: BaseException) -> RetryDecision:
    return ExchangeRetryPolicy().evaluate(error, 1, 3, None)


def caused(outer: BaseException, *causes: BaseException) -> BaseException:
    effect = outer
    for cause in causes:
        effect.__cause__ = cause
        effect = cause
    return outer


@has_retry_policies
@pytest.mark.parametrize("kind", KINDS)
def test_permanent_errors_fail_at_once_and_others_do_as_the_task_says(kind: type[ExchangeError]) -> None:
    decision = decide(kind("no"))
    assert decision.action.value == ("default" if kind.retryable else "fail")
    assert decision.retry_delay is None


@has_retry_policies
@pytest.mark.parametrize("seconds", [0, 0.5, 86_400])
def test_a_rate_limit_waits_for_as_long_as_the_venue_asked(seconds: float) -> None:
    decision = decide(RateLimitedError("too many requests", retry_after=seconds, exchange="bitopro"))
    assert decision.action.value == "retry"
    assert decision.retry_delay == timedelta(seconds=seconds)
    assert decision.reason is not None
    assert "bitopro" in decision.reason


@has_retry_policies
def test_a_rate_limit_counts_wherever_it_stands_among_the_causes() -> None:
    limited = RateLimitedError("too many requests", retry_after=7)
    error = caused(AirflowException("mine"), OrdersStillOpenError("left"), ValueError("x"), limited)
    assert decide(error).retry_delay == timedelta(seconds=7)


@has_retry_policies
def test_the_first_of_our_errors_says_whether_a_retry_can_help() -> None:
    refused = AuthenticationError("no")
    assert decide(caused(AirflowException("mine"), refused)).action.value == "fail"
    assert decide(caused(ExchangeUnavailableError("gone"), refused)).action.value == "default"
    limited = RateLimitedError("too many requests", retry_after=7)
    assert decide(caused(AuthenticationError("no"), limited)).action.value == "fail"


@has_retry_policies
def test_what_an_error_happened_to_interrupt_is_no_cause() -> None:
    error = KeyError("a bug of the task's")
    error.__context__ = AuthenticationError("handled already")
    assert decide(error).action.value == "default"


@has_retry_policies
@pytest.mark.parametrize("error", [ValueError("x"), AirflowException("x"), KeyboardInterrupt()])
def test_other_errors_are_none_of_its_business(error: BaseException) -> None:
    assert decide(error).action.value == "default"


@has_retry_policies
def test_a_chain_of_causes_may_be_a_ring() -> None:
    first, second = ValueError("a"), ValueError("b")
    assert decide(caused(first, second, first)).action.value == "default"


@has_retry_policies
def test_a_reason_holds_nothing_that_the_venue_wrote() -> None:
    reason = decide(AuthenticationError("the venue's words", code="40102")).reason
    assert reason == "AuthenticationError: a retry changes nothing"


@has_retry_policies
def test_it_can_be_put_down_and_taken_up() -> None:
    stored: dict[str, Any] = json.loads(json.dumps(ExchangeRetryPolicy().serialize()))
    assert stored == {"__type": "airflow_provider_exchange.retry_policy.ExchangeRetryPolicy"}
    assert type(ExchangeRetryPolicy.deserialize(stored)) is ExchangeRetryPolicy


def test_an_older_airflow_is_told_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retry_policy, "RetryDecision", None)
    with pytest.raises(AirflowOptionalProviderFeatureException, match=r"3\.3"):
        ExchangeRetryPolicy()
