"""Cancels that are under way at the same time: in both drivers, within the limits, and none of them lost."""

from __future__ import annotations

import asyncio
import threading
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any

import pytest

from airflow_provider_exchange.driver.asynchronous import AsyncTransport, new_async_session
from airflow_provider_exchange.driver.blocking import Transport, new_session
from airflow_provider_exchange.driver.effects import Sleep
from airflow_provider_exchange.driver.pacing import Pacer
from airflow_provider_exchange.driver.plan import Planner
from airflow_provider_exchange.errors import (
    AuthenticationError,
    ExchangeUnavailableError,
    NoResultError,
    RequestRefusedError,
    Stopped,
)
from airflow_provider_exchange.protocol.limits import RateLimit
from airflow_provider_exchange.protocol.messages import Request, Response
from airflow_provider_exchange.protocol.steps import Call, ask, side_by_side

if TYPE_CHECKING:
    from collections.abc import Callable

    from airflow_provider_exchange.protocol.steps import Operation

COUNT = 6


@dataclass(frozen=True, slots=True)
class Cancel(Call[int]):
    """A cancel that nothing on the network answers: the transports of these tests do."""

    number: int

    def begin(self, timestamp: int) -> Request:
        return Request("DELETE", f"https://venue.example/{self.number}", {})

    def finish(self, response: Response) -> int:
        if response.status == 400:
            raise RequestRefusedError(f"no {self.number}")
        if response.status == 401:
            raise AuthenticationError("a key or a time that is refused")
        return self.number


def cancels(count: int = COUNT) -> Operation[list[Any]]:
    return (
        yield from side_by_side([ask(Cancel(number, endpoint="cancel", mutating=True)) for number in range(count)])
    )


class Answering(Transport):
    """Answers by a function of its own."""

    def __init__(self, answer: Callable[[int], Response]) -> None:
        super().__init__(new_session())
        self.answer = answer

    def _perform(self, effect: Any) -> Response | None:
        super()._perform(effect if isinstance(effect, Sleep) else Sleep(0))  # which ends a stopped one
        if isinstance(effect, Sleep):
            return None
        return self.answer(int(effect.request.url.rpartition("/")[2]))


class AnsweringOnALoop(AsyncTransport):
    """The same on an event loop."""

    def __init__(self, session: Any, answer: Callable[[int], Response]) -> None:
        super().__init__(session)
        self.answer = answer

    async def _perform(self, effect: Any) -> Response | None:
        if not hasattr(effect, "request"):
            return await super()._perform(effect)
        return await asyncio.to_thread(self.answer, int(effect.request.url.rpartition("/")[2]))


def run_blocking(planner: Planner, answer: Callable[[int], Response], timeout: float = 60) -> Any:
    return Answering(answer).run(planner.plan(cancels(), timeout))


def run_on_a_loop(planner: Planner, answer: Callable[[int], Response], timeout: float = 60) -> Any:
    async def run() -> Any:
        async with new_async_session() as session:
            return await AnsweringOnALoop(session, answer).run(planner.plan(cancels(), timeout))

    return asyncio.run(run())


both_drivers = pytest.mark.parametrize("run", [run_blocking, run_on_a_loop], ids=["blocking", "on a loop"])


def ok(_number: int) -> Response:
    return Response(200, {}, b"{}")


@both_drivers
def test_all_are_under_way_before_the_first_is_answered(run: Callable[..., Any]) -> None:
    barrier = threading.Barrier(COUNT)

    def answer(number: int) -> Response:
        barrier.wait(timeout=30)  # which breaks if they come one after the other
        return ok(number)

    assert run(Planner("venue", {}, 60), answer) == list(range(COUNT))


@both_drivers
def test_a_refused_time_is_judged_by_the_request_that_had_it(run: Callable[..., Any]) -> None:
    """Another request has got a right one by then, which is no reason to blame the key."""
    tries = [0] * COUNT
    all_are_under_way, is_corrected = threading.Barrier(COUNT), threading.Event()
    an_hour_ahead = {"date": format_datetime(datetime.now(UTC) + timedelta(hours=1), usegmt=True)}

    def answer(number: int) -> Response:
        tries[number] += 1
        if tries[number] > 1:
            is_corrected.set()
            return Response(200, an_hour_ahead, b"{}")
        all_are_under_way.wait(timeout=30)
        if number:
            assert is_corrected.wait(timeout=30)
        return Response(401, an_hour_ahead, b"{}")

    assert run(Planner("venue", {}, 60), answer) == list(range(COUNT))
    assert tries == [2] * COUNT


@both_drivers
def test_one_that_fails_keeps_no_other_from_being_answered(run: Callable[..., Any]) -> None:
    def answer(number: int) -> Response:
        if number == 1:
            raise ExchangeUnavailableError("gone")
        return Response(400 if number == 2 else 200, {}, b"{}")

    zero, lost, refused, *rest = run(Planner("venue", {}, 60), answer)
    assert (zero, type(lost), type(refused), rest) == (
        0,
        ExchangeUnavailableError,
        RequestRefusedError,
        list(range(3, COUNT)),
    )


@both_drivers
def test_no_limit_is_exceeded_by_those_under_way(run: Callable[..., Any]) -> None:
    lock = threading.Lock()
    under_way: list[int] = []
    most = 0

    def answer(number: int) -> Response:
        nonlocal most
        with lock:
            under_way.append(number)
            most = max(most, len(under_way))
        with lock:
            under_way.remove(number)
        return ok(number)

    planner = Planner("venue", {"cancel": RateLimit(2, 0.2)}, 60)
    assert run(planner, answer) == list(range(COUNT))
    assert most <= 2
    assert planner.requests == COUNT


@both_drivers
def test_the_deadline_is_that_of_all(run: Callable[..., Any]) -> None:
    with pytest.raises(NoResultError):
        run(Planner("venue", {"cancel": RateLimit(2, 3600)}, 60), ok, 0.3)


def test_a_stop_ends_all_of_them() -> None:
    transport = Answering(ok)

    def answer(number: int) -> Response:
        transport.stop()
        return ok(number)

    transport.answer = answer
    with pytest.raises(Stopped):
        transport.run(Planner("venue", {"cancel": RateLimit(1, 3600)}, 60).plan(cancels(), 60))


def test_an_interrupt_of_the_task_lets_nothing_more_leave(monkeypatch: pytest.MonkeyPatch) -> None:
    """Airflow's time-out is raised in the task's own thread, which waits."""

    class Interrupted(BaseException):
        pass

    class Interrupting:
        def __init__(self) -> None:
            self.put = lambda _end: None

        def get(self) -> Any:
            raise Interrupted

    transport = Answering(ok)
    monkeypatch.setattr("airflow_provider_exchange.driver.blocking.SimpleQueue", Interrupting)
    with pytest.raises(Interrupted):
        transport.run(Planner("venue", {}, 60).plan(cancels(), 60))
    with pytest.raises(Stopped):
        transport.run(Planner("venue", {}, 60).plan(ask(Cancel(1, endpoint="cancel")), 60))


def test_a_request_that_is_under_way_counts() -> None:
    pacer = Pacer({"cancel": RateLimit(2, 1)})
    pacer.begin("cancel")
    pacer.begin("cancel")
    assert 0 < pacer.delay("cancel", 0.0) < 1
    pacer.done("cancel", 0.5)
    assert pacer.delay("cancel", 0.5) > 0, "one is still under way"
    pacer.done("cancel", 0.6)
    assert pacer.delay("cancel", 0.6) == pytest.approx(0.9)
    assert pacer.delay("cancel", 1.5) == 0


def test_where_no_thread_can_be_started_they_come_one_after_the_other(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", fail)
    assert run_blocking(Planner("venue", {}, 60), ok) == list(range(COUNT))


def test_an_interrupt_while_threads_are_started_lets_nothing_more_leave(monkeypatch: pytest.MonkeyPatch) -> None:
    class Interrupted(BaseException):
        pass

    def interrupt(_thread: threading.Thread) -> None:
        raise Interrupted

    transport = Answering(ok)
    with monkeypatch.context() as starting:
        starting.setattr(threading.Thread, "start", interrupt)
        with pytest.raises(Interrupted):
            transport.run(Planner("venue", {}, 60).plan(cancels(), 60))
    with pytest.raises(Stopped):
        transport.run(Planner("venue", {}, 60).plan(ask(Cancel(1, endpoint="cancel")), 60))
