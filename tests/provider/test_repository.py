"""The repository names no package registry's host and no path of the machine that it was written on."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

FOREIGN = [
    "py" + "pi.org",
    "python" + "hosted.org",
    "npm" + "js.org",
    "deb." + "debian.org",
    "proxy." + "golang.org",
    "crates" + ".io",
    "/opt/" + "pypi",
    "/opt/" + "wheels",
    "/wo" + "rk/",
    "../sha" + "red",
    "." + "library/",
    "/ro" + "ot/",
    "/tmp" + "/",
]
"""Written in pieces, so that this file does not hold what it looks for."""


def tracked_files() -> list[Path]:
    if not (ROOT / ".git").exists():
        pytest.skip("not a checkout: a source distribution holds only what a checkout tracks")
    listed = subprocess.run(
        ["git", "ls-files", "-z"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    paths = (ROOT / name for name in listed.stdout.decode().split("\0") if name)
    return [path for path in paths if path.is_file()]


def foreign_words(content: bytes) -> list[str]:
    return [word for word in FOREIGN if word.encode() in content.lower()]


def test_no_file_names_a_registry_or_a_foreign_path() -> None:
    files = tracked_files()
    assert ROOT / "pyproject.toml" in files
    found = {str(path.relative_to(ROOT)): words for path in files if (words := foreign_words(path.read_bytes()))}
    assert found == {}


@pytest.mark.parametrize("word", FOREIGN)
def test_the_search_finds_what_it_looks_for(word: str) -> None:
    assert foreign_words(f"see https://{word}".encode()) == [word]


@pytest.mark.parametrize(
    "constraints", [ROOT / "constraints.txt", *(ROOT / "constraints").glob("*.txt")], ids=lambda path: path.name
)
def test_constraints_are_pins_and_nothing_else(constraints: Path) -> None:
    lines = constraints.read_text().splitlines()
    assert len(lines) > 100
    assert [line for line in lines if "==" not in line or "://" in line or "--" in line] == []
