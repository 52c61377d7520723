"""Tables in plain text; and a cancel report as a heading and a table, the same wherever a person reads them."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from airflow_provider_exchange.models import standing
from airflow_provider_exchange.one_line import one_line

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from airflow_provider_exchange.models import CancelReport, Order

__all__ = ["aligned", "headline", "listing", "table", "table_of"]

ROWS = 50
HEADER = ("symbol", "side", "type", "price", "quantity", "filled", "age", "outcome", "state", "order")
"""The id comes last: it may be a hash of 66 characters, which would move the other columns out of view."""
RIGHT = frozenset({"price", "quantity", "filled", "age"})
DRY_RUN = "dry run | "
"""Stands before each line about a run that sends no cancel."""
MINUTE, HOUR, DAY = 60, 3600, 86400


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
    """Return a report in one line, which says whose orders these are and what is proved."""
    counts = _counted({outcome.value: count for outcome, count in report.outcomes.items()})
    parts = (counts or _without_results(report), _proof(report), report.earlier)
    text = f"{_account(report)}: {'; '.join(filter(None, parts))}"
    return one_line(f"{DRY_RUN}{text}" if report.dry_run else text)


def _account(report: CancelReport) -> str:
    if not report.conn_id:
        return report.exchange
    return f"{report.conn_id} ({', '.join(filter(None, (report.exchange, f'account {report.account}')))})"


def _without_results(report: CancelReport) -> str:
    match report.listed:
        case None:
            return "no order was read"
        case 0:
            return "nothing was open"
        case 1:
            return f"the one open order is not {report.selection}"
    return f"none of {report.listed} open orders is {report.selection}"


def _proof(report: CancelReport) -> str:
    if report.proved is None:
        return ""
    # Only of the whole account can it be said that it is flat.
    flat = "the account is flat" if report.selectors == {} else "nothing that was selected is open"
    return f"{flat}, as proved at {report.proved.ours:%Y-%m-%d %H:%M:%S} UTC"


def table(report: CancelReport, most: int = ROWS) -> list[str]:
    """
    Return a report as a table: what may still be open comes first, then what traded, then the rest.

    :param most: How many orders it has; of the others, the outcomes are counted.
    """
    return table_of(report.dump(), most)


def table_of(report: Mapping[str, Any], most: int = ROWS) -> list[str]:
    """Return the table of a report in the form of :meth:`CancelReport.dump`, such as one from XCom."""
    shown = report["orders"][:most]
    lines = aligned(HEADER, map(_row, shown), RIGHT)
    left_out = Counter(report["outcomes"]) - Counter(order["outcome"] for order in shown)
    if left_out:
        lines.append(f"and {left_out.total()} more: {_counted(left_out)}")
    return [f"{DRY_RUN}{line}" for line in lines] if report["dry_run"] else lines


def listing(orders: Iterable[Order]) -> list[str]:
    """Return open orders in the same columns, but for outcome and age, which a list does not have."""
    left_out = {"outcome", "age"}
    header = [name for name in HEADER if name not in left_out]
    rows = [
        dict(zip(HEADER, _row({**order.summary(), "outcome": "", "age": None}), strict=True)) for order in orders
    ]
    return aligned(header, ([row[name] for name in header] for row in rows), RIGHT)


def _row(order: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the cells of an order from a report in JSON."""
    price, stop = order["price"] or "", order["stop_price"]
    state = standing(order["state"], is_waiting=order["is_waiting"], is_stop=stop is not None)
    name = order["order_id"]
    return (
        one_line(order["symbol"] or ""),
        order["side"] or "",
        one_line(order["type"] or ""),
        price if stop is None else f"{price} (stop {stop})".lstrip(),
        order["quantity"] or "",
        order["filled_quantity"] or "",
        age_in_words(order["age"]),
        _spelt(order["outcome"]),
        state,
        one_line(name if name is not None else f"client_order_id={order['client_order_id']}"),
    )


def _counted(outcomes: Mapping[str, int]) -> str:
    return ", ".join(f"{count} {_spelt(outcome)}" for outcome, count in outcomes.items())


def _spelt(outcome: str) -> str:
    return outcome.replace("_", " ")


def age_in_words(seconds: float | None) -> str:
    """Return an age in its two largest units; empty if it is not known."""
    if seconds is None:
        return ""
    whole = int(seconds)
    if whole < MINUTE:
        return f"{whole} s"
    if whole < HOUR:
        return f"{whole // MINUTE} min {whole % MINUTE:02} s"
    if whole < DAY:
        return f"{whole // HOUR} h {whole % HOUR // MINUTE:02} min"
    return f"{whole // DAY} d {whole % DAY // HOUR:02} h"
