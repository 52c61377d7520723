"""Amounts in a transcript fit together, and none leads back to what it stands for."""

from __future__ import annotations

from decimal import Decimal
from itertools import combinations
from random import Random

from hypothesis import assume, example, given
from hypothesis import strategies as st

from airflow_provider_exchange.check.amounts import EXACT, Amounts, OrderAmounts

AMOUNT = st.decimals(Decimal("1e-18"), Decimal("1e30"), allow_nan=False)
SEED = st.integers(0, 2**32)


def is_told_apart(one: Decimal, other: Decimal) -> bool:
    return abs(one / other - 1) > Decimal("1e-6")


@given(AMOUNT, AMOUNT, SEED)
@example(Decimal(1), Decimal(1), 0)
@example(Decimal(1), Decimal("0.999999999999"), 0)
@example(Decimal(1), Decimal("1.000000000001"), 0)
@example(Decimal("1e30"), Decimal("1e-18"), 0)
def test_the_parts_of_a_quantity_fit_together(quantity: Decimal, filled: Decimal, seed: int) -> None:
    amounts, order = Amounts(Random(seed)), OrderAmounts("7", quantity)
    whole, part = amounts.quantity(quantity, order), amounts.quantity(filled, order)
    assert (whole > part, whole == part) == (quantity > filled, quantity == filled)
    assert part > 0
    assert amounts.quantity(Decimal(0), order) == 0
    if filled <= quantity:
        assert amounts.remaining(EXACT.subtract(quantity, filled), order) == EXACT.subtract(whole, part)


@given(st.sampled_from([Decimal(1), Decimal(10), Decimal("0.5"), Decimal("1.25")]), SEED)
def test_every_amount_is_another_one(number: Decimal, seed: int) -> None:
    amounts = Amounts(Random(seed))
    for order in (OrderAmounts("7", number), OrderAmounts("7", None)):
        assert is_told_apart(amounts.quantity(number, order), number)
        assert amounts.quantity(number, order) == amounts.quantity(number, order)
    assert is_told_apart(amounts.of(number, "balance"), number)


@given(AMOUNT, AMOUNT, SEED)
def test_an_amount_that_is_known_tells_no_other(known: Decimal, other: Decimal, seed: int) -> None:
    """Neither that of another order, nor another of the same order, nor another of the same list."""
    assume(is_told_apart(known, other))
    amounts = Amounts(Random(seed))
    one, two = OrderAmounts("7", known), OrderAmounts("8", other)
    factors = [
        amounts.quantity(known, one) / known,
        amounts.quantity(other, one) / other,
        amounts.quantity(other, two) / other,
        amounts.of(known, one, "price") / known,
        amounts.of(other, two, "price") / other,
        amounts.of(known, "/balance", "amount") / known,
        amounts.of(other, "/balance", "amount") / other,
    ]
    assert all(is_told_apart(one, other) for one, other in combinations(factors, 2))
