"""Checks the key, signature and time of a request to Binance, from the bytes received."""

from __future__ import annotations

import hashlib
import hmac
import re
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from airflow_provider_exchange.sandbox.binance.errors import illegal, missing, refused
from airflow_provider_exchange.sandbox.binance.parameters import Parameters

if TYPE_CHECKING:
    from airflow_provider_exchange.sandbox.binance.account import BinanceAccount
    from airflow_provider_exchange.sandbox.protocol import ReceivedRequest

KEY_HEADER = "X-MBX-APIKEY"
KEY = re.compile(r"[A-Za-z0-9_-]{1,128}")
SIGNATURE = "^[A-Fa-f0-9]{64}$"
USUAL_WINDOW_MS = 5_000
LONGEST_WINDOW_MS = 60_000
AHEAD_MS = 1_000
"""How far ahead of the venue's clock a timestamp may be."""

_SIGNATURE_FIELD = re.compile(r"(?:^|&)signature=[^&]*")


def open_parameters(request: ReceivedRequest, *, strict: bool) -> Parameters:
    """Return the parameters of a request that needs no signature."""
    return Parameters(_pairs(request.query), strict=strict)


def signed_parameters(
    request: ReceivedRequest, account: BinanceAccount, *, strict: bool, trading: bool
) -> Parameters:
    """
    Check key, signature, timestamp and window of a request, and return its parameters.

    :param strict: as in :class:`.Parameters`.
    :param trading: whether the call needs a key that may trade.
    :raises Refusal: one of them is not valid.
    """
    key = request.headers.get(KEY_HEADER, "")
    if not KEY.fullmatch(key):
        raise refused(-2014, "API-key format invalid.", 401)
    if not hmac.compare_digest(key.encode(), account.key.encode()) or (trading and not account.may_trade):
        raise refused(-2015, "Invalid API-key, IP, or permissions for action.", 401)
    body = "" if request.method == "GET" else request.body.decode("utf-8", "surrogateescape")
    in_query = _pairs(request.query)
    named = {name for name, _ in in_query}
    # Where query and body both have a parameter, that of the query counts.
    asked = Parameters([*in_query, *(each for each in _pairs(body) if each[0] not in named)], strict=strict)
    signature = asked.text("signature")
    if signature is None:
        raise missing("signature")
    if not re.fullmatch(SIGNATURE, signature):
        raise illegal("signature", SIGNATURE)
    text = "".join(_SIGNATURE_FIELD.sub("", part).removeprefix("&") for part in (request.query, body))
    if not request.judged(signature_matches(account.secret, text, signature)):
        raise refused(-1022, "Signature for this request is not valid.")
    _check_time(asked, request.now_ms)
    return asked


def signature_matches(secret: str, text: str, signature: str) -> bool:
    """Return whether ``signature`` is the hex HMAC-SHA256 of the text, in constant time and either case."""
    wanted = hmac.new(secret.encode(), text.encode("utf-8", "surrogateescape"), hashlib.sha256).hexdigest()
    return hmac.compare_digest(wanted, signature.lower())


def _check_time(asked: Parameters, now_ms: int) -> None:
    window = float(asked.text("recvWindow", r"^[0-9]{1,9}(\.[0-9]{1,3})?$") or USUAL_WINDOW_MS)
    stamp = asked.whole("timestamp")
    if stamp is None:
        raise missing("timestamp")
    if window > LONGEST_WINDOW_MS:
        raise refused(-1131, "recvWindow must be less than 60000")
    if stamp >= now_ms + AHEAD_MS:
        raise refused(-1021, "Timestamp for this request was 1000ms ahead of the server's time.")
    if now_ms - stamp > window:
        raise refused(-1021, "Timestamp for this request is outside of the recvWindow.")


def _pairs(text: str) -> list[tuple[str, str]]:
    return parse_qsl(text, keep_blank_values=True, errors="replace")
