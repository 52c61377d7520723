"""
The venues' request limits, as sliding windows: at most so many requests in any so many seconds.

BitoPro and Loopring document theirs. Nami documents none, so its figure is this sandbox's own.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

Window = tuple[int, float]
"""How many requests, in how many seconds."""

LIMITS: Mapping[str, Mapping[str, Window]] = {
    "nami": {"*": (10, 1)},
    "bitopro": {
        "cancel_order": (900, 60),
        "cancel_orders": (2, 1),
        "cancel_all_orders": (1, 1),
        "cancel_pair_orders": (2, 1),
        "open_orders": (5, 1),
        "place_order": (1200, 60),
        "place_orders": (90, 60),
        "*": (600, 60),
    },
    "loopring": {"each": (5, 1)},
}
"""By venue and route. ``*`` is shared by every route without a window of its own; ``each`` gives each one."""


class Limits:
    """
    A log of request times a window.

    :param clock: seconds from any start, never going back.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._starts: dict[tuple[str, str], deque[float]] = {}

    def admits(self, venue: str, route: str) -> bool:
        """Count one request, or refuse it. A refused request does not count."""
        limits = LIMITS[venue]
        name = route if route in limits or "each" in limits else "*"
        count, seconds = limits.get(name) or limits["each"]
        with self._lock:
            now = self._clock()
            starts = self._starts.setdefault((venue, name), deque())
            while starts and starts[0] <= now - seconds:
                starts.popleft()
            if len(starts) >= count:
                return False
            starts.append(now)
            return True

    def clear(self) -> None:
        """Forget every request."""
        with self._lock:
            self._starts.clear()
