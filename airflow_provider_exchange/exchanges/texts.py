"""Texts from a venue, made fit for messages, and letter case that changes ASCII letters only."""

from __future__ import annotations

import re
from decimal import Decimal
from string import ascii_lowercase, ascii_uppercase
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Collection

VENUE_TEXT_SHOWN = 160
NAME_SHOWN = 80
LARGEST_SHOWN = 10**NAME_SHOWN
LONG_TOKEN = re.compile(r"[A-Za-z0-9+/=_.-]{24,}")
KINDS = {dict: "(an object)", list: "(a list)", bool: "(true or false)"}

LOWER = str.maketrans(ascii_uppercase, ascii_lowercase)
UPPER = str.maketrans(ascii_lowercase, ascii_uppercase)


def lower(text: str) -> str:
    """Return a text with its ASCII letters in lower case; other letters may have no single counterpart."""
    return text.translate(LOWER)


def upper(text: str) -> str:
    """Return a text with its ASCII letters in upper case; other letters may have no single counterpart."""
    return text.translate(UPPER)


def without_secrets(text: str, secrets: Collection[str]) -> str:
    """Return a text in printable characters and without secrets."""
    for secret in secrets:
        text = text.replace(secret, "***")
    if text.isprintable():
        return text
    return "".join(character if character.isprintable() else " " for character in text)


def shown_text(text: str, secrets: Collection[str]) -> str:
    """Return a text for messages: short, printable, without secrets and whatever might be one."""
    return LONG_TOKEN.sub("***", without_secrets(text, secrets))[:VENUE_TEXT_SHOWN].strip()


def shown_name(value: Any, secrets: Collection[str], missing: str) -> str:
    """
    Return what a venue shows in the place of a name, for messages.

    Unlike in other texts, long tokens stay: an order's id may be one.

    :param value: Any JSON value.
    :param secrets: Texts that must not be shown.
    :param missing: What is shown when there is nothing.
    """
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        value = str(value) if isinstance(value, Decimal) or abs(value) < LARGEST_SHOWN else "(a huge number)"
    elif not isinstance(value, str):
        return KINDS.get(type(value), missing)
    return without_secrets(value, secrets)[:NAME_SHOWN].strip() or missing
