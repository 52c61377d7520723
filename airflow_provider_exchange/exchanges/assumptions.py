"""What an adapter takes for granted of its venue, told so that a check can hold it against what the venue shows."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from airflow_provider_exchange.exchanges.orders import OrderForm

__all__ = ["ANY_NAME", "Assumptions", "groups_at", "only_value", "value_at"]

ANY_NAME = "*"
"""Stands in a path for the only field of an object."""
EACH = "[]"
"""Stands in a path for each member of a list."""


@dataclass(frozen=True, slots=True)
class Assumptions:
    """
    The form of a venue's answers. Whatever is left out is not checked; what was read of the orders always is.

    :param order: How the venue writes an order; None for an adapter that does not read orders by such a form.
    :param other_orders: How it writes those that it keeps apart from the others, where that is another way.
    :param orders: Where an answer has its orders, or its one order, by a part of the request's path: names of
        fields, joined by dots. The first that leads anywhere counts; an empty name is the body itself.
    :param total: Where an answer says how many orders the whole list has.
    :param time_units: How the venue's pages say that a creation time is told, ``"text"``, ``"seconds"`` or
        ``"milliseconds"``, by how the path of the request ends. The longest end counts; an empty one fits all.
    :param words: Further fields whose values are words of the API, numbers of errors or names of currencies. A
        transcript shows those that it knows, and replaces what else stands there.
    :param remaining: Where an order has that part of its quantity that is not filled.
    :param markets: Further fields that hold names of markets, as the venue spells them.
    :param fields: Further names of fields that the adapter reads and that are no plain English words. A
        transcript replaces names that it does not know, as an answer may have names of people there.
    """

    order: OrderForm | None = None
    other_orders: tuple[OrderForm, ...] = ()
    orders: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    total: str | None = None
    time_units: Mapping[str, str] = field(default_factory=dict)
    words: frozenset[str] = frozenset()
    remaining: str | None = None
    markets: frozenset[str] = frozenset()
    fields: frozenset[str] = frozenset()

    @property
    def forms(self) -> tuple[OrderForm, ...]:
        """Every way in which the venue writes an order."""
        return () if self.order is None else (self.order, *self.other_orders)

    def time_unit(self, path: str) -> str | None:
        """Return how an answer is to tell creation times; None if that is not known."""
        fitting = [end for end in self.time_units if path.endswith(end)]
        return self.time_units[max(fitting, key=len)] if fitting else None

    def orders_in(self, path: str, body: Any) -> Iterator[dict[str, Any]]:
        """
        Yield what an answer shows as orders; an answer about something else has none.

        :param path: Of the request.
        :param body: The decoded answer.
        """
        if self.order is None:
            return
        for place in next((places for part, places in self.orders.items() if part in path), ()):
            found = value_at(body, place)
            if isinstance(found, list) and found:
                yield from (row if isinstance(row, dict) else {} for row in found)
                return
            if isinstance(found, dict) and {self.order.order_id, self.order.state} <= found.keys():
                yield found
                return


def value_at(body: Any, path: str) -> Any:
    """
    Return the value at the end of a path of names, joined by dots; None when it leads nowhere.

    A path with :data:`EACH` leads to one list with all that :func:`groups_at` has.
    """
    if EACH in path:
        groups = groups_at(body, path)
        return None if groups is None else [row for group in groups for row in group]
    for name in path.split(".") if path else ():
        if not isinstance(body, dict):
            return None
        body = only_value(body) if name == ANY_NAME else body.get(name)
    return body


def groups_at(body: Any, path: str) -> list[list[Any]] | None:
    """
    Return the lists at the end of a path: several where :data:`EACH` is in it, else one.

    :return: None when the path leads to something else, be it in one member only.
    """
    before, each, after = path.partition(EACH)
    found = value_at(body, before.removesuffix("."))
    if not isinstance(found, list):
        return None
    groups = [value_at(member, after.removeprefix(".")) for member in found] if each else [found]
    return groups if all(isinstance(group, list) for group in groups) else None


def only_value(fields: Mapping[str, Any]) -> Any:
    """Return the value of the only field of an object; None where it has several, or none."""
    return next(iter(fields.values())) if len(fields) == 1 else None
