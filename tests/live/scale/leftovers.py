"""The end of the rehearsal: it removes its folder, and looks whether a process is left."""

from __future__ import annotations

import os
import secrets
import shutil
import tempfile
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import psutil  # type: ignore[import-untyped]

from tests.live.deployment import HOME_PREFIX

if TYPE_CHECKING:
    from collections.abc import Iterator

MARK = "EXCHANGE_SCALE"
"""A variable in the environment of each process that the rehearsal starts, and in no other's."""


def mark() -> str:
    """Mark whatever is started from now on. Returns the mark."""
    os.environ[MARK] = token = secrets.token_hex(8)
    return token


def left_over(token: str) -> Iterator[str]:
    """
    Tell which processes with the mark are there beside ourselves.

    :param token: the mark.
    """
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            if process.pid != os.getpid() and process.environ().get(MARK) == token:
                yield f"process {process.pid} is left: {' '.join(process.cmdline())[:200]}"


@contextmanager
def own_temporary_folder() -> Iterator[Path]:
    """
    Let every temporary folder be made in this one, also by what is started: what is killed leaves its own behind.

    It is removed in the end, unless an Airflow in it is worth a look.
    """
    before = {"tempdir": tempfile.tempdir, "TMPDIR": os.environ.get("TMPDIR")}
    folder = Path(tempfile.mkdtemp(prefix="exchange-scale-"))
    folder.chmod(0o711)  # PostgreSQL's user has to get through
    tempfile.tempdir = os.environ["TMPDIR"] = str(folder)
    try:
        yield folder
    finally:
        tempfile.tempdir = before["tempdir"]
        if before["TMPDIR"] is None:
            del os.environ["TMPDIR"]
        else:
            os.environ["TMPDIR"] = before["TMPDIR"]
        if not any(folder.glob(f"{HOME_PREFIX}*")):
            shutil.rmtree(folder)
