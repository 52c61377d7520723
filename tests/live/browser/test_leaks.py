"""The search for secrets finds each one wherever it is planted, and says where it could not see."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest
from cryptography.fernet import Fernet

from tests.live.browser.leaks import CONTROLS, LOGIN_SHOWN_BY_AIRFLOW, Hunt, new_accounts

if TYPE_CHECKING:
    from pathlib import Path

ACCOUNTS = new_accounts()
KEY = int(ACCOUNTS["loopring"].private_key, 16)
SECRETS = {
    "Nami's secret": ACCOUNTS["nami"].secret,
    "BitoPro's secret": ACCOUNTS["bitopro"].secret,
    "Loopring's private key": ACCOUNTS["loopring"].private_key,
    "Loopring's private key in decimal": str(KEY),
    "Loopring's private key without its prefix": f"{KEY:064x}",
    "Nami's secret in capitals": ACCOUNTS["nami"].secret.upper(),
}
LOGINS = {
    "Nami's key": ACCOUNTS["nami"].key,
    "BitoPro's key": ACCOUNTS["bitopro"].key,
    "Loopring's key": ACCOUNTS["loopring"].key,
}
PLACES = (
    "page log-cancel",
    "page form-nami_default-saved",
    "connections",
    "logs cancel",
    "table xcom",
    "trigger x",
)

Query = Callable[[str], list[tuple[Any, ...]]]


@pytest.fixture
def hunt() -> Hunt:
    return Hunt(ACCOUNTS)


@pytest.fixture
def query() -> Iterator[Query]:
    with closing(sqlite3.connect(":memory:")) as database:
        yield lambda statement: database.execute(statement).fetchall()


def leaks(hunt: Hunt) -> list[str]:
    return [each for each in hunt.wrong() if "blind" not in each]


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize(("name", "secret"), SECRETS.items(), ids=list(SECRETS))
def test_a_secret_is_found_wherever_it_shows(hunt: Hunt, name: str, secret: str, place: str) -> None:
    hunt.look(place, f"<p>the password is {secret}.</p>")
    (found,) = leaks(hunt)
    assert found.endswith(f"shows in {place}")
    assert name.startswith(found.removesuffix(f" shows in {place}"))


@pytest.mark.parametrize(("name", "login"), LOGINS.items(), ids=list(LOGINS))
def test_a_login_is_found_where_it_must_not_be(hunt: Hunt, name: str, login: str) -> None:
    hunt.look("logs cancel", f"401 for {login}")
    assert leaks(hunt) == [f"{name} shows in logs cancel"]


@pytest.mark.parametrize("place", LOGIN_SHOWN_BY_AIRFLOW)
def test_airflow_may_show_a_login_as_a_name(hunt: Hunt, place: str) -> None:
    hunt.look(place, f"login: {ACCOUNTS['nami'].key}")
    assert leaks(hunt) == []
    assert hunt.expected == {place.partition(" ")[0]}


def test_a_text_without_a_secret_is_no_leak(hunt: Hunt) -> None:
    hunt.look("logs cancel", "12 orders cancelled, key ***")
    assert leaks(hunt) == []


def test_a_search_that_saw_nothing_is_blind(hunt: Hunt) -> None:
    assert list(hunt.wrong()) == [
        f"the search is blind: it saw no API key in any {kind}" for kind in sorted(CONTROLS)
    ]


def test_a_search_that_saw_the_logins_is_not(hunt: Hunt) -> None:
    for place in LOGIN_SHOWN_BY_AIRFLOW:
        hunt.look(place, ACCOUNTS["bitopro"].key)
    assert list(hunt.wrong()) == []


def test_a_secret_in_a_file_is_found(hunt: Hunt, tmp_path: Path) -> None:
    place = tmp_path / "logs" / "attempt=1.log"
    place.parent.mkdir()
    place.write_bytes(b"\xff\x00" + ACCOUNTS["nami"].secret.encode())
    (tmp_path / "airflow.cfg").write_text("nothing here")
    hunt.look_at_files(tmp_path)
    assert leaks(hunt) == ["Nami's secret shows in file logs/attempt=1.log"]
    assert hunt.looked["file"] == 2


@pytest.mark.parametrize(
    "value", [ACCOUNTS["bitopro"].secret, ACCOUNTS["bitopro"].secret.encode()], ids=["text", "bytes"]
)
def test_a_secret_in_a_table_is_found(hunt: Hunt, value: str | bytes) -> None:
    with closing(sqlite3.connect(":memory:")) as database:
        database.execute('CREATE TABLE "rendered fields" (number INTEGER, value BLOB)')
        database.execute('INSERT INTO "rendered fields" VALUES (1, NULL), (2, ?)', [value])
        hunt.look_at_tables(lambda statement: database.execute(statement).fetchall())
    assert leaks(hunt) == ["BitoPro's secret shows in table rendered fields"]


@pytest.mark.parametrize("encrypted", [False, True], ids=["clear", "encrypted"])
def test_a_secret_in_a_triggers_arguments_is_found(hunt: Hunt, query: Query, encrypted: bool) -> None:
    fernet_key = Fernet.generate_key()
    arguments = json.dumps({"password": ACCOUNTS["nami"].secret})
    kept = Fernet(fernet_key).encrypt(arguments.encode()).decode() if encrypted else arguments
    query("CREATE TABLE trigger (classpath TEXT, kwargs TEXT)")
    query(f"INSERT INTO trigger VALUES ('x.OrderStatusTrigger', '{kept}'), ('x.Other', '{{}}')")
    assert hunt.look_at_triggers(query, fernet_key) == [arguments]
    assert leaks(hunt) == ["Nami's secret shows in trigger x.OrderStatusTrigger"]
