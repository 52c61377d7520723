"""An event loop on a clock that moves on by itself when nothing but time is waited for."""

from __future__ import annotations

import asyncio
import selectors
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar, TypeVarTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from concurrent.futures import Executor

    from tests.accounts import SkippingClock

__all__ = ["SkippingLoop"]

T = TypeVar("T")
Ts = TypeVarTuple("Ts")


class SkippingLoop(asyncio.SelectorEventLoop):
    """
    Waits in real time for threads and for answers, and skips the rest.

    :param clock: tells its time, and is moved on.
    """

    def __init__(self, clock: SkippingClock) -> None:
        self._clock = clock
        self._under_way = 0
        super().__init__(_SkippingSelector(self))

    def time(self) -> float:
        return self._clock.monotonic()

    @property
    def may_skip(self) -> bool:
        return not self._under_way

    def skip(self, seconds: float) -> None:
        self._clock.skipped += seconds

    @contextmanager
    def busy(self) -> Iterator[None]:
        """Something is under way that takes the time it takes."""
        self._under_way += 1
        try:
            yield
        finally:
            self._under_way -= 1

    def run_in_executor(self, executor: Executor | None, func: Callable[[*Ts], T], *args: *Ts) -> asyncio.Future[T]:
        future = super().run_in_executor(executor, func, *args)
        self._under_way += 1
        future.add_done_callback(self._returned)
        return future

    async def shutdown_default_executor(self, *args: Any, **kwargs: Any) -> None:
        with self.busy():  # since Python 3.12 a timer runs against the threads' end
            await super().shutdown_default_executor(*args, **kwargs)

    def _returned(self, _: object) -> None:
        self._under_way -= 1


class _SkippingSelector(selectors.DefaultSelector):  # type: ignore[valid-type, misc, unused-ignore]
    def __init__(self, loop: SkippingLoop) -> None:
        super().__init__()
        self._loop = loop

    def select(self, timeout: float | None = None) -> list[Any]:
        if timeout and self._loop.may_skip:
            ready: list[Any] = super().select(0)
            if not ready:
                self._loop.skip(timeout)
            return ready
        waited: list[Any] = super().select(timeout)
        return waited
