"""Looks for secrets wherever a running Airflow could show or keep them."""

from __future__ import annotations

import json
from collections import Counter
from secrets import randbelow, token_hex
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from cryptography.fernet import Fernet

from airflow_provider_exchange.crypto.eddsa import public_key
from airflow_provider_exchange.exchanges.loopring_signing import spellings
from airflow_provider_exchange.sandbox.accounts import Accounts
from airflow_provider_exchange.sandbox.bitopro.account import BitoProAccount
from airflow_provider_exchange.sandbox.loopring.account import LoopringAccount
from airflow_provider_exchange.sandbox.nami.account import NamiAccount

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from pathlib import Path

    from tests.live.api import Api
    from tests.live.deployment import AirflowDeployment

    Query = Callable[[str], list[tuple[Any, ...]]]
    """Of a database of SQLite: what a statement selects."""

LOGIN_SHOWN_BY_AIRFLOW = (
    "connections",
    "eventLogs",
    "table connection",
    "table log",
    "page form-",
    "file airflow.db",
)
"""Where Airflow shows a connection's login, which it takes for a name: here the API key stands there."""
CONTROLS = frozenset({"connections", "eventLogs", "page", "table", "file"})
"""Kinds of places where the search must come upon an API key: one that does not is blind there."""


def new_accounts() -> Accounts:
    """Make accounts whose secrets are nowhere else in the world, so that wherever one shows up is a leak."""
    private_key = 2**240 + randbelow(2**240)
    return Accounts(
        nami=NamiAccount(token_hex(16), token_hex(32)),
        bitopro=BitoProAccount(token_hex(16), token_hex(32), "trader@example.com"),
        loopring=LoopringAccount(token_hex(32), 10010, public_key(private_key), f"{private_key:#x}"),
    )


class Hunt:
    """
    Knows the secrets, and what was found.

    ``looked`` counts by kind of place, ``found`` holds what is wrong, and ``expected`` the kinds of places where a
    login was come upon that may be there.

    :param accounts: theirs.
    """

    def __init__(self, accounts: Accounts) -> None:
        self._secrets = {
            "Nami's secret": (accounts["nami"].secret,),
            "BitoPro's secret": (accounts["bitopro"].secret,),
            "Loopring's private key": spellings(int(accounts["loopring"].private_key, 16)),
        }
        self._logins = {
            "Nami's key": (accounts["nami"].key,),
            "BitoPro's key": (accounts["bitopro"].key,),
            "Loopring's key": (accounts["loopring"].key,),
        }
        self.looked: Counter[str] = Counter()
        self.expected: set[str] = set()
        self.found: list[str] = []

    def look(self, place: str, text: str) -> None:
        """
        Look through a text.

        :param place: where it comes from: a kind, and after a blank which one.
        """
        kind = place.partition(" ")[0]
        self.looked[kind] += 1
        self.found += [f"{name} shows in {place}" for name in _names_in(text, self._secrets)]
        if logins := _names_in(text, self._logins):
            if place.startswith(LOGIN_SHOWN_BY_AIRFLOW):
                self.expected.add(kind)
            else:
                self.found += [f"{name} shows in {place}" for name in logins]

    def wrong(self) -> Iterator[str]:
        """Tell what was found, and where the search was blind."""
        yield from sorted(set(self.found))
        yield from (
            f"the search is blind: it saw no API key in any {kind}" for kind in sorted(CONTROLS - self.expected)
        )

    def look_everywhere(self, airflow: AirflowDeployment, fernet_key: bytes) -> None:
        """Look through all that the API answers, every file, every table, and the triggers' arguments in clear."""
        for path, answer in _answers(airflow.api):
            self.look(path, json.dumps(answer))
        self.look_at_files(airflow.home)
        self.look_at_tables(airflow.query)
        self.look_at_triggers(airflow.query, fernet_key)

    def look_at_files(self, folder: Path) -> None:
        """Look through every file, however deep."""
        for file in sorted(folder.rglob("*")):
            if file.is_file():
                self.look(f"file {file.relative_to(folder)}", file.read_bytes().decode("latin-1"))

    def look_at_tables(self, query: Query) -> None:
        """Look through every row of a database."""
        for (table,) in query("SELECT name FROM sqlite_master WHERE type = 'table'"):
            for row in query(f'SELECT * FROM "{table}"'):
                self.look(f"table {table}", "\n".join(_text(value) for value in row))

    def look_at_triggers(self, query: Query, fernet_key: bytes) -> list[str]:
        """Look through the arguments of our triggers that there are, and return those of the tasks' triggers."""
        tasks = []
        for classpath, text in query("SELECT classpath, kwargs FROM trigger"):
            # Airflow encrypts those of its asset watchers alone.
            arguments = text if text.startswith("{") else Fernet(fernet_key).decrypt(text.encode()).decode()
            self.look(f"trigger {classpath}", arguments)
            if classpath.endswith(".OrderStatusTrigger"):
                tasks.append(arguments)
        return tasks


def _names_in(text: str, sought: Mapping[str, Iterable[str]]) -> list[str]:
    lower = text.lower()
    return [
        name for name, spellings_of_it in sought.items() if any(each.lower() in lower for each in spellings_of_it)
    ]


def _answers(api: Api) -> Iterator[tuple[str, Any]]:
    """Ask for whatever could hold a secret."""
    for path in ("connections", "eventLogs", "importErrors", "variables"):
        yield path, api.get(path, limit=1000)
    for dag in api.get("dags", limit=100)["dags"]:
        runs = f"dags/{dag['dag_id']}/dagRuns"
        yield f"dags {dag['dag_id']}", api.get(f"dags/{dag['dag_id']}/details")
        for run in api.get(runs, limit=100)["dag_runs"]:
            yield f"dagRuns {dag['dag_id']}", run
            tasks = f"{runs}/{quote(run['dag_run_id'])}/taskInstances"
            for task in api.get(tasks, limit=100)["task_instances"]:
                yield f"taskInstances {task['task_id']}", task
                yield from _answers_of_task(api, f"{tasks}/{quote(task['task_id'])}", task)


def _answers_of_task(api: Api, path: str, task: Any) -> Iterator[tuple[str, Any]]:
    name = task["task_id"]
    yield f"links {name}", api.get(f"{path}/links")
    for each in api.get(f"{path}/xcomEntries", limit=100)["xcom_entries"]:
        yield f"xcomEntries {name}", api.get(f"{path}/xcomEntries/{quote(each['key'])}")
    for number in range(1, task["try_number"] + 1):
        yield f"logs {name}", api.get(f"{path}/logs/{number}", full_content=True)


def _text(value: Any) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)
