"""
Airflow as it runs on several machines: PostgreSQL, Celery over Redis, three workers and two triggerers.

Every part has a supervisor, as systemd or Kubernetes is one: what dies is started again.
"""

from __future__ import annotations

import os
import signal
import threading
from collections import Counter
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import psutil  # type: ignore[import-untyped]
import requests

from tests.live.api import PATIENCE, Api, until
from tests.live.components import is_running, kill
from tests.live.deployment import AirflowDeployment

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Mapping
    from pathlib import Path

    from tests.live.components import Component
    from tests.live.scale.services import PostgreSQL, Redis

WORKERS = ("worker-1", "worker-2", "worker-3")
SLOTS = 4
"""Tasks that a worker runs at the same time."""
TRIGGERERS = ("triggerer-1", "triggerer-2")
LOOK = 0.5
"""Seconds between two looks of the supervisor."""

PACE = "pace"
"""
The connection to Redis through which tasks share a pace. It is in the environment, where workers find it at once; a
busy API server takes longer to tell it than a cancel may wait.
"""

SETTINGS = {
    "CORE__EXECUTOR": "CeleryExecutor",
    "CORE__PARALLELISM": "64",
    "CORE__MAX_ACTIVE_TASKS_PER_DAG": "64",
    "CELERY__WORKER_CONCURRENCY": str(SLOTS),
    "CELERY__WORKER_PREFETCH_MULTIPLIER": "1",
}
"""Room for all tasks at once; what is not about time."""


class Cluster(AirflowDeployment):
    """
    :param dags_folder: the DAGs it knows.
    :param database: runs already.
    :param broker: runs already.
    :param settings: Airflow's time-outs, as ``SECTION__KEY``.
    """

    def __init__(self, dags_folder: Path, database: PostgreSQL, broker: Redis, settings: Mapping[str, str]) -> None:
        self.database = database
        self.broker = broker
        driver, _, rest = database.url.partition("://")
        ours = {
            **SETTINGS,
            **settings,
            "CELERY__BROKER_URL": f"{broker.url}/0",
            "CELERY__RESULT_BACKEND": f"db+{driver}+psycopg2://{rest}",
            "DATABASE__SQL_ALCHEMY_CONN": f"{driver}+psycopg2://{rest}",
        }
        connection = f"AIRFLOW_CONN_{PACE.upper()}"
        env = {f"AIRFLOW__{name}": value for name, value in ours.items()} | {connection: f"{broker.url}?db=1"}
        super().__init__(dags_folder, env)
        self.api = PatientApi(self.url)
        for name in WORKERS:
            place = ("--celery-hostname", name, "--pid", str(self.home / f"{name}.pid"))
            self._commands[name] = ("celery", "worker", "--skip-serve-logs", *place)
        for name in TRIGGERERS:
            self._commands[name] = ("triggerer", "--skip-serve-logs")
        self.restarts: Counter[str] = Counter()
        self._dead: list[Component] = []
        self._held: set[str] = set()
        self._ending = threading.Event()
        self._lock = threading.Lock()
        self._supervisor = threading.Thread(target=self._supervise, name="supervisor", daemon=True)

    def start(self, name: str) -> None:
        with self._lock:
            super().start(name)
        if self._supervisor.ident is None and len(self._components) == len(self._commands):
            self._supervisor.start()

    def query(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        return self.database.query(sql, *values)

    def set(self, **settings: str) -> None:
        """
        Change settings, which each part takes over when it starts the next time.

        :param settings: as ``SECTION__KEY``.
        """
        self._env.update({f"AIRFLOW__{name}": value for name, value in settings.items()})

    # -- what happens to its parts

    def kill(self, name: str, *, main_only: bool = False) -> list[int]:
        """
        Let a part die, and its supervisor start it again. Returns the processes that died.

        :param main_only: whether what it has started lives on.
        """
        component = self._components[name]
        doomed = [component.pid] if main_only else component.session()
        for pid in doomed:
            kill(pid)
        until(lambda: not any(map(is_running, doomed)), PATIENCE, f"the end of {name}")
        return doomed

    def hold(self, name: str) -> None:
        """Keep the supervisor from starting a part again."""
        self._held.add(name)

    def let_start(self, name: str) -> None:
        """Let the supervisor start it again."""
        self._held.discard(name)

    def freeze(self, name: str) -> None:
        """Let a part hang with all of its processes: it listens, and says nothing."""
        self._signal(name, signal.SIGSTOP)

    def thaw(self, name: str) -> None:
        self._signal(name, signal.SIGCONT)

    def home_of(self, pid: int, names: Iterable[str] = WORKERS) -> str | None:
        """Return which of the parts a process belongs to."""
        return next((name for name in names if pid in self._components[name].session()), None)

    def renew(self, name: str) -> None:
        """End a part in order, and start it with the settings of now."""
        self.hold(name)
        self.stop(name)
        self.start(name)
        self.let_start(name)

    def connections(self, name: str, ports: Container[int]) -> int:
        """Return how many connections a part has to these ports."""
        found = 0
        for pid in self._components[name].session():
            with suppress(psutil.Error):
                found += sum(
                    bool(each.raddr) and each.raddr.port in ports for each in psutil.Process(pid).net_connections()
                )
        return found

    def memory(self) -> dict[str, float]:
        """Return how many megabytes each part holds that no other process shares with it."""
        found = {}
        for name, component in self._components.items():
            uss = 0
            for pid in component.session():
                with suppress(psutil.Error):
                    uss += psutil.Process(pid).memory_full_info().uss
            found[name] = uss / 2**20
        return found

    def _signal(self, name: str, number: signal.Signals) -> None:
        for pid in self._components[name].session():
            with suppress(ProcessLookupError):
                os.kill(pid, number)

    # -- supervision

    def _tune_database(self) -> None:
        """PostgreSQL needs nothing."""

    def _check_components(self) -> None:
        """What has ended is started again."""

    def _supervise(self) -> None:
        while not self._ending.wait(LOOK):
            with self._lock:
                for name, component in list(self._components.items()):
                    if component.exit_code is not None and name not in self._held:
                        self._dead.append(component)  # what it has started may live on
                        self.restarts[name] += 1
                        super().start(name)

    def _end(self, *, keep: bool) -> None:
        self._ending.set()
        with self._lock:  # nothing starts any more
            self._components |= {f"dead {number}": component for number, component in enumerate(self._dead)}
        for component in self._components.values():
            for pid in component.session():  # what hangs could not end
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGCONT)
        super()._end(keep=keep)


class PatientApi(Api):
    """Asks again while the API server is away, or cannot reach its database."""

    def _ask(self, method: str, path: str, query: Mapping[str, Any], body: Any) -> Any:
        def answered() -> tuple[Any] | None:
            try:
                return (super(PatientApi, self)._ask(method, path, query, body),)
            except requests.HTTPError as error:
                if error.response is not None and error.response.status_code < 500:
                    raise
            except requests.RequestException:
                if method != "GET":
                    raise
            return None

        return until(answered, PATIENCE, f"an answer to {method} {path}")[0]
