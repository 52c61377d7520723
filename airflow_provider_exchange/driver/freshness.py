"""
Tells answers that a cache may have kept from those that the venue gave to our request.

An ``Age`` header above 0 says it. Without one, the ``Date`` header does: the venue's clock goes on as the monotonic
clock of this machine does, so a ``Date`` from before the request belongs to an older answer. How far the two clocks
are apart is learnt from the answers, because neither this machine's time of day nor the clock of a single server is
beyond doubt. The first answer may be an old one itself; one that shows its ``Date`` again a second later is.

A venue may also set its clock back, or answer from several servers whose clocks differ. A cache repeats the date
that it kept, and a clock goes on. So answers that look old are believed as soon as their dates have twice gone on
as time has.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import inf
from typing import TYPE_CHECKING

from airflow_provider_exchange.driver.clock import http_date

if TYPE_CHECKING:
    from airflow_provider_exchange.driver.clock import SystemClock
    from airflow_provider_exchange.protocol.messages import Response

OLD = 2.0
"""Seconds: an answer whose ``Date`` is longer than this before its request is old."""
RESOLUTION = 1.0
"""Seconds: a ``Date`` header is rounded down to whole ones."""
STEPS = 2
"""How often the dates of answers that look old have to go on as time does until they are taken for a clock."""


@dataclass(frozen=True, slots=True)
class _Clock:
    """
    A clock that would explain the dates of some answers.

    :param date: The latest of these dates, in seconds since 1970.
    :param least: How many seconds it is ahead of the monotonic clock, at least.
    :param most: How many, at most.
    :param steps: How often the dates have gone on.
    """

    date: float
    least: float
    most: float
    steps: int = 0


class Freshness:
    """
    What one connection has learnt of the venue's clock.

    :param clock: This machine's clock. It must go as fast as the venue's: a test that skips its waiting leaves this
        one alone.
    """

    def __init__(self, clock: SystemClock) -> None:
        self._clock = clock
        self._ahead: float | None = None
        self._was_set_back = False
        self._suspect: _Clock | None = None
        self._date: float | None = None
        self._received = 0.0

    def now(self) -> float:
        """Return the time at which a request is sent, for :meth:`is_old`."""
        return self._clock.monotonic()

    def is_old(self, response: Response, sent: float) -> bool:
        """
        Return whether a response may be older than its request, and learn from it.

        :param response: It has just been received. Without ``Age`` and ``Date`` nothing speaks against it.
        :param sent: When its request was sent, from :meth:`now`.
        """
        if age(response) > 0:
            return True
        date = http_date(response.headers.get("date"))
        if date is None:
            return False
        shown = _Clock(date, date - self._clock.monotonic(), date + RESOLUTION - sent)
        if self._is_repeated(date, sent):
            return True
        if self._ahead is None or date + OLD >= sent + self._ahead:
            self._follow(shown)
            return False
        if not self._goes_on(shown):
            return True
        self._ahead, self._was_set_back = shown.least, True
        return False

    def _is_repeated(self, date: float, sent: float) -> bool:
        """Return whether an answer shows the latest ``Date`` again, although a second has passed since then."""
        if date != self._date:
            self._date, self._received = date, self._clock.monotonic()
        return sent - self._received >= RESOLUTION

    def _follow(self, shown: _Clock) -> None:
        """Expect from now on what an answer shows, unless it is of a server whose clock is ahead of the others."""
        if self._ahead is None:
            self._ahead = shown.least
        elif not self._was_set_back or shown.least <= self._ahead + OLD:
            self._ahead = max(shown.least, self._ahead)

    def _goes_on(self, shown: _Clock) -> bool:
        """Return whether one clock explains this answer, which looks old, and those before that looked old."""
        known = self._suspect
        if known is None or shown.date < known.date or shown.least > known.most or known.least > shown.most:
            self._suspect = shown
            return False
        least, most = max(known.least, shown.least), min(known.most, shown.most)
        steps = known.steps + (shown.date > known.date)
        self._suspect = _Clock(shown.date, least, most, steps)
        return steps >= STEPS


def age(response: Response) -> float:
    """Return the seconds in the ``Age`` header, the most of several; endless when it cannot be read."""
    ages = [part.strip() for part in response.headers.get("age", "").split(",")]
    return max(float(age) if age.isascii() and age.isdigit() else inf for age in ages if age) if any(ages) else 0.0
