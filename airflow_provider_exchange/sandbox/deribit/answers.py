"""The JSON-RPC envelope of Deribit's answers, and its errors, which come with HTTP 400."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow_provider_exchange.sandbox.protocol import Answer, Refusal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from airflow_provider_exchange.sandbox.protocol import ReceivedRequest

TEXTS: Mapping[int, str] = {
    -32602: "Invalid params",
    -32601: "Method not found",
    10000: "authorization_required",
    10004: "order_not_found",
    10010: "already_closed",
    10021: "invalid_amount",
    10023: "invalid_price",
    10025: "invalid_order_id",
    10028: "too_many_requests",
    10041: "settlement_in_progress",
    11044: "not_open_order",
    13004: "invalid_credentials",
    13009: "unauthorized",
    13020: "not_found",
    13021: "forbidden",
}
"""The vendor's messages by code."""


def envelope(now_ms: int, **content: Any) -> dict[str, Any]:
    """
    Return the body of an answer.

    :param now_ms: the venue's clock, in ms since the epoch.
    :param content: ``result`` or ``error``.
    """
    micros = now_ms * 1000
    return {"jsonrpc": "2.0", **content, "usIn": micros, "usOut": micros + 250, "usDiff": 250, "testnet": False}


def ok(request: ReceivedRequest, result: Any) -> Answer:
    """Return an answer of success."""
    return Answer(envelope(request.now_ms, result=result))


def failed(now_ms: int, code: int, more: Mapping[str, Any] | None = None, status: int = 400) -> Answer:
    """
    Return an answer of failure.

    :param more: the member ``data`` of the error; left out when ``None``.
    """
    details = {} if more is None else {"data": dict(more)}
    return Answer(envelope(now_ms, error={"message": TEXTS[code], **details, "code": code}), status)


def refusal(request: ReceivedRequest, code: int, more: Mapping[str, Any] | None = None) -> Refusal:
    """Return a refusal; see :func:`failed`."""
    return Refusal(failed(request.now_ms, code, more))


def wrong(request: ReceivedRequest, parameter: str, reason: str) -> Refusal:
    """Return the refusal of a parameter."""
    return refusal(request, -32602, {"reason": reason, "param": parameter})
