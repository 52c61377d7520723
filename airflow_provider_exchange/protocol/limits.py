"""How often a venue may be asked."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["RateLimit"]


@dataclass(frozen=True, slots=True)
class RateLimit:
    """
    At most so many requests in any window of so many seconds.

    :param requests: How many may start in a window.
    :param seconds: The window's length.
    """

    requests: int
    seconds: float
