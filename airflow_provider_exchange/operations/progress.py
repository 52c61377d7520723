"""Progress lines in the task log."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING

from airflow_provider_exchange.models.orders import how_many_orders
from airflow_provider_exchange.side_work import SideLog

if TYPE_CHECKING:
    from collections.abc import Callable

log = SideLog(logging.getLogger(__name__))

SECONDS_BETWEEN_LINES = 1.0


class Progress:
    """Logs the progress of a cancel operation, at most one line per second."""

    def __init__(self, exchange: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._exchange = exchange
        self._clock = clock
        self._began = clock()
        self._spoke_at = self._began - SECONDS_BETWEEN_LINES
        self._selected = 0
        self._gone = 0

    def selected(self, count: int) -> None:
        """Log how many orders are selected in total."""
        if count != self._selected:
            self._selected = count
            self._say("%s: %s selected", self._exchange, how_many_orders(count))

    def sent(self, count: int, total: int) -> None:
        """Log for how many orders of this round a cancel was sent."""
        self._say("%s: cancels sent for %d of %d orders", self._exchange, count, total)

    def confirmed(self, gone: int) -> None:
        """Log how many of the selected orders are confirmed gone."""
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
