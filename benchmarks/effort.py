"""How much is measured: all of it as often as it takes, or once and little, to see that the benchmarks run."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Effort"]

SHARE = 100


@dataclass(frozen=True)
class Effort:
    """
    How often and of what size.

    :param once: Whether each candidate runs once, at a hundredth of its size. What that takes says nothing.
    """

    once: bool = False

    def rounds(self, wanted: int) -> int:
        """
        Return how often a candidate runs.

        :param wanted: What a measurement needs.
        """
        return 1 if self.once else wanted

    def size(self, wanted: int) -> int:
        """
        Return how much a candidate does: orders, signatures or requests.

        :param wanted: What a measurement needs.
        """
        return max(1, wanted // SHARE) if self.once else wanted
