"""
Turns an operation into requests and sleeps: pacing, the deadline, repeated reads, the venue's clock.

Three layers. An *operation* knows what to ask next, and sees no clock. A *plan* knows when to ask and how long to
go on, and sends nothing. A *driver* sends and sleeps, and knows nothing else; there is a blocking one for tasks
and an asynchronous one for triggers.

Reads are repeated until the deadline; calls that change anything never are. Their failure goes back to the
operation, which reads what became of the order and then decides.
"""

from __future__ import annotations

import random
from collections.abc import Generator
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from airflow_provider_exchange.driver.clock import SystemClock, VenueClock, retry_after
from airflow_provider_exchange.driver.pacing import Pacer
from airflow_provider_exchange.errors import (
    AuthenticationError,
    ClockSkewError,
    ExchangeError,
    ExchangeUnavailableError,
    RateLimitedError,
    UnreadableResponseError,
)
from airflow_provider_exchange.protocol.steps import Call, DeadlineReached, Operation, Pause, VenueTime

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from airflow_provider_exchange.driver.clock import Clock
    from airflow_provider_exchange.protocol.limits import RateLimit
    from airflow_provider_exchange.protocol.messages import Request, Response
    from airflow_provider_exchange.protocol.steps import Step

__all__ = ["Effect", "Planner", "Send", "Sleep"]

T = TypeVar("T")

TROUBLES = (ClockSkewError, ExchangeUnavailableError, RateLimitedError, UnreadableResponseError)
"""What a read may meet and be repeated for."""
FIRST_BACKOFF = 0.25
LONGEST_BACKOFF = 10.0
LONG_UNDER_WAY = 2.0
"""A request that took longer, in s, may have reached the venue too late for the time that it carries."""
SHORTEST_TIMEOUT = 0.05
"""With less time left, in s, nothing is sent any more: it would only make the outcome unknown."""


@dataclass(frozen=True, slots=True)
class Send:
    """
    Send a request and return its :class:`Response`, or raise a typed transient error.

    :param request: What to send, as it is.
    :param timeout: Seconds for all of it: connecting, sending, and reading the answer to its end.
    """

    request: Request
    timeout: float


@dataclass(frozen=True, slots=True)
class Sleep:
    """
    Let time pass.

    :param seconds: How much.
    """

    seconds: float


Effect = Send | Sleep
Plan = Generator[Effect, Any, T]


class Planner:
    """
    Plans the operations of one connection, which share its pace and its idea of the venue's clock.

    :param venue: Its name, for errors.
    :param limits: The venue's rate limits by endpoint; ``"total"`` counts every request.
    :param request_timeout: Seconds that one request may take.
    :param rate_limit: Requests a second instead of the venue's total; None for the venue's.
    :param clock: Where time comes from.
    """

    def __init__(
        self,
        venue: str,
        limits: Mapping[str, RateLimit],
        request_timeout: float,
        rate_limit: float | None = None,
        clock: Clock | None = None,
    ) -> None:
        self.venue = venue
        self.clock: Clock = clock or SystemClock()
        self.venue_clock = VenueClock(self.clock)
        self.request_timeout = request_timeout
        self._pacer = Pacer(limits, rate_limit)

    def plan(self, operation: Operation[T], timeout: float, *, repeat_reads: bool = True) -> Plan[T]:
        """
        Plan one operation.

        :param operation: What to do.
        :param timeout: Seconds for all of it.
        :param repeat_reads: Whether a read that fails for a transient reason is repeated within the time.
        :return: A generator of effects, which returns the operation's result.
        :raises ExchangeError: what the operation raises; a transient one when the time is up. It names the venue.
        """
        run = _Run(self, self.clock.monotonic() + timeout, repeat_reads=repeat_reads)
        resume: Callable[[], Step] = partial(next, operation)
        while True:
            try:
                step = resume()
            except StopIteration as done:
                result: T = done.value
                return result
            except DeadlineReached as cut:
                raise cut.trouble or ExchangeUnavailableError(
                    f"no result within {timeout:g} s", exchange=self.venue
                ) from None
            except ExchangeError as error:
                error.exchange = self.venue
                raise
            try:
                answer = yield from run.perform(step)
            except (ExchangeError, DeadlineReached) as error:
                resume = partial(operation.throw, error)
            else:
                resume = partial(operation.send, answer)

    def wait_turn(self, call: Call[Any]) -> float:
        """
        Return the seconds until the venue's limits allow a request.

        :param call: What to ask.
        """
        return self._pacer.delay(call.endpoint, self.clock.monotonic(), call.weight)

    def end(self, call: Call[Any]) -> None:
        """
        Count a call against the venue's limits, once it is answered or given up.

        :param call: What was asked.
        """
        self._pacer.done(call.endpoint, self.clock.monotonic(), call.weight)

    def timeout_until(self, deadline: float) -> float:
        """
        Return the seconds that a request started now may take.

        :param deadline: Monotonic time in s.
        """
        return min(self.request_timeout, deadline - self.clock.monotonic())

    def hold(self, seconds: float) -> None:
        """
        Send nothing for a while, because the venue said so.

        :param seconds: How long.
        """
        self._pacer.hold(self.clock.monotonic() + seconds)


class _Run:
    """One operation's way to its deadline."""

    def __init__(self, planner: Planner, deadline: float, *, repeat_reads: bool) -> None:
        self._planner = planner
        self._deadline = deadline
        self._repeat_reads = repeat_reads
        self._limited_in_a_row = 0

    def perform(self, step: Step) -> Plan[Any]:
        match step:
            case Pause(seconds):
                yield from self._sleep(seconds, None)
                return None
            case VenueTime():
                return self._planner.venue_clock.now()
            case Call():
                return (yield from self._call(step))

    def _call(self, call: Call[Any]) -> Plan[Any]:
        trouble: ExchangeError | None = None
        attempt = 0
        resynchronised = False
        while True:
            yield from self._sleep(self._planner.wait_turn(call), trouble)
            if self._time_left() < SHORTEST_TIMEOUT:
                raise DeadlineReached(trouble)
            timestamp = self._planner.venue_clock.next_timestamp()
            request = call.begin(timestamp)
            began = self._planner.clock.monotonic()
            try:
                return (yield from self._send(call, request))
            except ExchangeError as error:
                error.exchange = self._planner.venue
                trouble = error
            if self._is_about_time(trouble, self._planner.clock.monotonic() - began):
                self._planner.venue_clock.refused(timestamp)
                if not resynchronised:
                    resynchronised = True
                    continue
                # The time was off again: that says nothing against the key.
                trouble = ClockSkewError(trouble.message, exchange=trouble.exchange, code=trouble.code)
            if call.mutating or not self._repeat_reads or not isinstance(trouble, TROUBLES):
                raise trouble
            attempt += 1
            if not isinstance(trouble, RateLimitedError):
                yield from self._sleep(backoff(attempt), trouble)

    def _send(self, call: Call[Any], request: Request) -> Plan[Any]:
        planner = self._planner
        try:
            response: Response = yield Send(request, planner.timeout_until(self._deadline))
        finally:
            planner.end(call)
        planner.venue_clock.observe(response)
        try:
            result = call.finish(response)
        except RateLimitedError as error:
            self._limited_in_a_row += 1
            error.retry_after = retry_after(response, planner.clock.wall())
            asked = backoff(self._limited_in_a_row) if error.retry_after is None else error.retry_after
            planner.hold(asked)
            raise
        self._limited_in_a_row = 0
        return result

    def _is_about_time(self, error: ExchangeError, seconds: float) -> bool:
        """Whether a new signature with a corrected time may help. Some venues refuse the time as a bad key."""
        if isinstance(error, ClockSkewError):
            return True
        late = seconds > LONG_UNDER_WAY
        return isinstance(error, AuthenticationError) and (late or self._planner.venue_clock.is_off)

    def _sleep(self, seconds: float, trouble: ExchangeError | None) -> Plan[None]:
        if seconds <= 0:
            return
        left = self._time_left()
        if seconds >= left:
            if left > 0:
                yield Sleep(left)
            raise DeadlineReached(trouble)
        yield Sleep(seconds)

    def _time_left(self) -> float:
        return self._deadline - self._planner.clock.monotonic()


def backoff(attempt: int) -> float:
    """
    Return a growing pause in s with jitter, so that many workers do not come back at once.

    :param attempt: How many attempts have failed; from 1.
    """
    ceiling = min(LONGEST_BACKOFF, FIRST_BACKOFF * 2 ** min(attempt - 1, 16))
    return random.uniform(ceiling / 2, ceiling)  # noqa: S311  (no secret is drawn)
