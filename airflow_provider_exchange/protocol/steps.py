"""
Operations and the steps they are made of.

An operation is a generator. It yields steps, receives their results, and returns its own. It uses no clock, no
network and no signature, so that both a task (blocking) and a trigger (async) can run it.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Generator
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from airflow_provider_exchange.errors import ExchangeError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from airflow_provider_exchange.models.orders import Moment
    from airflow_provider_exchange.protocol.messages import Request, Response

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Call(ABC, Generic[T]):
    """
    A request to the venue, together with how to read the response.

    :param endpoint: The rate limit that it counts against, besides the total.
    :param weight: How much it counts.
    :param mutating: Whether it changes anything. It is sent again only if the venue rejected its timestamp.
    :param signed: Whether the venue requires a signature. A request without one uses up no timestamp: if this
        machine's clock is ahead, no later one could be as low as the venue wants it.
    """

    endpoint: str
    weight: int = 1
    mutating: bool = False
    signed: bool = True

    @abstractmethod
    def begin(self, timestamp: int) -> Request:
        """Return the signed request; ``timestamp`` is the venue's time in ms and grows with every request."""

    @abstractmethod
    def finish(self, response: Response) -> T:
        """Return the result of a response with any status, or raise the ``ExchangeError`` that it means."""

    def unsigned(self) -> Any:
        """Return the parameters as they are before the request is signed, for a record; an object or a list."""
        return {}


@dataclass(frozen=True, slots=True)
class Pause:
    """Wait for some seconds."""

    seconds: float


@dataclass(frozen=True, slots=True)
class VenueTime:
    """Ask for the earliest and the latest time that it may be by the venue's clock, as aware ``datetime``."""


@dataclass(frozen=True, slots=True)
class TakeNote:
    """Ask for the present :class:`~airflow_provider_exchange.models.Moment`, for the report."""


@dataclass(frozen=True, slots=True)
class Briefly(Generic[T]):
    """
    Run another operation whose result would be good to have, without risking the present one.

    Its reads are not repeated. Whatever stops it, even the deadline, is raised here as an ``ExchangeError``.

    :param seconds: The most that it may take.
    """

    operation: Operation[T]
    seconds: float


@dataclass(frozen=True, slots=True)
class Repeating(Generic[T]):
    """
    Run another operation as a part of this one, but give up on a read that fails for long.

    :param seconds: How long its reads are repeated, all together; then the error of one that fails is raised. Else
        each is repeated until the deadline.
    """

    operation: Operation[T]
    seconds: float


@dataclass(frozen=True, slots=True)
class SideBySide(Generic[T]):
    """
    Run several operations at the same time, as parts of this one.

    Their results come in the same order; in the place of one that failed stands its ``ExchangeError``. When the
    time is up, those that have not ended are cut, and ``DeadlineReached`` is raised here.

    :param operations: Which; none of them may depend on another.
    """

    operations: Sequence[Operation[T]]


@dataclass(frozen=True, slots=True)
class Forecast:
    """
    Ask how long some requests have to wait for the rate limits, and how much time is left; both in seconds.

    :param endpoint: The rate limit that they count against, besides the total.
    :param count: How many they are.
    """

    endpoint: str
    count: int


Step = Call[Any] | Pause | VenueTime | TakeNote | Briefly[Any] | Repeating[Any] | SideBySide[Any] | Forecast
Operation = Generator[Step, Any, T]


class DeadlineReached(Exception):  # noqa: N818  (operations turn it into an error)
    """
    Raised inside an operation, at its current step, when its time is up.

    :param trouble: The error for which the last request was being repeated, if any.
    """

    def __init__(self, trouble: ExchangeError | None = None) -> None:
        super().__init__("the deadline was reached")
        self.trouble = trouble


def ask(call: Call[T]) -> Operation[T]:
    """Make a call and return its result."""
    result: T = yield call
    return result


def with_calls(operation: Operation[T], change: Callable[[Call[Any]], Call[Any]]) -> Operation[T]:
    """
    Run an operation with each of its calls changed.

    :param change: Takes a call and returns the one to make instead. What it raises ends the operation.
    """
    resume: Callable[[], Step] = partial(next, operation)
    try:
        while True:
            try:
                step = resume()
            except StopIteration as done:
                result: T = done.value
                return result
            if isinstance(step, Call):
                step = change(step)
            try:
                answer: Any = yield step
            except (ExchangeError, DeadlineReached) as error:
                resume = partial(operation.throw, error)
            else:
                resume = partial(operation.send, answer)
    finally:
        operation.close()


def briefly(operation: Operation[T], seconds: float) -> Operation[T]:
    """Run another operation; see :class:`Briefly`."""
    result: T = yield Briefly(operation, seconds)
    return result


def repeating(operation: Operation[T], seconds: float) -> Operation[T]:
    """Run another operation, repeating its reads for some seconds; see :class:`Repeating`."""
    result: T = yield Repeating(operation, seconds)
    return result


def side_by_side(operations: Sequence[Operation[T]]) -> Operation[list[T | ExchangeError]]:
    """Run several operations at the same time; see :class:`SideBySide`."""
    ends: list[T | ExchangeError] = yield SideBySide(operations)
    return ends


def forecast(endpoint: str, count: int) -> Operation[tuple[float, float]]:
    """Return the seconds until the last of some requests may start, and the seconds left; see :class:`Forecast`."""
    seconds: tuple[float, float] = yield Forecast(endpoint, count)
    return seconds


def venue_time() -> Operation[tuple[datetime, datetime]]:
    """Return the earliest and the latest time that it may be by the venue's clock; mostly they are the same."""
    now: tuple[datetime, datetime] = yield VenueTime()
    return now


def take_note() -> Operation[Moment]:
    """Return the present moment. No decision may depend on it."""
    now: Moment = yield TakeNote()
    return now
