"""The tables that the demonstration prints at its end."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from airflow_provider_exchange.operations.table import aligned

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["orders_table", "totals_table"]

Book = list[dict[str, Any]]
"""A venue's orders, as the exchange's admin API shows them."""


def orders_table(
    before: Mapping[str, Book], reports: Mapping[str, dict[str, Any]], after: Mapping[str, Book]
) -> str:
    """
    Return a table with one line per order.

    :param before: The books as they were before the clean-up, by venue.
    :param reports: What the cancel tasks reported, by venue.
    :param after: The books as they are now, by venue.
    """
    header = ("venue", "order", "symbol", "side", "before", "outcome", "after")
    rows = []
    for venue, book in before.items():
        outcomes = {_key(order): order["outcome"] for order in reports.get(venue, {}).get("orders", [])}
        now = {_key(order): order for order in after[venue]}
        for order in book:
            told = (_short(order["order_id"]), order["symbol"], order["side"].lower(), _standing(order))
            outcome = outcomes.get(_key(order), "not reported")
            rows.append((venue, *told, outcome, _standing(now[_key(order)])))
    return "\n".join(aligned(header, rows))


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


def _time_to_flat(orders: Book, requests: Sequence[Mapping[str, Any]]) -> str:
    if not orders or not requests:
        return "-"
    ms = max(order["updated_ms"] for order in orders) - min(request["at_ms"] for request in requests)
    return f"{ms / 1000:.2f} s"


def _key(order: Mapping[str, Any]) -> tuple[str, str]:
    return order["symbol"], order["order_id"]


def _standing(order: Mapping[str, Any]) -> str:
    filled, quantity = Decimal(order["filled"]), Decimal(order["quantity"])
    if order["state"] == "waiting":
        return "stop, waiting"
    return f"{order['state']}, {filled / quantity:.0%} filled" if 0 < filled < quantity else str(order["state"])


def _short(order_id: str) -> str:
    return order_id if len(order_id) <= 16 else f"{order_id[:8]}...{order_id[-5:]}"
