"""Keeps a connection within the venue's rate limits."""

from __future__ import annotations

from collections import deque
from itertools import repeat
from typing import TYPE_CHECKING

from airflow_provider_exchange.protocol.limits import RateLimit

if TYPE_CHECKING:
    from collections.abc import Mapping

TOTAL = "total"


class Pacer:
    """
    Says how long to wait before the next request.

    It remembers the time of each recent request and so never exceeds the limit in any window. A token bucket would
    allow up to twice as many: a full burst followed by the refill.

    :param limits: Limits by endpoint; ``"total"`` counts every request. An endpoint without one is not limited.
    :param rate_limit: Requests per second; replaces the ``"total"`` limit.
    """

    def __init__(self, limits: Mapping[str, RateLimit], rate_limit: float | None = None) -> None:
        self._limits = dict(limits)
        if rate_limit is not None:
            whole = rate_limit >= 1 and rate_limit == int(rate_limit)
            self._limits[TOTAL] = RateLimit(int(rate_limit), 1) if whole else RateLimit(1, 1 / rate_limit)
        self._log: dict[str, deque[float]] = {
            endpoint: deque(maxlen=limit.requests) for endpoint, limit in self._limits.items()
        }
        self._held_until = float("-inf")

    def delay(self, endpoint: str, now: float, weight: int = 1) -> float:
        """Return the seconds until a request may start. A weight above the limit waits for an empty window."""
        ready = self._held_until
        for name in (endpoint, TOTAL):
            log = self._log.get(name)
            if log is None:
                continue
            limit = self._limits[name]
            too_many = len(log) + min(weight, limit.requests) - limit.requests
            if too_many > 0:
                ready = max(ready, log[too_many - 1] + limit.seconds)
        return max(0.0, ready - now)

    def done(self, endpoint: str, now: float, weight: int = 1) -> None:
        """
        Count a request, once it has been answered or has failed.

        The venue counts it on arrival, which is earlier, so counting from the response never sends too early.
        """
        for name in (endpoint, TOTAL):
            if name in self._log:
                self._log[name].extend(repeat(now, weight))

    def hold(self, until: float) -> None:
        """Start no request before a monotonic time, because the venue asked for it."""
        self._held_until = max(self._held_until, until)
