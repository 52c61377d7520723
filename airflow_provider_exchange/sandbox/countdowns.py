"""Countdowns at whose end a venue cancels the orders of a book by itself: its dead man's switch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from airflow_provider_exchange.sandbox.book import PaperOrder

__all__ = ["Countdown", "Countdowns"]


@dataclass(frozen=True, slots=True)
class Countdown:
    """
    One that runs.

    :param ends_ms: when it ends, in ms by the venue's clock.
    :param cancelled: returns what becomes of a live order then; the same order if it is not reached.
    """

    ends_ms: int
    cancelled: Callable[[PaperOrder], PaperOrder]


class Countdowns:
    """
    The countdowns of a book, by name.

    They end when somebody looks at the book, but as if they had ended in time: an order that is placed later is not
    reached.
    """

    def __init__(self) -> None:
        self._running: dict[str, Countdown] = {}

    def __iter__(self) -> Iterator[str]:
        return iter(list(self._running))

    def ends_ms(self, name: str = "") -> int | None:
        """Return when a countdown ends, by the venue's clock; None if it does not run."""
        running = self._running.get(name)
        return None if running is None else running.ends_ms

    def start(self, name: str, ends_ms: int, cancelled: Callable[[PaperOrder], PaperOrder]) -> None:
        """
        Start a countdown, or start it anew.

        :param name: empty where the venue has only one.
        :param ends_ms: see :class:`Countdown`.
        :param cancelled: see :class:`Countdown`.
        """
        self._running[name] = Countdown(ends_ms, cancelled)

    def stop(self, name: str) -> None:
        """Stop a countdown, if it runs."""
        self._running.pop(name, None)

    def clear(self) -> None:
        """Stop all of them."""
        self._running.clear()

    def over(self, now_ms: int) -> list[Countdown]:
        """Return those that have ended, in the order in which they did; they do not run any longer."""
        ended = {name: each for name, each in self._running.items() if each.ends_ms <= now_ms}
        for name in ended:
            del self._running[name]
        return sorted(ended.values(), key=lambda each: each.ends_ms)
