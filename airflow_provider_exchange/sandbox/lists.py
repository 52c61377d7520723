"""What a list of orders shows, and how the faults of lists change it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from airflow_provider_exchange.sandbox.book import PaperOrder
    from airflow_provider_exchange.sandbox.faults import Behaviour

Row = dict[str, Any]
"""An order in the venue's JSON format."""

Path = tuple[str, ...]
"""
Where a field is in a row: the names of the objects around it, and its own. :data:`ANY_NAME` stands for the name of
the only field of an object.
"""

ANY_NAME = "*"


class Listing:
    """
    One list of orders in one answer.

    :param behaviour: the fault rules that fire on the request.
    :param places: where a row of this list has the fields of :data:`.ODD_VALUES` that the venue shows.
    :param stranger: makes the order that an ``odd_order`` adds; ``None`` for a list in which live orders have no
        place.
    """

    def __init__(
        self,
        behaviour: Behaviour,
        places: Mapping[str, Path],
        stranger: Callable[[], PaperOrder] | None = None,
    ) -> None:
        self._behaviour = behaviour
        self._places = places
        self._odd = behaviour.every("odd_order")
        adds = stranger is not None and not all(rule.real for rule in self._odd)
        self._stranger = stranger() if stranger is not None and adds else None

    @property
    def is_null(self) -> bool:
        """Whether the venue shall say in its shortest form that there are no orders."""
        return self._behaviour.first("null") is not None

    @property
    def is_empty(self) -> bool:
        """Whether the venue shall show a list without orders."""
        return self._behaviour.first("phantom_empty") is not None

    def orders(self, found: Sequence[PaperOrder]) -> list[PaperOrder]:
        """Return the orders of the whole list, all its pages: those found, and the one that a rule adds."""
        if self.is_null or self.is_empty:
            return []
        return [*found, *([] if self._stranger is None else [self._stranger])]

    def rows(self, orders: Iterable[PaperOrder], shape: Callable[[PaperOrder], Row]) -> list[Row]:
        """
        Return orders as the list shows them.

        :param orders: those of one page.
        :param shape: returns an order in the venue's format.
        """
        rows = []
        for place, order in enumerate(orders):
            row = shape(order)
            if self._behaviour.first("seconds") is not None:
                row = self._in_seconds(row)
            for rule in self._odd:
                if rule.real:
                    odd = rule.concerns(order.order_id, order.symbol) and (rule.names_orders or place == 0)
                else:
                    odd = order is self._stranger
                if odd and rule.field in self._places:
                    row = _changed(row, self._places[rule.field], rule.odd_value)
            rows.append(row)
        return rows

    def _in_seconds(self, row: Row) -> Row:
        path = self._places.get("created_at", ())
        created: Any = row
        for name in path:
            created = created.get(name)
        if isinstance(created, str) and created.isdecimal():
            return _changed(row, path, str(int(created) // 1000))
        return _changed(row, path, created // 1000) if isinstance(created, int) else row


def _changed(row: Row, path: Path, value: Any) -> Row:
    name, *inner = path
    if name == ANY_NAME:
        (name,) = row
    return {**row, name: _changed(row[name], tuple(inner), value) if inner else value}
