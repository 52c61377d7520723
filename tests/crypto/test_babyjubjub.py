from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from airflow_provider_exchange.crypto import babyjubjub
from airflow_provider_exchange.crypto.babyjubjub import BASE, CURVE_ORDER, IDENTITY, SUBGROUP_ORDER, Comb, Point
from airflow_provider_exchange.crypto.base_powers import BASE_POWERS
from airflow_provider_exchange.crypto.field import MODULUS
from tests.crypto import textbook
from tests.crypto.cases import points, scalars

OF_ORDER_TWO = (0, MODULUS - 1)


def of_order(order: int) -> Point:
    """A point of this small order: the textbook's multiple of a point outside the subgroup."""
    for x in range(1, 200):
        yy = textbook.divide(1 - textbook.a * x * x, 1 - textbook.d * x * x)
        y = _root(yy)
        if y is not None:
            point = textbook.multiply((x, y), textbook.L * (8 // order))
            if textbook.multiply(point, order // 2) != IDENTITY:
                return point
    raise AssertionError("no such point")


def _root(value: int) -> int | None:
    """A square root in the field, by Tonelli and Shanks."""
    if pow(value, (MODULUS - 1) // 2, MODULUS) != 1:
        return None
    odd, twos = (MODULUS - 1) >> 28, 28
    c, t, root = pow(5, odd, MODULUS), pow(value, odd, MODULUS), pow(value, (odd + 1) // 2, MODULUS)
    while t != 1:
        square, least = t, 0
        while square != 1:
            square, least = square * square % MODULUS, least + 1
        b = pow(c, 1 << (twos - least - 1), MODULUS)
        twos, c = least, b * b % MODULUS
        t, root = t * c % MODULUS, root * b % MODULUS
    return root


SMALL = [IDENTITY, OF_ORDER_TWO, of_order(4), of_order(8)]
any_points = st.one_of(points, st.sampled_from(SMALL), st.builds(textbook.add, points, st.sampled_from(SMALL)))


def test_constants() -> None:
    assert (textbook.r, textbook.E, textbook.L, textbook.B) == (MODULUS, CURVE_ORDER, SUBGROUP_ORDER, BASE)
    assert (textbook.a, textbook.d) == (babyjubjub.A, babyjubjub.D)
    assert CURVE_ORDER % 8 == 0
    assert CURVE_ORDER // 8 == SUBGROUP_ORDER


def test_small_points_are_small() -> None:
    assert [next(n for n in (1, 2, 4, 8) if textbook.multiply(p, n) == IDENTITY) for p in SMALL] == [1, 2, 4, 8]


@given(any_points, any_points)
@example(BASE, BASE)
@example(BASE, textbook.negate(BASE))
@example(BASE, IDENTITY)
@example(IDENTITY, BASE)
@example(IDENTITY, IDENTITY)
@example(OF_ORDER_TWO, OF_ORDER_TWO)
def test_sum(left: Point, right: Point) -> None:
    total = babyjubjub.add(left, right)
    assert total == textbook.add(left, right)
    assert total == babyjubjub.add(right, left)
    assert babyjubjub.is_on_curve(total)


@given(any_points, any_points, any_points)
def test_sums_associate(a: Point, b: Point, c: Point) -> None:
    assert babyjubjub.add(babyjubjub.add(a, b), c) == babyjubjub.add(a, babyjubjub.add(b, c))


@settings(deadline=None, max_examples=30)
@given(any_points, scalars)
@example(BASE, 0)
@example(BASE, 1)
@example(BASE, SUBGROUP_ORDER)
@example(SMALL[3], SUBGROUP_ORDER)
@example(SMALL[3], 8)
@example(IDENTITY, CURVE_ORDER)
def test_multiple(point: Point, scalar: int) -> None:
    assert babyjubjub.multiply(point, scalar) == textbook.multiply(point, scalar)


@settings(deadline=None)
@given(scalars)
@example(0)
@example(1)
@example(2)
@example(SUBGROUP_ORDER - 1)
@example(SUBGROUP_ORDER)
@example(SUBGROUP_ORDER + 1)
@example(CURVE_ORDER - 1)
@example(CURVE_ORDER)
@example(2**251 - 1)
@example(2**251)
@example(2**250)
def test_multiple_of_the_base_point(scalar: int) -> None:
    assert babyjubjub.multiply_base(scalar) == textbook.multiply(BASE, scalar)


@settings(deadline=None, max_examples=50)
@given(scalars, scalars)
@example(SUBGROUP_ORDER - 1, 1)
def test_multiples_of_the_base_point_add_up(left: int, right: int) -> None:
    total = babyjubjub.add(babyjubjub.multiply_base(left), babyjubjub.multiply_base(right))
    assert total == babyjubjub.multiply_base(left + right)


@pytest.mark.parametrize(("teeth", "blocks"), [(1, 1), (2, 3), (5, 2), (7, 6), (8, 4)])
def test_every_comb_gives_the_same(teeth: int, blocks: int) -> None:
    comb = Comb(int, teeth, blocks)
    for scalar in (0, 1, 2, SUBGROUP_ORDER - 1, SUBGROUP_ORDER, 3**150, 2**250 + 1):
        assert comb.multiply(scalar) == textbook.multiply(BASE, scalar)


def test_powers_written_down_are_those_of_the_base_point() -> None:
    assert list(BASE_POWERS) == babyjubjub.base_powers(32, 8)
    assert Comb(int, 8, 4, BASE_POWERS).multiply(3**150) == textbook.multiply(BASE, 3**150)


@given(any_points, st.integers(1, MODULUS - 1))
@example(BASE, MODULUS - 1)
def test_off_the_curve(point: Point, shift: int) -> None:
    x, y = point
    assert babyjubjub.is_on_curve(point)
    assert babyjubjub.is_on_curve((x, (y + shift) % MODULUS)) == textbook.on_curve((x, (y + shift) % MODULUS))
    for unreduced in ((x + MODULUS, y), (x, y + MODULUS), (x - MODULUS, y), (x, y - MODULUS)):
        assert not babyjubjub.is_on_curve(unreduced)


def test_off_the_curve_by_one() -> None:
    assert not babyjubjub.is_on_curve((BASE[0], BASE[1] + 1))
    assert not babyjubjub.is_on_curve((BASE[0] + 1, BASE[1]))
    assert not babyjubjub.is_on_curve((0, 0))


@settings(deadline=None, max_examples=20)
@given(points, st.sampled_from(SMALL))
@example(IDENTITY, SMALL[1])
@example(BASE, SMALL[0])
def test_subgroup(point: Point, small: Point) -> None:
    assert babyjubjub.is_in_subgroup(textbook.add(point, small)) == (small == IDENTITY)
