"""The judge of the kill switches lets a good story pass, and finds each defect that is planted in it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.live.kill_switch.judge import (
    FAILED_IN_TASK,
    IN_DAG_PROCESSOR,
    IN_TASK,
    Expected,
    Place,
    Story,
    Switched,
    Word,
    markdown,
    wrong_in,
)

EXPECTED = Expected(task=frozenset({IN_TASK}), dag=frozenset({IN_DAG_PROCESSOR}), awaits_return=frozenset({"dag"}))
TASK = Switched([IN_TASK], ["attempt=1.log"], flat_after=0.2)
DAG = Switched([IN_DAG_PROCESSOR], ["strategy.py.log"], flat_after=6.5)
NEVER = Switched([], [], flat_after=None)
STORY = Story("It dies.", "", {"task": TASK, "dag": DAG}, returned_after=1.5, strategy_lives=False, cut_off=0)


def wrong(expected: Expected = EXPECTED, **changes: Any) -> list[str]:
    return list(wrong_in(replace(STORY, **changes), expected))


def test_a_story_that_went_as_it_must_passes() -> None:
    assert wrong() == []


def test_a_callback_may_be_called_more_than_once() -> None:
    assert wrong(switched={"task": replace(TASK, words=[IN_TASK, IN_TASK]), "dag": DAG}) == []


def test_a_callback_that_must_not_run_passes_when_it_does_not() -> None:
    silent = replace(EXPECTED, task=frozenset())
    assert wrong(silent, switched={"task": NEVER, "dag": DAG}) == []
    assert len(wrong(silent)) == 2  # it spoke, and cancelled


TASKS: dict[str, tuple[Switched, str]] = {
    "not called": (NEVER, "runs **never** instead of in the task"),
    "called, and orders are open": (replace(TASK, flat_after=None), "orders are open"),
    "somewhere else": (replace(TASK, words=[IN_DAG_PROCESSOR]), "runs in the DAG processor instead of in the task"),
    "in an unknown log": (replace(TASK, words=[Word(Place.ELSEWHERE, done=True)]), "runs somewhere else instead"),
    "failed": (replace(TASK, words=[FAILED_IN_TASK]), "runs in the task, where it fails instead of in the task"),
    "too early": (replace(TASK, flat_after=-3.0), "flat 3.0 s before anything had failed"),
    "only after the return": (
        replace(TASK, flat_after=1.6),
        "flat after 1.6 s, and what died was back after 1.5 s",
    ),
}


@pytest.mark.parametrize(("task", "says"), TASKS.values(), ids=list(TASKS))
def test_a_defect_of_a_task_callback_is_found(task: Switched, says: str) -> None:
    found = wrong(switched={"task": task, "dag": DAG})
    assert any(each.startswith(f"It dies., the task's callback: {says}") for each in found)


def test_a_callback_that_acts_during_an_outage_that_should_hinder_it_is_found() -> None:
    (found,) = wrong(switched={"task": TASK, "dag": replace(DAG, flat_after=1.4)})
    assert "the dag's callback: flat after 1.4 s" in found


def test_a_callback_that_cancels_and_does_not_say_so_is_found() -> None:
    silent = replace(EXPECTED, dag=frozenset())
    (found,) = wrong(silent, switched={"task": TASK, "dag": replace(DAG, words=[], logs=[])})
    assert found == "It dies., the dag's callback: the account is flat, which nothing should have done"


def test_a_strategy_that_lives_is_found() -> None:
    assert wrong(strategy_lives=True) == ["It dies.: the strategy's process lives"]
    assert wrong(replace(EXPECTED, strategy_lives=True)) == ["It dies.: the strategy's process is gone"]


def test_a_callback_that_does_not_end_is_found() -> None:
    assert wrong(cut_off=1) == ["It dies.: the DAG processor has ended 1 processes that did not end themselves"]


def test_the_table_tells_all_of_it() -> None:
    task = replace(TASK, words=[FAILED_IN_TASK, IN_DAG_PROCESSOR, IN_DAG_PROCESSOR], flat_after=12.7)
    stories = [STORY, replace(STORY, name="Another.", waits="5 s", switched={"task": task, "dag": NEVER})]
    (_, _, first, second) = markdown(stories).splitlines()
    assert first == (
        "| It dies. | in the task; flat after 0.2 s "
        "| in the DAG processor; flat after 6.5 s, 5.0 s after the return | |"
    )
    assert second == (
        "| Another. | in the task, where it fails; then in the DAG processor, more than once; "
        "flat after 12.7 s, 11.2 s after the return | **never** | 5 s |"
    )
