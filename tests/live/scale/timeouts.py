"""Airflow's time-outs that are lowered for the rehearsal, or it would take hours."""

from __future__ import annotations

from typing import NamedTuple


class Lowered(NamedTuple):
    """
    A setting of Airflow's, in seconds.

    :param section: of its configuration.
    :param name: the setting.
    :param here: what it is in the rehearsal.
    :param default: what it is if nobody sets it.
    """

    section: str
    name: str
    here: float
    default: float

    @property
    def key(self) -> str:
        """Of the environment's variable, behind ``AIRFLOW__``."""
        return f"{self.section}__{self.name}".upper()

    def __str__(self) -> str:
        return f"`{self.name}`: {self.here:g} s ({self.default:g} s)"


HEARTBEAT = Lowered("scheduler", "task_instance_heartbeat_timeout", 30, 300)
QUEUED = Lowered("scheduler", "task_queued_timeout", 40, 600)
ORPHANS = Lowered("scheduler", "orphaned_tasks_check_interval", 10, 300)
SCHEDULERS = Lowered("scheduler", "scheduler_health_check_threshold", 10, 30)
TRIGGERERS = Lowered("triggerer", "triggerer_health_check_threshold", 10, 30)

LOWERED = (
    HEARTBEAT,
    Lowered("scheduler", "task_instance_heartbeat_timeout_detection_interval", 2, 10),
    Lowered("workers", "min_heartbeat_interval", 2, 5),
    QUEUED,
    Lowered("scheduler", "task_queued_timeout_check_interval", 4, 120),
    ORPHANS,
    SCHEDULERS,
    Lowered("scheduler", "scheduler_heartbeat_sec", 1, 5),
    TRIGGERERS,
    Lowered("triggerer", "job_heartbeat_sec", 1, 5),
    Lowered("dag_processor", "refresh_interval", 5, 300),
    Lowered("dag_processor", "min_file_process_interval", 5, 30),
    Lowered("dag_processor", "bundle_refresh_check_interval", 1, 5),
    Lowered("scheduler", "scheduler_idle_sleep_time", 0.25, 1),
)
SETTINGS = {each.key: f"{each.here:g}" for each in LOWERED}
DEFAULTS = {each.key: f"{each.default:g}" for each in LOWERED if each.section in ("scheduler", "workers")}
"""What counts for a dead worker, as Airflow has it by itself."""
