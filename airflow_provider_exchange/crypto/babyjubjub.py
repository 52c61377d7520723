"""Baby Jubjub: the twisted Edwards curve 168700 x² + y² = 1 + 168696 x² y² over the field of :mod:`.field`.

Points are pairs of integers. Inside, x is stretched to u = √-168700 · x, which makes the curve -u² + v² = 1 + d u² v²:
on that form a point (U, V, Z, E, H), meaning u = U/Z, v = V/Z, uv = EH/Z, takes up a prepared one in eight products.
The law is complete: no point, doubled, opposite or neutral, needs a case of its own.
"""

from __future__ import annotations

from functools import cache

from .field import MODULUS, IntegerType, integer_type, inverses

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
    """Multiples of the base point by a signed comb: four blocks of eight teeth.

    An odd scalar is the sum of all powers of two below 2^256, each taken plus or minus. Tooth t of block b holds the
    powers 2^(32 t + 8 b + column), and a block's table every sum of its teeth for column 0. So four additions settle
    one column of all blocks, and a doubling leads on to the column below.
    """

    def __init__(self, integer: IntegerType) -> None:
        self._modulus = integer(MODULUS)
        blocks = _comb_blocks(self._modulus)
        self._columns = [
            [(slice(8 * place + column, None, 32), block) for place, block in enumerate(blocks)] for column in range(8)
        ]

    def multiply(self, scalar: int) -> Point:
        """Multiply the base point by any scalar."""
        modulus = self._modulus
        odd = scalar % SUBGROUP_ORDER
        if odd % 2 == 0:
            odd += SUBGROUP_ORDER
        signs = f"{(odd + 2**256 - 1) // 2:0256b}"  # "1" for plus, the highest power first
        total = _NEUTRAL
        for column in self._columns:
            u, v, z, e, h = _double(total, modulus)
            for teeth, sums in column:  # _add, in place: the calls would cost a tenth
                minus, plus, last = sums[signs[teeth]]
                a = (v - u) * minus
                b = (v + u) * plus
                c = e * h % modulus * last % modulus
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
    return Comb(integer_type())


def _comb_blocks(modulus: int) -> list[dict[str, _Prepared]]:
    """Return the tables of a comb, the highest block first; the keys are the signs of the teeth, highest first."""
    columns = _powers(modulus)
    sums = [[columns[4 * tooth + block]] for block in (3, 2, 1, 0) for tooth in range(7, -1, -1)]
    while len(sums) > 4:
        sums = _joined(sums, modulus)
    signs = [f"{number:08b}" for number in range(256)]
    double_d = 2 * _D % modulus
    blocks = []
    for positive in sums:
        prepared = [(v - u, v + u, double_d * uv % modulus) for u, v, uv in positive]
        opposite = [(plus, minus, modulus - last) for minus, plus, last in reversed(prepared)]
        blocks.append(dict(zip(signs, opposite + prepared, strict=True)))
    return blocks


def _powers(modulus: int) -> list[_Sum]:
    """Return the base point times 2^0, 2^8, 2^16, ... 2^248."""
    point = _extended(BASE)
    powers = [point]
    for _ in range(31):
        for _ in range(8):
            point = _double(point, modulus)
        powers.append(point)
    inverted = inverses([power[2] for power in powers], modulus)
    affine = [(u * i % modulus, v * i % modulus) for (u, v, *_), i in zip(powers, inverted, strict=True)]
    return [(u, v, u * v % modulus) for u, v in affine]


def _joined(sums: list[list[_Sum]], modulus: int) -> list[list[_Sum]]:
    """Join every set of sums with its neighbour: each sum of the left minus and plus each of the right.

    A set has the sums of some teeth with the highest taken plus, in ascending order of their signs. Minus and plus share
    their products and, as 1/(1 - k) and 1/(1 + k), their inversion.
    """
    pairs = list(zip(sums[::2], sums[1::2], strict=True))
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
    c = e * h % modulus * last % modulus
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
