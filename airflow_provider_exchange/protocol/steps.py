"""
What an operation may ask for.

An operation is a generator. It yields steps, is resumed with their results, and returns its own. It sees no
clock, no network and no signature, so that whoever runs it may be a task (blocking) or a trigger (async).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Generator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar

if TYPE_CHECKING:
    from datetime import datetime

    from airflow_provider_exchange.errors import ExchangeError
    from airflow_provider_exchange.protocol.messages import Request, Response

__all__ = [
    "Call",
    "DeadlineReached",
    "Operation",
    "Pause",
    "Step",
    "VenueTime",
    "ask",
    "venue_time",
]

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Call(ABC, Generic[T]):
    """
    One request to the venue, and what its answer means.

    A call knows how it begins and how it finishes. When it begins, how long it may take and whether it is repeated
    is decided by whoever carries it out, who knows neither its bytes nor its signature.

    :param endpoint: The venue's rate limit that it counts against, beside the total.
    :param weight: How much it counts there.
    :param mutating: Whether it changes anything. Such a call is never repeated by itself.
    """

    endpoint: str
    weight: int = 1
    mutating: bool = False

    @abstractmethod
    def begin(self, timestamp: int) -> Request:
        """
        Return the request in its final form, signed. Each repetition begins anew.

        :param timestamp: Venue time in ms, larger than that of any request of this connection before.
        """

    @abstractmethod
    def finish(self, response: Response) -> T:
        """
        Return the result that an answer means.

        :param response: The answer, whatever its status.
        :raises ExchangeError: the typed error that the answer means.
        """


@dataclass(frozen=True, slots=True)
class Pause:
    """
    Let time pass.

    :param seconds: How much.
    """

    seconds: float


@dataclass(frozen=True, slots=True)
class VenueTime:
    """Ask for the present time by the venue's clock, as an aware ``datetime``."""


Step = Call[Any] | Pause | VenueTime
Operation = Generator[Step, Any, T]


class DeadlineReached(Exception):  # noqa: N818  (thrown into operations, which turn it into an error)
    """
    Thrown into an operation at its present step when its time is up.

    :param trouble: What the last request met, if the time went by in repeating it.
    """

    def __init__(self, trouble: ExchangeError | None = None) -> None:
        super().__init__("the deadline was reached")
        self.trouble = trouble


def ask(call: Call[T]) -> Operation[T]:
    """
    Make a call and return its result.

    :param call: What to ask.
    """
    result: T = yield call
    return result


def venue_time() -> Operation[datetime]:
    """Return the venue's present time."""
    now: datetime = yield VenueTime()
    return now
