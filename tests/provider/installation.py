"""An installation of the wheel beside Airflow, as a user would make it."""

from __future__ import annotations

import json
import os
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]


def run(*arguments: str | Path, **kwargs: Any) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [str(argument) for argument in arguments], capture_output=True, text=True, check=False, **kwargs
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done


@dataclass(frozen=True)
class Installation:
    """A virtual environment that holds the wheel, and Airflow with a home of its own."""

    python: Path
    home: Path
    env: dict[str, str] = field(default_factory=dict)

    def execute(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        inherited = {name: text for name, text in os.environ.items() if not name.startswith(("AIRFLOW", "PYTHON"))}
        private = {
            "AIRFLOW_HOME": str(self.home),
            "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
            "COLUMNS": "200",
            "PYTHONWARNINGS": "default",
        }
        return run(self.python, *arguments, env=inherited | private | self.env, cwd=self.home)

    def airflow(self, *arguments: str) -> str:
        """Return what a command prints, after a look at what it complains of."""
        done = self.execute("-m", "airflow", *arguments)
        named = [line for line in done.stderr.splitlines() if "airflow_provider_exchange" in line]
        complaints = [line for line in named if "[info " not in line]
        assert complaints == [], done.stderr
        return done.stdout

    def table(self, *arguments: str) -> list[dict[str, Any]]:
        """Return a table that a command prints as JSON, whatever is logged before it."""
        printed = self.airflow(*arguments, "--output", "json")
        rows: list[dict[str, Any]] = json.loads(printed.strip().splitlines()[-1])
        return rows
