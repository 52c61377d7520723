"""What it costs to record a sweep, and whether a store that hangs makes one any longer."""

from __future__ import annotations

import tempfile
import time
from functools import partial
from threading import Event
from typing import TYPE_CHECKING
from unittest.mock import patch

from airflow_provider_exchange.evidence import segments, store
from benchmarks.measure import interleaved
from benchmarks.paper import Paper
from benchmarks.processes import paper_exchange
from benchmarks.table import Row

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmarks.effort import Effort

__all__ = ["recording"]

LATENCY = 0.05
ROUNDS = 5
ORDERS = 200
HANGS = 60.0
"""Seconds that the store takes for each file."""
ALLOWED = 1.1
"""How much longer a sweep may be that is recorded."""


class _HangingStore(store.Store):
    """
    A store that answers nothing for a minute.

    :param released: Ends that earlier, with the benchmark.
    """

    def __init__(self, released: Event) -> None:
        super().__init__(None, "")
        self._released = released

    def write(self, file: str, content: bytes) -> None:  # noqa: ARG002
        """Take what is too long."""
        self._released.wait(HANGS)


def recording(effort: Effort) -> Iterator[Row]:
    """
    Sweep an account that has 200 orders, at 50 ms an answer: recorded, and not.

    :param effort: How much is measured.
    """
    count, released = effort.size(ORDERS), Event()
    with (
        tempfile.TemporaryDirectory() as folder,
        paper_exchange(latency=LATENCY) as url,
        Paper(url) as paper,
        patch.dict("os.environ", {"AIRFLOW__EXCHANGE__EVIDENCE_SPOOL": f"{folder}/spool"}),
        patch.object(segments, "FIRST", 0.0),
        patch.object(store, "open_store", lambda _where: _HangingStore(released)),
    ):
        ways = {"not recorded": "", "a folder": f"{folder}/evidence", "a store that hangs for 60 s": "s3://shelf"}
        runs = {name: partial(_swept, paper, count, evidence) for name, evidence in ways.items()}
        took = interleaved(runs, effort.rounds(ROUNDS))
        released.set()
    for name in ("a folder", "a store that hangs for 60 s"):
        what = f"{count} orders at 50 ms until proved flat, bitopro, recorded in {name}"
        yield Row(what, "not recorded", took[name], took["not recorded"], ALLOWED)


def _swept(paper: Paper, count: int, evidence: str) -> float:
    """Return the seconds until the report is there."""
    paper.fill("bitopro", count)
    hook = paper.hook("bitopro")
    _ = hook.planner
    began = time.perf_counter()
    report = hook.cancel_all_orders(evidence=evidence)
    took = time.perf_counter() - began
    if report.open_after or (evidence and report.evidence is None):
        raise RuntimeError("orders are left, or nothing was recorded")
    return took
