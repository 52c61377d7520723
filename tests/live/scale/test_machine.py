"""The rehearsal finds its programs or says what is missing, and sees what it has left behind."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from tests.live.api import PATIENCE, until
from tests.live.components import Component
from tests.live.deployment import HOME_PREFIX
from tests.live.scale import debian
from tests.live.scale.leftovers import MARK, left_over, own_temporary_folder

APT = """#!/bin/sh
{folder}/policy; echo "$? $*" >> {folder}/asked
case "$*" in install*)
    for each in initdb postgres redis-server; do : > {folder}/$each; /bin/chmod +x {folder}/$each; done
esac
"""


@pytest.fixture
def fresh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine without the programs; a folder that is all of its search path."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(debian, "POSTGRESQL", tmp_path / "versions")
    monkeypatch.setattr(debian, "POLICY", tmp_path / "policy")
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    return tmp_path


def put(folder: Path, *names: str, text: str = "") -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        (folder / name).write_text(text)
        (folder / name).chmod(0o755)


def test_what_is_missing_is_installed(fresh: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(fresh, "apt-get", text=APT.replace("{folder}", str(fresh)))
    assert debian.programs() == (fresh / "initdb", fresh / "postgres", fresh / "redis-server")
    asked = (fresh / "asked").read_text().splitlines()
    assert asked == [
        "101 update --quiet",
        "101 install --yes --no-install-recommends postgresql redis-server",
    ]
    assert not debian.POLICY.exists()


def test_what_is_there_is_not_installed(fresh: Path) -> None:
    put(fresh, "redis-server", "apt-get", text="#!/bin/sh\nexit 1\n")
    put(fresh / "versions" / "9" / "bin", "initdb", "postgres")
    put(fresh / "versions" / "15" / "bin", "initdb", "postgres")
    put(fresh / "versions" / "16" / "bin", "initdb")  # only a client's
    newest = fresh / "versions" / "15" / "bin"
    assert debian.programs() == (newest / "initdb", newest / "postgres", fresh / "redis-server")


def test_whoever_may_not_install_is_told_what_to_do(fresh: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(fresh, "redis-server", "apt-get")
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with pytest.raises(
        SystemExit, match=r"needs postgresql; only root may install .*: sudo apt-get install .* postg"
    ):
        debian.programs()


def test_a_machine_without_apt_is_told_what_is_missing(fresh: Path) -> None:
    with pytest.raises(SystemExit, match="postgresql and redis-server, and finds no apt-get"):
        debian.programs()


def test_an_installation_that_fails_ends_it(fresh: Path) -> None:
    put(fresh, "apt-get", text="#!/bin/sh\nexit 100\n")
    with pytest.raises(subprocess.CalledProcessError, match="apt-get"):
        debian.programs()
    assert not debian.POLICY.exists()


def test_the_owners_word_on_what_may_start_stays(fresh: Path) -> None:
    put(fresh, "apt-get", text=APT.replace("{folder}", str(fresh)))
    put(fresh, "policy", text="#!/bin/sh\nexit 7\n")
    debian.programs()
    assert (fresh / "asked").read_text().startswith("7 update")
    assert debian.POLICY.exists()


def test_a_process_that_is_left_behind_is_seen(tmp_path: Path) -> None:
    sleep = (sys.executable, "-c", "import time; time.sleep(99)")
    left = Component(sleep, {**os.environ, MARK: "ours"}, tmp_path / "log")
    other = Component(sleep, {**os.environ, MARK: "theirs"}, tmp_path / "other-log")
    try:
        (found,) = until(lambda: list(left_over("ours")), PATIENCE, "the process to have its environment")
        assert found.startswith(f"process {left.pid} is left: ")
    finally:
        for component in (left, other):
            component.end(0)
    assert list(left_over("ours")) == []


def test_what_the_dead_have_left_behind_is_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with own_temporary_folder() as folder:
        code = "import os, tempfile; print(tempfile.mkdtemp()); os.abort()"
        made = subprocess.run((sys.executable, "-c", code), capture_output=True, text=True, check=False).stdout
        assert Path(tempfile.mkdtemp()).parent == folder
    assert tempfile.gettempdir() == str(tmp_path)
    assert list(tmp_path.iterdir()) == [], made


def test_an_airflow_that_is_worth_a_look_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with own_temporary_folder() as folder:
        (folder / f"{HOME_PREFIX}1").mkdir()
    assert (folder / f"{HOME_PREFIX}1").exists()
