"""The turn of one request: when it may start, and how long it counts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from airflow_provider_exchange.driver.clock import SystemClock
    from airflow_provider_exchange.driver.pacing import Pacer


class Turn:
    """
    The turn of a request among those of this worker, as a context that gives the turn up where it was not taken.

    :param pacer: The worker's own pace.
    :param endpoint: The rate limit that the request counts against, besides the total.
    :param weight: How much it counts.
    """

    timestamp: int | None = None
    """For the request, in ms since 1970; None where the worker's own will do."""

    def __init__(self, pacer: Pacer, clock: SystemClock, endpoint: str, weight: int) -> None:
        self._pacer = pacer
        self._clock = clock
        self._endpoint = endpoint
        self._weight = weight
        self.has_begun = False
        """Whether the request has left."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def wait(self) -> float:
        """Return the seconds until the request may start, or until it is worth asking again."""
        return self._pacer.delay(self._endpoint, self._clock.monotonic(), self._weight)

    def begin(self) -> None:
        """Count the request, which is about to leave, as one under way."""
        self.has_begun = True
        self._pacer.begin(self._endpoint, self._weight)

    def done(self) -> None:
        """Count the request for the length of the windows, once it has been answered or has failed."""
        self._pacer.done(self._endpoint, self._clock.monotonic(), self._weight)

    def clock_is(self, ahead: int, refused: int) -> None:
        """Take note of the venue's clock; there is nobody to tell."""
