"""The wheel on every Airflow and every Python that is found."""

from __future__ import annotations

import shutil
import tomllib
from typing import TYPE_CHECKING

from release.bill import write_bill
from release.environment import UnfitError, new_environment
from release.refusal import ReleaseError
from tests.matrix import OWN_PYTHONS, PYTHONS, supported, version

if TYPE_CHECKING:
    from pathlib import Path

    from release.building import Distributions

__all__ = ["say", "try_everywhere"]


def try_everywhere(built: Distributions, bill: Path, *, sliced: bool, place: Path) -> None:
    """
    Install the wheel without its extras, use it a little, and describe the newest of these environments.

    :param built: What is tried.
    :param bill: Where the bill of materials is to be.
    :param sliced: Whether the newest Airflow and one Python are enough.
    :param place: A folder for the environments.
    :raises ReleaseError: at the first that fails, and for an Airflow without any Python here.
    """
    newest_first = [*reversed(supported().values())]
    for constraints in newest_first[:1] if sliced else newest_first:
        fit = 0
        for minor in OWN_PYTHONS.filter(PYTHONS):
            if _fits(built, bill, constraints, minor, place / "environment"):
                fit += 1
                if sliced:
                    break
        if not fit:
            raise ReleaseError(f"no Python is installed here that Airflow {version(constraints)} runs on")


def _fits(built: Distributions, bill: Path, constraints: Path, minor: str, home: Path) -> bool:
    """Try one pair, and tell whether there is such a pair."""
    say(f"Installing on Airflow {version(constraints)} and Python {minor} ...")
    try:
        environment = new_environment(minor, constraints, home)
        environment.install(str(built.wheel))
        environment.look(built)
        if not bill.exists():
            environment.install(f"{built.wheel}[{','.join(_extras(built.tree))}]")
            write_bill(environment.python, built, bill)
    except UnfitError as reason:
        say(f"  left out: {reason}")
        return False
    finally:
        shutil.rmtree(home, ignore_errors=True)
    return True


def _extras(tree: Path) -> list[str]:
    project = tomllib.loads((tree / "pyproject.toml").read_text())["project"]
    return [*project["optional-dependencies"]]


def say(line: str) -> None:
    """Print a line at once."""
    print(line, flush=True)
