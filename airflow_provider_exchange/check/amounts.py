"""
Amounts that stand for others, drawn by chance, of which none leads back to another.

A factor that several amounts share would be told by the first of them that somebody knows; and the ratio of two
decimal fractions tells what they are, but for a common factor. So each amount has a factor of its own. Those of an
order's quantity still fit together: no more is filled than before, and what remains is the rest.
"""

from __future__ import annotations

import math
from decimal import ROUND_DOWN, ROUND_UP, Context, Decimal
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import random
    from collections.abc import Hashable

__all__ = ["Amounts", "OrderAmounts"]

SMALLEST_FACTOR, LARGEST_FACTOR = 1.25, 8.0
SMALLEST_POWER, LARGEST_POWER = 0.55, 0.9
"""The filled part of a quantity is raised to such a power: none stays none, all stays all, and more stays more."""
SIGNIFICANT = 8
ROUNDED = Context(prec=SIGNIFICANT)
EXACT = Context(prec=400)
"""Enough for any difference of two amounts."""


class OrderAmounts(NamedTuple):
    """
    The order that an amount belongs to.

    :param order: Tells it from others.
    :param quantity: Its quantity, positive; None if none can be read.
    """

    order: str
    quantity: Decimal | None


class Amounts:
    """
    Draws an amount for each amount, the same one each time.

    :param chance: Draws them.
    """

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance
        self._factors: dict[Hashable, Decimal] = {}
        self._powers: dict[OrderAmounts, Decimal] = {}

    def of(self, number: Decimal, *belongs: Hashable) -> Decimal:
        """
        Return what stands for an amount that is compared with no other.

        :param number: The amount; nothing stays nothing.
        :param belongs: Where it belongs. The same amount has another stand for it elsewhere.
        """
        return ROUNDED.multiply(number, self._factor((number, *belongs)))

    def quantity(self, number: Decimal, order: OrderAmounts) -> Decimal:
        """Return what stands for an order's quantity, or for a part of it."""
        whole = order.quantity
        if not number:
            return Decimal(0)
        if whole is None:
            return self.of(number, order)
        factor = self._factor(order)
        if number == whole:
            return ROUNDED.multiply(number, factor)
        scaled = ROUNDED.multiply(whole, factor)
        part = EXACT.multiply(scaled, Context().power(Context().divide(number, whole), self._power(order)))
        # A part that is nearly the whole is not to become the whole.
        return Context(prec=SIGNIFICANT, rounding=ROUND_DOWN if number < whole else ROUND_UP).plus(part)

    def remaining(self, number: Decimal, order: OrderAmounts) -> Decimal:
        """Return what stands for that part of an order's quantity that is not filled."""
        whole = order.quantity
        if whole is None or number > whole:
            return self.quantity(number, order)
        filled = self.quantity(EXACT.subtract(whole, number), order)
        return EXACT.subtract(self.quantity(whole, order), filled)

    def _factor(self, key: Hashable) -> Decimal:
        if key not in self._factors:
            size = math.exp(self._chance.uniform(math.log(SMALLEST_FACTOR), math.log(LARGEST_FACTOR)))
            self._factors[key] = Decimal(size if self._chance.random() < 1 / 2 else 1 / size)
        return self._factors[key]

    def _power(self, order: OrderAmounts) -> Decimal:
        if order not in self._powers:
            self._powers[order] = Decimal(self._chance.uniform(SMALLEST_POWER, LARGEST_POWER))
        return self._powers[order]
