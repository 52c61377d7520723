"""
Runs what surrounds a result (links, records, masks, log lines), so that it cannot change the result.

It may fail or hang. Then the work that it surrounds goes on without it, at most ``PATIENCE`` seconds later. Nothing
can end a call that hangs: it is left behind in its thread, and keeps what it uses. Airflow's channel from a task to
its supervisor, for example, carries one call at a time, and the task's own last message has to wait for a call that
was left behind. So whatever uses this channel belongs after the cancels.
"""

from __future__ import annotations

import asyncio
import logging
from contextvars import copy_context
from threading import Thread
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from airflow_provider_exchange.errors import Stopped

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

T = TypeVar("T")

PATIENCE = 2.0
"""Seconds that one piece of side work is waited for."""
AIRFLOW = "Airflow"
LOG = "the log"
SESSION = "the HTTP session"

_left_behind: dict[str, Thread] = {}
"""By what they use: the threads whose work hangs, until it ends. More of it could only wait behind them."""


class SideWork:
    """The side work of one task or call. What fails in it is logged once, however often it is tried."""

    def __init__(self) -> None:
        self._told: set[str] = set()

    def attempt(
        self, what: str, work: Callable[[], T], *, uses: str = AIRFLOW, patience: float | None = None
    ) -> T | None:
        """
        Return what some work returns, or None if it fails or hangs.

        :param what: What it does, to complete "Cannot ...".
        :param uses: What it occupies while it runs.
        :param patience: Seconds that it is waited for; None for ``PATIENCE``.
        :raises BaseException: what is no ``Exception``, such as a timeout of the task, and ``Stopped``.
        """
        trouble = "an earlier call hangs"
        if not _is_occupied(uses):
            patience = PATIENCE if patience is None else patience
            attempt = _Attempt(work)
            if attempt.ends_in_time(uses, patience):
                if attempt.error is None:
                    return attempt.result
                if isinstance(attempt.error, Stopped) or not isinstance(attempt.error, Exception):
                    raise attempt.error
                trouble = type(attempt.error).__name__
            else:
                trouble = f"not done after {patience:g} s"
        self._tell(what, trouble)
        return None

    async def attempt_async(self, what: str, work: Awaitable[object]) -> None:
        """Await some work like :meth:`attempt`, on an event loop."""
        try:
            async with asyncio.timeout(PATIENCE):
                await work
        except Stopped:
            raise
        except Exception as error:  # noqa: BLE001  (this is what side work may do)
            self._tell(what, type(error).__name__)

    def _tell(self, what: str, trouble: str) -> None:
        if what not in self._told:
            self._told.add(what)
            log.warning("Cannot %s (%s); this changes nothing else", what, trouble)


class SideLog:
    """
    A logger whose lines are side work: one that cannot be written is left out.

    :param log: Airflow's objects have one of structlog, or of the standard library.
    """

    def __init__(self, log: Any) -> None:
        self._log = log

    def info(self, text: str, *values: object) -> None:
        """Write a line at this level."""
        self._write(logging.INFO, text, values)

    def warning(self, text: str, *values: object) -> None:
        """Write a line at this level."""
        self._write(logging.WARNING, text, values)

    def error(self, text: str, *values: object) -> None:
        """Write a line at this level."""
        self._write(logging.ERROR, text, values)

    def _write(self, level: int, text: str, values: tuple[object, ...]) -> None:
        if not isinstance(self._log, logging.Logger):
            tell(lambda: self._log.log(level, text, *values))
        elif self._log.isEnabledFor(level):
            # The thread that writes it does not know where it comes from.
            file, line, function, _ = self._log.findCaller(stacklevel=3)
            record = self._log.makeRecord(self._log.name, level, file, line, text, values, None, function)
            tell(lambda: self._log.handle(record))


def tell(write: Callable[[], object]) -> None:
    """
    Write to a log, unless that fails or hangs.

    :param write: It formats and writes.
    """
    if not _is_occupied(LOG):
        attempt = _Attempt(write)
        if attempt.ends_in_time(LOG, PATIENCE) and not isinstance(attempt.error, Exception | None):
            raise attempt.error


def let_pass(what: str) -> None:
    """
    Wait for what was left behind, ``PATIENCE`` seconds at most: it may only be slow.

    :param what: What it uses.
    """
    if (thread := _left_behind.get(what)) is not None:
        thread.join(PATIENCE)


log = SideLog(logging.getLogger(__name__))


class _Attempt(Generic[T]):
    """One run of some work in a thread of its own, as nothing else can be given up on."""

    error: BaseException | None = None
    result: T

    def __init__(self, work: Callable[[], T]) -> None:
        self._work = work

    def ends_in_time(self, uses: str, patience: float) -> bool:
        thread = Thread(target=copy_context().run, args=(self._run,), name=f"side work with {uses}", daemon=True)
        try:
            thread.start()
        except RuntimeError as error:  # no more threads, or the process is ending
            self.error = error
            return True
        thread.join(patience)
        if thread.is_alive():
            _left_behind[uses] = thread
            return False
        return True

    def _run(self) -> None:
        try:
            self.result = self._work()
        except BaseException as error:  # noqa: BLE001  (who waits for it decides)
            self.error = error


def _is_occupied(what: str) -> bool:
    thread = _left_behind.get(what)
    if thread is None:
        return False
    if thread.is_alive():
        return True
    _left_behind.pop(what, None)
    return False
