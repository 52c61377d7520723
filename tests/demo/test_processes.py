from __future__ import annotations

import asyncio
import os
import signal
from contextlib import suppress
from pathlib import Path
from typing import IO

import psutil  # type: ignore[import-untyped]
import pytest

from airflow_provider_exchange.sandbox.demo import processes
from airflow_provider_exchange.sandbox.demo.processes import child, until_told_to_stop

STUBBORN = "trap '' TERM; sh -c 'trap \"\" TERM; echo $$; sleep 60' & echo $$; wait"
"""A shell with a child, which both do not listen, and tell their ids."""


async def ids_of(command: str, log: IO[bytes]) -> list[int]:
    """Run a shell command that prints two process ids, and leave it."""
    async with child("sh", "-c", command, log=log, piped=True) as process:
        assert process.stdout is not None
        return [int(await process.stdout.readline()) for _ in range(2)]


@pytest.mark.parametrize("command", ["sh -c 'echo $$; sleep 60' & echo $$; wait", STUBBORN])
def test_a_child_and_its_own_children_end_with_the_block(command: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "PATIENCE", 0.2)

    with Path(os.devnull).open("wb") as log:
        process_ids = asyncio.run(ids_of(command, log))

    for process_id in process_ids:
        with suppress(psutil.NoSuchProcess):
            # The grandchild is nobody's child now; whoever inherits it may still have to take note of its end.
            assert psutil.Process(process_id).wait(timeout=60) is None


def test_work_that_is_not_interrupted_gives_its_status() -> None:
    async def work() -> int:
        return 7

    assert asyncio.run(until_told_to_stop(work())) == 7


@pytest.mark.parametrize("asked", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_interrupts_the_work_but_not_its_tidying(asked: signal.Signals) -> None:
    tidied = []

    async def work() -> int:
        try:
            os.kill(os.getpid(), asked)
            await asyncio.Event().wait()
        finally:
            os.kill(os.getpid(), asked)
            await asyncio.to_thread(lambda: None)  # the second signal has its chance here
            tidied.append(True)
        return 0

    assert asyncio.run(until_told_to_stop(work())) == 128 + asked
    assert tidied == [True]


def test_work_that_cancels_itself_is_no_interruption() -> None:
    async def work() -> int:
        raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(until_told_to_stop(work()))
