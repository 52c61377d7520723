"""Reads fields of a JSON response. A missing field or one of another type raises ``UnreadableResponseError``."""

from __future__ import annotations

import json
import re
from collections import Counter
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

from airflow_provider_exchange.errors import UnreadableResponseError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection


def _is_nothing(value: Any) -> bool:
    return not value or value == "0"


def _is_yes(value: Any) -> bool:
    return value is None or str(value).lower() in ("true", "1", "yes", "ok", "success")


def _is_no_failure(value: Any) -> bool:
    # "failed" and "rejected" are states of orders, which a body may show beside its other fields.
    return (
        not isinstance(value, str) or re.fullmatch(r"(.*_)?(err|error|fail|failure)", value, re.IGNORECASE) is None
    )


def _is_good_code(value: Any) -> bool:
    return (
        value is None or re.fullmatch(r"0+|2[0-9]{2}|ok|success", str(value), re.ASCII | re.IGNORECASE) is not None
    )


GOOD: dict[str, Callable[[Any], bool]] = {
    **dict.fromkeys(
        ("error", "errors", "err", "errorcode", "errcode", "errormessage", "errormsg", "errmsg"), _is_nothing
    ),
    **dict.fromkeys(("success", "issuccess", "ok"), _is_yes),
    **dict.fromkeys(("status", "result"), _is_no_failure),
    **dict.fromkeys(("statuscode", "code"), _is_good_code),
    **dict.fromkeys(("partial", "truncated", "hasmore"), _is_nothing),
}
"""
Fields by which bodies tell of a failure, or that they are only a part, whatever the venue documents; and what they
hold in a success. Their names are in lower case and without underscores.
"""


def decode_json(body: bytes) -> Any:
    """
    Decode a JSON body; numbers with a decimal point become ``Decimal``.

    What is odd about one value does not make the others unreadable: a number beyond all bounds, and JavaScript's
    ``NaN`` and ``Infinity``, become a ``Decimal`` that is not finite; bytes that are no UTF-8 become U+FFFD.
    An object that repeats a key becomes a :class:`Contradiction`.
    """
    if not body.strip():
        raise UnreadableResponseError("the response is empty")
    try:
        return json.loads(body, parse_float=Decimal, parse_constant=Decimal, object_pairs_hook=_object)
    except (ValueError, RecursionError, InvalidOperation):
        pass
    try:
        text = body.decode(errors="replace")
        return json.loads(
            text, parse_float=_number, parse_int=_number, parse_constant=Decimal, object_pairs_hook=_object
        )
    except (ValueError, RecursionError):
        raise UnreadableResponseError("the response is not JSON") from None


class Contradiction(dict[str, Any]):
    """
    A JSON object that repeats a key. Decoders disagree on which of the values counts, so it says nothing for sure.

    It is no plain ``dict``: whoever reads fields asks for one by ``type(value) is dict``. The values of the
    repeated keys are ``...``, which no reader takes for a value.
    """


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    decoded = dict(pairs)
    if len(decoded) == len(pairs):
        return decoded
    counts = Counter(name for name, _ in pairs)
    return Contradiction({name: value if counts[name] == 1 else ... for name, value in pairs})


def _number(text: str) -> int | Decimal:
    try:
        return int(text) if text.lstrip("-").isdecimal() else Decimal(text)
    except (ValueError, InvalidOperation):
        return Decimal("NaN")


def sign_of_failure(part: Any, understood: Collection[str] = ()) -> str | None:
    """
    Return the name of a field in a successful body that tells of a failure after all, or None.

    An empty list beside an error does not mean that nothing is there.

    :param understood: Fields that the venue documents and that were read already, whatever they usually mean.
    """
    if isinstance(part, Contradiction):
        return "repeated key"
    if not isinstance(part, dict):
        return None
    for name, value in part.items():
        is_good = None if name in understood else GOOD.get(name.replace("_", "").lower())
        if is_good is not None and not is_good(value):
            return str(name)
    return None


def text_of(value: Any) -> str:
    """
    Return a JSON value that is a text, or the digits of one that is an integer.

    :raises ValueError: for anything else, and for a number of thousands of digits.
    """
    if type(value) is str:
        return value
    if type(value) is int:
        return str(value)
    raise ValueError


class Record:
    """
    A JSON object with typed fields.

    :param name: Its place in the response, for messages.
    """

    def __init__(self, value: Any, name: str) -> None:
        if type(value) is not dict:
            raise UnreadableResponseError(f"the response's {name} is not an object, or repeats a key")
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
        try:
            return text_of(self._value.get(field))
        except ValueError:
            raise self._unreadable(field, "neither a text nor a whole number") from None

    def integer(self, field: str) -> int:
        """Return an integer."""
        value = self._value.get(field)
        if not isinstance(value, int) or isinstance(value, bool):
            raise self._unreadable(field, "not an integer")
        return value

    def _unreadable(self, field: str, problem: str) -> UnreadableResponseError:
        return UnreadableResponseError(f"the response's {self._name}.{field} is {problem}")


def records(value: Any, name: str) -> list[Record]:
    """Return the objects of a JSON array; ``name`` is its place in the response, for messages."""
    if not isinstance(value, list):
        raise UnreadableResponseError(f"the response's {name} is not a list")
    return [Record(item, f"{name}[{index}]") for index, item in enumerate(value)]
