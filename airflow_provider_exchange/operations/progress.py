"""What a person reads while orders are being cancelled."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Progress"]

log = logging.getLogger(__name__)

SECONDS_BETWEEN_LINES = 1.0


class Progress:
    """
    Tells how far a cancel operation is, in at most a line a second.

    It decides nothing, which is why it may look at a clock.

    :param exchange: The venue.
    :param clock: Where monotonic seconds come from.
    """

    def __init__(self, exchange: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._exchange = exchange
        self._clock = clock
        self._began = clock()
        self._spoke_at = self._began - SECONDS_BETWEEN_LINES
        self._selected = 0
        self._gone = 0

    def selected(self, count: int) -> None:
        """
        Tell how many orders are to go.

        :param count: Of all rounds.
        """
        if count != self._selected:
            self._selected = count
            self._say("%s: %d orders selected", self._exchange, count)

    def sent(self, count: int, total: int) -> None:
        """
        Tell for how many orders a cancel was sent in this round.

        :param count: So far.
        :param total: In the end.
        """
        self._say("%s: cancels sent for %d of %d orders", self._exchange, count, total)

    def confirmed(self, gone: int) -> None:
        """
        Tell how many of the selected orders the venue has shown as gone.

        :param gone: Of all rounds.
        """
        if gone != self._gone:
            self._gone = gone
            seconds = self._clock() - self._began
            done = gone == self._selected
            text = "%s: %d of %d orders confirmed gone after %.1f s"
            self._say(text, self._exchange, gone, self._selected, seconds, last=done)

    def _say(self, text: str, *values: object, last: bool = False) -> None:
        now = self._clock()
        if last or now - self._spoke_at >= SECONDS_BETWEEN_LINES:
            self._spoke_at = now
            log.info(text, *values)
