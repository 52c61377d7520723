"""The sections of a changelog in the form of Keep a Changelog."""

from __future__ import annotations

import re
from datetime import date

__all__ = ["is_dated", "unreleased"]

HEADING = re.compile(r"^## (.+?)[ ]*$", re.MULTILINE)


def unreleased(changelog: str) -> str:
    """Return what stands under the heading Unreleased; nothing where there is no such heading."""
    return _sections(changelog).get("[Unreleased]", "")


def is_dated(changelog: str, version: str) -> bool:
    """Tell whether a version has a section, with a day in its heading."""
    start = f"[{version}] - "
    return any(_is_day(heading.removeprefix(start)) for heading in _sections(changelog) if start in heading)


def _sections(changelog: str) -> dict[str, str]:
    """Return what stands under each heading."""
    _, *parts = HEADING.split(changelog)
    return dict(zip(parts[::2], (body.strip() for body in parts[1::2]), strict=True))


def _is_day(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False
