"""Checks key, timestamp, signature and passphrase of a request to KuCoin, from the bytes received."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import TYPE_CHECKING, Any

from airflow_provider_exchange.sandbox.kucoin.answers import refused

if TYPE_CHECKING:
    from airflow_provider_exchange.sandbox.kucoin.account import KucoinAccount
    from airflow_provider_exchange.sandbox.protocol import ReceivedRequest

CLOCK_WINDOW_MS = 5_000
"""How far a timestamp may be from the venue's clock."""
_NEEDED = ("KC-API-KEY", "KC-API-SIGN", "KC-API-TIMESTAMP", "KC-API-PASSPHRASE")
_PLAIN = "1"
"""The version of keys whose passphrase is sent as it is; that of newer ones is signed."""


def check(request: ReceivedRequest, account: KucoinAccount) -> None:
    """
    Let a request in, or not.

    :param account: the account that may send requests.
    :raises Refusal: a header is missing or wrong.
    """
    sent = {name: request.headers.get(name, "") for name in _NEEDED}
    if not all(sent.values()):
        raise refused("400001")
    if not _equal(sent["KC-API-KEY"], account.key):
        raise refused("400003")
    version = request.headers.get("KC-API-KEY-VERSION", _PLAIN)
    if version not in (_PLAIN, "2", "3"):
        raise refused("400009")
    stamp = sent["KC-API-TIMESTAMP"]
    if not (stamp.isascii() and stamp.isdecimal() and abs(int(stamp[:20]) - request.now_ms) < CLOCK_WINDOW_MS):
        raise refused("400002")
    target = f"{request.path}?{request.query}" if request.query else request.path
    text = f"{stamp}{request.method}{target}".encode("utf-8", "surrogateescape") + request.body
    if not request.judged(_equal(sent["KC-API-SIGN"], _signed(account.secret, text))):
        raise refused("400005")
    phrase = account.passphrase
    wanted = phrase if version == _PLAIN else _signed(account.secret, phrase.encode())
    if not _equal(sent["KC-API-PASSPHRASE"], wanted):
        raise refused("400004")


def checked_body(request: ReceivedRequest) -> dict[str, Any]:
    """
    Return the JSON body of a request.

    :raises Refusal: it is no object.
    """
    if not request.headers.get("Content-Type", "").lower().startswith("application/json"):
        raise refused("415000")
    try:
        body = json.loads(request.body)
    except (ValueError, RecursionError):
        raise refused("400100") from None
    if not isinstance(body, dict):
        raise refused("400100")
    return body


def _signed(secret: str, text: bytes) -> str:
    return base64.b64encode(hmac.new(secret.encode(), text, hashlib.sha256).digest()).decode()


def _equal(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode("utf-8", "surrogateescape"), other.encode())
