"""
Holds this checkout against an earlier release: ``make bench AGAINST=path/to/the.whl``.

Both do the same by the package's public names, in turn and in one run. It ends with status 1 when this checkout
takes more than a tenth more than the release for anything.
"""

from __future__ import annotations

import json
import sys
import tempfile
import zipfile
from contextlib import ExitStack, closing
from functools import partial
from typing import TYPE_CHECKING

from airflow_provider_exchange.operations.table import aligned
from benchmarks.measure import Timing, interleaved
from benchmarks.paper import VENUES, Paper
from benchmarks.processes import ROOT, Worker, paper_exchange, run

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from benchmarks.effort import Effort

MOST = 1.1
"""Ours over theirs."""
IMPORTS = """
import time
import airflow.sdk
began = time.process_time()
import airflow_provider_exchange.operators.orders
import airflow_provider_exchange.sensors.orders
import airflow_provider_exchange.notifications.orders
print(time.process_time() - began)
"""
SWEEP, FLAT, WATCHED, LISTED = 10_000, 200, 1_000, 40


def compare(wheel: Path, effort: Effort) -> int:
    """
    Print the comparison; return 1 when something has become too slow.

    :param wheel: Of the earlier release.
    :param effort: How much is measured.
    """
    slower = []
    rows = []
    with tempfile.TemporaryDirectory(prefix="exchange-release-") as unpacked:
        with zipfile.ZipFile(wheel) as content:
            content.extractall(unpacked)
        for what, took in _measured({"ours": str(ROOT), "theirs": unpacked}, effort):
            ours, theirs = took["ours"].best, took["theirs"].best
            rows.append((what, f"{ours:.4g} s", f"{theirs:.4g} s", f"{ours / theirs:.2f}"))
            print("  ".join(rows[-1]), file=sys.stderr, flush=True)
            if ours > MOST * theirs:
                slower.append(what)
    header = ("best round", "this checkout", "release", "ratio")
    print("\n".join(aligned(header, rows, right=header[1:])))
    if slower and not effort.once:
        print(f"More than {MOST:g} times as slow: {'; '.join(slower)}")
        return 1
    return 0


def _measured(paths: dict[str, str], effort: Effort) -> Iterator[tuple[str, dict[str, Timing]]]:
    imports = {name: partial(_import, {"PYTHONPATH": path}) for name, path in paths.items()}
    yield "CPU of importing operators, sensor and notifier", interleaved(imports, effort.rounds(15))
    for venue in VENUES:
        yield from _reads(venue, paths, effort)
        yield from _sweeps(venue, paths, effort)


def _import(env: dict[str, str]) -> float:
    return float(run(sys.executable, "-c", IMPORTS, env=env))


def _reads(venue: str, paths: dict[str, str], effort: Effort) -> Iterator[tuple[str, dict[str, Timing]]]:
    kinds = {
        "list": (f"CPU of a read through the hook, {venue}", 1, effort.size(LISTED)),
        "watch": (f"CPU of watching {WATCHED:,} orders once, {venue}", effort.size(WATCHED), 1),
    }
    for kind, (what, orders, count) in kinds.items():
        with paper_exchange() as url, Paper(url) as paper, ExitStack() as stack:
            paper.fill(venue, orders)
            workers = {
                name: stack.enter_context(closing(_worker(kind, paper, venue, path)))
                for name, path in paths.items()
            }
            runs = {name: partial(worker, count) for name, worker in workers.items()}
            yield what, interleaved(runs, effort.rounds(9))


def _sweeps(venue: str, paths: dict[str, str], effort: Effort) -> Iterator[tuple[str, dict[str, Timing]]]:
    kinds = {
        "sweep": (f"CPU of a sweep of {SWEEP:,} orders, {venue}", effort.size(SWEEP), {}, 7),
        "flat": (
            f"wall time of a sweep of {FLAT} orders at 50 ms, {venue}",
            effort.size(FLAT),
            {"latency": 0.05, "rate_limits": "on"},
            5,
        ),
    }
    for kind, (what, orders, options, rounds) in kinds.items():
        with paper_exchange(**options) as url, Paper(url) as paper:
            runs = {name: partial(_sweep, kind, paper, venue, path, orders) for name, path in paths.items()}
            yield what, interleaved(runs, effort.rounds(rounds))


def _sweep(kind: str, paper: Paper, venue: str, path: str, orders: int) -> float:
    paper.fill(venue, orders)
    with closing(_worker(kind, paper, venue, path)) as worker:
        return worker(1)


def _worker(kind: str, paper: Paper, venue: str, path: str) -> Worker:
    env = {
        "PYTHONPATH": path,
        "AIRFLOW_CONN_PAPER": json.dumps(paper.connection(venue)),
        "AIRFLOW__LOGGING__LOGGING_LEVEL": "ERROR",
    }
    return Worker(sys.executable, "release.py", kind, env=env)
