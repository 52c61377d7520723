"""A report as a table of plain text."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from airflow_provider_exchange.models import CancelReport, CancelResult

__all__ = ["headline", "table"]

ROWS = 50
HEADER = ("symbol", "outcome", "state", "filled", "order")
"""The id comes last: at Loopring it has 66 characters, and would push the rest out of sight."""
RIGHT = HEADER.index("filled")


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
    rows = [HEADER, *(_row(result) for result in results[:ROWS])]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEADER))]
    lines = [_line(row, widths) for row in rows]
    lines.insert(1, _line(["-" * width for width in widths], widths))
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


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    padded = [cell.ljust(width) for cell, width in zip(cells, widths, strict=True)]
    padded[RIGHT] = cells[RIGHT].rjust(widths[RIGHT])
    return "  ".join(padded).rstrip()
