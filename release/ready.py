"""What must hold before anything is built."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from packaging.version import InvalidVersion, Version

from release.changelog import is_dated, unreleased
from release.commands import output
from release.refusal import ReleaseError

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["check_ready"]

INIT = "airflow_provider_exchange/__init__.py"
REPOSITORY_URL = re.compile(r"https://[^\s/@?#]+(/[^\s/@?#]+)+")
"""An address without a password, a query, or a slash at its end."""


def check_ready(repository: Path, version: str, project_url: str) -> None:
    """
    Refuse a release that would not be what its maintainer thinks it is.

    :param repository: A checkout.
    :param version: The version to release.
    :param project_url: Where the repository can be seen by all.
    :raises ReleaseError: at the first thing that is wrong.
    """
    _check_version(version, (repository / INIT).read_text())
    _check_project_url(project_url)
    _check_changelog(version, (repository / "CHANGELOG.md").read_text())
    _check_tree(repository)


def _check_version(version: str, init: str) -> None:
    if not version:
        raise ReleaseError("no version was named; say VERSION=1.2.3")
    try:
        parsed = Version(version)
    except InvalidVersion:
        raise ReleaseError(f"{version!r} is no version by PEP 440, such as 1.2.3 or 1.2.3rc1") from None
    if parsed.local or version != str(parsed):
        raise ReleaseError(f"{version!r} is not how PEP 440 writes a version to be published; say {parsed.public}")
    written = re.search(r'^__version__ = "(.+)"$', init, re.MULTILINE)
    if written is None or written[1] != version:
        told = written[1] if written else "none"
        raise ReleaseError(f"the version in {INIT} is {told}, not {version}; change one of the two")


def _check_project_url(project_url: str) -> None:
    if not project_url:
        raise ReleaseError("nobody could find the project; say PROJECT_URL=https://github.com/org/name")
    if not REPOSITORY_URL.fullmatch(project_url):
        raise ReleaseError("PROJECT_URL is not a repository's address in the form https://github.com/org/name")


def _check_changelog(version: str, changelog: str) -> None:
    if unreleased(changelog):
        raise ReleaseError(
            "CHANGELOG.md has entries under Unreleased; "
            f"move them to a section '## [{version}] - YYYY-MM-DD' with the day of the release"
        )
    if not is_dated(changelog, version):
        raise ReleaseError(
            f"CHANGELOG.md has no section '## [{version}] - YYYY-MM-DD'; "
            "write one, with the day of the release, that says what changes for a user"
        )


def _check_tree(repository: Path) -> None:
    changed = output("git", "status", "--porcelain", cwd=repository).splitlines()
    if changed:
        raise ReleaseError(
            f"{len(changed)} files are not as in the last commit, {changed[0][3:]} among them; "
            "commit them, ignore them or take them away"
        )
