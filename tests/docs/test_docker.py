"""The image of the docs: its lines fit Airflow's image, this repository, and what pip takes."""

from __future__ import annotations

import re
import shutil
import tomllib
from typing import TYPE_CHECKING

from tests.docs.blocks import ROOT, blocks
from tests.docs.shell import run_script

if TYPE_CHECKING:
    from pathlib import Path

(IMAGE,) = blocks("dockerfile")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
WHEEL = "airflow_provider_exchange-1.0.0-py3-none-any.whl"


def instruction(name: str) -> str:
    """What follows an instruction, with the lines that continue it."""
    match = re.search(rf"^{name} ((?:.*\\\n)*.*)$", IMAGE.text, re.MULTILINE)
    assert match, name
    return match[1]


def test_it_is_for_the_airflow_and_a_python_that_the_tests_run_with() -> None:
    image = re.fullmatch(r"apache/airflow:(?P<airflow>[0-9.]+)-python(?P<python>3\.[0-9]+)", instruction("FROM"))
    assert image
    assert f"apache-airflow=={image['airflow']}\n" in (ROOT / "constraints.txt").read_text()
    assert f"Programming Language :: Python :: {image['python']}" in PROJECT["classifiers"]


def test_it_copies_what_a_clone_has() -> None:
    *sources, folder = instruction("COPY").split()
    assert sources == ["constraints.txt", "dist/*.whl"], "the second of them is what make build leaves"
    assert (ROOT / sources[0]).exists()
    assert folder.endswith("/")


def test_pip_is_asked_for_the_wheel_with_extras_that_there_are(tmp_path: Path) -> None:
    folder = tmp_path / "exchange"
    folder.mkdir()
    shutil.copy(ROOT / "constraints.txt", folder)
    (folder / WHEEL).touch()
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    script = instruction("RUN").replace(instruction("COPY").split()[-1].rstrip("/"), str(folder))

    (command,) = run_script(f"AIRFLOW_VERSION=3\n{script}\n", scratch).commands

    pip, install, no_cache, option, constraints, airflow, wheel = command.argv
    assert (pip, install, no_cache, option) == ("pip", "install", "--no-cache-dir", "--constraint")
    assert constraints == str(folder / "constraints.txt")
    assert airflow == "apache-airflow==3"
    path, _, extras = wheel.removesuffix("]").partition("[")
    assert path == str(folder / WHEEL)
    assert set(extras.split(",")) <= set(PROJECT["optional-dependencies"])


def test_the_page_of_extras_has_them_all() -> None:
    _, _, told = (ROOT / "docs" / "installing-from-sources.md").read_text().partition("\n## Extras\n")
    assert sorted(re.findall(r"^\| `(\w+)` \|", told, re.MULTILINE)) == sorted(PROJECT["optional-dependencies"])
