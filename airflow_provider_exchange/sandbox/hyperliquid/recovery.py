"""Whose a signature is: recovers the key on the curve secp256k1 that signed a hash, and its address."""

from __future__ import annotations

from airflow_provider_exchange.sandbox.hyperliquid.keccak import keccak_256

FIELD = 2**256 - 2**32 - 977
ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
GENERATOR = (
    0x79BE667EF9DCBBAC55A06295CE870B07029BFCDB2DCE28D959F2815B16F81798,
    0x483ADA7726A3C4655DA4FBFC0E1108A8FD17B448A68554199C47D08FFB10D4B8,
)
Point = tuple[int, int]
Jacobian = tuple[int, int, int]
NOWHERE: Jacobian = (0, 1, 0)
"""The point at infinity: x and y are divided by powers of the third number, which is 0."""


def signer(digest: bytes, r: int, s: int, v: int) -> str | None:
    """
    Return the address whose key signed a hash; ``None`` for a signature that no key can have made.

    :param digest: the hash, of 32 bytes.
    :param v: 27 or 28: which of the two points with this ``r`` it was.
    """
    if not (0 < r < ORDER and 0 < s < ORDER and v in (27, 28)):
        return None
    y = pow(r**3 + 7, (FIELD + 1) // 4, FIELD)
    if y * y % FIELD != (r**3 + 7) % FIELD:
        return None
    if y % 2 != v - 27:
        y = FIELD - y
    inverse = pow(r, -1, ORDER)
    hashed = int.from_bytes(digest, "big")
    key = _added(_times((r, y), s * inverse % ORDER), _times(GENERATOR, -hashed * inverse % ORDER))
    return None if key[2] == 0 else address_of(_affine(key))


def address_of(key: Point) -> str:
    """Return the address of a public key: the end of its hash."""
    x, y = key
    return "0x" + keccak_256(x.to_bytes(32, "big") + y.to_bytes(32, "big"))[-20:].hex()


def _affine(point: Jacobian) -> Point:
    x, y, z = point
    inverse = pow(z, -1, FIELD)
    return x * inverse**2 % FIELD, y * inverse**3 % FIELD


def _times(point: Point, factor: int) -> Jacobian:
    """Return a point added to itself as often as a factor says."""
    found, power = NOWHERE, (*point, 1)
    while factor:
        if factor & 1:
            found = _added(found, power)
        power = _doubled(power)
        factor >>= 1
    return found


def _doubled(point: Jacobian) -> Jacobian:
    x, y, z = point
    if not y or not z:
        return NOWHERE
    squared = y * y % FIELD
    middle = 4 * x * squared % FIELD
    slope = 3 * x * x % FIELD
    new_x = (slope * slope - 2 * middle) % FIELD
    return new_x, (slope * (middle - new_x) - 8 * squared * squared) % FIELD, 2 * y * z % FIELD


def _added(one: Jacobian, other: Jacobian) -> Jacobian:
    if not one[2]:
        return other
    if not other[2]:
        return one
    (x1, y1, z1), (x2, y2, z2) = one, other
    u1, u2 = x1 * z2 * z2 % FIELD, x2 * z1 * z1 % FIELD
    s1, s2 = y1 * z2**3 % FIELD, y2 * z1**3 % FIELD
    if u1 == u2:
        return _doubled(one) if s1 == s2 else NOWHERE
    apart, slope = u2 - u1, s2 - s1
    square = apart * apart % FIELD
    cube = square * apart % FIELD
    x = (slope * slope - cube - 2 * u1 * square) % FIELD
    return x, (slope * (u1 * square - x) - s1 * cube) % FIELD, apart * z1 * z2 % FIELD
