"""
What many accounts cost: ``python -m benchmarks.accounts`` prints the tables of ``docs/growth.md``.

The sweeps are simulated (see :mod:`benchmarks.simulation`), so their times are those of the venues' limits and of
the latency, whatever this machine does; CPU and memory are measured. With 1,000 accounts it takes more than half an
hour.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import os
import sys
import time
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING

from benchmarks.paper import SYMBOLS, THROUGH_CCXT, VENUES, Paper
from benchmarks.processes import ROOT, paper_exchange, run
from benchmarks.simulation import Simulation, Swept
from benchmarks.table import aligned

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

LATENCY = 0.05
SLOTS = 32
"""Tasks that run at the same time: what Airflow's ``[core] parallelism`` allows each scheduler by default."""
WATCHED = ("nami", "loopring", "binance")
ROUNDS = 5
MOST_TOGETHER = 100
"""Accounts with one limit for all: from there on each takes as long as the one before."""


def main() -> int:
    """Print the tables that were asked for."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.accounts")
    parser.add_argument(
        "--accounts", type=int, nargs="+", default=[1, 10, 100, 1000], help="how many; several sizes"
    )
    parser.add_argument("--orders", type=int, default=1000, help="open orders of each account")
    parser.add_argument("--slots", type=int, default=SLOTS, help="tasks that run at the same time")
    parser.add_argument("--venues", nargs="+", default=[*VENUES, *THROUGH_CCXT], help="which ones")
    parser.add_argument("--only", choices=("swept", "together", "watched", "slot"), help="this table alone")
    asked = parser.parse_args()
    os.environ["AIRFLOW_HOME"] = str(ROOT / "build" / "benchmarks" / "airflow")
    logging.disable(logging.WARNING)
    tables = {
        "swept": lambda: swept(asked.venues, asked.accounts, asked.orders, asked.slots),
        "together": lambda: together(asked.venues, asked.accounts, asked.orders, asked.slots),
        "watched": lambda: watched(asked.accounts),
        "slot": slot,
    }
    for name, rows in tables.items():
        if asked.only in (None, name):
            print(aligned(list(rows())), end="\n\n", flush=True)
    return 0


def swept(venues: Sequence[str], sizes: Sequence[int], orders: int, slots: int) -> Iterator[tuple[str, ...]]:
    """Sweep accounts with a key each, to each of which the venue's limits are given."""
    yield "venue", "accounts", "requests", "refused", "flat after", "proved after", "our CPU an account"
    for venue, size in _warm(venues, sizes):
        told = Simulation(venue, orders, LATENCY).run(size, slots)
        cpu = f"{told.cpu / size * 1000:.0f} ms"
        yield venue, f"{size:,}", f"{told.requests:,}", str(told.refused), *_times(told), cpu


def together(venues: Sequence[str], sizes: Sequence[int], orders: int, slots: int) -> Iterator[tuple[str, ...]]:
    """Sweep accounts that have one limit for all, as where the venue counts by address; they share one pace."""
    yield "venue", "accounts", "flat after", "proved after"
    for venue, size in _warm(venues, [size for size in sizes if size <= MOST_TOGETHER]):
        told = Simulation(venue, orders, LATENCY, shares_limits=True).run(size, slots)
        yield venue, f"{size:,}", *_times(told)


def _warm(venues: Sequence[str], sizes: Sequence[int]) -> Iterator[tuple[str, int]]:
    for venue in venues:
        Simulation(venue, 1, LATENCY).run(1, 1)  # what is loaded once is loaded
        for size in sizes:
            yield venue, size
            print(f"{venue} {size}", file=sys.stderr, flush=True)


def _times(told: Swept) -> tuple[str, str]:
    return lasting(told.emptied), lasting(told.proved)


def watched(sizes: Sequence[int]) -> Iterator[tuple[str, ...]]:
    """
    Read one open order of each of many accounts, as the triggers of deferred sweeps do, on one event loop.

    The paper exchange has one account a venue, so many connections lead to it. BitoPro would not take their nonces.
    """
    yield "venue", "accounts", "requests an interval", "CPU of the loop an interval", "share of a core at 2 s"
    with paper_exchange() as url, Paper(url) as paper:
        for venue in WATCHED:
            for size in sizes:
                requests, cpu = asyncio.run(_intervals(paper, venue, size))
                yield venue, f"{size:,}", f"{requests:,}", f"{cpu * 1000:.3g} ms", f"{cpu / 2:.1%}"


async def _intervals(paper: Paper, venue: str, size: int) -> tuple[int, float]:
    from airflow_provider_exchange.triggers.shared_reader import shared_reader

    ids = paper.fill(venue, 1)
    refs = paper.hook(venue).check_orders(ids, SYMBOLS[venue])
    names = [f"paper_{number}" for number in range(size)]
    for name in names:
        os.environ[f"AIRFLOW_CONN_{name.upper()}"] = json.dumps(paper.connection(venue))
    took, requests = [], 0
    async with AsyncExitStack() as stack:
        readers = [await stack.enter_async_context(shared_reader(name)) for name in names]
        for number in range(ROUNDS):
            paper.requests()
            began = time.process_time()
            await asyncio.gather(*(reader.read(refs) for reader in readers))
            if number:  # the first opens the connections
                took.append(time.process_time() - began)
            requests = paper.requests()
    return requests, min(took)


def slot() -> Iterator[tuple[str, ...]]:
    """Measure a process that has loaded what a task loads, before and after a sweep of a thousand orders."""
    yield "a process of a task", "memory", "CPU"
    with paper_exchange() as url, Paper(url) as paper:
        paper.fill("bitopro", 1000)
        env = {"AIRFLOW_CONN_PAPER": json.dumps(paper.connection("bitopro"))}
        for line in run(sys.executable, "benchmarks/workers/slot.py", env=env).split(";"):
            what, memory, cpu = line.split(",")
            yield what, f"{float(memory):.0f} MB", f"{float(cpu):.2f} s"


def lasting(seconds: float) -> str:
    """Return a duration as people say it."""
    if seconds < 100:
        return f"{seconds:.1f} s"
    return f"{seconds / 60:.1f} min" if seconds < 6000 else f"{seconds / 3600:.1f} h"


if __name__ == "__main__":
    sys.exit(main())
