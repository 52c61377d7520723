"""
What Gate's answers have in common, on spot and of contracts.

Sources: Gate's documents of API v4, their list of labels, and the tables in Gate's own clients. An answer that is
no success has another HTTP status than 200, and a label. What is said of an auto order that is not known is left
open: "AUTO_ORDER_NOT_FOUND" was seen, which the list of labels does not have.
"""

from __future__ import annotations

from typing import Any

from airflow_provider_exchange.errors import (
    AuthenticationError,
    ClockSkewError,
    ExchangeUnavailableError,
    OrderNotFoundError,
    PermissionDeniedError,
    RateLimitedError,
    RequestRefusedError,
)
from airflow_provider_exchange.exchanges.ccxt.profile import Failure
from airflow_provider_exchange.exchanges.ccxt.profiles.shared import id_in

PAGE = 100
MARK = "auto:"
CLIENTS_OWN = "t-"
"""What ids that clients give begin with; another text says where an order came from, such as "web"."""

ERRORS = {
    "ACCOUNT_LOCKED": PermissionDeniedError,
    "AUTO_ORDER_NOT_FOUND": OrderNotFoundError,
    "BAD_REQUEST": RequestRefusedError,
    "CLIENT_ID_NOT_FOUND": OrderNotFoundError,
    "CONTRACT_NOT_FOUND": RequestRefusedError,
    "FORBIDDEN": PermissionDeniedError,
    "INTERNAL": ExchangeUnavailableError,
    "INVALID_ARGUMENT": RequestRefusedError,
    "INVALID_CREDENTIALS": AuthenticationError,
    "INVALID_CURRENCY": RequestRefusedError,
    "INVALID_CURRENCY_PAIR": RequestRefusedError,
    "INVALID_KEY": AuthenticationError,
    "INVALID_PARAM_VALUE": RequestRefusedError,
    "INVALID_PROTOCOL": RequestRefusedError,
    "INVALID_REQUEST_BODY": RequestRefusedError,
    "INVALID_SIGNATURE": AuthenticationError,
    "INVALID_UNIFIED_ACCOUNT": RequestRefusedError,
    "IP_FORBIDDEN": PermissionDeniedError,
    "MISSING_REQUIRED_HEADER": AuthenticationError,
    "MISSING_REQUIRED_PARAM": RequestRefusedError,
    "ORDER_CANCELLED": OrderNotFoundError,
    "ORDER_CLOSED": OrderNotFoundError,
    "ORDER_FINISHED": OrderNotFoundError,
    "ORDER_NOT_FOUND": OrderNotFoundError,
    "READ_ONLY": PermissionDeniedError,
    "REQUEST_EXPIRED": ClockSkewError,
    "TOO_BUSY": ExchangeUnavailableError,
    "TOO_MANY_REQUESTS": RateLimitedError,
    "UNIFIED_ACCOUNT_NOT_ACTIVATED": RequestRefusedError,
    "USER_NOT_FOUND": RequestRefusedError,
}
"""ORDER_CANCELLED, ORDER_CLOSED and ORDER_FINISHED are said of orders that have ended; USER_NOT_FOUND of an account
that has no contracts."""


def failure(status: int, body: Any) -> Failure | None:
    """Return the failure in ``{"label": "ORDER_NOT_FOUND", "message": "..."}``, which has a status of its own."""
    label = body.get("label") if isinstance(body, dict) and status != 200 else None
    if not isinstance(label, str) or not label:
        return None
    return Failure(label, body.get("message") or body.get("detail"))


def data(body: Any) -> Any:
    """Return the body, which has no envelope."""
    return body


def id_of_placed(order_id: Any, *, has_placed: bool) -> list[str]:
    """
    Return the id of the order that an auto order has placed.

    :param order_id: What the auto order shows as that id.
    :param has_placed: Whether it says that it has placed one.
    """
    return [id_in(order_id or None)] if has_placed or order_id not in (None, 0, "0", "") else []
