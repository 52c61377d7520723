"""Coinbase's errors."""

from __future__ import annotations

from typing import Any

from airflow_provider_exchange.sandbox.protocol import Answer, Refusal

NOT_FOUND = "NOT_FOUND"
INVALID = "INVALID_ARGUMENT"


def refusal(status: int, error: str, text: str) -> Refusal:
    """
    Return a refusal.

    :param error: the venue's word for the kind of error.
    :param text: what it says about it.
    """
    return Refusal(Answer({"error": error, "error_details": text, "message": text}, status))


def invalid(text: str) -> Refusal:
    """Return the refusal of an argument."""
    return refusal(400, INVALID, text)


def unreadable(field: str, value: Any) -> Refusal:
    """Return the refusal of a parameter that is not of its type."""
    return refusal(400, "unknown", f'parsing field "{field}": "{value}" is not a valid value')


def unauthorized() -> Refusal:
    """Return the refusal of a key or a token, which does not say what is wrong with it."""
    return Refusal(Answer(b"Unauthorized\n", 401))


def not_let_in(text: str) -> Refusal:
    """Return the refusal of a legacy key, or of its signature."""
    return Refusal(Answer({"errors": [{"id": "authentication_error", "message": text}]}, 401))


def too_many() -> Answer:
    """Return the error of a used-up limit."""
    return Answer({"errors": [{"id": "rate_limit_exceeded", "message": "Too many requests"}]}, 429)
