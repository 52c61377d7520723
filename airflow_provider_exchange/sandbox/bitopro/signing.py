"""Checks the key, payload and signature of a request to BitoPro, from the bytes received."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from typing import TYPE_CHECKING, Any

from airflow_provider_exchange.sandbox.protocol import Answer, ReceivedRequest, Refusal

if TYPE_CHECKING:
    from airflow_provider_exchange.sandbox.bitopro.account import BitoProAccount

CLOCK_WINDOW_MS = 10_000
"""How far a nonce or timestamp may be from the venue's clock. Not documented by the vendor."""


def signature_matches(secret: str, payload: str, signature: str) -> bool:
    """Return whether ``signature`` is the hex HMAC-SHA384 of the payload, in constant time."""
    wanted = hmac.new(secret.encode(), payload.encode("utf-8", "surrogateescape"), hashlib.sha384).hexdigest()
    return hmac.compare_digest(wanted.encode(), signature.encode("utf-8", "surrogateescape"))


def opened(payload: str) -> bytes | None:
    """Decode a payload in standard or URL-safe base64; ``None`` when it is neither."""
    try:
        return base64.b64decode(payload.replace("-", "+").replace("_", "/"), validate=True)
    except (binascii.Error, ValueError):
        return None


class Gate:
    """Checks the requests of an account. Each nonce must be greater than the one before."""

    def __init__(self) -> None:
        self.last_nonce = -1

    def check(self, request: ReceivedRequest, account: BitoProAccount, *, trading: bool = False) -> Any:
        """
        Return the signed content of a request: its body without a nonce, or the payload if it has no body.

        :param account: the account that may send requests.
        :param trading: whether the request needs a key that may trade.
        :raises Refusal: the key, signature, body, nonce or timestamp is not valid.
        """
        key = request.headers.get("X-BITOPRO-APIKEY", "")
        payload = request.headers.get("X-BITOPRO-PAYLOAD", "")
        signature = request.headers.get("X-BITOPRO-SIGNATURE", "")
        if not hmac.compare_digest(key.encode("utf-8", "surrogateescape"), account.key.encode()):
            raise Refusal(error(401, "Unauthorized api key"))
        inside = opened(payload)
        with_body = request.method in ("POST", "PUT")
        covers = inside == request.body if with_body else inside is not None
        valid = covers and signature_matches(account.secret, payload, signature)
        if not request.judged(valid) or inside is None:
            raise Refusal(error(401, "Invalid Signature"))
        try:
            content = json.loads(inside)
        except (ValueError, RecursionError):
            raise Refusal(error(400, "Invalid body")) from None
        if not isinstance(content, dict):
            if not with_body:
                raise Refusal(error(400, "Invalid body"))
        elif not with_body:
            self._check_identity(content, account.identity)
            self._take_nonce(content.get("nonce"), request.now_ms)
        elif "nonce" in content:
            # The vendor's newer guide puts a nonce into every body, its older pages put none there.
            self._take_nonce(content.pop("nonce"), request.now_ms)
        if trading and not account.may_trade:
            raise Refusal(error(403, "Forbidden"))
        return content

    def _check_identity(self, content: dict[str, Any], identity: str) -> None:
        # The vendor documents the identity as required, but its own Python client sends an empty one, and other
        # published clients none; both work.
        if content.get("identity", "") not in ("", identity):
            raise Refusal(error(401, "Unauthorized api key"))

    def _take_nonce(self, nonce: Any, now_ms: int) -> None:
        if not isinstance(nonce, int) or isinstance(nonce, bool):
            raise Refusal(error(400, "Invalid body"))
        check_clock(nonce, now_ms)
        if nonce <= self.last_nonce:
            raise Refusal(error(409, "Conflict"))
        self.last_nonce = nonce


def error(status: int, text: str) -> Answer:
    """Return an error in BitoPro's format."""
    return Answer({"error": text}, status)


def check_clock(stamp: int, now_ms: int) -> None:
    """
    Check a timestamp.

    :raises Refusal: it is too far from the venue's clock.
    """
    if abs(stamp - now_ms) > CLOCK_WINDOW_MS:
        raise Refusal(error(409, "Conflict"))
