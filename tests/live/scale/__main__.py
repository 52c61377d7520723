"""
Lets parts of an Airflow on many workers die in mid-sweep: ``python -m tests.live.scale``.

Airflow runs with PostgreSQL, Celery over Redis, three workers and two triggerers; thirty accounts are at ten paper
exchanges. After each scenario the books must be flat, and every report must name what went. All of them together
write ``docs/scale.md``.
"""

from __future__ import annotations

import argparse
import os
import platform
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from airflow import __version__ as airflow_version

from tests.live.scale.accounts import running_exchanges
from tests.live.scale.cluster import Cluster
from tests.live.scale.debian import programs
from tests.live.scale.judge import FIRST_CANCEL, wrong_in
from tests.live.scale.leftovers import left_over, mark, own_temporary_folder
from tests.live.scale.page import page, shared_table, table
from tests.live.scale.scenarios import LATENCY, SCENARIOS
from tests.live.scale.services import running
from tests.live.scale.stage import Stage
from tests.live.scale.timeouts import SETTINGS
from tests.live.verdict import insist, say

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.live.scale.debian import Programs
    from tests.live.scale.judge import Story
    from tests.live.scale.scenarios import Scenario

ROOT = Path(__file__).parents[3]
DAGS = Path(__file__).parent / "dags"
PAGE = ROOT / "docs" / "scale.md"
BUSY = "Other work ran beside, a load of {load:.0f} when it began"
SLICE = ("works", "worker-killed", "api-server-dead")
"""Names of the scenarios that touch most of the code in the least time."""


def main() -> int:
    """Play the scenarios, and print what was seen. Returns 0 when all went as it must."""
    by_name = {scenario.name: scenario for scenario in SCENARIOS}
    parser = argparse.ArgumentParser(prog="python -m tests.live.scale")
    parser.add_argument("--slice", action="store_true", help=f"only {', '.join(SLICE)}")
    parser.add_argument("only", nargs="*", metavar="SCENARIO", help=f"only these: {', '.join(by_name)}")
    asked = parser.parse_args()
    if unknown := [name for name in asked.only if name not in by_name]:
        parser.error(f"there is no scenario called {', '.join(unknown)}; there are {', '.join(by_name)}")
    wanted = asked.only or (SLICE if asked.slice else by_name)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    began, load, token = time.monotonic(), os.getloadavg()[0], mark()
    quiet = load < (os.cpu_count() or 1)
    if not quiet:
        say(f"{BUSY.format(load=load)}: what depends on the machine's pace is not judged.")
    found = programs()
    try:
        with own_temporary_folder():
            told = play([by_name[name] for name in wanted], found, quiet=quiet)
    finally:
        insist(list(left_over(token)))
    say(f"\n{table(told)}\n\n{shared_table(told)}\n")
    minutes = (time.monotonic() - began) / 60
    if len(told) == len(SCENARIOS):
        PAGE.write_text(page(told, **facts(found, minutes, load)))
    say(f"{len(told)} scenarios, flat after each, and nothing else was touched; all took {minutes:.1f} minutes.")
    return 0


def play(scenarios: Sequence[Scenario], found: Programs, *, quiet: bool) -> list[tuple[Scenario, Story]]:
    """Play scenarios one after the other, in one Airflow. Returns what was seen."""
    began = time.monotonic()
    told: list[tuple[Scenario, Story]] = []
    wrong: list[str] = []
    with (
        running_exchanges() as exchanges,
        running(found) as (database, broker),
        Cluster(DAGS, database, broker, SETTINGS) as cluster,
    ):
        stage = Stage(cluster, exchanges)
        stage.connect()
        say(f"Airflow is up after {time.monotonic() - began:.0f} s.")
        for scenario in scenarios:
            since = time.monotonic()
            stage.begin()
            scenario.play(stage)
            story = stage.story()
            told.append((scenario, story))
            seen = [f"{scenario.name}: {each}" for each in wrong_in(story, scenario.expected, quiet=quiet)]
            say(f"{table([told[-1]]).splitlines()[-1]}  ({time.monotonic() - since:.0f} s)")
            for each in seen:
                say(f"  WRONG: {each}")
            wrong += seen
        insist(wrong)
    return told


def facts(found: Programs, minutes: float, load: float) -> dict[str, object]:
    """What the page says about the machine, and what ran there."""
    return {
        "airflow": airflow_version,
        "postgres": _version(found.postgres),
        "redis": _version(found.redis),
        "machine": f"{os.cpu_count()} cores ({platform.system()}, {platform.machine()})",
        "minutes": minutes,
        "day": datetime.now(UTC).date(),
        "first": FIRST_CANCEL,
        "latency": LATENCY,
        "retries": 10,
        "load": f"{BUSY.format(load=load)}." if load >= (os.cpu_count() or 1) else "",
    }


def _version(program: Path) -> str:
    said = subprocess.run((program, "--version"), capture_output=True, text=True, check=True).stdout
    return next(word.removeprefix("v=") for word in said.split() if word.removeprefix("v=")[:1].isdigit())


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit("Interrupted; all of it is stopped.")
