"""
Baby Jubjub: the twisted Edwards curve 168700 x² + y² = 1 + 168696 x² y² over the field of :mod:`.field`.

Points are pairs of integers. Inside, x is stretched to u = √-168700 · x, which makes the curve
-u² + v² = 1 + d u² v². On that form a point (U, V, Z, E, H), meaning u = U/Z, v = V/Z and uv = EH/Z, takes up
another in seven products. The law is complete: no point, doubled, opposite or neutral, needs a case of its own.
"""

from __future__ import annotations

from functools import cache
from itertools import islice
from typing import TYPE_CHECKING

from .base_powers import BASE_POWERS
from .field import MODULUS, IntegerType, integer_type, inverses

if TYPE_CHECKING:
    from collections.abc import Sequence

A = 168700
D = 168696
SUBGROUP_ORDER = 2736030358979909402780800718157159386076813972158567259200215660948447373041
CURVE_ORDER = 8 * SUBGROUP_ORDER

Point = tuple[int, int]

IDENTITY: Point = (0, 1)
BASE: Point = (
    16540640123574156134436876038791482806971768689494387082833631921987005038935,
    20819045374670962167435360035096875258406992893633759881276124905556507972311,
)

_Extended = tuple[int, int, int, int, int]
_Prepared = tuple[int, int, int]  # (v - u, v + u, 2d uv): what an addition needs to know of a point
_Sum = tuple[int, int, int]  # (u, v, uv)

_STRETCH = 6360561867910373094066688120553762416144456282423235903351243436111059670888
_UNSTRETCH = pow(_STRETCH, -1, MODULUS)
_D = -D * pow(A, -1, MODULUS) % MODULUS
_NEUTRAL: _Extended = (0, 1, 1, 0, 1)
_SCALAR_BITS = 252  # of an odd number below twice the order


def is_on_curve(point: Point) -> bool:
    """Tell whether both coordinates are reduced and satisfy the curve's equation."""
    x, y = point
    if not (0 <= x < MODULUS and 0 <= y < MODULUS):
        return False
    xx, yy = x * x, y * y
    return (A * xx + yy - 1 - D * xx * yy) % MODULUS == 0


def is_in_subgroup(point: Point) -> bool:
    """Tell whether a point of the curve is a multiple of the base point."""
    return multiply(point, SUBGROUP_ORDER) == IDENTITY


def add(left: Point, right: Point) -> Point:
    """Add two points of the curve."""
    return _affine(_add(_extended(left), _prepared(right), MODULUS), MODULUS)


def multiply(point: Point, scalar: int) -> Point:
    """Multiply a point of the curve by a scalar >= 0."""
    modulus = integer_type()(MODULUS)
    prepared = _prepared(point)
    total = _NEUTRAL
    for bit in f"{scalar:b}":
        total = _double(total, modulus)
        if bit == "1":
            total = _add(total, prepared, modulus)
    return _affine(total, modulus)


def multiply_base(scalar: int) -> Point:
    """Multiply the base point by any scalar. The first call builds a table."""
    return _comb().multiply(scalar)


class Comb:
    """
    Multiples of the base point by a signed comb: so many teeth, each in so many blocks of so many columns.

    An odd scalar is the sum of all powers of two up to some length, each taken plus or minus. Tooth t of
    block b holds the powers 2^((t * blocks + b) * columns + column), and a block's table has every sum of its
    teeth for column 0. So an addition a block settles one column of all blocks, and a doubling leads on to the
    column below. Larger combs are faster to use and slower to make.

    :param integer: what to compute with
    :param powers: the base point times 1, 2^columns, 2^(2 columns) and so on, as pairs (u, v); reckoned if left out
    """

    def __init__(
        self, integer: IntegerType, teeth: int, blocks: int, powers: Sequence[tuple[int, int]] | None = None
    ) -> None:
        columns = -(-_SCALAR_BITS // (teeth * blocks))
        reach = blocks * columns
        self._length = teeth * reach
        self._modulus = integer(MODULUS)
        if powers is None:
            powers = base_powers(teeth * blocks, columns)
        tables = _comb_tables(teeth, blocks, [(integer(u), integer(v)) for u, v in powers], self._modulus)
        self._columns = [
            [(slice(place * columns + column, None, reach), sums) for place, sums in enumerate(tables)]
            for column in range(columns)
        ]

    def multiply(self, scalar: int) -> Point:
        """Multiply the base point by any scalar."""
        modulus = self._modulus
        odd = scalar % SUBGROUP_ORDER
        if odd % 2 == 0:
            odd += SUBGROUP_ORDER
        signs = f"{(odd + (1 << self._length)) >> 1:0{self._length}b}"  # "1" for plus, the highest power first
        total = _NEUTRAL
        for column in self._columns:
            u, v, z, e, h = _double(total, modulus)
            for teeth, sums in column:  # _add, in place: calls would cost a tenth
                minus, plus, last = sums[signs[teeth]]
                a = (v - u) * minus
                b = (v + u) * plus
                c = e * h * last % modulus
                z += z
                e = (b - a) % modulus
                h = (b + a) % modulus
                f = z - c
                g = z + c
                u = e * f % modulus
                v = g * h % modulus
                z = f * g % modulus
            total = u, v, z, e, h
        return _affine(total, modulus)


@cache
def _comb() -> Comb:
    return Comb(integer_type(), teeth=8, blocks=4, powers=BASE_POWERS)


def _comb_tables(
    teeth: int, blocks: int, powers: Sequence[tuple[int, int]], modulus: int
) -> list[dict[str, _Prepared]]:
    """Return the tables of a comb, the highest block first; the keys are the signs of the teeth, highest first."""
    ones = [(u, v, u * v % modulus) for u, v in powers]
    parts = [[[one] for one in ones[block::blocks][::-1]] for block in reversed(range(blocks))]
    while len(parts[0]) > 1:
        pairs = [pair for part in parts for pair in zip(part[::2], part[1::2], strict=False)]
        joined = iter(_joined(pairs, modulus))
        parts = [[*islice(joined, len(part) // 2), *part[len(part) & ~1 :]] for part in parts]
    signs = [f"{number:0{teeth}b}" for number in range(1 << teeth)]
    double_d = 2 * _D % modulus
    tables = []
    for (sums,) in parts:
        prepared = [(v - u, v + u, double_d * uv % modulus) for u, v, uv in sums]
        opposite = [(plus, minus, -last) for minus, plus, last in reversed(prepared)]
        tables.append(dict(zip(signs, opposite + prepared, strict=True)))
    return tables


def base_powers(count: int, step: int) -> list[tuple[int, int]]:
    """Return the base point times 1, 2^step, 2^(2 step) and so on, as pairs (u, v)."""
    powers = [_extended(BASE)]
    while len(powers) < count:
        point = powers[-1]
        for _ in range(step):
            point = _double(point, MODULUS)
        powers.append(point)
    inverted = inverses([power[2] for power in powers])
    return [(u * i % MODULUS, v * i % MODULUS) for (u, v, *_), i in zip(powers, inverted, strict=True)]


def _joined(pairs: list[tuple[list[_Sum], list[_Sum]]], modulus: int) -> list[list[_Sum]]:
    """
    Join the sums of each pair of sets: every one of the left minus and plus every one of the right.

    A set has the sums of some teeth with the highest taken plus, in ascending order of their signs. Minus and
    plus share their products and, as 1/(1 - k) and 1/(1 + k), their inversion.
    """
    terms = [
        scaled * right % modulus
        for lefts, rights in pairs
        for scaled in [_D * left % modulus for _, _, left in lefts]
        for _, _, right in rights
    ]
    inverted = iter(zip(terms, inverses([(1 - k * k) % modulus for k in terms], modulus), strict=True))
    joined = []
    for lefts, rights in pairs:
        join: list[_Sum] = []
        for u1, v1, _ in lefts:
            minus, plus = [], []
            for u2, v2, _ in rights:
                k, inverse = next(inverted)
                share = k * inverse % modulus
                over_plus, over_minus = inverse - share, inverse + share
                uv, vu, vv, uu = u1 * v2, v1 * u2, v1 * v2, u1 * u2
                u = (uv + vu) % modulus * over_plus % modulus
                v = (vv + uu) % modulus * over_minus % modulus
                plus.append((u, v, u * v % modulus))
                u = (uv - vu) % modulus * over_minus % modulus
                v = (vv - uu) % modulus * over_plus % modulus
                minus.append((u, v, u * v % modulus))
            join += minus[::-1] + plus
        joined.append(join)
    return joined


def _extended(point: Point) -> _Extended:
    x, y = point
    u = _STRETCH * x % MODULUS
    return u, y, 1, u, y


def _prepared(point: Point) -> _Prepared:
    u, v, *_ = _extended(point)
    return v - u, v + u, 2 * _D * u * v % MODULUS


def _affine(point: _Extended, modulus: int) -> Point:
    u, v, z, _, _ = point
    inverse = pow(z, -1, modulus)
    return int(_UNSTRETCH * u * inverse % modulus), int(v * inverse % modulus)


def _add(point: _Extended, other: _Prepared, modulus: int) -> _Extended:
    u, v, z, e, h = point
    minus, plus, last = other
    a = (v - u) * minus
    b = (v + u) * plus
    c = e * h * last % modulus
    e = (b - a) % modulus
    h = (b + a) % modulus
    f = 2 * z - c
    g = 2 * z + c
    return e * f % modulus, g * h % modulus, f * g % modulus, e, h


def _double(point: _Extended, modulus: int) -> _Extended:
    u, v, z, _, _ = point
    uu = u * u
    vv = v * v
    e = 2 * u * v % modulus
    g = (vv - uu) % modulus
    h = -(vv + uu) % modulus
    f = (g - 2 * z * z) % modulus
    return e * f % modulus, g * h % modulus, f * g % modulus, e, h
