"""
Checks who sent a request to Coinbase, from the headers received: a token of the request's own, or the signature of
a legacy key.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from base64 import b64decode, urlsafe_b64decode
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from airflow_provider_exchange.sandbox.coinbase.answers import not_let_in, unauthorized

if TYPE_CHECKING:
    from collections.abc import Mapping

    from airflow_provider_exchange.sandbox.coinbase.account import CoinbaseAccount
    from airflow_provider_exchange.sandbox.protocol import ReceivedRequest

HOST = "api.coinbase.com"
"""The venue's own host, which a token names whatever host the paper exchange has."""
LIFETIME = 120
"""Seconds for which a token is valid at most."""
EARLY = 1
"""Seconds by which the client's clock may be ahead."""
LEGACY_WINDOW = 30
"""Seconds by which the time of a legacy signature may be off."""
ISSUERS = ("cdp", "coinbase-cloud")
NONCE = re.compile("[0-9a-fA-F]{1,64}")
TOKEN = re.compile(r"Bearer ([\w-]+)\.([\w-]+)\.([\w-]+)", re.ASCII)
SEED = 32
HALF = 32


def check(request: ReceivedRequest, account: CoinbaseAccount, used: set[str]) -> None:
    """
    Check that the account's owner made this request, and lately.

    :param used: tokens that were used before, of which each is for one request; takes this one.
    :raises Refusal: the key, the token or the signature is not valid.
    """
    token = TOKEN.fullmatch(request.headers.get("Authorization", ""))
    if token is None:
        _check_legacy(request, account)
        return
    if _object(token[1]).get("kid") != account.key:
        raise unauthorized()
    is_valid = _is_signed(token, account) and _is_meant(token, request, account) and token[0] not in used
    used.add(token[0])
    if not request.judged(is_valid):
        raise unauthorized()


def _is_signed(token: re.Match[str], account: CoinbaseAccount) -> bool:
    """Whether the account's private key made the signature, by the algorithm that the header names."""
    key, signature, signed = _key(account.secret), _bytes(token[3]), f"{token[1]}.{token[2]}".encode()
    algorithm = _object(token[1]).get("alg")
    try:
        if isinstance(key, Ed25519PrivateKey) and algorithm == "EdDSA":
            key.public_key().verify(signature, signed)
        elif isinstance(key, EllipticCurvePrivateKey) and algorithm == "ES256" and len(signature) == 2 * HALF:
            r, s = (int.from_bytes(part) for part in (signature[:HALF], signature[HALF:]))
            key.public_key().verify(encode_dss_signature(r, s), signed, ECDSA(SHA256()))
        else:
            return False
    except InvalidSignature:
        return False
    return True


def _is_meant(token: re.Match[str], request: ReceivedRequest, account: CoinbaseAccount) -> bool:
    """Whether a token is of this key, for this request, and of this moment."""
    header, claims = _object(token[1]), _object(token[2])
    now = request.now_ms / 1000
    begins, ends = claims.get("nbf"), claims.get("exp")
    uris = claims.get("uris", [claims.get("uri")])
    return (
        claims.get("sub") == account.key
        and header.get("typ", "JWT") == "JWT"
        and isinstance(header.get("nonce"), str)
        and NONCE.fullmatch(header["nonce"]) is not None
        and claims.get("iss") in ISSUERS
        and isinstance(begins, int)
        and isinstance(ends, int)
        and begins - EARLY <= now < ends
        and 0 < ends - begins <= LIFETIME
        and uris == [f"{request.method} {HOST}{request.path}"]
    )


def _check_legacy(request: ReceivedRequest, account: CoinbaseAccount) -> None:
    """Check the signature of a legacy key: of time, method, path and body."""
    headers = request.headers
    key, stamp = headers.get("CB-ACCESS-KEY"), headers.get("CB-ACCESS-TIMESTAMP", "")
    if key is None:
        raise unauthorized()
    if key != account.key:
        raise not_let_in("invalid api key")
    signed = f"{stamp}{request.method}{request.path}".encode("utf-8", "surrogateescape") + request.body
    wanted = hmac.new(account.secret.encode(), signed, hashlib.sha256).hexdigest()
    sent = headers.get("CB-ACCESS-SIGN", "").encode("utf-8", "surrogateescape")
    if not request.judged(hmac.compare_digest(sent, wanted.encode())):
        raise not_let_in("invalid signature")
    if not re.fullmatch("[0-9]{1,12}", stamp) or abs(request.now_ms / 1000 - int(stamp)) > LEGACY_WINDOW:
        raise not_let_in("request timestamp expired")


@lru_cache(8)
def _key(secret: str) -> object:
    """Return the private key that a secret is; ``None`` for a legacy one."""
    if secret.startswith("-----BEGIN"):
        return load_pem_private_key(secret.encode(), password=None)
    try:
        return Ed25519PrivateKey.from_private_bytes(b64decode(secret, validate=True)[:SEED])
    except ValueError:
        return None


def _bytes(text: str) -> bytes:
    try:
        return urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except ValueError:
        return b""


def _object(text: str) -> Mapping[str, Any]:
    """Return a part of a token; an empty object if it is none."""
    try:
        decoded = json.loads(_bytes(text))
    except (ValueError, RecursionError):
        return {}
    return decoded if isinstance(decoded, dict) else {}
