"""Other programs, whose failure ends a release."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

from release.refusal import ReleaseError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["output"]


def output(*command: str | Path, cwd: Path, env: Mapping[str, str] | None = None, umask: int = -1) -> str:
    """
    Run a program and return what it prints.

    :param command: The program and its arguments.
    :param cwd: Where it runs.
    :param env: All its environment variables; by default those of this process.
    :param umask: The permissions that its files do not get; by default as in this process.
    :raises ReleaseError: with what it complained of.
    """
    words = [str(word) for word in command]
    done = subprocess.run(  # noqa: S603  our own commands, without a shell
        words, cwd=cwd, env=env, umask=umask, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        complaint = (done.stderr or done.stdout).strip()
        raise ReleaseError(f"{Path(words[0]).name} {' '.join(words[1:])} failed:\n{complaint}")
    return done.stdout
