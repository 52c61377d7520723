"""
Kills a worker in the middle of a cancel, and lets Airflow try again: ``python -m tests.live.kill_worker``.

Three accounts are swept at once by a real Airflow with its LocalExecutor. The paper exchange obeys the first cancel
of each, but for one order that it names at Nami and at Loopring, and never answers. While the tasks wait for that
answer, they get SIGKILL, in three rehearsals:

- *task*: the process that runs the task dies, as when memory runs out. The executor's worker, which supervises it,
  sees that, and Airflow tries again after the retry delay.
- *worker*: the worker dies as well. Nobody is left to tell, until the scheduler misses the task's heartbeat.
- *supervisor*: the worker dies, and the task lives on without one. It is stopped in mid-cancel and woken when the
  second try is done, with the answer still due and a list of orders that is long out of date.

Each time every book must be flat, the DAG run a success with one summary, and the second try's report name what the
first had left, without an error in its log. What is gone is not cancelled again.
"""

from __future__ import annotations

import json
import os
import re
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote

import psutil  # type: ignore[import-untyped]

from airflow_provider_exchange.sandbox.testing import RunningSandbox, running_sandbox
from tests.accounts import OTHER_SYMBOLS, SYMBOLS, VENUES
from tests.live.api import Run, Task, until
from tests.live.components import is_running, kill
from tests.live.deployment import AirflowDeployment

if TYPE_CHECKING:
    from airflow_provider_exchange.sandbox.exchange import Logged

DAGS = Path(__file__).parent / "dags"
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

REHEARSALS: Mapping[str, Victims] = {
    "task": lambda task, supervisor: [task],
    "worker": lambda task, supervisor: [supervisor, task],
    "supervisor": lambda task, supervisor: [supervisor],
}


@dataclass(frozen=True)
class Sweep:
    """
    One venue at the moment of the kill.

    :param task: sweeps it.
    :param left: ids of the orders that were still live.
    :param requests: how many the venue had got.
    :param orphan: the task's process, when that was spared.
    """

    venue: str
    task: Task
    placed: frozenset[str]
    left: frozenset[str]
    requests: int
    orphan: int | None


def main() -> int:
    """Rehearse all, and print what was seen. Returns 0 when all went as it must."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    began = time.monotonic()
    failures = 0
    with running_sandbox() as sandbox, AirflowDeployment(DAGS, SETTINGS | _connections(sandbox)) as airflow:
        say(f"Airflow is up after {time.monotonic() - began:.0f} s.")
        for name, victims in REHEARSALS.items():
            failures += rehearse(name, victims, sandbox, airflow)
        if failures:
            raise SystemExit(f"{failures} things are wrong")  # an error, so that Airflow's logs stay
    say(
        f"\nFlat each time, after {len(REHEARSALS) * len(VENUES)} kills; all took {time.monotonic() - began:.0f} s."
    )
    return 0


def rehearse(name: str, victims: Victims, sandbox: RunningSandbox, airflow: AirflowDeployment) -> int:
    """Tell one story. Returns how much of it was wrong."""
    sandbox.reset()
    for venue in VENUES:
        place_orders(sandbox, venue)
        sandbox.faults.add(kind="hang", acts=True, venue=venue, route="cancels", requests=[1])
        if venue != "bitopro":
            sandbox.faults.add(kind="ignore_batch_member", venue=venue, route="cancels", requests=[1])
    run = airflow.trigger(DAG_ID)
    sweeps = kill_in_mid_cancel(run, sandbox, victims)
    since = time.monotonic()
    state = run.wait(90)
    took = time.monotonic() - since
    for sweep in sweeps:
        let_end(sweep)

    say(f"\nSIGKILL for the {name} in mid-cancel, three times. {took:.1f} s later the DAG run was a {state}.")
    wrong = [] if state == "success" else [f"the DAG run ended as {state}: {run.states()}"]
    for sweep in sweeps:
        say(told(sweep, sandbox))
        wrong += wrong_at(sweep, sandbox)
    wrong += wrong_with_summary(run, sweeps)
    for line in wrong:
        say(f"  WRONG: {line}")
    return len(wrong)


def place_orders(sandbox: RunningSandbox, venue: str) -> None:
    """Twelve: more than one batch for Loopring, a stop-limit order and one filled in part among them."""
    for symbol in (SYMBOLS[venue], OTHER_SYMBOLS[venue]):
        for _ in range(4):
            sandbox.place(venue, symbol)
        sandbox.place(venue, symbol, stop_price=90)
        sandbox.place(venue, symbol, quantity=2, filled=1)


def kill_in_mid_cancel(run: Run, sandbox: RunningSandbox, victims: Victims) -> list[Sweep]:
    """Kill each of the three tasks as soon as its cancel waits for an answer."""
    sweeps: dict[str, Sweep] = {}

    def all_killed() -> bool:
        for venue in VENUES:
            if venue not in sweeps and _cancel_hangs(sandbox, venue):
                sweeps[venue] = kill_sweep(venue, run.task(f"cancel_{venue}"), sandbox, victims)
        return len(sweeps) == len(VENUES)

    until(all_killed, 90, "a cancel in flight at each venue")
    return list(sweeps.values())


def kill_sweep(venue: str, task: Task, sandbox: RunningSandbox, victims: Victims) -> Sweep:
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
        until(lambda: not is_running(supervisor.pid), 10, "the end of the supervisor")
        os.kill(pid, signal.SIGSTOP)
    return Sweep(
        venue,
        task,
        placed=frozenset(order.order_id for order in sandbox.book(venue)),
        left=frozenset(order.order_id for order in sandbox.live(venue)),
        requests=len(_requests(sandbox, venue)),
        orphan=None if pid in doomed else pid,
    )


def let_end(sweep: Sweep) -> None:
    """Wake a task that was spared, and wait until it has found out that it came too late."""
    pid = sweep.orphan
    if pid is not None:
        os.kill(pid, signal.SIGCONT)
        until(lambda: not is_running(pid), 60, f"the end of {sweep.task.task_id} without a supervisor")


def told(sweep: Sweep, sandbox: RunningSandbox) -> str:
    gone = len(sweep.placed) - len(sweep.left)
    tries = ", ".join(f"{each['try_number']} {each['state']}" for each in sweep.task.tries())
    return (
        f"  {sweep.venue:9} {gone} of {len(sweep.placed)} orders were gone without a word; tries: {tries}; "
        f"the second reports {sweep.task.xcom()['outcomes'] or 'nothing open'}; "
        f"cancel requests: {len(sandbox.mutations(sweep.venue))}"
    )


def wrong_at(sweep: Sweep, sandbox: RunningSandbox) -> Iterator[str]:
    """What is not as it must be at one venue."""
    venue = sweep.venue
    if live := sandbox.live(venue):
        yield f"{venue}: {len(live)} orders are open"
    tries = sweep.task.tries()
    if [each["try_number"] for each in tries] != [1, 2] or tries[-1]["state"] != "success":
        yield f"{venue}: tries {[(each['try_number'], each['state']) for each in tries]}"
    if (keys := sweep.task.xcoms()) != ["return_value"]:
        yield f"{venue}: XComs {keys}"
        return
    report = sweep.task.xcom()
    reported = Counter(order["order_id"] for order in report["orders"])
    if reported != Counter(sweep.left) or report["requested"] != len(sweep.left) or report["open_after"]:
        yield f"{venue}: {len(sweep.left)} orders were left, the report is {report}"
    if set(report["outcomes"]) - {"cancelled"}:
        yield f"{venue}: outcomes {report['outcomes']}"
    for line in sweep.task.log(2):
        if line.get("level", "info") not in ("debug", "info"):
            yield f"{venue}: the second try's log says {line['level']}: {line['event']}"
    again = _cancels(_requests(sandbox, venue)[sweep.requests :], sweep.placed)
    needless = again - Counter(sweep.left)
    if sweep.orphan is not None:  # it may still send the batches that it had planned
        needless -= Counter(sweep.left)
    if needless:
        yield f"{venue}: cancelled although gone: {dict(needless)}"


def wrong_with_summary(run: Run, sweeps: Iterable[Sweep]) -> Iterator[str]:
    """What is not as it must be in the task that follows."""
    task = run.task("summary")
    if task.state != "success" or task.try_number != 1 or task.xcoms() != ["return_value"]:
        yield f"summary: {task.state} at try {task.try_number}, XComs {task.xcoms()}"
        return
    expected = {"cancelled": sum(len(sweep.left) for sweep in sweeps)}
    if task.xcom() != expected:
        yield f"summary: {task.xcom()} instead of {expected}"


def say(text: str) -> None:
    print(text, flush=True)


def _connections(sandbox: RunningSandbox) -> dict[str, str]:
    return {f"AIRFLOW_CONN_{venue.upper()}_DEFAULT": json.dumps(sandbox.connection(venue)) for venue in VENUES}


def _requests(sandbox: RunningSandbox, venue: str) -> list[Logged]:
    return [each for each in sandbox.request_log if each.venue == venue]


def _cancel_hangs(sandbox: RunningSandbox, venue: str) -> bool:
    return any(each.acted and "hang" in each.faults for each in sandbox.mutations(venue))


def _cancels(requests: Iterable[Logged], order_ids: Iterable[str]) -> Counter[str]:
    """How many requests that change the book name each order, wherever the venue wants the name."""
    texts = [f"{each.path} {unquote(each.query)} {each.body}" for each in requests if each.mutating]
    return Counter(
        order_id for order_id in order_ids for text in texts if re.search(rf"(?<!\w){order_id}(?!\w)", text)
    )


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit("Interrupted; Airflow is stopped.")
