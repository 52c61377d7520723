"""
Poseidon as Loopring sets it: x^5, one constant a round, constants and a Cauchy matrix from chains of BLAKE2b.

:class:`Poseidon` is the definition, for any width, and :func:`order_hash` uses it as it is. :func:`signature_hash`,
which every signature needs, takes the short way of :mod:`.poseidon_fast`. Constants are made on first use.
"""

from __future__ import annotations

from functools import cache
from hashlib import blake2b
from itertools import islice
from typing import TYPE_CHECKING

from .field import MODULUS, IntegerType, Matrix, dot, integer_type, inverses
from .poseidon_fast import FastPoseidon, PairedPoseidon

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


class Poseidon:
    """
    The hash of ``width - 1`` field elements at most.

    A round adds its constant to every element of the state, raises elements to the fifth power, and multiplies
    the state by the mix matrix. Half of the full rounds, which raise every element, come before the partial
    rounds, which raise the first one alone; half come after.
    """

    def __init__(self, width: int, full_rounds: int, partial_rounds: int) -> None:
        self.width = width
        self.full_rounds = full_rounds
        self.partial_rounds = partial_rounds
        self.constants = list(islice(_chain(b"poseidon_constants"), full_rounds + partial_rounds))
        self.matrix = _cauchy_matrix(list(islice(_chain(b"poseidon_matrix_0000"), 2 * width)))

    def hash(self, inputs: Sequence[int]) -> int:
        """Hash reduced field elements; the state is filled up with zeros, its first element is the result."""
        state = [*inputs, *[0] * (self.width - len(inputs))]
        first_partial = self.full_rounds // 2
        partial = range(first_partial, first_partial + self.partial_rounds)
        for number, constant in enumerate(self.constants):
            raised = 1 if number in partial else self.width
            state = [element + constant for element in state]
            state[:raised] = [pow(element, 5, MODULUS) for element in state[:raised]]
            state = [dot(row, state) for row in self.matrix]
        return state[0]


def signature_hash(inputs: Sequence[int]) -> int:
    """
    Hash what a signature binds together.

    :param inputs: R_x, R_y, A_x, A_y and the message
    :raises ValueError: another number of inputs, or one that is no reduced field element
    """
    return signature_poseidon().hash(_checked(inputs, 5))


def order_hash(inputs: Sequence[int]) -> int:
    """
    Hash an order: the message that its ``eddsaSignature`` signs.

    :param inputs: exchange, storageId, accountId, id of the token sold, of the token bought, volume sold, volume
        bought (in the tokens' smallest units), validUntil (s), maxFeeBips, fillAmountBOrS (0 or 1), taker (0 for
        anyone); addresses read as hexadecimal numbers
    :raises ValueError: another number of inputs, or one that is no reduced field element
    """
    return _order_poseidon().hash(_checked(inputs, 11))


@cache
def signature_poseidon() -> FastPoseidon:
    """Return the signature's hash, its tables made of the fastest integers there are."""
    return fast_poseidon(integer_type())


def fast_poseidon(integer: IntegerType) -> FastPoseidon:
    """Make the tables of the signature's hash, with six elements, six full and 52 partial rounds."""
    definition = Poseidon(width=6, full_rounds=6, partial_rounds=52)
    constants = [integer(constant) for constant in definition.constants]
    matrix = [[integer(value) for value in row] for row in definition.matrix]
    short_way = PairedPoseidon if integer is int else FastPoseidon
    return short_way(constants, matrix, integer)


@cache
def _order_poseidon() -> Poseidon:
    return Poseidon(width=12, full_rounds=6, partial_rounds=53)


def _checked(inputs: Sequence[int], count: int) -> Sequence[int]:
    if len(inputs) != count:
        raise ValueError(f"{count} inputs expected, got {len(inputs)}")
    if not all(type(value) is int and 0 <= value < MODULUS for value in inputs):
        raise ValueError("every input must be an integer from 0 to the field's modulus - 1")
    return inputs


def _chain(seed: bytes) -> Iterator[int]:
    """Yield the chain of digests of a seed, each reduced; the next digest is of the one before as it was."""
    while True:
        seed = blake2b(seed, digest_size=32).digest()
        yield int.from_bytes(seed, "little") % MODULUS


def _cauchy_matrix(points: list[int]) -> Matrix:
    width = len(points) // 2
    columns = points[width:]
    flat = inverses([row - column for row in points[:width] for column in columns])
    return [flat[start : start + width] for start in range(0, width * width, width)]
