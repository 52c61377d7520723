"""Nami's two kinds of errors: business errors by name, and those of its gateway."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from airflow_provider_exchange.sandbox.protocol import Answer, Refusal

if TYPE_CHECKING:
    from collections.abc import Mapping

CODES: Mapping[str, int] = {
    "UNKNOWN": 1000,
    "INVALID_ORDER_TYPE": 1110,
    "INVALID_SIDE": 1111,
    "BAD_SYMBOL": 1112,
    "INVALID_REQUEST_ID": 1112,
    "NO_SUCH_ORDER": 2013,
    "TRADE_NOT_ALLOWED": 3004,
    "ACCOUNT_BAN_TRADE": 3005,
    "NOT_FOUND_ORDER": 6101,
    "NOT_ENOUGH_BASE_ASSET": 6102,
    "NOT_ENOUGH_QUOTE_ASSET": 6103,
    "BROKER_ERROR": 6104,
}
"""The vendor's error names with their numbers; one number is used twice."""


def business(name: str) -> Refusal:
    """Return a business error by its name."""
    body = {"status": name, "code": CODES[name], "data": {"requestId": str(uuid.uuid4())}, "message": None}
    return Refusal(Answer(body, 400))


def gateway(status: int, message: str, error: str) -> Answer:
    """Return an error of the gateway in front of the exchange."""
    return Answer({"statusCode": status, "message": message, "error": error}, status)


def unauthorized(message: str) -> Refusal:
    """Return the gateway's 401."""
    return Refusal(gateway(401, message, "Unauthorized"))


def bad_parameters() -> Refusal:
    """Return the gateway's 400."""
    return Refusal(gateway(400, "Invalid query parameters", "Bad Request"))
