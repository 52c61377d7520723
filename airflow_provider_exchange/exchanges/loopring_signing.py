"""
How requests to Loopring are signed.

Source: the vendor's page "Request signing". The scheme itself is in :mod:`airflow_provider_exchange.crypto.eddsa`.
"""

from __future__ import annotations

import re
from hashlib import sha256
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

if TYPE_CHECKING:
    from collections.abc import Mapping

RESERVED = re.compile(r"[^A-Za-z0-9_.~-]+", re.ASCII)
"""What is percent-encoded. ``quote`` takes every character of a long text in hand, and a batch has ten hashes."""


FIELD = 21888242871839275222246405745257275088548364400416034343698204186575808495617
"""The order of the BN254 scalar field."""
SUBGROUP = 2736030358979909402780800718157159386076813972158567259200215660948447373041
"""The order of Baby Jubjub's base point; private keys are smaller."""


def parse_private_key(text: str) -> int | None:
    """Return a private key from hex (with or without ``0x``) or decimal text, or None. Digits alone are decimal."""
    if re.fullmatch(r"[0-9]{1,80}", text, re.ASCII):
        return int(text)
    if re.fullmatch(r"(0[xX])?[0-9a-fA-F]{1,64}", text, re.ASCII):
        return int(text, 16)
    return None


def spellings(private_key: int) -> tuple[str, ...]:
    """Return the texts under which a private key might appear in a message."""
    return (str(private_key), f"{private_key:x}", f"{private_key:064x}", f"{private_key:X}", f"{private_key:064X}")


def percent(text: str) -> str:
    """Percent-encode everything but RFC 3986's unreserved characters."""
    return RESERVED.sub(lambda part: quote(part[0], safe=""), text)


def parameter_string(params: Mapping[str, Any]) -> str:
    """Return the parameters sorted by name, encoded and joined."""
    return "&".join(f"{percent(name)}={percent(str(params[name]))}" for name in sorted(params))


def string_to_sign(method: str, url: str, params: Mapping[str, Any]) -> str:
    """Return method, URL without query, and parameters, each encoded, joined by ``&``."""
    return "&".join((method, percent(url), percent(parameter_string(params))))


def message_of(base_string: str) -> int:
    """Return the integer that is signed: SHA-256 of a :func:`string_to_sign`, reduced to the field."""
    return int.from_bytes(sha256(base_string.encode()).digest(), "big") % FIELD


def sign_request(private_key: int, method: str, url: str, params: Mapping[str, Any]) -> str:
    """Return the ``X-API-SIG`` header for a URL without query: ``0x``, then Rx, Ry and s in hexadecimal."""
    from airflow_provider_exchange.crypto.eddsa import sign

    return "0x" + "".join(
        f"{part:064x}" for part in sign(private_key, message_of(string_to_sign(method, url, params)))
    )
