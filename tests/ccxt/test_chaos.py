"""A slice of the random runs through ccxt; ``python -m tests.chaos --adapter ccxt`` plays more."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from airflow_provider_exchange.errors import ExchangeError
from airflow_provider_exchange.exchanges.ccxt import exchange
from airflow_provider_exchange.exchanges.ccxt.calls import CcxtCall
from tests.chaos.judge import violations
from tests.chaos.play import play
from tests.chaos.scenario import SLOW, draw
from tests.chaos.verdict import play_one

if TYPE_CHECKING:
    from collections.abc import Callable

    from airflow_provider_exchange.protocol.messages import Response

SEED = 20261201
SLICE = 96
TRIED = 600


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
    assert any(verdict.deferrals for verdict in verdicts)


def take_what_cannot_be_read_for_nothing(patch: pytest.MonkeyPatch) -> None:
    """An answer to a list that is no list is an empty one, as half of ccxt's classes have it."""
    finish = CcxtCall.finish

    def lenient(self: CcxtCall[Any], response: Response) -> Any:
        try:
            return finish(self, response)
        except ExchangeError:
            if "pen" in self.wanted.path and not self.mutating:
                return self.parse([])
            raise

    patch.setattr(CcxtCall, "finish", lenient)


def read_the_ordinary_orders_before_those_that_become_some(patch: pytest.MonkeyPatch) -> None:
    """The lists are read the other way round."""
    list_books = exchange.Ccxt._list
    patch.setattr(exchange.Ccxt, "_list", lambda self, books: list_books(self, books[::-1]))


@pytest.mark.parametrize("plant", [take_what_cannot_be_read_for_nothing])
def test_an_adapter_that_trusts_ccxt_is_found_out(
    plant: Callable[[pytest.MonkeyPatch], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    plant(monkeypatch)
    quick = (draw(SEED, number, "ccxt") for number in range(TRIED))
    runs = (scenario for scenario in quick if not {rule.kind for rule in scenario.faults} & SLOW)
    assert any("false success" in {law for law, _ in violations(play(scenario))} for scenario in runs)
