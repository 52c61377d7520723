"""Reads fields of a JSON response. A missing field or one of another type raises ``UnreadableResponseError``."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

from airflow_provider_exchange.errors import UnreadableResponseError

if TYPE_CHECKING:
    from collections.abc import Callable

LARGEST_EXPONENT = 60
AMOUNT_TYPES = frozenset({int, str, Decimal})


GOOD: dict[str, Callable[[Any], bool]] = {
    "error": lambda value: not value,
    "errors": lambda value: not value,
    "statusCode": lambda value: value is None or re.fullmatch(r"2[0-9]{2}", str(value), re.ASCII) is not None,
    "success": lambda value: str(value).lower() not in ("false", "0"),
}
"""Fields by which bodies tell of a failure, whatever the venue documents, and what they hold in a success."""


def decode_json(body: bytes) -> Any:
    """
    Decode a JSON body; numbers with a decimal point become ``Decimal``.

    An object with a repeated key is refused: decoders disagree on which of the values counts.
    """
    if not body.strip():
        raise UnreadableResponseError("the response is empty")
    try:
        return json.loads(
            body, parse_float=Decimal, parse_constant=_refuse_constant, object_pairs_hook=_without_repetition
        )
    except (ValueError, RecursionError, InvalidOperation):
        raise UnreadableResponseError("the response is not JSON") from None


def _without_repetition(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    decoded = dict(pairs)
    if len(decoded) != len(pairs):
        raise ValueError
    return decoded


def _refuse_constant(_name: str) -> Any:
    raise ValueError


def sign_of_failure(part: Any) -> str | None:
    """
    Return the name of a field in a successful body that tells of a failure after all, or None.

    An empty list beside an error does not mean that nothing is there.
    """
    if not isinstance(part, dict):
        return None
    return next((name for name, is_good in GOOD.items() if name in part and not is_good(part[name])), None)


class Record:
    """
    A JSON object with typed fields.

    :param name: Its place in the response, for messages.
    """

    def __init__(self, value: Any, name: str) -> None:
        if not isinstance(value, dict):
            raise UnreadableResponseError(f"the response's {name} is not an object")
        self._value = value
        self._name = name

    def __contains__(self, field: str) -> bool:
        return self._value.get(field) is not None

    def is_null(self, field: str) -> bool:
        """Whether a field is present and null."""
        return field in self._value and self._value[field] is None

    def get(self, field: str) -> Any:
        """Return a field's value as it is, or None."""
        return self._value.get(field)

    def record(self, field: str) -> Record:
        """Return a nested object."""
        return Record(self._value.get(field), f"{self._name}.{field}")

    def text(self, field: str) -> str:
        """Return a text, or the digits of an integer."""
        value = self._value.get(field)
        if isinstance(value, str):
            return value
        if isinstance(value, int) and not isinstance(value, bool):
            try:
                return str(value)
            except ValueError:
                raise self._unreadable(field, "a number too long to be one") from None
        raise self._unreadable(field, "not a text")

    def integer(self, field: str) -> int:
        """Return an integer."""
        value = self._value.get(field)
        if not isinstance(value, int) or isinstance(value, bool):
            raise self._unreadable(field, "not an integer")
        return value

    def amount(self, field: str) -> Decimal | None:
        """Return a non-negative amount; None when the field is absent, null or empty."""
        value = self._value.get(field)
        if value is None or value == "":
            return None
        if type(value) not in AMOUNT_TYPES:
            raise self._unreadable(field, "not an amount")
        try:
            amount = Decimal(value)
        except (InvalidOperation, ValueError):
            raise self._unreadable(field, "not an amount") from None
        if not amount.is_finite() or amount < 0 or abs(amount.adjusted()) > LARGEST_EXPONENT:
            raise self._unreadable(field, "not an amount")
        return amount

    def milliseconds(self, field: str) -> datetime | None:
        """Return a time given in ms since 1970; None when the field is absent or null."""
        return self._since_epoch(field, 1000)

    def seconds(self, field: str) -> datetime | None:
        """Return a time given in seconds since 1970; None when the field is absent or null."""
        return self._since_epoch(field, 1)

    def iso_time(self, field: str) -> datetime | None:
        """Return an ISO 8601 time in UTC, which is meant without an offset, too; None when there is none."""
        if field not in self:
            return None
        try:
            time = datetime.fromisoformat(self.text(field))
            if time.tzinfo is UTC:
                return time
            return (time if time.tzinfo else time.replace(tzinfo=UTC)).astimezone(UTC)
        except (ValueError, OverflowError):
            raise self._unreadable(field, "not a time") from None

    def _since_epoch(self, field: str, units: int) -> datetime | None:
        if field not in self:
            return None
        try:
            return datetime.fromtimestamp(self.integer(field) / units, UTC)
        except (OverflowError, ValueError, OSError):
            raise self._unreadable(field, "not a time") from None

    def _unreadable(self, field: str, problem: str) -> UnreadableResponseError:
        return UnreadableResponseError(f"the response's {self._name}.{field} is {problem}")


def records(value: Any, name: str) -> list[Record]:
    """Return the objects of a JSON array; ``name`` is its place in the response, for messages."""
    if not isinstance(value, list):
        raise UnreadableResponseError(f"the response's {name} is not a list")
    return [Record(item, f"{name}[{index}]") for index, item in enumerate(value)]
