"""Gate's errors: a label, a text, and an HTTP status that is no success."""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow_provider_exchange.sandbox.protocol import Answer, Refusal

if TYPE_CHECKING:
    from collections.abc import Mapping

ERRORS: Mapping[str, tuple[int, str]] = {
    "AUTO_ORDER_NOT_FOUND": (400, "auto order not found"),
    "CANCEL_FAIL": (400, "Order cancel failed"),
    "CLIENT_ID_NOT_FOUND": (404, "Order with this client id not found"),
    "CONTRACT_NOT_FOUND": (400, "Contract not found"),
    "FORBIDDEN": (403, "Account has no permission to request operation"),
    "INVALID_CURRENCY_PAIR": (400, "Invalid currency pair"),
    "INVALID_KEY": (401, "Invalid key provided"),
    "INVALID_PARAM_VALUE": (400, "Invalid parameter value"),
    "INVALID_REQUEST_BODY": (400, "Invalid request body"),
    "INVALID_SIGNATURE": (401, "Signature mismatch"),
    "INVALID_UNIFIED_ACCOUNT": (400, "Invalid unified account"),
    "MISSING_REQUIRED_HEADER": (401, "Missing required header"),
    "MISSING_REQUIRED_PARAM": (400, "Missing required parameter"),
    "NOT_FOUND": (404, "Request URL does not exist"),
    "ORDER_CANCELLED": (400, "Order already cancelled"),
    "ORDER_CLOSED": (400, "Order already closed"),
    "ORDER_FINISHED": (400, "Order already finished"),
    "ORDER_NOT_FOUND": (404, "Order not found"),
    "READ_ONLY": (403, "API key is read-only"),
    "REQUEST_EXPIRED": (403, "gap between request Timestamp and server time exceeds 60"),
    "TOO_MANY_REQUESTS": (429, "Request Rate limit Exceeded"),
    "USER_NOT_FOUND": (400, "please transfer funds first to create futures account"),
}
"""By label: the HTTP status, and what the label means."""


def error(label: str, about: str = "") -> Answer:
    """
    Return the answer of an error.

    :param about: what its text adds, such as the name of a parameter.
    """
    status, text = ERRORS[label]
    return Answer({"label": label, "message": f"{text}: {about}" if about else text}, status)


def refused(label: str, about: str = "") -> Refusal:
    """Return a refusal; see :func:`error`."""
    return Refusal(error(label, about))
