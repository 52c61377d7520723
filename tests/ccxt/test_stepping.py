"""A library's coroutines, stepped by hand: what they may ask for, and that they cannot swallow what goes wrong."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from threading import Thread
from typing import TYPE_CHECKING, Any

import pytest

from airflow_provider_exchange.errors import (
    ExchangeError,
    ExchangeUnavailableError,
    PermanentError,
    UnreadableResponseError,
)
from airflow_provider_exchange.exchanges.ccxt.stepping import Asyncio, stepped
from airflow_provider_exchange.protocol.messages import Request, Response
from airflow_provider_exchange.protocol.steps import Call, DeadlineReached, Pause

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Generator

    from airflow_provider_exchange.protocol.steps import Operation

library_asyncio: Any = Asyncio()


@dataclass(frozen=True, slots=True)
class Question(Call[str]):
    """A call that no one sends."""

    text: str

    def begin(self, timestamp: int) -> Request:
        return Request("GET", f"https://venue.example/{self.text}", {})

    def finish(self, response: Response) -> str:
        return response.body.decode()


@dataclass(frozen=True, slots=True)
class Awaited:
    """What the library awaits instead of doing I/O."""

    call: Question

    def __await__(self) -> Generator[Awaited, Any, Any]:
        return (yield self)


def question(text: str, *, mutating: bool = False) -> Awaited:
    return Awaited(Question(text, endpoint="any", mutating=mutating))


def call_of(awaited: Any) -> Call[Any]:
    call: Call[Any] = awaited.call
    return call


def explained(error: Exception) -> ExchangeError:
    return UnreadableResponseError(f"explained {type(error).__name__}")


def run(coroutine: Coroutine[Any, Any, Any], permit: Callable[[Any], Call[Any]] = call_of) -> Operation[Any]:
    return stepped(coroutine, permit, explained)


def text_of(step: object) -> str:
    assert isinstance(step, Question)
    return step.text


class Swallower:
    """A library that makes light of whatever happens to it, and tries again."""

    def __init__(self) -> None:
        self.swallowed: list[BaseException] = []

    async def ask(self, *, mutating: bool = False) -> list[str]:
        for _ in range(3):
            try:
                return [await question("orders", mutating=mutating)]
            except BaseException as error:  # noqa: BLE001  (as bad as it gets)
                self.swallowed.append(error)
        return []


def test_what_is_awaited_is_asked_for_and_answered() -> None:
    async def ask() -> str:
        return f"{await question('one')} and {await question('two')}"

    operation = run(ask())
    assert text_of(next(operation)) == "one"
    assert text_of(operation.send("1")) == "two"
    with pytest.raises(StopIteration) as done:
        operation.send("2")
    assert done.value.value == "1 and 2"


@pytest.mark.parametrize(
    "error",
    [ExchangeUnavailableError("no answer"), DeadlineReached(), GeneratorExit()],
    ids=lambda error: type(error).__name__,
)
@pytest.mark.parametrize("mutating", [False, True], ids=["read", "cancel"])
def test_what_goes_wrong_is_not_for_the_library_to_handle(error: BaseException, mutating: bool) -> None:
    library = Swallower()
    coroutine = library.ask(mutating=mutating)
    operation = run(coroutine)
    next(operation)
    with pytest.raises(type(error)) as caught:
        operation.throw(error)
    assert caught.value is error
    assert error not in library.swallowed
    with pytest.raises(StopIteration):
        next(operation)


def test_a_library_is_closed_even_if_the_operation_is_given_up() -> None:
    ended = []

    async def ask() -> None:
        try:
            await question("one")
        finally:
            ended.append(True)

    operation = run(ask())
    next(operation)
    operation.close()
    assert ended == [True]


def test_reads_at_once_are_made_one_after_the_other() -> None:
    async def ask(text: str) -> str:
        answer: str = await question(text)
        return answer

    async def both() -> list[str]:
        found: list[str] = await library_asyncio.gather(ask("plain"), ask("conditional"))
        return found

    operation = run(both())
    assert text_of(next(operation)) == "plain"
    assert text_of(operation.send("a")) == "conditional"
    with pytest.raises(StopIteration) as done:
        operation.send("b")
    assert done.value.value == ["a", "b"]


def test_reads_at_once_may_fail_one_by_one() -> None:
    async def fail() -> None:
        raise ValueError("its own")

    async def ask() -> str:
        answer: str = await question("orders")
        return answer

    async def both() -> Any:
        return await library_asyncio.gather(fail(), ask(), return_exceptions=True)

    operation = run(both())
    assert text_of(next(operation)) == "orders"
    with pytest.raises(StopIteration) as done:
        operation.send("a")
    failed, answered = done.value.value
    assert isinstance(failed, ValueError)
    assert answered == "a"


def test_a_read_that_fails_leaves_those_after_it_unmade() -> None:
    async def ask(text: str) -> None:
        await question(text)

    async def both() -> None:
        await library_asyncio.gather(ask("plain"), ask("conditional"))

    operation = run(both())
    next(operation)
    with pytest.raises(ExchangeUnavailableError):
        operation.throw(ExchangeUnavailableError("no answer"))


def test_a_sleep_is_a_pause() -> None:
    async def rest() -> str:
        woken: str = await library_asyncio.sleep(1.5, "awake")
        return woken

    operation = run(rest())
    assert next(operation) == Pause(1.5)
    with pytest.raises(StopIteration) as done:
        operation.send(None)
    assert done.value.value == "awake"


async def _in_time() -> Any:
    return await library_asyncio.wait_for(question("orders"), 5)


async def _in_a_task() -> Any:
    return await library_asyncio.create_task(_in_time())


async def _a_future() -> Any:
    loop = asyncio.new_event_loop()
    try:
        return await loop.create_future()
    finally:
        loop.close()


@pytest.mark.parametrize(
    ("needs", "named"),
    [(_in_time, "asyncio.wait_for"), (_in_a_task, "asyncio.create_task"), (_a_future, "a Future")],
)
@pytest.mark.parametrize("swallowing", [False, True], ids=["raising", "swallowing"])
@pytest.mark.filterwarnings("ignore:coroutine '_in_time' was never awaited")
def test_what_takes_an_event_loop_is_refused_by_name(needs: Any, named: str, swallowing: bool) -> None:
    async def ask() -> list[Any]:
        try:
            return [await needs()]
        except Exception:
            if not swallowing:
                raise
            return []

    with pytest.raises(PermanentError, match=f"needs {named}|awaits {named}"):
        next(run(ask()))


def test_names_of_errors_stay_what_they_are() -> None:
    async def late() -> str:
        try:
            raise TimeoutError
        except library_asyncio.TimeoutError:
            return "late"

    with pytest.raises(StopIteration) as done:
        next(run(late()))
    assert done.value.value == "late"


def test_outside_of_steps_it_is_asyncio() -> None:
    async def both() -> Any:
        await library_asyncio.sleep(0)
        return await library_asyncio.gather(library_asyncio.sleep(0, "a"), library_asyncio.sleep(0, "b"))

    assert asyncio.run(both()) == ["a", "b"]

    async def meanwhile() -> Any:
        """Somebody else's use of the library goes on while a coroutine of it is stepped."""

        async def rest() -> None:
            await library_asyncio.sleep(2)

        operation = run(rest())
        assert next(operation) == Pause(2)
        assert await both() == ["a", "b"]
        operation.close()

    asyncio.run(meanwhile())


def test_each_step_may_be_taken_in_another_thread() -> None:
    async def both() -> Any:
        async def ask(text: str) -> str:
            await library_asyncio.sleep(1)
            answer: str = await question(text)
            return answer

        return await library_asyncio.gather(ask("plain"), ask("conditional"))

    operation = run(both())
    seen: list[Any] = []

    def step(answer: Any) -> None:
        try:
            seen.append(operation.send(answer))
        except StopIteration as done:
            seen.append(done.value)

    for answer in (None, None, "a", None, "b"):
        thread = Thread(target=step, args=(answer,))
        thread.start()
        thread.join()
    assert [each.text if isinstance(each, Question) else each for each in seen] == [
        Pause(1),
        "plain",
        Pause(1),
        "conditional",
        ["a", "b"],
    ]


def test_a_call_that_is_refused_is_not_for_the_library_to_handle() -> None:
    library = Swallower()
    refusal = PermanentError("not that")

    def refuse(_awaited: Any) -> Call[Any]:
        raise refusal

    with pytest.raises(PermanentError) as caught:
        next(run(library.ask(mutating=True), refuse))
    assert caught.value is refusal
    assert refusal not in library.swallowed


def test_after_a_change_the_library_is_asked_for_nothing_more() -> None:
    resumed: list[str] = []

    async def insist() -> str:
        while not resumed:
            resumed.append(await question("cancel", mutating=True))
        return "what the library makes of it"

    operation = run(insist())
    assert text_of(next(operation)) == "cancel"
    with pytest.raises(StopIteration) as done:
        operation.send("what the exchange says")
    assert done.value.value == "what the exchange says"
    assert not resumed


def test_a_library_that_does_not_want_to_end_is_told_again() -> None:
    told: list[BaseException] = []

    async def ask() -> None:
        while len(told) < 50:
            try:
                await question("orders")
            except BaseException as end:  # noqa: BLE001  (as bad as it gets)
                told.append(end)

    operation = run(ask())
    next(operation)
    with pytest.raises(ExchangeUnavailableError):
        operation.throw(ExchangeUnavailableError("no answer"))
    assert len(told) == 50


def test_the_librarys_own_errors_are_explained_and_stay_behind() -> None:
    async def fail() -> None:
        raise ValueError("GET https://venue.example?signature=abc")

    with pytest.raises(UnreadableResponseError, match="explained ValueError") as caught:
        next(run(fail()))
    assert caught.value.__cause__ is caught.value.__context__ is None
