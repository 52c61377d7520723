"""Small repositories, which differ from this one in the size of the package alone."""

from __future__ import annotations

import shutil
from pathlib import Path

from release.commands import output

ROOT = Path(__file__).parents[2]
VERSION = "1.2.3"
URL = "https://host.example/org/name"
CHANGELOG = f"""# Changelog

## [Unreleased]

## [{VERSION}] - 2026-02-28

- Something changed.

## [1.2.2]
"""


def make_repository(folder: Path) -> None:
    """Make one that is ready to be released."""
    for name in ("pyproject.toml", "README.md", "LICENSE", ".gitignore"):
        shutil.copy(ROOT / name, folder)
    package = folder / "airflow_provider_exchange"
    package.mkdir()
    (package / "__init__.py").write_text(f'"""The package."""\n\n__version__ = "{VERSION}"\n')
    (folder / "CHANGELOG.md").write_text(CHANGELOG)
    output("git", "init", "--quiet", cwd=folder)
    commit(folder)


def commit(repository: Path) -> None:
    """Commit all that is there."""
    output("git", "add", "--all", cwd=repository)
    named = ("-c", "user.name=Somebody", "-c", "user.email=somebody@example.com")
    commit = ("commit", "--quiet", "--no-gpg-sign", "--no-verify", "--message", "A change")
    output("git", *named, *commit, cwd=repository)
