"""A commit without anything else that lies in its checkout, told where its project can be found."""

from __future__ import annotations

import re
import shutil
from typing import TYPE_CHECKING

from release.commands import output

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["clean_copy", "commit_time", "project_urls"]

RELATIVE_LINK = re.compile(r"(?P<text>!?\[[^\]]*\])\((?![a-z]+:|#)(?P<path>[^)\s]+)\)")


def project_urls(project_url: str, version: str) -> dict[str, str]:
    """
    Return the addresses that the package's metadata names, with the words that package indexes know.

    Airflow links a provider's name to the one called Documentation.

    :param project_url: Of the repository, on GitHub or on a host with the same paths.
    :param version: Whose tag the addresses lead to.
    """
    return {
        "Documentation": f"{project_url}/blob/v{version}/docs/index.md",
        "Source": project_url,
        "Changelog": f"{project_url}/blob/v{version}/CHANGELOG.md",
        "Issues": f"{project_url}/issues",
        "Security": f"{project_url}/security",
    }


def commit_time(repository: Path) -> str:
    """Return when the last commit of a checkout was made, in seconds since 1970."""
    return output("git", "log", "-1", "--format=%ct", cwd=repository).strip()


def clean_copy(repository: Path, folder: Path, project_url: str, version: str) -> None:
    """
    Copy the last commit, and write the project's addresses into the copy.

    They are then part of the source distribution, from which anyone can build the same wheel.

    :param repository: A checkout.
    :param folder: Where to; it is made.
    :param project_url: Of the repository.
    :param version: Whose tag the addresses lead to.
    """
    packed = folder.with_suffix(".tar")
    output("git", "archive", "--output", packed, "HEAD", cwd=repository)
    shutil.unpack_archive(packed, folder, filter="data")
    with (folder / "pyproject.toml").open("a") as pyproject:
        pyproject.write("\n[project.urls]\n")
        pyproject.writelines(f'{name} = "{url}"\n' for name, url in project_urls(project_url, version).items())
    readme = folder / "README.md"
    readme.write_text(_with_absolute_links(readme.read_text(), project_url, version))


def _with_absolute_links(readme: str, project_url: str, version: str) -> str:
    """Name the host in every link: a package index shows the page without the files beside it."""

    def absolute(link: re.Match[str]) -> str:
        kind = "raw" if link["text"].startswith("!") else "blob"
        return f"{link['text']}({project_url}/{kind}/v{version}/{link['path']})"

    return RELATIVE_LINK.sub(absolute, readme)
