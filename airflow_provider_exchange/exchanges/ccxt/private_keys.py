"""
API secrets that are private keys, in the spellings in which they come out of connections.

A key in PEM has several lines. A connection's form has one line for it, so a browser takes the line breaks out or
makes blanks of them; and where a key was copied out of a JSON file, each is written as a backslash and an ``n``.
"""

from __future__ import annotations

import re
from base64 import b64encode

from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

__all__ = ["key_or_word"]

MARK = "-----"
PEM = re.compile(
    rf"{MARK}BEGIN (?P<kind>[A-Z ]{{1,30}}){MARK}(?P<content>[^-]*){MARK}END (?P=kind){MARK}", re.ASCII
)
LINE_BREAK = re.compile(r"\\[nr]|\s")
LINE = 64
WORD = re.compile(r"[\x21-\x7e]+")


def key_or_word(secret: str) -> str:
    """
    Return an API secret as ccxt takes it: a key for ES256 in PEM, one of Ed25519 in base64, any other word as is.

    :raises ValueError: when it is none of them, in words that hold no part of it.
    """
    text = secret.strip()
    if MARK not in text:
        if not WORD.fullmatch(text):
            raise ValueError("holds blanks or characters outside ASCII")
        return text
    key = _loaded(text)
    if isinstance(key, Ed25519PrivateKey):
        seed = key.private_bytes(Encoding.Raw, PrivateFormat.Raw, NoEncryption())
        return b64encode(seed + key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)).decode()
    if isinstance(key, EllipticCurvePrivateKey) and isinstance(key.curve, SECP256R1):
        return key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()).decode()
    raise ValueError("is a private key, but neither one for ES256 (ECDSA on P-256) nor one of Ed25519")


def _loaded(text: str) -> object:
    """Return the key in a text; what a library says of a wrong one may hold a part of it."""
    found = PEM.fullmatch(LINE_BREAK.sub(" ", text).strip())
    if found is not None:
        content = found["content"].replace(" ", "")
        lines = [content[start : start + LINE] for start in range(0, len(content), LINE)]
        kind = found["kind"]
        pem = "\n".join([f"{MARK}BEGIN {kind}{MARK}", *lines, f"{MARK}END {kind}{MARK}", ""])
        try:
            return load_pem_private_key(pem.encode(), password=None)
        except Exception:  # noqa: BLE001, S110  (cryptography raises several, UnsupportedAlgorithm among them)
            pass
    raise ValueError(
        "has the marks of a private key in PEM, and cannot be read as one: a part of it may be missing, from the "
        "line that begins it to the line that ends it"
    )
