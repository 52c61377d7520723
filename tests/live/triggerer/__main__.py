"""
Two hundred deferred sensors over two thousand orders, in one triggerer: ``python -m tests.live.triggerer``.

A real Airflow defers them all. While they wait, the paper exchange counts the requests, and the processes of the
triggerer are watched. Then the triggerer gets SIGKILL and is started anew, the orders end, and every sensor must
succeed with its own orders as XCom, and nothing be left in the triggerer. A slice of it has a dozen sensors.
"""

from __future__ import annotations

import argparse
import json
import re
import signal
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
from tests.live.triggerer.judge import Story, wrong_in
from tests.live.verdict import insist, say

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tests.live.api import Run
    from tests.live.triggerer.judge import Pushed

DAGS = Path(__file__).parents[1] / "dags"
DAG_ID = "watch_many_orders"

ORDERS_EACH = 10
POKE_INTERVAL = 5.0
"""Seconds between two reads of each sensor, as the DAG has it."""
BLOCKED = re.compile(r"async thread was blocked for ([0-9.]+) seconds")
"""Airflow's note of a loop that stood still for more than 0.2 s: for what a trigger does, or a busy machine."""
PATIENCE = 1200.0
"""Seconds for two hundred tasks to start, one after the other on a small machine."""
SETTINGS = {
    "AIRFLOW__TRIGGERER__TRIGGERER_HEALTH_CHECK_THRESHOLD": "5",
    "AIRFLOW__CORE__PARALLELISM": "6",
}


@dataclass(frozen=True)
class Size:
    """
    How much is rehearsed.

    :param sensors: how many there are, by venue.
    :param watched_for: seconds over which requests and CPU are counted, before the kill and after it.
    """

    sensors: Mapping[str, int]
    watched_for: float

    @property
    def total(self) -> int:
        """How many sensors there are in all."""
        return sum(self.sensors.values())


WHOLE = Size({"bitopro": 80, "nami": 80, "loopring": 40}, watched_for=30)
SLICE = Size({"bitopro": 4, "nami": 4, "loopring": 4}, watched_for=1.5 * POKE_INTERVAL)


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
    parser = argparse.ArgumentParser(prog="python -m tests.live.triggerer")
    parser.add_argument("--slice", action="store_true", help=f"only {SLICE.total} sensors, watched for less time")
    size = SLICE if parser.parse_args().slice else WHOLE
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    began = time.monotonic()
    with running_sandbox(rate_limits=True) as sandbox:
        env = {
            f"AIRFLOW_CONN_{venue.upper()}_DEFAULT": json.dumps(sandbox.connection(venue)) for venue in size.sensors
        }
        with AirflowDeployment(DAGS, SETTINGS | env, triggerer=True) as airflow:
            took = time.monotonic() - began
            say(f"Airflow is up after {took:.0f} s; its triggerer takes {memory_of(airflow):.0f} MB.")
            insist(list(wrong_in(tell(size, sandbox, airflow))))
    say(f"{size.total} sensors each told of their own orders; all took {time.monotonic() - began:.0f} s.")
    return 0


def tell(size: Size, sandbox: RunningSandbox, airflow: AirflowDeployment) -> Story:
    """Defer, watch, kill, watch, end. Returns what was seen."""
    watched = {venue: place(sandbox, venue, count) for venue, count in size.sensors.items()}
    run = airflow.trigger(DAG_ID, watched)
    wait_for(airflow, run, "deferred", size.total)
    say(f"{size.total} sensors over {size.total * ORDERS_EACH:,} orders are deferred:")
    say(f"  {usage(size, sandbox, airflow)}")
    triggers, connections = triggers_in(airflow), connections_to(sandbox, airflow)

    for pid in airflow.component("triggerer").session():
        kill(pid)
    airflow.stop("triggerer", patience=0)
    airflow.start("triggerer")
    killed, asked = time.monotonic(), len(sandbox.request_log)
    until(
        lambda: {each.venue for each in sandbox.request_log[asked:]} == size.sensors.keys(),
        PATIENCE,
        "reads of the new triggerer",
    )
    say(f"SIGKILL for the triggerer; a new one reads for all venues after {time.monotonic() - killed:.0f} s:")
    time.sleep(2 * POKE_INTERVAL)
    say(f"  {usage(size, sandbox, airflow)}")

    ended = time.monotonic()
    for venue, lists in watched.items():
        for order_ids in lists:
            for order_id in order_ids:
                sandbox.book(venue).finish(order_id, State.CANCELLED)
    state = run.wait(PATIENCE)
    say(f"The orders end; {time.monotonic() - ended:.0f} s later the DAG run is a {state}.")
    say(f"Airflow noted {stillness(airflow)}.")
    asked = len(sandbox.request_log)
    time.sleep(2 * POKE_INTERVAL)
    return Story(
        state,
        states_of(airflow),
        watched,
        {venue: pushed_by(airflow, f"watch_{venue}") for venue in watched},
        changes=[f"{each.method} {each.path}" for each in sandbox.mutations()],
        triggers=(triggers, triggers_in(airflow)),
        late_requests=len(sandbox.request_log) - asked,
        connections=(connections, connections_to(sandbox, airflow)),
    )


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


def usage(size: Size, sandbox: RunningSandbox, airflow: AirflowDeployment) -> Usage:
    """Watch the triggerer for a while."""
    asked, cpu, began = len(sandbox.request_log), cpu_of(airflow), time.monotonic()
    time.sleep(size.watched_for)
    seconds = time.monotonic() - began
    counted = Counter(each.venue for each in sandbox.request_log[asked:])
    return Usage(
        {venue: counted[venue] / seconds for venue in size.sensors},
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


def stillness(airflow: AirflowDeployment) -> str:
    """How often Airflow found the new triggerer's event loop blocked, in words."""
    blocked = [float(seconds) for seconds in BLOCKED.findall(airflow.component("triggerer").log.read_text())]
    longest = f", for {max(blocked):.2f} s at most" if blocked else ""
    return f"{len(blocked)} times that its event loop stood still{longest}"


def states_of(airflow: AirflowDeployment) -> dict[str, str | None]:
    """The state of each task, from the database: the API tells of a hundred at a time."""
    found = airflow.query("SELECT task_id, map_index, state FROM task_instance")
    return {f"{task_id}[{index}]": state for task_id, index, state in found}


def pushed_by(airflow: AirflowDeployment, task_id: str) -> dict[int, Pushed]:
    """What each of a mapped task's sensors pushed, by its map index."""
    found = airflow.query("SELECT map_index, value FROM xcom WHERE key = 'return_value' AND task_id = ?", task_id)
    return {index: [(order["order_id"], order["state"]) for order in json.loads(value)] for index, value in found}


def triggers_in(airflow: AirflowDeployment) -> int:
    """How many triggers the database holds."""
    return int(airflow.query("SELECT count(*) FROM trigger")[0][0])


def connections_to(sandbox: RunningSandbox, airflow: AirflowDeployment) -> int:
    """How many connections the triggerer has to the venues."""
    port = int(sandbox.base_url.rpartition(":")[2])
    return sum(
        bool(connection.raddr) and connection.raddr.port == port
        for process in processes(airflow)
        for connection in process.net_connections()
    )


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit("Interrupted; Airflow is stopped.")
