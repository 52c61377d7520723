"""What every exchange offers to the operations. An adapter is pure: it builds, signs and reads messages."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Self, TypeVar

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
from airflow_provider_exchange.exchanges.fields import decode_json
from airflow_provider_exchange.models import Order, OrderRef

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence
    from datetime import datetime

    from airflow_provider_exchange.exchanges.arguments import Grammar
    from airflow_provider_exchange.exchanges.fields import Record
    from airflow_provider_exchange.exchanges.settings import ConnectionSettings
    from airflow_provider_exchange.protocol.limits import RateLimit
    from airflow_provider_exchange.protocol.messages import Request, Response
    from airflow_provider_exchange.protocol.steps import Call, Operation

__all__ = ["Cancellation", "Exchange", "Options"]

T = TypeVar("T")
Options = dict[str, bool]

VENUE_TEXT_SHOWN = 160
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
class Cancellation:
    """
    A cancel request and the orders that it names.

    :param call: The request; its result holds the keys of the orders that the venue acknowledged.
    :param orders: Every order that it can reach.
    """

    call: Call[frozenset[str]]
    orders: Sequence[OrderRef]

    @property
    def is_batch(self) -> bool:
        """Whether it goes through a call for several orders."""
        return self.call.endpoint == "batch"


class Exchange(ABC):
    """
    One account at one venue.

    Subclasses say how the venue spells its requests, answers and errors; operations, operators and sensors
    are the same for all of them. See ``docs/adding-an-exchange.md``.

    :param base_url: Scheme, host and port.
    :param secrets: What must never show up in a message.
    """

    name: ClassVar[str]
    """The connection type, and the venue's name in results."""
    title: ClassVar[str]
    """The venue's name in texts for people."""
    needs_symbol: ClassVar[bool]
    """Whether an order id alone does not name an order."""
    option_names: ClassVar[Mapping[str, str]] = {}
    """The venue's options of a cancel, with what each does."""
    limits: ClassVar[Mapping[str, RateLimit]]
    """Documented limits by endpoint; ``"total"`` counts every request."""
    few: ClassVar[int] = 2
    """So many orders are read one by one; more of them by lists."""
    order_ids: ClassVar[Grammar]
    client_order_ids: ClassVar[Grammar | None]
    """None where the venue documents no client order ids."""
    symbols: ClassVar[Grammar]

    def __init__(self, base_url: str, secrets: Collection[str]) -> None:
        self.base_url = base_url
        self.secrets = frozenset(secret for secret in secrets if secret)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} at {self.base_url}>"

    @classmethod
    @abstractmethod
    def from_settings(cls, settings: ConnectionSettings) -> Self:
        """
        Build the exchange of an Airflow connection.

        :param settings: The connection's fields.
        :raises ConnectionConfigError: naming the field at fault and the remedy.
        """

    @abstractmethod
    def sign(self, call: Call[Any], timestamp: int) -> Request:
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

    @abstractmethod
    def list_open(self, symbol: str | None = None) -> Operation[list[Order]]:
        """
        List every live order of the account: all pages, conditional orders too.

        :param symbol: Only this market's; None for all.
        """

    @abstractmethod
    def read_order(self, ref: OrderRef) -> Operation[Order]:
        """
        Read one order, live or ended.

        :param ref: Which one.
        :raises OrderNotFoundError: when the venue does not know it.
        """

    def read_ended(
        self,
        refs: Sequence[OrderRef],
        since: datetime | None,  # noqa: ARG002  (for venues that have a list of ended orders)
    ) -> Operation[dict[str, Order]]:
        """
        Read orders that are no longer listed as open, in as few requests as the venue allows.

        :param refs: Which ones.
        :param since: None of them is older than this, by the venue's clock; None when that is not known.
        :return: Those found, by key. One that is absent is not proved to be gone.
        """
        found: dict[str, Order] = {}
        for ref in refs:
            try:
                found[ref.key] = yield from self.read_order(ref)
            except OrderNotFoundError:
                continue
        return found

    @abstractmethod
    def cancel_one(self, ref: OrderRef, options: Options) -> Cancellation | None:
        """
        Return the request that cancels one order; None while the venue's id of it is not known.

        :param ref: Which one.
        :param options: The venue's own options, checked.
        """

    @abstractmethod
    def cancel_several(self, refs: Sequence[OrderRef], options: Options) -> list[Cancellation]:
        """
        Return the fewest requests that cancel these orders and no other; none for no orders.

        :param refs: Which ones.
        :param options: The venue's own options, checked.
        """

    @abstractmethod
    def probe(self) -> Call[None]:
        """Return a signed, read-only call, which shows that the key can read."""

    def order_page(self, symbol: str | None) -> str | None:  # noqa: ARG002  (for venues that have such pages)
        """
        Return the URL of the venue's page where a person sees the account's orders, or None where it has none.

        :param symbol: The market that is of interest, checked; None for none in particular.
        """
        return None

    def server_time(self) -> Call[int] | None:
        """Return the call for the venue's time in ms, where it has one."""
        return None

    def check_ref(
        self, order_id: Any = None, symbol: Any = None, client_order_id: Any = None, *, field: str = ""
    ) -> OrderRef:
        """
        Return a reference that names exactly one order, or refuse.

        :param order_id: The venue's id, or None for not given.
        :param symbol: The market, or None for not given.
        :param client_order_id: The client's own id, or None for not given.
        :param field: Where the values stand, such as ``"orders[3]."``, for messages.
        :raises InvalidOrderRequest: when they name none, two, or something malformed.
        """
        if (order_id is None) == (client_order_id is None):
            raise InvalidOrderRequest(
                f"give exactly one of {field}order_id and {field}client_order_id", exchange=self.name
            )
        if symbol is None and self.needs_symbol:
            raise InvalidOrderRequest(
                f"{field}symbol is missing; {self.title} needs it beside the order id, "
                f"for instance {self.symbols.example}",
                exchange=self.name,
            )
        return OrderRef(
            order_id=None if order_id is None else self.check_order_id(order_id, f"{field}order_id"),
            symbol=None if symbol is None else self.check_symbol(symbol, f"{field}symbol"),
            client_order_id=None
            if client_order_id is None
            else self.check_client_order_id(client_order_id, f"{field}client_order_id"),
        )

    def check_order_id(self, value: Any, field: str = "order_id") -> str:
        """
        Return an order id in canonical spelling.

        :param value: What the user gave.
        :param field: The argument's name, for the message.
        :raises InvalidOrderRequest: when the venue's ids do not look like that.
        """
        return self.order_ids.check(value, field)

    def check_client_order_id(self, value: Any, field: str = "client_order_id") -> str:
        """
        Return a client order id in canonical spelling.

        :param value: What the user gave.
        :param field: The argument's name, for the message.
        :raises InvalidOrderRequest: when it is malformed, or the venue has no such ids.
        """
        if self.client_order_ids is None:
            raise InvalidOrderRequest(f"{self.title} documents no client order ids; leave {field} out")
        return self.client_order_ids.check(value, field)

    def check_symbol(self, value: Any, field: str = "symbol") -> str:
        """
        Return a market's symbol in canonical spelling.

        :param value: What the user gave.
        :param field: The argument's name, for the message.
        :raises InvalidOrderRequest: when the venue's symbols do not look like that.
        """
        return self.symbols.check(value, field)

    def check_options(self, options: Any) -> Options:
        """
        Return the options of a cancel.

        :param options: The venue's option names with booleans; None for its defaults.
        :raises InvalidOrderRequest: for an unknown name or another type.
        """
        if options is None:
            return {}
        if not isinstance(options, Mapping):
            raise InvalidOrderRequest("options is not a mapping of option names to booleans", exchange=self.name)
        for key, value in options.items():
            if key not in self.option_names:
                known = ", ".join(sorted(self.option_names)) or "none"
                raise InvalidOrderRequest(
                    f"options holds {ascii(key)[:60]}, which {self.title} does not have; its options: {known}",
                    exchange=self.name,
                )
            if not isinstance(value, bool):
                raise InvalidOrderRequest(f"options[{key!r}] is neither True nor False", exchange=self.name)
        return dict(options)

    def expect(self, order: Order, ref: OrderRef) -> Order:
        """
        Return an order that was asked for by name, if it is the one.

        :param order: What the venue shows.
        :param ref: What was asked for, by the venue's id.
        :raises InvalidOrderRequest: when it is an order of another market.
        :raises UnreadableResponseError: when it is another order.
        """
        if order.is_named_by(ref):
            return order
        if order.order_id == ref.order_id:
            raise InvalidOrderRequest(f"the order belongs to {order.symbol}, not to {ref.symbol}", orders=[ref])
        raise UnreadableResponseError("the answer shows another order than was asked for")

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

    def decode(self, call: Call[T], response: Response) -> T:
        """
        Return a call's result from its answer.

        :param call: What was asked.
        :param response: What came back.
        :raises ExchangeError: the typed error that the answer means. Only the venue's own words, in one of its
            documented shapes, can be a permanent error; anything else leaves the outcome unknown.
        """
        try:
            return self._decode(call, response)
        except ExchangeError as error:
            error.exchange = self.name
            raise

    def _decode(self, call: Call[T], response: Response) -> T:
        status = response.status
        try:
            payload = decode_json(response.body)
        except UnreadableResponseError as error:
            if status == 429:
                raise RateLimitedError("too many requests", code="429") from None
            if status != 200:
                raise ExchangeUnavailableError(
                    f"HTTP {status} without the venue's own words", code=str(status)
                ) from None
            raise error from None
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
        if not isinstance(text, str):
            return ""
        for secret in self.secrets:
            text = text.replace(secret, "***")
        printable = "".join(character if character.isprintable() else " " for character in text)
        return LONG_TOKEN.sub("***", printable)[:VENUE_TEXT_SHOWN].strip()
