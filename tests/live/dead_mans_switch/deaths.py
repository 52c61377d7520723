"""What happens to Airflow while the switch is armed, and what must come of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.live.api import PATIENCE, until

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.live.dead_mans_switch.stage import Stage

HEADINGS = ("what happens", "the exchange", "the runs")
SETTINGS = {
    "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT": "5",
    "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT_DETECTION_INTERVAL": "1",
    "AIRFLOW__WORKERS__MIN_HEARTBEAT_INTERVAL": "1",
    "AIRFLOW__SCHEDULER__ORPHANED_TASKS_CHECK_INTERVAL": "5",
    "AIRFLOW__SCHEDULER__SCHEDULER_HEALTH_CHECK_THRESHOLD": "10",
    "AIRFLOW__SCHEDULER__SCHEDULER_HEARTBEAT_SEC": "1",
}
"""Airflow's waits, made short."""


@dataclass(frozen=True)
class Death:
    """
    Something that dies.

    :param name: what happens.
    :param play: lets it happen, and returns after how many seconds the exchange has cancelled, if it has to.
    :param exchange: what the exchange does; of a cancel, when is added.
    :param runs: what the DAG's runs do.
    """

    name: str
    play: Callable[[Stage], float | None]
    exchange: str
    runs: str

    def row(self, after: float | None) -> str:
        """A row of the table, with what was seen."""
        seen = "" if after is None else f" {after:.0f} s later"
        return f"| {self.name} | {self.exchange}{seen} | {self.runs} |"


def worker(stage: Stage) -> None:
    """The next run comes before the countdown ends."""
    stage.kill_arming_worker()
    stage.wait_for_arms(2)
    assert stage.all_open()


def scheduler(stage: Stage) -> float:
    stage.strike()
    stage.kill_component("scheduler")
    after = stage.wait_until_gone()
    stage.airflow.start("scheduler")
    stage.wait_for_report()
    return after


def everything(stage: Stage) -> float:
    parts = ("scheduler", "api-server", "dag-processor")
    stage.strike()
    for part in parts:
        stage.kill_component(part)
    after = stage.wait_until_gone()
    for part in parts:
        stage.airflow.start(part)
    stage.airflow.wait_until_healthy()
    stage.wait_for_report()
    return after


def network(stage: Stage) -> float:
    stage.strike()
    stage.cut_network()
    said = f"covered at least until {stage.trigger_time}"
    after = stage.wait_until_gone()
    until(lambda: stage.is_said(said), PATIENCE, f"a task to say that the account is {said}")
    stage.mend_network()
    stage.wait_for_report()
    return after


def end_of_trading(stage: Stage) -> None:
    """The DAG cancels by name, and disarms; nothing runs out any more."""
    stage.strike()
    stage.end_trading()
    countdowns = stage.sandbox.book("okx").countdowns
    until(lambda: countdowns.ends_ms() is None, PATIENCE, "the switch to be disarmed")
    assert stage.sandbox.live("okx") == []
    named = [each for each in stage.sandbox.mutations("okx") if each.route.startswith("cancel_order")]
    assert named, "the clean-up cancels by name"


DEATHS = (
    Death(
        "The worker is killed as it arms: the task's process and its supervisor.",
        worker,
        "cancels nothing",
        "the next one arms in time",
    ),
    Death(
        "The scheduler is killed with its workers.",
        scheduler,
        "cancels all orders at the end of the countdown:",
        "the first one after the return reports it, and arms",
    ),
    Death(
        "All of Airflow is killed.",
        everything,
        "cancels all orders at the end of the countdown:",
        "the first one after the return reports it, and arms",
    ),
    Death(
        "The network between Airflow and the exchange is cut.",
        network,
        "cancels all orders at the end of the countdown:",
        "each fails, and says until when the account is covered; the first one after the cut reports it, and arms",
    ),
    Death(
        "Trading ends: the DAG clears the account and disarms.",
        end_of_trading,
        "cancels nothing by itself",
        "`clear` cancels what is open, then `disarm` ends the countdown",
    ),
)
"""In this order: the last one ends the arming."""
