"""Checks the lines of one attempt against each other, and says in sentences what they show and what they cannot."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from airflow_provider_exchange.evidence.chain import GENESIS, Line, Link, NotALine, read_line
from airflow_provider_exchange.models.orders import how_many_orders
from airflow_provider_exchange.one_line import one_line

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from airflow_provider_exchange.evidence.naming import Part

__all__ = ["LIMITS", "Attempt", "check"]

LONGEST = 300
"""Characters of what a line says that are repeated."""
BEGINNINGS = ("asked", "resumed")
"""The kinds of the lines that a process begins with; they name the attempt."""
LIMITS = (
    "What this cannot show: whether all of an attempt was written anew, unless its last hash is the one that the "
    "report has (give it with --hash); whether there were other attempts; what an answer said beyond the orders "
    "that were read from it, as it has only a digest of the rest; whether the clock was right."
)


@dataclass
class Attempt:
    """
    What the files of an attempt show.

    :param name: Of the attempt.
    :param files: How many there are.
    :param lines: Those that are what was written, in the order of the files.
    :param flaws: What is wrong with them, in sentences.
    :param cut: Whether the last one is incomplete.
    """

    name: str
    files: int
    lines: list[Line] = field(default_factory=list)
    flaws: list[str] = field(default_factory=list)
    cut: bool = False

    @property
    def last(self) -> Link:
        """The number and the hash of the last line."""
        return self.lines[-1].link if self.lines else Link()

    @property
    def has_verdict(self) -> bool:
        """Whether it ends as a run ends that was not cut."""
        return not self.cut and bool(self.lines) and self.lines[-1].kind == "verdict"

    @property
    def is_whole(self) -> bool:
        """Whether nothing is wrong with it and nothing is missing, as far as the lines can show that."""
        return not self.flaws and self.has_verdict

    def sentences(self) -> Iterator[str]:
        """Yield what it shows."""
        count = f"{len(self.lines)} lines in {self.files} file{'' if self.files == 1 else 's'}"
        if self.flaws:
            yield f"{one_line(self.name)}: NOT as it was written ({count})"
            yield from (f"  {flaw}" for flaw in self.flaws)
        else:
            yield f"{one_line(self.name)}: as it was written, line by line ({count})"
        if self.lines:
            yield f"  {_asked(self.lines[0])}"
            yield f"  {self._counts()}"
        yield f"  {self._end()}"
        yield f"  The last hash is {self.last.hash}"

    def _counts(self) -> str:
        kinds = Counter(line.kind for line in self.lines)
        changes = sum(line.kind == "request" and line.data.get("changes") is True for line in self.lines)
        times = f"from {one_line(self.lines[0].time)} to {one_line(self.lines[-1].time)}"
        return (
            f"{kinds['request']} requests, {changes} of them to change something; {kinds['answer']} were answered, "
            f"{kinds['no answer']} were not; {times}"
        )

    def _end(self) -> str:
        if self.has_verdict:
            return _verdict(self.lines[-1])
        if self.lines and self.lines[-1].kind == "deferred" and not self.cut:
            return (
                "It ends as the task left its worker to wait: it waits still, or its end was lost or taken away. "
                "The triggerer's reads prove nothing and are not recorded"
            )
        which = "in the middle of a line" if self.cut else "without a verdict"
        return f"It ends {which}: the attempt was cut, or is still running, or lines at its end were taken away"


def check(name: str, parts: Mapping[Part, bytes]) -> Attempt:
    """
    Check the files of an attempt.

    :param parts: Their contents, in the order of their numbers.
    """
    attempt = Attempt(name, len(parts))
    attempt.flaws += _gaps(list(parts))
    expected: Link | None = Link()
    for index, (part, content) in enumerate(parts.items()):
        *whole, rest = content.split(b"\n")
        for number, raw in enumerate(whole, 1):
            expected = _take(attempt, raw, expected, f"{one_line(part.file)}, line {number}")
        if not rest:
            continue
        if index == len(parts) - 1:
            attempt.cut = True
        else:
            attempt.flaws.append(f"{one_line(part.file)} ends in the middle of a line")
            expected = None
    attempt.flaws += _renamed(attempt, list(parts))
    if not attempt.lines and not attempt.flaws:
        attempt.flaws.append("There is no line of a chain")
    return attempt


def _take(attempt: Attempt, raw: bytes, expected: Link | None, where: str) -> Link | None:
    """Take a line into an attempt. Return what the next one has to follow; None if that is not known."""
    try:
        line = read_line(raw)
    except NotALine as error:
        attempt.flaws.append(f"{where} was changed, or put there: {error}")
        return None
    if expected is not None and (line.prev, line.link.seq) != (expected.hash, expected.seq + 1):
        attempt.flaws.append(_misplaced(line, expected, where))
    elif expected is not None and not _may_follow(line.kind, attempt.lines[-1].kind if attempt.lines else None):
        behind = f"behind '{_short(attempt.lines[-1].kind)}'" if attempt.lines else "at the beginning"
        attempt.flaws.append(f"{where} says '{_short(line.kind)}', which no run writes {behind}: it was put there")
    attempt.lines.append(line)
    return line.link


def _may_follow(kind: str, before: str | None) -> bool:
    """Whether a run may write a line of a kind behind one of another: it begins once, and ends with its verdict."""
    if before == "verdict":
        return False
    return (kind == "asked") == (before is None) and (kind == "resumed") == (before == "deferred")


def _misplaced(line: Line, expected: Link, where: str) -> str:
    seq = line.link.seq
    if line.prev == GENESIS:
        return f"{where} begins a chain, and does not belong behind line {expected.seq}"
    if seq > expected.seq + 1:
        return f"{where} is number {seq} of the chain: {_between(expected.seq, seq)} before it"
    if seq <= expected.seq:
        return f"{where} is number {seq} of the chain, and stands behind number {expected.seq}: lines were moved"
    return f"{where} does not follow the line before it: that one, or this one, was exchanged"


def _between(before: int, seq: int) -> str:
    missing = seq - before - 1
    return "one line is missing" if missing == 1 else f"{missing} lines are missing"


def _gaps(parts: list[Part]) -> Iterator[str]:
    """Yield which files are missing by their numbers."""
    before = parts[0]._replace(stretch=0, segment=0)
    for part in parts:
        if part.stretch == before.stretch:
            missing = part.segment - before.segment - 1
        else:
            missing = (part.stretch - before.stretch - 1) + (part.segment - 1)
        if missing:
            yield f"{missing} file{'' if missing == 1 else 's'} missing before {one_line(part.file)}"
        before = part


def _renamed(attempt: Attempt, parts: list[Part]) -> Iterator[str]:
    """Yield what its lines call an attempt whose files have another one's name."""
    if not all(part.is_named for part in parts):
        return
    for line in attempt.lines:
        if line.kind in BEGINNINGS and line.data.get("attempt", attempt.name) != attempt.name:
            yield _short(
                f"Line {line.link.seq} is one of the attempt {line.data['attempt']}: the files were renamed"
            )


def _asked(line: Line) -> str:
    data = line.data
    origin = data.get("origin")
    told = {name: value for name, value in origin.items() if value is not None} if isinstance(origin, dict) else {}
    whose = ", ".join(f"{name} {value}" for name, value in told.items()) or "no task of Airflow"
    asked = data.get("asked")
    selection = asked.get("selection") if isinstance(asked, dict) else None
    dry = ", dry run" if isinstance(asked, dict) and asked.get("dry_run") is True else ""
    return _short(
        f"Asked by {data.get('user')} at {data.get('host')} for {whose}: connection {data.get('conn_id')} "
        f"({data.get('exchange')}, account {data.get('account')}), selection {selection or 'everything'}{dry}"
    )


def _verdict(line: Line) -> str:
    report: Any = line.data.get("report")
    if not isinstance(report, dict):
        return "It ends with a verdict that says nothing"
    error = report.get("error")
    why = f"; it failed: {error.get('type')}: {error.get('message')}" if isinstance(error, dict) else ""
    outcomes = report.get("outcomes")
    each = ", ".join(f"{count} {name}" for name, count in outcomes.items()) if isinstance(outcomes, dict) else ""
    counts = f" ({each})" if each else ""
    proved = f"proved at {report.get('proved_at')}" if report.get("proved_at") else "nothing is proved"
    return _short(
        f"The verdict: {how_many_orders(report.get('requested'))}{counts}, "
        f"{report.get('open_after')} may be open; {proved}{why}"
    )


def _short(text: str) -> str:
    line = one_line(text)
    return line if len(line) <= LONGEST else f"{line[:LONGEST]}…"
