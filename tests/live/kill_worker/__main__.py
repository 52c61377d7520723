"""
Kills a worker in the middle of a cancel, and lets Airflow try again: ``python -m tests.live.kill_worker``.

Three accounts are swept at once by a real Airflow with its LocalExecutor. The paper exchange obeys the first cancel
of each, but for one order that it names at Nami and at Loopring, and never answers. While the tasks wait for that
answer, they get SIGKILL, in three stories:

- *task*: the process that runs the task dies, as when memory runs out. The executor's worker, which supervises it,
  sees that, and Airflow tries again after the retry delay.
- *worker*: the worker dies as well. Nobody is left to tell, until the scheduler misses the task's heartbeat.
- *supervisor*: the worker dies, and the task lives on without one. It is stopped in mid-cancel and woken when the
  second try is done, with the answer still due and a list of orders that is long out of date.

Each time every book must be flat, the DAG run a success with one summary, and the second try's report name every
order with what became of it, without an error in its log. What is gone is not cancelled again.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import psutil  # type: ignore[import-untyped]

from airflow_provider_exchange.sandbox.testing import RunningSandbox, running_sandbox
from tests.accounts import OTHER_SYMBOLS, SYMBOLS, VENUES
from tests.live.api import PATIENCE, Run, Task, until
from tests.live.components import is_running, kill
from tests.live.deployment import AirflowDeployment
from tests.live.kill_worker.judge import wrong_in
from tests.live.kill_worker.witness import Kill, story_of
from tests.live.verdict import insist, say

if TYPE_CHECKING:
    from tests.live.kill_worker.judge import Sweep

DAGS = Path(__file__).parents[1] / "dags"
DAG_ID = "sweep_three_venues"

HEARTBEAT_TIMEOUT = 5
SETTINGS = {
    "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT": str(HEARTBEAT_TIMEOUT),
    "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT_DETECTION_INTERVAL": "1",
    "AIRFLOW__WORKERS__MIN_HEARTBEAT_INTERVAL": "1",
}
WORKER_TITLE = "airflow worker -- LocalExecutor"

Victims = Callable[[int, int], list[int]]
"""Of a task's process and its supervisor's: those to kill, in this order."""

STORIES: Mapping[str, Victims] = {
    "task": lambda task, supervisor: [task],
    "worker": lambda task, supervisor: [supervisor, task],
    "supervisor": lambda task, supervisor: [supervisor],
}
SLICE = ("supervisor",)
"""The story in which most can go wrong."""


def main() -> int:
    """Tell the stories, and print what was seen. Returns 0 when all went as it must."""
    parser = argparse.ArgumentParser(prog="python -m tests.live.kill_worker")
    parser.add_argument("--slice", action="store_true", help=f"tell only the story of the {SLICE[0]}")
    stories = SLICE if parser.parse_args().slice else tuple(STORIES)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    began = time.monotonic()
    wrong: list[str] = []
    with running_sandbox() as sandbox, AirflowDeployment(DAGS, SETTINGS | _connections(sandbox)) as airflow:
        say(f"Airflow is up after {time.monotonic() - began:.0f} s.")
        for name in stories:
            wrong += [f"{name}: {each}" for each in tell(name, sandbox, airflow)]
        insist(wrong)
    say(f"\nFlat each time, after {len(stories) * len(VENUES)} kills; all took {time.monotonic() - began:.0f} s.")
    return 0


def tell(name: str, sandbox: RunningSandbox, airflow: AirflowDeployment) -> list[str]:
    """Tell one story. Returns what was wrong with it."""
    sandbox.reset()
    for venue in VENUES:
        place_orders(sandbox, venue)
        sandbox.faults.add(kind="hang", acts=True, venue=venue, route="cancels", requests=[1])
        if venue != "bitopro":
            sandbox.faults.add(kind="ignore_batch_member", venue=venue, route="cancels", requests=[1])
    run = airflow.trigger(DAG_ID)
    kills = kill_in_mid_cancel(run, sandbox, STORIES[name])
    since = time.monotonic()
    state = run.wait()
    took = time.monotonic() - since
    for each in kills:
        let_end(each)
    say(f"\nSIGKILL for the {name} in mid-cancel, three times. {took:.1f} s later the DAG run was a {state}.")
    story = story_of(run, kills, sandbox)
    for sweep in story.sweeps:
        say(told(sweep))
    return list(wrong_in(story))


def place_orders(sandbox: RunningSandbox, venue: str) -> None:
    """Twelve: more than one batch for Loopring, a stop-limit order and one filled in part among them."""
    for symbol in (SYMBOLS[venue], OTHER_SYMBOLS[venue]):
        for _ in range(4):
            sandbox.place(venue, symbol)
        sandbox.place(venue, symbol, stop_price=90)
        sandbox.place(venue, symbol, quantity=2, filled=1)


def kill_in_mid_cancel(run: Run, sandbox: RunningSandbox, victims: Victims) -> list[Kill]:
    """Kill each of the three tasks as soon as its cancel waits for an answer, and is recorded."""
    kills: dict[str, Kill] = {}

    def all_killed() -> bool:
        for venue in VENUES:
            task = run.task(f"cancel_{venue}")
            if venue not in kills and _cancel_hangs(sandbox, venue) and task.records():
                kills[venue] = kill_sweep(venue, task, sandbox, victims)
        return len(kills) == len(VENUES)

    until(all_killed, PATIENCE, "a cancel in flight at each venue")
    return list(kills.values())


def kill_sweep(venue: str, task: Task, sandbox: RunningSandbox, victims: Victims) -> Kill:
    """Kill a task, and take note of where it was."""
    pid = task.pid
    supervisor = psutil.Process(pid).parent()
    assert supervisor is not None
    title = " ".join(supervisor.cmdline())
    assert title.startswith(WORKER_TITLE), title
    doomed = victims(pid, supervisor.pid)
    for victim in doomed:
        kill(victim)
    if pid not in doomed:
        # Not before: the kernel ends a stopped process group whose last relative outside of it dies.
        until(lambda: not is_running(supervisor.pid), PATIENCE, "the end of the supervisor")
        os.kill(pid, signal.SIGSTOP)
    return Kill.of(venue, task, sandbox, orphan=None if pid in doomed else pid)


def let_end(killed: Kill) -> None:
    """Wake a task that was spared, and wait until it has found out that it came too late."""
    pid = killed.orphan
    if pid is not None:
        os.kill(pid, signal.SIGCONT)
        until(lambda: not is_running(pid), PATIENCE, f"the end of {killed.task.task_id} without a supervisor")


def told(sweep: Sweep) -> str:
    """Say in a line what became of an account."""
    gone = len(sweep.placed) - len(sweep.left)
    tries = ", ".join(f"{number} {state}" for number, state in sweep.task.tries)
    report = sweep.task.pushed or {"outcomes": "nothing"}
    return (
        f"  {sweep.venue:9} {gone} of {len(sweep.placed)} orders were gone without a word; tries: {tries}; "
        f"the second reports {report['outcomes']}; "
        f"cancels after the kill named {len(sweep.cancels)} orders"
    )


def _connections(sandbox: RunningSandbox) -> dict[str, str]:
    return {f"AIRFLOW_CONN_{venue.upper()}_DEFAULT": json.dumps(sandbox.connection(venue)) for venue in VENUES}


def _cancel_hangs(sandbox: RunningSandbox, venue: str) -> bool:
    return any(each.acted and "hang" in each.faults for each in sandbox.mutations(venue))


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit("Interrupted; Airflow is stopped.")
