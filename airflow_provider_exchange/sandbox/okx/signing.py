"""Checks key, timestamp, signature and passphrase of a request to OKX, from the bytes received."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
from datetime import datetime
from typing import TYPE_CHECKING, Any

from airflow_provider_exchange.sandbox.okx.errors import refused

if TYPE_CHECKING:
    from airflow_provider_exchange.sandbox.okx.account import OkxAccount
    from airflow_provider_exchange.sandbox.protocol import ReceivedRequest

CLOCK_WINDOW_MS = 30_000
"""How far a timestamp may be from the venue's clock."""

_NEEDED = (
    ("OK-ACCESS-KEY", "50103"),
    ("OK-ACCESS-SIGN", "50106"),
    ("OK-ACCESS-TIMESTAMP", "50107"),
    ("OK-ACCESS-PASSPHRASE", "50104"),
)
_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?Z")


def signed_text(request: ReceivedRequest, timestamp: str) -> bytes:
    """Return what the signature of a request covers: its time, method, path, query and body as they arrived."""
    target = f"{request.path}?{request.query}" if request.query else request.path
    return f"{timestamp}{request.method}{target}".encode("utf-8", "surrogateescape") + request.body


def check(request: ReceivedRequest, account: OkxAccount, environment: str) -> None:
    """
    Let a request in, or not.

    :param account: the account that may send requests.
    :param environment: ``live`` or ``demo``: where its key is valid.
    :raises Refusal: a header is missing or wrong.
    """
    sent = {name: request.headers.get(name, "") for name, _ in _NEEDED}
    for name, code in _NEEDED:
        if not sent[name]:
            raise refused(code)
    if not _equal(sent["OK-ACCESS-KEY"], account.key):
        raise refused("50111")
    if (request.headers.get("x-simulated-trading") == "1") != (environment == "demo"):
        raise refused("50101")
    _check_time(sent["OK-ACCESS-TIMESTAMP"], request.now_ms)
    text = signed_text(request, sent["OK-ACCESS-TIMESTAMP"])
    wanted = base64.b64encode(hmac.new(account.secret.encode(), text, hashlib.sha256).digest()).decode()
    if not request.judged(_equal(sent["OK-ACCESS-SIGN"], wanted)):
        raise refused("50113")
    if not _equal(sent["OK-ACCESS-PASSPHRASE"], account.passphrase):
        raise refused("50105")


def checked_body(request: ReceivedRequest, kind: type) -> Any:
    """
    Return the JSON body of a request.

    :param kind: what the call takes: a dict, or a list of them.
    :raises Refusal: it is none, or of another kind.
    """
    if not request.body:
        raise refused("50000")
    if not request.headers.get("Content-Type", "").lower().startswith("application/json"):
        raise refused("50006")
    try:
        body = json.loads(request.body)
    except (ValueError, RecursionError):
        raise refused("50002") from None
    if not isinstance(body, kind) or (isinstance(body, list) and not all(isinstance(each, dict) for each in body)):
        raise refused("50002")
    if not body:
        raise refused("50000")
    return body


def _check_time(text: str, now_ms: int) -> None:
    if text.isdecimal():  # seconds or milliseconds since 1970 are no date, and are told to be too old
        raise refused("50102")
    if not _TIME.fullmatch(text):
        raise refused("50112")
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise refused("50112") from None
    if abs(round(moment.timestamp() * 1000) - now_ms) > CLOCK_WINDOW_MS:
        raise refused("50102")


def _equal(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode("utf-8", "surrogateescape"), other.encode())
