"""
What must hold after a sweep was killed in mid-cancel and tried again.

While the first cancel of a sweep is under way, Airflow puts down which orders it selected. So the second try
knows all of them, whoever was killed. It reports what was gone by then as ``already_cancelled``, what it had to
cancel itself as ``cancelled``, and leaves no record.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

XCOMS = ("order_page", "report", "return_value")
"""The keys that a sweep leaves: the page of its orders, and the report."""
CALM = frozenset({"debug", "info"})


@dataclass(frozen=True)
class Story:
    """
    Everything that the judge looks at after one story.

    :param state: of the DAG run.
    :param states: of each task.
    :param sweeps: one for each account.
    :param summary: the task after the sweeps, which adds their outcomes up.
    """

    state: str
    states: Mapping[str, str | None]
    sweeps: Sequence[Sweep]
    summary: Ended


@dataclass(frozen=True)
class Ended:
    """
    What a task left in Airflow.

    :param tries: the number and state of each try.
    :param xcoms: the key of each XCom.
    :param pushed: what it returned; None when it returned nothing.
    """

    tries: Sequence[tuple[int, str]]
    xcoms: Sequence[str]
    pushed: Any


@dataclass(frozen=True)
class Sweep:
    """
    One account.

    :param venue: where.
    :param placed: ids of all orders.
    :param left: ids of those that were still live when the task was killed.
    :param asked: ids of those that a cancel before the kill had named.
    :param recorded: keys that were in the task's state store at the kill.
    :param orphaned: whether the task's process lived on, and woke after the second try.
    :param live: ids of the orders that are live in the end.
    :param task: what it left in Airflow.
    :param log: level and text of each line that the second try logged.
    :param cancels: how many cancels after the kill named each order.
    :param strays: requests after the kill that could change the book and named none of the orders.
    :param records: keys that are in the task's state store in the end.
    """

    venue: str
    placed: frozenset[str]
    left: frozenset[str]
    asked: frozenset[str]
    recorded: Sequence[str]
    orphaned: bool
    live: frozenset[str]
    task: Ended
    log: Sequence[tuple[str, str]]
    cancels: Counter[str]
    strays: Sequence[str]
    records: Sequence[str]

    @property
    def expected(self) -> dict[str, str]:
        """The outcome of each order as the report must tell it."""
        return {order_id: "cancelled" if order_id in self.left else "already_cancelled" for order_id in self.placed}


def wrong_in(story: Story) -> Iterator[str]:
    """
    Tell what is not as it must be.

    :param story: what was seen.
    """
    if story.state != "success":
        yield f"the DAG run ended as {story.state}: {dict(story.states)}"
    for sweep in story.sweeps:
        for each in _wrong_at(sweep):
            yield f"{sweep.venue}: {each}"
    yield from _wrong_in_summary(story.summary, story.sweeps)


def _wrong_at(sweep: Sweep) -> Iterator[str]:
    if sweep.left == sweep.placed:
        yield "no cancel had been obeyed before the kill"
    if not sweep.recorded:
        yield "no record had been put down while the first cancel was under way"
    if sweep.live:
        yield f"open in the end: {_listed(sweep.live)}"
    if [number for number, _ in sweep.task.tries] != [1, 2] or sweep.task.tries[-1][1] != "success":
        yield f"tries {list(sweep.task.tries)}"
    if sorted(sweep.task.xcoms) != sorted(XCOMS):
        yield f"XComs {list(sweep.task.xcoms)}"
    if sweep.task.pushed is None:
        yield "no report"
    else:
        yield from _wrong_in_report(sweep.task.pushed, sweep.expected)
    yield from _wrong_cancels(sweep)
    if not sweep.log:
        yield "the second try's log is empty"
    yield from (f"the second try's log says {level}: {text}" for level, text in sweep.log if level not in CALM)
    if sweep.records:
        yield f"records are left for another attempt: {list(sweep.records)}"


def _wrong_in_report(report: Mapping[str, Any], expected: Mapping[str, str]) -> Iterator[str]:
    named = Counter(order["order_id"] for order in report["orders"])
    for words, order_ids in (
        ("does not name", expected.keys() - named.keys()),
        ("names orders that never were", named.keys() - expected.keys()),
        ("names more than once", {order_id for order_id, count in named.items() if count > 1}),
    ):
        if order_ids:
            yield f"the report {words}: {_listed(order_ids)}"
    for order in report["orders"]:
        told = order["outcome"], order["state"], order["confirmed"]
        proper = expected.get(order["order_id"]), "cancelled", True
        if order["order_id"] in expected and told != proper:
            yield f"the report says of {order['order_id']} {told} instead of {proper}"
    counts = {"requested": len(expected), "outcomes": dict(Counter(expected.values())), "open_after": 0}
    for name, count in counts.items():
        if report[name] != count:
            yield f"the report has {name} {report[name]} instead of {count}"


def _wrong_cancels(sweep: Sweep) -> Iterator[str]:
    """
    What is gone is not cancelled again, and what is left is cancelled once.

    A process that lived on may add the cancels that it had planned and not sent: it looks again only after
    those.
    """
    planned = sweep.left - sweep.asked if sweep.orphaned else frozenset()
    for order_id in sorted(sweep.placed):
        least = 1 if order_id in sweep.left else 0
        most = least + (1 if order_id in planned else 0)
        count = sweep.cancels[order_id]
        if not least <= count <= most:
            was = "left" if order_id in sweep.left else "gone"
            yield f"{order_id}, which was {was} at the kill, was cancelled {count} times afterwards"
    yield from (f"a request changes the book and names no order: {stray}" for stray in sweep.strays)


def _wrong_in_summary(summary: Ended, sweeps: Iterable[Sweep]) -> Iterator[str]:
    if list(summary.tries) != [(1, "success")]:
        yield f"summary: tries {list(summary.tries)}"
    if list(summary.xcoms) != ["return_value"]:
        yield f"summary: XComs {list(summary.xcoms)}"
    expected = dict(Counter(outcome for sweep in sweeps for outcome in sweep.expected.values()))
    if summary.pushed != expected:
        yield f"summary: {summary.pushed} instead of {expected}"


def _listed(order_ids: Iterable[str]) -> str:
    return ", ".join(sorted(order_ids))
