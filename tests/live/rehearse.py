"""
Runs all rehearsals one after the other, and ends with a table of them: ``make rehearse``.

Each is a make target. As a whole they take an hour and more. With ``SLICE=1`` each runs only a part that touches
all of its code, and together they take minutes, so that every change to the repository can be held against them.
One that fails keeps no other from running. ``ONLY='demo chaos'`` picks some.
"""

from __future__ import annotations

import argparse
import os
import re
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tests.live.verdict import say

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

ROOT = Path(__file__).parents[2]
INHERITED = frozenset({"MAKEFLAGS", "MAKELEVEL", "MFLAGS", "MATRIX", "ONLY", "SLICE"})
"""What a make hands on to what it runs, also of what it was told on its command line: not meant for ours."""
FAILED_COMMAND = re.compile(r"make: \*\*\* \[.*\] Error \d+$")
"""What make adds to whatever a command has said itself."""


@dataclass(frozen=True)
class Rehearsal:
    """
    Something that shows on real processes that the package does what it promises.

    :param name: of its make target.
    :param whole: what make is told, to run all of it.
    :param slice: what make is told, to run a part; None for one that is left out then.
    """

    name: str
    whole: tuple[str, ...]
    slice: tuple[str, ...] | None


def _sliced(name: str) -> Rehearsal:
    return Rehearsal(name, whole=(name,), slice=(name, "SLICE=1"))


REHEARSALS = (
    Rehearsal("demo", whole=("demo",), slice=("demo",)),  # takes less than a minute
    _sliced("first-day"),
    _sliced("chaos"),
    _sliced("kill-worker"),
    _sliced("kill-switch"),
    # A countdown has 30 s, so each of its deaths takes a minute; a slice of one would take as long as all of demo.
    Rehearsal("dead-mans-switch", whole=("dead-mans-switch",), slice=None),
    Rehearsal("e2e", whole=("e2e",), slice=("e2e",)),  # each step needs the one before it
    Rehearsal("evidence", whole=("evidence",), slice=("evidence",)),  # takes a minute
    _sliced("triggerer"),
    Rehearsal("lateness", whole=("lateness",), slice=("lateness",)),  # takes a minute
    # The tests hold its page and run Airflow's own loggers; a real Airflow under load adds a minute to each change.
    Rehearsal("metrics", whole=("metrics",), slice=None),
    # As a whole it judges times, which other work on the machine disturbs, and writes a page of the documentation.
    Rehearsal("bench", whole=("bench", "SLICE=1"), slice=("bench", "SLICE=1")),
    # Its slice takes minutes, for half a dozen starts of Airflow's parts alone.
    Rehearsal("scale", whole=("scale",), slice=None),
    _sliced("matrix"),
)


@dataclass(frozen=True)
class Result:
    """
    What came of a rehearsal.

    :param name: its name.
    :param passed: whether it ended with status 0.
    :param seconds: how long it took.
    :param summary: the last line that it printed.
    """

    name: str
    passed: bool
    seconds: float
    summary: str


def run(name: str, arguments: Sequence[str], folder: Path) -> Result:
    """
    Run make, and pass on what it prints.

    It gets a session of its own: a Ctrl-C in the terminal reaches us alone, and we ask it to end.

    :param name: of the rehearsal.
    :param arguments: what make is told.
    :param folder: where its Makefile is.
    :raises KeyboardInterrupt: when we are told to stop; make and what it has started have ended by then.
    """
    began = time.monotonic()
    env = {name: value for name, value in os.environ.items() if name not in INHERITED}
    last = ""
    with subprocess.Popen(
        ("make", *arguments),
        cwd=folder,
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        start_new_session=True,
    ) as process:
        assert process.stdout is not None
        try:
            for line in process.stdout:
                say(line.rstrip("\n"))
                if line.strip() and not FAILED_COMMAND.match(line):
                    last = line.strip()
        except KeyboardInterrupt:
            process.terminate()
            say(process.communicate()[0])
            raise
    return Result(name, process.returncode == 0, time.monotonic() - began, last)


def table(results: Iterable[Result]) -> str:
    """Show what came of the rehearsals, a line each."""
    cells = [
        (each.name, "passed" if each.passed else "FAILED", f"{each.seconds:.0f}", each.summary) for each in results
    ]
    rows = [("rehearsal", "result", "seconds", "its last line"), *cells]
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    return "\n".join(
        f"{name:<{widths[0]}}  {result:<{widths[1]}}  {seconds:>{widths[2]}}  {summary}".rstrip()
        for name, result, seconds, summary in rows
    )


def rehearse(rehearsals: Iterable[Rehearsal], *, sliced: bool, folder: Path = ROOT) -> int:
    """
    Run rehearsals one after the other, whatever comes of each, and show the table.

    :param rehearsals: which ones.
    :param sliced: whether to run only the slice of each.
    :param folder: where the Makefile is.
    :return: 0 when all have passed.
    """
    results: list[Result] = []
    try:
        for each in rehearsals:
            arguments = each.slice if sliced else each.whole
            if arguments is None:
                continue
            say(f"\n=== make {' '.join(arguments)}")
            results.append(run(each.name, arguments, folder))
    finally:
        say(f"\n{table(results)}")
    return 0 if all(result.passed for result in results) else 1


def main() -> int:
    """Read the command line."""
    by_name = {each.name: each for each in REHEARSALS}
    parser = argparse.ArgumentParser(prog="python -m tests.live.rehearse")
    parser.add_argument("--slice", action="store_true", help="only a part of each, in minutes instead of hours")
    parser.add_argument("only", nargs="*", metavar="NAME", help=f"only these: {', '.join(by_name)}")
    asked = parser.parse_args()
    if unknown := [name for name in asked.only if name not in by_name]:
        parser.error(f"there is no rehearsal called {', '.join(unknown)}; there are {', '.join(by_name)}")
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    return rehearse([by_name[name] for name in asked.only or by_name], sliced=asked.slice)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit("Interrupted; what was running has ended.")
