"""Checks the key, time and signature of a request to Deribit, from the bytes received."""

from __future__ import annotations

import hashlib
import hmac
import re
from typing import TYPE_CHECKING

from airflow_provider_exchange.sandbox.deribit.answers import refusal

if TYPE_CHECKING:
    from airflow_provider_exchange.sandbox.deribit.account import DeribitAccount
    from airflow_provider_exchange.sandbox.protocol import ReceivedRequest

VALID_MS = 60_000
"""How old a request may be."""

_HEADER = re.compile(
    r"deri-hmac-sha256 +id=(?P<id>[^, ]*) *, *ts=(?P<ts>[0-9]{1,15}) *, *"
    r"sig=(?P<sig>[^, ]*) *, *nonce=(?P<nonce>[^, ]+)"
)


def check(request: ReceivedRequest, account: DeribitAccount) -> None:
    """
    Check that the account's owner sent the request, and when.

    :raises Refusal: the key, the time or the signature is not valid.
    """
    header = request.headers.get("Authorization")
    if header is None:
        raise refusal(request, 10000)
    sent = _HEADER.fullmatch(header)
    if sent is None:
        raise refusal(request, 13009)
    uri = f"{request.path}?{request.query}" if request.query else request.path
    signed = f"{sent['ts']}\n{sent['nonce']}\n{request.method}\n{uri}\n".encode("utf-8", "surrogateescape")
    wanted = hmac.new(account.secret.encode(), signed + request.body + b"\n", hashlib.sha256).hexdigest()
    if not _same(sent["id"], account.key) or not request.judged(_same(sent["sig"], wanted)):
        raise refusal(request, 13004)
    if int(sent["ts"]) < request.now_ms - VALID_MS:
        raise refusal(request, 13009)


def _same(sent: str, wanted: str) -> bool:
    return hmac.compare_digest(sent.encode("utf-8", "surrogateescape"), wanted.encode())
