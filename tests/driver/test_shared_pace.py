"""No window of any limit is exceeded at the venue by all workers together: the law, on the script itself."""

from __future__ import annotations

import json
from itertools import pairwise
from random import Random
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from airflow_provider_exchange.driver import shared_pace
from airflow_provider_exchange.driver.pace_line import Question
from airflow_provider_exchange.protocol.limits import RateLimit
from tests.driver.pace_of_many import (
    EPOCH,
    Arrival,
    Habits,
    SameThread,
    Worker,
    World,
    most_in_a_window,
    set_clock,
)

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping, Sequence

    from airflow_provider_exchange.driver.pace_line import Line

FEW = settings(max_examples=30)
LIMITS = {"cancel": RateLimit(3, 1), "batch": RateLimit(2, 0.5), "total": RateLimit(7, 4)}
APART = {"cancel": RateLimit(3, 1, apart=True), "total": RateLimit(5, 4)}
requests = st.lists(
    st.tuples(st.sampled_from(["cancel", "batch", "open"]), st.sampled_from([1, 1, 1, 2, 5, 9])),
    min_size=1,
    max_size=25,
)
habits = st.builds(
    Habits,
    latency=st.sampled_from([(0.001, 0.1), (0.001, 1.9), (1.5, 1.95)]),
    lateness=st.sampled_from([0.001, 0.3]),
    loses=st.sampled_from([0, 0.2]),
    dies=st.sampled_from([0, 0.05]),
    holds=st.sampled_from([0, 0.1]),
    skew=st.sampled_from([0, 1.2, 90]),
)


def lived(world: World, workers: int, wanted: Sequence[tuple[str, int]]) -> float:
    with pytest.MonkeyPatch.context() as patch:
        set_clock(patch, world)
        patch.setattr(shared_pace, "WINDOWS", 1000)  # the law holds for as long as a turn is waited for
        return world.run(workers, wanted)


def assert_kept(arrivals: Sequence[Arrival], limits: Mapping[str, RateLimit], name: str) -> None:
    limit = limits[name]
    counted = [
        (each.at, min(each.weight, limit.requests))
        for each in arrivals
        if each.endpoint == name
        or (name == "total" and not (each.endpoint in limits and limits[each.endpoint].apart))
    ]
    assert most_in_a_window(counted, limit.seconds) <= limit.requests


@FEW
@given(seed=st.integers(0, 10**6), workers=st.integers(1, 8), wanted=requests, how=habits)
def test_no_window_of_any_limit_is_exceeded_at_the_venue(
    seed: int, workers: int, wanted: list[tuple[str, int]], how: Habits
) -> None:
    world = World(Random(seed), how, LIMITS)
    lived(world, workers, wanted)
    for name in LIMITS:
        assert_kept(world.arrivals, LIMITS, name)
    for since, until in world.held:
        assert not [each for each in world.arrivals if since < each.started < until - 0.001]
    assert len(world.arrivals) + world.unserved >= len(wanted), "whoever lives has had all turns"


@FEW
@given(seed=st.integers(0, 10**6), workers=st.integers(1, 8), count=st.integers(1, 30), how=habits)
def test_timestamps_grow_at_the_venue(seed: int, workers: int, count: int, how: Habits) -> None:
    how.latency = (0.001, 0.9)
    world = World(Random(seed), how, {"total": RateLimit(600, 60)}, stamps=True)
    lived(world, workers, [("open", 1)] * count)
    stamps = [each.timestamp for each in world.arrivals]
    assert all(earlier < later for earlier, later in pairwise(stamps))
    assert all(abs(each.timestamp / 1000 - each.started) < 1 for each in world.arrivals), "by Redis' clock"
    assert len(stamps) + world.unserved >= count


@FEW
@given(seed=st.integers(0, 10**6), workers=st.integers(2, 8), how=habits)
def test_what_is_counted_apart_joins_the_total_once_the_venue_refuses(seed: int, workers: int, how: Habits) -> None:
    world = World(Random(seed), how, APART, refuses_at=EPOCH + 1.5)
    lived(world, workers, [("cancel", 1), ("cancel", 1), ("open", 1)] * 6)
    for name in APART:
        assert_kept(world.arrivals, APART, name)
    settled = [each for each in world.arrivals if each.ended < world.refused_at or each.started > world.refused_at]
    late = [each for each in settled if each.started > world.refused_at]
    for each in late:
        assert sum(each.at - 4 < other.at <= each.at for other in settled) <= APART["total"].requests


@pytest.mark.parametrize("workers", [1, 8])
@pytest.mark.parametrize(
    ("limits", "endpoint", "count", "least"),
    [
        ({"total": RateLimit(10, 1)}, "open", 60, 5.0),
        ({"cancel": RateLimit(3, 0.5), "total": RateLimit(100, 60)}, "cancel", 30, 4.5),
    ],
)
def test_the_limit_is_used(
    workers: int, limits: Mapping[str, RateLimit], endpoint: str, count: int, least: float
) -> None:
    """A window is as long as from the answer of one to the start of another, so it takes a little longer."""
    world = World(Random(7), Habits(latency=(0.01, 0.05)), limits)
    seconds = lived(world, workers, [(endpoint, 1)] * count)
    assert len(world.arrivals) == count
    assert least <= seconds < 1.25 * least


def test_one_at_a_time_is_no_slower_than_one_worker() -> None:
    """Where timestamps have to grow, the next request starts about when the one before is answered."""
    alone, together = (World(Random(7), Habits(latency=(0.03, 0.05)), {}, stamps=True) for _ in range(2))
    lived(alone, 1, [("open", 1)] * 40)
    lived(together, 8, [("open", 1)] * 40)
    assert together.now - EPOCH < 1.3 * (alone.now - EPOCH)
    assert together.asked < 40 * 12


def test_whoever_comes_first_starts_first() -> None:
    world = World(Random(3), Habits(latency=(0.01, 0.02), lateness=0), {"total": RateLimit(2, 1)})
    lived(world, 10, [("open", weight) for weight in range(1, 11)])  # a worker each
    assert [min(each.weight, 2) for each in world.arrivals] == [1, *[2] * 9]
    assert [each.weight for each in sorted(world.arrivals, key=lambda each: each.started)] == list(range(1, 11))


def test_a_hold_holds_every_worker() -> None:
    world = World(Random(5), Habits(latency=(0.01, 0.05), holds=0.3), {"total": RateLimit(50, 1)})
    lived(world, 8, [("open", 1)] * 60)
    assert len(world.held) > 5
    for since, until in world.held:
        assert not [each for each in world.arrivals if since < each.started < until - 0.001]


def test_a_request_whose_worker_died_counts_from_when_it_is_given_up_on() -> None:
    """It may arrive as late as that, and counts for a whole window then."""
    world = World(Random(5), Habits(latency=(0.01, 0.02), lateness=0), {"total": RateLimit(1, 4)})

    def dies() -> Generator[float]:
        assert Worker(world).turn("open", 1).wait() == 0
        yield 2.9
        world.arrivals.append(Arrival(world.now, "open", 1, 0, EPOCH))

    with pytest.MonkeyPatch.context() as patch:
        set_clock(patch, world)
        world.begin(dies())
        world.run(2, [("open", 1)] * 3)
    assert len(world.arrivals) == 4
    assert_kept(world.arrivals, {"total": RateLimit(1, 4)}, "total")
    assert 7 < world.arrivals[1].at - EPOCH < 7.1, "after lease and window, and not later"


def test_timestamps_grow_within_one_millisecond_and_when_redis_clock_goes_back() -> None:
    world = World(Random(1), Habits(), {}, stamps=True)
    given = []
    with pytest.MonkeyPatch.context() as patch:
        set_clock(patch, world)
        for step in (0, 0, -5, 0.0001):
            world.now += step
            turn = Worker(world).turn("open", 1)
            assert turn.wait() == 0
            given.append(turn.timestamp or 0)
            turn.begin()
            turn.done()
    assert all(earlier < later for earlier, later in pairwise(given))


def test_the_place_of_a_worker_that_died_becomes_free() -> None:
    world = World(Random(1), Habits(latency=(0.01, 0.02)), {"total": RateLimit(1, 4)})
    with pytest.MonkeyPatch.context() as patch:
        set_clock(patch, world)
        first, dies, last = (Worker(world).turn("open", 1) for _ in range(3))
        assert first.wait() == 0
        first.begin()
        first.done()
        answered = world.now
        assert dies.wait() > 0
        while (wait := last.wait()) > 0:
            world.now += wait
        assert 3.9 < world.now - answered < 4.2


def test_a_start_whose_answer_was_lost_does_not_stand_in_its_own_way() -> None:
    world = World(Random(1), Habits(), {"total": RateLimit(1, 4)})
    with pytest.MonkeyPatch.context() as patch:
        set_clock(patch, world)
        turn = Worker(world).turn("open", 1)
        assert [turn.wait(), turn.wait()] == [0, 0]


def test_connections_with_different_limits_count_each_others_requests() -> None:
    """The one with the shorter window keeps its requests for the longer one of the other."""
    world = World(Random(2), Habits(latency=(0.01, 0.02)), {"total": RateLimit(60, 60)})
    with pytest.MonkeyPatch.context() as patch:
        set_clock(patch, world)
        world.begin(Worker(world, {"total": RateLimit(5, 1)}).work([("open", 1)] * 30))
        world.run(0, [])
        world.begin(Worker(world).work([("open", 1)] * 35))
        world.run(0, [])
    assert len(world.arrivals) == 65
    assert most_in_a_window([(each.at, 1) for each in world.arrivals], 60) <= 60


def test_a_connection_with_a_short_window_does_not_wait_for_the_long_one_of_another() -> None:
    world = World(Random(2), Habits(latency=(0.01, 0.02)), {"total": RateLimit(60, 60)})
    with pytest.MonkeyPatch.context() as patch:
        set_clock(patch, world)
        world.begin(Worker(world).work([("open", 1)] * 30))
        world.run(0, [])
        world.now += 1
        assert Worker(world, {"total": RateLimit(5, 1)}).turn("open", 1).wait() == 0


def test_one_that_takes_long_holds_up_others_for_a_second_only_however_long_those_before_it_took() -> None:
    world = World(Random(2), Habits(latency=(9, 9)), {"total": RateLimit(600, 60)}, stamps=True, lease=10)
    with pytest.MonkeyPatch.context() as patch:
        set_clock(patch, world)
        world.begin(Worker(world).work([("open", 1)] * 5))
        world.run(0, [])
        assert Worker(world).turn("open", 1).wait() == 0
        waits = [Worker(world).turn("open", 1).wait() for _ in range(3)]
    assert all(0 < wait <= number for number, wait in enumerate(waits, 1))


def test_a_hold_lasts_no_longer_because_redis_clock_was_set_back() -> None:
    world = World(Random(2), Habits(), {"total": RateLimit(60, 60)})
    with pytest.MonkeyPatch.context() as patch:
        set_clock(patch, world)
        Worker(world).hold(5)
        world.now -= 3600
        assert 4.9 < Worker(world).turn("open", 1).wait() <= 5
        world.now += 5.001
        assert Worker(world).turn("open", 1).wait() == 0


def test_an_interrupt_while_redis_is_asked_leaves_nothing_under_way(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World(Random(2), Habits(), {"total": RateLimit(1, 60)})
    set_clock(monkeypatch, world)

    def interrupted(line: Line, keys: Sequence[str], arguments: Sequence[str]) -> None:
        line.put(Question(keys, arguments))
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(SameThread, "ask", interrupted)
        patch.setattr(SameThread, "tell", lambda line, keys, arguments: line.put(Question(keys, arguments)) or True)
        with pytest.raises(KeyboardInterrupt), Worker(world).turn("open", 1) as turn:
            turn.wait()
    assert Worker(world).turn("open", 1).wait() == 0


@pytest.mark.parametrize("number", [10**400, 2**60, -1, 1.5, "1", None, [1]])
@pytest.mark.parametrize("position", range(5))
def test_an_answer_with_odd_numbers_is_none(position: int, number: object) -> None:
    answer: list[object] = [0, 0, 0, 0, 0]
    answer[position] = number
    world = World(Random(2), Habits(), {"total": RateLimit(1, 60)})
    world.ask = lambda _keys, _arguments: answer  # type: ignore[assignment, method-assign]
    assert Worker(world).turn("open", 1).wait() == 0


def test_whoever_is_held_by_the_429_of_another_worker_says_so_once(caplog: pytest.LogCaptureFixture) -> None:
    world = World(Random(2), Habits(), {"total": RateLimit(60, 60)})
    with pytest.MonkeyPatch.context() as patch:
        set_clock(patch, world)
        other = Worker(world)
        Worker(world).hold(1)
        assert other.turn("open", 1).wait() > 0
        assert not caplog.records
        world.now += 1
        Worker(world).hold(600)
        for _ in range(3):
            assert other.turn("open", 1).wait() > 590
        assert len(caplog.records) == 1
        assert "for another 600 s" in caplog.text
        assert "exchange-pace:{account}:state" in caplog.text
        world.redis.hdel("exchange-pace:{account}:state", "hold")
        assert Worker(world).turn("open", 1).wait() == 0, "as the documentation says"


def test_whoever_waits_does_not_wait_for_the_turns_of_those_that_died() -> None:
    world = World(Random(2), Habits(latency=(0.01, 0.02)), {"total": RateLimit(60, 60)})
    with pytest.MonkeyPatch.context() as patch:
        set_clock(patch, world)
        world.begin(Worker(world).work([("open", 1)] * 60))
        world.run(0, [])
        for _ in range(120):
            assert Worker(world).turn("open", 1).wait() > 0, "and never asks again"
        began = world.now
        world.begin(Worker(world).work([("open", 1)]))
        asked = world.asked
        world.run(0, [])
    assert world.now - began < 80, "rather than after two more windows"
    assert world.asked - asked < 100


def test_foreign_data_does_not_keep_redis_busy() -> None:
    world = World(Random(2), Habits(), {"total": RateLimit(60, 60)})
    with pytest.MonkeyPatch.context() as patch:
        set_clock(patch, world)
        place = json.dumps({"q": 0, "t": int(world.now * 1000), "n": {"total": 10**12}})
        world.redis.hset("exchange-pace:{account}:waiting", "foreign", place)
        assert Worker(world).turn("open", 1).wait() > 0, "without the bound, this takes hours"
