"""
A dead man's switch: a countdown at the exchange, which cancels orders when nobody starts it anew in time.

Only a countdown counts that a request itself starts, and whose end the exchange tells.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from airflow_provider_exchange.errors import UnreadableResponseError
from airflow_provider_exchange.exchanges.orders import time_of

if TYPE_CHECKING:
    from airflow_provider_exchange.models.orders import Order
    from airflow_provider_exchange.protocol.steps import Operation

__all__ = ["DeadMansSwitch", "Told", "end_of_countdown", "venue_moment"]

LATEST = datetime(2100, 1, 1, tzinfo=UTC).timestamp()


@dataclass(frozen=True, slots=True)
class Told:
    """
    What an answer tells of a countdown.

    :param trigger: When it ends and the orders are cancelled, by the venue's clock; None if no countdown runs.
    :param now: When the venue answered, by the same clock; None where the answer does not tell.
    """

    trigger: datetime | None
    now: datetime | None = None


class DeadMansSwitch(ABC):
    """The countdown of one account."""

    shortest: int
    """The shortest countdown that the venue takes, in seconds."""
    longest: int
    """The longest, in seconds."""
    reaches: str
    """Which orders it cancels, for people, as the venue documents it."""
    spares: str
    """Which orders of the account it does not cancel, or is not documented to cancel."""

    @abstractmethod
    def set(self, seconds: int) -> Operation[list[Told]]:
        """
        Start the countdown anew, whether or not it runs; or end it.

        :param seconds: Its length, within the bounds; 0 to end it.
        :return: What the venue tells of it; several where it has one for each kind of market.
        """

    def cancelled_since(self, since: datetime) -> Operation[list[Order]] | None:  # noqa: ARG002
        """
        Return a reading of the orders that the countdown has cancelled; None where the venue does not name them.

        :param since: By the venue's clock.
        """
        return None


def venue_moment(value: Any) -> datetime:
    """
    Return a time that an answer tells, whether in seconds, in ms or as an ISO 8601 text.

    :raises UnreadableResponseError: when it is no time from 2015 to 2100.
    """
    try:
        told = time_of(value, LATEST)
    except (ValueError, ArithmeticError):
        told = None
    if told is None:
        raise UnreadableResponseError("the response does not tell a time of the countdown that can be read")
    return told


def end_of_countdown(value: Any) -> datetime | None:
    """Return when a countdown ends, as an answer tells it; None for 0, which means that none runs."""
    return None if type(value) in (str, int) and value in ("0", 0) else venue_moment(value)
