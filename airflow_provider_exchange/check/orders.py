"""Holds the orders that a venue showed against the form in which its adapter expects them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple

from airflow_provider_exchange.check.findings import Finding, Mark
from airflow_provider_exchange.exchanges.assumptions import value_at
from airflow_provider_exchange.exchanges.orders import EARLIEST, NUMBER, UNITS
from airflow_provider_exchange.exchanges.texts import shown_name
from airflow_provider_exchange.models import NAMES, OrderState

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from airflow_provider_exchange.check.witness import Exchanged
    from airflow_provider_exchange.exchanges.assumptions import Assumptions
    from airflow_provider_exchange.exchanges.base import Exchange
    from airflow_provider_exchange.exchanges.orders import OrderForm
    from airflow_provider_exchange.models import Order

__all__ = ["Shown", "field_findings", "plural", "shown_in"]


class Shown(NamedTuple):
    """
    An order as the venue wrote it, and as it was read.

    :param written: The fields; empty for an adapter that does not tell where they are.
    :param order: What was read of them.
    :param time_unit: How the venue's pages say that this answer tells times; None if they do not.
    """

    written: dict[str, Any]
    order: Order
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
        "an id", f"no cancel can name such an order, so a sweep would leave it, and fail naming it"
    ),
    "symbol": _Attribute(
        "a market", f"no cancel can name such an order, so a sweep would leave it, and fail naming it"
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
    # Late, as the reader is needed by adapters that describe their orders only.
    from airflow_provider_exchange.exchanges.orders import OrderReader

    assumes = exchange.assumes
    if assumes.order is None:
        return []
    reader = OrderReader(exchange, assumes.order)
    return [
        Shown(row, reader.parse(row), assumes.time_unit(each.path))
        for each in exchanged
        for row in each.orders(assumes)
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
            "check again; or name with symbol a market in which the account has traded",
        )
        return
    assumes = exchange.assumes
    for attribute, meaning in ATTRIBUTES.items():
        paths = _paths(assumes.order, attribute)
        if assumes.order is not None and not paths:
            continue
        yield _field(exchange, attribute, meaning, paths, shown)


def _paths(form: OrderForm | None, attribute: str) -> tuple[str, ...]:
    """Return the fields that hold an attribute; none where the venue has none."""
    value = None if form is None else getattr(form, attribute)
    return value if isinstance(value, tuple) else () if value is None else (value,)


def _field(
    exchange: Exchange, attribute: str, meaning: _Attribute, paths: tuple[str, ...], shown: Sequence[Shown]
) -> Finding:
    check = f"orders: {meaning.words.partition(' ')[2]}"
    assumed = _assumed(exchange.assumes, attribute, paths)
    values = [_first(each.written, paths) for each in shown]
    told = [value for value in values if value is not None]
    odd = [
        (value, each.order)
        for value, each in zip(values, shown, strict=True)
        if attribute in each.order.unreadable
        or (attribute in AMOUNTS and value is not None and getattr(each.order, attribute) is None)
    ]
    sentences = []
    mark = Mark.OK
    if odd:
        is_wrong = attribute in NAMES and any(not order.state.is_terminal for _, order in odd)
        mark = Mark.WRONG if is_wrong else Mark.UNSURE
        sentences.append(
            f"{plural(len(odd), 'order')} {_have(odd)} {meaning.words} that cannot be read"
            f"{_example(exchange, [value for value, _ in odd])}: {meaning.unreadable}"
        )
    missing = len(shown) - len(told) if paths and attribute not in ("order_id", "symbol", "state") else 0
    if missing and meaning.missing is not None:
        mark = max(mark, Mark.UNSURE, key=list(Mark).index)
        sentences.append(f"{plural(missing, 'order')} of {len(shown)} without {meaning.words}: {meaning.missing}")
    if attribute == "state" and (words := _unknown_words(shown)):
        mark = max(mark, Mark.UNSURE, key=list(Mark).index)
        sentences.append(f"states that are not known here: {words}: {UNENDED}")
    if attribute == "created_at":
        beyond = [
            value
            for value, each in zip(values, shown, strict=True)
            if value is not None and each.order.created_at is None and attribute not in each.order.unreadable
        ]
        if beyond:
            mark = max(mark, Mark.UNSURE, key=list(Mark).index)
            sentences.append(
                f"{plural(len(beyond), 'time')} before 2015 or after tomorrow"
                f"{_example(exchange, beyond)}, which mean no creation: {meaning.unreadable}"
            )
        other = {
            (unit, each.time_unit)
            for value, each in zip(values, shown, strict=True)
            if each.order.created_at is not None and (unit := _unit(value)) != each.time_unit is not None
        }
        if other:
            mark = max(mark, Mark.UNSURE, key=list(Mark).index)
            unit, documented = sorted(other)[0]
            sentences.append(
                f"times are told in {unit}, where the venue's pages say {documented}; they are read all the same, as "
                "times in different units are never alike"
            )
    return Finding(check, mark, assumed, "; ".join(sentences) or _plain(exchange, attribute, told, shown))


def _assumed(assumes: Assumptions, attribute: str, paths: tuple[str, ...]) -> str:
    where = " or ".join(paths)
    if attribute == "state":
        count = 0 if assumes.order is None else len(assumes.order.states)
        return f"{where}: one of {count} words" if where else "a known state"
    if attribute == "created_at":
        units = " or ".join(sorted(set(assumes.time_units.values())))
        return f"{where}: a time, in {units}" if units else where or "a time"
    if attribute in AMOUNTS:
        return f"{where}: an amount" if where else "an amount"
    return where or "as the adapter reads it"


def _plain(exchange: Exchange, attribute: str, told: Sequence[Any], shown: Sequence[Shown]) -> str:
    """Return what was shown of an attribute with which nothing is the matter."""
    if attribute == "state":
        words = Counter(f"{each.order.venue_state} ({each.order.state})" for each in shown)
        listed = ", ".join(sorted(words)[:STATES_SHOWN])
        return f"{listed}, in {plural(len(shown), 'order')}"
    if exchange.assumes.order is None:
        return f"read in {plural(len(shown), 'order')}"
    kinds = " or ".join(sorted({_kind(value) for value in told})) or "not told"
    return f"{kinds}, in {len(told)} of {plural(len(shown), 'order')}"


def _unknown_words(shown: Iterable[Shown]) -> str:
    words = {
        each.order.venue_state
        for each in shown
        if each.order.state is OrderState.UNKNOWN and "state" not in each.order.unreadable
    }
    return ", ".join(sorted(words)[:STATES_SHOWN])


def _first(written: dict[str, Any], paths: tuple[str, ...]) -> Any:
    """Return the first value that is told; an empty text tells nothing."""
    for path in paths:
        value = value_at(written, path)
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


def _example(exchange: Exchange, values: Iterable[Any]) -> str:
    """Return one of some values in brackets, without secrets."""
    named = [shown_name(value, exchange.secrets, "nothing")[:EXAMPLE_SHOWN] for value in values]
    return f" ({named[0].strip('()')})" if named else ""


def _have(counted: Sequence[Any]) -> str:
    return "has" if len(counted) == 1 else "have"


def plural(number: int, noun: str) -> str:
    """Return a number with its noun."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
