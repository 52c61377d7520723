"""Names that stand for other names: of the same form, drawn by chance, and always the same one."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from unicodedata import category

if TYPE_CHECKING:
    import random
    from collections.abc import Iterable

__all__ = ["Aliases"]

PREFIXES = ("SL-", "0x", "0X")
"""Beginnings of ids by which adapters know what they are."""
HEX_DIGITS = "0123456789abcdef"
LETTERS = "abcdefghijklmnopqrstuvwxyz"
UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII)
LONG_NUMBER = 8
MOST_TRIES = 20


class Aliases:
    """
    Draws a name for each name.

    :param chance: Draws them.
    """

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance
        self._aliases: dict[str, str] = {}
        self._taken: set[str] = set()

    def keep(self, text: str) -> None:
        """Let a name stand for itself, as it is the same for everybody."""
        self._aliases[text] = text

    def avoid(self, texts: Iterable[str]) -> None:
        """Let none of some names stand for anything."""
        self._taken.update(texts)

    def of(self, text: str) -> str:
        """Return the name that stands for another; no two have the same."""
        if text not in self._aliases:
            self._taken.add(text)
            form, tries = text, 0
            while (alias := self._drawn(form)) in self._taken:
                if not any(map(_tells, text)):
                    break
                tries += 1
                form += form[-1] if tries % MOST_TRIES == 0 else ""  # there are few short names
            self._taken.add(alias)
            self._aliases[text] = alias
        return self._aliases[text]

    def _drawn(self, text: str) -> str:
        prefix = next((mark for mark in PREFIXES if text.startswith(mark)), "")
        body = text[len(prefix) :]
        is_number = prefix.startswith("0") and all(each.lower() in HEX_DIGITS for each in body)
        is_hex = is_number or UUID.fullmatch(body) is not None
        return prefix + "".join(
            self._like(each, is_first=not place, is_hex=is_hex, is_long=len(body) > LONG_NUMBER)
            for place, each in enumerate(body)
        )

    def _like(self, each: str, *, is_first: bool, is_hex: bool, is_long: bool) -> str:
        """Return a character of the same kind; marks that tell nothing stay."""
        if not _tells(each):
            return each
        if is_hex:
            return each if each == "0" and is_first else self._chance.choice(HEX_DIGITS)
        if each.isdecimal():
            return self._digit(each, is_first=is_first, is_long=is_long)
        letter = self._chance.choice(LETTERS)
        return letter.upper() if each.isupper() else letter

    def _digit(self, digit: str, *, is_first: bool, is_long: bool) -> str:
        """Return a digit. The first of a long number grows no larger, so that it stays in its kind's range."""
        if not is_first:
            return str(self._chance.randint(0, 9))
        if digit == "0":
            return digit
        return str(self._chance.randint(1, max(1, int(digit) - 1) if is_long else 9))


def _tells(character: str) -> bool:
    """Whether a character is a letter or a digit of any script, or a part of one, such as an accent."""
    return character.isalnum() or category(character).startswith("M")
