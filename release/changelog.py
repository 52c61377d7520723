"""The sections of a changelog in the form of Keep a Changelog."""

from __future__ import annotations

import re
from datetime import date

__all__ = ["undated_or_missing", "unreleased"]

HEADING = re.compile(r"^## \[(?P<name>[^\]\n]+)\](?: - (?P<date>\S+))?[ ]*$", re.MULTILINE)


def unreleased(text: str) -> str:
    """Return what stands under the heading Unreleased; nothing where there is no such heading."""
    headings = [*HEADING.finditer(text)]
    ends = [heading.start() for heading in headings[1:]] + [len(text)]
    for heading, end in zip(headings, ends, strict=True):
        if heading["name"].lower() == "unreleased":
            return text[heading.end() : end].strip()
    return ""


def undated_or_missing(text: str, version: str) -> bool:
    """
    Tell whether a version has no section with the day of its release.

    :param text: The changelog.
    :param version: As its heading names it.
    """
    return not any(
        heading["name"] == version and _is_day(heading["date"] or "") for heading in HEADING.finditer(text)
    )


def _is_day(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False
