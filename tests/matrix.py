"""
Run the tests on every supported Airflow and every Python that is found, and show a table of what came of it.

Each pair gets a virtual environment of its own under ``.matrix``, made anew when its constraints change. What is
given after ``--`` goes to pytest: ``python tests/matrix.py --airflow 3.1 -- tests/hooks``.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import time
import tomllib
from collections import Counter
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from xml.etree import ElementTree as ET

from packaging.specifiers import SpecifierSet
from packaging.version import Version

ROOT = Path(__file__).resolve().parents[1]
HOME = ROOT / ".matrix"
PYTHONS = ("3.11", "3.12", "3.13", "3.14")
GROUPS = ("--group", "build", "--group", "test")
OWN_PYTHONS = SpecifierSet(tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["requires-python"])
PYTEST = (
    "-m",
    "pytest",
    "-p",
    "no:cacheprovider",
    "--numprocesses",
    str(2 * (os.cpu_count() or 1)),
    "--dist",
    "worksteal",
)


@dataclass
class Result:
    """
    What came of one pair.

    :param airflow: its version.
    :param python: its version.
    :param outcome: ``"passed"``, ``"failed"`` or ``"skipped"``.
    :param counts: tests by outcome.
    :param reasons: of the tests that were skipped, or of the pair's own skip or failure.
    """

    airflow: str
    python: str
    outcome: str
    counts: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0


class NotInstalledError(Exception):
    """Raised when an environment cannot be made."""


def version(constraints: Path) -> str:
    """Return the version of Airflow that a file of constraints is for."""
    found = re.search(r"^apache-airflow==(\S+)", constraints.read_text(), re.MULTILINE)
    assert found is not None, constraints
    return found[1]


def series(constraints: Path) -> str:
    """Return the first two parts of that version."""
    return ".".join(version(constraints).split(".")[:2])


def supported() -> dict[str, Path]:
    """Return the file of constraints of each series, the oldest first."""
    files = [*(ROOT / "constraints").glob("*.txt"), ROOT / "constraints.txt"]
    return {series(file): file for file in sorted(files, key=lambda file: Version(version(file)))}


def interpreter(minor: str) -> str | None:
    """Return the path of a Python, on the search path or among pyenv's; None when there is none that works."""
    among_pyenvs = sorted((Path.home() / ".pyenv" / "versions").glob(f"{minor}.*/bin/python"), reverse=True)
    for candidate in (shutil.which(f"python{minor}"), shutil.which("python3"), *map(str, among_pyenvs)):
        if candidate is not None and told_version(candidate) == minor:
            return candidate
    return None


def told_version(python: str) -> str:
    """Return a Python's own version, empty when it does not start."""
    asked = "import sys; print('%d.%d' % sys.version_info[:2])"
    return subprocess.run([python, "-c", asked], capture_output=True, text=True, check=False).stdout.strip()


def unfit(airflow: str, minor: str) -> str | None:
    """Return why a Python cannot be tried with an Airflow; None when it can."""
    if minor not in OWN_PYTHONS:
        return f"this package wants a Python {OWN_PYTHONS}"
    if interpreter(minor) is None:
        return f"no Python {minor} is installed"
    named = named_pythons(airflow)
    return None if minor in named else f"this Airflow is for Python {', '.join(named)}"


@cache
def named_pythons(airflow: str) -> list[str]:
    """Return the Pythons that an Airflow names. Its Requires-Python says less: it lets in those that came later."""
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet"]
    alone = ["install", "--dry-run", "--ignore-installed", "--ignore-requires-python", "--no-deps", "--report", "-"]
    command = [*pip, *alone, f"apache-airflow=={airflow}"]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    classifiers = json.loads(told)["install"][0]["metadata"]["classifier"]
    return re.findall(r"Programming Language :: Python :: (3\.\d+)", "\n".join(classifiers))


def environment(python: str, constraints: Path, place: Path) -> str:
    """
    Make an environment, unless it is there already, and return its Python.

    :raises NotInstalledError: with the reason.
    """
    inside = str(place / "bin" / "python")
    inputs = b"".join(path.read_bytes() for path in (ROOT / "pyproject.toml", constraints))
    stamp, digest = place / ".installed", hashlib.sha256(inputs).hexdigest()
    if stamp.is_file() and stamp.read_text() == digest:
        return inside
    shutil.rmtree(place, ignore_errors=True)
    subprocess.run([python, "-m", "venv", place], check=True)
    pip = [inside, "-m", "pip", "--disable-pip-version-check", "--quiet"]
    for what in (["pip"], [*GROUPS, "--editable", f"{ROOT}[ccxt,fast,redis]"]):
        install = [*pip, "install", "--constraint", str(constraints), *what]
        done = subprocess.run(install, cwd=ROOT, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise NotInstalledError(done.stderr.strip())
    stamp.write_text(digest)
    return inside


def try_pair(constraints: Path, minor: str, options: list[str]) -> Result:
    """Run the tests on one Airflow and one Python."""
    airflow = version(constraints)
    python = interpreter(minor)
    reason = unfit(airflow, minor)
    if python is None or reason is not None:
        return Result(airflow, minor, "skipped", reasons=Counter([reason or ""]))
    place = HOME / f"{airflow}-{minor}"
    began = time.monotonic()
    try:
        inside = environment(python, constraints, place)
    except NotInstalledError as error:
        return Result(airflow, minor, "failed", reasons=Counter(str(error).splitlines()[-1:]))
    report = place / "report.xml"
    report.unlink(missing_ok=True)
    with (HOME / f"{place.name}.log").open("w") as log:
        command = [inside, *PYTEST, f"--junitxml={report}", *options]
        passed = subprocess.run(command, cwd=ROOT, stdout=log, stderr=log, check=False).returncode == 0
    counts, reasons = read(report)
    seconds = time.monotonic() - began
    return Result(airflow, minor, "passed" if passed else "failed", counts, reasons, seconds)


def read(report: Path) -> tuple[Counter[str], Counter[str]]:
    """Return the numbers of tests by outcome, and the names of those that failed and why others were skipped."""
    counts: Counter[str] = Counter()
    reasons: Counter[str] = Counter()
    if not report.is_file():
        return counts, Counter(["the tests did not start"])
    for case in ET.parse(report).iter("testcase"):
        skipped = case.find("skipped")
        broken = case.find("failure") is not None or case.find("error") is not None
        counts["failed" if broken else "passed" if skipped is None else "skipped"] += 1
        if broken:
            reasons[f"FAILED {case.get('classname')}::{case.get('name')}"] += 1
        if skipped is not None:
            whole_module = re.search(r"[\"']Skipped: (.*)[\"']\)$", skipped.text or "")
            reasons[whole_module[1] if whole_module else skipped.get("message", "")] += 1
    return counts, reasons


def show(results: list[Result]) -> None:
    """Print the table, which tests failed, and why others were skipped."""
    row = "{:<8} {:<7} {:<8} {:>7} {:>7} {:>8} {:>8}"
    print("\n" + row.format("Airflow", "Python", "", "passed", "failed", "skipped", "seconds"))
    for result in results:
        numbers = [result.counts[name] for name in ("passed", "failed", "skipped")]
        print(row.format(result.airflow, result.python, result.outcome, *numbers, f"{result.seconds:.0f}"))
        for reason, count in sorted(result.reasons.items()):
            print(f"    {count:>4}  {reason}")


def main() -> int:
    """Run what was asked for; 0 when nothing failed and something ran."""
    known = supported()
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--airflow", action="append", choices=known, help="only this one; may be repeated")
    parser.add_argument("--python", action="append", choices=PYTHONS, help="only this one; may be repeated")
    parser.add_argument(
        "--one-python", action="store_true", help="for each Airflow, the first Python that it takes"
    )
    parser.add_argument("pytest", nargs="*", help="goes to pytest")
    asked = parser.parse_args()
    HOME.mkdir(exist_ok=True)
    results: list[Result] = []
    for name in asked.airflow or known:
        for minor in asked.python or PYTHONS:
            print(f"Airflow {version(known[name])} on Python {minor} ...", flush=True)
            results.append(try_pair(known[name], minor, asked.pytest))
            if asked.one_python and results[-1].outcome != "skipped":
                break
    show(results)
    outcomes = Counter(result.outcome for result in results)
    print(", ".join(f"{count} {outcome}" for outcome, count in outcomes.items()) + ", of the pairs above")
    return 0 if outcomes["passed"] and not outcomes["failed"] else 1


if __name__ == "__main__":
    sys.exit(main())
