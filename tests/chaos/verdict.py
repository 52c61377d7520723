"""One run, from its number to what came of it."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from unittest.mock import patch

if TYPE_CHECKING:
    from airflow_provider_exchange.operations.cancel import Cancelling
    from airflow_provider_exchange.protocol.steps import Operation

AS_BUILT = "as built"
NO_PAUSE = "with flat_for=0"
ONE_READ = "with a single read"
VARIANTS = (AS_BUILT, NO_PAUSE, ONE_READ)
"""How a run is played: what proves a selection flat."""


@dataclass(frozen=True)
class Verdict:
    """
    What came of a run, in little; it crosses a process boundary.

    :param lies: Whether a list might lie.
    """

    number: int
    group: str
    ending: str
    late: float
    deferrals: int
    violations: tuple[tuple[str, str], ...]
    deferrable: bool = False
    lies: bool = False

    def broke(self, law: str) -> bool:
        """Whether the run broke a law."""
        return law in {broken for broken, _ in self.violations}


def answer_at_once(_: Cancelling) -> Operation[bool]:
    """Say without a second read that a selection stays flat."""
    return True
    yield


def play_one(seed: int, number: int, adapter: str = "native", variant: str = AS_BUILT) -> Verdict:
    """
    Play a run and judge it.

    :param variant: One of :data:`VARIANTS`.
    """
    from airflow_provider_exchange.operations.cancel import Cancelling  # after the caller has chosen Airflow's home
    from tests.chaos.judge import error_of, violations
    from tests.chaos.play import play
    from tests.chaos.scenario import draw

    scenario = draw(seed, number, adapter)
    if variant == NO_PAUSE and "flat_for" in scenario.arguments:
        scenario = replace(scenario, arguments={**scenario.arguments, "flat_for": 0})
    one_read = patch.object(Cancelling, "_stays_flat", answer_at_once)
    with one_read if variant == ONE_READ else nullcontext():
        evidence = play(scenario)
    error = error_of(evidence) or evidence.error
    group = [scenario.venue, "sweep" if scenario.sweep else "single", *["deferrable"] * scenario.deferrable]
    return Verdict(
        number,
        " ".join(group),
        "success" if error is None else type(error).__name__,
        evidence.late,
        evidence.deferrals,
        tuple(violations(evidence)),
        scenario.deferrable,
        scenario.lies,
    )
