"""The venues' request limits, as sliding windows: at most this many requests in any period of this many seconds."""

from __future__ import annotations

import threading
import time
from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

Window = tuple[int, float]
"""How many requests, in how many seconds."""


class Limits:
    """
    Counts the requests in each window.

    :param windows: by venue and route. ``*`` is shared by every route without a window of its own; ``each`` gives
        each of them one. A route with none of the three is not limited.
    :param clock: a monotonic clock, in seconds.
    """

    def __init__(
        self, windows: Mapping[str, Mapping[str, Window]], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._windows = windows
        self._clock = clock
        self._lock = threading.Lock()
        self._starts: dict[tuple[str, str], deque[float]] = {}

    def admits(self, venue: str, route: str) -> bool:
        """Count one request, or refuse it. A refused request does not count."""
        windows = self._windows[venue]
        name = route if route in windows or "each" in windows else "*"
        window = windows.get(name) or windows.get("each")
        if window is None:
            return True
        count, seconds = window
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
