"""Keeps a connection within the venue's rate limits."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from airflow_provider_exchange.exchanges.base import RateLimit

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Pacer"]

TOTAL = "total"
ARRIVAL_MARGIN = 1.02
"""Requests arrive less evenly than they start; a window a little longer than the venue's absorbs that."""


class Pacer:
    """
    Says how long to wait before the next request.

    It keeps a log of starts for each endpoint, so that never more than the allowed number start in any window; a
    bucket with a burst would allow twice as many.

    :param limits: Limits by endpoint; ``"total"`` counts every request. An endpoint without one is not limited.
    :param rate_limit: Requests a second that replace the ``"total"`` limit, for a key with other rights.
    """

    def __init__(self, limits: Mapping[str, RateLimit], rate_limit: float | None = None) -> None:
        self._limits = dict(limits)
        if rate_limit is not None:
            whole = rate_limit >= 1 and rate_limit == int(rate_limit)
            self._limits[TOTAL] = RateLimit(int(rate_limit), 1) if whole else RateLimit(1, 1 / rate_limit)
        self._starts: dict[str, deque[float]] = {
            endpoint: deque(maxlen=limit.requests) for endpoint, limit in self._limits.items()
        }
        self._held_until = float("-inf")

    def delay(self, endpoint: str, now: float) -> float:
        """
        Return the seconds to wait before a request may start; 0 when it may start now.

        :param endpoint: What the request counts against, beside the total.
        :param now: Monotonic time in s.
        """
        ready = self._held_until
        for name in (endpoint, TOTAL):
            starts = self._starts.get(name)
            if starts is not None and len(starts) == starts.maxlen:
                ready = max(ready, starts[0] + self._limits[name].seconds * ARRIVAL_MARGIN)
        return max(0.0, ready - now)

    def start(self, endpoint: str, now: float) -> None:
        """
        Log the start of a request.

        :param endpoint: What it counts against, beside the total.
        :param now: Monotonic time in s.
        """
        for name in (endpoint, TOTAL):
            if name in self._starts:
                self._starts[name].append(now)

    def hold(self, until: float) -> None:
        """
        Start nothing before a time, because the venue said so.

        :param until: Monotonic time in s.
        """
        self._held_until = max(self._held_until, until)
