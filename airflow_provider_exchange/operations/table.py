"""Tables in plain text; and a cancel report as a heading and a table, the same wherever a person reads them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from airflow_provider_exchange.models.orders import standing
from airflow_provider_exchange.one_line import one_line

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from airflow_provider_exchange.models.orders import Moment, Order
    from airflow_provider_exchange.models.reports import CancelReport

Spelling = Callable[[str], str]

__all__ = ["aligned", "headline", "joint_table", "listing", "table", "table_of"]

ROWS = 50
HEADER = (
    "account",
    "symbol",
    "side",
    "type",
    "price",
    "quantity",
    "filled",
    "age",
    "outcome",
    "state",
    "client id",
    "order",
)
"""The id comes last: it may be a hash of 66 characters, which would move the other columns out of view."""
MAY_BE_MISSING = frozenset({"account", "type", "age", "outcome", "client id"})
"""Columns that are left out where no order has anything in them."""
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
    found = f"{counts}{_flat(report)}" if counts else _without_results(report)
    proof = "" if report.proved is None else f", as proved at {report.proved.ours:%Y-%m-%d %H:%M:%S} UTC"
    parts = (f"{found}{proof}", report.earlier)
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


def _flat(report: CancelReport) -> str:
    if report.proved is None:
        return ""
    # Only of the whole account can it be said that it is flat.
    return "; the account is flat" if report.selectors == {} else "; nothing that was selected is open"


def table(report: CancelReport, most: int = ROWS, spell: Spelling = one_line) -> list[str]:
    """
    Return a report as a table: what may still be open comes first, then what traded, then the rest.

    :param most: How many orders it has; of the others, the outcomes are counted.
    :param spell: Makes names fit for where they are shown, which is a log if not said otherwise.
    """
    return table_of(report.dump(), most, spell)


def table_of(report: Mapping[str, Any], most: int = ROWS, spell: Spelling = one_line) -> list[str]:
    """Return the table of a report in the form of :meth:`CancelReport.dump`, such as one from XCom."""
    shown = report["orders"][:most]
    lines = _lines([_row(order, spell) for order in shown])
    left_out = Counter(report["outcomes"]) - Counter(order["outcome"] for order in shown)
    if left_out:
        lines.append(f"and {left_out.total()} more: {_counted(left_out)}")
    return [f"{DRY_RUN}{line}" for line in lines] if report["dry_run"] else lines


def joint_table(reports: Mapping[str, CancelReport], spell: Spelling = one_line) -> list[str]:
    """
    Return the orders of all accounts as one table: what may still be open at any of them comes first.

    :param reports: By connection, which stands beside each order if there are several.
    """
    found = [(name, result) for name, report in reports.items() for result in report.results]
    found.sort(key=lambda each: each[1].rank)
    lines = _lines([_row(result.dump(), spell, name if len(reports) > 1 else "") for name, result in found])
    return [f"{DRY_RUN}{line}" for line in lines] if any(each.dry_run for each in reports.values()) else lines


def listing(
    orders: Mapping[str, Iterable[Order]], read: Mapping[str, Moment], spell: Spelling = one_line
) -> list[str]:
    """
    Return open orders in the same columns, but for the outcome, which a list does not have.

    :param orders: By connection, which stands beside each order if there are several.
    :param read: When those of a connection were read.
    """
    return _lines(
        [
            _row(
                {**order.summary(), "outcome": "", "age": None if age is None else age.total_seconds()},
                spell,
                name if len(orders) > 1 else "",
            )
            for name, listed in orders.items()
            for order in listed
            for age in [order.age(read[name])]
        ]
    )


def _lines(rows: Sequence[Sequence[str]]) -> list[str]:
    shown = [
        place for place, name in enumerate(HEADER) if name not in MAY_BE_MISSING or any(row[place] for row in rows)
    ]
    return aligned([HEADER[place] for place in shown], ([row[place] for place in shown] for row in rows), RIGHT)


def _row(order: Mapping[str, Any], spell: Spelling, account: str = "") -> tuple[str, ...]:
    """Return the cells of an order from a report in JSON."""
    price, stop = order["price"] or "", order["stop_price"]
    return (
        spell(account),
        spell(order["symbol"] or ""),
        order["side"] or "",
        spell(order["type"] or ""),
        price if stop is None else f"{price} (stop {stop})".lstrip(),
        order["quantity"] or "",
        order["filled_quantity"] or "",
        age_in_words(order["age"]),
        _spelt(order["outcome"]),
        standing(order["state"], is_waiting=order["is_waiting"], is_stop=stop is not None),
        spell(order["client_order_id"] or ""),
        spell(order["order_id"] or ""),
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
