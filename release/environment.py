"""An environment that holds the wheel, as a user would make it."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from release.commands import output
from tests.matrix import interpreter, unfit, version
from tests.provider.installation import private_environment

if TYPE_CHECKING:
    from release.building import Distributions

__all__ = ["Environment", "UnfitError", "new_environment"]

LOOK = Path(__file__).with_name("look.py")


class UnfitError(Exception):
    """Raised with the reason why there is nothing to try: an Airflow is not for a Python, or that is missing."""


@dataclass(frozen=True, slots=True)
class Environment:
    """
    A virtual environment of its own, with a home for Airflow.

    :param home: the folder that holds both.
    :param constraints: the file of the versions that may be installed.
    """

    home: Path
    constraints: Path

    @property
    def python(self) -> Path:
        """Its interpreter."""
        return self.home / "venv" / "bin" / "python"

    def pip(self, *arguments: str) -> None:
        """
        Let pip do something to it. It holds none of its own, since it was to be empty.

        :param arguments: What follows ``pip`` on a command line.
        :raises ReleaseError: with what pip complained of.
        """
        command = (sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet")
        output(*command, "--python", self.python, *arguments, cwd=self.home)

    def install(self, wheel: str) -> None:
        """
        Install the wheel with what it needs, and see that all of it fits together.

        :param wheel: Its path; extras may follow in brackets.
        :raises ReleaseError: with what pip complained of.
        """
        self.pip("install", "--no-compile", "--constraint", str(self.constraints), wheel)
        self.pip("check")

    def look(self, built: Distributions) -> None:
        """
        Import all of the package, and ask Airflow for the provider.

        :param built: What is installed, whose version and, where it shows any, address Airflow has to tell.
        :raises ReleaseError: when it does not.
        """
        command = (self.python, LOOK, built.version, built.documentation)
        output(*command, cwd=self.home, env=private_environment(self.home))


def new_environment(minor: str, constraints: Path, home: Path) -> Environment:
    """
    Make an empty environment.

    :param minor: Which Python, such as ``3.11``.
    :param constraints: The file of the versions that may be installed.
    :param home: The folder to make it in.
    :raises UnfitError: when there is no such Python here, or this Airflow is not for it.
    """
    python, reason = interpreter(minor), unfit(version(constraints), minor)
    if python is None or reason is not None:
        raise UnfitError(reason)
    home.mkdir()
    output(python, "-m", "venv", "--without-pip", home / "venv", cwd=home)
    return Environment(home, constraints)
