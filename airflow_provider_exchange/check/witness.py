"""
Watches an operation's requests and the answers to them, whichever venue and whichever driver.

The plan tells it of what is sent and of what comes back.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

from airflow_provider_exchange.errors import UnreadableResponseError
from airflow_provider_exchange.exchanges.fields import decode_json
from airflow_provider_exchange.protocol.observing import Observer
from airflow_provider_exchange.protocol.steps import with_calls

if TYPE_CHECKING:
    from collections.abc import Iterator

    from airflow_provider_exchange.driver.clock import SystemClock
    from airflow_provider_exchange.exchanges.base import Exchange
    from airflow_provider_exchange.exchanges.orders import OrderReader
    from airflow_provider_exchange.protocol.messages import Request, Response
    from airflow_provider_exchange.protocol.steps import Call, Operation

__all__ = ["Exchanged", "Witness"]

T = TypeVar("T")


@dataclass(eq=False, slots=True, repr=False)
class Exchanged:
    """
    One request and what came of it.

    :param purpose: The name of the finding that it was made for.
    :param request: As it was sent, with key and signature.
    :param sent_at: This machine's time in seconds since 1970.
    :param began: Monotonic seconds.
    :param seconds: How long the answer took; None when none came.
    :param response: The answer; None when none came.
    :param call: What was asked; None if that is not known.
    """

    purpose: str
    request: Request
    sent_at: float
    began: float
    seconds: float | None = None
    response: Response | None = None
    call: Call[Any] | None = None

    def __repr__(self) -> str:
        return f"<Exchanged {self.request!r}: {self.response!r}>"

    @property
    def path(self) -> str:
        """The path of the request."""
        return urlsplit(self.request.url).path

    @property
    def name(self) -> str:
        """Method and path, for messages."""
        return f"{self.request.method} {self.path}"

    def orders(self, exchange: Exchange) -> Iterator[tuple[dict[str, Any], OrderReader]]:
        """Yield what the answer shows as orders, each with what reads it."""
        return exchange.orders_shown(self.call, self.path, self.body())

    def body(self) -> Any:
        """Return the decoded answer; None when there is none that can be decoded."""
        if self.response is None:
            return None
        try:
            return decode_json(self.response.body)
        except UnreadableResponseError:
            return None


class Witness(Observer):
    """
    Takes note of all requests of a check.

    :param clock: This machine's, as the driver uses it.
    """

    def __init__(self, clock: SystemClock) -> None:
        self.options: dict[str, Any] = {}
        """What the check was asked for, as JSON."""
        self.exchanged: list[Exchanged] = []
        """Every request and what came of it, with secrets."""
        self.cut_short: set[str] = set()
        """The purposes for which more requests were wanted than were allowed."""
        self._clock = clock
        self._purpose = ""

    def of(self, purpose: str) -> list[Exchanged]:
        """Return what was exchanged for one purpose."""
        return [each for each in self.exchanged if each.purpose == purpose]

    def now(self) -> float:
        """Return monotonic seconds."""
        return self._clock.monotonic()

    def watch(self, operation: Operation[T], purpose: str, most: int | None = None) -> Operation[T | None]:
        """
        Run an operation, for which the requests are then that are sent.

        :param purpose: The name of the finding that it is for.
        :param most: How many calls it may make; None for any number.
        :return: Its result; None when it wanted to make more calls.
        """
        calls = count(1)

        def counted(call: Call[Any]) -> Call[Any]:
            if most is not None and next(calls) > most:
                raise _EnoughError
            self._purpose = purpose
            return call

        try:
            return (yield from with_calls(operation, counted))
        except _EnoughError:
            self.cut_short.add(purpose)
            return None

    def sent(self, call: Call[Any], request: Request) -> int:
        """Take note of a request."""
        self.exchanged.append(Exchanged(self._purpose, request, self._clock.wall(), self.now(), call=call))
        return len(self.exchanged) - 1

    def received(self, number: int, response: Response) -> None:
        """Take note of an answer."""
        exchanged = self.exchanged[number]
        exchanged.response, exchanged.seconds = response, self.now() - exchanged.began


class _EnoughError(Exception):
    """An operation wanted to make more calls than it may."""
