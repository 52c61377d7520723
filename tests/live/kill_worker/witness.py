"""Gathers what the judge looks at: from the paper exchange at the kill, and from Airflow in the end."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import unquote

from tests.live.kill_worker.judge import Ended, Story, Sweep

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from airflow_provider_exchange.sandbox.exchange import Logged
    from airflow_provider_exchange.sandbox.testing import RunningSandbox
    from tests.live.api import Run, Task


@dataclass(frozen=True)
class Kill:
    """
    One account at the moment of the kill.

    :param venue: where.
    :param task: sweeps it.
    :param placed: ids of all orders.
    :param left: ids of the orders that were still live.
    :param recorded: keys that the task had put into its state store.
    :param requests: how many the exchange had got.
    :param orphan: the task's process, when that was spared.
    """

    venue: str
    task: Task
    placed: frozenset[str]
    left: frozenset[str]
    recorded: tuple[str, ...]
    requests: int
    orphan: int | None

    @classmethod
    def of(cls, venue: str, task: Task, sandbox: RunningSandbox, orphan: int | None) -> Kill:
        """Take note of where a task was when it was killed."""
        return cls(
            venue,
            task,
            placed=frozenset(order.order_id for order in sandbox.book(venue)),
            left=frozenset(order.order_id for order in sandbox.live(venue)),
            recorded=tuple(task.records()),
            requests=len(sandbox.request_log),
            orphan=orphan,
        )


def story_of(run: Run, kills: Iterable[Kill], sandbox: RunningSandbox) -> Story:
    """Look at everything when the DAG run and all processes have ended."""
    return Story(run.state, run.states(), [_sweep_of(kill, sandbox) for kill in kills], _ended(run.task("summary")))


def _sweep_of(kill: Kill, sandbox: RunningSandbox) -> Sweep:
    log = sandbox.request_log
    asked, _ = named(_changes(kill.venue, log[: kill.requests]), kill.placed)
    cancels, strays = named(_changes(kill.venue, log[kill.requests :]), kill.placed)
    return Sweep(
        kill.venue,
        kill.placed,
        kill.left,
        asked=frozenset(asked),
        recorded=kill.recorded,
        orphaned=kill.orphan is not None,
        live=frozenset(order.order_id for order in sandbox.live(kill.venue)),
        task=_ended(kill.task),
        log=[(line.get("level", "info"), line["event"]) for line in kill.task.log(2)],
        cancels=cancels,
        strays=strays,
        records=kill.task.records(),
    )


def _ended(task: Task) -> Ended:
    xcoms = task.xcoms()
    return Ended(
        [(int(each["try_number"]), str(each["state"])) for each in task.tries()],
        xcoms,
        task.xcom() if "return_value" in xcoms else None,
    )


def _changes(venue: str, requests: Iterable[Logged]) -> list[Logged]:
    return [each for each in requests if each.mutating and each.venue == venue]


def named(requests: Iterable[Logged], order_ids: Collection[str]) -> tuple[Counter[str], list[str]]:
    """
    Count how many requests name each order, wherever the venue wants the name.

    :param requests: those that could change the book.
    :param order_ids: to look for.
    :return: the counts, and what the requests ask for that name none of the orders.
    """
    counts: Counter[str] = Counter()
    strays = []
    for each in requests:
        text = f"{each.path} {unquote(each.query)} {each.body}"
        found = {order_id for order_id in order_ids if re.search(rf"(?<!\w){order_id}(?!\w)", text)}
        counts.update(found)
        if not found:
            strays.append(f"{each.method} {text}")
    return counts, strays
