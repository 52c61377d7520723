"""A slice of the random runs through ccxt; ``python -m tests.chaos --adapter ccxt`` plays more."""

from __future__ import annotations

import pytest

from tests.chaos.verdict import play_one

SEED = 20261201
SLICE = 60


@pytest.fixture(autouse=True)
def short_flatness() -> None:
    """Leave ``flat_for`` as a scenario has it: an empty list may last for nearly as long."""


@pytest.mark.parametrize("part", range(4))
def test_no_law_is_broken(part: int) -> None:
    verdicts = [play_one(SEED, number, "ccxt") for number in range(part, SLICE, 4)]
    broken = {verdict.number: verdict.violations for verdict in verdicts if verdict.violations}
    assert not broken, (
        f"see python -m tests.chaos --adapter ccxt --seed {SEED} --run {next(iter(broken))}: {broken}"
    )
    assert any(verdict.ending == "success" for verdict in verdicts)
