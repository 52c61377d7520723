"""
Loopring's EdDSA: Baby Jubjub, Poseidon, and a nonce from SHA-512.

With base point B of order L, curve order E = 8 L and field modulus r: a private key k is an integer with
0 < k < L, its public key the point A = k·B. A message is an integer m with 0 <= m < r. Its signature is
(R_x, R_y, s), where

- n = SHA-512(k, m) mod L, with k, m and the digest as little-endian integers, k and m of 32 bytes each
- R = n·B
- t = Poseidon(R_x, R_y, A_x, A_y, m)
- s = (n + k·t) mod E

and it holds if s·B = R + t·A. As s is reduced by E and not by L, s + L holds too where s does: a signature
is no unique name for what it signs.

**This is not constant-time.** Arithmetic on Python's integers, or gmpy2's, takes a time that depends on their
values, and tables are read at places that the nonce decides. Whoever can time single signatures closely, or
watch the caches of the same machine, may learn about the key. Nor are keys wiped from memory after use.

Source: the vendor's documents and its published clients, which computed the vectors of the tests.
"""

from __future__ import annotations

from functools import lru_cache
from hashlib import blake2b, sha512
from typing import TYPE_CHECKING, NamedTuple

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
from .poseidon import signature_hash, signature_poseidon

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["public_key", "sign", "verify"]

_MOST_KNOWN = 64


class _Public(NamedTuple):
    point: Point
    share: list[int]
    """The part of the hash that is the key's."""


_known: dict[bytes, _Public] = {}


def public_key(private_key: int) -> tuple[int, int]:
    """
    Return the point A = k·B of a private key.

    :raises ValueError: the private key is not an integer with 0 < k < L; the text does not show it
    """
    return _public(_private_bytes(private_key), private_key).point


def sign(private_key: int, message: int) -> tuple[int, int, int]:
    """
    Sign a message; the same key and message give the same signature.

    :param message: a field element, 0 <= message < r
    :return: R_x, R_y, s
    :raises ValueError: a private key that is not an integer with 0 < k < L, or a message that is no reduced
        field element; the text shows neither
    """
    secret = _private_bytes(private_key)
    if type(message) is not int or not 0 <= message < MODULUS:
        raise ValueError("message must be an integer from 0 to the field's modulus - 1")
    digest = sha512(secret + message.to_bytes(32, "little")).digest()
    nonce = int.from_bytes(digest, "little") % SUBGROUP_ORDER
    r_x, r_y = multiply_base(nonce)
    challenge = signature_poseidon().hash_with((r_x, r_y, message), _public(secret, private_key).share)
    return r_x, r_y, (nonce + private_key * challenge) % CURVE_ORDER


def verify(public_key: tuple[int, int], message: int, signature: tuple[int, int, int]) -> bool:
    """
    Tell whether a signature (R_x, R_y, s) holds; whatever is malformed does not.

    Refused too are a public key that is the neutral point or no multiple of the base point, and the neutral
    point as R, which would give the key away.
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


def _public(secret: bytes, private_key: int) -> _Public:
    """Look up what is public of a key, as one account signs often. A digest of the key lingers, not the key."""
    fingerprint = blake2b(secret, digest_size=32).digest()
    known = _known.get(fingerprint)
    if known is None:
        point = multiply_base(private_key)
        known = _Public(point, signature_poseidon().share(*point))
        if len(_known) >= _MOST_KNOWN:
            _known.clear()
        _known[fingerprint] = known
    return known


@lru_cache(maxsize=_MOST_KNOWN)
def _is_public_key(point: Point) -> bool:
    return point != IDENTITY and is_on_curve(point) and is_in_subgroup(point)


def _are_integers(values: Sequence[object], count: int) -> bool:
    return (
        isinstance(values, (tuple, list)) and len(values) == count and all(type(value) is int for value in values)
    )
