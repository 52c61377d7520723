"""
Shows which metrics of a real Airflow arrive, from each of its processes: ``python -m tests.live.metrics``.

Orders are cancelled in each place where Airflow does that, once beside a StatsD server and once beside an
OpenTelemetry collector. For each place is told which process it was and whether its metrics came; the table in the
end is the one of ``docs/metrics.md``. Then a sweep leaves an order, the next one is killed in mid-cancel, and its
retry is flat: the gauge of the survivors must go up, stay and be 0 again. No secret is in anything that was sent.
"""

from __future__ import annotations

import argparse
import json
import signal
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from airflow_provider_exchange.sandbox.testing import RunningSandbox, running_sandbox
from tests.accounts import SYMBOLS
from tests.live.api import PATIENCE, until
from tests.live.components import kill
from tests.live.deployment import AirflowDeployment
from tests.live.metrics.backends import OpenTelemetry, StatsD
from tests.live.verdict import insist, say

if TYPE_CHECKING:
    from tests.live.metrics.backends import Backend

DAGS = Path(__file__).parent / "dags"
FOLDER = "METRICS_FOLDER"
VENUE = "loopring"
"""Shows an order that is being cancelled as such, so that a task waits for it in the triggerer."""
ORDERS = 3
A_WHILE = 12.0
"""Seconds for such a wait. Airflow fails a task that returns before its executor has told of its deferral."""
LONG_ENOUGH = 20.0
"""Seconds for metrics to come after the account is flat; who waits for so long waits for what will not come."""


@dataclass(frozen=True)
class Place:
    """
    Where Airflow has orders cancelled.

    :param dag_id: The DAG that does it, which has its name from its connection.
    :param name: What it is, for the table.
    :param process: The process that it runs in, for the table.
    :param log: Where the notifier's line is, below Airflow's home, if it runs in that process.
    :param arrives: In which backends its metrics are seen.
    """

    dag_id: str
    name: str
    process: str
    log: str = ""
    arrives: tuple[type[Backend], ...] = (StatsD, OpenTelemetry)


PLACES = (
    Place("task", "an operator", "the task's"),
    Place("deferred", "an operator that was deferred", "the task's, once it goes on"),
    Place("task_callback", "the notifier, of a task that fails", "the task's", "logs/dag_id="),
    Place(
        "dag_callback", "the notifier, of a DAG's run that fails", "one of the DAG processor", "logs/dag_processor/"
    ),
    Place(
        "async_deadline",
        "the notifier, of a deadline, as `AsyncCallback`",
        "the triggerer's",
        "components/triggerer",
    ),
    Place(
        "sync_deadline",
        "the notifier, of a deadline, as `SyncCallback`",
        "one of the executor",
        "components/scheduler",
    ),
)
BACKENDS = (StatsD, OpenTelemetry)
HEADINGS = ("what cancels", "in which process", *(backend.name for backend in BACKENDS))


def main() -> int:
    """Cancel everywhere, and print what was seen. Returns 0 when all went as it must."""
    parser = argparse.ArgumentParser(prog="python -m tests.live.metrics")
    parser.add_argument("--slice", action="store_true", help="only with StatsD")
    backends = BACKENDS[:1] if parser.parse_args().slice else BACKENDS
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    began = time.monotonic()
    seen: dict[tuple[str, str], bool] = {}
    for kind in backends:
        with kind() as backend, tempfile.TemporaryDirectory() as folder, running_sandbox() as sandbox:
            env = {FOLDER: folder, **backend.settings, **_connections(sandbox)}
            with AirflowDeployment(DAGS, env, triggerer=True) as airflow:
                say(f"\nAirflow sends to {backend.name}, {time.monotonic() - began:.0f} s after the start.")
                stage = Stage(airflow, sandbox, backend, Path(folder))
                wrong: list[str] = []
                for place in PLACES:
                    seen[place.dag_id, backend.name] = came = stage.cancel(place)
                    if came != (kind in place.arrives):
                        wrong.append(f"{backend.name}: metrics of {place.name} {'come' if came else 'do not come'}")
                    if not stage.ran(place):
                        wrong.append(f"{place.name}: no word in {place.log}")
                if kind is StatsD:
                    wrong += stage.survive_a_kill()
                wrong += stage.secrets_sent()
                insist(wrong)
    say(f"\n{markdown(seen)}\n")
    say(f"{len(seen)} places, and each was heard of as it must be; all took {time.monotonic() - began:.0f} s.")
    return 0


def markdown(seen: dict[tuple[str, str], bool]) -> str:
    """The table of the places, for the page."""
    rows = [HEADINGS, ("---",) * len(HEADINGS)]
    for place in PLACES:
        came = (seen.get((place.dag_id, backend.name)) for backend in BACKENDS)
        rows.append(
            (place.name, place.process, *({True: "seen", False: "**never**", None: ""}[each] for each in came))
        )
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


class Stage:
    """
    :param airflow: with a triggerer.
    :param sandbox: has the account.
    :param backend: that Airflow sends to.
    :param folder: through which late runs are ended.
    """

    def __init__(self, airflow: AirflowDeployment, sandbox: RunningSandbox, backend: Backend, folder: Path) -> None:
        self.airflow = airflow
        self.sandbox = sandbox
        self.backend = backend
        self.folder = folder

    def cancel(self, place: Place) -> bool:
        """Have orders cancelled. Returns whether the metrics of it came, all of them."""
        self._begin()
        if place.dag_id == "deferred":
            self.sandbox.faults.add(kind="cancelling", seconds=A_WHILE)
        run = self.airflow.trigger(place.dag_id)
        until(lambda: not self.sandbox.live(VENUE), PATIENCE, f"a flat account, by {place.name}")
        (self.folder / place.dag_id).touch()
        run.wait()
        expected = {f"survivors.{VENUE}.{place.dag_id}": 0.0, "orders.cancelled": float(ORDERS)}
        if "callback" in place.dag_id or "deadline" in place.dag_id:
            expected["kill_switches.fired"] = 1.0
        came = self._comes(expected)
        say(f"  {place.name}: {'metrics came' if came else 'NO metrics came'}, {dict(self.backend.latest)}")
        return came

    def ran(self, place: Place) -> bool:
        """Whether it was in the process that it is said to be in, as its log tells."""
        word = f"Kill switch of {place.dag_id}"
        home = self.airflow.home
        found = (path for path in home.rglob("*.log") if word in path.read_text(errors="replace"))
        logs = [str(path.relative_to(home)) for path in found]
        return not place.log or any(log.startswith(place.log) for log in logs)

    def survive_a_kill(self) -> list[str]:
        """Let a sweep leave an order, and the next one be killed. Returns what is wrong with the gauge."""
        gauge = f"survivors.{VENUE}.task"
        wrong = []
        self._begin()
        self.sandbox.faults.add(kind="cancelling", reads=100_000)
        self.airflow.trigger("task").wait()
        if not self._comes({gauge: float(ORDERS), "sweeps.failed": 1.0}):
            wrong.append(f"after a sweep that left {ORDERS} orders there is {self.backend.latest}")
        self._begin()
        self.sandbox.faults.add(kind="hang", acts=True, route="cancels", requests=[1])
        run = self.airflow.trigger("retried")
        until(
            lambda: any(each.acted and "hang" in each.faults for each in self.sandbox.mutations(VENUE)),
            PATIENCE,
            "a cancel that waits",
        )
        kill(run.task("clear").pid)
        if self.backend.latest:
            wrong.append(f"a sweep that was killed sent {self.backend.latest}")
        run.wait()
        if not self._comes({gauge: 0.0}):
            wrong.append(f"after a kill and a retry that was flat there is {self.backend.latest}")
        say(f"  a sweep that left {ORDERS} orders, one that was killed, its retry: {self.backend.latest}")
        return wrong

    def secrets_sent(self) -> list[str]:
        """Return what is wrong with what was sent, Airflow's own metrics included."""
        fields = self.sandbox.connection(VENUE)
        secrets = [str(fields[each]).encode() for each in ("login", "password")]
        if not self.backend.sent:
            return ["nothing was sent at all"]
        leaks = sum(any(secret in each for secret in secrets) for each in self.backend.sent)
        return [f"a secret is in {leaks} of {len(self.backend.sent)} messages"] if leaks else []

    def _begin(self) -> None:
        self.sandbox.reset()
        for _ in range(ORDERS):
            self.sandbox.place(VENUE, SYMBOLS[VENUE])
        self.backend.forget()

    def _comes(self, expected: dict[str, float]) -> bool:
        try:
            return until(lambda: expected.items() <= self.backend.latest.items(), LONG_ENOUGH, "metrics")
        except TimeoutError:
            return False


def _connections(sandbox: RunningSandbox) -> dict[str, str]:
    fields = json.dumps(sandbox.connection(VENUE))
    return {f"AIRFLOW_CONN_{place.dag_id.upper()}": fields for place in PLACES}


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit("Interrupted; Airflow is stopped.")
