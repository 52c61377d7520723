"""Tables of plain text, and a report as one."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from airflow_provider_exchange.models import CancelReport, CancelResult

__all__ = ["aligned", "headline", "table"]

ROWS = 50
HEADER = ("symbol", "outcome", "state", "filled", "order")
"""The id comes last: it may be a hash of 66 characters, and would push the rest out of sight."""


def aligned(
    header: Sequence[str], rows: Iterable[Sequence[str]], right: Collection[str] = (), *, ruled: bool = True
) -> list[str]:
    """
    Return the lines of a table, its columns two blanks apart.

    :param header: The names of the columns.
    :param rows: A cell for each column.
    :param right: The columns whose cells stand to the right, by name.
    :param ruled: Whether dashes stand between the header and the rows.
    """
    cells = [header, *rows]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    if ruled:
        cells.insert(1, ["-" * width for width in widths])
    pads = [str.rjust if name in right else str.ljust for name in header]
    return [
        "  ".join(pad(cell, width) for pad, cell, width in zip(pads, row, widths, strict=True)).rstrip()
        for row in cells
    ]


def headline(report: CancelReport) -> str:
    """
    Return a report in one line.

    :param report: What became of the orders.
    """
    counts = ", ".join(f"{count} {outcome.replace('_', ' ')}" for outcome, count in report.outcomes.items())
    return f"{report.exchange}: {counts or 'nothing was open'}"


def table(report: CancelReport) -> list[str]:
    """
    Return a report's lines: the orders of which nothing is proved come first, then the others, fifty in all.

    :param report: What became of the orders.
    """
    results = sorted(report.results, key=lambda result: result.confirmed)
    lines = aligned(HEADER, map(_row, results[:ROWS]), right={"filled"})
    rest = len(results) - ROWS
    return [*lines, f"and {rest} more"] if rest > 0 else lines


def _row(result: CancelResult) -> tuple[str, ...]:
    filled = result.filled_quantity
    return (
        result.ref.symbol or "",
        result.outcome.replace("_", " "),
        result.state,
        "" if filled is None else format(filled, "f"),
        result.ref.label,
    )
