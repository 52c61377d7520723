"""What happens to the two strategies, story by story, and what must come of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from tests.live.api import PATIENCE, until
from tests.live.kill_switch.judge import CALLBACKS, FAILED_IN_TASK, IN_DAG_PROCESSOR, IN_TASK, Expected
from tests.live.kill_switch.stage import Stage

if TYPE_CHECKING:
    from collections.abc import Callable

HEARTBEAT_TIMEOUT = 5
ORPHANED_TASKS_CHECK = 5
SCHEDULER_THRESHOLD = 10
SETTINGS = {
    "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT": str(HEARTBEAT_TIMEOUT),
    "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT_DETECTION_INTERVAL": "1",
    "AIRFLOW__WORKERS__MIN_HEARTBEAT_INTERVAL": "1",
    "AIRFLOW__SCHEDULER__ORPHANED_TASKS_CHECK_INTERVAL": str(ORPHANED_TASKS_CHECK),
    "AIRFLOW__SCHEDULER__SCHEDULER_HEALTH_CHECK_THRESHOLD": str(SCHEDULER_THRESHOLD),
    "AIRFLOW__SCHEDULER__SCHEDULER_HEARTBEAT_SEC": "1",
    "AIRFLOW__SCHEDULER__TRIGGER_TIMEOUT_CHECK_INTERVAL": "1",
    "AIRFLOW__DAG_PROCESSOR__MIN_FILE_PROCESS_INTERVAL": "1",
}
"""Airflow's waits, made short."""
HEARTBEAT = f"`task_instance_heartbeat_timeout`: {HEARTBEAT_TIMEOUT} s (300 s)"
ORPHANS = f"`orphaned_tasks_check_interval`: {ORPHANED_TASKS_CHECK} s (300 s)"
SENSOR = "the time that the sensor has left"
RETURN = "until it is back"

AFTER_EXCEPTION = Expected(task=frozenset({IN_TASK}), dag=frozenset({IN_DAG_PROCESSOR}))
WITHOUT_HEARTBEAT = Expected(task=frozenset({IN_DAG_PROCESSOR}), dag=frozenset({IN_DAG_PROCESSOR}))


@dataclass(frozen=True)
class Death:
    """
    Something that dies.

    :param name: what happens.
    :param strike: starts what must be there, and lets it happen.
    :param expected: what must come of it.
    :param waits: the setting for which Airflow waits before it acts, with its value here and by default.
    :param settle: waits until nothing more will come of it.
    """

    name: str
    strike: Callable[[Stage], None]
    expected: Expected
    waits: str = ""
    settle: Callable[[Stage], None] = Stage.settle


def exception(stage: Stage) -> None:
    stage.trade()
    stage.fail()
    stage.break_down()


def task_process(stage: Stage) -> None:
    stage.trade()
    stage.fail()
    stage.kill(*stage.strategies())


def supervisor(stage: Stage) -> None:
    """The strategy itself goes on meanwhile."""
    stage.trade()
    doomed = stage.supervisors()
    stage.fail()
    stage.kill(*doomed)


def worker(stage: Stage) -> None:
    stage.trade()
    doomed = (*stage.supervisors(), *stage.strategies())
    stage.fail()
    stage.kill(*doomed)


def triggerer(stage: Stage) -> None:
    """Two sensors wait in it. No other takes over before their time is up."""
    stage.wait_in_triggerer()
    stage.fail()
    stage.airflow.stop("triggerer", patience=0)
    stage.wait_for_runs()
    stage.airflow.start("triggerer")


def dag_processor(stage: Stage) -> None:
    """It is dead when the strategies break down."""
    stage.trade()
    stage.airflow.stop("dag-processor", patience=0)
    exception_during_outage(stage)
    stage.bring_back("dag-processor")


def dag_processor_in_callback(stage: Stage) -> None:
    """It dies while the kill switch, called by it, waits for the venue to answer the first cancel."""
    stage.sandbox.faults.add(kind="hang", venue="nami", route="cancels", requests=[1])
    exception(stage)
    until(lambda: stage.sandbox.mutations("nami"), PATIENCE, "the DAG's callback to cancel")
    stage.airflow.stop("dag-processor", patience=0)
    stage.airflow.start("dag-processor")


def scheduler(stage: Stage) -> None:
    """It is dead when the strategies break down. Its workers live on, as on other machines they would."""
    stage.trade()
    stage.kill(stage.airflow.component("scheduler").pid)
    exception_during_outage(stage)
    stage.airflow.stop("scheduler", patience=0)
    stage.bring_back("scheduler")


def machine(stage: Stage) -> None:
    """The scheduler dies with its workers, supervisors and strategies."""
    stage.trade()
    stage.fail()
    stage.airflow.stop("scheduler", patience=0)
    stage.airflow.start("scheduler")


def api_server(stage: Stage) -> None:
    """
    The strategies break down after it, and both accounts are flat before it is back.

    The task cannot read the connection, which is in Airflow's database. Nor can its supervisor tell of the failure,
    or that it lives. So the time counts from the death: the failure itself changes nothing.
    """
    stage.trade()
    stage.fail()
    stage.airflow.stop("api-server", patience=0)
    stage.break_down()
    until(lambda: all(map(stage.is_flat, CALLBACKS)), PATIENCE, "the DAG processor to call both")
    stage.bring_back("api-server")


def exception_during_outage(stage: Stage) -> None:
    """Let the strategies break down, and wait until the task's callback has acted."""
    stage.fail()
    stage.break_down()
    until(lambda: stage.is_flat("task"), PATIENCE, "the task's callback to act")
    until(stage.have_failed, PATIENCE, "both tasks to be known as failed")


DEATHS = (
    Death("The task raises an exception.", exception, AFTER_EXCEPTION),
    Death("The task's process is killed.", task_process, Expected(dag=frozenset({IN_DAG_PROCESSOR}))),
    Death(
        "The supervisor of the task's process is killed. The process **goes on**.",
        supervisor,
        replace(WITHOUT_HEARTBEAT, strategy_lives=True),
        HEARTBEAT,
    ),
    Death("The worker is killed: supervisor and process.", worker, WITHOUT_HEARTBEAT, HEARTBEAT),
    Death("The triggerer is killed, in which the task waits.", triggerer, AFTER_EXCEPTION, SENSOR),
    Death(
        "The DAG processor is down when the task raises an exception.",
        dag_processor,
        replace(AFTER_EXCEPTION, awaits_return=frozenset({"dag"})),
        RETURN,
    ),
    Death(
        "The DAG processor is killed in the DAG's callback.",
        dag_processor_in_callback,
        Expected(task=frozenset({IN_TASK})),
    ),
    Death(
        "The scheduler is down when the task raises an exception.",
        scheduler,
        replace(AFTER_EXCEPTION, awaits_return=frozenset({"dag"})),
        RETURN,
    ),
    Death(
        "The scheduler and the worker are killed. Airflow starts the task **anew**.",
        machine,
        Expected(strategy_lives=True),
        ORPHANS,
        settle=Stage.wait_for_strategies,
    ),
    Death(
        "The API server is killed, and then the task raises an exception.",
        api_server,
        Expected(task=frozenset({FAILED_IN_TASK, IN_DAG_PROCESSOR}), dag=frozenset({IN_DAG_PROCESSOR})),
        HEARTBEAT,
    ),
)
