"""The judge of the scenarios lets a good story pass, and finds each defect that is planted in it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.live.scale.judge import Expected, Story, Swept, Watched, listed, wrong_in

SELECTED = frozenset({"1", "2", "3"})
KEPT = frozenset({"8", "9"})
KILLED = Expected(dies="worker")


def order(order_id: str, **changes: Any) -> dict[str, Any]:
    return {"order_id": order_id, "outcome": "cancelled", "state": "cancelled", "confirmed": True, **changes}


def report(*orders: dict[str, Any], **changes: Any) -> dict[str, Any]:
    outcomes: dict[str, int] = {}
    for each in orders:
        outcomes[each["outcome"]] = outcomes.get(each["outcome"], 0) + 1
    return {
        "conn_id": "nami_0",
        "error": None,
        "open_after": 0,
        "proved_at": "2026-12-01T00:00:00Z",
        "requested": len(orders),
        "outcomes": outcomes,
        "orders": list(orders),
        "earlier": "",
        **changes,
    }


FULL = report(order("1"), order("2", outcome="already_cancelled"), order("3"))
SHARES = report(order("1")), report(order("2"), order("3"))
SWEPT = Swept("nami_0", SELECTED, KEPT, KEPT, [FULL], requests=9, first_cancel=0.4)
SENSOR = Watched("watch[0]", [("7", "cancelled")], [("7", "cancelled")])
STORY = Story(
    "success",
    {},
    [SWEPT],
    flat_after=5.0,
    ended_after=8.0,
    watched=[SENSOR],
    under_way=3,
    restarted=frozenset({"worker-2"}),
)


def wrong(expected: Expected = KILLED, *, quiet: bool = True, **changes: Any) -> list[str]:
    return list(wrong_in(replace(STORY, **changes), expected, quiet=quiet))


def wrong_at(expected: Expected = KILLED, *, quiet: bool = True, **changes: Any) -> list[str]:
    return wrong(expected, quiet=quiet, swept=[replace(SWEPT, **changes)])


def test_a_story_that_went_as_it_must_passes() -> None:
    assert wrong() == []


def test_many_tasks_may_share_an_account() -> None:
    assert wrong_at(Expected(paced=True), reports=SHARES, tries=(1, 2)) == []


def test_a_scenario_in_which_nothing_happens_passes() -> None:
    assert wrong(Expected(), under_way=None, restarted=frozenset()) == []


STORIES: dict[str, tuple[dict[str, Any], str]] = {
    "the run failed": (
        {"state": "failed", "states": {"sweep[3]": "failed"}},
        "the DAG run ended as failed: {'sweep[3]': 'failed'}",
    ),
    "it happened too late": ({"under_way": 0}, "nothing was under way when it happened"),
    "nothing died": ({"restarted": frozenset({"scheduler"})}, "no worker was started again, but ['scheduler']"),
    "a sensor told nothing": (
        {"watched": [replace(SENSOR, pushed=None)]},
        "watch[0] pushed None instead of [('7', 'cancelled')]",
    ),
    "a sensor told of an open order": (
        {"watched": [replace(SENSOR, pushed=[("7", "open")])]},
        "watch[0] pushed [('7', 'open')] instead of [('7', 'cancelled')]",
    ),
}


@pytest.mark.parametrize(("changes", "says"), STORIES.values(), ids=list(STORIES))
def test_a_defect_of_a_story_is_found(changes: dict[str, Any], says: str) -> None:
    assert wrong(**changes) == [says]


ACCOUNTS: dict[str, tuple[dict[str, Any], str]] = {
    "an order is open": ({"open": KEPT | {"2"}}, "still open: 2"),
    "an order that was to stay is gone": ({"open": frozenset({"8"})}, "gone, and nobody had selected them: 9"),
    "a task tells nothing": ({"reports": [FULL, None]}, "1 of 2 tasks tell nothing"),
    "an order is not reported": (
        {"reports": [report(order("1"), order("3"))]},
        "the reports do not name: 2",
    ),
    "an order that was to stay is reported": (
        {"reports": [report(*FULL["orders"], order("8"))]},
        "the reports name what nobody had selected: 8",
    ),
    "two tasks report one order": (
        {"reports": [*SHARES, report(order("3"))]},
        "the reports name more than once: 3",
    ),
    "an order is not proved to be gone": (
        {"reports": [report(order("1"), order("2", confirmed=False), order("3"))]},
        "the reports do not say that it is proved of: 2",
    ),
    "an order is filled": (
        {"reports": [report(order("1"), order("2", outcome="filled", state="filled"), order("3"))]},
        "the reports do not say that it is proved of: 2",
    ),
    "a report is of another account": (
        {"reports": [{**FULL, "conn_id": "nami_1"}]},
        "a report is of nami_1",
    ),
    "a report knows of open orders": (
        {"reports": [{**FULL, "open_after": 1}]},
        "a report has open_after, whether proved, error: (1, True, None)",
    ),
    "a report has no proof": (
        {"reports": [{**FULL, "proved_at": None}]},
        "a report has open_after, whether proved, error: (0, False, None)",
    ),
    "a report has an error": (
        {"reports": [{**FULL, "error": "late"}]},
        "a report has open_after, whether proved, error: (0, True, 'late')",
    ),
    "a report miscounts": (
        {"reports": [{**FULL, "requested": 2}]},
        (
            "a report counts 2 and {'cancelled': 2, 'already_cancelled': 1} "
            "instead of {'cancelled': 2, 'already_cancelled': 1}"
        ),
    ),
    "nothing was cancelled": ({"first_cancel": None}, "nothing was cancelled"),
    "the first cancel is late": ({"first_cancel": 3.5}, "the first cancel came 3.5 s after the first list"),
    "a report did not arrive": ({"unreported": 1}, "1 of 1 tasks have no report"),
}


@pytest.mark.parametrize(("changes", "says"), ACCOUNTS.values(), ids=list(ACCOUNTS))
def test_a_defect_at_an_account_is_found(changes: dict[str, Any], says: str) -> None:
    assert wrong_at(**changes) == [f"nami_0: {says}"]


def test_refusals_count_where_the_tasks_are_paced() -> None:
    assert wrong_at(limited=2, refused=1) == []
    assert wrong_at(Expected(paced=True), limited=2, refused=1) == [
        "nami_0: 2 of 9 requests were refused for their number",
        "nami_0: 1 of 9 requests were refused",
    ]


def test_a_busy_machine_may_be_slow() -> None:
    assert wrong_at(quiet=False, first_cancel=3.5, unreported=1) == []


def test_after_an_outage_gaps_have_to_be_admitted() -> None:
    outage = Expected(outage=True)
    gap = report(order("1"))
    admitted = {**gap, "earlier": "an earlier attempt ran; what it cancelled is not known"}
    assert wrong_at(outage, reports=[admitted], unreported=1) == []
    assert wrong_at(outage, reports=[gap]) == ["nami_0: the reports do not name: 2, 3"]
    assert wrong_at(reports=[admitted]) == ["nami_0: the reports do not name: 2, 3"]


def test_whoever_dies_before_its_record_was_kept_leaves_gaps_that_have_to_be_admitted() -> None:
    gap = report(order("1"))
    admitted = {**gap, "earlier": "an earlier attempt ran; what it cancelled is not known"}
    assert wrong_at(recorded=False, reports=[admitted]) == []
    assert wrong_at(recorded=False, reports=[gap]) == ["nami_0: the reports do not name: 2, 3"]


def test_a_try_that_died_before_its_first_cancel_says_nothing_about_the_pace() -> None:
    assert wrong_at(first_cancel=37.0, tries=(2,)) == []


def test_only_some_orders_are_listed() -> None:
    assert listed(map(str, range(7))) == "0, 1, 2, 3, 4 and 2 more"
