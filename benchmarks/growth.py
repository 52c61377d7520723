"""How time and memory grow with the number of open orders."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from benchmarks.measure import Timing
from benchmarks.paper import VENUES, Paper
from benchmarks.processes import paper_exchange, run
from benchmarks.table import Row

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmarks.effort import Effort

__all__ = ["growth"]

SIZES = (100, 1_000, 10_000)
ROUNDS = {100: 5, 1_000: 4, 10_000: 3}
MEMORY_TARGET = 60
LINEAR = 1.5
"""
How much more than an order among a thousand one among ten thousand may cost: 10 were quadratic, and a fifth goes to
caches and the garbage collector.
"""


def growth(effort: Effort) -> Iterator[Row]:
    """
    Sweep books of growing size, in a process of its own each time; its waiting is skipped, its work is not.

    :param effort: How much is measured.
    """
    with paper_exchange() as url, Paper(url) as paper:
        for venue in VENUES:
            cpu, memory = {}, {}
            for full in SIZES:
                size, took = effort.size(full), []
                for _ in range(effort.rounds(ROUNDS[full])):
                    paper.fill(venue, size)
                    seconds, megabytes = map(
                        float, run(sys.executable, "benchmarks/workers/sweep.py", venue, url).split()
                    )
                    took.append(seconds / size)
                cpu[size], memory[size] = Timing(tuple(sorted(took))), megabytes
            small, middle, large = map(effort.size, SIZES)
            yield Row(f"CPU an order of a sweep of {large:,}, {venue}", f"of {small:,}", cpu[large], cpu[small])
            yield Row(
                f"CPU an order of a sweep of {large:,}, {venue}", f"of {middle:,}", cpu[large], cpu[middle], LINEAR
            )
            yield Row.target(
                f"memory grown by a sweep of {large:,}, {venue}", Timing((memory[large],)), MEMORY_TARGET, "MB"
            )
