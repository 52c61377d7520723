"""The tables that the demonstration prints at its end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow_provider_exchange.operations.table import aligned, table_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["orders_table", "totals_table", "why_filled"]

Book = list[dict[str, Any]]
"""A venue's orders, as the exchange's admin API shows them."""


def orders_table(reports: Mapping[str, dict[str, Any]], after: Mapping[str, Book]) -> str:
    """
    Return the tables of the clean-up's reports, one for each venue.

    :param reports: The reports of the cancel tasks, by venue.
    :param after: The books as they are now, by venue.
    """
    lines = []
    for venue, book in after.items():
        report = reports.get(venue)
        told = {_key(order) for order in report["orders"]} if report is not None else set()
        missing = sum(_key(order) not in told for order in book)
        lines += [
            f"{venue}:",
            *(table_of(_narrow(report)) if report is not None else ()),
            *([f"{missing} orders not reported"] if missing else ()),
            "",
        ]
    return "\n".join(lines).rstrip()


def totals_table(
    reports: Mapping[str, dict[str, Any]], after: Mapping[str, Book], requests: Sequence[Mapping[str, Any]]
) -> str:
    """
    Return a table with one line per venue, and the totals.

    :param reports: What the cancel tasks reported, by venue.
    :param after: The books as they are now, by venue.
    :param requests: The requests that the venues received during the clean-up.
    """
    header = ("venue", "orders", "cancelled", "filled", "still open", "requests", "time to flat")
    rows = []
    for venues in [*([venue] for venue in after), list(after)]:
        orders = [order for venue in venues for order in after[venue]]
        asked = [request for request in requests if request["venue"] in venues]
        open_now = sum(order["live"] for order in orders)
        outcomes = [reports.get(venue, {}).get("outcomes", {}) for venue in venues]
        counts = [str(sum(counted.get(word, 0) for counted in outcomes)) for word in ("cancelled", "filled")]
        name = venues[0] if len(venues) == 1 else "all"
        flat = "not flat" if open_now else _time_to_flat(orders, asked)
        rows.append((name, str(len(orders)), *counts, str(open_now), str(len(asked)), flat))
    return "\n".join(aligned(header, rows, right=header[1:]))


def why_filled(after: Mapping[str, Book]) -> str:
    """Return why some orders ended as filled."""
    filled = sum(order["state"] == "filled" for book in after.values() for order in book)
    return f"Orders filled: {filled}. They traded just before their cancels arrived, and no cancel undoes a trade."


def _narrow(report: Mapping[str, Any]) -> dict[str, Any]:
    """Leave out what would make the table of a report wider than a terminal."""
    left_out = dict.fromkeys(("age", "client_order_id", "type"))
    return {**report, "orders": [{**order, **left_out} for order in report["orders"]]}


def _time_to_flat(orders: Book, requests: Sequence[Mapping[str, Any]]) -> str:
    if not orders or not requests:
        return "-"
    ms = max(order["updated_ms"] for order in orders) - min(request["at_ms"] for request in requests)
    return f"{ms / 1000:.2f} s"


def _key(order: Mapping[str, Any]) -> tuple[str, str]:
    return order["symbol"], order["order_id"]
