"""Tables in plain text, and a cancel report as one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow_provider_exchange.one_line import one_line

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from airflow_provider_exchange.models import CancelReport, CancelResult

ROWS = 50
HEADER = ("symbol", "outcome", "state", "filled", "order")
"""The id comes last: it may be a hash of 66 characters, which would move the other columns out of view."""


def aligned(
    header: Sequence[str], rows: Iterable[Sequence[str]], right: Collection[str] = (), *, ruled: bool = True
) -> list[str]:
    """
    Return the lines of a table, with two blanks between columns.

    :param right: The names of the columns to align to the right.
    :param ruled: Whether to put dashes below the header.
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
    """Return a report in one line."""
    counts = ", ".join(f"{count} {outcome.replace('_', ' ')}" for outcome, count in report.outcomes.items())
    parts = (counts or _without_results(report), report.earlier)
    return one_line(f"{report.exchange}: {'; '.join(filter(None, parts))}")


def _without_results(report: CancelReport) -> str:
    match report.listed:
        case None:
            return "no order was read"
        case 0:
            return "nothing was open"
        case 1:
            return f"the one open order is not {report.selection}"
    return f"none of {report.listed} open orders is {report.selection}"


def table(report: CancelReport) -> list[str]:
    """Return a report as a table of at most fifty orders, unconfirmed ones first."""
    results = sorted(report.results, key=lambda result: result.confirmed)
    lines = aligned(HEADER, map(_row, results[:ROWS]), right={"filled"})
    rest = len(results) - ROWS
    return [*lines, f"and {rest} more"] if rest > 0 else lines


def _row(result: CancelResult) -> tuple[str, ...]:
    filled = result.filled_quantity
    return (
        one_line(result.ref.symbol or ""),
        result.outcome.replace("_", " "),
        result.state,
        "" if filled is None else format(filled, "f"),
        result.ref.label,
    )
