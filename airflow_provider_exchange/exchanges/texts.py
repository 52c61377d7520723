"""
Texts from a venue, made fit for messages and records, and letter case that changes ASCII letters only.

A venue may write anything into its answers: line breaks that forge a line of a log, and what it was sent. So every
text of an answer passes through here before anybody sees it.
"""

from __future__ import annotations

import html
import json
import re
from base64 import b64encode, urlsafe_b64encode
from decimal import Decimal
from functools import lru_cache
from string import ascii_lowercase, ascii_uppercase
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, quote_plus, unquote

from airflow_provider_exchange.one_line import one_line, printable

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

VENUE_TEXT_SHOWN = 160
NAME_SHOWN = 80
LONGEST_COMPARED = 256
"""Characters of a client order id; no argument may have as many."""
LARGEST_SHOWN = 10**NAME_SHOWN
LONGEST_READ = 10_000
"""A longer text is not shown at all: looking for secrets in it would take long."""
TOO_LONG = "(a long text)"
MASK = "***"
UNSHOWN = "\ufffd"
"""Stands in a name for each character that cannot be shown. An argument may not hold it; see :class:`.Grammar`."""
SHORTEST_TELLING = 8
"""A shorter secret may well be a part of a name by chance."""
SHORTEST_ENCODED = 6
"""A shorter text in base64 or hexadecimal digits may well be a part of a word."""
DECODINGS = 3
ESCAPED = re.compile(r"[%&\\]")
JSON_ESCAPE = re.compile(r"\\+(?:u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|(?=[^0-9a-zA-Z]))")
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


@lru_cache(16)
def _spelt(secrets: frozenset[str]) -> tuple[str, ...]:
    """Return the usual spellings of some secrets in small letters, the longest ones first."""
    spellings = {spelling.lower() for secret in secrets if secret for spelling in _spellings(secret)}
    return tuple(sorted(spellings, key=lambda spelling: (-len(spelling), spelling)))


@lru_cache(16)
def _finder(secrets: frozenset[str]) -> re.Pattern[str]:
    return re.compile("|".join(map(re.escape, _spelt(secrets))) or r"(?!)", re.IGNORECASE)


def _spellings(secret: str) -> Iterator[str]:
    yield from (secret, quote(secret), quote(secret, safe=""), quote_plus(secret))
    yield from (json.dumps(secret)[1:-1], html.escape(secret))
    content = secret.encode(errors="replace")
    encoded = (content.hex(), *_base64_of(content))
    yield from (spelling for spelling in encoded if len(spelling) >= SHORTEST_ENCODED)


def _base64_of(content: bytes) -> Iterator[str]:
    """Yield those characters of base64 that tell the content, wherever in a longer content it begins."""
    for before in range(3):
        whole = bytes(before) + content
        first, last = -(-before * 8 // 6), len(whole) * 8 // 6
        yield b64encode(whole).decode()[first:last]
        yield urlsafe_b64encode(whole).decode()[first:last]


def _decoded(text: str) -> Iterator[str]:
    """Yield a text as it reads without characters that cannot be seen, and once its escapes are undone."""
    yield (text := printable(text, ""))
    for _ in range(DECODINGS):
        if not ESCAPED.search(text):
            return
        text = html.unescape(unquote(JSON_ESCAPE.sub(_escaped, text)))
        yield (text := printable(text, ""))


def _escaped(escape: re.Match[str]) -> str:
    digits = escape[1] or escape[2]
    return chr(int(digits, 16)) if digits else ""


def holds_secret(text: str, secrets: Collection[str]) -> bool:
    """Whether a name or an amount holds a secret that is too long to be there by chance, in whatever spelling."""
    return _holds(text, _telling(frozenset(secrets)))


@lru_cache(16)
def _telling(secrets: frozenset[str]) -> frozenset[str]:
    return frozenset(secret for secret in secrets if len(secret) >= SHORTEST_TELLING)


def _holds(text: str, secrets: frozenset[str]) -> bool:
    spellings = _spelt(secrets)
    if not spellings or len(text) < len(spellings[-1]):
        return False
    for decoded in map(str.lower, _decoded(text)):
        for spelling in reversed(spellings):
            if len(spelling) > len(decoded):
                break
            if spelling in decoded:
                return True
    return False


def without_secrets(text: str, secrets: Collection[str], substitute: str = " ") -> str:
    """
    Return a text in printable characters and without secrets, in whatever spelling.

    :param secrets: Texts that must not be shown.
    :param substitute: What stands in the place of a character that cannot be shown.
    """
    if len(text) > LONGEST_READ:
        return TOO_LONG
    masked = _finder(frozenset(secrets)).sub(MASK, text)
    # What is still there is spelt in a way of which it cannot be told where it begins and ends.
    return MASK if _holds(masked, frozenset(secrets)) else printable(masked, substitute)


def shown_text(text: str, secrets: Collection[str], most: int = VENUE_TEXT_SHOWN) -> str:
    """Return a text for messages: one short line, without secrets and whatever might be one."""
    return one_line(LONG_TOKEN.sub(MASK, without_secrets(text, secrets)))[:most].strip()


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


def comparable(text: str) -> str:
    """
    Return a name that a venue shows so that it can be shown, and still be told from every other name.

    What is changed in it holds ``UNSHOWN``, or is longer than any name that an argument may have.
    """
    shown = printable(text, UNSHOWN)
    return shown if len(shown) <= LONGEST_COMPARED else f"{shown[:LONGEST_COMPARED]}…"
