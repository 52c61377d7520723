"""The requests that the library makes, taken from it before they leave, and what their answers mean."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

from airflow_provider_exchange.errors import (
    AuthenticationError,
    ClockSkewError,
    ExchangeError,
    ExchangeUnavailableError,
    OrderNotFoundError,
    PermissionDeniedError,
    RateLimitedError,
    RequestRefusedError,
    UnreadableResponseError,
)
from airflow_provider_exchange.exchanges.fields import Record, decode_json, records, sign_of_failure
from airflow_provider_exchange.exchanges.texts import lower
from airflow_provider_exchange.models import Order, OrderKey, OrderRef
from airflow_provider_exchange.protocol.messages import Request
from airflow_provider_exchange.protocol.steps import Call
from tests.foreign import client as library
from tests.foreign.stepping import Asyncio, Awaited

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from airflow_provider_exchange.protocol.messages import Response
    from tests.foreign.adapter import Foreign

__all__ = [
    "BALANCE",
    "BATCH",
    "CANCEL",
    "MARKETS",
    "OPEN",
    "ORDER",
    "ORDERS",
    "READERS",
    "Answer",
    "ForeignCall",
    "Route",
    "SteppedClient",
    "explained",
]

vars(library)["asyncio"] = Asyncio()

MARKETS = "GET", "/provisioning/trading-pairs"
BALANCE = "GET", "/accounts/balance"
OPEN = "GET", "/orders/open"
ORDERS = "GET", "/orders/all/{pair}"
ORDER = "GET", "/orders/{pair}/{id}"
CANCEL = "DELETE", "/orders/{pair}/{id}"
BATCH = "PUT", "/orders"

Route = tuple[str, str]
"""An HTTP method and the library's template of a path."""

MEANINGS: tuple[tuple[type[library.LibraryError], type[ExchangeError], str], ...] = (
    (library.BadSymbol, RequestRefusedError, "the venue lists no such market"),
    (library.PermissionDenied, PermissionDeniedError, "the key may not do this; grant it the right to trade"),
    (library.AuthenticationError, AuthenticationError, "the venue does not accept the key or the signature"),
    (library.OrderNotFound, OrderNotFoundError, "the venue knows no such order"),
    (library.InvalidNonce, ClockSkewError, "the venue refuses the time or nonce of the request"),
    (library.RateLimitExceeded, RateLimitedError, "too many requests"),
    (library.BadRequest, RequestRefusedError, "the venue refuses the parameters"),
    (library.InvalidOrder, RequestRefusedError, "the venue cannot do this with the order as it is"),
    (library.NetworkError, ExchangeUnavailableError, "the venue is not available"),
)
"""What the library's exceptions mean, the first that fits. Their texts hold signatures and go no further."""


@dataclass(frozen=True)
class Answer:
    """
    What an answer of the venue means.

    :param route: What was asked.
    :param body: The decoded body, or what the library needs of it.
    :param orders: The orders that it shows.
    :param acknowledged: The orders whose cancel it acknowledges.
    """

    route: Route
    body: Any
    orders: Sequence[Order] = ()
    acknowledged: frozenset[OrderKey] = frozenset()


@dataclass(frozen=True, slots=True)
class ForeignCall(Call[Answer]):
    """
    A request that the library wants to make.

    :param exchange: Reads the answer.
    :param client: Signs.
    :param route: What is asked.
    :param params: Its parameters, those in the path among them.
    """

    exchange: Foreign
    client: SteppedClient
    route: Route
    params: Mapping[str, Any] = field(default_factory=dict)

    def begin(self, timestamp: int) -> Request:
        """Let the library sign it, at a time of the plan's; see :meth:`Call.begin`."""
        return self.client.signed(self, timestamp)

    def finish(self, response: Response) -> Answer:
        """Read the answer before the library does; see :meth:`Call.finish`."""
        return READERS[self.route](self.exchange, self, decoded(self, response))


class SteppedClient(library.Client):
    """
    The library's client for one operation; its requests go to whoever steps it.

    :param exchange: Reads the answers.
    :param config: See the library.
    """

    def __init__(self, exchange: Foreign, config: dict[str, str]) -> None:
        super().__init__(config)
        self.answers: list[Answer] = []
        self._exchange = exchange
        self._timestamp = 0

    def milliseconds(self) -> int:
        """Return the time that the plan gave to the request."""
        return self._timestamp

    def signed(self, call: ForeignCall, timestamp: int) -> Request:
        """
        Return the final request of a call.

        :param call: What is asked.
        :param timestamp: Venue time in ms.
        """
        self._timestamp = timestamp
        method, path = call.route
        made = self.sign(path, method, dict(call.params))
        url = urlsplit(made["url"])
        # The library writes a market's name into the path as it is. No name has a "/", "?", "#" or "%".
        sent = url._replace(path=quote(url.path)).geturl()
        return Request(made["method"], sent, made["headers"], made["body"] and made["body"].encode())

    async def fetch2(self, path: str, method: str, params: library.Parsed) -> Any:
        """Ask whoever steps the library, in the place of the library's own I/O."""
        route = method, path
        call = ForeignCall(
            self._exchange,
            self,
            route,
            dict(params),
            endpoint=ENDPOINTS.get(route, "total"),
            weight=self.costs.get(route, 1),
            mutating=method != "GET",
        )
        answer: Answer = await Awaited(call)
        self.answers.append(answer)
        return answer.body


def decoded(call: ForeignCall, response: Response) -> Any:
    """Return the decoded body of a success, or raise what the answer means."""
    status = response.status
    try:
        body = decode_json(response.body)
    except UnreadableResponseError:
        if status == 200:
            raise
        body = None
    is_error = isinstance(body, dict) and isinstance(body.get("error"), str)
    if status == 429:
        raise RateLimitedError("too many requests", code="429")
    if status != 200 and not is_error:
        raise ExchangeUnavailableError(f"HTTP {status} without the venue's own words", code=str(status))
    if status != 200:
        raise _meant_by_status(call, status)
    if sign_of_failure(body):
        raise UnreadableResponseError("the answer is a success with an error in it")
    return body


def _meant_by_status(call: ForeignCall, status: int) -> ExchangeError:
    """Return the error that the library would raise for a refusal of the venue's, in our words."""
    method, path = call.route
    error: Exception | None = None
    try:
        call.client.handle_errors(status, path, method, {}, "")
    except library.LibraryError as raised:
        error = raised
    meant = explained(error)
    meant.code = str(status)
    if isinstance(meant, OrderNotFoundError) and call.route not in (ORDER, CANCEL):
        return ExchangeUnavailableError("the venue does not know what it was asked for", code=str(status))
    return meant


def explained(error: Exception | None) -> ExchangeError:
    """Return the error of ours that one of the library's means."""
    for theirs, ours, meaning in MEANINGS:
        if isinstance(error, theirs):
            return ours(meaning)
    return UnreadableResponseError(f"the client library failed with a {type(error).__name__}")


# -- what the answers mean, by what was asked; what is not in here is never asked


def _read_nothing(exchange: Foreign, call: ForeignCall, body: Any) -> Answer:
    Record(body, "body")
    return Answer(call.route, body)


def _read_markets(exchange: Foreign, call: ForeignCall, body: Any) -> Answer:
    for record in records(Record(body, "body").get("data"), "data"):
        for name in ("pair", "base", "quote"):
            record.text(name)
    return Answer(call.route, body)


def _read_list(exchange: Foreign, call: ForeignCall, body: Any) -> Answer:
    """Take a list, or the null that the venue sends for an empty one; but not nothing, as the library does."""
    record = Record(body, "body")
    orders = [] if record.is_null("data") else exchange.orders.parse_list(record.get("data"), "data")
    return Answer(call.route, {"data": [_row(order) for order in orders if order.can_be_named]}, orders)


def _read_order(exchange: Foreign, call: ForeignCall, body: Any) -> Answer:
    order = exchange.orders.parse(body)
    return Answer(call.route, _row(order), [order])


def _row(order: Order) -> library.Parsed:
    """Return what the library needs of an order; at an odd field it would fail, or ask for something else."""
    return {"id": order.order_id, "pair": order.symbol}


def _read_cancel(exchange: Foreign, call: ForeignCall, body: Any) -> Answer:
    asked = OrderRef(call.params["id"], call.params["pair"])
    is_ours = Record(body, "body").text("orderId") == asked.order_id
    return Answer(call.route, body, acknowledged=frozenset({exchange.key(asked)} if is_ours else ()))


def _read_batch(exchange: Foreign, call: ForeignCall, body: Any) -> Answer:
    answered = Record(body, "body").get("data")
    if not isinstance(answered, dict) or not all(isinstance(ids, list) for ids in answered.values()):
        raise UnreadableResponseError("the answer's data does not list ids by pair")
    keys = {
        exchange.key(OrderRef(str(order_id), lower(pair))) for pair, ids in answered.items() for order_id in ids
    }
    return Answer(call.route, body, acknowledged=frozenset(keys))


READERS: Mapping[Route, Callable[[Foreign, ForeignCall, Any], Answer]] = {
    MARKETS: _read_markets,
    BALANCE: _read_nothing,
    OPEN: _read_list,
    ORDERS: _read_list,
    ORDER: _read_order,
    CANCEL: _read_cancel,
    BATCH: _read_batch,
}
ENDPOINTS: Mapping[Route, str] = {OPEN: "open", CANCEL: "cancel", BATCH: "batch"}
