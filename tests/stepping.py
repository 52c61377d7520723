"""Steps operations by hand, without a plan and without I/O."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from airflow_provider_exchange.errors import ExchangeError
from airflow_provider_exchange.exchanges.http import HttpCall
from airflow_provider_exchange.models.orders import Moment
from airflow_provider_exchange.protocol.steps import Call, Operation, Pause, TakeNote

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from airflow_provider_exchange.protocol.messages import Request, Response

T = TypeVar("T")

TIMESTAMP = 1_763_942_400_000
"""The venue's time in ms, at which every request is begun here; so requests that ask for the same are the same."""


@dataclass(frozen=True)
class Asked:
    """
    What an operation has asked for.

    :param call: the step.
    :param request: what would be sent for it.
    """

    call: Call[Any]
    request: Request


def first_call(operation: Operation[Any]) -> HttpCall[Any]:
    """The first thing that an operation asks for, which is a call over HTTP."""
    step = next(operation)
    assert isinstance(step, HttpCall)
    return step


def stepped(operation: Operation[T], answer: Callable[[Request], Response]) -> Generator[Asked, None, T]:
    """
    Step an operation as a plan does that repeats nothing: what an answer means is sent or thrown into it.

    Pauses pass at once. Each call is yielded before it is answered; whoever has seen enough may leave it at that.

    :param operation: what to step; it is closed in any case.
    :param answer: returns what the venue answers to a request.
    :return: the operation's result.
    """
    resume: Callable[[], Any] = partial(next, operation)
    try:
        while True:
            try:
                step = resume()
            except StopIteration as done:
                result: T = done.value
                return result
            if isinstance(step, Pause):
                resume = partial(operation.send, None)
                continue
            if isinstance(step, TakeNote):
                resume = partial(operation.send, Moment(datetime.fromtimestamp(TIMESTAMP / 1000, UTC)))
                continue
            assert isinstance(step, Call)
            request = step.begin(TIMESTAMP)
            yield Asked(step, request)
            response = answer(request)
            try:
                resume = partial(operation.send, step.finish(response))
            except ExchangeError as error:
                resume = partial(operation.throw, error)
    finally:
        operation.close()


def run_on(operation: Operation[T], *answers: Response) -> T:
    """Run an operation whose calls are answered so, one after the other; it must ask for neither less nor more."""
    left = list(answers)

    def answer(_request: Request) -> Response:
        assert left, "more was asked than was answered"
        return left.pop(0)

    steps = stepped(operation, answer)
    while True:
        try:
            next(steps)
        except StopIteration as done:
            assert not left, "less was asked than was answered"
            result: T = done.value
            return result
