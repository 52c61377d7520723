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
    violations: tuple[tuple[str, str], ...]


def play_one(seed: int, number: int) -> Verdict:
    """Play a run and judge it."""
    from tests.chaos.judge import error_of, violations  # after the caller has chosen Airflow's home
    from tests.chaos.play import play
    from tests.chaos.scenario import draw

    scenario = draw(seed, number)
    evidence = play(scenario)
    error = error_of(evidence) or evidence.error
    return Verdict(
        number,
        f"{scenario.venue} {'sweep' if scenario.sweep else 'single'}",
        "success" if error is None else type(error).__name__,
        evidence.late,
        tuple(violations(evidence)),
    )
