"""Base class of exchanges that are reached by signed HTTP requests: calls, HTTP statuses, errors, redaction."""

from __future__ import annotations

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
from airflow_provider_exchange.exchanges.fields import decode_json, sign_of_failure
from airflow_provider_exchange.exchanges.texts import shown_name, shown_text
from airflow_provider_exchange.protocol.steps import Call

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from airflow_provider_exchange.exchanges.fields import Record
    from airflow_provider_exchange.protocol.messages import Request, Response

__all__ = ["HttpCall", "HttpExchange"]

T = TypeVar("T")

REQUEST_ID_SHOWN = 64

STATUS_ERRORS: dict[int, tuple[type[ExchangeError], str]] = {
    400: (RequestRefusedError, "the venue refuses the parameters"),
    401: (AuthenticationError, "the venue does not accept the key or the signature; check the connection"),
    403: (PermissionDeniedError, "the key lacks the permission; give it the right to trade"),
    404: (OrderNotFoundError, "the venue knows no such order or market"),
    409: (ClockSkewError, "the venue refuses the time or nonce of the request"),
    422: (RequestRefusedError, "the venue cannot do this with the order in its current state"),
    429: (RateLimitedError, "too many requests"),
}
"""What an HTTP status means if the body has the venue's documented form. Any other status is "unavailable"."""


@dataclass(frozen=True, slots=True)
class HttpCall(Call[T]):
    """
    One HTTP request, not yet signed.

    :param path: The path below the base URL, built from checked values only.
    :param parse: Turns the decoded body into the call's result.
    :param params: The parameters, in the order in which the venue signs them.
    :param not_found: The error that the venue's "not found" means: about one order, that it does not know it; about
        a list that the account may lack, a refusal. Any other list that is not there says nothing about its orders.
    """

    exchange: HttpExchange
    method: str
    path: str
    parse: Callable[[Any], T]
    params: Mapping[str, Any] = field(default_factory=dict)
    not_found: type[ExchangeError] = ExchangeUnavailableError

    def begin(self, timestamp: int) -> Request:
        """Sign the request; see :meth:`Call.begin`."""
        return self.exchange.sign(self, timestamp)

    def finish(self, response: Response) -> T:
        """Parse the response; see :meth:`Call.finish`."""
        return self.exchange.decode(self, response)

    def unsigned(self) -> Any:
        """Return the parameters; see :meth:`Call.unsigned`."""
        return self.params


class HttpExchange(Exchange):
    """
    One account at a venue with an HTTP API. Subclasses define its requests, responses and errors.

    :param base_url: Scheme, host and port.
    :param secrets: Texts that must never appear in a message.
    """

    base_url: str

    def __init__(self, base_url: str, secrets: Collection[str]) -> None:
        super().__init__(secrets)
        self.base_url = base_url

    def __repr__(self) -> str:
        return f"<{type(self).__name__} at {self.base_url}>"

    @abstractmethod
    def sign(self, call: HttpCall[Any], timestamp: int) -> Request:
        """Return the signed request. Timestamps are in ms of the venue's clock and grow with every request."""

    @abstractmethod
    def error_of(self, status: int, payload: Any) -> ExchangeError | None:
        """Return the error that a decoded body means in a form that the venue documents, or None."""

    def payload_of(self, payload: Any) -> Any:
        """Return the part of a successful body that ``parse`` takes; the whole body unless overridden."""
        return payload

    def reading(
        self,
        path: str,
        parse: Callable[[Any], T],
        endpoint: str,
        params: Mapping[str, Any] | None = None,
        *,
        signed: bool = True,
        not_found: type[ExchangeError] = ExchangeUnavailableError,
        weight: int = 1,
    ) -> HttpCall[T]:
        """Return a read-only call, which may be repeated; see :class:`HttpCall` and :class:`Call`."""
        return HttpCall(
            self, "GET", path, parse, params or {}, not_found, endpoint=endpoint, weight=weight, signed=signed
        )

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
        """Return a signed call that changes something and is never repeated; see :class:`HttpCall`."""
        return HttpCall(
            self,
            method,
            path,
            parse,
            params,
            not_found=OrderNotFoundError,
            endpoint=endpoint,
            mutating=True,
            weight=weight,
        )

    def decode(self, call: HttpCall[T], response: Response) -> T:
        """
        Return a call's result.

        :raises ExchangeError: A permanent error only if the body says so in a documented form. Any other failure is
            transient, because the outcome is unknown.
        """
        status = response.status
        try:
            payload = decode_json(response.body)
        except UnreadableResponseError:
            if status == 200:
                raise
            if status == 429:
                raise RateLimitedError("too many requests", code="429") from None
            raise ExchangeUnavailableError(f"HTTP {status} without a JSON body", code=str(status)) from None
        failure = self.error_of(status, payload)
        if isinstance(failure, OrderNotFoundError) and not isinstance(failure, call.not_found):
            raise call.not_found(failure.message, code=failure.code, request_id=failure.request_id)
        if failure is not None:
            raise failure
        if status == 429:
            raise RateLimitedError("too many requests", code="429")
        if status != 200:
            raise ExchangeUnavailableError(f"HTTP {status} with an undocumented body", code=str(status))
        data = self.payload_of(payload)
        for part in (payload, data):
            if sign := self.sign_of_failure(part):
                raise UnreadableResponseError(
                    f"the response has HTTP status 200, but its {self.shown(sign)} tells of a failure"
                )
        return call.parse(data)

    def sign_of_failure(self, part: Any) -> str | None:
        """
        Return the name of a field that tells of a failure in whatever form, or None.

        :param part: The body of a success, or the part of it that ``parse`` takes.
        """
        return sign_of_failure(part)

    def error_of_status(self, status: int, words: Any) -> ExchangeError:
        """Return the error of an HTTP status; ``words`` is the message in the venue's documented form."""
        kind, meaning = STATUS_ERRORS.get(
            status, (ExchangeUnavailableError, f"the venue failed with HTTP {status}")
        )
        text = self.shown(words)
        return kind(f"{meaning}: {text}" if text else meaning, code=str(status))

    def shown(self, text: Any) -> str:
        """Return a text from the venue for use in messages: short, printable, without secrets."""
        return shown_text(text, self.secrets) if isinstance(text, str) else ""

    def shown_request_id(self, text: Any) -> str | None:
        """Return the venue's id of a request for use in messages; unlike other texts it may be a long token."""
        return shown_name(text, self.secrets, "")[:REQUEST_ID_SHOWN].strip() or None

    def shown_id(self, record: Record, field: str) -> str:
        """Return an order id from a response; anything else raises ``UnreadableResponseError``."""
        return self._shown(self.parse_order_id, record, field)

    def shown_symbol(self, record: Record, field: str) -> str:
        """Return a symbol from a response; anything else raises ``UnreadableResponseError``."""
        return self._shown(self.check_symbol, record, field)

    def _shown(self, check: Callable[[str], str], record: Record, field: str) -> str:
        try:
            return check(record.text(field))
        except InvalidOrderRequest:
            raise UnreadableResponseError(
                f"the response's {field} does not look like one of {self.title}"
            ) from None
