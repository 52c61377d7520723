"""Keeps a connection within the venue's rate limits."""

from __future__ import annotations

from collections import deque
from itertools import repeat
from math import ceil
from typing import TYPE_CHECKING

from airflow_provider_exchange.protocol.limits import RateLimit

if TYPE_CHECKING:
    from collections.abc import Mapping

TOTAL = "total"
A_WHILE = 0.02
"""Seconds after which to ask again whether requests that are under way have ended."""


class Pacer:
    """
    Says how long to wait before the next request.

    It remembers the time of each recent request and so never exceeds the limit in any window. A token bucket would
    allow up to twice as many: a full burst followed by the refill.

    :param limits: Limits by endpoint; ``"total"`` counts every request. An endpoint without one is not limited.
    :param rate_limit: Requests per second; replaces the ``"total"`` limit, and counts every request.
    """

    def __init__(self, limits: Mapping[str, RateLimit], rate_limit: float | None = None) -> None:
        self._limits = dict(limits)
        if rate_limit is not None:
            whole = rate_limit >= 1 and rate_limit == int(rate_limit)
            self._limits[TOTAL] = RateLimit(int(rate_limit), 1) if whole else RateLimit(1, 1 / rate_limit)
        self._apart = {name for name, limit in self._limits.items() if limit.apart and rate_limit is None}
        # Requests that do not count against the total may have to be added to it later.
        total = self._limits[TOTAL].requests if TOTAL in self._limits else 0
        self._log: dict[str, deque[float]] = {
            name: deque(maxlen=max(limit.requests, total if name in self._apart else 0))
            for name, limit in self._limits.items()
        }
        self._under_way = dict.fromkeys(self._limits, 0)
        self._held_until = float("-inf")

    def delay(self, endpoint: str, now: float, weight: int = 1) -> float:
        """Return the seconds until a request may start. A weight above the limit waits for an empty window."""
        ready = self._held_until
        for name in self._counted(endpoint):
            log, limit = self._log[name], self._limits[name]
            too_many = len(log) + self._under_way[name] + min(weight, limit.requests) - limit.requests
            if too_many > 0:
                # Those under way count from their end, which nobody knows.
                ready = max(ready, now + A_WHILE if too_many > len(log) else log[too_many - 1] + limit.seconds)
        return max(0.0, ready - now)

    def begin(self, endpoint: str, weight: int = 1) -> None:
        """Count a request that is about to leave, until :meth:`done`."""
        for name in self._counted(endpoint):
            self._under_way[name] += weight

    def done(self, endpoint: str, now: float, weight: int = 1) -> None:
        """
        Count a request, once it has been answered or has failed.

        The venue counts it on arrival, which is earlier, so counting from the response never sends too early.
        """
        for name in self._counted(endpoint):
            self._log[name].extend(repeat(now, weight))
            self._under_way[name] = max(0, self._under_way[name] - weight)

    def forecast(self, endpoint: str, now: float, count: int) -> float:
        """Return the seconds until the last of some requests may start, if no others are made meanwhile."""
        latest = 0.0
        for name in self._counted(endpoint):
            log, limit = self._log[name], self._limits[name]
            recent = sum(time > now - limit.seconds for time in log)
            latest = max(latest, (ceil((min(recent, limit.requests) + count) / limit.requests) - 1) * limit.seconds)
        return max(latest, self._held_until - now)

    def refused(self) -> None:
        """Count every request against the total from now on, also those of late: there were too many."""
        if TOTAL in self._log:
            late = [time for name in self._apart for time in self._log[name]]
            self._log[TOTAL] = deque(sorted([*self._log[TOTAL], *late]), self._log[TOTAL].maxlen)
        self._apart.clear()

    def hold(self, until: float) -> None:
        """Start no request before a monotonic time, because the venue asked for it."""
        self._held_until = max(self._held_until, until)

    def limits_of(self, endpoint: str) -> list[tuple[str, RateLimit, bool]]:
        """Return name and limit of all that a request may count against, and whether it is counted apart there."""
        return [
            (name, self._limits[name], name == TOTAL and endpoint in self._apart)
            for name in dict.fromkeys((endpoint, TOTAL))
            if name in self._limits
        ]

    def _counted(self, endpoint: str) -> list[str]:
        """Return the limits that a request counts against."""
        names = {endpoint} if endpoint in self._apart else {endpoint, TOTAL}
        return [name for name in names if name in self._limits]
