"""The requests of an account, and what their answers mean: the exchange's own words decide, by its profile."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from airflow_provider_exchange.errors import (
    ExchangeError,
    ExchangeUnavailableError,
    OrderNotFoundError,
    RateLimitedError,
    UnreadableResponseError,
)
from airflow_provider_exchange.exchanges.assumptions import value_at
from airflow_provider_exchange.exchanges.fields import decode_json, sign_of_failure
from airflow_provider_exchange.exchanges.texts import shown_name, shown_text
from airflow_provider_exchange.protocol.steps import Call

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

    from airflow_provider_exchange.exchanges.ccxt.client import Client, Wanted
    from airflow_provider_exchange.exchanges.ccxt.profile import Failure, Params, Profile
    from airflow_provider_exchange.exchanges.orders import OrderReader
    from airflow_provider_exchange.protocol.messages import Request, Response

__all__ = ["CcxtCall"]

T = TypeVar("T")

TOO_MANY = frozenset({418, 429})
"""HTTP statuses of a client that sends too much, whatever stands in the body; 418 is Binance's."""
SERVER_FAILURE = 500
OK = 200


@dataclass(frozen=True, slots=True, repr=False)
class CcxtCall(Call[T]):
    """
    A request of one endpoint of a profile.

    :param client: Signs.
    :param profile: Says what the answer means.
    :param wanted: What ccxt wants to send.
    :param parse: Turns the data of the answer into the call's result.
    :param secrets: Texts that must never appear in a message.
    :param orders: What reads the orders that the answer shows; None for an answer about something else.
    :param rows: Where the data has these orders; see :class:`.Listing`.
    :param not_found: The error that "no such order" means; about a list it says nothing of its orders.
    :param complete: See :class:`.Endpoint`.
    """

    client: Client
    profile: Profile
    wanted: Wanted
    parse: Callable[[Any], T]
    secrets: Collection[str]
    orders: OrderReader | None = None
    rows: str = ""
    not_found: type[ExchangeError] = ExchangeUnavailableError
    complete: Callable[[Any, Params, int], Params] | None = None

    def begin(self, timestamp: int) -> Request:
        """Let ccxt sign it; see :meth:`Call.begin`."""
        return self.client.sign(self.wanted, timestamp, self.complete).request

    def finish(self, response: Response) -> T:
        """Read the answer; see :meth:`Call.finish`."""
        status = response.status
        try:
            body = decode_json(response.body)
        except UnreadableResponseError:
            if status == OK:
                raise
            body = response.body.decode(errors="replace")
        failure = self.profile.failure(status, body)
        if status in TOO_MANY or status >= SERVER_FAILURE or (failure is None and status != OK):
            raise self._without_words(status, failure)
        if failure is not None:
            raise self._meant_by(failure)
        if sign := sign_of_failure(body, self.profile.understood):
            raise UnreadableResponseError(
                f"the response has HTTP status 200, but its {shown_text(sign, self.secrets)} tells of a failure"
            )
        data = self.profile.data(body)
        if not self.profile.fits(self.wanted.params, data):
            raise UnreadableResponseError("the response is about something else than was asked for")
        return self.parse(data)

    def unsigned(self) -> Any:
        """Return the parameters; see :meth:`Call.unsigned`."""
        return self.wanted.params

    def orders_shown(self, body: Any) -> Iterator[dict[str, Any]]:
        """Yield what an answer shows as orders."""
        try:
            found = value_at(self.profile.data(body), self.rows)
        except UnreadableResponseError:
            return
        if self.orders is None:
            return
        if isinstance(found, list):
            yield from (row if isinstance(row, dict) else {} for row in found)
        elif isinstance(found, dict) and {self.orders.form.order_id, self.orders.form.state} <= found.keys():
            yield found

    def _without_words(self, status: int, failure: Failure | None = None) -> ExchangeError:
        """Return the error of an answer of which the HTTP status decides."""
        code = str(status) if failure is None else shown_name(failure.code, self.secrets, str(status))
        if status in TOO_MANY:
            return RateLimitedError("too many requests", code=code)
        return ExchangeUnavailableError(f"HTTP {status} without a documented reason", code=code)

    def _meant_by(self, failure: Failure) -> ExchangeError:
        code = shown_name(failure.code, self.secrets, "(no code)")
        text = shown_text(failure.text, self.secrets) if isinstance(failure.text, str) else ""
        kind = self.profile.errors.get(failure.code, ExchangeUnavailableError)
        if kind is OrderNotFoundError:
            kind = self.not_found
        return kind(f"the venue responded {code}" + (f": {text}" if text else ""), code=code)
