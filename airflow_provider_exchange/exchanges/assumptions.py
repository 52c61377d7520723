"""What an adapter takes for granted of its venue, told so that a check can hold it against what the venue shows."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from airflow_provider_exchange.exchanges.orders import OrderForm

__all__ = ["Assumptions", "value_at"]


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
    """Return the value at the end of a path of names, joined by dots; None when it leads nowhere."""
    for name in path.split(".") if path else ():
        if not isinstance(body, dict):
            return None
        body = body.get(name)
    return body
