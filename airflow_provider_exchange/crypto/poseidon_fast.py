"""
The signature's Poseidon, six elements wide, with its partial rounds as a linear recurrence.

A partial round raises the first element only; everything else in it is linear. Let u be the first element
before it is raised, w after. The other five elements are then a linear system of five dimensions with input w
and output u, and so they hold nothing that the last five u and six w do not tell: the next u is a fixed
combination of these eleven, and so is, in the end, every element. A round takes eleven products and one
reduction, where the mix matrix takes 36 and six.

Python's own integers multiply slowly enough for one more turn (:class:`PairedPoseidon`).
"""

from __future__ import annotations

from operator import mul
from typing import TYPE_CHECKING

from .field import MODULUS, IntegerType, Matrix, dot, inverse_matrix

if TYPE_CHECKING:
    from collections.abc import Sequence


class FastPoseidon:
    """
    Poseidon with a state of six elements and three full rounds at either end.

    :param constants: one a round
    :param matrix: the mix matrix, 6 by 6
    :param integer: what to compute with
    """

    def __init__(self, constants: Sequence[int], matrix: Matrix, integer: IntegerType) -> None:
        partial = PartialRounds(matrix, constants[3:-3])
        self._modulus = integer(MODULUS)
        self._first, self._second, self._third = map(integer, constants[:3])
        self._mix = [tuple(map(integer, row)) for row in matrix]
        self._entry = [tuple(map(integer, row)) for row in partial.entry]
        self._weights = tuple(map(integer, partial.exit[0]))
        self._shifts = [integer(shift) for shift in partial.shifts]
        self._exit = [
            (*map(integer, row), integer(shift + constants[-3]))
            for row, shift in zip(partial.exit, partial.exit_shifts, strict=True)
        ]
        self._last_but_one, self._last = map(integer, constants[-2:])

    def hash(self, inputs: Sequence[int]) -> int:
        """Hash five reduced field elements."""
        first, second, third, fourth, fifth = inputs
        return self.hash_with((first, second, fifth), self.share(third, fourth))

    def share(self, third: int, fourth: int) -> list[int]:
        """Return what the third and fourth input bring to the second round of a hash, for :meth:`hash_with`."""
        c, d, f = self._raised((third, fourth, 0))
        return [(kc * c + kd * d + kf * f + self._second) % self._modulus for _, _, kc, kd, _, kf in self._mix]

    def hash_with(self, others: tuple[int, int, int], share: list[int]) -> int:
        """Hash the first, second and fifth input with the share of the third and fourth."""
        modulus = self._modulus
        a, b, e = self._raised(others)
        state = [
            pow((ka * a + kb * b + ke * e + known) % modulus, 5, modulus)
            for (ka, kb, _, _, ke, _), known in zip(self._mix, share, strict=True)
        ]
        state = self._mix_and_raise(state, self._third)
        state = self._leave(self._recur(self._enter(state)))
        state = self._mix_and_raise(state, self._last_but_one)
        state = self._mix_and_raise(state, self._last)
        return int(sum(map(mul, self._mix[0], state)) % modulus)

    def _raised(self, inputs: tuple[int, int, int]) -> list[int]:
        """Raise inputs as the first round does."""
        return [pow(value + self._first, 5, self._modulus) for value in inputs]

    def _mix_and_raise(self, state: list[int], constant: int) -> list[int]:
        """Pass from the raised state of one full round to that of the next."""
        modulus = self._modulus
        a, b, c, d, e, f = state
        raised = []
        for ka, kb, kc, kd, ke, kf in self._mix:
            u = (ka * a + kb * b + kc * c + kd * d + ke * e + kf * f + constant) % modulus
            square = u * u % modulus
            raised.append(square * square * u % modulus)
        return raised

    def _enter(self, state: list[int]) -> Sequence[int]:
        """Pass from the raised state before the partial rounds to the window after six of them."""
        outputs, known = [], [1, *state]
        for row in self._entry:
            u = sum(map(mul, row, known)) % self._modulus
            outputs.append(u)
            known.append(pow(u, 5, self._modulus))
        _, u1, u2, u3, u4, u5 = outputs
        w0, w1, w2, w3, w4, w5 = known[7:]
        return w0, u1, w1, u2, w2, u3, w3, u4, w4, u5, w5

    def _recur(self, window: Sequence[int]) -> Sequence[int]:
        """Pass from the window after six partial rounds to that after all of them."""
        modulus = self._modulus
        w0, u1, w1, u2, w2, u3, w3, u4, w4, u5, w5 = window
        a, b, c, d, e, f, g, h, i, j, k = self._weights
        for shift in self._shifts:
            u = a * w0 + b * u1 + c * w1 + d * u2 + e * w2 + f * u3
            u = (u + g * w3 + h * u4 + i * w4 + j * u5 + k * w5 + shift) % modulus
            w0, u1 = w1, u2
            w1, u2 = w2, u3
            w2, u3 = w3, u4
            w3, u4 = w4, u5
            w4, u5 = w5, u
            square = u * u % modulus
            w5 = square * square * u % modulus
        return w0, u1, w1, u2, w2, u3, w3, u4, w4, u5, w5

    def _leave(self, window: Sequence[int]) -> list[int]:
        """Pass from the last window to the raised state of the full round after the partial rounds."""
        w0, u1, w1, u2, w2, u3, w3, u4, w4, u5, w5 = window
        raised = []
        for a, b, c, d, e, f, g, h, i, j, k, shift in self._exit:
            u = a * w0 + b * u1 + c * w1 + d * u2 + e * w2 + f * u3
            u = (u + g * w3 + h * u4 + i * w4 + j * u5 + k * w5 + shift) % self._modulus
            raised.append(pow(u, 5, self._modulus))
        return raised


class PairedPoseidon(FastPoseidon):
    """
    The same with almost half of the products, for more sums: faster where products cost much more than sums do.

    After Winograd, au + bw = (a + w)(b + u) - ab - uw. For weights a and b the ab are constants, which go into
    the shifts, and a uw serves all rows, or the rounds for which its factors are in the window.
    """

    def __init__(self, constants: Sequence[int], matrix: Matrix, integer: IntegerType) -> None:
        super().__init__(constants, matrix, integer)
        paired = _paired(self._weights)
        self._shifts = [shift - paired for shift in self._shifts]
        self._paired_mix = [(*row, _paired(row)) for row in self._mix]
        self._exit = [(*row[:11], row[11] - _paired(row[:11])) for row in self._exit]

    def _mix_and_raise(self, state: list[int], constant: int) -> list[int]:
        modulus = self._modulus
        a, b, c, d, e, f = state
        rest = constant - a * b - c * d - e * f
        raised = []
        for ka, kb, kc, kd, ke, kf, paired in self._paired_mix:
            u = ((ka + b) * (kb + a) + (kc + d) * (kd + c) + (ke + f) * (kf + e) + rest - paired) % modulus
            square = u * u % modulus
            raised.append(square * square * u % modulus)
        return raised

    def _recur(self, window: Sequence[int]) -> Sequence[int]:
        modulus = self._modulus
        w0, u1, w1, u2, w2, u3, w3, u4, w4, u5, w5 = window
        a, b, c, d, e, f, g, h, i, j, k = self._weights
        uw1, uw2, uw3, uw4, uw5 = u1 * w0, u2 * w1, u3 * w2, u4 * w3, u5 * w4
        excess = uw1 + uw2 + uw3 + uw4 + uw5
        for shift in self._shifts:
            u = (a + u1) * (b + w0) + (c + u2) * (d + w1) + (e + u3) * (f + w2)
            u = (u + (g + u4) * (h + w3) + (i + u5) * (j + w4) + k * w5 + shift - excess) % modulus
            w0, u1 = w1, u2
            w1, u2 = w2, u3
            w2, u3 = w3, u4
            w3, u4 = w4, u5
            w4, u5 = w5, u
            excess -= uw1
            uw1, uw2 = uw2, uw3
            uw3, uw4 = uw4, uw5
            uw5 = u5 * w4
            excess += uw5
            square = u * u % modulus
            w5 = square * square * u % modulus
        return w0, u1, w1, u2, w2, u3, w3, u4, w4, u5, w5

    def _leave(self, window: Sequence[int]) -> list[int]:
        modulus = self._modulus
        w0, u1, w1, u2, w2, u3, w3, u4, w4, u5, w5 = window
        excess = _paired(window)
        raised = []
        for a, b, c, d, e, f, g, h, i, j, k, shift in self._exit:
            u = (a + u1) * (b + w0) + (c + u2) * (d + w1) + (e + u3) * (f + w2)
            u = (u + (g + u4) * (h + w3) + (i + u5) * (j + w4) + k * w5 + shift - excess) % modulus
            raised.append(pow(u, 5, modulus))
        return raised


def _paired(numbers: Sequence[int]) -> int:
    """Return the sum of the products of the first with the second number, the third with the fourth and so on."""
    return sum(map(mul, numbers[::2], numbers[1::2]))


class PartialRounds:
    """
    What the partial rounds come to, reckoned from their matrix and constants.

    :ivar entry: row i gives the u of round i from 1, the raised state before these rounds, and the w of the
        rounds before
    :ivar exit: row i gives element i of the state after a round from the window w, u, w, u ... w, the oldest
        first, but for the constants. Element 0 is the next u: this row is the recurrence
    :ivar shifts: what the constants add to the u of each round from the sixth on
    :ivar exit_shifts: what the constants add to the state after the last round
    """

    def __init__(self, matrix: Matrix, constants: Sequence[int]) -> None:
        rows = [matrix[0]]  # each u from the state before all of them
        for _ in range(5):
            rows.append([dot(rows[-1][1:], column) for column in zip(*matrix[1:], strict=True)])
        raised = _response([row[0] for row in matrix], matrix)
        constant = _response([1] * 6, matrix)
        u_of_raised = [state[0] for state in raised]
        u_of_constant = [state[0] for state in constant]
        self.entry = [
            [dot(constants[: i + 1], u_of_constant[i::-1]), *rows[i], *u_of_raised[:i][::-1]] for i in range(6)
        ]

        # Let U be the five u that the five other elements, S, bring about by themselves: S = hidden * U.
        # After one round U has moved up by one, and its new last element is step * U.
        hidden = inverse_matrix([row[1:] for row in rows[:5]])
        columns = list(zip(*hidden, strict=True))
        step = [dot(rows[5][1:], column) for column in columns]
        of_u = [[dot(row[1:], column) for column in columns] for row in matrix]
        for _ in range(5):
            of_u = [
                [(moved + row[4] * weight) % MODULUS for moved, weight in zip((0, *row[:4]), step, strict=True)]
                for row in of_u
            ]
        of_w = _untold(raised, of_u)
        of_constant = _untold(constant, of_u)
        self.exit = [
            [*(value for pair in zip(ws[:5], us, strict=True) for value in pair), ws[5]]
            for ws, us in zip(of_w, of_u, strict=True)
        ]
        self.shifts = [dot(of_constant[0], constants[i - 5 : i + 1]) for i in range(6, len(constants))]
        self.exit_shifts = [dot(row, [*constants[-5:], 0]) for row in of_constant]


def _response(state: list[int], matrix: Matrix) -> list[list[int]]:
    """Return a state and the five that follow when no further w comes in."""
    states = [state]
    for _ in range(5):
        states.append([dot(row[1:], states[-1][1:]) for row in matrix])
    return states


def _untold(response: list[list[int]], of_u: Matrix) -> Matrix:
    """Return, for each element, what six inputs, the oldest first, add to it beyond what the u tell of them."""
    echo = [state[0] for state in response]
    return [
        [(response[5 - age][element] - sum(map(mul, us[age:], echo))) % MODULUS for age in range(6)]
        for element, us in enumerate(of_u)
    ]
