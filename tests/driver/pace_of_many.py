"""Workers that share a pace, simulated: their requests, clocks and deaths, and a venue that counts what arrives."""

from __future__ import annotations

import heapq
from dataclasses import dataclass, field
from itertools import count
from typing import TYPE_CHECKING, Any

import fakeredis
from fakeredis.commands_mixins import server_mixin

from airflow_provider_exchange.driver.clock import SystemClock
from airflow_provider_exchange.driver.pace_line import SCRIPT, Line, LostError, Question
from airflow_provider_exchange.driver.pacing import Pacer
from airflow_provider_exchange.driver.shared_pace import SharedPace

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping, Sequence
    from random import Random

    import pytest

    from airflow_provider_exchange.driver.shared_pace import SharedTurn
    from airflow_provider_exchange.protocol.limits import RateLimit

EPOCH = 1_700_000_000.0


@dataclass
class Arrival:
    """A request at the venue."""

    at: float
    endpoint: str
    weight: int
    timestamp: int
    started: float
    ended: float = float("inf")


@dataclass
class Habits:
    """What may go wrong, and how long things take in seconds."""

    latency: tuple[float, float] = (0.01, 0.2)
    lateness: float = 0.003
    loses: float = 0.0
    dies: float = 0.0
    holds: float = 0.0
    skew: float = 0.0


@dataclass
class World:
    """Everything that happens, in order of time; one Redis, whose clock is the world's."""

    random: Random
    habits: Habits
    limits: Mapping[str, RateLimit]
    stamps: bool = False
    lease: float = 2.0
    now: float = EPOCH
    arrivals: list[Arrival] = field(default_factory=list)
    held: list[tuple[float, float]] = field(default_factory=list)
    unserved: int = 0
    asked: int = 0
    refuses_at: float = float("inf")
    refused_at: float = float("inf")

    def __post_init__(self) -> None:
        self.redis: Any = fakeredis.FakeRedis()
        self._script = self.redis.register_script(SCRIPT)
        self._events: list[tuple[float, int, Generator[float]]] = []
        self._order = count()

    def time(self) -> float:
        return self.now

    def run(self, workers: int, requests: Sequence[tuple[str, int]]) -> float:
        """Let each worker make some of the requests; return the seconds until all is over."""
        for number in range(workers):
            self.begin(Worker(self).work(requests[number::workers]))
        while self._events:
            at, _, process = heapq.heappop(self._events)
            self.now = max(self.now, at)
            self._go_on(process)
        return self.now - EPOCH

    def begin(self, process: Generator[float]) -> None:
        heapq.heappush(self._events, (self.now, next(self._order), process))

    def _go_on(self, process: Generator[float]) -> None:
        try:
            seconds = next(process)
        except StopIteration:
            return
        heapq.heappush(self._events, (self.now + seconds, next(self._order), process))

    def ask(self, keys: Sequence[str], arguments: Sequence[str]) -> Any:
        """Run the script; its answer may be lost, and only that."""
        self.asked += 1
        answer = self._script(keys=keys, args=arguments)
        if self.random.random() < self.habits.loses:
            raise LostError("lost")
        return answer


class WorkersClock(SystemClock):
    def __init__(self, world: World) -> None:
        self._world = world
        self._skew = world.random.uniform(-world.habits.skew, world.habits.skew)

    def monotonic(self) -> float:
        return self._world.now - EPOCH + self._skew

    def wall(self) -> float:
        return self._world.now + self._skew


class SameThread(Line):
    """A line that puts its questions where they are asked."""

    def ask(self, keys: Sequence[str], arguments: Sequence[str]) -> Any:
        question = Question(keys, arguments)
        self.put(question)
        self.trouble = None
        if question.answer is None:  # lost twice
            return self.ask(keys, arguments)
        return question.answer

    def tell(self, keys: Sequence[str], arguments: Sequence[str]) -> bool:
        self.ask(keys, arguments)
        return True


class Worker:
    def __init__(self, world: World, limits: Mapping[str, RateLimit] | None = None) -> None:
        self._world = world
        self._clock = WorkersClock(world)
        self._pacer = Pacer(limits or world.limits)
        line = SameThread(lambda: world.ask)
        self._shared = SharedPace("pace", lambda: line, "account", world.lease, stamps=world.stamps)

    def hold(self, seconds: float) -> None:
        self._shared.hold(seconds)

    def turn(self, endpoint: str, weight: int) -> SharedTurn:
        return self._shared.turn(self._pacer, self._clock, endpoint, weight)

    def _dies(self) -> bool:
        return self._world.random.random() < self._world.habits.dies

    def work(self, requests: Sequence[tuple[str, int]]) -> Generator[float]:
        world, random, habits = self._world, self._world.random, self._world.habits
        for number, (endpoint, weight) in enumerate(requests):
            left = len(requests) - number
            yield random.uniform(0, habits.lateness)
            with self.turn(endpoint, weight) as turn:
                while (wait := turn.wait()) > 0:
                    if self._dies():
                        world.unserved += left
                        turn.has_begun = True  # nobody gives the turn up
                        return
                    yield wait + random.uniform(0, habits.lateness)
                started = world.now
                turn.begin()
                if self._dies():
                    world.unserved += left
                    return
                took = random.uniform(*habits.latency)
                before = random.uniform(0, took)
                yield before
                arrival = Arrival(world.now, endpoint, weight, turn.timestamp or 0, started)
                world.arrivals.append(arrival)
                if self._dies():
                    world.unserved += left - 1
                    return
                yield took - before
                arrival.ended = world.now
                turn.done()
                if world.now >= world.refuses_at and world.refused_at == float("inf"):
                    self._pacer.refused()
                    self._shared.refused(self._pacer)
                    world.refused_at = world.now
                if random.random() < habits.holds:
                    seconds = random.uniform(0, 2)
                    self._shared.hold(seconds)
                    world.held.append((world.now, world.now + seconds))


def most_in_a_window(arrivals: Sequence[tuple[float, int]], seconds: float) -> int:
    """Return the highest weight of what arrived in any window of some seconds."""
    ordered, heaviest, inside, first = sorted(arrivals), 0, 0, 0
    for at, weight in ordered:
        inside += weight
        while ordered[first][0] <= at - seconds:
            inside -= ordered[first][1]
            first += 1
        heaviest = max(heaviest, inside)
    return heaviest


def set_clock(patch: pytest.MonkeyPatch, world: World) -> None:
    """Let the world's Redis tell the world's time."""
    patch.setattr(server_mixin, "time", world)
