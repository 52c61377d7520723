"""What it costs to watch a thousand orders, each interval."""

from __future__ import annotations

import asyncio
import json
import os
import time
from contextlib import AsyncExitStack, closing
from typing import TYPE_CHECKING, Any, TypeVar

from airflow_provider_exchange.triggers.shared_reader import shared_reader
from benchmarks.measure import Timing, interleaved
from benchmarks.paper import SYMBOLS, VENUES, Paper
from benchmarks.processes import Worker, airflow_with_providers, paper_exchange
from benchmarks.table import Row

if TYPE_CHECKING:
    from collections.abc import Iterator

    from airflow_provider_exchange.hooks.exchange import ExchangeHook
    from airflow_provider_exchange.models.orders import OrderRef
    from airflow_provider_exchange.protocol.steps import Call, Operation
    from benchmarks.effort import Effort

__all__ = ["hook_overhead", "watching"]

T = TypeVar("T")

MANY = 1000
ROUNDS = 5
OVERHEAD_ROUNDS = 30
OVERHEAD_TARGET = 1.25


def watching(effort: Effort) -> Iterator[Row]:
    """
    One sensor over a thousand open orders, and a thousand triggers of one order each, beside HttpSensors.

    :param effort: How much is measured.
    """
    python = airflow_with_providers()
    with paper_exchange() as url, Paper(url) as paper:
        fields = {"conn_type": "http", "host": url}
        env = {"AIRFLOW_CONN_PAPER_HTTP": json.dumps(fields)}
        with closing(Worker(python, "http_sensor.py", env=env)) as polls:
            for venue in VENUES:
                yield from _watched(paper, venue, polls, effort)


def _watched(paper: Paper, venue: str, polls: Worker, effort: Effort) -> Iterator[Row]:
    many = effort.size(MANY)
    ids = paper.fill(venue, many)
    hook = paper.hook(venue, paced=False)
    refs = hook.check_orders(ids, SYMBOLS[venue])
    seen = dict(zip(refs, hook.read_orders(refs), strict=True))
    paper.requests()
    hook.read_orders(refs, seen)  # type: ignore[arg-type]
    ours = paper.requests()

    def read() -> float:
        began = time.thread_time()
        hook.read_orders(refs, seen)  # type: ignore[arg-type]
        return time.thread_time() - began

    took = interleaved({"ours": read, "theirs": lambda: many * polls(many)}, effort.rounds(ROUNDS))
    hook.close()
    what = f"{many:,} open orders watched, an interval, {venue}"
    theirs = f"{many:,} HttpSensor pokes"
    yield Row.counted(what, theirs, ours, many)
    yield Row(f"CPU of {what}", theirs, took["ours"], took["theirs"])
    if venue == "bitopro":
        requests, cpu = asyncio.run(_triggers(paper, refs, effort.rounds(ROUNDS)))
        what = f"{many:,} triggers of one order each, an interval, {venue}"
        yield Row.counted(what, theirs, requests, many)
        yield Row(f"CPU of {what}", theirs, cpu, took["theirs"])


async def _triggers(paper: Paper, refs: tuple[OrderRef, ...], rounds: int) -> tuple[float, Timing]:
    """Let as many watchers as there are orders read at once, as triggers in one triggerer do."""
    os.environ["AIRFLOW_CONN_PAPER_TRIGGERS"] = os.environ["AIRFLOW_CONN_PAPER"]
    took, requests = [], []
    async with AsyncExitStack() as stack:
        readers = [await stack.enter_async_context(shared_reader("paper_triggers")) for _ in refs]
        for _ in range(rounds):
            paper.requests()
            began = time.process_time()
            await asyncio.gather(*(reader.read([ref]) for reader, ref in zip(readers, refs, strict=True)))
            took.append(time.process_time() - began)
            requests.append(paper.requests())
    return max(requests), Timing(tuple(sorted(took)))


def hook_overhead(effort: Effort) -> Iterator[Row]:
    """
    List a short book with the hook, and with a bare session that is given the same requests, signed before.

    Some venues list their orders in several parts, and each of these is a request. Both send all of them; what one
    request takes is what counts.

    :param effort: How much is measured.
    """
    import requests

    count = effort.size(40)
    with paper_exchange() as url, Paper(url) as paper:
        for venue in VENUES:
            paper.fill(venue, 1)
            hook = paper.hook(venue, paced=False)
            clock = hook.planner.venue_clock
            calls: list[Call[Any]] = []
            hook.run(_noting(calls, hook.exchange.list_open()), 60)
            session = requests.Session()
            session.trust_env = False

            def ours(hook: ExchangeHook = hook) -> float:
                began = time.thread_time()
                for _ in range(count):
                    hook.list_open_orders()
                return (time.thread_time() - began) / count / len(calls)  # noqa: B023

            def theirs() -> float:
                ready = [call.begin(clock.next_timestamp()) for _ in range(count) for call in calls]  # noqa: B023
                began = time.thread_time()
                for request in ready:
                    session.get(request.url, headers=dict(request.headers), timeout=10).json()  # noqa: B023
                return (time.thread_time() - began) / len(ready)

            took = interleaved({"ours": ours, "theirs": theirs}, effort.rounds(OVERHEAD_ROUNDS))
            session.close()
            hook.close()
            yield Row(
                f"CPU of one read through the hook, {venue}",
                "bare requests.Session",
                took["ours"],
                took["theirs"],
                OVERHEAD_TARGET,
            )


def _noting(calls: list[Call[Any]], operation: Operation[T]) -> Operation[T]:
    """Run an operation that only makes calls, all of which succeed, and note them."""
    answer = None
    while True:
        try:
            step = operation.send(answer)
        except StopIteration as done:
            result: T = done.value
            return result
        calls.append(step)  # type: ignore[arg-type]
        answer = yield step
