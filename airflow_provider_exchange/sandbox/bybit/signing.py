"""Checks the key, time and signature of a request to Bybit, from the bytes received."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from airflow_provider_exchange.sandbox.bybit.answers import refusal

if TYPE_CHECKING:
    from airflow_provider_exchange.sandbox.bybit.account import BybitAccount
    from airflow_provider_exchange.sandbox.protocol import ReceivedRequest

RECV_WINDOW_MS = 5000
"""How old a request may be that does not say so itself."""

EARLY_MS = 1000
"""How far the client's clock may be ahead; a request from exactly so far ahead is refused."""

_MS = re.compile("[0-9]{1,15}")


def asked_of(request: ReceivedRequest) -> dict[str, Any]:
    """
    Return the parameters of a request, without those that are empty or null, which count as not sent.

    :raises Refusal: a body that is no JSON object.
    """
    if request.method == "GET":
        sent: Any = dict(parse_qsl(request.query, errors="replace"))
    else:
        try:
            sent = json.loads(request.body or b"{}")
        except (ValueError, RecursionError):
            raise refusal(request, 10001) from None
        if not isinstance(sent, dict):
            raise refusal(request, 10001)
    return {name: value for name, value in sent.items() if value not in (None, "")}


def check(request: ReceivedRequest, account: BybitAccount, unknown_key_status: int) -> None:
    """
    Check that the account's owner sent the request, and when.

    :param account: the account that may send requests.
    :param unknown_key_status: the HTTP status of an answer to a key that the venue does not know.
    :raises Refusal: the key, the time or the signature is not valid.
    """
    headers = request.headers
    key = headers.get("X-BAPI-API-KEY", "")
    stamp = headers.get("X-BAPI-TIMESTAMP", "")
    window = headers.get("X-BAPI-RECV-WINDOW", "")
    if request.method == "GET" and request.body:
        raise refusal(request, 10001, "a GET has no body", status=403)
    if not key or "X-BAPI-SIGN" not in headers:
        raise refusal(request, 10003, status=401)
    if not _same(key, account.key):
        raise refusal(request, 10003, status=unknown_key_status)
    _check_time(request, stamp, window)
    content = request.query.encode("utf-8", "surrogateescape") if request.method == "GET" else request.body
    signed = f"{stamp}{key}{window}".encode("utf-8", "surrogateescape") + content
    wanted = hmac.new(account.secret.encode(), signed, hashlib.sha256).hexdigest()
    if not request.judged(_same(headers["X-BAPI-SIGN"], wanted)):
        # The venue repeats what it should have been signed, key and all.
        raise refusal(request, 10004, f"error sign! origin_string[{signed.decode('utf-8', 'replace')}]")


def _check_time(request: ReceivedRequest, stamp: str, window: str) -> None:
    if not _MS.fullmatch(stamp) or (window and not _MS.fullmatch(window)):
        raise refusal(request, 10001)
    allowed = int(window) if window else RECV_WINDOW_MS
    if not request.now_ms - allowed <= int(stamp) < request.now_ms + EARLY_MS:
        raise refusal(
            request,
            10002,
            "invalid request, please check your server timestamp or recv_window param. "
            f"req_timestamp[{stamp}],server_timestamp[{request.now_ms}],recv_window[{allowed}]",
        )


def _same(sent: str, wanted: str) -> bool:
    return hmac.compare_digest(sent.encode("utf-8", "surrogateescape"), wanted.encode())
