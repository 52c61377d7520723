"""How a venue names orders, markets and options: what arguments and answers are checked by, and compared as."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from airflow_provider_exchange.errors import InvalidOrderRequest, UnreadableResponseError
from airflow_provider_exchange.models.orders import NAMES, Order, OrderKey, OrderRef

if TYPE_CHECKING:
    from airflow_provider_exchange.exchanges.arguments import Grammar

__all__ = ["Naming", "Option", "Options"]

REQUIRED = NAMES | {"state"}
"""The attributes of an order without which a read of that one order says nothing."""

Options = Mapping[str, Any]
"""The checked options of a cancel: name to value."""


@dataclass(frozen=True, slots=True)
class Option:
    """
    A parameter of a cancel that only this venue has.

    :param meaning: What it does, for people.
    :param kind: The type of its values.
    """

    meaning: str
    kind: type = bool


class Naming:
    """
    The names that a venue uses.

    An adapter sets the attributes, and replaces a method where a form alone does not tell what is a name.
    """

    name: str
    """The venue's name in results; the connection type, if the venue has one of its own."""
    title: str
    """The venue's name in messages."""
    needs_symbol: bool
    """Whether an order can only be read or cancelled with its symbol."""
    ids_are_unique: bool = False
    """Whether two markets never use the same order id."""
    names_are_shared: bool = False
    """Whether two open orders of one market may have the same order id, as those of two books."""
    options: Mapping[str, Option] = {}
    """The parameters of a cancel that only this venue has, by name."""
    order_ids: Grammar
    client_order_ids: Grammar | None
    """None where the venue has no client order ids."""
    client_order_id_prefixes: Grammar | None = None
    """The form of what such ids begin with, where they are all of one length; None where it is their own."""
    symbols: Grammar

    def key(self, named: OrderRef | Order) -> OrderKey:
        """Return the key that identifies an order within the account."""
        if isinstance(named, Order) and not named.can_be_named:
            # Two that share what stands for a name may differ in what decides whether they are selected.
            name = (named.order_id, named.symbol, named.client_order_id)
            return OrderKey(None, shown=(*name, named.side, named.created_at))
        if named.order_id is None:
            return OrderKey(named.symbol, None, named.client_order_id)
        return OrderKey(None if self.ids_are_unique else named.symbol, named.order_id, None)

    def keys(self, named: OrderRef | Order) -> tuple[OrderKey, ...]:
        """Return every key under which an order may have been named: by order id, or by client order id."""
        key, client_order_id = self.key(named), named.client_order_id
        if client_order_id is None:
            return (key,)
        return key, OrderKey(named.symbol, None, client_order_id), OrderKey(None, None, client_order_id)

    def check_ref(
        self, order_id: Any = None, symbol: Any = None, client_order_id: Any = None, *, field: str = ""
    ) -> OrderRef:
        """
        Return a reference to exactly one order.

        :param order_id: The venue's id; exactly one of this and ``client_order_id``.
        :param symbol: The market; required where :attr:`needs_symbol` is true.
        :param client_order_id: The id that the client gave the order.
        :param field: Prefix of argument names in messages, such as ``"orders[3]."``.
        :raises InvalidOrderRequest: when they name no order or two, or a value is malformed.
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
        """Return an order id in the venue's spelling; raise ``InvalidOrderRequest`` if it is malformed."""
        return self.order_ids.check(value, field)

    def parse_order_id(self, text: str) -> str:
        """
        Return an order id that the venue shows, in the spelling of :meth:`check_order_id`.

        :param text: The id as it is shown.
        :raises InvalidOrderRequest: when it is malformed; such an id is never sent.
        """
        return self.check_order_id(text)

    def check_client_order_id(self, value: Any, field: str = "client_order_id") -> str:
        """Return a client order id in the venue's spelling; raise ``InvalidOrderRequest`` if it is malformed."""
        if self.client_order_ids is None:
            raise InvalidOrderRequest(f"{self.title} documents no client order ids; leave {field} out")
        return self.client_order_ids.check(value, field)

    def check_client_order_id_prefix(self, value: Any, field: str) -> str:
        """Return what client order ids may begin with; raise ``InvalidOrderRequest`` if none can."""
        prefixes = self.client_order_id_prefixes
        return self.check_client_order_id(value, field) if prefixes is None else prefixes.check(value, field)

    def check_symbol(self, value: Any, field: str = "symbol") -> str:
        """
        Return a market's symbol in the one spelling that this package uses for the venue.

        Arguments and answers both pass through here, so that symbols can be compared as text. Every spelling that
        the venue itself uses somewhere must be accepted, and no two markets of the venue may become one.

        :raises InvalidOrderRequest: when it is malformed.
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
        Return an order from a response if it is the one that was asked for.

        :param order: The order in the response.
        :param ref: What was asked for, by the venue's id.
        :raises InvalidOrderRequest: when the order belongs to another market.
        :raises UnreadableResponseError: when it is another order, or its name or its state cannot be read.
        """
        if unreadable := order.unreadable & REQUIRED:
            raise UnreadableResponseError(f"the response shows an order whose {min(unreadable)} cannot be read")
        if order.is_named_by(ref):
            return order
        if order.order_id == ref.order_id:
            raise InvalidOrderRequest(f"the order belongs to {order.symbol}, not to {ref.symbol}", orders=[ref])
        raise UnreadableResponseError("the response shows another order than the one asked for")
