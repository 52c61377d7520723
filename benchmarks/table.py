"""The one table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from benchmarks.measure import Timing

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ["Row", "aligned", "markdown"]

HEADINGS = ("what", "beside", "ours", "theirs", "ratio", "")


@dataclass(frozen=True)
class Row:
    """
    One comparison.

    :param what: Is compared.
    :param beside: What it is compared with.
    :param ours: What ours took.
    :param theirs: What the other took.
    :param most: The ratio that ours may not exceed, where one was promised.
    :param unit: Of both: seconds, requests or megabytes.
    """

    what: str
    beside: str
    ours: Timing
    theirs: Timing
    most: float | None = None
    unit: str = "s"

    @classmethod
    def target(cls, what: str, ours: Timing, target: float, unit: str = "s") -> Self:
        """Compare with what was promised."""
        return cls(what, "target", ours, Timing((target,)), 1.0, unit)

    @classmethod
    def counted(cls, what: str, beside: str, ours: float, theirs: float, unit: str = "requests") -> Self:
        """Compare what does not vary."""
        return cls(what, beside, Timing((ours,)), Timing((theirs,)), unit=unit)

    @property
    def ratio(self) -> float:
        """How many of ours fit into theirs."""
        return self.theirs.best / self.ours.best if self.ours.best else float("inf")

    @property
    def kept(self) -> bool:
        """Whether ours is within what was promised, if anything was."""
        return self.most is None or self.ours.best <= self.most * self.theirs.best

    def cells(self) -> tuple[str, ...]:
        """Return the row as text."""
        verdict = "" if self.most is None else ("kept" if self.kept else "MISSED")
        return (
            self.what,
            self.beside,
            _shown(self.ours, self.unit),
            _shown(self.theirs, self.unit),
            f"{self.ratio:.3g} x",
            verdict,
        )


def markdown(rows: Iterable[Row]) -> str:
    """Return the comparisons as a table."""
    return aligned([HEADINGS, *(row.cells() for row in rows)])


def aligned(cells: Sequence[tuple[str, ...]]) -> str:
    """
    Return a table, readable as text and as Markdown.

    :param cells: Its rows; the first has the headings.
    """
    widths = [max(len(row[column]) for row in cells) for column in range(len(cells[0]))]
    lines = ["| " + " | ".join(map(str.ljust, row, widths)) + " |" for row in cells]
    return "\n".join([lines[0], "| " + " | ".join("-" * width for width in widths) + " |", *lines[1:]])


def _shown(timing: Timing, unit: str) -> str:
    best = _with_unit(timing.best, unit)
    if len(timing.rounds) == 1:
        return best
    return f"{best} ({_with_unit(timing.decile, unit)})"


def _with_unit(value: float, unit: str) -> str:
    if unit != "s":
        return f"{value:,.0f} {unit}" if value >= 1 else f"{value:.2g} {unit}"
    for limit, factor, name in ((1e-3, 1e6, "µs"), (1.0, 1e3, "ms")):
        if value < limit:
            return f"{value * factor:.3g} {name}"
    return f"{value:.3g} s"
