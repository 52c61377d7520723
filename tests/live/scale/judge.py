"""What must hold after a scenario, whatever died in it: judged from the books and logs of the exchanges."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

GONE = frozenset({"cancelled", "already_cancelled"})
"""Outcomes of an order that nobody but us cancels; the second when an earlier try did, and never learnt of it."""
FIRST_CANCEL = 3.0
"""Seconds within which the first cancel has to follow the first list."""


@dataclass(frozen=True)
class Swept:
    """
    What one account shows in the end, and its tasks: of one, unless many sweep it.

    :param account: its connection.
    :param selected: the ids of the orders that were to go.
    :param kept: the ids of those that were to stay.
    :param open: the ids of those that can still trade.
    :param reports: what each of its tasks reports in XCom, or else returns; None of one that has neither.
    :param unreported: how many of its tasks have no report in XCom.
    :param tries: how many tries each of its tasks took.
    :param requests: how many the venue got.
    :param limited: how many of these it refused for their number.
    :param refused: how many it refused for something else, such as a nonce.
    :param first_cancel: seconds from the first list to the first cancel, by the venue's clock; None without one.
        A try that died in between says nothing about the pace of the package.
    :param recorded: whether Airflow had the record of its task when something happened; true when nothing did.
    :param took: seconds from the first request to the last.
    """

    account: str
    selected: frozenset[str]
    kept: frozenset[str]
    open: frozenset[str]
    reports: Sequence[Mapping[str, Any] | None]
    tries: Sequence[int] = (1,)
    requests: int = 0
    limited: int = 0
    refused: int = 0
    first_cancel: float | None = None
    unreported: int = 0
    recorded: bool = True
    took: float = 0.0

    @property
    def unnamed(self) -> frozenset[str]:
        """The selected orders that no report names."""
        return self.selected - {
            order["order_id"] for report in self.reports if report for order in report["orders"]
        }

    @property
    def admits_gaps(self) -> bool:
        """Whether a report says that it does not know all of what an earlier try cancelled."""
        return any(report is not None and report.get("earlier") for report in self.reports)


@dataclass(frozen=True)
class Watched:
    """
    What a sensor came to.

    :param name: of its task.
    :param expected: id and state of its orders.
    :param pushed: what it told of them; None when it told nothing.
    """

    name: str
    expected: Sequence[tuple[str, str]]
    pushed: Sequence[tuple[str, str]] | None


@dataclass(frozen=True)
class Story:
    """
    Everything that the judge looks at after one scenario.

    :param state: of the DAG run, or of the first that was no success.
    :param states: of each task that was no success.
    :param swept: account by account.
    :param watched: sensor by sensor.
    :param under_way: tasks that had sent a cancel and not ended, at the moment at which something happened; None
        when nothing had to happen.
    :param restarted: parts of Airflow that were started again.
    :param flat_after: seconds from what happened, or from the start, to the last cancel.
    :param ended_after: seconds to the end of the DAG run.
    """

    state: str
    states: Mapping[str, str | None]
    swept: Sequence[Swept]
    flat_after: float
    ended_after: float
    watched: Sequence[Watched] = ()
    under_way: int | None = None
    restarted: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Expected:
    """
    What must come of it beside flat books.

    :param dies: the beginning of the name of a part that has to die, and be started again; empty for none.
    :param outage: whether Airflow could take neither reports nor records for a while, which the tasks do not wait
        for. A try that follows one which died then cannot name all that is gone; but it has to say so.
    :param paced: whether no request may be refused, be it for their number or for its nonce.
    """

    dies: str = ""
    outage: bool = False
    paced: bool = False


def wrong_in(story: Story, expected: Expected, *, quiet: bool) -> Iterator[str]:
    """
    Tell what is not as it must be.

    :param story: what was seen.
    :param expected: what had to be seen.
    :param quiet: whether the machine had so little else to do that its pace says something about us: the time of
        the first cancel, and whether Airflow took each report within the 2 s that a task waits for it.
    """
    if story.state != "success":
        yield f"the DAG run ended as {story.state}: {dict(story.states)}"
    if story.under_way == 0:
        yield "nothing was under way when it happened"
    if expected.dies and not any(name.startswith(expected.dies) for name in story.restarted):
        yield f"no {expected.dies} was started again, but {sorted(story.restarted)}"
    for swept in story.swept:
        for each in _wrong_at(swept, expected, quiet=quiet):
            yield f"{swept.account}: {each}"
    for sensor in story.watched:
        if sensor.pushed is None or list(sensor.pushed) != list(sensor.expected):
            yield f"{sensor.name} pushed {sensor.pushed} instead of {list(sensor.expected)}"


def _wrong_at(swept: Swept, expected: Expected, *, quiet: bool) -> Iterator[str]:
    if left := swept.selected & swept.open:
        yield f"still open: {listed(left)}"
    if lost := swept.kept - swept.open:
        yield f"gone, and nobody had selected them: {listed(lost)}"
    yield from _wrong_in_reports(swept, outage=expected.outage)
    if swept.unreported and quiet and not expected.outage:
        yield f"{swept.unreported} of {len(swept.reports)} tasks have no report"
    if expected.paced and swept.limited:
        yield f"{swept.limited} of {swept.requests} requests were refused for their number"
    if expected.paced and swept.refused:
        yield f"{swept.refused} of {swept.requests} requests were refused"
    if swept.first_cancel is None:
        yield "nothing was cancelled"
    elif quiet and max(swept.tries) == 1 and swept.first_cancel > FIRST_CANCEL:
        yield f"the first cancel came {swept.first_cancel:.1f} s after the first list"


def _wrong_in_reports(swept: Swept, *, outage: bool) -> Iterator[str]:
    may_have_gaps = outage or not swept.recorded
    reports = [report for report in swept.reports if report is not None]
    if len(reports) < len(swept.reports) or not reports:
        yield f"{len(swept.reports) - len(reports)} of {len(swept.reports)} tasks tell nothing"
    orders = [order for report in reports for order in report["orders"]]
    named = Counter(order["order_id"] for order in orders)
    for words, order_ids in (
        ("do not name", frozenset() if may_have_gaps and swept.admits_gaps else swept.unnamed),
        ("name what nobody had selected", named.keys() - swept.selected),
        ("name more than once", {order_id for order_id, count in named.items() if count > 1}),
        ("do not say that it is proved of", _unproved(orders)),
    ):
        if order_ids:
            yield f"the reports {words}: {listed(order_ids)}"
    for report in reports:
        if report["conn_id"] != swept.account:
            yield f"a report is of {report['conn_id']}"
        told = report["open_after"], report["proved_at"] is not None, report.get("error")
        if told != (0, True, None):
            yield f"a report has open_after, whether proved, error: {told}"
        counts = Counter(order["outcome"] for order in report["orders"])
        if report["requested"] != counts.total() or report["outcomes"] != counts:
            yield f"a report counts {report['requested']} and {report['outcomes']} instead of {dict(counts)}"


def _unproved(orders: Iterable[Mapping[str, Any]]) -> set[str]:
    return {
        order["order_id"]
        for order in orders
        if order["outcome"] not in GONE or order["state"] != "cancelled" or not order["confirmed"]
    }


def listed(order_ids: Iterable[str], most: int = 5) -> str:
    """Name some orders."""
    found = sorted(order_ids)
    return ", ".join(found[:most]) + (f" and {len(found) - most} more" if len(found) > most else "")
