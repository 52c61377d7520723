"""An installation of the wheel beside Airflow, as a user would make it."""

from __future__ import annotations

import json
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.provider.forking import ForkingPython

ROOT = Path(__file__).parents[2]

LOAD_AIRFLOW = "import airflow.cli.cli_parser, airflow.cli.commands.connection_command, alembic.command"
"""What takes the commands of Airflow the most time to load."""
COMMAND = "import runpy, sys; runpy.run_module(sys.argv[0], run_name='__main__', alter_sys=True)"


def run(*arguments: str | Path, **kwargs: Any) -> subprocess.CompletedProcess[str]:
    return succeeded(
        subprocess.run(
            [str(argument) for argument in arguments], capture_output=True, text=True, check=False, **kwargs
        )
    )


def succeeded(done: subprocess.CompletedProcess[str]) -> subprocess.CompletedProcess[str]:
    assert done.returncode == 0, done.stdout + done.stderr
    return done


def private_environment(home: Path) -> dict[str, str]:
    """Return variables for an Airflow with a home of its own, which shows every warning."""
    inherited = {name: text for name, text in os.environ.items() if not name.startswith(("AIRFLOW", "PYTHON"))}
    return inherited | {
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "COLUMNS": "200",
        "PYTHONWARNINGS": "default",
    }


@dataclass(frozen=True)
class Installation:
    """
    A virtual environment that holds the wheel, and Airflow with a home of its own.

    :param path: of its interpreter.
    :param python: the interpreter, with Airflow loaded.
    :param home: of Airflow.
    """

    path: Path
    python: ForkingPython
    home: Path

    def execute(self, code: str, *argv: str) -> subprocess.CompletedProcess[str]:
        return succeeded(self.python.run(code, *argv))

    def airflow(self, *arguments: str) -> str:
        """Return what a command of Airflow prints."""
        return self.command("airflow", *arguments)

    def command(self, *arguments: str) -> str:
        """Return what ``python -m`` with these arguments prints, after a look at what it complains of."""
        done = self.execute(COMMAND, *arguments)
        assert_no_complaint(done)
        return done.stdout

    def table(self, *arguments: str) -> list[dict[str, Any]]:
        """Return a table that a command prints as JSON, whatever is logged before it."""
        printed = self.command(*arguments, "--output", "json")
        rows: list[dict[str, Any]] = json.loads(printed.strip().splitlines()[-1])
        return rows


def assert_no_complaint(done: subprocess.CompletedProcess[str]) -> None:
    """Fail when a command has complained of this package."""
    named = [line for line in done.stderr.splitlines() if "airflow_provider_exchange" in line]
    assert [line for line in named if "[info " not in line] == [], done.stderr
