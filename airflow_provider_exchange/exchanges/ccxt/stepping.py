"""
Steps ccxt's coroutines as an operation, without an event loop.

A coroutine whose I/O is replaced by something that it awaits hands each request to whoever steps it, and gets the
answer back. So it goes through a plan like any operation of our own: one request at a time, from whichever thread.
What cannot be carried out so ends in an error that says what it was. ccxt is never trusted with an error: it is
closed, and the error goes on to whoever asked.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from contextvars import ContextVar
from dataclasses import dataclass
from decimal import localcontext
from inspect import CORO_CLOSED, getcoroutinestate
from typing import TYPE_CHECKING, Any

from airflow_provider_exchange.errors import PermanentError
from airflow_provider_exchange.protocol.steps import Pause

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine, Generator

    from airflow_provider_exchange.errors import ExchangeError
    from airflow_provider_exchange.protocol.steps import Call, Operation

__all__ = ["Asyncio", "stepped"]

MOST_CLOSED = 100

_needed_a_loop: ContextVar[list[str] | None] = ContextVar("_needed_a_loop", default=None)
"""What the coroutine that is being stepped in this thread wanted of asyncio in vain; None while none is."""


@dataclass(frozen=True, slots=True)
class _Slept:
    """What stands for a pause."""

    seconds: float

    def __await__(self) -> Generator[_Slept, Any, Any]:
        return (yield self)


def stepped(
    coroutine: Coroutine[Any, Any, Any],
    call_of: Callable[[Any], Call[Any]],
    explain: Callable[[Exception], ExchangeError],
) -> Operation[Any]:
    """
    Run one of ccxt's coroutines as an operation, and return its result.

    Once a call has changed something, the result is the answer to that call, and the coroutine is not resumed: what
    ccxt would make of the answer does not matter, and it cannot send the change again.

    :param coroutine: What to run; it is closed in any case.
    :param call_of: Returns the call for what the coroutine awaits, or raises an error for what may not be sent.
    :param explain: Turns an exception of ccxt's own into one of ours that holds no word of it.
    """
    answer: Any = None
    try:
        while True:
            try:
                awaited = _advance(coroutine, answer)
            except StopIteration as done:
                return done.value
            if isinstance(awaited, Exception):
                raise awaited if isinstance(awaited, PermanentError) else explain(awaited)
            if isinstance(awaited, _Slept):
                yield Pause(awaited.seconds)
                answer = None
                continue
            call = call_of(awaited)
            answer = yield call
            if call.mutating:
                return answer
    finally:
        _close(coroutine)


def _close(coroutine: Coroutine[Any, Any, Any]) -> None:
    """End a coroutine. One that takes its end for an error, and tries again, is told as often as it tries."""
    for _ in range(MOST_CLOSED):
        with suppress(Exception):
            coroutine.close()
        if getcoroutinestate(coroutine) == CORO_CLOSED:
            return


def _advance(coroutine: Coroutine[Any, Any, Any], answer: Any) -> Any:
    """
    Go on to what the coroutine awaits next, or return what it failed with.

    An error is returned and not raised, so that the one raised for it does not carry it along.
    """
    wanted: list[str] = []
    token = _needed_a_loop.set(wanted)
    try:
        with localcontext():  # which ccxt would change
            awaited = coroutine.send(answer)
    except StopIteration:
        if not wanted:
            raise
        awaited = None
    except Exception as error:  # noqa: BLE001  (whatever ccxt raises is ccxt's)
        awaited = error
    finally:
        _needed_a_loop.reset(token)
    if wanted:  # even if the library made light of it
        return PermanentError(f"ccxt needs {wanted[0]}, which takes an event loop")
    if isinstance(awaited, asyncio.Future):
        return PermanentError(f"ccxt awaits a {type(awaited).__name__}, which takes an event loop")
    return awaited


class Asyncio:
    """
    What ccxt finds under the name of ``asyncio``.

    While a coroutine is stepped, whatever would need an event loop is replaced, or refused. At any other time, as
    when somebody else in the process uses ccxt on a loop, it is ``asyncio`` itself.
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
    await _Slept(delay)
    return result


_STAND_INS = {"gather": _one_after_the_other, "sleep": _pause}
