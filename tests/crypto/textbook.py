"""
Loopring's EdDSA word for word: affine points, double-and-add, a full matrix, a division wherever one is written.

Slow and plain on purpose, and sharing nothing with the package: what the tests hold it to.
"""

from __future__ import annotations

from hashlib import blake2b, sha512

Point = tuple[int, int]

r = 21888242871839275222246405745257275088548364400416034343698204186575808495617
E = 21888242871839275222246405745257275088614511777268538073601725287587578984328
L = E // 8
a = 168700
d = 168696
B: Point = (
    16540640123574156134436876038791482806971768689494387082833631921987005038935,
    20819045374670962167435360035096875258406992893633759881276124905556507972311,
)
NEUTRAL: Point = (0, 1)


def divide(over: int, under: int) -> int:
    return over * pow(under, -1, r) % r


def on_curve(point: Point) -> bool:
    x, y = point
    return (a * x * x + y * y) % r == (1 + d * x * x * y * y) % r


def add(left: Point, right: Point) -> Point:
    (x1, y1), (x2, y2) = left, right
    both = d * x1 * x2 * y1 * y2
    return divide(x1 * y2 + y1 * x2, 1 + both), divide(y1 * y2 - a * x1 * x2, 1 - both)


def negate(point: Point) -> Point:
    x, y = point
    return -x % r, y


def multiply(point: Point, scalar: int) -> Point:
    total = NEUTRAL
    for bit in bin(scalar)[2:]:
        total = add(total, total)
        if bit == "1":
            total = add(total, point)
    return total


def chain(seed: bytes, count: int) -> list[int]:
    numbers = []
    digest = seed
    for _ in range(count):
        digest = blake2b(digest, digest_size=32).digest()
        numbers.append(int.from_bytes(digest, "little"))
    return numbers


def matrix(width: int) -> list[list[int]]:
    m = chain(b"poseidon_matrix_0000", 2 * width)
    return [[divide(1, m[i] - m[width + j]) for j in range(width)] for i in range(width)]


def poseidon(inputs: list[int], width: int, full: int, partial: int) -> int:
    mix = matrix(width)
    state = inputs + [0] * (width - len(inputs))
    for number, constant in enumerate(chain(b"poseidon_constants", full + partial)):
        state = [element + constant for element in state]
        if number < full // 2 or number >= full // 2 + partial:
            state = [element**5 % r for element in state]
        else:
            state[0] = state[0] ** 5 % r
        state = [sum(mix[i][j] * state[j] for j in range(width)) % r for i in range(width)]
    return state[0]


def nonce(key: int, message: int) -> int:
    digest = sha512(key.to_bytes(32, "little") + message.to_bytes(32, "little")).digest()
    return int.from_bytes(digest, "little") % L


def challenge(commitment: Point, public: Point, message: int) -> int:
    return poseidon([*commitment, *public, message], width=6, full=6, partial=52)


def sign(key: int, message: int) -> tuple[int, int, int]:
    n = nonce(key, message)
    commitment = multiply(B, n)
    return *commitment, (n + key * challenge(commitment, multiply(B, key), message)) % E


def verify(public: Point, message: int, signature: tuple[int, int, int]) -> bool:
    *commitment, s = signature
    x, y = commitment
    return multiply(B, s) == add((x, y), multiply(public, challenge((x, y), public, message)))
