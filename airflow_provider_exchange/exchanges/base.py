"""
What every exchange offers, in terms of operations: the port between orders and venues.

How a venue is asked is not told here. A venue that speaks HTTP with a signature a request builds upon
:mod:`airflow_provider_exchange.exchanges.http`; an adapter may as well step a client library of somebody else's.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from airflow_provider_exchange.errors import InvalidOrderRequest, OrderNotFoundError, UnreadableResponseError
from airflow_provider_exchange.models import Order, OrderKey, OrderRef

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence
    from datetime import datetime

    from airflow_provider_exchange.exchanges.arguments import Grammar
    from airflow_provider_exchange.exchanges.settings import ConnectionSettings
    from airflow_provider_exchange.protocol.limits import RateLimit
    from airflow_provider_exchange.protocol.steps import Operation

__all__ = ["Cancellation", "Exchange", "Option", "Options"]

Options = Mapping[str, Any]
"""The venue's own options of a cancel, checked: name to value."""


@dataclass(frozen=True, slots=True)
class Option:
    """
    One of the venue's own options of a cancel.

    :param meaning: What it does, for people.
    :param kind: The type of its values.
    """

    meaning: str
    kind: type = bool


@dataclass(frozen=True, slots=True)
class Cancellation:
    """
    A cancel and the orders that it names.

    :param orders: Every order that it can reach.
    :param operation: Sends it, and returns the keys of the orders that the venue acknowledged. It runs once.
    :param is_batch: Whether it goes through a call for several orders, which the venue may refuse as a whole.
    """

    orders: Sequence[OrderRef]
    operation: Operation[frozenset[OrderKey]]
    is_batch: bool = False


class Exchange(ABC):
    """
    One account at one venue.

    Operations, operators and sensors are the same for all venues; what differs is said by these attributes and
    methods. An adapter of one venue sets the attributes in its class, one that serves many venues in each instance.
    See ``docs/adding-an-exchange.md``.

    :param secrets: What must never show up in a message.
    """

    name: str
    """The venue's name in results; for a venue with a connection type of its own, that type."""
    title: str
    """The venue's name in texts for people."""
    needs_symbol: bool
    """Whether an order id alone does not name an order."""
    ids_are_unique: bool = False
    """Whether no two markets of the venue ever use the same order id."""
    options: Mapping[str, Option] = {}
    """The venue's own options of a cancel, by name."""
    limits: Mapping[str, RateLimit]
    """Documented limits by endpoint; ``"total"`` counts every request."""
    few: int = 2
    """So many orders are read one by one; more of them by lists."""
    order_ids: Grammar
    client_order_ids: Grammar | None
    """None where the venue documents no client order ids."""
    symbols: Grammar

    def __init__(self, secrets: Collection[str]) -> None:
        self.secrets = frozenset(secret for secret in secrets if secret)

    @classmethod
    @abstractmethod
    def from_settings(cls, settings: ConnectionSettings) -> Self:
        """
        Build the exchange of an Airflow connection.

        :param settings: The connection's fields.
        :raises ConnectionConfigError: naming the field at fault and the remedy.
        """

    # -- operations

    @abstractmethod
    def list_open(self, symbols: Collection[str] | None = None) -> Operation[list[Order]]:
        """
        List every live order of some markets: all pages, conditional orders too.

        Orders of other markets may be among them; whoever asks sorts them out. Where one list holds all markets,
        do not use the venue's filter: a market spelt otherwise than it expects would look like an empty book.

        :param symbols: The markets, checked; None for all.
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
    ) -> Operation[dict[OrderKey, Order]]:
        """
        Read orders that are no longer listed as open, in as few requests as the venue allows.

        :param refs: Which ones.
        :param since: None of them is older than this, by the venue's clock; None when that is not known.
        :return: Those found, by the key of their reference. One that is absent is not proved to be gone.
        """
        found: dict[OrderKey, Order] = {}
        for ref in refs:
            try:
                found[self.key(ref)] = yield from self.read_order(ref)
            except OrderNotFoundError:
                continue
        return found

    @abstractmethod
    def cancel_one(self, ref: OrderRef, options: Options) -> Cancellation | None:
        """
        Return the cancel of one order; None while the venue's id of it is not known.

        :param ref: Which one.
        :param options: The venue's own options, checked.
        """

    @abstractmethod
    def cancel_several(self, refs: Sequence[OrderRef], options: Options) -> list[Cancellation]:
        """
        Return the fewest cancels that reach these orders and no other; none for no orders.

        :param refs: Which ones, each with the venue's id.
        :param options: The venue's own options, checked.
        """

    @abstractmethod
    def probe(self) -> Operation[None]:
        """Make a signed call that only reads, which shows that the key can read."""

    @abstractmethod
    def markets(self) -> Operation[frozenset[str]]:
        """Return the symbols of all markets that the venue lists, in canonical spelling."""

    def server_time(self) -> Operation[int] | None:
        """Return the operation that reads the venue's time in ms; None where the venue has no such call."""
        return None

    def order_page(self, symbol: str | None) -> str | None:  # noqa: ARG002  (for venues that have such pages)
        """
        Return the URL of the venue's page where a person sees the account's orders, or None where it has none.

        :param symbol: The market that is of interest, checked; None when there is none in particular.
        """
        return None

    # -- names

    def key(self, named: OrderRef | Order) -> OrderKey:
        """
        Return what tells an order from all others of the account.

        :param named: The order, or how somebody named it.
        """
        if named.order_id is None:
            return OrderKey(named.symbol, client_order_id=named.client_order_id)
        return OrderKey(None if self.ids_are_unique else named.symbol, named.order_id)

    def keys(self, named: OrderRef | Order) -> Iterator[OrderKey]:
        """
        Yield every key under which somebody may have named an order: by its id, or by the client's own.

        :param named: The order, or how somebody else named it.
        """
        yield self.key(named)
        if named.client_order_id is not None:
            yield OrderKey(named.symbol, client_order_id=named.client_order_id)
            yield OrderKey(None, client_order_id=named.client_order_id)

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

        :param options: The venue's option names with their values; None for the venue's defaults.
        :raises InvalidOrderRequest: for an unknown name or a value of another type.
        """
        if options is None:
            return {}
        if not isinstance(options, Mapping):
            raise InvalidOrderRequest("options is not a mapping of option names to values", exchange=self.name)
        for name, value in options.items():
            option = self.options.get(name)
            if option is None:
                known = ", ".join(sorted(self.options)) or "none"
                raise InvalidOrderRequest(
                    f"options holds {ascii(name)[:60]}, which {self.title} does not have; its options: {known}",
                    exchange=self.name,
                )
            if type(value) is not option.kind:  # exactly: a bool is an int, too
                expected = (
                    "neither True nor False" if option.kind is bool else f"not of type {option.kind.__name__}"
                )
                raise InvalidOrderRequest(f"options[{name!r}] is {expected}", exchange=self.name)
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
