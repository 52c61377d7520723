"""
Turns an operation into a plan: what to send when, within rate limits and until a deadline.

There are three layers. An *operation* decides what to ask next and sees no clock. A *plan* decides when to ask,
and does no I/O. A *driver* sends and sleeps: a blocking one for tasks, an asynchronous one for triggers.
"""

from __future__ import annotations

import math
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TypeVar

from airflow_provider_exchange.driver.clock import SystemClock, VenueClock
from airflow_provider_exchange.driver.freshness import Freshness
from airflow_provider_exchange.driver.pacing import Pacer
from airflow_provider_exchange.driver.run import Run
from airflow_provider_exchange.driver.turn import Turn
from airflow_provider_exchange.models.orders import Moment
from airflow_provider_exchange.protocol.observing import Observer

if TYPE_CHECKING:
    from collections.abc import Mapping

    from airflow_provider_exchange.driver.effects import Plan
    from airflow_provider_exchange.driver.shared_pace import SharedPace
    from airflow_provider_exchange.protocol.limits import RateLimit
    from airflow_provider_exchange.protocol.steps import Call, Operation

__all__ = ["Planner"]

T = TypeVar("T")


class Planner:
    """
    Plans the operations of one connection, which share its rate limits and its estimate of the venue's clock.

    :param limits: The venue's rate limits by endpoint; ``"total"`` counts every request.
    :param request_timeout: Seconds that one request may take.
    :param rate_limit: Requests per second instead of the venue's total; None for the venue's.
    :param shared: The pace of all workers that use the account; None where each keeps its own alone.
    """

    def __init__(
        self,
        venue: str,
        limits: Mapping[str, RateLimit],
        request_timeout: float,
        rate_limit: float | None = None,
        clock: SystemClock | None = None,
        shared: SharedPace | None = None,
    ) -> None:
        self.venue = venue
        self.clock = clock or SystemClock()
        self.venue_clock = VenueClock(self.clock)
        self.freshness = Freshness(self.clock)
        self.request_timeout = request_timeout
        self.requests = 0
        """How many were sent so far."""
        self._pacer = Pacer(limits, rate_limit)
        self._shared = shared

    def plan(
        self,
        operation: Operation[T],
        timeout: float,
        *,
        repeat_reads: bool = True,
        observer: Observer | None = None,
    ) -> Plan[T]:
        """
        Return the plan of one operation, which ends with the operation's result.

        :param timeout: Seconds for the whole operation.
        :param repeat_reads: Whether reads that fail with a transient error are repeated within the timeout.
        :param observer: Is told of each request and its answer.
        :raises ExchangeError: what the operation raises, or a transient error at the deadline.
        """
        repeat_for = math.inf if repeat_reads else 0
        run = Run(self, timeout, repeat_for=repeat_for, observer=observer or Observer())
        return (yield from run.plan(operation))

    def turn(self, call: Call[Any]) -> Turn:
        """Return the turn of a call, within the rate limits."""
        make = Turn if self._shared is None else self._shared.turn
        return make(self._pacer, self.clock, call.endpoint, call.weight)

    def timestamp(self, turn: Turn) -> int:
        """Return the venue's time in ms for the request whose turn has come, larger than every one before."""
        if turn.timestamp is not None and self.venue_clock.take(turn.timestamp):
            return turn.timestamp
        return self.venue_clock.next_timestamp()

    def machine_time(self) -> int:
        """Return this machine's time in ms, for a request whose timestamp nobody looks at."""
        return int(self.clock.wall() * 1000)

    def refused_time(self, turn: Turn, timestamp: int, ahead: int) -> None:
        """Go by the venue's clock from now on, as it has refused a timestamp that was so many ms ahead of ours."""
        if (offset := self.venue_clock.refused(timestamp, ahead)) is not None:
            turn.clock_is(offset, timestamp)

    def moment(self) -> Moment:
        """Return the present moment, for the report."""
        clock = self.venue_clock
        ours = datetime.fromtimestamp(self.clock.wall(), UTC)
        return Moment(ours, None if clock.measured_offset is None else min(clock.now()), self.requests)

    def wait_for(self, endpoint: str, count: int) -> float:
        """Return the seconds until the rate limits allow the last of some requests."""
        return self._pacer.forecast(endpoint, self.clock.monotonic(), count)

    def timeout_until(self, deadline: float) -> float:
        """Return the seconds that a request started now may take before a monotonic deadline."""
        return min(self.request_timeout, deadline - self.clock.monotonic())

    def hold(self, seconds: float) -> None:
        """Send nothing for some seconds, because the venue asked for it."""
        self._pacer.hold(self.clock.monotonic() + seconds)
        if self._shared is not None:
            self._shared.hold(seconds)

    def refused(self) -> None:
        """Keep all requests within the total from now on: the venue refused one and did not say for how long."""
        self._pacer.refused()
        if self._shared is not None:
            self._shared.refused(self._pacer)
