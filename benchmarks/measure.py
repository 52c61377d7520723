"""Timings on a machine that others use too: candidates take turns, and the undisturbed rounds count."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["Timing", "interleaved"]


@dataclass(frozen=True)
class Timing:
    """
    What a candidate took.

    :param rounds: Seconds of each round, ascending.
    """

    rounds: tuple[float, ...]

    @property
    def best(self) -> float:
        """The least disturbed round."""
        return self.rounds[0]

    @property
    def decile(self) -> float:
        """What one round in ten undercuts."""
        return self.rounds[len(self.rounds) // 10]


def interleaved(candidates: Mapping[str, Callable[[], float]], rounds: int) -> dict[str, Timing]:
    """
    Let every candidate run once a round, so that a disturbance meets all alike.

    :param candidates: Each returns its seconds by the clock that it is to be judged by.
    :param rounds: How many.
    """
    seconds: dict[str, list[float]] = {name: [] for name in candidates}
    for _ in range(rounds):
        for name, run in candidates.items():
            seconds[name].append(run())
    return {name: Timing(tuple(sorted(each))) for name, each in seconds.items()}
