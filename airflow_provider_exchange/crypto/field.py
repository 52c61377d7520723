"""The field that Baby Jubjub and Poseidon share, the scalar field of BN254, and a little algebra over it."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from itertools import accumulate
from operator import mul

MODULUS = 21888242871839275222246405745257275088548364400416034343698204186575808495617

IntegerType = Callable[[int], int]
"""``int`` or a faster equal of it. A table's integers decide the speed of everything computed with it."""

Matrix = list[list[int]]


@cache
def integer_type() -> IntegerType:
    """Return gmpy2's integer where gmpy2 is installed, else ``int``; results are the same."""
    try:
        mpz: IntegerType = importlib.import_module("gmpy2").mpz
    except ImportError:
        return int
    return mpz


def dot(left: Iterable[int], right: Iterable[int]) -> int:
    """Return the inner product, reduced once."""
    total: int = sum(map(mul, left, right))
    return total % MODULUS


def inverses(values: Sequence[int], modulus: int = MODULUS) -> list[int]:
    """Invert all values, none of them zero, at the price of one inversion and three products each."""
    products = list(accumulate(values, lambda product, value: product * value % modulus, initial=1))
    rest = pow(products.pop(), -1, modulus)
    inverted = []
    for value, before in zip(reversed(values), reversed(products), strict=True):
        inverted.append(rest * before % modulus)
        rest = rest * value % modulus
    return inverted[::-1]


def inverse_matrix(matrix: Matrix) -> Matrix:
    """Invert a matrix by elimination without exchange of rows, so no leading minor may be zero."""
    size = len(matrix)
    rows = [[*row, *unit] for row, unit in zip(matrix, identity_matrix(size), strict=True)]
    for pivot in range(size):
        scale = pow(rows[pivot][pivot], -1, MODULUS)
        chosen = rows[pivot] = [value * scale % MODULUS for value in rows[pivot]]
        for number, row in enumerate(rows):
            if number != pivot:
                factor = row[pivot]
                rows[number] = [(a - factor * b) % MODULUS for a, b in zip(row, chosen, strict=True)]
    return [row[size:] for row in rows]


def identity_matrix(size: int) -> Matrix:
    """Return the matrix with ones on its diagonal."""
    return [[int(row == column) for column in range(size)] for row in range(size)]
