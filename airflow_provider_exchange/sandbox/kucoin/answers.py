"""The envelope of KuCoin's answers, and its errors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow_provider_exchange.sandbox.protocol import Answer, Refusal

if TYPE_CHECKING:
    from collections.abc import Mapping

ERRORS: Mapping[str, tuple[int, str]] = {
    "200002": (200, "Order cancel for this pair suspended"),
    "400001": (401, "Please check the header of your request for the KC-API ones"),
    "400002": (400, "Invalid KC-API-TIMESTAMP"),
    "400003": (401, "KC-API-KEY not exists"),
    "400004": (401, "Invalid KC-API-PASSPHRASE"),
    "400005": (401, "Invalid KC-API-SIGN"),
    "400007": (403, "Access denied, require more permission."),
    "400009": (400, "Invalid KC-API-KEY-VERSION."),
    "400100": (200, "Parameter Error"),
    "404": (404, "Not Found"),
    "415000": (415, "Unsupported Media Type"),
    "429000": (429, "Too Many Requests"),
    "900001": (200, "symbol not exists"),
}
"""The vendor's codes with their HTTP statuses and texts."""
NO_SUCH_ORDER = "order_not_exist"
TOO_LATE = "order_not_exist_or_not_allow_to_cancel"


def ok(data: Any) -> Answer:
    """Return an answer of success."""
    return Answer({"code": "200000", "data": data})


def answer(code: str, text: str = "") -> Answer:
    """
    Return the answer for an error.

    :param code: one of :data:`ERRORS`.
    :param text: what it says; the vendor's text for this code when empty.
    """
    status, usual = ERRORS[code]
    return Answer({"code": code, "msg": text or usual}, status)


def refused(code: str, text: str = "") -> Refusal:
    """Return a refusal; see :func:`answer`."""
    return Refusal(answer(code, text))
