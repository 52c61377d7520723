"""Checks key, time, signature and passphrase of a request to Bitget, from the bytes received."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote_to_bytes

from airflow_provider_exchange.sandbox.bitget.answers import refused

if TYPE_CHECKING:
    from airflow_provider_exchange.sandbox.bitget.account import BitgetAccount
    from airflow_provider_exchange.sandbox.protocol import ReceivedRequest

CLOCK_WINDOW_MS = 30_000
"""How far a timestamp may be from the venue's clock."""

NEEDED = (
    ("ACCESS-KEY", "40001"),
    ("ACCESS-SIGN", "40002"),
    ("ACCESS-TIMESTAMP", "40005"),
    ("ACCESS-PASSPHRASE", "40011"),
)
_MS = re.compile("[0-9]{13}")


def signed_text(request: ReceivedRequest, timestamp: str) -> bytes:
    """Return what the signature covers: time, method, path, query and body, the query without percent-encoding."""
    query = b"?" + unquote_to_bytes(request.query) if request.query else b""
    return f"{timestamp}{request.method}{request.path}".encode("utf-8", "surrogateescape") + query + request.body


def check(request: ReceivedRequest, account: BitgetAccount, environment: str, *, trading: bool = False) -> None:
    """
    Let a request in, or not.

    :param account: the account that may send requests.
    :param environment: ``live`` or ``demo``: where its key is valid; a request to the latter says so in a header.
    :param trading: whether it wants to change an order.
    :raises Refusal: a header is missing or wrong.
    """
    sent = {name: request.headers.get(name, "") for name, _ in NEEDED}
    for name, code in NEEDED:
        if not sent[name]:
            raise refused(request, code)
    if not _same(sent["ACCESS-KEY"], account.key):
        raise refused(request, "40037")
    if (request.headers.get("PAPTRADING") == "1") != (environment == "demo"):
        raise refused(request, "40099")
    if not _MS.fullmatch(sent["ACCESS-TIMESTAMP"]):
        raise refused(request, "40005")
    if abs(int(sent["ACCESS-TIMESTAMP"]) - request.now_ms) > CLOCK_WINDOW_MS:
        raise refused(request, "40008")
    text = signed_text(request, sent["ACCESS-TIMESTAMP"])
    wanted = base64.b64encode(hmac.new(account.secret.encode(), text, hashlib.sha256).digest()).decode()
    if not request.judged(_same(sent["ACCESS-SIGN"], wanted)):
        raise refused(request, "40009")
    if not _same(sent["ACCESS-PASSPHRASE"], account.passphrase):
        raise refused(request, "40012")
    if account.is_unified:
        raise refused(request, "40085")
    if trading and not account.may_trade:
        raise refused(request, "40014", "trade")


def asked_of(request: ReceivedRequest) -> dict[str, Any]:
    """
    Return the parameters of a request, without those that are empty or null, which count as not sent.

    :raises Refusal: a body that is no JSON object, or does not say that it is JSON.
    """
    if request.method == "GET":
        sent: Any = dict(parse_qsl(request.query, errors="replace"))
    else:
        if not request.headers.get("Content-Type", "").lower().startswith("application/json"):
            raise refused(request, "40007")
        try:
            sent = json.loads(request.body or b"{}")
        except (ValueError, RecursionError):
            raise refused(request, "40017", "body") from None
        if not isinstance(sent, dict):
            raise refused(request, "40017", "body")
    return {name: value for name, value in sent.items() if value not in (None, "")}


def _same(sent: str, wanted: str) -> bool:
    return hmac.compare_digest(sent.encode("utf-8", "surrogateescape"), wanted.encode())
