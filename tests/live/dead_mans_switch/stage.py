"""A real Airflow in which the example DAG arms the paper OKX's countdown again and again, only faster."""

from __future__ import annotations

import time
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil  # type: ignore[import-untyped]
import requests

from airflow_provider_exchange.operations.switch_state import written
from airflow_provider_exchange.sandbox.book import State
from tests.live.api import PATIENCE, until
from tests.live.components import is_running, kill

if TYPE_CHECKING:
    from collections.abc import Iterator

    from airflow_provider_exchange.sandbox.book import PaperOrder
    from airflow_provider_exchange.sandbox.testing import RunningSandbox
    from tests.live.api import Run
    from tests.live.deployment import AirflowDeployment

DAG = "dead_mans_switch"
EXAMPLE = Path(__file__).parents[3] / "dags_examples" / f"{DAG}.py"
EVERY, COUNTDOWN = 10, 30
"""Seconds between two runs, and those of the countdown."""
ROUTE = "cancel_all_after"
ORDERS = 3


def faster(folder: Path) -> None:
    """Write the example into a folder, with the seconds of this rehearsal in place of its own."""
    text = EXAMPLE.read_text()
    for slow, fast in (
        ("EVERY = timedelta(seconds=40)\n", f"EVERY = timedelta(seconds={EVERY})\n"),
        ("COUNTDOWN = timedelta(minutes=2)\n", f"COUNTDOWN = timedelta(seconds={COUNTDOWN})\n"),
    ):
        assert text.count(slow) == 1, slow
        text = text.replace(slow, fast)
    (folder / f"{DAG}.py").write_text(text)


class Stage:
    """
    :param airflow: knows the DAG.
    :param sandbox: has the account.
    """

    def __init__(self, airflow: AirflowDeployment, sandbox: RunningSandbox) -> None:
        self.airflow = airflow
        self.sandbox = sandbox
        self.placed: list[PaperOrder] = []
        self.struck_at = 0.0
        self.ends_ms = 0
        """When the countdown ends that ran when something died, by the paper exchange's clock."""

    def begin(self) -> None:
        """Have some orders open, and wait until a run has armed the switch after that."""
        for _ in range(ORDERS - len(self.sandbox.live("okx"))):
            self.sandbox.place("okx", "BTC-USDT")
        self.placed = self.sandbox.live("okx")
        self.wait_for_arms(1)

    def arms(self) -> int:
        """How often the countdown was started so far."""
        return sum(
            each.acted and each.status == 200 and each.body != {"timeOut": "0"}
            for each in self.sandbox.mutations("okx")
            if each.route == ROUTE
        )

    def wait_for_arms(self, count: int) -> None:
        before = self.arms()
        until(lambda: self.arms() >= before + count, PATIENCE, f"{count} runs to arm the switch")

    def strike(self) -> None:
        """From now on the time counts."""
        self.struck_at = time.time()
        self.ends_ms = self.sandbox.book("okx").countdowns.ends_ms() or 0

    def kill_component(self, name: str) -> None:
        """Kill a part of Airflow with all that it has started; no process is asked to end."""
        component = self.airflow.component(name)
        while running := component.session():
            for pid in running:
                kill(pid)
        self.airflow.stop(name, patience=0)

    def kill_arming_worker(self) -> None:
        """Kill the process of the task that arms, and its supervisor, while the exchange does not answer."""
        asked = len(self.sandbox.mutations("okx"))
        self.sandbox.faults.add(kind="hang", venue="okx", route=ROUTE, times=1)
        until(lambda: len(self.sandbox.mutations("okx")) > asked, PATIENCE, "a task to arm")
        pids = [run.task("arm").pid for run in self.runs() if run.task("arm").state == "running"]
        assert pids
        self.strike()
        for pid in pids:
            supervisor = psutil.Process(pid).parent()
            for doomed in (supervisor.pid, pid):
                kill(doomed)
            until(lambda pid=pid: not is_running(pid), PATIENCE, "the end of the worker")  # type: ignore[misc]

    def cut_network(self) -> None:
        """Let no request reach the exchange any more."""
        self.sandbox.faults.add(kind="drop_before", venue="okx")

    def mend_network(self) -> None:
        self.sandbox.faults.clear()

    def end_trading(self) -> None:
        """Set the variable that the DAG looks at; Airflow's SQLite may be busy."""

        def is_set() -> bool:
            with suppress(requests.HTTPError):
                self.airflow.api.post("variables", {"key": "trading", "value": "no"})
                return True
            return False

        until(is_set, PATIENCE, "Airflow to take a variable")

    # -- what was seen

    def wait_until_gone(self) -> float:
        """Wait until the exchange has cancelled the orders; return how many seconds after the death that was."""
        until(lambda: not self.sandbox.live("okx"), PATIENCE, "the exchange to cancel")
        book = self.sandbox.book("okx")
        ends = {book.named(order.order_id, order.symbol).updated_ms for order in self.placed}
        assert ends == {self.ends_ms}, f"cancelled at {ends}, where the countdown ended at {self.ends_ms}"
        return self.ends_ms / 1000 - self.struck_at

    def wait_for_report(self) -> dict[str, Any]:
        """Wait for the run that reports what the exchange has done, and return what it reports."""
        told = until(lambda: next(self._reports(), None), PATIENCE, "a run that reports it")
        assert told["cancelled_at"] == self.trigger_time, told
        assert not told["still_open"], told
        return told

    def _reports(self) -> Iterator[dict[str, Any]]:
        gone = {order.order_id for order in self.placed}
        for run in self.runs():
            with suppress(requests.HTTPError):  # it has no XCom yet, or never will have
                told = run.task("arm").xcom()["ran_out"]
                if told is not None and {each["order_id"] for each in told["cancelled"]} == gone:
                    yield told

    @property
    def trigger_time(self) -> str:
        """When the countdown ends, as tasks write it."""
        return written(datetime.fromtimestamp(self.ends_ms / 1000, UTC))

    def runs(self) -> list[Run]:
        """The latest runs of the DAG, the last first."""
        found = self.airflow.api.get(f"dags/{DAG}/dagRuns", limit=6, order_by="-run_after")["dag_runs"]
        return [self.airflow._run(each) for each in found]

    def is_said(self, text: str) -> bool:
        """Whether a task that arms has written this to its log."""
        logs = (self.airflow.home / "logs" / f"dag_id={DAG}").rglob("*task_id=arm/*.log")
        return any(text in path.read_text(errors="replace") for path in logs)

    def all_open(self) -> bool:
        book = self.sandbox.book("okx")
        return all(book.named(each.order_id, each.symbol).state is State.OPEN for each in self.placed)
