"""The private Airflow, with a shell script in the place of its commands."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from pathlib import Path

import pytest

from demo import cleanup
from demo.cleanup import DAGS, PrivateAirflow
from tests.accounts import CLEANED_UP


def prepared(home: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> bool:
    """Let the script be Airflow's command line, and prepare."""
    command = home / "airflow.sh"
    command.write_text(f"#!/bin/sh\n{script}\n")
    command.chmod(0o700)
    monkeypatch.setattr(sys, "executable", str(command))
    with Path(os.devnull).open("wb") as log:
        return asyncio.run(PrivateAirflow(home, "http://127.0.0.1:1234", log).prepare())


@pytest.mark.parametrize(("status", "succeeded"), [(0, True), (1, False)])
def test_the_status_of_a_command_tells(
    status: int, succeeded: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert prepared(tmp_path, monkeypatch, f'echo "$@" > {tmp_path}/arguments; exit {status}') is succeeded
    assert (tmp_path / "arguments").read_text() == "-m airflow db migrate\n"


def test_a_command_that_takes_too_long_has_failed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cleanup, "TIMEOUT", 0.1)
    assert prepared(tmp_path, monkeypatch, "sleep 60") is False


def test_nothing_of_the_users_airflow_is_handed_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW__DATABASE__SQL_ALCHEMY_CONN", "postgresql://production")
    monkeypatch.setenv("AIRFLOW_CONN_PRODUCTION", "{}")

    assert prepared(tmp_path, monkeypatch, f"env > {tmp_path}/environment")

    written = (tmp_path / "environment").read_text().splitlines()
    handed_on = dict(line.split("=", 1) for line in written if line.startswith("AIRFLOW"))
    hosts = {json.loads(handed_on.pop(f"AIRFLOW_CONN_{venue.upper()}_DEFAULT"))["host"] for venue in CLEANED_UP}
    assert hosts == {"http://127.0.0.1:1234"}
    assert handed_on == {
        "AIRFLOW_HOME": str(tmp_path),
        "AIRFLOW__CORE__DAGS_FOLDER": str(DAGS),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__LOGGING__COLORED_CONSOLE_LOG": "False",
    }
