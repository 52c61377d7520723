"""Binance's errors: a code and a message, the same form everywhere."""

from __future__ import annotations

from airflow_provider_exchange.sandbox.protocol import Answer, Refusal

UNKNOWN_ORDER = (-2011, "Unknown order sent.")
"""To a cancel: there is no such order, or it has ended."""
NO_SUCH_ORDER = (-2013, "Order does not exist.")
CANCEL_REFUSED = (-2011, "This action is disabled on this account.")


def error(code: int, message: str, status: int = 400) -> Answer:
    """Return an error in Binance's form."""
    return Answer({"code": code, "msg": message}, status)


def refused(code: int, message: str, status: int = 400) -> Refusal:
    """Return a refusal with an error in Binance's form."""
    return Refusal(error(code, message, status))


def missing(name: str) -> Refusal:
    """Return the refusal of a request without a parameter that it must have."""
    return refused(-1102, f"Mandatory parameter '{name}' was not sent, was empty/null, or malformed.")


def neither(one: str, other: str) -> Refusal:
    """Return the refusal of a request that must have one of two parameters."""
    return refused(-1102, f"Param '{one}' or '{other}' must be sent, but both were empty/null!")


def illegal(name: str, legal: str) -> Refusal:
    """
    Return the refusal of a parameter with characters that it must not have.

    :param legal: a regular expression.
    """
    return refused(-1100, f"Illegal characters found in parameter '{name}'; legal range is '{legal}'.")


def invalid(name: str) -> Refusal:
    """Return the refusal of a parameter whose value is not valid."""
    return refused(-1130, f"Data sent for parameter '{name}' is not valid.")
