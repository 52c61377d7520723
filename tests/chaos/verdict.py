"""One run, from its number to what came of it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Verdict:
    """What came of a run, in little; it crosses a process boundary."""

    number: int
    group: str
    ending: str
    late: float
    deferrals: int
    violations: tuple[tuple[str, str], ...]


def play_one(seed: int, number: int, adapter: str = "native") -> Verdict:
    """Play a run and judge it."""
    from tests.chaos.judge import error_of, violations  # after the caller has chosen Airflow's home
    from tests.chaos.play import play
    from tests.chaos.scenario import draw

    scenario = draw(seed, number, adapter)
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
    )
