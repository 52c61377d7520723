"""MessagePack, as far as actions need it: what is signed of an action is the hash of its packed form."""

from __future__ import annotations

from typing import Any

SMALLEST_FIXED = -32
LARGEST = 1 << 64


def packed(value: Any) -> bytes:
    """
    Return a JSON value in MessagePack, the fields of objects in their order.

    :raises ValueError: a fraction, or a whole number beyond 64 bits; actions write amounts as texts.
    """
    if value is None:
        return b"\xc0"
    if isinstance(value, bool):
        return b"\xc3" if value else b"\xc2"
    if isinstance(value, int):
        return _whole(value)
    if isinstance(value, str):
        text = value.encode("utf-8", "surrogatepass")
        return _headed(len(text), 0xA0, 32, b"\xd9", b"\xda", b"\xdb") + text
    if isinstance(value, list):
        return _headed(len(value), 0x90, 16, None, b"\xdc", b"\xdd") + b"".join(map(packed, value))
    if isinstance(value, dict):
        members = b"".join(packed(name) + packed(member) for name, member in value.items())
        return _headed(len(value), 0x80, 16, None, b"\xde", b"\xdf") + members
    raise ValueError("an action has no fractions")


def _headed(length: int, fixed: int, below: int, byte: bytes | None, two: bytes, four: bytes) -> bytes:
    if length < below:
        return bytes([fixed | length])
    if byte is not None and length < 1 << 8:
        return byte + length.to_bytes(1, "big")
    return two + length.to_bytes(2, "big") if length < 1 << 16 else four + length.to_bytes(4, "big")


def _whole(value: int) -> bytes:
    if SMALLEST_FIXED <= value < 1 << 7:
        return value.to_bytes(1, "big", signed=value < 0)
    if not 0 < value < LARGEST:
        raise ValueError("an action has no such number")
    size, mark = next((1 << place, 0xCC + place) for place in range(4) if value < 1 << (8 << place))
    return bytes([mark]) + value.to_bytes(size, "big")
