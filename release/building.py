"""The distributions, built more than once: who has the source can see that they come from it."""

from __future__ import annotations

import os
import shutil
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from release.clean_copy import clean_copy, commit_time, project_urls
from release.commands import output
from release.refusal import ReleaseError

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["Distributions", "build"]

ELSEWHERE = {"TZ": "Asia/Taipei", "LC_ALL": "C"}
"""What may differ on another machine, for the second build."""


@dataclass(frozen=True, slots=True)
class Distributions:
    """
    What a package index gets.

    :param version: the package's.
    :param documentation: its address in the metadata.
    :param epoch: when the commit was made, in seconds since 1970, which is the time of every file in them.
    :param tree: what they were built from.
    :param wheel: the built distribution.
    :param source: the source distribution.
    """

    version: str
    documentation: str
    epoch: str
    tree: Path

    wheel: Path
    source: Path


def build(repository: Path, version: str, project_url: str, place: Path) -> Distributions:
    """
    Build the last commit twice, and the wheel once more from the source distribution.

    :param repository: A checkout.
    :param version: The version to release.
    :param project_url: Where the repository can be seen by all.
    :param place: An empty folder for all of it.
    :raises ReleaseError: when two builds of the same differ, or one fails.
    """
    epoch = commit_time(repository)
    trees = [place / "first", place / "second"]
    for tree in trees:
        clean_copy(repository, tree, project_url, version)
    first = _built(trees[0], place / "built", {"SOURCE_DATE_EPOCH": epoch})
    again = _built(trees[1], place / "built-again", {"SOURCE_DATE_EPOCH": epoch, **ELSEWHERE}, umask=0o077)
    _compare(first, again, "a second build of the same commit")
    shutil.unpack_archive(first[".gz"], place / "unpacked", filter="data")
    (unpacked,) = (place / "unpacked").iterdir()
    rebuilt = _built(unpacked, place / "rebuilt", {"SOURCE_DATE_EPOCH": epoch}, "--target", "wheel")
    _compare(first, rebuilt, "the one that is built from the source distribution")
    documentation = project_urls(project_url, version)["Documentation"]
    return Distributions(version, documentation, epoch, trees[0], first[".whl"], first[".gz"])


def _built(tree: Path, folder: Path, variables: dict[str, str], *options: str, umask: int = -1) -> dict[str, Path]:
    """Build, and return the files by the ends of their names."""
    command = (sys.executable, "-m", "hatchling", "build", *options)
    output(*command, "--directory", folder, cwd=tree, env={**os.environ, **variables}, umask=umask)
    return {path.suffix: path for path in folder.iterdir()}


def _compare(first: dict[str, Path], other: dict[str, Path], told: str) -> None:
    for suffix, path in other.items():
        if path.name != first[suffix].name or path.read_bytes() != first[suffix].read_bytes():
            raise ReleaseError(f"{first[suffix].name} differs from {told}")
