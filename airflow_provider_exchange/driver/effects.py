"""What a plan tells its driver to do, and what the driver answers."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from airflow_provider_exchange.errors import ExchangeError
from airflow_provider_exchange.protocol.steps import DeadlineReached

if TYPE_CHECKING:
    from collections.abc import Sequence

    from airflow_provider_exchange.protocol.messages import Request

__all__ = ["Effect", "Fork", "Plan", "Send", "Sleep", "in_order"]

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Send:
    """Tells the driver to send a request; ``timeout`` covers connecting, sending and reading the response."""

    request: Request
    timeout: float


@dataclass(frozen=True, slots=True)
class Sleep:
    """Tells the driver to wait."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Fork:
    """
    Tells the driver to run several plans at the same time, one step of a plan after the other.

    The answer is a list of what each ended with: its result, or the exception that it raised.
    """

    plans: Sequence[Plan[Any]]


Effect = Send | Sleep | Fork
Plan = Generator[Effect, Any, T]


def in_order(ends: list[Any]) -> list[Any]:
    """
    Return what plans ended with that ran at the same time.

    :param ends: Results and exceptions. One that is neither the venue's nor the deadline's is raised.
    """
    for end in ends:
        if isinstance(end, BaseException) and not isinstance(end, ExchangeError | DeadlineReached):
            raise end
    return ends
