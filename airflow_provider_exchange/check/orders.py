"""Holds the orders that a venue showed against the form in which its adapter expects them."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple

from airflow_provider_exchange.check.findings import Finding, Mark, worst
from airflow_provider_exchange.exchanges.assumptions import value_at
from airflow_provider_exchange.exchanges.orders import EARLIEST, NUMBER, UNITS
from airflow_provider_exchange.exchanges.texts import shown_name
from airflow_provider_exchange.models.orders import NAMES, OrderState

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from airflow_provider_exchange.check.witness import Exchanged
    from airflow_provider_exchange.exchanges.base import Exchange
    from airflow_provider_exchange.exchanges.orders import OrderForm
    from airflow_provider_exchange.models.orders import Order

__all__ = ["Shown", "field_findings", "plural", "shown_in"]


class Shown(NamedTuple):
    """
    An order as the venue wrote it, and as it was read.

    :param written: The fields; empty for an adapter that does not tell where they are.
    :param order: What was read of them.
    :param form: By which it was read; None for such an adapter.
    :param time_unit: How the venue's pages say that this answer tells times; None if they do not.
    """

    written: dict[str, Any]
    order: Order
    form: OrderForm | None = None
    time_unit: str | None = None


@dataclass(frozen=True, slots=True)
class _Attribute:
    """
    What hangs on one attribute of an order.

    :param words: What it is called in messages.
    :param unreadable: What a sweep does about orders of which it cannot be read.
    :param missing: What a sweep does about orders that do not tell it; None if they need not.
    """

    words: str
    unreadable: str
    missing: str | None = None


LEFT = "would leave such an order, and fail naming it"
UNENDED = "such an order is taken for live, so a sweep would cancel it, and fail unless it sees it end"
DECIDES_NOTHING = "a result shows none then; nothing is decided by it"
ATTRIBUTES = {
    "order_id": _Attribute(
        "an id", "no cancel can name such an order, so a sweep would leave it, and fail naming it"
    ),
    "symbol": _Attribute(
        "a market", "no cancel can name such an order, so a sweep would leave it, and fail naming it"
    ),
    "state": _Attribute("a state", UNENDED),
    "side": _Attribute("a side", f"a sweep of one side {LEFT}", f"a sweep of one side {LEFT}"),
    "client_order_id": _Attribute("a client order id", f"a sweep by client_order_id_prefix {LEFT}"),
    "created_at": _Attribute(
        "a creation time", f"a sweep with older_than {LEFT}", f"a sweep with older_than {LEFT}"
    ),
    "price": _Attribute("a price", DECIDES_NOTHING, DECIDES_NOTHING),
    "quantity": _Attribute("a quantity", DECIDES_NOTHING, DECIDES_NOTHING),
    "filled_quantity": _Attribute("a filled quantity", DECIDES_NOTHING, DECIDES_NOTHING),
}
AMOUNTS = frozenset({"price", "quantity", "filled_quantity"})
UNIT_NAMES = {1: "seconds", 1000: "milliseconds", 1_000_000: "microseconds", 1_000_000_000: "nanoseconds"}
STATES_SHOWN = 12
EXAMPLE_SHOWN = 40


def shown_in(exchange: Exchange, exchanged: Iterable[Exchanged]) -> list[Shown]:
    """Return the orders in some answers, each as it was written and as the adapter reads it."""
    return [
        Shown(row, reader.parse(row), reader.form, exchange.assumes.time_unit(each.path))
        for each in exchanged
        for row, reader in each.orders(exchange)
    ]


def field_findings(exchange: Exchange, shown: Sequence[Shown]) -> Iterator[Finding]:
    """
    Yield a finding for each attribute of an order.

    :param shown: Every order that was seen, live or ended.
    """
    if not shown:
        yield Finding(
            "fields of an order",
            Mark.UNSURE,
            "orders are written as the venue's pages say",
            "no order was shown, so none could be looked at. Place a small one far from the market's price, and "
            "check again; or name with --symbol a market in which the account has traded",
        )
        return
    for name, attribute in ATTRIBUTES.items():
        forms = exchange.assumes.forms
        fields = tuple(dict.fromkeys(field for form in forms for field in _fields(form, name)))
        if fields or not forms:
            yield _Told(exchange, name, attribute, fields, shown).finding()


def _fields(form: OrderForm | None, attribute: str) -> tuple[str, ...]:
    """Return the fields that hold an attribute; none where the venue has none."""
    value = None if form is None else getattr(form, attribute)
    if form is not None and attribute == "filled_quantity" and value is None:
        value = form.left
    return value if isinstance(value, tuple) else () if value is None else (value,)


class _Told:
    """
    What the orders tell of one attribute.

    :param name: The attribute's.
    :param fields: The fields that may hold it.
    :param shown: At least one order.
    """

    def __init__(
        self, exchange: Exchange, name: str, attribute: _Attribute, fields: tuple[str, ...], shown: Sequence[Shown]
    ) -> None:
        self._exchange = exchange
        self._assumes = exchange.assumes
        self._name = name
        self._attribute = attribute
        self._fields = fields
        self._told = [(_first(each.written, _fields(each.form, name)), each) for each in shown]

    def finding(self) -> Finding:
        """Return the worst of what is the matter, and all of it in words."""
        check = f"orders: {self._attribute.words.partition(' ')[2]}"
        problems = [*self._unreadable(), *self._missing(), *self._unknown_states(), *self._odd_times()]
        sentences = "; ".join(sentence for _, sentence in problems)
        mark = worst(*(mark for mark, _ in problems))
        return Finding(check, mark, self._assumed(), sentences or self._as_assumed())

    def _unreadable(self) -> Iterator[tuple[Mark, str]]:
        odd = [
            (value, each)
            for value, each in self._told
            if self._name in each.order.unreadable
            or (self._name in AMOUNTS and value is not None and getattr(each.order, self._name) is None)
        ]
        if odd:
            is_live = any(not each.order.state.is_terminal for _, each in odd)
            have = "has" if len(odd) == 1 else "have"
            sentence = (
                f"{plural(len(odd), 'order')} {have} {self._attribute.words} that cannot be read"
                f"{self._such_as(odd[0][0])}: {self._attribute.unreadable}"
            )
            yield Mark.WRONG if is_live and self._name in NAMES else Mark.UNSURE, sentence

    def _missing(self) -> Iterator[tuple[Mark, str]]:
        missing = sum(value is None for value, _ in self._told) if self._fields else 0
        if missing and self._attribute.missing is not None:
            without = f"{missing} of {plural(len(self._told), 'order')} without {self._attribute.words}"
            yield Mark.UNSURE, f"{without}: {self._attribute.missing}"

    def _unknown_states(self) -> Iterator[tuple[Mark, str]]:
        words = {
            each.order.venue_state
            for _, each in self._told
            if each.order.state is OrderState.UNKNOWN and "state" not in each.order.unreadable
        }
        if words and self._name == "state":
            listed = ", ".join(sorted(words)[:STATES_SHOWN])
            yield Mark.UNSURE, f"states that are not known here: {listed}: {UNENDED}"

    def _odd_times(self) -> Iterator[tuple[Mark, str]]:
        if self._name != "created_at":
            return
        readable = [
            (value, each)
            for value, each in self._told
            if value is not None and self._name not in each.order.unreadable
        ]
        beyond = [value for value, each in readable if each.order.created_at is None]
        if beyond:
            times = f"{plural(len(beyond), 'time')} before 2015 or after tomorrow{self._such_as(beyond[0])}"
            yield Mark.UNSURE, f"{times}, at which no order was created: {self._attribute.unreadable}"
        units = {
            (unit, each.time_unit)
            for value, each in readable
            if each.order.created_at is not None and (unit := _unit(value)) != each.time_unit is not None
        }
        for unit, documented in sorted(units):
            differing = f"times are told in {unit}, where the venue's pages say {documented}"
            yield Mark.UNSURE, f"{differing}; they are read all the same, as times in two units are never alike"

    def _assumed(self) -> str:
        where = " or ".join(self._fields) or "as the adapter reads it"
        if self._name == "state" and self._assumes.forms:
            words = {word for form in self._assumes.forms for word in form.states}
            return f"{where}: one of {len(words)} words"
        if self._name == "created_at" and self._assumes.time_units:
            return f"{where}: a time, in {' or '.join(sorted(set(self._assumes.time_units.values())))}"
        return f"{where}: an amount" if self._name in AMOUNTS else where

    def _as_assumed(self) -> str:
        """Return what was shown, if nothing is the matter with it."""
        orders = plural(len(self._told), "order")
        if self._name == "state":
            words = {f"{each.order.venue_state} ({each.order.state})" for _, each in self._told}
            return f"{', '.join(sorted(words)[:STATES_SHOWN])}, in {orders}"
        if not self._fields:
            return f"read in {orders}"
        values = [value for value, _ in self._told if value is not None]
        kinds = " or ".join(sorted({_kind(value) for value in values}))
        return f"{kinds}, in {len(values)} of {orders}" if values else f"not told, in {orders}"

    def _such_as(self, value: Any) -> str:
        """Return what was shown in brackets, without secrets."""
        shown = shown_name(value, self._exchange.secrets, "nothing")[:EXAMPLE_SHOWN].strip("()")
        return f" ({shown})"


def _first(written: dict[str, Any], fields: tuple[str, ...]) -> Any:
    """Return the first value that is told; an empty text tells nothing."""
    for field in fields:
        value = value_at(written, field)
        if value is not None and value != "":
            return value
    return None


def _unit(value: Any) -> str | None:
    """Return the unit in which a time is told; None for what is no time."""
    if isinstance(value, str) and not NUMBER.fullmatch(value):
        return "text"
    if isinstance(value, bool) or not isinstance(value, int | Decimal | str):
        return None
    number = Decimal(value)
    ahead = next((unit for unit in sorted(UNITS, reverse=True) if number >= Decimal(EARLIEST) * unit), None)
    return None if ahead is None else UNIT_NAMES[ahead]


def _kind(value: Any) -> str:
    match value:
        case bool():
            return "true or false"
        case str():
            return "text"
        case int():
            return "whole number"
        case Decimal():
            return "number"
        case list():
            return "list"
    return "object"


def plural(number: int, noun: str) -> str:
    """Return a number with its noun."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
