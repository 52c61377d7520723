"""What several profiles have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow_provider_exchange.errors import UnreadableResponseError
from airflow_provider_exchange.exchanges.ccxt.profile import Counted

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

__all__ = [
    "id_in",
    "ids_of",
    "last_of_a_full_page",
    "next_cursor",
    "overlapping_offsets",
    "overlapping_pages",
    "rows_of",
    "second_word",
]


def id_in(value: Any) -> str:
    """Return an id that is a number; raise ``UnreadableResponseError`` for anything else."""
    if type(value) is int and value > 0:
        return str(value)
    if type(value) is str and value.isascii() and value.isdecimal():
        return value
    raise UnreadableResponseError(
        "the response shows an order that has placed another one, whose id cannot be read"
    )


def rows_of(data: Any) -> list[Any]:
    """Return a list of an answer; raise ``UnreadableResponseError`` if it is none."""
    if not isinstance(data, list):
        raise UnreadableResponseError("the response's data is not a list")
    return data


def ids_of(rows: Any, field: str) -> Iterator[Any]:
    """Yield a field of each object in a list."""
    for row in rows_of(rows):
        if isinstance(row, dict) and row.get(field) is not None:
            yield row[field]


def last_of_a_full_page(
    size: int, field: str, parameter: str
) -> Callable[[Any, Sequence[Any]], dict[str, Any] | None]:
    """
    Return what goes on from the last order of a full page.

    :param size: How many orders a full page has.
    :param field: The field with the order's id.
    :param parameter: What that becomes for the next page.
    """

    def more(_data: Any, rows: Sequence[Any]) -> dict[str, Any] | None:
        if not isinstance(rows, list) or len(rows) < size:
            return None
        for row in reversed(rows):
            if isinstance(row, dict) and isinstance(row.get(field), str | int):
                return {parameter: str(row[field])}
        raise UnreadableResponseError("no order of a full page tells where the next page begins")

    return more


def next_cursor(field: str, parameter: str) -> Callable[[Any, Sequence[Any]], dict[str, Any] | None]:
    """
    Return what goes on from the mark that an answer has for its next page.

    :param field: The field of the data with the mark, which is empty on the last page. A page without one may be
        any page.
    :param parameter: What that becomes for the next page.
    """

    def more(data: Any, _rows: Sequence[Any]) -> dict[str, Any] | None:
        mark = data.get(field) if isinstance(data, dict) else None
        if not isinstance(mark, str):
            raise UnreadableResponseError("the response does not say in a text whether another page follows")
        return {parameter: mark} if mark else None

    return more


def overlapping_offsets(size: int) -> Counted:
    """
    Return how a list is read by offset: each page begins with the last order of the one before it.

    :param size: How many orders a page has.
    """
    return Counted(lambda number: {"limit": size, "offset": number * (size - 1)}, lambda _number: size)


def overlapping_pages(size: int) -> Counted:
    """
    Return how a list is read by the number of its page. Pages of one size would not overlap, so each is smaller by
    one than the one before it, until pages of half the size no longer lead on.

    :param size: How many orders a page has at most.
    """

    def page(number: int) -> dict[str, int] | None:
        return {"limit": size - number, "page": number + 1} if 2 * number < size else None

    return Counted(page, lambda number: size - number)


def second_word(field: str, ended: Collection[str], second: str) -> Callable[[Mapping[str, Any]], Any]:
    """
    Return what reads the state of an order whose first word says only that it has ended; see
    :attr:`.OrderForm.state_word`.

    :param field: The field with the first word.
    :param ended: The words that say so.
    :param second: The field that tells how it ended.
    """

    def word(row: Mapping[str, Any]) -> Any:
        first = row.get(field)
        return row.get(second) if isinstance(first, str) and first in ended else first

    return word
