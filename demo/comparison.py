"""The same clean-up by a script and by the task, at a venue whose answers are not true."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from airflow_provider_exchange.operations.table import aligned
from airflow_provider_exchange.sandbox.venues import VENUES, titles

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["Cleared", "comparison"]

UNTOLD = "-"


@dataclass(frozen=True)
class Cleared:
    """
    One clean-up of a venue.

    :param told: What became of each order, according to whoever cleaned up, by order id.
    :param book: The venue's orders afterwards, oldest first, as the exchange's admin API shows them.
    :param routes: What was asked of the venue during the clean-up, in order.
    """

    told: Mapping[str, str]
    book: Sequence[Mapping[str, Any]]
    routes: Sequence[str]

    @property
    def left(self) -> int:
        """How many orders can still trade."""
        return sum(order["live"] for order in self.book)

    @property
    def summary(self) -> str:
        """How it went, in a line."""
        cancels = [place for place, route in enumerate(self.routes) if route.startswith("cancel")]
        read = self.routes[cancels[-1] :].count("open_orders") if cancels else 0
        return f"{len(cancels)} cancels sent. Lists read after the last: {read}. Orders still open: {self.left}."


def comparison(venue: str, script: Cleared, task: Cleared) -> str:
    """
    Return the orders that a script wrongly took for cancelled, and what became of the same orders by the task.

    :param venue: Where they were cleared, with the same faults both times.
    """
    header = ("symbol", "side", "price", "quantity", "script was told", "its book", "task reported", "its book")
    rows = [
        (
            kept["symbol"],
            kept["side"].lower(),
            kept["price"],
            kept["quantity"],
            *_told_and_true(script, kept),
            *_told_and_true(task, same),
        )
        for kept, same in zip(script.book, task.book, strict=True)
        if kept["live"]
    ]
    (name,) = (titles([each]) for each in VENUES if each.name == venue)
    lines = [
        f"{name} calls {len(rows)} orders cancelled and keeps them, and its next list of open orders is empty.",
        f"A script with ccxt and the DAG each clear the same {len(task.book)} orders in a book of their own:",
        "",
        *aligned(header, rows, right=("price", "quantity")),
        "",
        f"The script: {script.summary}",
        f"The DAG:    {task.summary}",
    ]
    return "\n".join(lines)


def _told_and_true(cleared: Cleared, order: Mapping[str, Any]) -> tuple[str, str]:
    return cleared.told.get(order["order_id"], UNTOLD), order["state"]
