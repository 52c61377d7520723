"""What venues share that are asked over HTTP with a signature a request: calls, statuses, errors, redaction."""

from __future__ import annotations

import re
from abc import abstractmethod
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from airflow_provider_exchange.errors import (
    AuthenticationError,
    ClockSkewError,
    ExchangeError,
    ExchangeUnavailableError,
    InvalidOrderRequest,
    OrderNotFoundError,
    PermissionDeniedError,
    RateLimitedError,
    RequestRefusedError,
    UnreadableResponseError,
)
from airflow_provider_exchange.exchanges.base import Exchange
from airflow_provider_exchange.exchanges.fields import decode_json
from airflow_provider_exchange.protocol.steps import Call

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from airflow_provider_exchange.exchanges.fields import Record
    from airflow_provider_exchange.protocol.messages import Request, Response

__all__ = ["HttpCall", "HttpExchange"]

T = TypeVar("T")

VENUE_TEXT_SHOWN = 160
REQUEST_ID_SHOWN = 64
LONG_TOKEN = re.compile(r"[A-Za-z0-9+/=_.-]{24,}")

STATUS_ERRORS: dict[int, tuple[type[ExchangeError], str]] = {
    400: (RequestRefusedError, "the venue refuses the parameters"),
    401: (AuthenticationError, "the venue does not accept the key or the signature; check the connection"),
    403: (PermissionDeniedError, "the key may not do this; grant it the right to trade"),
    404: (OrderNotFoundError, "the venue knows no such order or market"),
    409: (ClockSkewError, "the venue refuses the time or nonce of the request"),
    422: (RequestRefusedError, "the venue cannot do this with the order as it is"),
    429: (RateLimitedError, "too many requests"),
}
"""What an HTTP status means when the venue says it in its own shape; every other status is unavailability."""


@dataclass(frozen=True, slots=True)
class HttpCall(Call[T]):
    """
    One HTTP request, not yet signed.

    :param exchange: Signs it and reads the answer.
    :param method: The HTTP method in capitals.
    :param path: The path below the base URL, built from checked parts only.
    :param parse: Turns the decoded answer into the call's result.
    :param params: Its parameters, in the order in which the venue signs them.
    :param signed: Whether the venue wants a signature.
    """

    exchange: HttpExchange
    method: str
    path: str
    parse: Callable[[Any], T]
    params: Mapping[str, Any] = field(default_factory=dict)
    signed: bool = True

    def begin(self, timestamp: int) -> Request:
        """Sign it; see :meth:`Call.begin`."""
        return self.exchange.sign(self, timestamp)

    def finish(self, response: Response) -> T:
        """Read the answer; see :meth:`Call.finish`."""
        return self.exchange.decode(self, response)


class HttpExchange(Exchange):
    """
    One account at a venue that is asked over HTTP.

    Subclasses say how the venue spells its requests, answers and errors.

    :param base_url: Scheme, host and port.
    :param secrets: What must never show up in a message.
    """

    def __init__(self, base_url: str, secrets: Collection[str]) -> None:
        super().__init__(secrets)
        self.base_url = base_url

    def __repr__(self) -> str:
        return f"<{type(self).__name__} at {self.base_url}>"

    @abstractmethod
    def sign(self, call: HttpCall[Any], timestamp: int) -> Request:
        """
        Return the final request.

        :param call: What to ask.
        :param timestamp: Venue time in ms, larger than that of any request signed before.
        """

    @abstractmethod
    def error_of(self, status: int, payload: Any) -> ExchangeError | None:
        """
        Return the error that a decoded answer means in the venue's documented shapes, or None.

        :param status: The HTTP status.
        :param payload: The decoded body.
        """

    def payload_of(self, payload: Any) -> Any:
        """
        Return the part of a successful answer that a call's ``parse`` takes: all of it, unless overridden.

        :param payload: The decoded body.
        """
        return payload

    def reading(
        self,
        path: str,
        parse: Callable[[Any], T],
        endpoint: str,
        params: Mapping[str, Any] | None = None,
        *,
        signed: bool = True,
        weight: int = 1,
    ) -> HttpCall[T]:
        """
        Return a call that changes nothing, and may be repeated.

        :param path: The path below the base URL, built from checked parts only.
        :param parse: Turns the decoded answer into the call's result.
        :param endpoint: The venue's rate limit that it counts against.
        :param params: Its parameters, in the order in which the venue signs them.
        :param signed: Whether the venue wants a signature.
        :param weight: How much it counts against the limit, where the venue weighs its requests.
        """
        return HttpCall(self, "GET", path, parse, params or {}, signed, endpoint=endpoint, weight=weight)

    def changing(
        self,
        method: str,
        path: str,
        parse: Callable[[Any], T],
        endpoint: str,
        params: Mapping[str, Any],
        *,
        weight: int = 1,
    ) -> HttpCall[T]:
        """
        Return a signed call that changes something, and is never repeated by itself.

        :param method: The HTTP method in capitals.
        :param path: The path below the base URL, built from checked parts only.
        :param parse: Turns the decoded answer into the call's result.
        :param endpoint: The venue's rate limit that it counts against.
        :param params: Its parameters, in the order in which the venue signs them.
        :param weight: How much it counts against the limit, where the venue weighs its requests.
        """
        return HttpCall(self, method, path, parse, params, endpoint=endpoint, mutating=True, weight=weight)

    def decode(self, call: HttpCall[T], response: Response) -> T:
        """
        Return a call's result from its answer.

        :param call: What was asked.
        :param response: What came back.
        :raises ExchangeError: the typed error that the answer means. Only the venue's own words, in one of its
            documented shapes, can be a permanent error; anything else leaves the outcome unknown.
        """
        status = response.status
        try:
            payload = decode_json(response.body)
        except UnreadableResponseError:
            if status == 200:
                raise
            if status == 429:
                raise RateLimitedError("too many requests", code="429") from None
            raise ExchangeUnavailableError(
                f"HTTP {status} without the venue's own words", code=str(status)
            ) from None
        failure = self.error_of(status, payload)
        if failure is not None:
            raise failure
        if status == 429:
            raise RateLimitedError("too many requests", code="429")
        if status != 200:
            raise ExchangeUnavailableError(f"HTTP {status} in an undocumented form", code=str(status))
        return call.parse(self.payload_of(payload))

    def error_of_status(self, status: int, words: Any) -> ExchangeError:
        """
        Return the error that an HTTP status means in the venue's own shape.

        :param status: The HTTP status.
        :param words: The venue's text beside it.
        """
        kind, meaning = STATUS_ERRORS.get(
            status, (ExchangeUnavailableError, f"the venue failed with HTTP {status}")
        )
        text = self.shown(words)
        return kind(f"{meaning}: {text}" if text else meaning, code=str(status))

    def shown(self, text: Any) -> str:
        """
        Return a text of the venue's that is fit for messages: short, printable, without secrets.

        :param text: What the venue wrote.
        """
        return LONG_TOKEN.sub("***", self._without_secrets(text))[:VENUE_TEXT_SHOWN].strip()

    def shown_request_id(self, text: Any) -> str | None:
        """
        Return the venue's id of a request, which may be a long token, fit for messages; None without one.

        :param text: What the venue wrote.
        """
        return self._without_secrets(text)[:REQUEST_ID_SHOWN].strip() or None

    def _without_secrets(self, text: Any) -> str:
        if not isinstance(text, str):
            return ""
        for secret in self.secrets:
            text = text.replace(secret, "***")
        return "".join(character if character.isprintable() else " " for character in text)

    def shown_id(self, record: Record, field: str) -> str:
        """
        Return an order id from an answer, held to the same grammar as one from a user.

        :param record: The order as the venue shows it.
        :param field: The id's key.
        :raises UnreadableResponseError: when it is no order id of this venue.
        """
        return self._shown(self.check_order_id, record, field)

    def shown_symbol(self, record: Record, field: str) -> str:
        """
        Return a symbol from an answer, held to the same grammar as one from a user.

        :param record: The order as the venue shows it.
        :param field: The symbol's key.
        :raises UnreadableResponseError: when it is no symbol of this venue.
        """
        return self._shown(self.check_symbol, record, field)

    def _shown(self, check: Callable[[Any, str], str], record: Record, field: str) -> str:
        try:
            return check(record.text(field), field)
        except InvalidOrderRequest:
            raise UnreadableResponseError(f"the answer's {field} is not one of {self.title}'s") from None
