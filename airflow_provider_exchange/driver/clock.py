"""The venue's clock: its offset to this machine's, the timestamps of requests, and times in HTTP headers."""

from __future__ import annotations

import math
import time
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from airflow_provider_exchange.protocol.messages import Response

DATE_RESOLUTION = 1000
"""In ms: a ``Date`` header is rounded down to whole seconds."""
TRUSTED_OFFSET = 1500
"""In ms: smaller differences to a ``Date`` header may come from its resolution and from latency."""
LARGEST_OFFSET = 366 * 86_400_000
"""In ms: a ``Date`` that is further off belongs to no clock."""
AGREEING = 5000
"""In ms: two clocks that are no further apart tell one time, as far as the age of an order goes."""
LONGEST_RETRY_AFTER = 86_400.0


class SystemClock:
    """The clock of the machine."""

    def monotonic(self) -> float:
        """Return seconds that never go backwards."""
        return time.monotonic()

    def wall(self) -> float:
        """Return seconds since 1970."""
        return time.time()


class VenueClock:
    """Estimates the venue's clock, and gives every request a timestamp of its own."""

    def __init__(self, clock: SystemClock) -> None:
        self._clock = clock
        self._offset = 0
        self._given = 0
        self._last = 0
        self._before_last = 0
        self._measured = (0, 0)
        self.measured_offset: int | None = None
        """Venue time minus machine time in ms, exact to about a second; None before the first response."""

    def now(self) -> tuple[datetime, datetime]:
        """
        Return the earliest and the latest time that it may be at the venue.

        They are the same as soon as its two latest responses agree; the first must agree with this machine's clock.
        No single response tells the time: a ``Date`` an hour ahead would make every order old.
        """
        before, latest = (each if abs(each) > TRUSTED_OFFSET else self._offset for each in self._measured)
        offsets = (latest, latest) if abs(latest - before) <= AGREEING else (before, latest)
        wall = self._clock.wall()
        earliest, last = (datetime.fromtimestamp(wall + offset / 1000, UTC) for offset in sorted(offsets))
        return earliest, last

    def next_timestamp(self) -> int:
        """Return the venue's time in ms, larger than every timestamp returned before."""
        machine = int(self._clock.wall() * 1000)
        self._before_last = self._last
        self._last = max(self._last + 1, machine + self._offset)
        self._given = self._last - machine
        return self._last

    def observe(self, response: Response) -> None:
        """Measure the offset from a response's ``Date`` header, if it has a valid one."""
        date = http_date(response.headers.get("date"))
        if date is None:
            return
        offset = int((date - self._clock.wall()) * 1000 + DATE_RESOLUTION / 2)
        if abs(offset) <= LARGEST_OFFSET:
            self._measure(offset)

    def observe_server_time(self, server_time: int) -> None:
        """Measure the offset from the venue's own time in ms."""
        self._measure(int(server_time - self._clock.wall() * 1000))

    def _measure(self, offset: int) -> None:
        self.measured_offset = offset
        self._measured = (self._measured[1], offset)

    @property
    def is_off(self) -> bool:
        """Whether the latest response shows that the timestamp of the latest request was wrong."""
        return self.measured_offset is not None and abs(self.measured_offset - self._given) > TRUSTED_OFFSET

    def refused(self, timestamp: int) -> None:
        """Apply the measured offset after the venue rejected a timestamp, which does not count as used."""
        if self.measured_offset is None or not self.is_off:
            return
        self._offset = self._given = self.measured_offset
        if self._last == timestamp:
            self._last = self._before_last


@lru_cache(64)  # each answer's is asked for twice, and many answers are of one second
def http_date(text: str | None) -> float | None:
    """Return an HTTP date as seconds since 1970, or None when it is not valid."""
    if not text:
        return None
    try:
        date = parsedate_to_datetime(text)
        return (date if date.tzinfo else date.replace(tzinfo=UTC)).timestamp()
    except (ValueError, TypeError, OverflowError):
        return None


def retry_after(response: Response, wall: float) -> float | None:
    """
    Return the seconds that a response's ``Retry-After`` asks to wait, or None.

    :param wall: This machine's time in seconds since 1970, for a date in the header without a ``Date`` beside it.
    """
    text = response.headers.get("retry-after", "").strip()
    try:
        seconds = float(text)
    except ValueError:
        date = http_date(text)
        if date is None:
            return None
        answered = http_date(response.headers.get("date"))
        seconds = date - (wall if answered is None else answered)
    if not math.isfinite(seconds):
        return None
    return min(max(seconds, 0.0), LONGEST_RETRY_AFTER)
