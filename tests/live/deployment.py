"""
A real Airflow of our own, with every part a process: API server, scheduler with its LocalExecutor, DAG processor::

    with AirflowDeployment(dags_folder, env={"AIRFLOW_CONN_NAMI_DEFAULT": "..."}) as airflow:
        run = airflow.trigger("end_of_day_cleanup")
        assert run.wait() == "success"
        print(run.task("summary").xcom())

It listens on a loopback address, keeps a database of SQLite and its logs in a directory of its own, and neither
sees nor touches another Airflow of the user's. It is gone afterwards with all of its processes, whatever ends the
block; after an error its directory stays, to be looked at.
"""

from __future__ import annotations

import os
import secrets
import shutil
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import quote

import requests

from tests.live.api import PATIENCE, Api, Run, until
from tests.live.components import Component

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import TracebackType

__all__ = ["AirflowDeployment"]

GRACE = 3.0
"""Seconds between asking the processes to end and making them."""
HOST = "127.0.0.1"
HOME_PREFIX = "exchange-airflow-"

SETTINGS = {
    "CORE__LOAD_EXAMPLES": "False",
    "CORE__EXECUTOR": "LocalExecutor",
    "CORE__PARALLELISM": "8",
    "CORE__DAGS_ARE_PAUSED_AT_CREATION": "False",
    "CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS": "True",
    "CORE__HOSTNAME_CALLABLE": "socket.gethostname",
    # With all of a pool's connections taken, the API server stands still for its 30 s: a busy machine has seen it.
    "DATABASE__SQL_ALCHEMY_POOL_ENABLED": "False",
    "DAG_PROCESSOR__REFRESH_INTERVAL": "5",
    "DAG_PROCESSOR__MIN_FILE_PROCESS_INTERVAL": "5",
    "DAG_PROCESSOR__BUNDLE_REFRESH_CHECK_INTERVAL": "1",
    "LOGGING__COLORED_CONSOLE_LOG": "False",
    "SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME": "0.25",
    "TRIGGERER__JOB_HEARTBEAT_SEC": "1",
}
"""One user, short waits, nothing that the tests do not need."""


class AirflowDeployment:
    """
    :param dags_folder: the DAGs it knows.
    :param env: more of its environment: connections, and settings as ``AIRFLOW__SECTION__KEY``.
    :param triggerer: whether deferred tasks can wake.
    """

    def __init__(self, dags_folder: Path, env: Mapping[str, str] | None = None, *, triggerer: bool = False) -> None:
        self.home = Path(tempfile.mkdtemp(prefix=HOME_PREFIX))
        self.logs = self.home / "components"
        self.url = f"http://{HOST}:{free_port()}"
        self.api = Api(self.url)
        self._env = self._environment(dags_folder, env or {})
        self._commands: dict[str, tuple[str, ...]] = {
            "api-server": ("api-server", "--host", HOST, "--port", self.url.rpartition(":")[2]),
            "scheduler": ("scheduler", "--skip-serve-logs"),
            "dag-processor": ("dag-processor",),
        }
        if triggerer:
            self._commands["triggerer"] = ("triggerer", "--skip-serve-logs")
        self._components: dict[str, Component] = {}

    def __enter__(self) -> Self:
        try:
            self.logs.mkdir()
            self._make_database()
            for name in self._commands:
                self.start(name)
            self.wait_until_healthy()
        except BaseException as error:
            self._end(keep=_is_worth_a_look(error))
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end(keep=_is_worth_a_look(error))

    def wait_until_healthy(self) -> None:
        """Wait until each component says that it is well."""
        until(self._is_healthy, PATIENCE, f"a healthy Airflow; its logs are in {self.logs}")

    def start(self, name: str) -> None:
        """
        Start a component.

        :param name: as Airflow's command is called, such as ``triggerer``.
        """
        self._components[name] = self._command(name, *self._commands[name])

    def stop(self, name: str, patience: float = GRACE) -> None:
        """
        End a component and whatever it has started.

        :param patience: seconds for it to end in order.
        """
        component = self._components.pop(name)
        component.ask_to_end()
        component.end(patience)

    def component(self, name: str) -> Component:
        """A component that was started: its pid, its log."""
        return self._components[name]

    def trigger(self, dag_id: str, conf: Mapping[str, Any] | None = None) -> Run:
        """
        Start a DAG run.

        :param dag_id: waited for until the DAG processor has found it.
        :raises RuntimeError: with Airflow's words, when a DAG file cannot be imported.
        """
        self._find(dag_id)
        made = self.api.post(f"dags/{dag_id}/dagRuns", {"logical_date": None, "conf": dict(conf or {})})
        return self._run(made)

    def switch(self, dag_id: str, *, on: bool) -> None:
        """
        Switch a DAG's schedule on, or pause it.

        :param dag_id: waited for until the DAG processor has found it.
        """
        self._find(dag_id)
        self.api.patch(f"dags/{dag_id}", {"is_paused": not on})

    def next_due(self, dag_id: str) -> datetime | None:
        """When the next scheduled run of a DAG is due."""
        due = self.api.get(f"dags/{dag_id}")["next_dagrun_run_after"]
        return None if due is None else datetime.fromisoformat(due)

    def scheduled(self, dag_id: str) -> dict[datetime, Run]:
        """The scheduled runs of a DAG, by the time at which they were due."""
        made = self.api.get(f"dags/{dag_id}/dagRuns", run_type="scheduled", limit=100)["dag_runs"]
        return {datetime.fromisoformat(each["run_after"]): self._run(each) for each in made}

    def _run(self, made: Mapping[str, Any]) -> Run:
        return Run(self.api, f"dags/{made['dag_id']}/dagRuns/{quote(made['dag_run_id'])}")

    def _find(self, dag_id: str) -> None:
        def known() -> bool:
            self._check_components()
            if errors := self.api.get("importErrors")["import_errors"]:
                raise RuntimeError("\n".join(str(each["stack_trace"]) for each in errors))
            return any(each["dag_id"] == dag_id for each in self.api.get("dags", limit=100)["dags"])

        until(known, PATIENCE, f"DAG {dag_id}")

    def command(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a command of Airflow's to its end, as a person does in a terminal of this deployment."""
        command = (sys.executable, "-m", "airflow", *arguments)
        return subprocess.run(command, env=self._env, capture_output=True, text=True, check=False)

    def query(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        """Look into its database, for what the API does not tell."""
        with closing(sqlite3.connect(self.home / "airflow.db", timeout=30)) as database:
            return database.execute(sql, values).fetchall()

    def _environment(self, dags_folder: Path, env: Mapping[str, str]) -> dict[str, str]:
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("AIRFLOW")}
        settings = SETTINGS | {
            "API__BASE_URL": self.url,
            "API__SECRET_KEY": secrets.token_urlsafe(32),
            "API_AUTH__JWT_SECRET": secrets.token_urlsafe(48),
            "CORE__DAGS_FOLDER": str(dags_folder),
            "CORE__EXECUTION_API_SERVER_URL": f"{self.url}/execution/",
        }
        ours = {f"AIRFLOW__{name}": value for name, value in settings.items()}
        return inherited | {"AIRFLOW_HOME": str(self.home)} | ours | dict(env)

    def _command(self, name: str, *arguments: str) -> Component:
        command = (sys.executable, "-m", "airflow", *arguments)
        return Component(command, self._env, self.logs / f"{name}.log")

    def _make_database(self) -> None:
        self._components["migration"] = migration = self._command("migration", "db", "migrate")
        until(lambda: migration.exit_code is not None, PATIENCE, "the database")
        if migration.exit_code:
            raise RuntimeError(f"no database:\n{migration.tail()}")
        del self._components["migration"]
        self._tune_database()

    def _tune_database(self) -> None:
        # Readers and the one writer do not wait for each other then; the mode stays with the file.
        self.query("PRAGMA journal_mode=WAL")

    def _is_healthy(self) -> bool:
        self._check_components()
        try:
            health = self.api.get("monitor/health")
            self.api.log_in()
        except requests.RequestException:
            return False
        triggerer = ("triggerer",) if any(each.startswith("triggerer") for each in self._commands) else ()
        parts = ("scheduler", "dag_processor", *triggerer)
        return all(health[part]["status"] == "healthy" for part in parts)

    def _check_components(self) -> None:
        for name, component in self._components.items():
            if component.exit_code is not None:
                raise RuntimeError(f"{name} has ended:\n{component.tail()}")

    def _end(self, *, keep: bool) -> None:
        self.api.close()  # or the API server would wait for us to hang up
        try:
            for component in self._components.values():
                component.ask_to_end()
            ends_at = time.monotonic() + GRACE
            for component in self._components.values():
                component.end(max(0.0, ends_at - time.monotonic()))
        finally:
            for component in self._components.values():  # also when a second Ctrl-C cuts the patience short
                component.end(0)
            self._components.clear()
            if keep:
                print(f"The logs of Airflow are in {self.home}", file=sys.stderr)
            else:
                shutil.rmtree(self.home, ignore_errors=True)


def _is_worth_a_look(error: BaseException | None) -> bool:
    return error is not None and not isinstance(error, KeyboardInterrupt)


def free_port() -> int:
    with closing(socket.socket()) as found:
        found.bind((HOST, 0))
        return int(found.getsockname()[1])
