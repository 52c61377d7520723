"""What the way through ccxt costs, beside ccxt itself and beside what was promised."""

from __future__ import annotations

import json
import sys
import time
from functools import partial
from typing import TYPE_CHECKING, Any

from airflow_provider_exchange.operations.cancel import FLAT_FOR
from benchmarks.importing import OURS
from benchmarks.measure import Timing, interleaved
from benchmarks.paper import SYMBOLS, THROUGH_CCXT, Paper
from benchmarks.processes import paper_exchange, run
from benchmarks.table import Row

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from airflow_provider_exchange.hooks.exchange import ExchangeHook
    from benchmarks.effort import Effort

__all__ = ["through_ccxt"]

ROUNDS = 15
PROCESSES = 3
CANCELS = 40
MOST_OVER_CCXT = 1.10
IMPORT_TARGET = 20e-3
ACCOUNTS = 20
ACCOUNT_TARGET = 5.0
BLOCKED_TARGET = 0.1
WATCHED = 1000
PAGES = {"binance": (1000, 0), "okx": (100, 7), "bybit": (50, 4)}
"""
How many orders a page of the list has, and how many lists there are of other orders. Bybit has a mark of a next
page on its last page, too, and OKX's last page is known by not being full.
"""
WANTED = {"bybit": {"acknowledged": True}}
"""What ccxt wants to be told before it reads an order."""
SWEEP = 200
SWEEP_LATENCY = 0.05
UNIFIED = "BTC/USDT"


def through_ccxt(effort: Effort) -> Iterator[Row]:
    """
    Measure it all.

    :param effort: How much is measured.
    """
    yield _import(effort)
    with paper_exchange() as url, Paper(url) as paper:
        yield from _processes(paper, effort)
        for venue in THROUGH_CCXT:
            yield _one_cancel(paper, venue, effort)
        for venue in THROUGH_CCXT:
            yield _watched(paper, venue, effort)
    with paper_exchange(latency=SWEEP_LATENCY) as url, Paper(url) as paper:
        for venue in THROUGH_CCXT:
            yield _sweep(paper, venue, effort)


def _import(effort: Effort) -> Row:
    """Import what a DAG file needs where ccxt is installed, and see that it is left alone."""
    took = [
        float(run(sys.executable, "benchmarks/workers/imports.py", *OURS)) for _ in range(effort.rounds(PROCESSES))
    ]
    what = "import of operators, sensor and notifier, ccxt installed"
    return Row.target(what, Timing(tuple(sorted(took))), IMPORT_TARGET)


def _processes(paper: Paper, effort: Effort) -> Iterator[Row]:
    """Make accounts in a process of their own."""
    env = {"AIRFLOW_CONN_PAPER": json.dumps(paper.connection("binance"))}
    blocked = [
        float(run(sys.executable, "benchmarks/workers/ccxt_loop.py", env=env))
        for _ in range(effort.rounds(PROCESSES))
    ]
    what = "longest that a triggerer's loop stands still while its first account of ccxt is made"
    yield Row.target(what, Timing(tuple(sorted(blocked))), BLOCKED_TARGET)
    for venue in THROUGH_CCXT:
        env = {"AIRFLOW_CONN_PAPER": json.dumps(paper.connection(venue))}
        count = str(effort.rounds(ACCOUNTS))
        told = run(sys.executable, "benchmarks/workers/ccxt_memory.py", count, env=env)
        first, further = map(float, told.split())
        yield Row.target(
            f"memory of a further account, {venue}; the first took {first:.0f} MB",
            Timing((further,)),
            ACCOUNT_TARGET,
            "MB",
        )


def _one_cancel(paper: Paper, venue: str, effort: Effort) -> Row:
    """Look at one order, cancel it and prove its end, and do with ccxt what makes the same requests."""
    count = effort.size(CANCELS)
    client, hook = paper.ccxt_of(venue), paper.hook(venue, paced=False)

    def ours(order_id: str) -> None:
        hook.cancel_order(order_id, SYMBOLS[venue])

    def theirs(order_id: str) -> None:
        client.fetch_order(order_id, UNIFIED, WANTED.get(venue, {}))
        client.cancel_order(order_id, UNIFIED)
        client.fetch_order(order_id, UNIFIED, WANTED.get(venue, {}))

    def timed(way: Callable[[str], None]) -> float:
        ids = paper.fill(venue, count)
        began = time.thread_time()
        for order_id in ids:
            way(order_id)
        return (time.thread_time() - began) / count

    ways = {"ours": partial(timed, ours), "theirs": partial(timed, theirs)}
    asked = [_requests(paper, venue, way) for way in (ours, theirs)]
    took = interleaved(ways, effort.rounds(ROUNDS))
    hook.close()
    what = f"CPU of a cancel and its proof, {venue}, {asked[0]} requests"
    return Row(what, f"ccxt, {asked[1]} requests", took["ours"], took["theirs"], MOST_OVER_CCXT)


def _requests(paper: Paper, venue: str, way: Callable[[str], None]) -> int:
    (order_id,) = paper.fill(venue, 1)
    paper.requests()
    way(order_id)
    return paper.requests()


def _watched(paper: Paper, venue: str, effort: Effort) -> Row:
    """Read many orders once that are open and known to be, as a sensor does at each interval."""
    many = effort.size(WATCHED)
    ids = paper.fill(venue, many)
    hook = paper.hook(venue, paced=False)
    refs = hook.check_orders(ids, SYMBOLS[venue])
    seen: Any = dict(zip(refs, hook.read_orders(refs), strict=True))
    paper.requests()
    hook.read_orders(refs, seen)
    hook.close()
    page, others = PAGES[venue]
    fewest = others + -(-many // page) + (venue == "bybit" or (venue == "okx" and many % page == 0))
    what = f"{many:,} open orders watched, an interval, {venue}"
    return Row(what, "fewest its lists allow", Timing((paper.requests(),)), Timing((fewest,)), 1.0, "requests")


def _sweep(paper: Paper, venue: str, effort: Effort) -> Row:
    """
    Cancel a whole book and prove it flat.

    ccxt's cancel of everything is one request where the exchange has such a call, and a batch of its own making
    elsewhere. Ours names every order.
    """
    count = effort.size(SWEEP)
    client, hook = paper.ccxt_of(venue), paper.hook(venue, paced=False)

    def theirs() -> None:
        if client.has["cancelAllOrders"]:
            client.cancel_all_orders(UNIFIED)
        while orders := client.fetch_open_orders(UNIFIED):  # which shows no more than a page of them
            ids = [order["id"] for order in orders]
            for start in range(0, len(ids), 20):
                client.cancel_orders(ids[start : start + 20], UNIFIED)
        time.sleep(FLAT_FOR)
        client.fetch_open_orders(UNIFIED)

    def timed(way: Callable[[], object]) -> float:
        paper.fill(venue, count)
        began = time.perf_counter()
        way()
        took = time.perf_counter() - began
        if left := paper.live(venue):
            raise RuntimeError(f"{left} orders are left at {venue}")
        return took

    took = interleaved({"ours": partial(timed, partial(_ours, hook)), "theirs": partial(timed, theirs)}, 1)
    hook.close()
    how = "ccxt's cancel-all" if client.has["cancelAllOrders"] else "ccxt's batches"
    what = f"{count} orders at 50 ms until proved flat, {venue}"
    return Row(what, f"{how} and the proof's reads", took["ours"], took["theirs"])


def _ours(hook: ExchangeHook) -> None:
    hook.cancel_all_orders()
