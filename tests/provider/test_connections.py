"""A connection is the same connection, whichever way Airflow is told of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

import pytest

from airflow_provider_exchange.get_provider_info import VENUES
from tests.provider.installation import assert_no_complaint, private_environment, run

if TYPE_CHECKING:
    from tests.provider.installation import Installation

FIELDS: dict[str, dict[str, Any]] = {
    "nami": {
        "login": "key+of/nami=",
        "password": "secret@of:nami?",
        "extra": {"batch_signing": "json", "allow_notification": "true", "timeout": "5", "rate_limit": "2.5"},
    },
    "bitopro": {
        "login": "key-of-bitopro",
        "password": "secret&of=bitopro#",
        "extra": {"identity": "trader+desk@example.com", "proxy": "http://user:word@proxy.example:3128"},
    },
    "loopring": {
        "login": "key-of-loopring",
        "password": "0x" + "4f" * 31,
        "extra": {"account_id": "10005", "verify": str(Path(__file__).with_name("own bundle.pem"))},
    },
    "ccxt": {
        "login": "key:of/okx",
        "password": "secret/of@okx+",
        "extra": {
            "exchange": "okx",
            "default_type": "all",
            "sandbox": "true",
            "passphrase": "pass&word%of=mine?",
        },
    },
}
"""Connections whose every field needs care in a URI. Numbers are text there, as they are in a form."""
WAYS = ("uri", "json", "command", "file")

DAG = """
import json
from airflow.providers.common.compat.sdk import dag, task

@task
def look():
    from airflow_provider_exchange.hooks.exchange import ExchangeHook

    seen = {}
    for conn_id in CONN_IDS:
        hook = ExchangeHook.for_connection(conn_id)
        settings = hook.settings
        seen[conn_id] = [
            type(hook).__name__, settings.base_url(""), settings.login, settings.password, settings.extra,
            hook.planner.request_timeout, sorted(hook.exchange.secrets), settings.proxy, settings.verify,
        ]
    with open(OUTPUT, "w") as file:
        json.dump(seen, file)

@dag(schedule=None)
def look_at_connections():
    look()

look_at_connections()
"""


def connection(conn_type: str) -> dict[str, Any]:
    return {"conn_type": conn_type, "host": "https://api.example:8443", **FIELDS[conn_type]}


def uri(conn_type: str) -> str:
    fields = connection(conn_type)
    login, password, host = (quote(fields[name], safe="") for name in ("login", "password", "host"))
    return f"{conn_type}://{login}:{password}@{host}/?{urlencode(fields['extra'])}"


@pytest.fixture
def seen(installation: Installation, tmp_path: Path) -> dict[str, list[Any]]:
    """What the hook of every connection is like, by connection id: Airflow is told of each in every way."""
    home = tmp_path
    (home / "dags").mkdir()
    output, file = home / "seen.json", home / "connections.json"
    conn_ids = [f"{conn_type}_by_{way}" for conn_type in FIELDS for way in WAYS]
    (home / "dags" / "look.py").write_text(f"CONN_IDS = {conn_ids}\nOUTPUT = {str(output)!r}\n{DAG}")
    file.write_text(json.dumps({f"{conn_type}_by_file": connection(conn_type) for conn_type in FIELDS}))
    imported = home / "imported.json"
    imported.write_text(json.dumps({f"{conn_type}_by_command": connection(conn_type) for conn_type in FIELDS}))
    installation.airflow("connections", "import", str(imported))
    told = private_environment(installation.home) | {
        "AIRFLOW__CORE__DAGS_FOLDER": str(home / "dags"),
        "AIRFLOW__SECRETS__BACKEND": "airflow.secrets.local_filesystem.LocalFilesystemBackend",
        "AIRFLOW__SECRETS__BACKEND_KWARGS": json.dumps({"connections_file_path": str(file)}),
    }
    for conn_type in FIELDS:
        told[f"AIRFLOW_CONN_{conn_type.upper()}_BY_URI"] = uri(conn_type)
        told[f"AIRFLOW_CONN_{conn_type.upper()}_BY_JSON"] = json.dumps(connection(conn_type))
    # Airflow looks up its secrets backends once, as it is loaded.
    command = (installation.path, "-m", "airflow", "dags", "test", "look_at_connections")
    assert_no_complaint(run(*command, env=told, cwd=installation.home))
    found: dict[str, list[Any]] = json.loads(output.read_text())
    return found


def test_it_makes_the_same_hook(seen: dict[str, list[Any]]) -> None:
    """It is one test, so that one process looks, and no other waits for it."""
    for conn_type, fields in FIELDS.items():
        for way in WAYS:
            kind, base_url, login, password, extra, *rest = seen[f"{conn_type}_by_{way}"]
            assert kind == VENUES[conn_type].hook.rpartition(".")[2]
            assert base_url == "https://api.example:8443"
            assert (login, password) == (fields["login"], fields["password"])
            # Airflow 3.1 takes text in a URI for the number or the truth value that it looks like.
            assert {name: str(value).lower() for name, value in extra.items()} == fields["extra"], way
            assert rest == seen[f"{conn_type}_by_json"][5:], way
