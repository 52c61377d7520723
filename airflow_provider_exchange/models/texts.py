"""Amounts and times as JSON holds them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime
    from decimal import Decimal

__all__ = ["amount_text", "time_text"]


def amount_text(amount: Decimal | None) -> str | None:
    """Return an amount in decimal digits, without an exponent."""
    return None if amount is None else format(amount, "f")


def time_text(time: datetime | None) -> str | None:
    """Return a time in UTC in the one form that all of them have."""
    return None if time is None else time.isoformat(timespec="milliseconds").replace("+00:00", "Z")
