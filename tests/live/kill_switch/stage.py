"""
Where the stories are told: two runs of a real Airflow, whose accounts are at a paper exchange.

The kill switch is a callback of the task in one run, and of the DAG in the other. Both meet the same death at the
same time. Each switch clears an account of its own, so that the account tells when its switch acted.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import psutil  # type: ignore[import-untyped]

from tests.accounts import SYMBOLS
from tests.live.api import PATIENCE, until
from tests.live.components import is_running, kill
from tests.live.kill_switch.judge import CALLBACKS, Place, Switched, Word
from tests.live.kill_switch.strategy import BREAK

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from airflow_provider_exchange.sandbox.testing import RunningSandbox
    from tests.live.api import Run
    from tests.live.deployment import AirflowDeployment

ACCOUNTS = {"task": "bitopro", "dag": "nami"}
"""By whose callback it is: the account that the kill switch clears."""
ORDERS = 3
"""In each account."""
WORKER_TITLE = "airflow worker -- LocalExecutor"
WORD = "Kill switch of "
"""How every line begins in which a kill switch says what it did."""
FAILED = "may still be OPEN"
"""What such a line says of a failure."""
CUT_OFF = "Killing it!"
"""What the DAG processor says of a process that exceeds its time."""


class Stage:
    """
    :param airflow: with a triggerer.
    :param sandbox: has the accounts.
    :param folder: through which the strategies talk with us.
    """

    def __init__(self, airflow: AirflowDeployment, sandbox: RunningSandbox, folder: Path) -> None:
        self.airflow = airflow
        self.sandbox = sandbox
        self.folder = folder
        self.runs: dict[str, Run] = {}
        self.failed_at = 0.0
        self.returned_after: float | None = None
        self._told: list[tuple[Path, str]] = []
        self._pids: set[int] = set()

    def begin(self) -> None:
        """Start over, with some orders in both accounts."""
        for left in self.folder.iterdir():
            left.unlink()
        self.sandbox.reset()
        for venue in ACCOUNTS.values():
            for _ in range(ORDERS):
                self.sandbox.place(venue, SYMBOLS[venue])
        self.returned_after = None
        self._told = list(self._lines())
        self._pids = set()

    # -- what happens

    def trade(self) -> None:
        """Start both strategies, and wait until they run."""
        self.runs = {callback: self.airflow.trigger(f"strategy_{callback}") for callback in CALLBACKS}
        self.wait_for_strategies()

    def wait_for_strategies(self) -> None:
        """Wait until both run that were not there before."""

        def are_new() -> bool:
            pids = {int(path.read_text()) for path in self.folder.glob("*.pid")}
            return len(pids - self._pids) == len(CALLBACKS)

        until(are_new, PATIENCE, "both strategies to run")
        self._pids.update(self.strategies())

    def wait_in_triggerer(self) -> None:
        """Start both sensors, and wait until the triggerer has them."""
        for callback, venue in ACCOUNTS.items():
            watched = {"order_id": self.sandbox.live(venue)[0].order_id, "symbol": SYMBOLS[venue]}
            self.runs[callback] = self.airflow.trigger(f"waiting_{callback}", watched)
        runs = self.runs.values()
        until(lambda: all(run.task("wait").state == "deferred" for run in runs), PATIENCE, "deferred sensors")

    def strategies(self) -> list[int]:
        """The processes of both strategies."""
        return [int((self.folder / f"strategy_{callback}.pid").read_text()) for callback in CALLBACKS]

    def supervisors(self) -> list[int]:
        """The processes that run the strategies' processes: workers of the LocalExecutor."""
        parents = [psutil.Process(pid).parent() for pid in self.strategies()]
        for parent in parents:
            assert parent is not None
            title = " ".join(parent.cmdline())
            assert title.startswith(WORKER_TITLE), title
        return [parent.pid for parent in parents]

    def fail(self) -> None:
        """From now on the time counts."""
        self.failed_at = time.time()

    def break_down(self) -> None:
        """Let both strategies raise an exception."""
        (self.folder / BREAK).touch()

    def kill(self, *pids: int) -> None:
        """End processes as the kernel does when memory runs out, and wait for their end."""
        for pid in pids:
            kill(pid)
        until(lambda: not any(map(is_running, pids)), PATIENCE, "the end of what was killed")

    def bring_back(self, component: str) -> None:
        """Start a component of Airflow that has died, and wait until Airflow is healthy again."""
        self.returned_after = time.time() - self.failed_at
        self.airflow.start(component)
        self.airflow.wait_until_healthy()

    def is_flat(self, callback: str) -> bool:
        return not self.sandbox.live(ACCOUNTS[callback])

    def have_failed(self) -> bool:
        """Whether Airflow knows that both tasks have failed."""
        return all(set(run.states().values()) == {"failed"} for run in self.runs.values())

    # -- what was seen

    def settle(self) -> None:
        """
        Wait until no callback is under way, and none will come any more.

        A callback that does not run in the task is a row in Airflow's database. The DAG processor deletes it, calls
        it, and only then parses its file again: of two parses that end from now on, the second has begun after.
        """
        self.wait_for_runs()
        waiting = "SELECT count(*) FROM callback WHERE type = 'dag_processor'"
        until(lambda: self.airflow.query(waiting) == [(0,)], PATIENCE, "the DAG processor to take all callbacks")
        for _ in range(2):
            before = self._parsed()
            until(
                lambda before=before: all(self._parsed()[each] > before[each] for each in before),  # type: ignore[misc]
                PATIENCE,
                "the DAG processor to parse both files",
            )

    def wait_for_runs(self) -> None:
        for run in self.runs.values():
            run.wait()

    def switched(self, callback: str) -> Switched:
        """Tell what a kill switch has done since the failure."""
        venue = ACCOUNTS[callback]
        lines = [
            (path, line)
            for path, line in list(self._lines())
            if (path, line) not in self._told and f"{WORD}{venue}_default" in line
        ]
        cancels = [each.at_ms / 1000 for each in self.sandbox.mutations(venue) if each.acted]
        return Switched(
            words=[Word(_place(path), done=FAILED not in line) for path, line in lines],
            logs=[str(path) for path, _ in lines],
            flat_after=cancels[-1] - self.failed_at if cancels and self.is_flat(callback) else None,
        )

    def strategy_lives(self) -> bool:
        return any(map(is_running, self._pids))

    def cut_off(self) -> int:
        """How many processes the DAG processor has ended for taking too long, in all stories so far."""
        return self.airflow.component("dag-processor").log.read_text(errors="replace").count(CUT_OFF)

    def end(self) -> None:
        """Leave no strategy behind."""
        self.break_down()
        self.wait_for_runs()
        until(lambda: not self.strategy_lives(), PATIENCE, "the end of the strategies")

    def _parsed(self) -> dict[str, str]:
        return dict(self.airflow.query("SELECT dag_id, last_parsed_time FROM dag"))

    def _lines(self) -> Iterator[tuple[Path, str]]:
        """Every line in which a kill switch tells what it did, and the log that it is in."""
        logs = self.airflow.home / "logs"
        for path in sorted(logs.rglob("*.log")):
            for line in path.read_text(errors="replace").splitlines():
                if WORD in line:
                    yield path.relative_to(logs), line


def _place(log: Path) -> Place:
    if log.parts[0] == "dag_processor":
        return Place.DAG_PROCESSOR
    return Place.TASK if log.parts[0].startswith("dag_id=") else Place.ELSEWHERE
