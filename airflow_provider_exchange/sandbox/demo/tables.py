"""What a person reads at the end of the demonstration."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

__all__ = ["orders_table", "totals_table"]

Book = list[dict[str, Any]]
"""A venue's orders, as the exchange's admin API shows them."""


def orders_table(
    before: Mapping[str, Book], reports: Mapping[str, dict[str, Any]], after: Mapping[str, Book]
) -> str:
    """
    Return one line an order.

    :param before: The books as they were before the clean-up, by venue.
    :param reports: What the cancel tasks reported, by venue.
    :param after: The books as they are now, by venue.
    """
    rows: list[Sequence[str]] = [("venue", "order", "symbol", "side", "before", "outcome", "after")]
    for venue, book in before.items():
        outcomes = {order["order_id"]: order["outcome"] for order in reports.get(venue, {}).get("orders", [])}
        now = {order["order_id"]: order for order in after[venue]}
        for order in book:
            order_id = order["order_id"]
            told = (_short(order_id), order["symbol"], order["side"].lower(), _standing(order))
            rows.append((venue, *told, outcomes.get(order_id, "not reported"), _standing(now[order_id])))
    return _aligned(rows)


def totals_table(
    reports: Mapping[str, dict[str, Any]], after: Mapping[str, Book], requests: Sequence[Mapping[str, Any]]
) -> str:
    """
    Return one line a venue, and their sum.

    :param reports: What the cancel tasks reported, by venue.
    :param after: The books as they are now, by venue.
    :param requests: What reached the venues during the clean-up.
    """
    rows: list[Sequence[str]] = [
        ("venue", "orders", "cancelled", "filled", "still open", "requests", "time to flat")
    ]
    for venues in [*([venue] for venue in after), list(after)]:
        orders = [order for venue in venues for order in after[venue]]
        asked = [request for request in requests if request["venue"] in venues]
        open_now = sum(order["live"] for order in orders)
        outcomes = [reports.get(venue, {}).get("outcomes", {}) for venue in venues]
        counts = [str(sum(counted.get(word, 0) for counted in outcomes)) for word in ("cancelled", "filled")]
        name = venues[0] if len(venues) == 1 else "all"
        flat = "not flat" if open_now else _time_to_flat(orders, asked)
        rows.append((name, str(len(orders)), *counts, str(open_now), str(len(asked)), flat))
    return _aligned(rows, figures=True)


def _time_to_flat(orders: Book, requests: Sequence[Mapping[str, Any]]) -> str:
    if not orders or not requests:
        return "-"
    ms = max(order["updated_ms"] for order in orders) - min(request["at_ms"] for request in requests)
    return f"{ms / 1000:.2f} s"


def _standing(order: Mapping[str, Any]) -> str:
    filled, quantity = Decimal(order["filled"]), Decimal(order["quantity"])
    if order["state"] == "waiting":
        return "stop, waiting"
    return f"{order['state']}, {filled / quantity:.0%} filled" if 0 < filled < quantity else str(order["state"])


def _short(order_id: str) -> str:
    return order_id if len(order_id) <= 16 else f"{order_id[:8]}...{order_id[-5:]}"


def _aligned(rows: Sequence[Sequence[str]], *, figures: bool = False) -> str:
    """Return the rows in columns; with figures, all but the first column to the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    rest = str.rjust if figures else str.ljust

    def line(cells: Iterable[str]) -> str:
        first, *others = zip(cells, widths, strict=True)
        return "  ".join([str.ljust(*first), *(rest(*other) for other in others)]).rstrip()

    return "\n".join([line(rows[0]), line("-" * width for width in widths), *map(line, rows[1:])])
