"""At most n starts in any window: the law, for whatever comes when."""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st

from airflow_provider_exchange.driver.pacing import Pacer
from airflow_provider_exchange.protocol.limits import RateLimit

gaps = st.lists(st.tuples(st.floats(0, 3), st.sampled_from(["cancel", "open"])), min_size=1, max_size=60)


def starts(pacer: Pacer, wanted: list[tuple[float, str]]) -> list[tuple[float, str]]:
    """Start each request as soon after its gap as the pacer allows."""
    now = 1000.0
    started = []
    for gap, endpoint in wanted:
        now += gap
        now += pacer.delay(endpoint, now)
        assert pacer.delay(endpoint, now) <= 1e-9
        pacer.done(endpoint, now)
        started.append((now, endpoint))
    return started


def most_in_a_window(times: list[float], seconds: float) -> int:
    return max((sum(start <= time < start + seconds for time in times) for start in times), default=0)


@given(wanted=gaps, cancels=st.integers(1, 5), total=st.integers(1, 8), seconds=st.sampled_from([1.0, 60.0]))
@example(wanted=[(0.0, "cancel")] * 20, cancels=5, total=8, seconds=1.0)
def test_no_window_holds_more_than_its_limit(
    wanted: list[tuple[float, str]], cancels: int, total: int, seconds: float
) -> None:
    pacer = Pacer({"cancel": RateLimit(cancels, seconds), "total": RateLimit(total, seconds)})
    started = starts(pacer, wanted)
    assert most_in_a_window([time for time, endpoint in started if endpoint == "cancel"], seconds) <= cancels
    assert most_in_a_window([time for time, _ in started], seconds) <= total


@given(rate=st.floats(0.05, 50), count=st.integers(1, 30))
def test_a_rate_limit_replaces_the_total(rate: float, count: int) -> None:
    pacer = Pacer({"total": RateLimit(1, 3600)}, rate_limit=rate)
    times = [time for time, _ in starts(pacer, [(0.0, "open")] * count)]
    assert times[-1] - times[0] <= count / rate * 1.03 + 1
    window = max(1.0, 1 / rate)
    assert most_in_a_window(times, window) <= max(1, int(rate * window) + 1)


@given(weights=st.lists(st.integers(1, 12), min_size=1, max_size=40), limit=st.integers(1, 10))
def test_weights_count_against_the_window(weights: list[int], limit: int) -> None:
    """What weighs more than a whole window holds has a window of its own."""
    pacer, now = Pacer({"total": RateLimit(limit, 60)}), 1000.0
    started: list[tuple[float, int]] = []
    for weight in weights:
        now += pacer.delay("open", now, weight)
        assert pacer.delay("open", now, weight) <= 1e-9
        pacer.done("open", now, weight)
        started.append((now, weight))
    for start, _ in started:
        inside = [weight for time, weight in started if start <= time < start + 60 - 1e-6]
        assert sum(min(weight, limit) for weight in inside) <= limit
    assert now - 1000.0 <= 60 * len(weights), "nobody waits longer than for an empty window"


def test_an_endpoint_without_a_limit_is_not_held() -> None:
    pacer = Pacer({})
    assert all(time == 1000.0 for time, _ in starts(pacer, [(0.0, "open")] * 1000))


def test_a_hold_holds_everything_and_is_never_shortened() -> None:
    pacer = Pacer({})
    pacer.hold(20.0)
    pacer.hold(10.0)
    assert pacer.delay("open", 5.0) == 15.0
    assert pacer.delay("open", 20.0) == 0.0


APART = {"total": RateLimit(6, 60), "cancel": RateLimit(3, 1, apart=True)}
mixed = st.lists(st.tuples(st.floats(0, 3), st.sampled_from(["cancel", "open", "batch"])), min_size=1, max_size=60)


@given(wanted=mixed)
@example(wanted=[(0.0, "cancel")] * 20 + [(0.0, "open")] * 8)
def test_what_is_counted_apart_waits_for_its_own_limit_only(wanted: list[tuple[float, str]]) -> None:
    started = starts(Pacer(APART), wanted)
    cancels = [time for time, endpoint in started if endpoint == "cancel"]
    others = [time for time, endpoint in started if endpoint != "cancel"]
    assert most_in_a_window(cancels, 1) <= 3
    assert most_in_a_window(others, 60) <= 6
    if not others:
        assert cancels[-1] - cancels[0] <= sum(gap for gap, _ in wanted) + len(cancels) / 3


@given(before=mixed, after=mixed)
def test_after_a_refusal_nothing_is_counted_apart(
    before: list[tuple[float, str]], after: list[tuple[float, str]]
) -> None:
    """The requests that were counted apart may exceed the total; from the refusal on, no request adds to that."""
    pacer = Pacer(APART)
    early = starts(pacer, before)
    pacer.refused()
    now = early[-1][0]
    late: list[float] = []
    for gap, endpoint in after:
        now += gap
        now += pacer.delay(endpoint, now)
        pacer.done(endpoint, now)
        late.append(now)
        assert sum(now - 60 + 1e-6 < time for time in [time for time, _ in early] + late) <= 6


def test_a_rate_limit_of_the_connection_counts_every_request() -> None:
    times = [time for time, _ in starts(Pacer(APART, rate_limit=2), [(0.0, "cancel")] * 20)]
    assert most_in_a_window(times, 1) <= 2


@given(before=gaps, count=st.integers(1, 40), limit=st.integers(1, 8), seconds=st.sampled_from([1.0, 60.0]))
def test_a_forecast_is_what_comes_to_pass(
    before: list[tuple[float, str]], count: int, limit: int, seconds: float
) -> None:
    """It is off by a window at most, as it does not look at when the requests of the last window were made."""
    pacer = Pacer({"cancel": RateLimit(limit, seconds)})
    early = starts(pacer, before)
    now = early[-1][0]
    foreseen = pacer.forecast("cancel", now, count)
    late = starts_from(pacer, now, count)
    assert late[-1] - now - 1e-6 <= foreseen <= late[-1] - now + seconds + 1e-6


def starts_from(pacer: Pacer, now: float, count: int) -> list[float]:
    times = []
    for _ in range(count):
        now += pacer.delay("cancel", now)
        pacer.done("cancel", now)
        times.append(now)
    return times


def test_what_was_counted_is_counted_once_however_often_the_venue_refuses() -> None:
    pacer = Pacer({"cancel": RateLimit(10, 1, apart=True), "total": RateLimit(60, 60)})
    for number in range(5):
        pacer.done("open", float(number))
        pacer.done("cancel", float(number))
    for _ in range(20):
        pacer.refused()
    for _ in range(50):
        assert pacer.delay("open", 5.0) == 0
        pacer.done("open", 5.0)
    assert pacer.delay("open", 5.0) == 55
