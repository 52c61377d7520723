"""The judge of the triggerer lets a good story pass, and finds each defect that is planted in it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.live.triggerer.judge import Pushed, Story, wrong_in

GOOD = Story(
    state="success",
    states={"shares_nami": "success", "watch_nami[0]": "success", "watch_nami[1]": "success"},
    watched={"nami": [["1", "2"], ["3", "4"]]},
    pushed={"nami": {0: [("1", "cancelled"), ("2", "cancelled")], 1: [("3", "cancelled"), ("4", "cancelled")]}},
    changes=(),
    triggers=(2, 0),
    late_requests=0,
    connections=(1, 0),
)


def pushing(pushed: Pushed) -> Story:
    return replace(GOOD, pushed={"nami": {**GOOD.pushed["nami"], 1: pushed}})


DEFECTS: dict[str, tuple[Story, str]] = {
    "a run that failed": (replace(GOOD, state="failed"), "the DAG run ended as failed"),
    "a task that failed": (
        replace(GOOD, states={**GOOD.states, "watch_nami[1]": "failed"}),
        "watch_nami[1] ended as failed",
    ),
    "a task without a state": (
        replace(GOOD, states={**GOOD.states, "watch_nami[1]": None}),
        "watch_nami[1] ended as None",
    ),
    "a sensor that pushed another's orders": (pushing(GOOD.pushed["nami"][0]), "nami: sensor 1 pushed [('1',"),
    "a sensor that missed an order": (pushing([("3", "cancelled")]), "nami: sensor 1 pushed [('3', 'cancelled')]"),
    "a sensor that pushed one too many": (
        pushing([*GOOD.pushed["nami"][1], ("5", "cancelled")]),
        "nami: sensor 1 pushed [('3', 'cancelled'), ('4', 'cancelled'), ('5', 'cancelled')]",
    ),
    "an order in another state": (
        pushing([("3", "cancelled"), ("4", "open")]),
        "nami: sensor 1 pushed [('3', 'cancelled'), ('4', 'open')]",
    ),
    "a sensor that pushed nothing": (
        replace(GOOD, pushed={"nami": {0: GOOD.pushed["nami"][0]}}),
        "nami: sensor 1 pushed None",
    ),
    "a sensor too many": (
        replace(GOOD, pushed={"nami": {**GOOD.pushed["nami"], 2: []}}),
        "nami: there are sensors that were not asked for: [2]",
    ),
    "a cancel": (
        replace(GOOD, changes=["DELETE /orders/1"]),
        "a request could have changed a book: DELETE /orders/1",
    ),
    "a trigger that is left": (replace(GOOD, triggers=(2, 1)), "1 triggers are left in the database"),
    "triggers that nobody saw": (
        replace(GOOD, triggers=(0, 0)),
        "0 triggers were in the database while 2 sensors waited",
    ),
    "connections that nobody saw": (replace(GOOD, connections=(0, 0)), "no connections to the venues were seen"),
    "requests after the end": (replace(GOOD, late_requests=2), "2 requests came after the end"),
    "connections that are left": (replace(GOOD, connections=(1, 3)), "3 connections to the venues are open"),
}


def test_a_story_that_went_as_it_must_passes() -> None:
    assert list(wrong_in(GOOD)) == []


@pytest.mark.parametrize(("story", "says"), DEFECTS.values(), ids=list(DEFECTS))
def test_a_defect_is_found(story: Story, says: str) -> None:
    (found,) = wrong_in(story)
    assert found.startswith(says)
