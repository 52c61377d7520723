"""Child processes that end with the demonstration, however it ends."""

from __future__ import annotations

import asyncio
import os
import signal
from contextlib import asynccontextmanager, suppress
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from asyncio.subprocess import Process
    from collections.abc import AsyncIterator, Coroutine, Mapping
    from typing import Any

__all__ = ["child", "until_told_to_stop"]

PATIENCE = 3.0
"""Seconds between SIGTERM and SIGKILL."""


@asynccontextmanager
async def child(
    *command: str, log: IO[bytes], env: Mapping[str, str] | None = None, piped: bool = False
) -> AsyncIterator[Process]:
    """
    Run a command, and end it and all its descendants on exit.

    The command runs in its own session: a Ctrl-C in the terminal only reaches the demonstration, which cleans up.

    :param command: The program and its arguments.
    :param log: Where its output goes.
    :param env: Its environment; this process's when None.
    :param piped: Whether its standard output goes to a pipe instead.
    """
    process = await asyncio.create_subprocess_exec(
        *command,
        env=env,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE if piped else log,
        stderr=log,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        for signal_number in (signal.SIGTERM, signal.SIGKILL):
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal_number)
            with suppress(TimeoutError):
                await asyncio.wait_for(process.wait(), PATIENCE)


async def until_told_to_stop(work: Coroutine[Any, Any, int]) -> int:
    """
    Run a coroutine until it ends, or cancel it on SIGINT, SIGTERM or SIGHUP and wait until it has cleaned up.

    :return: Its exit status, or 128 plus the signal's number.
    """
    task = asyncio.ensure_future(work)
    received: list[int] = []

    def stop(signal_number: int) -> None:
        if not received:  # a second signal must not interrupt the clean-up
            task.cancel()
        received.append(signal_number)

    for signal_number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(signal_number, stop, signal_number)
    try:
        return await task
    except asyncio.CancelledError:
        if not received:
            raise
        return 128 + received[0]
