"""The envelope of Bybit's answers, and its errors, which come with HTTP 200."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow_provider_exchange.sandbox.protocol import Answer, Refusal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from airflow_provider_exchange.sandbox.protocol import ReceivedRequest

TEXTS: Mapping[int, str] = {
    10001: "Request parameter error.",
    10003: "API key is invalid.",
    10005: "Permission denied, please check your API key permissions.",
    10006: "Too many visits. Exceeded the API Rate Limit.",
    10017: "Route not found.",
    110001: "order not exists or too late to cancel",
    110072: "OrderLinkedID is duplicate",
    110079: "The order is processing and can not be operated, please try again later",
    170115: "Invalid timeInForce.",
    170116: "Invalid orderType.",
    170117: "Invalid side.",
    170121: "Invalid symbol.",
    170139: "Order has been filled.",
    170141: "Duplicate clientOrderId",
    170142: "Order has been cancelled",
    170191: "Can not cancel order, please try again later",
    170201: "Invalid orderFilter parameter",
    170202: "Please enter the TP/SL price.",
    170212: "Cancel order request processing",
    170213: "Order does not exist.",
}
"""The vendor's messages by code."""


def envelope(result: Any, now_ms: int, code: int = 0, text: str = "OK", more: Any = None) -> dict[str, Any]:
    """
    Return the body of an answer.

    :param result: the data.
    :param now_ms: the venue's clock, in ms since the epoch.
    :param code: 0 for success.
    :param more: the member ``retExtInfo``; empty when ``None``.
    """
    ext = {} if more is None else more
    return {"retCode": code, "retMsg": text, "result": result, "retExtInfo": ext, "time": now_ms}


def ok(request: ReceivedRequest, result: Any, more: Any = None) -> Answer:
    """Return an answer of success."""
    return Answer(envelope(result, request.now_ms, more=more))


def refusal(
    request: ReceivedRequest, code: int, text: str = "", *, status: int = 200, result: Any = None
) -> Refusal:
    """
    Return a refusal.

    :param text: the message; the vendor's for this code when empty.
    :param status: the HTTP status.
    :param result: the data; an empty object when ``None``.
    """
    data = {} if result is None else result
    return Refusal(Answer(envelope(data, request.now_ms, code, text or TEXTS[code]), status))
