"""Texts that are safe in a log or on a terminal. Imports next to nothing: every error and every order uses it."""

from __future__ import annotations

import json
import re
from typing import Any

GROUP_MARK = re.compile(r":(?=:(?:end)?group::)|##(?=\[(?:end)?group\])", re.IGNORECASE)
"""Where Airflow's log view would begin or end a group of lines, wherever in a line it stands."""


def printable(text: str, substitute: str) -> str:
    """
    Return a text without line breaks, control characters, and characters that hide or reorder others.

    :param substitute: What stands in the place of each.
    """
    if text.isprintable():
        return text
    return "".join(character if character.isprintable() else substitute for character in text)


def one_line(text: str) -> str:
    """Return a text as one line of a log, where it ends no group of lines and begins none."""
    return GROUP_MARK.sub(lambda mark: f"{mark[0]} ", printable(text, " "))


def sentences(*texts: str) -> str:
    """Return texts as one. Each but the last ends with a full stop, unless it has an end of its own."""
    *first, last = texts
    return " ".join([*(text if text.endswith((".", "!", "?")) else f"{text}." for text in first), last])


def json_line(value: Any) -> str:
    """Return JSON in one line of a log, which reads back as it was, and ends no group of lines and begins none."""
    return GROUP_MARK.sub(lambda mark: f"\\u{ord(mark[0][0]):04x}{mark[0][1:]}", json.dumps(value))
