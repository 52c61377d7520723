"""
Steps the coroutines of somebody else's client library as an operation, without an event loop.

A coroutine that awaits :class:`Awaited` hands a step of ours to whoever steps it, and gets its result back. So a
library whose I/O is replaced by that goes through a plan like any operation of our own: one request at a time, from
whichever thread. What cannot be carried out so ends in an error that says what it was. The library is never trusted
with an error: it is closed, and the error goes on to whoever asked.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from contextvars import ContextVar
from dataclasses import dataclass
from inspect import CORO_CLOSED, getcoroutinestate
from typing import TYPE_CHECKING, Any, TypeVar

from airflow_provider_exchange.errors import PermanentError, UnreadableResponseError
from airflow_provider_exchange.protocol.steps import Call, Pause

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine, Generator

    from airflow_provider_exchange.errors import ExchangeError
    from airflow_provider_exchange.protocol.steps import Operation, Step

__all__ = ["Asyncio", "Awaited", "stepped"]

T = TypeVar("T")

MOST_CLOSED = 100

_needed_a_loop: ContextVar[list[str] | None] = ContextVar("_needed_a_loop", default=None)
"""What the coroutine that is being stepped in this thread wanted of asyncio in vain; None while none is."""


@dataclass(frozen=True, slots=True)
class Awaited:
    """
    Something to await: a step, for whoever steps the coroutine.

    :param step: What to do; its result is what the coroutine is resumed with.
    """

    step: Step

    def __await__(self) -> Generator[Step, Any, Any]:
        return (yield self.step)


def stepped(
    coroutine: Coroutine[Any, Any, T],
    is_permitted: Callable[[Call[Any]], bool],
    explain: Callable[[Exception], ExchangeError],
) -> Operation[T]:
    """
    Run a coroutine of the library as an operation.

    :param coroutine: What to run; it is closed in any case.
    :param is_permitted: Asked before each call. One that changes something is made once at the most, even so.
    :param explain: Turns an exception of the library's own into one of ours that holds no word of it.
    """
    answer: Any = None
    changed = False
    try:
        while True:
            try:
                step = _advance(coroutine, answer)
            except StopIteration as done:
                result: T = done.value
                return result
            if isinstance(step, Exception):
                raise step if isinstance(step, PermanentError) else explain(step)
            if isinstance(step, Call) and not is_permitted(step):
                raise PermanentError("the client library wanted to send a request that was not asked of it")
            if isinstance(step, Call) and step.mutating:
                if changed:
                    raise UnreadableResponseError("the client library did not take the answer and wanted to repeat")
                changed = True
            answer = yield step
    finally:
        _close(coroutine)


def _close(coroutine: Coroutine[Any, Any, Any]) -> None:
    """End a coroutine. One that takes its end for an error, and tries again, is told as often as it tries."""
    for _ in range(MOST_CLOSED):
        with suppress(Exception):
            coroutine.close()
        if getcoroutinestate(coroutine) == CORO_CLOSED:
            return


def _advance(coroutine: Coroutine[Any, Any, Any], answer: Any) -> Call[Any] | Pause | Exception:
    """
    Go on to what the coroutine awaits next, or return what it failed with.

    An error is returned and not raised, so that the one raised for it does not carry it along.
    """
    wanted: list[str] = []
    token = _needed_a_loop.set(wanted)
    try:
        awaited = coroutine.send(answer)
    except StopIteration:
        if not wanted:
            raise
        awaited = None
    except Exception as error:  # noqa: BLE001  (whatever the library raises is the library's)
        awaited = error
    finally:
        _needed_a_loop.reset(token)
    if wanted:  # even if the library made light of it
        return PermanentError(f"the client library needs {wanted[0]}, which takes an event loop")
    if isinstance(awaited, Call | Pause | Exception):
        return awaited
    return PermanentError(f"the client library awaits a {type(awaited).__name__}, which takes an event loop")


class Asyncio:
    """
    What a library finds under the name of ``asyncio``.

    While a coroutine is stepped, whatever would need an event loop is replaced, or refused. At any other time, as
    when somebody else in the process uses the library on a loop, it is ``asyncio`` itself.
    """

    def __getattr__(self, name: str) -> Any:
        found = getattr(asyncio, name)
        wanted = _needed_a_loop.get()
        if wanted is None or (isinstance(found, type) and issubclass(found, BaseException)):
            return found
        if name in _STAND_INS:
            return _STAND_INS[name]
        wanted.append(f"asyncio.{name}")
        raise RuntimeError(f"there is no event loop for asyncio.{name}")


async def _one_after_the_other(*awaitables: Awaitable[Any], return_exceptions: bool = False) -> list[Any]:
    """Stand in for ``asyncio.gather``."""
    results: list[Any] = []
    try:
        for awaitable in awaitables:
            try:
                results.append(await awaitable)
            except Exception as error:
                if not return_exceptions:
                    raise
                results.append(error)
    finally:
        for left in awaitables[len(results) :]:
            if asyncio.iscoroutine(left):
                left.close()
    return results


async def _pause(delay: float, result: Any = None) -> Any:
    """Stand in for ``asyncio.sleep``."""
    await Awaited(Pause(delay))
    return result


_STAND_INS = {"gather": _one_after_the_other, "sleep": _pause}
