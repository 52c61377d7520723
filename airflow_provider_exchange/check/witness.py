"""
Watches an operation's requests and the answers to them, whichever venue and whichever driver.

A call is wrapped in one that takes note of what it sends and of what comes back, and is the same call otherwise.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

from airflow_provider_exchange.errors import UnreadableResponseError
from airflow_provider_exchange.exchanges.fields import decode_json
from airflow_provider_exchange.protocol.steps import Call, with_calls

if TYPE_CHECKING:
    from collections.abc import Iterator

    from airflow_provider_exchange.driver.clock import SystemClock
    from airflow_provider_exchange.exchanges.base import Exchange
    from airflow_provider_exchange.exchanges.orders import OrderReader
    from airflow_provider_exchange.protocol.messages import Request, Response
    from airflow_provider_exchange.protocol.steps import Operation

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


class Witness:
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

    def of(self, purpose: str) -> list[Exchanged]:
        """Return what was exchanged for one purpose."""
        return [each for each in self.exchanged if each.purpose == purpose]

    def now(self) -> float:
        """Return monotonic seconds."""
        return self._clock.monotonic()

    def watch(self, operation: Operation[T], purpose: str, most: int | None = None) -> Operation[T | None]:
        """
        Run an operation and take note of its calls.

        :param purpose: The name of the finding that it is for.
        :param most: How many calls it may make; None for any number.
        :return: Its result; None when it wanted to make more calls.
        """
        calls = count(1)

        def watched(call: Call[Any]) -> Call[Any]:
            if most is not None and next(calls) > most:
                raise _EnoughError
            return _Watched(call, self, purpose, endpoint=call.endpoint, weight=call.weight, mutating=call.mutating)

        try:
            return (yield from with_calls(operation, watched))
        except _EnoughError:
            self.cut_short.add(purpose)
            return None

    def sent(self, purpose: str, call: Call[Any], request: Request) -> None:
        """Take note of a request."""
        self.exchanged.append(Exchanged(purpose, request, self._clock.wall(), self.now(), call=call))

    def received(self, response: Response) -> None:
        """Take note of the answer to the latest request."""
        latest = self.exchanged[-1]
        latest.response, latest.seconds = response, self.now() - latest.began


class _EnoughError(Exception):
    """An operation wanted to make more calls than it may."""


@dataclass(frozen=True, slots=True)
class _Watched(Call[T]):
    """
    A call of which note is taken.

    :param call: What is done.
    """

    call: Call[T]
    witness: Witness
    purpose: str

    def begin(self, timestamp: int) -> Request:
        request = self.call.begin(timestamp)
        self.witness.sent(self.purpose, self.call, request)
        return request

    def finish(self, response: Response) -> T:
        self.witness.received(response)
        return self.call.finish(response)
