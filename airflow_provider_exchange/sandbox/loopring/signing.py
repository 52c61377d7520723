"""Checks the signatures of requests and orders at Loopring, from the bytes received."""

from __future__ import annotations

import hashlib
import hmac
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, quote

from airflow_provider_exchange.sandbox.loopring.errors import LoopringRefusal

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from airflow_provider_exchange.sandbox.loopring.account import LoopringAccount
    from airflow_provider_exchange.sandbox.protocol import ReceivedRequest

FIELD = 21888242871839275222246405745257275088548364400416034343698204186575808495617
"""The prime modulus to which messages are reduced."""

_SIGNATURE = re.compile("0x[0-9a-f]{192}")


def message_of(method: str, url: str, parameters: Sequence[tuple[str, str]]) -> int:
    """
    Return the integer that a request's signature covers.

    :param url: in full, without the query.
    :param parameters: decoded, in any order.
    """
    joined = "&".join(f"{_percent(key)}={_percent(value)}" for key, value in sorted(parameters))
    base = "&".join((method, _percent(url), _percent(joined)))
    return int.from_bytes(hashlib.sha256(base.encode()).digest(), "big") % FIELD


def signature_matches(public_key: tuple[int, int], message: int, signature: str) -> bool:
    """Return whether ``signature`` (0x and three numbers of 64 lower-case hex digits) signs ``message``."""
    from airflow_provider_exchange.crypto import eddsa

    if not _SIGNATURE.fullmatch(signature):
        return False
    x, y, s = (int(signature[start : start + 64], 16) for start in (2, 66, 130))
    return eddsa.verify(public_key, message, (x, y, s))


def order_hash(order: Mapping[str, Any]) -> int:
    """
    Return the hash that identifies an order and that its owner signs.

    :raises ValueError, KeyError, TypeError: a field is missing or out of range.
    """
    from airflow_provider_exchange.crypto import poseidon

    return poseidon.order_hash(
        [
            int(order["exchange"], 16),
            int(order["storageId"]),
            int(order["accountId"]),
            int(order["sellToken"]["tokenId"]),
            int(order["buyToken"]["tokenId"]),
            int(order["sellToken"]["volume"]),
            int(order["buyToken"]["volume"]),
            int(order["validUntil"]),
            int(order["maxFeeBips"]),
            int(order["fillAmountBOrS"] in (True, "true")),
            int(order.get("taker") or "0x0", 16),
        ]
    )


def checked_query(
    request: ReceivedRequest, account: LoopringAccount, *, signed: bool = False, needs_key: bool = True
) -> dict[str, str]:
    """
    Check key, account and, if required, signature of a request, and return its query.

    :param signed: whether the request needs a signature.
    :param needs_key: whether the request needs the API key; one that it has is checked anyway.
    :raises LoopringRefusal: one of them is not valid.
    """
    key = request.headers.get("X-API-KEY", "")
    if needs_key and not key:
        raise LoopringRefusal(104001)
    if key and not hmac.compare_digest(key.encode("utf-8", "surrogateescape"), account.key.encode()):
        raise LoopringRefusal(104002)
    query = request.query
    try:
        pairs = parse_qsl(query, keep_blank_values=True, strict_parsing=bool(query), errors="strict")
    except ValueError:
        raise LoopringRefusal(100001) from None
    asked = dict(pairs)
    if len(asked) != len(pairs):
        raise LoopringRefusal(100001)
    if signed:
        signature = request.headers.get("X-API-SIG", "")
        if not signature:
            raise LoopringRefusal(104004)
        message = message_of(request.method, request.base_url + request.path, pairs)
        if not request.judged(signature_matches(account.public_key, message, signature)):
            raise LoopringRefusal(104005)
    if request.method != "POST" and asked.get("accountId") != str(account.account_id):
        raise LoopringRefusal(104003)
    return asked


def _percent(text: str) -> str:
    return quote(text, safe="")
