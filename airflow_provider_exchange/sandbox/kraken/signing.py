"""Checks the key, the signature and the nonce of a request to Kraken, from the bytes received."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from airflow_provider_exchange.sandbox.kraken.answers import (
    BAD_REQUEST,
    DENIED,
    INVALID_KEY,
    INVALID_NONCE,
    INVALID_SIGNATURE,
    refusal,
)

if TYPE_CHECKING:
    from collections.abc import Collection

    from airflow_provider_exchange.sandbox.kraken.account import KrakenAccount
    from airflow_provider_exchange.sandbox.protocol import ReceivedRequest

_NONCE = re.compile("[0-9]{1,20}")
LARGEST_NONCE = 2**64 - 1


def signature_of(secret: str, path: str, nonce: str, body: bytes) -> str:
    """
    Return a signature: HMAC-SHA512 of the path and the SHA256 of nonce and body, both keys and it in base64.

    :param secret: in base64.
    :param path: as it was sent.
    :param nonce: as the body has it.
    """
    digest = hashlib.sha256(nonce.encode() + body).digest()
    signed = path.encode("utf-8", "surrogateescape") + digest
    return base64.b64encode(hmac.new(base64.b64decode(secret), signed, hashlib.sha512).digest()).decode()


def asked_of(request: ReceivedRequest) -> dict[str, Any]:
    """
    Return the fields of a body, which is JSON or a form.

    :raises Refusal: it is neither, or names a field twice.
    """
    if request.headers.get("Content-Type", "").startswith("application/json"):
        try:
            sent = json.loads(request.body)
        except (ValueError, RecursionError):
            raise refusal(BAD_REQUEST) from None
        if not isinstance(sent, dict):
            raise refusal(BAD_REQUEST)
        return sent
    pairs = parse_qsl(request.body.decode("utf-8", "replace"), keep_blank_values=True)
    asked = dict(pairs)
    if len(asked) != len(pairs):
        raise refusal(BAD_REQUEST)
    return asked


class Gate:
    """Lets an account's requests in. Each nonce must be larger than the one before."""

    def __init__(self) -> None:
        self.last_nonce = -1

    def check(
        self, request: ReceivedRequest, account: KrakenAccount, needs: Collection[str] = ()
    ) -> dict[str, Any]:
        """
        Return the fields of a request but its nonce.

        :param account: the account that may send requests.
        :param needs: permissions, one of which the key has to have; none when empty.
        :raises Refusal: the key, the signature, the nonce or the permission is missing or wrong.
        """
        key, signature = (request.headers.get(name, "") for name in ("API-Key", "API-Sign"))
        if not _same(key, account.key):
            raise refusal(INVALID_KEY)
        asked = asked_of(request)
        nonce = str(asked.pop("nonce", ""))
        if not request.judged(_same(signature, signature_of(account.secret, request.path, nonce, request.body))):
            raise refusal(INVALID_SIGNATURE)
        if not _NONCE.fullmatch(nonce) or not self.last_nonce < int(nonce) <= LARGEST_NONCE:
            raise refusal(INVALID_NONCE)
        self.last_nonce = int(nonce)
        if needs and not set(needs) & set(account.permissions):
            raise refusal(DENIED)
        return asked


def _same(sent: str, wanted: str) -> bool:
    return hmac.compare_digest(sent.encode("utf-8", "surrogateescape"), wanted.encode())
