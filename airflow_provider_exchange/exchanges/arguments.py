"""Checks ids and symbols from users. A template that rendered to nothing is an error, never "all orders"."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import timedelta
from numbers import Number
from operator import index
from typing import Any

from airflow_provider_exchange.errors import InvalidOrderRequest
from airflow_provider_exchange.omitted import Omitted
from airflow_provider_exchange.rendered import LargeNumber

RENDERED_NOTHING = frozenset({"none", "null", "nan", "undefined", "[]", "{}", "()"})
EVERYTHING = frozenset({"all", "any", "*", "**", ".*", "%"})
UNRENDERED = re.compile(r"\{\{|\{%")
SHOWN = 40
LONGEST = 366 * 86400
"""A year in seconds: beyond some longer time no clock and no database can add it to the present."""
LETTERS = ("L", "M", "Nl")
"""Categories of Unicode: letters, combining marks, and numbers that are written as letters."""


def required_text(value: Any, field: str) -> str:
    """
    Return a text if it can be an id or a symbol.

    :param value: The argument as the user or a template gave it.
    :param field: The argument's name, for the message.
    :raises InvalidOrderRequest: for None, blank text, ``"None"`` and the like, ``"all"``, or anything but a text.
    """
    if isinstance(value, Number):
        raise InvalidOrderRequest(
            f"{field} is {kind_of(value)}, not a text. With render_template_as_native_obj=True, Airflow turns a "
            "template that renders to 2026_11_21 or 0x10 into the number 20261121 or 16, which names something "
            "else; quotes inside the template keep the text: \"'{{ ... }}'\", or {{ ... | tojson }}"
        )
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
    if UNRENDERED.search(word):
        raise InvalidOrderRequest(f"{field} holds a template that was not rendered")
    return value


@dataclass(frozen=True, slots=True)
class Grammar:
    """
    The form of a venue's ids or symbols.

    :param pattern: Must match the whole text.
    :param example: Shown in the error message.
    :param number_format: How a positive integer is written as such a text, as a format specification like ``"d"``,
        where the names are numbers. None where they are free text: an integer that a template or a JSON document
        made of a text no longer tells which text it was.
    :param any_script: Whether a letter of any script may stand where the pattern allows an ``A``. Digits of other
        scripts and full-width letters may not: software could take them for their counterparts in ASCII.
    :param most_bytes: How long a text may be in UTF-8; None where the pattern says it.
    """

    pattern: re.Pattern[str]
    example: str
    number_format: str | None = None
    any_script: bool = False
    most_bytes: int | None = None

    def check(self, value: Any, field: str) -> str:
        """Return a value as text if it has this form; ``field`` is the argument's name, for the message."""
        text = self._written(value, field) if self._is_number(value) else required_text(value, field)
        form = _with_plain_letters(text) if self.any_script and not text.isascii() else text
        if not self.pattern.fullmatch(form) or not text.isprintable() or not self._is_short_enough(text):
            raise self.malformed(text, field)
        return text

    def _is_short_enough(self, text: str) -> bool:
        return self.most_bytes is None or len(text.encode()) <= self.most_bytes

    def _is_number(self, value: Any) -> bool:
        is_whole = isinstance(value, int | LargeNumber) and not isinstance(value, bool)
        return self.number_format is not None and is_whole

    def _written(self, value: int | LargeNumber, field: str) -> str:
        number = index(value)
        # Native rendering makes 0 of "00" as well, which is another id than "0".
        if number <= 0:
            raise InvalidOrderRequest(f"{field} is not a positive number")
        try:
            return format(number, self.number_format or "d")
        except ValueError:
            raise InvalidOrderRequest(f"{field} is too long") from None

    def malformed(self, text: str, field: str) -> InvalidOrderRequest:
        """Return the error for a text that does not have this form."""
        shown = ascii(text if len(text) <= SHOWN else f"{text[:SHOWN]}…")
        return InvalidOrderRequest(f"{field} {shown} is malformed; expected something like {self.example}")


def _with_plain_letters(text: str) -> str:
    """Return a text with an ``A`` for each letter and combining mark beyond ASCII."""
    if unicodedata.normalize("NFKC", text) != text:
        return ""
    return "".join(
        "A" if not character.isascii() and unicodedata.category(character).startswith(LETTERS) else character
        for character in text
    )


def check_seconds(value: Any, field: str, *, may_be_zero: bool = False) -> float:
    """Return a time in seconds; raise ``InvalidOrderRequest`` if it is none, or longer than a year."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if not is_number or not 0 <= value <= LONGEST or (value == 0 and not may_be_zero):
        least = "0 or more" if may_be_zero else "positive"
        raise InvalidOrderRequest(f"{field} must be {least}, in seconds, and at most a year")
    return float(value)


def check_scope(scope: Any) -> None:
    """Raise ``InvalidOrderRequest`` unless somebody has written what the switch reaches."""
    if scope == "account" and isinstance(scope, str):
        return
    given = "scope is left out" if isinstance(scope, Omitted) else f"scope is {ascii(scope)[:60]}"
    raise InvalidOrderRequest(
        f"{given}. A dead man's switch cancels the orders of the whole account, also those that other programs and "
        'people have placed, and that nobody names: write scope="account" if that is what you want'
    )


def check_countdown(countdown: Any) -> int:
    """
    Return a countdown in seconds; raise ``InvalidOrderRequest`` if it is none.

    :param countdown: A ``timedelta``, or seconds.
    """
    seconds = countdown.total_seconds() if isinstance(countdown, timedelta) else countdown
    checked = check_seconds(seconds, "countdown")
    if not checked.is_integer():
        raise InvalidOrderRequest(f"countdown is {checked:g} s; venues count whole seconds")
    return int(checked)


def check_count(value: Any, field: str) -> int | None:
    """Return a whole number that is not negative, or None; raise ``InvalidOrderRequest`` for anything else."""
    if value is not None and (type(value) is not int or value < 0):
        raise InvalidOrderRequest(f"{field} must be a whole number, and not be negative")
    return value


def check_flag(value: Any, field: str) -> bool:
    """Return True or False; raise ``InvalidOrderRequest`` for anything else, such as the text ``"False"``."""
    if type(value) is not bool:
        raise InvalidOrderRequest(f"{field} is {kind_of(value)}, and neither True nor False")
    return value


def kind_of(value: Any) -> str:
    """Return what a value is, for messages: ``None``, or its type with an article."""
    if value is None:
        return "None"
    name = "int" if isinstance(value, LargeNumber) else type(value).__name__
    return f"{'an' if name[0] in 'aeiou' else 'a'} {name}"
