"""What a test does with a running Airflow: through its public REST API, as any other client."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import quote

import requests

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

T = TypeVar("T")

POLL = 0.25
"""Seconds between two looks."""
PATIENCE = 300.0
"""Seconds for what takes ten on an idle machine. Who waits for so long waits for what will not come."""
FINISHED = frozenset({"success", "failed"})
"""States in which a DAG run has ended."""


class Api:
    """
    Airflow's REST API, by whoever it lets in without a password.

    :param base_url: where the API server listens.
    """

    def __init__(self, base_url: str) -> None:
        self._base_url = base_url
        self._session = requests.Session()
        self._session.trust_env = False

    def log_in(self) -> None:
        """Get a token; the deployment makes everybody an administrator."""
        answer = self._session.get(f"{self._base_url}/auth/token", timeout=PATIENCE)
        answer.raise_for_status()
        self._session.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"

    def get(self, path: str, **query: Any) -> Any:
        """
        Read something.

        :param path: below ``/api/v2/``.
        :raises requests.HTTPError: when it is not there.
        """
        return self._ask("GET", path, query, None)

    def post(self, path: str, body: Any) -> Any:
        """
        Make something.

        :param path: below ``/api/v2/``.
        """
        return self._ask("POST", path, {}, body)

    def patch(self, path: str, body: Any) -> Any:
        """
        Change something.

        :param path: below ``/api/v2/``.
        """
        return self._ask("PATCH", path, {}, body)

    def close(self) -> None:
        self._session.close()

    def _ask(self, method: str, path: str, query: Mapping[str, Any], body: Any) -> Any:
        answer = self._session.request(
            method, f"{self._base_url}/api/v2/{path}", params=query, json=body, timeout=PATIENCE
        )
        if not answer.ok:
            raise requests.HTTPError(f"{method} {path}: {answer.status_code} {answer.text}", response=answer)
        return answer.json()


@dataclass(frozen=True)
class Run:
    """
    A DAG run.

    :param path: of the run in the API.
    """

    api: Api
    path: str

    @property
    def state(self) -> str:
        return str(self.api.get(self.path)["state"])

    def wait(self, timeout: float = PATIENCE) -> str:
        """
        Wait for its end and return its state.

        :raises TimeoutError: naming the state of each task.
        """

        def ended() -> str | None:
            state = self.state
            return state if state in FINISHED else None

        try:
            return until(ended, timeout, self.path)
        except TimeoutError as late:
            raise TimeoutError(f"{late}; {self.states()}") from None

    def task(self, task_id: str, map_index: int = -1) -> Task:
        return Task(self, task_id, map_index)

    def states(self) -> dict[str, str | None]:
        """The state of each task by its id; ``id[index]`` for those of a mapped one."""
        found = self.api.get(f"{self.path}/taskInstances", limit=100)["task_instances"]
        return {_name(each["task_id"], each["map_index"]): each["state"] for each in found}


@dataclass(frozen=True)
class Task:
    """A task instance. Every look is a new request."""

    run: Run
    task_id: str
    map_index: int

    @property
    def state(self) -> str | None:
        state: str | None = self.details()["state"]
        return state

    @property
    def try_number(self) -> int:
        return int(self.details()["try_number"])

    @property
    def pid(self) -> int:
        """The process that runs it, or ran it last."""
        return int(self.details()["pid"])

    def details(self) -> dict[str, Any]:
        """All that the API tells."""
        path = self._path if self.map_index < 0 else f"{self._path}/{self.map_index}"
        details: dict[str, Any] = self.run.api.get(path)
        return details

    def tries(self) -> list[dict[str, Any]]:
        """All that the API tells of each try, first to last."""
        path = self._path if self.map_index < 0 else f"{self._path}/{self.map_index}"
        tries: list[dict[str, Any]] = self.run.api.get(f"{path}/tries")["task_instances"]
        return sorted(tries, key=lambda each: int(each["try_number"]))

    def xcoms(self) -> list[str]:
        """The key of each XCom it pushed."""
        found = self.run.api.get(f"{self._path}/xcomEntries", map_index=self.map_index)["xcom_entries"]
        return [str(each["key"]) for each in found]

    def xcom(self, key: str = "return_value") -> Any:
        return self.run.api.get(
            f"{self._path}/xcomEntries/{quote(key)}", map_index=self.map_index, deserialize=False, stringify=False
        )["value"]

    def records(self) -> list[str]:
        """The key of each record that it left for another attempt, in Airflow's store of the tasks' states."""
        found = self.run.api.get(f"{self._path}/state-store", map_index=self.map_index)["task_state_store"]
        return [str(each["key"]) for each in found]

    def links(self) -> dict[str, str | None]:
        """Its extra links: name to URL, None for one that leads nowhere."""
        found: dict[str, str | None] = self.run.api.get(f"{self._path}/links")["extra_links"]
        return found

    def log(self, try_number: int = 1) -> list[dict[str, Any]]:
        """The lines of a try's log, each with ``event`` and mostly ``level``, ``logger``, ``timestamp``."""
        found = self.run.api.get(f"{self._path}/logs/{try_number}", map_index=self.map_index, full_content=True)
        lines: list[dict[str, Any]] = found["content"]
        return lines

    @property
    def _path(self) -> str:
        return f"{self.run.path}/taskInstances/{quote(self.task_id)}"


def until(look: Callable[[], T | None], timeout: float, what: str) -> T:
    """
    Look again and again until there is something to see, and return it.

    :param look: returns None, or False, for not yet.
    :param timeout: seconds.
    :param what: is waited for; for the error.
    """
    ends_at = time.monotonic() + timeout
    while not (seen := look()):
        if time.monotonic() >= ends_at:
            raise TimeoutError(f"not within {timeout:g} s: {what}")
        time.sleep(POLL)
    return seen


def _name(task_id: str, map_index: int) -> str:
    return task_id if map_index < 0 else f"{task_id}[{map_index}]"
