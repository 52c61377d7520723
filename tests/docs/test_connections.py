"""Every connection that a page shows, in whatever form, makes the hook; all forms of one make the same."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pkgutil import resolve_name
from typing import TYPE_CHECKING, Any

import pytest

from airflow_provider_exchange.hooks.exchange import ExchangeHook
from airflow_provider_exchange.hooks.pace import redis_options
from tests.accounts import CLEANED_UP, VENUES
from tests.docs.blocks import PAGES, ROOT, Block, standalone_blocks
from tests.docs.commands import airflow_command
from tests.docs.shell import run_script

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from airflow.models import Connection

    from airflow_provider_exchange.sandbox.testing import RunningSandbox

FORMS = standalone_blocks("bash", "console", "json")
README = ROOT / "README.md"
CONNECTIONS = ROOT / "docs" / "connections.md"


@dataclass
class Shown:
    """The connections of a page: by id, the hooks that its forms make, as what they would sign with."""

    hooks: dict[str, set[tuple[Any, ...]]] = field(default_factory=dict)
    forms: dict[str, list[str]] = field(default_factory=dict)

    def add(self, conn_id: str, form: str, hook: ExchangeHook) -> None:
        settings = hook.settings
        extra = tuple(sorted((name, str(value)) for name, value in settings.extra.items()))
        keys = (settings.conn_type, settings.login, settings.password, repr(hook.exchange), extra)
        self.hooks.setdefault(conn_id, set()).add(keys)
        self.forms.setdefault(conn_id, []).append(form)


def connections_of(block: Block, scratch: Path) -> Iterator[tuple[str, str, Connection]]:
    """Yield id, form and connection of whatever a block sets up, as Airflow reads it."""
    from airflow.models import Connection

    if block.language == "json":
        yield from ((name, "file", connection) for name, connection in secrets_file(block, scratch).items())
        return
    ran = run_script(block.script, scratch)
    for conn_id, text in ran.connections.items():
        if text.startswith("{"):
            yield conn_id, "JSON variable", Connection.from_json(text, conn_id=conn_id)
        else:
            yield conn_id, "URI variable", Connection(conn_id=conn_id, uri=text)
    for command in ran.commands:
        if command.argv[:3] == ("airflow", "connections", "add"):
            yield command.argv[3], "command", added(command.argv)


def secrets_file(block: Block, scratch: Path) -> Mapping[str, Connection]:
    from airflow.secrets.local_filesystem import load_connections_dict

    path = scratch / "connections.json"
    path.write_text(block.text)
    if not all(isinstance(each, dict) and "conn_type" in each for each in json.loads(block.text).values()):
        return {}
    return load_connections_dict(str(path))


def added(argv: tuple[str, ...]) -> Connection:
    from airflow.models import Connection
    from airflow.utils.session import create_session

    airflow_command(*argv[1:])
    with create_session() as session:
        connection: Connection = session.query(Connection).filter(Connection.conn_id == argv[3]).one()
        session.expunge(connection)
    return connection


@pytest.fixture
def shown(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, clean_database: None
) -> Shown:
    """What the page of the test's parameter shows."""
    shown = Shown()
    for number, block in enumerate(each for each in FORMS if each.page == request.param):
        scratch = tmp_path / str(number)
        scratch.mkdir()
        for conn_id, form, connection in connections_of(block, scratch):
            if connection.conn_type == "redis":  # of a pace, which is no account
                assert redis_options(connection)["host"]
                continue
            with monkeypatch.context() as patch:
                patch.setattr(ExchangeHook, "get_connection", lambda _, found=connection: found)
                shown.add(conn_id, form, ExchangeHook.for_connection(conn_id))
    return shown


@pytest.mark.parametrize("shown", PAGES, indirect=True, ids=lambda page: page.name)
def test_all_forms_of_a_connection_make_the_same_hook(shown: Shown) -> None:
    assert [conn_id for conn_id, hooks in shown.hooks.items() if len(hooks) != 1] == []


@pytest.mark.parametrize("shown", [CONNECTIONS], indirect=True)
def test_the_page_shows_every_way_to_a_connection(shown: Shown) -> None:
    assert sorted(shown.forms) == ["binance_default", "bitopro_default", "loopring_paper", "nami_default"]
    for forms in shown.forms.values():
        assert sorted(forms) == ["JSON variable", "URI variable", "command", "file"]


def test_the_secrets_backend_that_the_page_sets_finds_the_file(tmp_path: Path) -> None:
    of_page = [block for block in FORMS if block.page == CONNECTIONS]
    file = tmp_path / "connections.json"
    file.write_text(next(block.text for block in of_page if block.language == "json"))
    (settings,) = filter(None, (backend_settings(block, tmp_path) for block in of_page))
    arguments = json.loads(settings["AIRFLOW__SECRETS__BACKEND_KWARGS"])
    backend = resolve_name(settings["AIRFLOW__SECRETS__BACKEND"])(**dict.fromkeys(arguments, str(file)))
    assert backend.get_connection("bitopro_default").password == "a/b+c"


def backend_settings(block: Block, scratch: Path) -> dict[str, str]:
    if block.language != "bash":
        return {}
    place = scratch / str(block.line)
    place.mkdir()
    settings = run_script(block.script, place).settings
    return {name: text for name, text in settings.items() if name.startswith("AIRFLOW__SECRETS__")}


@pytest.mark.parametrize("shown", [README], indirect=True)
def test_the_readme_shows_every_venue_that_its_example_cleans_up(shown: Shown) -> None:
    assert shown.forms == {f"{venue}_default": ["JSON variable"] for venue in CLEANED_UP}


def test_airflow_imports_what_the_paper_exchange_makes(
    sandbox: RunningSandbox, tmp_path: Path, clean_database: None
) -> None:
    """The import hands an empty dict as extra to the database, which refuses it."""
    made = {f"{venue}_paper": sandbox.connection(venue) for venue in VENUES}
    imported = imported_from(made, tmp_path)
    assert {conn_id: connection.extra_dejson for conn_id, connection in imported.items()} == {
        conn_id: fields.get("extra", {}) for conn_id, fields in made.items()
    }


def test_airflow_imports_the_files_of_every_page(tmp_path: Path, clean_database: None) -> None:
    files = [json.loads(block.text) for block in FORMS if block.language == "json"]
    members = [(conn_id, fields) for file in files for conn_id, fields in file.items()]
    shown = {conn_id: fields for conn_id, fields in members if isinstance(fields, dict) and "conn_type" in fields}
    assert shown
    assert shown.keys() <= imported_from(shown, tmp_path).keys()


def imported_from(connections: Mapping[str, Any], scratch: Path) -> dict[str, Connection]:
    """Write a file, import it by Airflow's command, and return those that the database holds then."""
    from airflow.models import Connection
    from airflow.utils.session import create_session

    file = scratch / "connections.json"
    file.write_text(json.dumps(connections))
    airflow_command("connections", "import", str(file))
    with create_session() as session:
        # Airflow 2 has made connections of its own with the database.
        every = session.query(Connection).all()
        found = {each.conn_id: each for each in every if each.conn_id in connections}
        session.expunge_all()
    return found
