"""Checks of what a user names. A value that rendered to nothing is an error, never "everything"."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from airflow_provider_exchange.errors import InvalidOrderRequest

if TYPE_CHECKING:
    import re

__all__ = ["Grammar", "required_text"]

RENDERED_NOTHING = frozenset({"none", "null", "nan", "undefined", "[]", "{}", "()"})
EVERYTHING = frozenset({"all", "any", "*"})
SHOWN = 40


def required_text(value: Any, field: str) -> str:
    """
    Return a value as text if it can name something.

    :param value: A text, or a positive integer such as native rendering of templates gives.
    :param field: The argument's name, for the message.
    :raises InvalidOrderRequest: for None, blanks, ``"None"`` and its likes, ``"all"``, or another type.
    """
    if isinstance(value, int) and not isinstance(value, bool) and value > 0:
        try:
            value = str(value)
        except ValueError:
            raise InvalidOrderRequest(f"{field} is far too long to name anything") from None
    if not isinstance(value, str):
        raise InvalidOrderRequest(
            f"{field} is {_kind(value)}, not a text; leave the argument out if you do not mean to give it"
        )
    if not value.strip():
        raise InvalidOrderRequest(f"{field} is empty; a template may have rendered to nothing")
    if value.strip().lower() in RENDERED_NOTHING:
        raise InvalidOrderRequest(
            f"{field} is {value.strip()!r}; a template or an XCom may have rendered to nothing"
        )
    if value.strip().lower() in EVERYTHING:
        raise InvalidOrderRequest(f"{field} is {value.strip()!r}, which names nothing in particular")
    return value


@dataclass(frozen=True, slots=True)
class Grammar:
    """
    What an id or a symbol of a venue looks like.

    :param pattern: What the whole text must match, in ASCII.
    :param example: Shown to whoever gives something else.
    """

    pattern: re.Pattern[str]
    example: str

    def check(self, value: Any, field: str) -> str:
        """
        Return a value as text if it fits.

        :param value: What the user gave.
        :param field: The argument's name, for the message.
        :raises InvalidOrderRequest: for anything else.
        """
        text = required_text(value, field)
        if not self.pattern.fullmatch(text):
            raise self.malformed(text, field)
        return text

    def malformed(self, text: str, field: str) -> InvalidOrderRequest:
        """
        Return the error for a text that does not fit.

        :param text: What was given.
        :param field: The argument's name.
        """
        shown = ascii(text if len(text) <= SHOWN else f"{text[:SHOWN]}…")
        return InvalidOrderRequest(f"{field} {shown} is malformed; expected something like {self.example}")


def _kind(value: Any) -> str:
    return "None" if value is None else f"a {type(value).__name__}"
