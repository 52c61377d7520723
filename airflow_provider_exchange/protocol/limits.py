"""Rate limits."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RateLimit:
    """
    At most this many requests in any window of this length.

    :param requests: Requests that may start in a window, or the sum of their weights where the venue weighs them.
    :param seconds: The window's length.
    :param apart: Whether these requests do not count against the total, until the venue has refused one for sending
        too many. For an endpoint whose requests must not wait for a total that is only a guess.
    """

    requests: int
    seconds: float
    apart: bool = False
