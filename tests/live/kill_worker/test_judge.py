"""The judge of the killed sweeps lets a good story pass, and finds each defect that is planted in it."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from tests.live.kill_worker.judge import XCOMS, Ended, Story, Sweep, wrong_in

if TYPE_CHECKING:
    from collections.abc import Callable

GONE, UNSENT, IGNORED = "1001", "1002", "1003"
"""An order that the first try cancelled, one whose cancel it had planned, and one whose cancel was ignored."""


def result(order_id: str, outcome: str) -> dict[str, Any]:
    return {"order_id": order_id, "outcome": outcome, "state": "cancelled", "confirmed": True}


def report() -> dict[str, Any]:
    return {
        "requested": 3,
        "outcomes": {"already_cancelled": 1, "cancelled": 2},
        "orders": [result(GONE, "already_cancelled"), result(UNSENT, "cancelled"), result(IGNORED, "cancelled")],
        "open_after": 0,
    }


SWEEP = Sweep(
    "nami",
    placed=frozenset({GONE, UNSENT, IGNORED}),
    left=frozenset({UNSENT, IGNORED}),
    asked=frozenset({GONE, IGNORED}),
    recorded=["orders"],
    orphaned=False,
    live=frozenset(),
    task=Ended([(1, "failed"), (2, "success")], XCOMS, report()),
    log=[("debug", "reads"), ("info", "nami: going on from an earlier attempt")],
    cancels=Counter({UNSENT: 1, IGNORED: 1}),
    strays=(),
    records=(),
)
SUMMARY = Ended([(1, "success")], ["return_value"], {"cancelled": 2, "already_cancelled": 1})


def wrong(sweep: Sweep = SWEEP, state: str = "success", summary: Ended = SUMMARY) -> list[str]:
    return list(wrong_in(Story(state, {"cancel_nami": "success"}, [sweep], summary)))


def test_a_story_that_went_as_it_must_passes() -> None:
    assert wrong() == []


def test_a_process_that_lived_on_may_send_what_it_had_planned() -> None:
    twice = replace(SWEEP, cancels=Counter({UNSENT: 2, IGNORED: 1}))
    assert wrong(replace(twice, orphaned=True)) == []
    assert wrong(twice) == [f"nami: {UNSENT}, which was left at the kill, was cancelled 2 times afterwards"]


SWEEPS: dict[str, tuple[Sweep, str]] = {
    "killed too early": (replace(SWEEP, left=SWEEP.placed), "no cancel had been obeyed before the kill"),
    "no record for the second try": (
        replace(SWEEP, recorded=()),
        "no record had been put down while the first cancel was under way",
    ),
    "a log that nobody saw": (replace(SWEEP, log=()), "the second try's log is empty"),
    "an order left open": (replace(SWEEP, live=frozenset({IGNORED})), f"open in the end: {IGNORED}"),
    "no second try": (replace(SWEEP, task=replace(SWEEP.task, tries=[(1, "success")])), "tries [(1, 'success')]"),
    "a third try": (
        replace(SWEEP, task=replace(SWEEP.task, tries=[(1, "failed"), (2, "failed"), (3, "success")])),
        "tries [(1, 'failed'), (2, 'failed'), (3, 'success')]",
    ),
    "a task that failed": (
        replace(SWEEP, task=replace(SWEEP.task, tries=[(1, "failed"), (2, "failed")])),
        "tries [(1, 'failed'), (2, 'failed')]",
    ),
    "no report": (replace(SWEEP, task=replace(SWEEP.task, pushed=None)), "no report"),
    "an XCom too many": (replace(SWEEP, task=replace(SWEEP.task, xcoms=[*XCOMS, "again"])), "XComs"),
    "an XCom twice": (replace(SWEEP, task=replace(SWEEP.task, xcoms=[*XCOMS, "return_value"])), "XComs"),
    "an order cancelled that was gone": (
        replace(SWEEP, cancels=SWEEP.cancels + Counter({GONE: 1})),
        f"{GONE}, which was gone at the kill, was cancelled 1 times",
    ),
    "an order cancelled by an orphan that was gone": (
        replace(SWEEP, orphaned=True, cancels=SWEEP.cancels + Counter({GONE: 1})),
        f"{GONE}, which was gone at the kill, was cancelled 1 times",
    ),
    "an order cancelled by an orphan that had asked before": (
        replace(SWEEP, orphaned=True, cancels=SWEEP.cancels + Counter({IGNORED: 1})),
        f"{IGNORED}, which was left at the kill, was cancelled 2 times",
    ),
    "an order cancelled by an orphan again and again": (
        replace(SWEEP, orphaned=True, cancels=SWEEP.cancels + Counter({UNSENT: 2})),
        f"{UNSENT}, which was left at the kill, was cancelled 3 times",
    ),
    "an order gone without a cancel": (
        replace(SWEEP, cancels=Counter({UNSENT: 1})),
        f"{IGNORED}, which was left at the kill, was cancelled 0 times",
    ),
    "a cancel of everything": (
        replace(SWEEP, strays=["DELETE /orders/all"]),
        "a request changes the book and names no order: DELETE /orders/all",
    ),
    "a warning": (replace(SWEEP, log=[("warning", "the store")]), "the second try's log says warning: the store"),
    "an error": (replace(SWEEP, log=[("error", "Traceback")]), "the second try's log says error: Traceback"),
    "a record that is left": (replace(SWEEP, records=["orders"]), "records are left for another attempt"),
}


@pytest.mark.parametrize(("sweep", "says"), SWEEPS.values(), ids=list(SWEEPS))
def test_a_defect_of_a_sweep_is_found(sweep: Sweep, says: str) -> None:
    assert f"nami: {says}" in "\n".join(wrong(sweep))


def miss_an_order(told: dict[str, Any]) -> str:
    told["orders"].pop(0)
    return f"the report does not name: {GONE}"


def name_one_too_many(told: dict[str, Any]) -> str:
    told["orders"].append(result("9999", "cancelled"))
    return "the report names orders that never were: 9999"


def name_one_twice(told: dict[str, Any]) -> str:
    told["orders"].append(result(GONE, "already_cancelled"))
    return f"the report names more than once: {GONE}"


def claim_what_the_first_try_did(told: dict[str, Any]) -> str:
    told["orders"][0]["outcome"] = "cancelled"
    return f"the report says of {GONE} ('cancelled', 'cancelled', True)"


def deny_what_the_second_try_did(told: dict[str, Any]) -> str:
    told["orders"][1]["outcome"] = "already_cancelled"
    return f"the report says of {UNSENT} ('already_cancelled', 'cancelled', True)"


def show_another_state(told: dict[str, Any]) -> str:
    told["orders"][0]["state"] = "open"
    return f"the report says of {GONE} ('already_cancelled', 'open', True)"


def prove_nothing(told: dict[str, Any]) -> str:
    told["orders"][0]["confirmed"] = False
    return f"the report says of {GONE} ('already_cancelled', 'cancelled', False)"


def count_what_was_left_alone(told: dict[str, Any]) -> str:
    told["requested"] = 2
    return "the report has requested 2 instead of 3"


def count_other_outcomes(told: dict[str, Any]) -> str:
    told["outcomes"] = {"cancelled": 3}
    return "the report has outcomes {'cancelled': 3}"


def leave_one_open(told: dict[str, Any]) -> str:
    told["open_after"] = 1
    return "the report has open_after 1 instead of 0"


REPORTS: list[Callable[[dict[str, Any]], str]] = [
    miss_an_order,
    name_one_too_many,
    name_one_twice,
    claim_what_the_first_try_did,
    deny_what_the_second_try_did,
    show_another_state,
    prove_nothing,
    count_what_was_left_alone,
    count_other_outcomes,
    leave_one_open,
]


@pytest.mark.parametrize("spoil", REPORTS, ids=lambda spoil: spoil.__name__)
def test_a_defect_of_a_report_is_found(spoil: Callable[[dict[str, Any]], str]) -> None:
    told = report()
    says = spoil(told)
    (found,) = wrong(replace(SWEEP, task=replace(SWEEP.task, pushed=told)))
    assert found.startswith(f"nami: {says}")


def test_a_run_that_failed_is_found() -> None:
    assert wrong(state="failed") == ["the DAG run ended as failed: {'cancel_nami': 'success'}"]


@pytest.mark.parametrize(
    "summary",
    [
        replace(SUMMARY, tries=[(1, "failed")]),
        replace(SUMMARY, tries=[(1, "failed"), (2, "success")]),
        replace(SUMMARY, xcoms=[]),
        replace(SUMMARY, pushed={"cancelled": 2}),
        replace(SUMMARY, pushed=None),
    ],
    ids=["failed", "tried twice", "without an XCom", "of the second try alone", "empty"],
)
def test_a_defect_of_the_summary_is_found(summary: Ended) -> None:
    (found,) = wrong(summary=summary)
    assert found.startswith("summary: ")
