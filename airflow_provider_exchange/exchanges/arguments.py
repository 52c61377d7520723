"""Checks ids and symbols from users. A template that rendered to nothing is an error, never "all orders"."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from airflow_provider_exchange.errors import InvalidOrderRequest

if TYPE_CHECKING:
    import re

RENDERED_NOTHING = frozenset({"none", "null", "nan", "undefined", "[]", "{}", "()"})
EVERYTHING = frozenset({"all", "any", "*"})
SHOWN = 40


def required_text(value: Any, field: str) -> str:
    """
    Return a value as text if it can be an id or a symbol.

    :param value: Text, or a positive integer, which native template rendering produces.
    :param field: The argument's name, for the message.
    :raises InvalidOrderRequest: for None, blank text, ``"None"`` and the like, ``"all"``, or another type.
    """
    if isinstance(value, int) and not isinstance(value, bool) and value > 0:
        try:
            value = str(value)
        except ValueError:
            raise InvalidOrderRequest(f"{field} is too long") from None
    if not isinstance(value, str):
        raise InvalidOrderRequest(
            f"{field} is {kind_of(value)}, not a text; leave the argument out if it is not needed"
        )
    word = value.strip()
    if not word:
        raise InvalidOrderRequest(f"{field} is empty; a template may have rendered to nothing")
    if word.lower() in RENDERED_NOTHING:
        raise InvalidOrderRequest(f"{field} is {word!r}; a template or an XCom may have rendered to nothing")
    if word.lower() in EVERYTHING:
        raise InvalidOrderRequest(f"{field} is {word!r}, which does not name a particular one")
    return value


@dataclass(frozen=True, slots=True)
class Grammar:
    """
    The form of a venue's ids or symbols.

    :param pattern: Must match the whole text.
    :param example: Shown in the error message.
    """

    pattern: re.Pattern[str]
    example: str

    def check(self, value: Any, field: str) -> str:
        """Return a value as text if it has this form; ``field`` is the argument's name, for the message."""
        text = required_text(value, field)
        if not self.pattern.fullmatch(text):
            raise self.malformed(text, field)
        return text

    def malformed(self, text: str, field: str) -> InvalidOrderRequest:
        """Return the error for a text that does not have this form."""
        shown = ascii(text if len(text) <= SHOWN else f"{text[:SHOWN]}…")
        return InvalidOrderRequest(f"{field} {shown} is malformed; expected something like {self.example}")


def kind_of(value: Any) -> str:
    """Return what a value is, for messages: ``None`` or ``a`` and its type."""
    return "None" if value is None else f"a {type(value).__name__}"
