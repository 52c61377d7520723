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
NEAR = 60_000
"""In ms: a timestamp that is given for all workers and further off than this is not meant for now."""
BELIEVED_AFTER = 0.9
"""In s: how long a venue must tell another time before it is believed. The lists of a proof are 1 s apart."""
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
        self._shared_offset: int | None = None
        """That of the timestamps which all workers share. It never decides on the age of an order."""
        self._last = 0
        self._before_last = 0
        self._believed = 0
        """The offset by which ages are judged: at first none, as if the two clocks agreed."""
        self._doubted: tuple[int, float] | None = None
        """Another offset that the latest responses told, and when the first of them did."""
        self.measured_offset: int | None = None
        """Venue time minus machine time in ms, exact to about a second; None before the first response."""

    def now(self) -> tuple[datetime, datetime]:
        """
        Return the earliest and the latest time that it may be at the venue.

        They are the same while its responses agree with what is believed, at first with this machine's clock.
        Another time is believed when all responses have told it for a while. No single one tells the time, nor do
        two that one server gave at once: a ``Date`` an hour ahead would make every order old.
        """
        told = self._believed if self._doubted is None else self._doubted[0]
        offsets = [each if abs(each) > TRUSTED_OFFSET else self._offset for each in (self._believed, told)]
        wall = self._clock.wall()
        earliest, last = (datetime.fromtimestamp(wall + offset / 1000, UTC) for offset in sorted(offsets))
        return earliest, last

    def next_timestamp(self) -> int:
        """Return the venue's time in ms, larger than every timestamp returned before."""
        machine = int(self._clock.wall() * 1000)
        self._before_last = self._last
        offset = self._offset if self._shared_offset is None else self._shared_offset
        self._last = max(self._last + 1, machine + offset)
        return self._last

    def take(self, timestamp: int) -> bool:
        """Use a timestamp that was given for all workers, and return True, unless it cannot be meant for now."""
        machine = int(self._clock.wall() * 1000)
        expected = self._offset if self.measured_offset is None else self.measured_offset
        if abs(timestamp - machine - expected) > NEAR:
            return False
        self._before_last, self._last = self._last, timestamp
        self._shared_offset = timestamp - machine
        return True

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
        now = self._clock.monotonic()
        first, since = self._doubted or (offset, now)
        if abs(offset - first) > AGREEING:
            since = now
        if abs(offset - self._believed) <= AGREEING or now - since >= BELIEVED_AFTER:
            self._believed, self._doubted = offset, None
        else:
            self._doubted = offset, since

    def ahead(self, timestamp: int) -> int:
        """Return by how many ms a timestamp is ahead of this machine's clock now."""
        return timestamp - int(self._clock.wall() * 1000)

    def is_off(self, ahead: int) -> bool:
        """
        Return whether the latest response shows that the timestamp of its request was wrong.

        Another request may have got a later timestamp meanwhile, which says nothing about this one's.

        :param ahead: See :meth:`ahead`; when the timestamp was given.
        """
        return self.measured_offset is not None and abs(self.measured_offset - ahead) > TRUSTED_OFFSET

    def refused(self, timestamp: int, ahead: int) -> int | None:
        """
        Apply the measured offset after the venue rejected a timestamp, which does not count as used.

        Return that offset in ms, or None if it gives no reason for the refusal.

        :param ahead: See :meth:`is_off`.
        """
        if self.measured_offset is None or not self.is_off(ahead):
            return None
        self._offset = self.measured_offset
        self._shared_offset = None
        if self._last == timestamp:
            self._last = self._before_last
        return self.measured_offset


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
