"""Fixtures of the tests of evidence."""

from __future__ import annotations

from tests.connections import connect, running, sandbox, venue
from tests.flatness import short_flatness

__all__ = ["connect", "running", "sandbox", "short_flatness", "venue"]
