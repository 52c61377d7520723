"""Loopring's EdDSA: Baby Jubjub, Poseidon, and a nonce from SHA-512.

With base point B of order L, curve order E = 8 L and field modulus r: a private key k is an integer with 0 < k < L, its
public key the point A = k·B. A message is an integer m with 0 <= m < r. Its signature (R_x, R_y, s) is

- n = SHA-512(k ‖ m) mod L, both as 32 bytes, the digest as an integer, all little-endian
- R = n·B
- t = Poseidon(R_x, R_y, A_x, A_y, m)
- s = (n + k·t) mod E

and holds if s·B = R + t·A. Adding L to s keeps it valid, as the scheme itself reduces by E: a signature is no unique name.

**Not constant-time.** This is arithmetic on Python's integers (or gmpy2's), whose time depends on their values, with
look-ups in tables at places that the nonce decides. Whoever can time single signatures closely, or watches the caches of
the same machine, may learn about the key. The key and what comes of it are not wiped from memory either.

Source: the vendor's documents and published clients; see the tests for vectors.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from hashlib import blake2b, sha512

from .babyjubjub import (
    CURVE_ORDER,
    IDENTITY,
    SUBGROUP_ORDER,
    Point,
    add,
    is_in_subgroup,
    is_on_curve,
    multiply,
    multiply_base,
)
from .field import MODULUS
from .poseidon import signature_hash

_KNOWN_KEYS = 64

_public_keys: dict[bytes, Point] = {}


def public_key(private_key: int) -> tuple[int, int]:
    """Return the point A = k·B of a private key.

    :raises ValueError: the private key is not an integer with 0 < k < L; the text does not show it
    """
    return _public_key(_private_bytes(private_key), private_key)


def sign(private_key: int, message: int) -> tuple[int, int, int]:
    """Sign a message; the same key and message give the same signature.

    :param message: a field element, 0 <= message < r
    :return: R_x, R_y, s
    :raises ValueError: a private key that is not an integer with 0 < k < L, or a message out of the field; the text shows
        neither
    """
    secret = _private_bytes(private_key)
    if type(message) is not int or not 0 <= message < MODULUS:
        raise ValueError("message must be an integer from 0 to the field's modulus - 1")
    digest = sha512(secret + message.to_bytes(32, "little")).digest()
    nonce = int.from_bytes(digest, "little") % SUBGROUP_ORDER
    r_x, r_y = multiply_base(nonce)
    a_x, a_y = _public_key(secret, private_key)
    challenge = signature_hash((r_x, r_y, a_x, a_y, message))
    return r_x, r_y, (nonce + private_key * challenge) % CURVE_ORDER


def verify(public_key: tuple[int, int], message: int, signature: tuple[int, int, int]) -> bool:
    """Tell whether a signature (R_x, R_y, s) holds; whatever is malformed does not.

    Refused too: a public key that is not a multiple of the base point or is the neutral point, and the neutral point as R,
    which would give the key away.
    """
    if not (_are_integers(public_key, 2) and _are_integers((message,), 1) and _are_integers(signature, 3)):
        return False
    a_x, a_y = public_key
    r_x, r_y, s = signature
    commitment = (r_x, r_y)
    if not (0 <= message < MODULUS and 0 <= s < CURVE_ORDER):
        return False
    if not is_on_curve(commitment) or commitment == IDENTITY or not _is_public_key((a_x, a_y)):
        return False
    challenge = signature_hash((r_x, r_y, a_x, a_y, message))
    return multiply_base(s) == add(commitment, multiply((a_x, a_y), challenge))


def _private_bytes(private_key: int) -> bytes:
    if type(private_key) is not int or not 0 < private_key < SUBGROUP_ORDER:
        raise ValueError("private key must be an integer greater than 0 and less than the order of the base point")
    return private_key.to_bytes(32, "little")


def _public_key(secret: bytes, private_key: int) -> Point:
    """Look the public key up: an account signs many requests. What lingers is a digest of the key, never the key."""
    fingerprint = blake2b(secret, digest_size=32).digest()
    point = _public_keys.get(fingerprint)
    if point is None:
        if len(_public_keys) >= _KNOWN_KEYS:
            _public_keys.clear()
        point = _public_keys[fingerprint] = multiply_base(private_key)
    return point


@lru_cache(maxsize=_KNOWN_KEYS)
def _is_public_key(point: Point) -> bool:
    return point != IDENTITY and is_on_curve(point) and is_in_subgroup(point)


def _are_integers(values: Sequence[object], count: int) -> bool:
    return isinstance(values, (tuple, list)) and len(values) == count and all(type(value) is int for value in values)
