"""Rate limits."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RateLimit:
    """
    At most this many requests in any window of this length.

    :param requests: Requests that may start in a window, or the sum of their weights where the venue weighs them.
    :param seconds: The window's length.
    """

    requests: int
    seconds: float
