"""
Every shell block is taken by a shell, and every program in it by that program.

Airflow's commands run in this process; ``curl`` talks to a paper exchange; the
sandbox is started; what ``make`` and ``pip`` would be asked to do is looked up.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import tomllib
from typing import TYPE_CHECKING

import pytest
import requests

from tests.docs.blocks import PAGES, ROOT, Block, standalone_blocks
from tests.docs.commands import airflow_command, exchange_command
from tests.docs.shell import Command, run_script

if TYPE_CHECKING:
    from pathlib import Path

    from airflow_provider_exchange.sandbox.testing import RunningSandbox

PORT = "127.0.0.1:8700"
"""Where the pages have the paper exchange."""
MAKE_TARGETS = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


@pytest.mark.parametrize("block", standalone_blocks("bash", "console"), ids=str)
def test_commands(
    block: Block,
    sandbox: RunningSandbox,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    clean_database: None,
    capsys: pytest.CaptureFixture[str],
) -> None:
    block.require_airflow()
    monkeypatch.chdir(tmp_path)
    here = sandbox.base_url.removeprefix("http://")
    ran = run_script(block.script.replace(PORT, here), tmp_path)
    assert ran.commands or ran.connections or ran.settings
    for command in ran.commands:
        with monkeypatch.context() as patch:
            RUN[command.argv[0]](command, sandbox, patch)
    printed = capsys.readouterr().out
    if all(command.argv[0] == "airflow" for command in ran.commands):
        assert [line for line in said(block) if line not in printed] == []


def said(block: Block) -> list[str]:
    """The lines that a console shows below its commands."""
    shown = "".join(output for _, output in block.session) if block.language == "console" else ""
    return [line for line in shown.splitlines() if line]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_what_the_prose_says_to_make_can_be_made(page: Path) -> None:
    named = re.findall(r"`make ([a-z-]+)`", page.read_text())
    assert [target for target in named if target not in MAKE_TARGETS] == []


def run_make(command: Command, sandbox: RunningSandbox, patch: pytest.MonkeyPatch) -> None:
    (target,) = (word for word in command.argv[1:] if "=" not in word)
    assert target in MAKE_TARGETS


def run_pip(command: Command, sandbox: RunningSandbox, patch: pytest.MonkeyPatch) -> None:
    match command.argv[1:]:
        case ["install", requirement]:
            named = re.fullmatch(rf"(\.|{PROJECT['name']})(\[(?P<extra>[a-z]+)\])?", requirement)
            assert named, requirement
            assert named["extra"] is None or named["extra"] in PROJECT["optional-dependencies"]
        case ["uninstall", "--yes", name]:
            assert name == PROJECT["name"]
        case ["hash", path]:
            assert path == "dist/*.whl", "what make build leaves"
        case other:
            pytest.fail(f"nothing is known of pip {' '.join(other)}")


def run_python(command: Command, sandbox: RunningSandbox, patch: pytest.MonkeyPatch) -> None:
    if command.argv[1:3] == ("-m", "airflow_provider_exchange"):
        return exchange_command(*command.argv[3:])
    assert command.argv[1:3] == ("-m", "airflow_provider_exchange.sandbox")
    arguments = ["0" if each == "8700" else each for each in command.argv[1:]]
    with subprocess.Popen([sys.executable, *arguments], stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline().startswith("paper exchange on http://127.0.0.1:")
        finally:
            process.terminate()
    return None


def run_curl(command: Command, sandbox: RunningSandbox, patch: pytest.MonkeyPatch) -> None:
    parser = argparse.ArgumentParser(exit_on_error=False)
    parser.add_argument("-X", dest="method")
    parser.add_argument("-d", dest="data")
    parser.add_argument("url")
    asked = parser.parse_args(command.argv[1:])
    answer = requests.request(asked.method or "GET", asked.url, data=asked.data, timeout=5)
    assert answer.ok, answer.text


def run_airflow(command: Command, sandbox: RunningSandbox, patch: pytest.MonkeyPatch) -> None:
    for name, text in command.env.items():
        if name.startswith("AIRFLOW__"):
            patch.setenv(name, text)
    match command.argv[1:]:
        case [kind, "delete", name]:
            make_what_is_to_be_deleted(kind, name)
    airflow_command(*command.argv[1:])


def make_what_is_to_be_deleted(kind: str, name: str) -> None:
    """Make a connection or a pool, which a command is about to delete."""
    made = {"connections": ("add", name, "--conn-type", "bitopro"), "pools": ("set", name, "1", "for a key")}
    airflow_command(kind, *made[kind])


RUN = {"airflow": run_airflow, "curl": run_curl, "make": run_make, "pip": run_pip, "python": run_python}
