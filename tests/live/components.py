"""Long-running processes that can be ended with everything they have started."""

from __future__ import annotations

import os
import signal
import subprocess
from contextlib import suppress
from typing import TYPE_CHECKING

import psutil  # type: ignore[import-untyped]

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

TAIL = 30
"""Lines of a log that are worth showing."""


class Component:
    """
    A process in a session of its own.

    Whatever it starts stays in that session, also what moves to another process group or loses its parent, as
    the tasks of Airflow do. And a Ctrl-C in the terminal reaches us alone, who then tidy up.

    :param command: the program and its arguments.
    :param env: its whole environment.
    :param log: where its output goes, after what is there already.
    :param user: whose process it is, where that is not ours; root alone may choose.
    """

    def __init__(self, command: Sequence[str], env: Mapping[str, str], log: Path, user: str | None = None) -> None:
        self.log = log
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                command,
                env=env,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                user=user,
                extra_groups=None if user is None else [],
            )

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def exit_code(self) -> int | None:
        """None while it runs."""
        return self._process.poll()

    def session(self) -> list[int]:
        """The processes of its session that are alive, itself among them."""
        return [pid for pid in psutil.pids() if _session_of(pid) == self.pid and is_running(pid)]

    def ask_to_end(self) -> None:
        with suppress(ProcessLookupError):
            self._process.terminate()

    def end(self, patience: float) -> None:
        """
        End it and all of its session.

        :param patience: seconds for it to end by itself.
        """
        try:
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(patience)
        finally:
            while running := self.session():
                for pid in running:
                    kill(pid)
            self._process.wait()

    def tail(self) -> str:
        """The last lines of its log."""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-TAIL:])


def is_running(pid: int) -> bool:
    """Whether there is such a process, and it has not ended: nobody may have asked yet how."""
    try:
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def kill(pid: int) -> None:
    """End a process as the kernel does when memory runs out."""
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


def _session_of(pid: int) -> int | None:
    try:
        return os.getsid(pid)
    except (ProcessLookupError, PermissionError):
        return None
