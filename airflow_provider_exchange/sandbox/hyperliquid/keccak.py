"""
Keccak-256, the hash of Ethereum.

It is SHA-3 but for one byte: what is hashed is padded with ``0x01``, as Keccak was before it became a standard.
"""

from __future__ import annotations

RATE = 136
"""Bytes of a block of Keccak-256."""
MASK = (1 << 64) - 1
LANES = 25
ROUNDS = 24


def _offsets() -> list[int]:
    """Return by how many bits each lane is rotated, by its place ``x + 5 * y``."""
    offsets = [0] * LANES
    x, y = 1, 0
    for step in range(ROUNDS):
        offsets[x + 5 * y] = (step + 1) * (step + 2) // 2 % 64
        x, y = y, (2 * x + 3 * y) % 5
    return offsets


def _constants() -> list[int]:
    """Return what each round adds, drawn from a shift register of 8 bits."""
    constants = []
    register = 1
    for _ in range(ROUNDS):
        constant = 0
        for bit in range(7):
            if register & 1:
                constant |= 1 << ((1 << bit) - 1)
            register <<= 1
            if register & 0x100:
                register ^= 0x171
        constants.append(constant)
    return constants


OFFSETS = _offsets()
CONSTANTS = _constants()


def keccak_256(data: bytes) -> bytes:
    """Return the hash of some bytes."""
    padded = bytearray(data) + bytearray(RATE - len(data) % RATE)
    padded[len(data)] ^= 0x01
    padded[-1] ^= 0x80
    lanes = [0] * LANES
    for start in range(0, len(padded), RATE):
        for place in range(RATE // 8):
            at = start + 8 * place
            lanes[place] ^= int.from_bytes(padded[at : at + 8], "little")
        lanes = _permuted(lanes)
    return b"".join(lane.to_bytes(8, "little") for lane in lanes[:4])


def _permuted(lanes: list[int]) -> list[int]:
    for constant in CONSTANTS:
        columns = [lanes[x] ^ lanes[x + 5] ^ lanes[x + 10] ^ lanes[x + 15] ^ lanes[x + 20] for x in range(5)]
        mixed = [columns[x - 1] ^ _rotated(columns[(x + 1) % 5], 1) for x in range(5)]
        moved = [0] * LANES
        for x in range(5):
            for y in range(5):
                lane = lanes[x + 5 * y] ^ mixed[x]
                moved[y + 5 * ((2 * x + 3 * y) % 5)] = _rotated(lane, OFFSETS[x + 5 * y])
        lanes = [
            moved[place] ^ (~moved[(place + 1) % 5 + place // 5 * 5] & moved[(place + 2) % 5 + place // 5 * 5])
            for place in range(LANES)
        ]
        lanes[0] ^= constant
    return lanes


def _rotated(lane: int, bits: int) -> int:
    return (lane << bits | lane >> (64 - bits)) & MASK
