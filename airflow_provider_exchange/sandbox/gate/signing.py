"""Checks the key, time and signature of a request to Gate, from the bytes received."""

from __future__ import annotations

import hashlib
import hmac
import re
from typing import TYPE_CHECKING
from urllib.parse import unquote_plus

from airflow_provider_exchange.sandbox.gate.answers import refused

if TYPE_CHECKING:
    from airflow_provider_exchange.sandbox.gate.account import GateAccount
    from airflow_provider_exchange.sandbox.protocol import ReceivedRequest

WINDOW_S = 60
"""How far a timestamp may be from the venue's clock."""
_SECONDS = re.compile("[0-9]{1,12}")


def signed_text(request: ReceivedRequest, timestamp: str) -> bytes:
    """Return what a signature covers: method, path, the query as it was before it was encoded, body and time."""
    body = hashlib.sha512(request.body).hexdigest()
    parts = (request.method, request.path, unquote_plus(request.query), body, timestamp)
    return "\n".join(parts).encode("utf-8", "surrogateescape")


def check(request: ReceivedRequest, account: GateAccount) -> None:
    """
    Let a request in, or not.

    :raises Refusal: a header is missing or wrong.
    """
    key, timestamp, signature = (request.headers.get(name, "") for name in ("KEY", "Timestamp", "SIGN"))
    if not (key and timestamp and signature):
        raise refused("MISSING_REQUIRED_HEADER")
    if not _same(key, account.key):
        raise refused("INVALID_KEY")
    if not _SECONDS.fullmatch(timestamp) or abs(int(timestamp) - request.now_ms / 1000) > WINDOW_S:
        raise refused("REQUEST_EXPIRED")
    wanted = hmac.new(account.secret.encode(), signed_text(request, timestamp), hashlib.sha512).hexdigest()
    if not request.judged(_same(signature, wanted)):
        raise refused("INVALID_SIGNATURE")


def _same(sent: str, wanted: str) -> bool:
    return hmac.compare_digest(sent.encode("utf-8", "surrogateescape"), wanted.encode())
