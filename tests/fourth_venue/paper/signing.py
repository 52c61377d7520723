"""Who is asking Harbor: key, time and signature of a request, from the bytes received."""

from __future__ import annotations

import hashlib
import hmac
from typing import TYPE_CHECKING

from airflow_provider_exchange.sandbox.protocol import Answer, ReceivedRequest, Refusal

if TYPE_CHECKING:
    from tests.fourth_venue.paper.account import HarborAccount

CLOCK_WINDOW_MS = 10_000


def error(status: int, code: str, message: str) -> Answer:
    """An error in the vendor's shape."""
    return Answer({"error": {"code": code, "message": message}}, status)


def signature_of(secret: str, time: str, method: str, target: str, body: bytes) -> str:
    """The signature that the vendor's page asks for."""
    lines = [time.encode(), method.encode(), target.encode(), body]
    return hmac.new(secret.encode(), b"\n".join(lines), hashlib.sha256).hexdigest()


def let_in(request: ReceivedRequest, account: HarborAccount, *, trading: bool = False) -> None:
    """
    Check who is asking.

    :param account: whose requests are let in.
    :param trading: whether the key must be one that may trade.
    :raises Refusal: key, signature or time do not hold.
    """
    key, time, signature = (request.headers.get(f"Harbor-{name}", "") for name in ("Key", "Time", "Signature"))
    if not hmac.compare_digest(key.encode(), account.key.encode()):
        raise Refusal(error(401, "unknown_key", "no such key"))
    target = request.path + (f"?{request.query}" if request.query else "")
    wanted = signature_of(account.secret, time, request.method, target, request.body)
    if not hmac.compare_digest(wanted.encode(), signature.encode()):
        raise Refusal(error(401, "bad_signature", "the signature is not that of this request"))
    if not time.isascii() or not time.isdigit() or abs(int(time) - request.now_ms) > CLOCK_WINDOW_MS:
        raise Refusal(error(401, "stale_time", "the time is more than ten seconds off"))
    if trading and not account.may_trade:
        raise Refusal(error(403, "read_only_key", "this key may not trade"))
