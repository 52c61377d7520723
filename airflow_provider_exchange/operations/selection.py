"""The selection of orders: arguments as users give them, and the checked result."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence, Set
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from airflow_provider_exchange.errors import InvalidOrderRequest
from airflow_provider_exchange.exchanges.arguments import kind_of, required_text
from airflow_provider_exchange.models.orders import Order, OrderKey, OrderRef, Side
from airflow_provider_exchange.omitted import OMITTED, Omitted
from airflow_provider_exchange.operations.reading import markets_of

if TYPE_CHECKING:
    from airflow_provider_exchange.exchanges.base import Exchange

SLOWEST_CLOCK = timedelta(minutes=1)
"""How far ahead of the venue's clock a creation time may be. One further ahead does not tell an age."""
LEFT_OUT = {"symbols": "the whole account", "except_symbols": "no market"}
"""What a list of markets means when it is left out."""
MARKETS_NAMED = 5
"""How many markets a message names; the others are counted."""


@dataclass(frozen=True, slots=True)
class Selection:
    """
    Orders of one account: either named one by one, or all live ones with certain properties.

    :param orders: The named orders; None to select by properties.
    :param older_than: Minimum age by the venue's clock.
    :param except_symbols: Markets of which no order is selected.
    :param except_client_order_id_prefix: Orders whose client order id starts with this are not selected. One
        without a client order id is no such order.
    """

    orders: tuple[OrderRef, ...] | None = None
    symbols: frozenset[str] | None = None
    side: Side | None = None
    older_than: timedelta | None = None
    client_order_id_prefix: str | None = None
    except_symbols: frozenset[str] | None = None
    except_client_order_id_prefix: str | None = None

    @property
    def markets(self) -> frozenset[str] | None:
        """The markets of all selected orders; None for all markets or when one is not known."""
        if self.orders is not None:
            return markets_of(self.orders)
        return None if self.symbols is None else self.symbols - (self.except_symbols or frozenset())

    @property
    def is_by_market(self) -> bool:
        """Whether all orders of some markets, or of the account, are selected: two of one name always both."""
        properties = (
            self.orders,
            self.side,
            self.older_than,
            self.client_order_id_prefix,
            self.except_client_order_id_prefix,
        )
        return all(each is None for each in properties)

    def as_json(self) -> dict[str, Any]:
        """Return what restricts the selection, by the names of the arguments."""
        given = {
            "symbols": None if self.symbols is None else sorted(self.symbols),
            "orders": None if self.orders is None else [ref.name() for ref in self.orders],
            "side": None if self.side is None else self.side.value,
            "older_than": None if self.older_than is None else self.older_than.total_seconds(),
            "client_order_id_prefix": self.client_order_id_prefix,
            "except_symbols": None if self.except_symbols is None else sorted(self.except_symbols),
            "except_client_order_id_prefix": self.except_client_order_id_prefix,
        }
        return {name: value for name, value in given.items() if value is not None}

    def words(self) -> str:
        """Return the selected properties in words that follow "none of the open orders is"."""
        markets = sorted(self.symbols or ())
        properties = {
            "side": self.side,
            "older_than": self.older_than,
            "client_order_id_prefix": self.client_order_id_prefix,
            "except_symbols": _listed(sorted(self.except_symbols)) if self.except_symbols else None,
            "except_client_order_id_prefix": self.except_client_order_id_prefix,
        }
        given = [f"{name} {value}" for name, value in properties.items() if value is not None]
        if markets and not given:
            return f"of {_listed(markets)}"
        if markets:
            given.insert(0, f"symbols {_listed(markets)}")
        return f"selected ({', '.join(given)})" if given else "selected"

    def matches(self, order: Order, now: tuple[datetime, datetime] | None) -> bool | None:
        """
        Whether an order has the selected properties; None when that cannot be told.

        :param now: The earliest and the latest time that it may be at the venue, needed for ``older_than``.
        """
        verdicts = (
            order.can_be_named or None,
            self._has_symbol(order),
            self._has_side(order),
            self._has_prefix(order),
            self._has_age(order, now),
            self._is_in_no_excepted_market(order),
            self._lacks_excepted_prefix(order),
        )
        return False if False in verdicts else None if None in verdicts else True

    def _has_symbol(self, order: Order) -> bool | None:
        if self.symbols is None or order.symbol in self.symbols:
            return True
        shown = _bare(order.symbol)
        may_be = "symbol" in order.unreadable and (not shown or any(_bare(each) in shown for each in self.symbols))
        return None if may_be else False

    def _has_side(self, order: Order) -> bool | None:
        if self.side is None:
            return True
        return None if order.side is None else order.side is self.side

    def _has_prefix(self, order: Order) -> bool | None:
        if self.client_order_id_prefix is None:
            return True
        if "client_order_id" in order.unreadable:
            return None
        return (order.client_order_id or "").startswith(self.client_order_id_prefix)

    def _is_in_no_excepted_market(self, order: Order) -> bool | None:
        if self.except_symbols is None:
            return True
        return None if "symbol" in order.unreadable else order.symbol not in self.except_symbols

    def _lacks_excepted_prefix(self, order: Order) -> bool | None:
        if self.except_client_order_id_prefix is None:
            return True
        if "client_order_id" in order.unreadable:
            return None
        return not (order.client_order_id or "").startswith(self.except_client_order_id_prefix)

    def _has_age(self, order: Order, now: tuple[datetime, datetime] | None) -> bool | None:
        if self.older_than is None or now is None:
            return True
        if order.created_at is None or order.created_at > max(now) + SLOWEST_CLOCK:
            return None
        verdicts = {time - order.created_at >= self.older_than for time in now}
        return verdicts.pop() if len(verdicts) == 1 else None


@dataclass(frozen=True, slots=True)
class Selectors:
    """
    The selection arguments of operator, hook, notifier and command, unchecked.

    An argument left out does not restrict the selection. None or an empty value is an error.
    """

    symbols: Any = OMITTED
    orders: Any = OMITTED
    side: Any = OMITTED
    older_than: Any = None
    client_order_id_prefix: Any = OMITTED
    except_symbols: Any = OMITTED
    except_client_order_id_prefix: Any = OMITTED

    @classmethod
    def of(cls, holder: object) -> Selectors:
        """Take the arguments from the attributes of an operator or notifier whose templates are rendered."""
        return cls(**{each.name: getattr(holder, each.name) for each in fields(cls)})

    def as_dict(self) -> dict[str, Any]:
        """Return all arguments by name."""
        return {each.name: getattr(self, each.name) for each in fields(self)}

    def given(self) -> dict[str, Any]:
        """Return the arguments that were given, by name."""
        left_out = {"older_than"} if self.older_than is None else set()
        return {
            name: value
            for name, value in self.as_dict().items()
            if name not in left_out and not isinstance(value, Omitted)
        }

    def check(self, exchange: Exchange) -> Selection:
        """Return the checked selection; raise ``InvalidOrderRequest`` if an argument is empty or malformed."""
        given = self.given()
        symbols, excepted = (
            _symbols(exchange, given[name], name) if name in given else None
            for name in ("symbols", "except_symbols")
        )
        if "orders" in given:
            filters = [name for name in given if name not in ("orders", "symbols")]
            if filters:
                raise InvalidOrderRequest(
                    f"orders names every order already; leave {' and '.join(filters)} out", exchange=exchange.name
                )
            return Selection(orders=order_refs(exchange, self.orders, symbols))
        prefix, excepted_prefix = (
            _prefix(exchange, given[name], name) if name in given else None
            for name in ("client_order_id_prefix", "except_client_order_id_prefix")
        )
        if symbols is not None and excepted is not None and symbols <= excepted:
            raise InvalidOrderRequest("except_symbols leaves none of symbols", exchange=exchange.name)
        if prefix is not None and excepted_prefix is not None and prefix.startswith(excepted_prefix):
            raise InvalidOrderRequest(
                "except_client_order_id_prefix leaves no order of client_order_id_prefix", exchange=exchange.name
            )
        return Selection(
            symbols=symbols,
            side=_side(self.side) if "side" in given else None,
            older_than=_age(exchange, self.older_than),
            client_order_id_prefix=prefix,
            except_symbols=excepted,
            except_client_order_id_prefix=excepted_prefix,
        )


def _bare(symbol: str) -> str:
    """Return the letters and digits of a market, which an odd spelling of it has as well."""
    return "".join(filter(str.isalnum, unicodedata.normalize("NFKC", unquote(symbol)).casefold()))


def _listed(symbols: Sequence[str]) -> str:
    shown, rest = symbols[:MARKETS_NAMED], len(symbols) - MARKETS_NAMED
    if rest > 0:
        return f"{', '.join(shown)} or {rest} more"
    return " or ".join(filter(None, (", ".join(shown[:-1]), shown[-1])))


def _symbols(exchange: Exchange, symbols: Any, field: str) -> frozenset[str]:
    listed = [symbols] if isinstance(symbols, str) else symbols
    if not isinstance(listed, Sequence | Set) or isinstance(listed, bytes):
        raise InvalidOrderRequest(
            f"{field} is {kind_of(symbols)}; give a symbol or a list, or leave it out for {LEFT_OUT[field]}",
            exchange=exchange.name,
        )
    if not listed:
        raise InvalidOrderRequest(
            f"{field} is empty; leave it out if you mean {LEFT_OUT[field]}", exchange=exchange.name
        )
    return frozenset(exchange.check_symbol(symbol, field) for symbol in listed)


def order_refs(
    exchange: Exchange, orders: Any, symbols: frozenset[str] | None = None, field: str = "orders"
) -> tuple[OrderRef, ...]:
    """
    Check a list of orders from a user. An order that is named twice counts once.

    :param orders: Dicts with ``order_id`` and ``symbol`` (other keys are ignored), or ids beside one symbol.
    :param symbols: The only markets allowed; None for all.
    :param field: The argument's name, for messages.
    :raises InvalidOrderRequest: when an item does not name an order, or one order is named in two markets.
    """
    if not isinstance(orders, Sequence) or isinstance(orders, str | bytes):
        raise InvalidOrderRequest(f"{field} is {kind_of(orders)}, not a list", exchange=exchange.name)
    if not orders:
        raise InvalidOrderRequest(f"{field} is empty; name at least one order", exchange=exchange.name)
    refs = [_order(exchange, item, symbols, f"{field}[{index}]") for index, item in enumerate(orders)]
    named: dict[OrderKey, OrderRef] = {}
    for ref in refs:
        before = named.setdefault(exchange.key(ref), ref)
        if before.symbol is None:
            named[exchange.key(ref)] = ref
        elif ref.symbol not in (None, before.symbol):
            raise InvalidOrderRequest(
                f"{field} names one order in two markets, {before.symbol} and {ref.symbol}", orders=[ref]
            )
    return tuple(named.values())


def _order(exchange: Exchange, item: Any, symbols: frozenset[str] | None, field: str) -> OrderRef:
    only_symbol = next(iter(symbols)) if symbols is not None and len(symbols) == 1 else None
    if not isinstance(item, dict):
        if only_symbol is None and (exchange.needs_symbol or symbols is not None):
            raise InvalidOrderRequest(
                f"{field} is a bare id; give dicts with order_id and symbol, or exactly one symbol in symbols",
                exchange=exchange.name,
            )
        return exchange.check_ref(exchange.check_order_id(item, field), only_symbol, field=f"{field}.")
    venue = item.get("exchange")
    if venue is not None and venue != exchange.name:
        raise InvalidOrderRequest(
            f"{field} is an order of {ascii(venue)[:40]}, but the connection is to {exchange.name}",
            exchange=exchange.name,
        )
    by_order_id = item.get("order_id") is not None
    ref = exchange.check_ref(
        item.get("order_id"),
        item.get("symbol") if item.get("symbol") is not None else only_symbol,
        None if by_order_id else item.get("client_order_id"),
        field=f"{field}.",
    )
    if symbols is not None and ref.symbol not in symbols:
        problem = "is missing beside several symbols" if ref.symbol is None else "is not among symbols"
        raise InvalidOrderRequest(f"{field}.symbol {problem}", exchange=exchange.name, orders=[ref])
    return ref


def _prefix(exchange: Exchange, prefix: Any, field: str) -> str:
    # A text even where ids are numbers: the number 202611 may have been the prefix 2026_11, which no id has.
    return exchange.check_client_order_id_prefix(required_text(prefix, field), field)


def _side(side: Any) -> Side:
    try:
        return Side(required_text(side, "side").lower())
    except ValueError:
        raise InvalidOrderRequest(f"side {ascii(side)[:40]} is neither 'buy' nor 'sell'") from None


def _age(exchange: Exchange, older_than: Any) -> timedelta | None:
    if older_than is None:
        return None
    if not exchange.tells_age:
        raise InvalidOrderRequest(
            f"older_than cannot be used: {exchange.title} does not tell when an order was created",
            exchange=exchange.name,
        )
    if isinstance(older_than, timedelta):
        age = older_than
    elif isinstance(older_than, int | float) and not isinstance(older_than, bool):
        try:
            age = timedelta(seconds=older_than)
        except (OverflowError, ValueError):
            raise InvalidOrderRequest("older_than is out of range") from None
    else:
        raise InvalidOrderRequest(f"older_than is {kind_of(older_than)}, not a timedelta or seconds")
    if age < timedelta(0):
        raise InvalidOrderRequest("older_than is negative")
    return age
