"""
One operation until its deadline: its calls in their turn, and again where that is allowed.

Failed reads are repeated until the deadline. Calls that change something are not repeated: the error goes back to
the operation, which reads the order's state and then decides. The exception is a call that the venue rejected for
its timestamp, which is signed and sent once more with a corrected one.

A read that the venue refuses for good is made a second time before the refusal is believed.
"""

from __future__ import annotations

import random
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from airflow_provider_exchange.driver.clock import retry_after
from airflow_provider_exchange.driver.effects import Fork, Plan, Send, Sleep
from airflow_provider_exchange.driver.freshness import age
from airflow_provider_exchange.errors import (
    AuthenticationError,
    ClockSkewError,
    ExchangeError,
    ExchangeUnavailableError,
    NoResultError,
    PermissionDeniedError,
    RateLimitedError,
    RequestRefusedError,
    UnreadableResponseError,
)
from airflow_provider_exchange.protocol.steps import (
    Briefly,
    Call,
    DeadlineReached,
    Forecast,
    Operation,
    Pause,
    Repeating,
    SideBySide,
    TakeNote,
    VenueTime,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from airflow_provider_exchange.driver.plan import Planner
    from airflow_provider_exchange.driver.turn import Turn
    from airflow_provider_exchange.protocol.messages import Request, Response
    from airflow_provider_exchange.protocol.observing import Observer
    from airflow_provider_exchange.protocol.steps import Step

__all__ = ["LONG_UNDER_WAY", "Run"]

T = TypeVar("T")

TROUBLES = (ClockSkewError, ExchangeUnavailableError, RateLimitedError, UnreadableResponseError)
"""Errors after which a read is repeated."""
REFUSALS = (AuthenticationError, PermissionDeniedError, RequestRefusedError)
"""Permanent errors. A single one may come from one bad server of many, so nothing is concluded from it."""
OLD_ANSWER = "the response is older than the request, as one from a cache"
FIRST_BACKOFF = 0.25
LONGEST_BACKOFF = 10.0
LONG_UNDER_WAY = 2.0
"""In seconds: the venue may reject the timestamp of a request that took longer, because it arrived too late."""
SHORTEST_TIMEOUT = 0.05
"""In seconds: with less time left nothing is sent, as its response would come too late."""


class Run:
    """
    One operation until its deadline.

    :param timeout: Seconds until then.
    :param repeat_for: Seconds for which reads that fail are repeated, all together.
    :param observer: Is told of each request and its answer.
    """

    def __init__(self, planner: Planner, timeout: float, *, repeat_for: float, observer: Observer) -> None:
        self._planner = planner
        self._observer = observer
        self._timeout = timeout
        self._deadline = planner.clock.monotonic() + timeout
        self._repeat_for = repeat_for
        self._lost = 0.0
        """Seconds that reads took which had failed at first."""
        self._limited_in_a_row = 0
        self._is_old = False

    def plan(self, operation: Operation[T]) -> Plan[T]:
        """Return the plan of an operation; see :meth:`Planner.plan`."""
        try:
            return (yield from self._run(operation))
        except DeadlineReached as cut:
            raise cut.trouble or NoResultError(
                f"no result within {self._timeout:g} s", exchange=self._planner.venue
            ) from None
        except ExchangeError as error:
            error.exchange = self._planner.venue
            raise

    def _run(self, operation: Operation[T]) -> Plan[T]:
        resume: Callable[[], Step] = partial(next, operation)
        while True:
            try:
                step = resume()
            except StopIteration as done:
                result: T = done.value
                return result
            try:
                answer = yield from self._perform(step)
            except (ExchangeError, DeadlineReached) as error:
                resume = partial(operation.throw, error)
            else:
                resume = partial(operation.send, answer)

    def _perform(self, step: Step) -> Plan[Any]:
        match step:
            case Briefly(operation, seconds):
                timeout = max(0.0, min(seconds, self._time_left()))
                part = Run(self._planner, timeout, repeat_for=0, observer=self._observer)
                return (yield from part.plan(operation))
            case Repeating(operation, seconds):
                return (yield from self._part(operation, min(seconds, self._repeat_for)))
            case SideBySide(operations):
                return (yield from self._fork(operations))
            case Pause(seconds):
                yield from self._sleep(seconds, None)
                return None
            case VenueTime():
                return self._planner.venue_clock.now()
            case TakeNote():
                return self._planner.moment()
            case Forecast(endpoint, count):
                return self._planner.wait_for(endpoint, count), self._time_left()
            case Call():
                return (yield from self._call(step))

    def _part(self, operation: Operation[T], repeat_for: float) -> Plan[T]:
        """Return the plan of a part of this operation, which ends when this one has to."""
        part = Run(self._planner, self._time_left(), repeat_for=repeat_for, observer=self._observer)
        return part._run(operation)

    def _fork(self, operations: Sequence[Operation[Any]]) -> Plan[list[Any]]:
        ends: list[Any] = yield Fork([self._part(each, self._repeat_for) for each in operations])
        for end in ends:
            if isinstance(end, DeadlineReached):
                raise end
        return ends

    def _call(self, call: Call[Any]) -> Plan[Any]:
        trouble: ExchangeError | None = None
        attempt = 0
        resynchronised = is_refused = False
        since = self._planner.clock.monotonic()
        while True:
            with self._planner.turn(call) as turn:
                while (wait := turn.wait()) > 0:
                    yield from self._sleep(wait, trouble)
                if self._time_left() < SHORTEST_TIMEOUT:
                    raise DeadlineReached(trouble)
                began = self._planner.clock.monotonic()
                timestamp = self._planner.timestamp(turn) if call.signed else self._planner.machine_time()
                ahead = self._planner.venue_clock.ahead(timestamp)
                request = call.begin(timestamp)
                try:
                    result = yield from self._send(call, request, turn)
                except ExchangeError as error:
                    error.exchange = self._planner.venue
                    trouble = error
                else:
                    if trouble is not None:
                        self._lost += self._planner.clock.monotonic() - since
                    return result
            seconds = self._planner.clock.monotonic() - began
            if call.signed and self._is_about_time(trouble, ahead, seconds):
                self._planner.refused_time(turn, timestamp, ahead)
                if not resynchronised:
                    resynchronised = True
                    continue
                # The timestamp was wrong again, so the key itself may be valid: report a transient error.
                trouble = ClockSkewError(trouble.message, exchange=trouble.exchange, code=trouble.code)
            if self._is_old and not isinstance(trouble, TROUBLES):
                trouble = UnreadableResponseError(OLD_ANSWER, exchange=trouble.exchange)
            if call.mutating:
                raise trouble
            if isinstance(trouble, REFUSALS) and not (is_refused or resynchronised):
                is_refused = True
                trouble = ExchangeUnavailableError(
                    f"there was no time to ask twice: {trouble.message}",
                    exchange=trouble.exchange,
                    code=trouble.code,
                )
            elif not isinstance(trouble, TROUBLES) or self._is_too_long(since):
                raise trouble
            attempt += 1
            if not isinstance(trouble, RateLimitedError):
                yield from self._sleep(backoff(attempt), trouble)

    def _send(self, call: Call[Any], request: Request, turn: Turn) -> Plan[Any]:
        planner, observer = self._planner, self._observer
        sent = planner.freshness.now()
        planner.requests += 1
        turn.begin()
        self._is_old = False
        number = observer.sent(call, request)
        try:
            response: Response = yield Send(request, planner.timeout_until(self._deadline))
        except ExchangeError as error:
            observer.lost(number, error)
            raise
        finally:
            turn.done()
        observer.received(number, response)
        try:
            result = self._read(call, response, sent)
        except ExchangeError as error:
            observer.meant(number, error)
            raise
        observer.meant(number, result)
        return result

    def _read(self, call: Call[Any], response: Response, sent: float) -> Any:
        """Return the result of an answer, and learn from it about clock and limits; ``sent`` is monotonic."""
        planner = self._planner
        self._is_old = planner.freshness.is_old(response, sent)
        if not self._is_old:
            planner.venue_clock.observe(response)
        try:
            result = call.finish(response)
        except (AuthenticationError, ClockSkewError):
            # It may look old because the venue has set its clock back, and refuses our time for that.
            if not age(response):
                planner.venue_clock.observe(response)
            raise
        except RateLimitedError as error:
            self._limited_in_a_row += 1
            error.retry_after = retry_after(response, planner.clock.wall())
            # Some say 0, or a time that has passed; and what was obeyed in vain is too short.
            planner.hold(max(error.retry_after or 0, backoff(self._limited_in_a_row)))
            if not error.retry_after:
                planner.refused()
            raise
        self._limited_in_a_row = 0
        if self._is_old:
            raise UnreadableResponseError(OLD_ANSWER)
        return result

    def _is_too_long(self, since: float) -> bool:
        """Whether the time is used up in which reads may be repeated; a later one is not repeated then, either."""
        lost = self._planner.clock.monotonic() - since
        if self._lost + lost < self._repeat_for:
            return False
        self._lost += lost
        return True

    def _is_about_time(self, error: ExchangeError, ahead: int, seconds: float) -> bool:
        """Whether a corrected timestamp may help. Some venues report a wrong timestamp as a bad key."""
        if isinstance(error, ClockSkewError):
            return True
        late = seconds > LONG_UNDER_WAY
        return isinstance(error, AuthenticationError) and (late or self._planner.venue_clock.is_off(ahead))

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
    """Return a growing, random pause in seconds, so that workers do not all retry at the same moment."""
    ceiling = min(LONGEST_BACKOFF, FIRST_BACKOFF * 2 ** min(attempt - 1, 16))
    return random.uniform(ceiling / 2, ceiling)  # noqa: S311  (no secret is drawn)
