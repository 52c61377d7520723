"""Checks the key, signature and timestamp of a request to Nami, from the bytes received."""

from __future__ import annotations

import hashlib
import hmac
import json
import math
import re
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, quote_plus

from airflow_provider_exchange.sandbox.nami.errors import bad_parameters, unauthorized

if TYPE_CHECKING:
    from collections.abc import Sequence

    from airflow_provider_exchange.sandbox.nami.account import NamiAccount
    from airflow_provider_exchange.sandbox.protocol import ReceivedRequest

TIMESTAMP_WINDOW_MS = 5_000
"""How far a request's timestamp may be from the venue's clock. Not documented by the vendor."""


def javascript_text(value: Any, *, objects: str = "url_search_params") -> str:
    """
    Return the text to which JavaScript's ``URLSearchParams`` converts a JSON value before encoding it.

    :param objects: how to convert arrays and objects: ``url_search_params`` as JavaScript does
        (``[object Object]``), ``json`` as compact JSON.
    """
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None:
        return "null"
    if isinstance(value, int | float):
        return _javascript_number(value)
    if isinstance(value, str):
        return value
    if objects == "json":
        return json.dumps(value, separators=(",", ":"), ensure_ascii=False)
    if isinstance(value, list):
        return ",".join("" if each is None else javascript_text(each) for each in value)
    return "[object Object]"


def _javascript_number(value: float) -> str:
    try:
        double = float(value)
    except OverflowError:
        double = math.inf if value > 0 else -math.inf
    if not math.isfinite(double):
        return "NaN" if math.isnan(double) else "Infinity" if double > 0 else "-Infinity"
    exact = Decimal(repr(double))
    if exact == 0:
        return "0"
    if Decimal("1e-6") <= abs(exact) < Decimal("1e21"):
        text = f"{exact:f}"
        return text.rstrip("0").rstrip(".") if "." in text else text
    mantissa, _, exponent = f"{exact.normalize():e}".partition("e")
    return f"{mantissa}e{int(exponent):+d}"


def form_encoded(pairs: Sequence[tuple[str, str]]) -> str:
    """Return the result of ``new URLSearchParams(pairs).toString()``."""

    def encoded(text: str) -> str:
        return quote_plus(text, safe="*-._").replace("~", "%7E")

    return "&".join(f"{encoded(key)}={encoded(value)}" for key, value in pairs)


def signature_matches(secret: str, text: str, signature: str) -> bool:
    """Return whether ``signature`` is the hex HMAC-SHA256 of ``text``, in constant time."""
    wanted = hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest()
    return hmac.compare_digest(wanted.encode(), signature.encode("utf-8", "surrogateescape"))


@dataclass(frozen=True)
class Signed:
    """
    The parameters of a request.

    :param text: the text that must be signed; ``None`` when no signature can be valid.
    """

    parameters: dict[str, Any]
    signature: str
    text: str | None


def checked_parameters(request: ReceivedRequest, account: NamiAccount, batch_signing: str) -> dict[str, Any]:
    """
    Check key, signature and timestamp of a request, and return its signed parameters.

    :raises Refusal: one of them is not valid.
    """
    with_body = request.body and request.method != "GET"
    signed = _from_body(request.body, batch_signing) if with_body else _from_query(request.query)
    key = request.headers.get("x-api-key", "")
    if not key or not signed.signature or "timestamp" not in signed.parameters:
        raise unauthorized("Missing API key, signature, or timestamp")
    if not hmac.compare_digest(key.encode("utf-8", "surrogateescape"), account.key.encode()):
        raise unauthorized("Invalid API key")
    text = signed.text
    if not request.judged(text is not None and signature_matches(account.secret, text, signed.signature)):
        raise unauthorized("Invalid signature")
    stamp = str(signed.parameters.pop("timestamp"))
    if not re.fullmatch("[0-9]{1,17}", stamp):
        raise bad_parameters()
    if abs(int(stamp) - request.now_ms) > TIMESTAMP_WINDOW_MS:
        raise unauthorized("Timestamp outside of the allowed window")
    return signed.parameters


def _from_query(query: str) -> Signed:
    text, _, signature = query.rpartition("&signature=")
    try:
        pairs = parse_qsl(text, keep_blank_values=True, strict_parsing=True, errors="strict")
    except ValueError:
        pairs = []
    parameters: dict[str, Any] = dict(pairs)
    canonical = form_encoded(pairs) == text and len(parameters) == len(pairs)
    return Signed(parameters, signature, text if canonical else None)


def _from_body(body: bytes, batch_signing: str) -> Signed:
    try:
        pairs = json.loads(body, object_pairs_hook=_Members)
    except (ValueError, RecursionError):
        raise bad_parameters() from None
    if not isinstance(pairs, _Members) or len({key for key, _ in pairs}) != len(pairs):
        raise bad_parameters()
    values = {key: _plain(value) for key, value in pairs}
    signature = values.pop("signature", "")
    nested = any(isinstance(value, list | dict) for value in values.values())
    texts = [(key, javascript_text(value, objects=batch_signing)) for key, value in values.items()]
    refused = nested and batch_signing == "refuse"
    return Signed(values, signature if isinstance(signature, str) else "", None if refused else form_encoded(texts))


class _Members(list[tuple[str, Any]]):
    """The members of a JSON object, in order and with duplicates."""


def _plain(value: Any) -> Any:
    if isinstance(value, _Members):
        return {key: _plain(each) for key, each in value}
    if isinstance(value, list):
        return [_plain(each) for each in value]
    return value
