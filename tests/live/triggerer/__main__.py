"""
Two hundred deferred sensors over two thousand orders, in one triggerer: ``python -m tests.live.triggerer``.

A real Airflow defers them all. While they wait, the paper exchange counts the requests, and the processes of the
triggerer are watched. Then the triggerer gets SIGKILL and is started anew, the orders end, and every sensor must
succeed with its own orders as XCom, and nothing be left in the triggerer.
"""

from __future__ import annotations

import json
import re
import sys
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import psutil  # type: ignore[import-untyped]

from airflow_provider_exchange.sandbox.book import State
from airflow_provider_exchange.sandbox.testing import RunningSandbox, running_sandbox
from tests.accounts import SYMBOLS
from tests.live.api import until
from tests.live.components import kill
from tests.live.deployment import AirflowDeployment
from tests.live.kill_worker import say

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.live.api import Run

DAGS = Path(__file__).parent / "dags"
DAG_ID = "watch_many_orders"

SENSORS = {"bitopro": 80, "nami": 80, "loopring": 40}
ORDERS_EACH = 10
WATCHED_FOR = 30.0
"""Seconds over which requests and CPU are counted."""
BLOCKED = re.compile(r"async thread was blocked for ([0-9.]+) seconds")
"""Airflow's note of a loop that stood still for more than 0.2 s: for what a trigger does, or a busy machine."""
PATIENCE = 1200.0
"""Seconds for two hundred tasks to start, one after the other on a small machine."""
SETTINGS = {
    "AIRFLOW__TRIGGERER__TRIGGERER_HEALTH_CHECK_THRESHOLD": "5",
    "AIRFLOW__CORE__PARALLELISM": "6",
}


@dataclass(frozen=True)
class Usage:
    """
    What the waiting took.

    :param requests: a second, by venue.
    :param cpu: seconds a second.
    :param memory: megabytes that the triggerer's processes hold.
    """

    requests: dict[str, float]
    cpu: float
    memory: float

    def __str__(self) -> str:
        each = ", ".join(f"{name} {rate:.2f}" for name, rate in self.requests.items())
        total = sum(self.requests.values())
        return f"{total:.2f} requests a second ({each}), {self.cpu:.1%} of a core, {self.memory:.0f} MB"


def main() -> int:
    """Tell the story. Returns 0 when all went as it must."""
    began = time.monotonic()
    with running_sandbox(rate_limits=True) as sandbox:
        env = {f"AIRFLOW_CONN_{venue.upper()}_DEFAULT": json.dumps(sandbox.connection(venue)) for venue in SENSORS}
        with AirflowDeployment(DAGS, SETTINGS | env, triggerer=True) as airflow:
            took = time.monotonic() - began
            say(f"Airflow is up after {took:.0f} s; its triggerer takes {memory_of(airflow):.0f} MB.")
            if failures := rehearse(sandbox, airflow):
                raise SystemExit(f"{failures} things are wrong")  # an error, so that Airflow's logs stay
    say(f"All took {time.monotonic() - began:.0f} s.")
    return 0


def rehearse(sandbox: RunningSandbox, airflow: AirflowDeployment) -> int:
    """Defer, watch, kill, watch, end. Returns how much of it was wrong."""
    shares = {venue: place(sandbox, venue, count) for venue, count in SENSORS.items()}
    run = airflow.trigger(DAG_ID, shares)
    wait_for(airflow, run, "deferred", sum(SENSORS.values()))
    say(f"{sum(SENSORS.values())} sensors over {sum(SENSORS.values()) * ORDERS_EACH:,} orders are deferred:")
    before = usage(sandbox, airflow)
    say(f"  {before}")

    for pid in airflow.component("triggerer").session():
        kill(pid)
    airflow.stop("triggerer", patience=0)
    airflow.start("triggerer")
    killed = time.monotonic()
    sandbox.exchange.log.clear()
    until(lambda: {each.venue for each in sandbox.request_log} == set(SENSORS), 120, "reads of the new triggerer")
    say(f"SIGKILL for the triggerer; a new one reads for all venues after {time.monotonic() - killed:.0f} s:")
    time.sleep(10)
    after = usage(sandbox, airflow)
    say(f"  {after}")

    ended = time.monotonic()
    for venue, lists in shares.items():
        for order_ids in lists:
            for order_id in order_ids:
                sandbox.book(venue).finish(order_id, State.CANCELLED)
    state = run.wait(PATIENCE)
    say(f"The orders end; {time.monotonic() - ended:.0f} s later the DAG run is a {state}.")
    blocked = [float(seconds) for seconds in BLOCKED.findall(airflow.component("triggerer").log.read_text())]
    longest = f", for {max(blocked):.2f} s at most" if blocked else ""
    say(f"Airflow noted {len(blocked)} times that its event loop stood still{longest}.")
    problems = [] if state == "success" else [f"the DAG run ended as {state}"]
    problems += wrong_after(sandbox, airflow, shares)
    for problem in problems:
        say(f"  WRONG: {problem}")
    return len(problems)


def place(sandbox: RunningSandbox, venue: str, sensors: int) -> list[list[str]]:
    """Place the orders of so many sensors."""
    return [[sandbox.place(venue, SYMBOLS[venue]).order_id for _ in range(ORDERS_EACH)] for _ in range(sensors)]


def wait_for(airflow: AirflowDeployment, run: Run, state: str, count: int) -> None:
    """Wait until so many tasks are in a state, and none has failed."""

    def reached() -> bool:
        states = Counter(dict(airflow.query("SELECT state, count(*) FROM task_instance GROUP BY state")))
        if states["failed"] or run.state == "failed":
            raise RuntimeError(f"tasks have failed: {states}")
        return states[state] >= count

    until(reached, PATIENCE, f"{count} tasks {state}")


def usage(sandbox: RunningSandbox, airflow: AirflowDeployment) -> Usage:
    """Watch the triggerer for a while."""
    sandbox.exchange.log.clear()
    cpu, began = cpu_of(airflow), time.monotonic()
    time.sleep(WATCHED_FOR)
    seconds = time.monotonic() - began
    counted = Counter(each.venue for each in sandbox.request_log)
    return Usage(
        {venue: counted[venue] / seconds for venue in SENSORS},
        (cpu_of(airflow) - cpu) / seconds,
        memory_of(airflow),
    )


def processes(airflow: AirflowDeployment) -> Iterator[psutil.Process]:
    """The processes of the triggerer."""
    for pid in airflow.component("triggerer").session():
        yield psutil.Process(pid)


def cpu_of(airflow: AirflowDeployment) -> float:
    """Seconds that the triggerer's processes have computed."""
    return sum(sum(process.cpu_times()[:2]) for process in processes(airflow))


def memory_of(airflow: AirflowDeployment) -> float:
    """Megabytes that no other process shares with the triggerer's."""
    return float(sum(process.memory_full_info().uss for process in processes(airflow)) / 2**20)


def wrong_after(
    sandbox: RunningSandbox, airflow: AirflowDeployment, shares: dict[str, list[list[str]]]
) -> Iterator[str]:
    """What is not as it must be in the end."""
    for venue, lists in shares.items():
        select = "SELECT map_index, value FROM xcom WHERE key = 'return_value' AND task_id = ?"
        pushed = dict(airflow.query(select, f"watch_{venue}"))
        expected = {index: [(order_id, "cancelled") for order_id in ids] for index, ids in enumerate(lists)}
        found = {
            index: [(order["order_id"], order["state"]) for order in json.loads(value)]
            for index, value in pushed.items()
        }
        if found != expected:
            yield f"{venue}: {len(found)} of {len(expected)} sensors pushed, not all of them their orders"
    if mutations := sandbox.mutations():
        yield f"{len(mutations)} requests could have changed a book"
    if left := airflow.query("SELECT count(*) FROM trigger")[0][0]:
        yield f"{left} triggers are left in the database"
    sandbox.exchange.log.clear()
    time.sleep(10)
    if still := len(sandbox.request_log):
        yield f"{still} requests came after the end"
    connections = [
        connection
        for process in processes(airflow)
        for connection in process.net_connections()
        if connection.raddr and connection.raddr.port == int(sandbox.base_url.rpartition(":")[2])
    ]
    if connections:
        yield f"{len(connections)} connections to the venues are open"


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit("Interrupted; Airflow is stopped.")
