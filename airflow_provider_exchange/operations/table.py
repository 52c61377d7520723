"""A report as a table of plain text."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from airflow_provider_exchange.models import CancelReport, CancelResult

__all__ = ["headline", "table"]

ROWS = 50
HEADER = ("order", "symbol", "outcome", "state", "filled")


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
        result.ref.key,
        result.ref.symbol or "",
        result.outcome.replace("_", " "),
        result.state,
        "" if filled is None else format(filled, "f"),
    )


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    padded = [cell.ljust(width) for cell, width in zip(cells[:-1], widths[:-1], strict=True)]
    return "  ".join([*padded, cells[-1].rjust(widths[-1])]).rstrip()
