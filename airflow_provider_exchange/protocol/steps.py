"""
What an operation may ask for.

An operation is a generator. It yields steps, is resumed with their results, and returns its own. It sees no
clock, no network and no signature, so that whoever runs it may be a task (blocking) or a trigger (async).
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Generic, TypeVar

if TYPE_CHECKING:
    from datetime import datetime

    from airflow_provider_exchange.errors import ExchangeError

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


@dataclass(frozen=True, slots=True)
class Call(Generic[T]):
    """
    One request to the venue, not yet signed.

    :param method: The HTTP method in capitals.
    :param path: The path below the base URL, built from checked parts only.
    :param parse: Turns the decoded answer into the call's result.
    :param endpoint: The venue's rate limit that the call counts against.
    :param params: Its parameters, in the order in which the venue signs them.
    :param mutating: Whether it changes anything. Such a call is never repeated by itself.
    :param signed: Whether the venue wants a signature.
    """

    method: str
    path: str
    parse: Callable[[Any], T]
    endpoint: str
    params: Mapping[str, Any] = field(default_factory=dict)
    mutating: bool = False
    signed: bool = True


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
