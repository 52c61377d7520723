"""
Copies the lines of a local file to a store, in numbered segments, beside the run that writes them.

The run never waits for it while it runs, and at its end for two seconds at most. A store that is down, slow or
hangs is left behind; the local file then stays, and has all lines. Otherwise it is deleted once the store has them.
"""

from __future__ import annotations

import logging
from threading import Event, Thread
from typing import TYPE_CHECKING

from airflow.providers.common.compat.version_compat import AIRFLOW_V_3_0_PLUS, AIRFLOW_V_3_2_PLUS

from airflow_provider_exchange.evidence import store
from airflow_provider_exchange.side_work import PATIENCE, SideLog, SideWork

if TYPE_CHECKING:
    from airflow_provider_exchange.evidence.local import LocalFile
    from airflow_provider_exchange.evidence.naming import Part

__all__ = ["Segments"]

log = SideLog(logging.getLogger(__name__))

FIRST = 1.0
"""Seconds after which the first cancel has surely left: to import what a store needs takes time that is its own."""
EVERY = 5.0
"""Seconds between two segments: what a store lacks of a process that is killed."""
LATE = AIRFLOW_V_3_0_PLUS and not AIRFLOW_V_3_2_PLUS
"""
Whether a store is opened at the end of the run only. It may ask Airflow for its connection, and in Airflow 3.0 and
3.1 two threads of a task that ask at the same time get each other's answers.
"""


class Segments:
    """
    The segments of one process.

    :param local: The file that gets the lines.
    :param where: The store's URL.
    :param part: Names the first segment.
    """

    def __init__(self, local: LocalFile, where: str, part: Part) -> None:
        self._local = local
        self._where = where
        self._part = part
        self._copied = 0
        """How many bytes of the file the store has."""
        self._store: store.Store | None = None
        self._may_begin = Event()
        self._ended = Event()
        self._done = Event()
        self._over = Event()
        """Is set once nothing more is copied, whether or not the store has it all."""
        self._is_told = False
        if not LATE:
            Thread(target=self._run, name="evidence segments", daemon=True).start()

    def begin(self) -> None:
        """Begin to copy, as the first cancel was answered."""
        self._may_begin.set()

    def end(self) -> None:
        """Let the last segment be copied once the file, which is closed, is complete."""
        self._ended.set()
        self.begin()

    def wait(self, *, patient: bool = True) -> bool:
        """
        Wait for the last segment, but not for long. Return whether the store has all lines.

        :param patient: Whether to wait at all.
        """
        self.end()
        if LATE:
            SideWork().attempt("copy the evidence to its store", self._finish)
        else:
            self._over.wait(PATIENCE * patient)
        return self._done.is_set()

    def is_over(self) -> bool:
        """Whether nothing is left to be waited for, as the store has all lines or has refused the last ones."""
        self.end()
        return self._over.is_set()

    def _run(self) -> None:
        try:
            self._copy_beside()
        finally:
            self._over.set()

    def _copy_beside(self) -> None:
        self._may_begin.wait(FIRST)
        pause = 0.0
        while True:
            is_last = self._ended.wait(pause)
            pause = EVERY
            try:
                if is_last:
                    self._finish()
                    return
                self._copy()
            except Exception as error:  # noqa: BLE001  (whatever a store raises)
                self._tell(error)
                if is_last:
                    return

    def _finish(self) -> None:
        while not self._local.ended.wait(EVERY):  # a slow disk may still lack lines
            self._copy()
        self._copy()
        self._local.path.unlink(missing_ok=True)
        self._done.set()
        self._over.set()

    def _copy(self) -> None:
        """Copy the lines that have come since the last segment, if any."""
        if self._store is None:
            self._store = store.open_store(self._where)
        if not self._local.path.exists():  # the first line is still to come
            return
        with self._local.path.open("rb") as file:
            file.seek(self._copied)
            content = file.read()
        content = content[: content.rfind(b"\n") + 1]
        if content:
            self._store.write(self._part.file, content)
            self._copied += len(content)
            self._part = self._part._replace(segment=self._part.segment + 1)

    def _tell(self, error: Exception) -> None:
        if not self._is_told:
            self._is_told = True
            log.warning(
                "Cannot copy the evidence to its store (%s); this changes nothing else", type(error).__name__
            )
