"""
A file on this machine, to which lines are added as they come.

A line has been handed to the system when :meth:`LocalFile.append` returns: the process may be killed then, but
the machine may not lose its power. A disk that is slow or hangs, as one in a network may, is waited for only a
moment in all, not a moment for each line. What is due to it then is written beside the run.
"""

from __future__ import annotations

import os
import time
from queue import SimpleQueue
from threading import Event, Lock, Thread
from typing import TYPE_CHECKING
from weakref import WeakValueDictionary

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["LocalFile"]

PATIENCE = 0.5
"""Seconds for which a process waits for one folder, whatever the number of lines and of accounts."""
SHARE = 0.1
"""Of the time that goes by, what it may wait in addition: a disk that does its work is never waited for as long."""


class _Patience:
    """What is left of the time for which one folder is waited for."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._waited = 0.0
        self._since = time.monotonic()

    def wait(self, written: Event) -> bool:
        """Wait for a line as long as there is time left. Return whether it is written."""
        with self._lock:
            began = time.monotonic()
            self._waited = max(0.0, self._waited - SHARE * (began - self._since))
            self._since = began
            left = PATIENCE - self._waited
        if left <= 0:
            return written.is_set()
        is_written = written.wait(left)
        with self._lock:
            self._waited += time.monotonic() - began
        return is_written


_by_folder: WeakValueDictionary[Path, _Patience] = WeakValueDictionary()
"""Those of all files that are open."""
_by_folder_lock = Lock()


def _patience_with(folder: Path) -> _Patience:
    with _by_folder_lock:
        found = _by_folder.get(folder)
        if found is None:
            found = _by_folder[folder] = _Patience()
        return found


class LocalFile:
    """
    One file, which must not exist yet.

    :param path: Where it is to be; its folder is made.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.error: Exception | None = None
        """Why lines were not written; None as long as they were."""
        self.ended = Event()
        """Is set once nothing more is written, after :meth:`close`."""
        self._patience = _patience_with(path.parent)
        self._late: Event | None = None
        """Is set once the line is written that took too long."""
        self._work: SimpleQueue[tuple[bytes, Event] | None] = SimpleQueue()
        Thread(target=self._write, name="evidence", daemon=True).start()

    def append(self, line: bytes) -> None:
        """
        Add a line, and wait until it is written, but not for long.

        :raises Exception: why an earlier line could not be written.
        """
        if self.error is not None:
            raise self.error
        written = Event()
        self._work.put((line, written))
        if self._late is not None and not self._late.is_set():
            return
        self._late = None if self._patience.wait(written) else written
        if self.error is not None:
            raise self.error

    def close(self) -> None:
        """Close the file once all lines are written; this waits for nothing."""
        self._work.put(None)

    def has_all(self, within: float) -> bool:
        """
        Whether all lines are written, once the file is closed.

        :param within: Seconds to wait for that.
        """
        return self.ended.wait(within) and self.error is None

    def _write(self) -> None:
        file = None
        while (work := self._work.get()) is not None:
            line, written = work
            try:
                if self.error is None:
                    file = self._opened() if file is None else file
                    while line:
                        line = line[os.write(file, line) :]
            except Exception as error:  # noqa: BLE001  (whatever a file system raises, the run is told)
                self.error = error
            finally:
                written.set()
        if file is not None:
            os.close(file)
        self.ended.set()

    def _opened(self) -> int:
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        return os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_EXCL, 0o640)
