"""Processes beside this one: the paper exchange, environments of others, and workers that take turns."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import venv
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = ["ROOT", "NotInstalledError", "Worker", "airflow_with_providers", "environment", "paper_exchange", "run"]

ROOT = Path(__file__).parents[1]
BUILT = ROOT / "build" / "benchmarks"
PYTHONPATH = {"PYTHONPATH": str(ROOT)}


class NotInstalledError(Exception):
    """Raised when pip cannot install what a candidate needs; it has said why."""


def airflow_with_providers() -> Path:
    """Return the Python of an environment that has the providers beside ours, too."""
    theirs = ("apache-airflow-providers-http", "apache-airflow-providers-dbt-cloud")
    return environment("providers", *theirs, on_top_of_ours=True)


def environment(name: str, *requirements: str, options: Sequence[str] = (), on_top_of_ours: bool = False) -> Path:
    """
    Make a virtual environment, unless an earlier run has, and return its Python.

    :param name: Of its folder below ``build/``.
    :param requirements: What pip installs.
    :param options: Of pip.
    :param on_top_of_ours: Whether it also finds what is installed where this runs, such as Airflow.
    :raises NotInstalledError: when pip cannot.
    """
    home = BUILT / name
    python = home / "bin" / "python"
    done = home / ".installed"
    if not done.exists():
        venv.create(home, with_pip=True, clear=True)
        if on_top_of_ours:
            (packages,) = home.glob("lib/python*/site-packages")
            (packages / "ours.pth").write_text(f"{sysconfig.get_path('purelib')}\n")
        command = (str(python), "-m", "pip", "install", "-qqq", "--disable-pip-version-check", "--no-compile")
        constraints = ("--constraint", str(ROOT / "constraints.txt"))
        made = subprocess.run([*command, *constraints, *options, *requirements], check=False)  # noqa: S603
        if made.returncode:
            raise NotInstalledError(f"pip could not install {', '.join(requirements)}")
        done.touch()
    return python


def run(python: Path | str, *arguments: str, env: dict[str, str] | None = None) -> str:
    """Run Python to its end and return the last line that it printed."""
    command = [str(python), *arguments]
    done = subprocess.run(  # noqa: S603
        command, env={**os.environ, **PYTHONPATH, **(env or {})}, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise RuntimeError(done.stderr[-2000:])
    return done.stdout.strip().splitlines()[-1]


class Worker:
    """
    A process that does so many of something whenever it is asked to, and tells how long that took.

    :param python: Which one.
    :param script: Of ``benchmarks/workers``; it reads numbers and prints seconds, line by line.
    :param arguments: Of the script.
    """

    def __init__(self, python: Path | str, script: str, *arguments: str, env: dict[str, str] | None = None) -> None:
        self._process = subprocess.Popen(  # noqa: S603
            [str(python), str(ROOT / "benchmarks" / "workers" / script), *arguments],
            env={**os.environ, **PYTHONPATH, **(env or {})},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def __call__(self, count: int) -> float:
        """Do so many; return the seconds of one."""
        pipe_in, pipe_out = self._process.stdin, self._process.stdout
        assert pipe_in is not None  # noqa: S101
        assert pipe_out is not None  # noqa: S101
        pipe_in.write(f"{count}\n")
        pipe_in.flush()
        while (answer := pipe_out.readline()) and not answer.startswith("seconds "):
            pass
        if not answer:
            raise RuntimeError(f"a worker ended with {self._process.wait()}")
        return float(answer.split()[1]) / count

    def close(self) -> None:
        """End it."""
        self._process.kill()
        self._process.communicate()


@contextmanager
def paper_exchange(**options: Any) -> Iterator[str]:
    """
    Run the paper exchange in a process of its own, and yield where it listens.

    :param options: Of its command line, such as ``latency=0.05``.
    """
    given = [f"--{name.replace('_', '-')}={value}" for name, value in options.items()]
    process = subprocess.Popen(  # noqa: S603
        [sys.executable, "-m", "airflow_provider_exchange.sandbox", "--port=0", *given],
        env={**os.environ, **PYTHONPATH},
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None  # noqa: S101
        yield process.stdout.readline().split()[-1]
    finally:
        process.terminate()
        process.communicate()
