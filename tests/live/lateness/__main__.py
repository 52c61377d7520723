"""
Lets a real Airflow be late, and sees that nothing is cancelled then: ``python -m tests.live.lateness``.

A sweep with ``max_lateness`` is due once a day. Its DAG is

- switched on for the first time, an hour after it was due,
- switched on again, having been paused when it was due,
- on, but its scheduler was down when it was due.

Each time Airflow runs what was missed, and the run must fail at once, without a retry and without a request. A run
by hand and one in time must sweep. Meanwhile tasks wait for a triggerer that is not there, and must end all the
same: the sweep with the error that names its order, the sensors with a timeout and with a skip.
"""

from __future__ import annotations

import json
import signal
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from airflow_provider_exchange.sandbox.testing import RunningSandbox, running_sandbox
from tests.accounts import SYMBOLS, VENUES
from tests.live.api import PATIENCE, Run, until
from tests.live.deployment import AirflowDeployment
from tests.live.verdict import insist, say

if TYPE_CHECKING:
    from collections.abc import Iterator

DAGS = Path(__file__).parent / "dags"
ALLOWED = 5.0
"""Seconds that a run may be late."""
SETTINGS = {
    "AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION": "True",
    "AIRFLOW__DAG_PROCESSOR__MIN_FILE_PROCESS_INTERVAL": "1",
    "AIRFLOW__SCHEDULER__TRIGGER_TIMEOUT_CHECK_INTERVAL": "1",
    "LATENESS_ALLOWED": str(ALLOWED),
}


class Stage:
    """
    Where the stories are told.

    :param schedule: The file with the cron expression of the daily DAGs.
    """

    def __init__(self, airflow: AirflowDeployment, sandbox: RunningSandbox, schedule: Path) -> None:
        self.airflow = airflow
        self.sandbox = sandbox
        self.schedule = schedule

    def unanswered(self) -> tuple[Run, str]:
        """Start the tasks that wait for nobody. Returns their run, and the order that they wait for."""
        self.sandbox.faults.add(kind="cancelling", venue="loopring", reads=1_000_000)
        order_id = self.sandbox.place("loopring", SYMBOLS["loopring"]).order_id
        self.airflow.switch("unanswered", on=True)
        asked_for = {"order_id": order_id, "symbol": SYMBOLS["loopring"]}
        return self.airflow.trigger("unanswered", asked_for), order_id

    def scheduled_run(self, dag_id: str, due: datetime) -> Run:
        """Wait for the end of the run that was due at some time."""
        run = until(lambda: self.airflow.scheduled(dag_id).get(due), PATIENCE, f"the run of {dag_id} due at {due}")
        run.wait()
        return run

    def missed(self, name: str, run: Run, requests: int) -> Iterator[str]:
        """
        Judge a run that came too late.

        :param requests: How many Nami had got before.
        """
        task = run.task("cancel")
        refused = any("max_lateness allows" in json.dumps(line) for line in task.log())
        details = (run.state, task.state, task.try_number)
        say(f"{name}: the run {details[0]}, after {details[2]} try; {'refused' if refused else 'not refused'}.")
        if details != ("failed", "failed", 1) or not refused:
            yield f"{name}: the run has (state, task's state, tries) {details}, and was refused: {refused}"
        if len(asked(self.sandbox)) != requests:
            yield f"{name}: the exchange was asked something"
        if len(self.sandbox.live("nami")) != 1:
            yield f"{name}: an order is gone"


def asked(sandbox: RunningSandbox) -> list[Any]:
    """Every request to Nami, whose account the daily DAGs sweep."""
    return [each for each in sandbox.request_log if each.venue == "nami"]


def daily(at: datetime) -> str:
    """The cron expression for a time of the day, to the second."""
    return f"{at.minute} {at.hour} * * * {at.second}"


def tell(stage: Stage, first_due: datetime) -> list[str]:
    """Tell all stories. Returns what was wrong."""
    airflow, sandbox = stage.airflow, stage.sandbox
    wrong: list[str] = []
    waiting, waited_for = stage.unanswered()

    sandbox.place("nami", SYMBOLS["nami"])
    for dag_id in ("once_paused", "once_stopped"):
        airflow.switch(dag_id, on=True)
    for dag_id in ("once_paused", "once_stopped"):
        run = stage.scheduled_run(dag_id, first_due)
        wrong += stage.missed(f"{dag_id}, switched on for the first time", run, requests=0)

    by_hand = airflow.trigger("once_paused")
    if by_hand.wait() != "success" or sandbox.live("nami"):
        wrong.append("a run by hand has not swept")
    wrong += in_time(stage)

    sandbox.place("nami", SYMBOLS["nami"])
    requests = len(asked(sandbox))
    airflow.switch("once_paused", on=False)
    airflow.stop("scheduler")
    due = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=2)
    stage.schedule.write_text(daily(due))
    until(
        lambda: all(airflow.next_due(dag_id) == due for dag_id in ("once_paused", "once_stopped")),
        PATIENCE,
        "Airflow to know the new schedule",
    )
    time.sleep(max(0.0, due.timestamp() + ALLOWED + 1 - time.time()))
    airflow.start("scheduler")
    run = stage.scheduled_run("once_stopped", due)
    wrong += stage.missed("once_stopped, after an outage of the scheduler", run, requests)
    airflow.switch("once_paused", on=True)
    run = stage.scheduled_run("once_paused", due)
    wrong += stage.missed("once_paused, after its pause", run, requests)

    wrong += ended(waiting, waited_for)
    return wrong


def in_time(stage: Stage) -> Iterator[str]:
    """Let a sweep be in time: of those that are due every few seconds, the machine may be too busy for some."""
    stage.sandbox.place("bitopro", SYMBOLS["bitopro"])
    stage.airflow.switch("often", on=True)

    def swept() -> bool:
        return any(run.state == "success" for run in stage.airflow.scheduled("often").values())

    until(swept, PATIENCE, "a sweep in time")
    stage.airflow.switch("often", on=False)
    say("A run by hand and one in time have swept.")
    if stage.sandbox.live("bitopro"):
        yield "a sweep in time has left an order"


def ended(run: Run, order_id: str) -> Iterator[str]:
    """Judge what became of the tasks that no triggerer has answered."""
    run.wait()
    states = run.states()
    say(f"Without a triggerer: {states}.")
    if states != {"cancel": "failed", "watch": "failed", "watch_softly": "skipped"}:
        yield f"without a triggerer the tasks are {states}"
    for task_id, told in (("cancel", ("OrdersStillOpenError", order_id)), ("watch", ("AirflowSensorTimeout",))):
        task = run.task(task_id)
        log = json.dumps(task.log())
        if missing := [each for each in told if each not in log]:
            yield f"the log of {task_id} does not tell of {missing}"
        if task.try_number != 1:
            yield f"{task_id} was tried {task.try_number} times"


def main() -> int:
    """Tell the stories, and print what was seen. Returns 0 when all went as it must."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    began = time.monotonic()
    first_due = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=1)
    with tempfile.TemporaryDirectory() as folder, running_sandbox() as sandbox:
        schedule = Path(folder) / "schedule"
        schedule.write_text(daily(first_due))
        connections = {
            f"AIRFLOW_CONN_{venue.upper()}_DEFAULT": json.dumps(sandbox.connection(venue)) for venue in VENUES
        }
        env = SETTINGS | connections | {"LATENESS_SCHEDULE": str(schedule)}
        with AirflowDeployment(DAGS, env) as airflow:
            say(f"Airflow is up after {time.monotonic() - began:.0f} s.")
            insist(tell(Stage(airflow, sandbox, schedule), first_due))
    say(f"Nothing was cancelled late, and no task waited for ever; all took {time.monotonic() - began:.0f} s.")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit("Interrupted; Airflow is stopped.")
