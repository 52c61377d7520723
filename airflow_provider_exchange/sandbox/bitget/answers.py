"""The envelope of Bitget's answers, and its errors, which have HTTP status 400."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow_provider_exchange.sandbox.protocol import Answer, Refusal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from airflow_provider_exchange.sandbox.book import PaperOrder
    from airflow_provider_exchange.sandbox.protocol import ReceivedRequest

TEXTS: Mapping[str, str] = {
    "429": "Too Many Requests",
    "22001": "No order to cancel",
    "40001": "ACCESS_KEY cannot be empty",
    "40002": "ACCESS_SIGN cannot be empty",
    "40005": "Invalid ACCESS_TIMESTAMP",
    "40007": "Invalid Content_Type",
    "40008": "Request timestamp expired",
    "40009": "sign signature error",
    "40011": "ACCESS_PASSPHRASE cannot be empty",
    "40012": "apikey/password is incorrect",
    "40014": "Incorrect permissions, need {} permissions",
    "40017": "Parameter verification failed {}",
    "40019": "Parameter {} cannot be empty",
    "40020": "Parameter {} error",
    "40034": "Parameter {} does not exist",
    "40037": "Apikey does not exist",
    "40085": "You are in Unified Account mode, and the Classic Account API is not supported at this time",
    "40099": "exchange environment is incorrect",
    "40109": "The data of the order cannot be found, please confirm the order number",
    "40307": "The current plan order does not exist or has not been triggered",
    "40404": "Request URL NOT FOUND",
    "40812": "The condition {} is not met",
    "40912": "single cancel cannot exceed 50",
    "40924": "orderId and clientOid must have one",
    "43001": "The order does not exist",
    "43025": "Plan order does not exist",
    "45034": "clientOid duplicate",
    "45055": "The current order status cannot be cancelled",
}
"""The vendor's messages by code."""

STATUSES: Mapping[str, int] = {"429": 429, "40404": 404}
"""HTTP statuses of errors, where not 400."""


def envelope(now_ms: int, code: str = "00000", text: str = "success", data: Any = None) -> dict[str, Any]:
    """Return the body of an answer."""
    return {"code": code, "msg": text, "requestTime": now_ms, "data": data}


def ok(request: ReceivedRequest, data: Any) -> Answer:
    """Return an answer of success."""
    return Answer(envelope(request.now_ms, data=data))


def failed(now_ms: int, code: str, *names: str) -> Answer:
    """
    Return the answer for an error.

    :param code: one of :data:`TEXTS`.
    :param names: what its text names, such as a parameter.
    """
    return Answer(envelope(now_ms, code, TEXTS[code].format(*names)), STATUSES.get(code, 400))


def refused(request: ReceivedRequest, code: str, *names: str) -> Refusal:
    """Return a refusal; see :func:`failed`."""
    return Refusal(failed(request.now_ms, code, *names))


class OrderError(Exception):
    """
    What is wrong with one order of a request.

    :param code: one of :data:`TEXTS`.
    """

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def named(order: PaperOrder) -> dict[str, str]:
    """Return how an answer names an order; the venue gives a client's id to each that has none."""
    return {"orderId": order.order_id, "clientOid": client_id(order)}


def client_id(order: PaperOrder) -> str:
    """Return the client's id of an order."""
    return order.client_order_id or str(int(order.order_id) + 1)
