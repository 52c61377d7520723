"""
Runs a shell block with its programs replaced by a recorder.

The shell does what a shell does, such as quoting and exporting. Which programs it would have started, with which
arguments, and what it exported, is there to be looked at and acted upon. A program that is not replaced is not
found.
"""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

__all__ = ["Command", "Ran", "run_script"]

PROGRAMS = ("airflow", "curl", "make", "pip", "python")

RECORDER = """
import json, os, sys
with open(os.environ["RECORD"], "a") as record:
    record.write(json.dumps({"argv": sys.argv[1:], "env": dict(os.environ)}) + chr(10))
"""


@dataclass(frozen=True)
class Command:
    """
    A program that would have been started.

    :param argv: its name and its arguments.
    :param env: its environment.
    """

    argv: tuple[str, ...]
    env: Mapping[str, str]

    def __str__(self) -> str:
        return shlex.join(self.argv)


@dataclass(frozen=True)
class Ran:
    """
    What a script did.

    :param commands: the programs, in order.
    :param connections: the Airflow connections that it exported, by id.
    :param settings: the settings of Airflow that it exported, by their variable.
    """

    commands: list[Command]
    connections: dict[str, str]
    settings: dict[str, str]


def run_script(script: str, scratch: Path) -> Ran:
    """
    Run a script.

    :param script: its commands.
    :param scratch: an empty directory.
    """
    record, recorder = scratch / "record", scratch / "recorder.py"
    record.touch()
    recorder.write_text(RECORDER)
    start = shlex.join([sys.executable, str(recorder)])
    functions = [f'{program}() {{ {start} {program} "$@"; }}' for program in PROGRAMS]
    inherited = {name: text for name, text in os.environ.items() if not name.startswith(("AIRFLOW", "COV"))}
    done = subprocess.run(
        ["/bin/bash", "-eu", "-o", "pipefail", "-c", "\n".join([*functions, script, f"{start} end"])],
        env=inherited | {"RECORD": str(record), "PATH": str(scratch)},
        cwd=scratch,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    lines = [json.loads(line) for line in record.read_text().splitlines()]
    *commands, end = [Command(tuple(line["argv"]), line["env"]) for line in lines]
    prefix = "AIRFLOW_CONN_"
    return Ran(
        commands=commands,
        connections={
            name.removeprefix(prefix).lower(): text for name, text in end.env.items() if name.startswith(prefix)
        },
        settings={name: text for name, text in end.env.items() if name.startswith("AIRFLOW__")},
    )
