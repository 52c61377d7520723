"""What templates and XComs come to, in a form that Airflow can store. Needs nothing of this package."""

from __future__ import annotations

from math import isfinite
from numbers import Number
from typing import Any

from jinja2 import Undefined

SMALLEST, LARGEST = -(2**63), 2**64 - 1
"""The whole numbers that Airflow can send from a task to its supervisor."""


class NotStorable(ValueError):  # noqa: N818
    """Airflow cannot store a value, which names no order either."""


class LargeNumber(Number):
    """
    A whole number that Airflow cannot send, as native rendering makes one of an order hash.

    Airflow stores its text instead. It stays a number: where a name is a text, a number is no name.
    """

    def __init__(self, value: int) -> None:
        self._value = value

    def __index__(self) -> int:
        return self._value

    def __repr__(self) -> str:
        return f"{self._value:#x}"  # writing it in decimal digits takes long, and Python refuses to for large ones

    def __eq__(self, other: object) -> bool:
        return isinstance(other, LargeNumber) and other._value == self._value

    def __hash__(self) -> int:
        return hash(self._value)


def path_text(value: Any) -> Any:
    """Return a path as text, as Airflow stores no paths; anything else, such as an ``XComArg``, as it is."""
    return str(value) if hasattr(value, "parts") else value


def storable(value: Any) -> Any:
    """
    Return a value as Airflow can store it, with every large number in it as a :class:`LargeNumber`.

    :raises NotStorable: when it holds something that Airflow cannot store, and that names no order either.
    """
    if isinstance(value, bool):
        return value
    if isinstance(value, int):
        return value if SMALLEST <= value <= LARGEST else LargeNumber(value)
    if isinstance(value, Undefined):  # what native rendering leaves of a name that means nothing
        raise NotStorable("comes from a template that names what is not there")
    if isinstance(value, float) and not isfinite(value):
        raise NotStorable(f"holds {value}, which is no number to work with")
    if isinstance(value, str) and not value.isascii() and any("\ud800" <= each <= "\udfff" for each in value):
        raise NotStorable("holds a half of a character, which cannot be stored")
    if type(value) is dict:
        return {storable(key): storable(member) for key, member in value.items()}
    if type(value) in (list, tuple, set):
        return type(value)(storable(member) for member in value)
    return value
