"""How often a venue may be asked."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["RateLimit"]


@dataclass(frozen=True, slots=True)
class RateLimit:
    """
    At most so much in any window of so many seconds.

    :param requests: How many requests may start in a window; where the venue weighs them, the sum of their weights.
    :param seconds: The window's length.
    """

    requests: int
    seconds: float
