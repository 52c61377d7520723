"""What an adapter tells of the fields of answers, by their names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow_provider_exchange.exchanges.fields import GOOD

if TYPE_CHECKING:
    from collections.abc import Iterable

    from airflow_provider_exchange.exchanges.base import Exchange

__all__ = ["FieldNames", "tells_of_failure"]


class FieldNames:
    """What the adapter tells of the fields of answers, by their names."""

    def __init__(self, exchange: Exchange) -> None:
        assumes = exchange.assumes
        forms = assumes.forms
        told_left = next((form.left for form in forms if form.left), None)
        remaining = assumes.remaining or told_left
        self.remaining = None if remaining is None else _last(remaining)
        self.markets = {_last(form.symbol) for form in forms} | assumes.markets
        self.ids = set(
            map(_last, _told(field for form in forms for field in (form.order_id, form.client_order_id)))
        )
        self.state_words = {word for form in forms for word in form.states}
        self.starts = _told(form.client_ids_start for form in forms)
        self.times = {field for form in forms for field in (*form.created_at, *form.changed_at)}
        self.states = {form.state for form in forms}
        signed = {
            field for form in forms if form.sign_tells_side for field in (form.side, form.quantity, form.left)
        }
        self.signed = frozenset(map(_last, filter(None, signed)))
        sides = {_last(form.side) for form in forms if not form.sign_tells_side}
        self._words = assumes.words | self.states | sides
        quantities = _told(field for form in forms for field in (form.quantity, form.filled_quantity))
        prices = {form.price for form in forms}
        self.quantities = set(map(_last, quantities))
        self.amounts = self.quantities | set(map(_last, prices)) | _told([self.remaining]) | self.signed
        paths = {*assumes.words, *assumes.fields, *_told((assumes.total, remaining))}
        paths |= {place for places in assumes.orders.values() for place in places}
        paths |= self.markets | self.ids | self.times | self._words | quantities | prices
        paths |= {form.symbol for form in forms} | {form.side for form in forms}
        paths |= _told(form.client_order_id for form in forms)
        paths |= _told(field for form in forms for field in (form.kind, form.stop_price))
        self.names = frozenset(name for path in paths for name in path.split(".") if name)

    def has_words(self, name: str) -> bool:
        """Whether a field holds words of the API, or tells by a number whether a request went well."""
        return name in self._words or tells_of_failure(name)


def tells_of_failure(name: str) -> bool:
    """Whether a field of that name tells how a request went, whatever the venue."""
    return name.replace("_", "").lower() in GOOD


def _told(fields: Iterable[str | None]) -> set[str]:
    """Return the fields that there are."""
    return {field for field in fields if field}


def _last(path: str) -> str:
    """Return the name of the field that a path leads to."""
    return path.rpartition(".")[2]
