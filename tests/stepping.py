"""Steps operations by hand, without a plan and without I/O."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from airflow_provider_exchange.exchanges.http import HttpCall
from airflow_provider_exchange.protocol.steps import Call, Operation

if TYPE_CHECKING:
    from airflow_provider_exchange.protocol.messages import Response

T = TypeVar("T")


def first_call(operation: Operation[Any]) -> HttpCall[Any]:
    """The first thing that an operation asks for, which is a call over HTTP."""
    step = next(operation)
    assert isinstance(step, HttpCall)
    return step


def run_on(operation: Operation[T], *answers: Response) -> T:
    """Run an operation whose calls are answered so, one after the other; it must not ask for more."""
    try:
        step = next(operation)
        for answer in answers:
            assert isinstance(step, Call)
            step = operation.send(step.finish(answer))
    except StopIteration as done:
        result: T = done.value
        return result
    raise AssertionError("more was asked than was answered")
