"""A switch is set only by an answer that fits the venue's own clock, whatever else the venue answers."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from airflow_provider_exchange.errors import (
    AuthenticationError,
    ExchangeError,
    ExchangeUnavailableError,
    InvalidOrderRequest,
    RateLimitedError,
    RequestRefusedError,
    UnreadableResponseError,
)
from airflow_provider_exchange.exchanges.arguments import check_countdown, check_scope
from airflow_provider_exchange.exchanges.dead_mans_switch import Told, end_of_countdown, venue_moment
from airflow_provider_exchange.omitted import OMITTED
from airflow_provider_exchange.one_line import one_line
from airflow_provider_exchange.operations.dead_mans_switch import (
    TOLERANCE,
    failed_to_set,
    set_switch,
    switch_of,
    time_to_set,
)
from airflow_provider_exchange.operations.switch_state import RanOut, SwitchState, cover_of
from airflow_provider_exchange.protocol.steps import Briefly, DeadlineReached, Pause

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Sequence

NOON = datetime(2026, 12, 1, 12, tzinfo=UTC)
LENGTH = 60
SECOND = timedelta(seconds=1)
LOST = ExchangeUnavailableError("the connection was closed before the answer")
TROUBLES = (
    LOST,
    UnreadableResponseError("the response is not JSON"),
    RateLimitedError("too many requests"),
)

Answer = Told | ExchangeError


@dataclass
class Venue:
    """
    A venue whose clock stands still, and which answers what it is told to.

    :param answers: to the requests that set the switch, one after the other; the last goes on for ever.
    :param clock: what its clock shows; None when it cannot be read.
    :param blind: how often the clock cannot be read before it can.
    """

    answers: Sequence[Answer]
    clock: datetime | None = NOON
    blind: int = 0
    sent: list[int] = field(default_factory=list)

    name = "paper"
    title = "Paper"
    conn_id = "paper_default"
    account = "a1"
    shortest, longest, reaches, spares = 10, 120, "all orders", "algo orders"

    @property
    def dead_mans_switch(self) -> Venue:
        return self

    def server_time(self) -> Generator[Any, Any, int]:
        yield from ()
        self.blind -= 1
        if self.clock is None or self.blind >= 0:
            raise LOST
        return round(self.clock.timestamp() * 1000)

    def set(self, seconds: int) -> Generator[Any, Any, list[Told]]:
        yield from ()
        self.sent.append(seconds)
        answer = self.answers[min(len(self.sent), len(self.answers)) - 1]
        if isinstance(answer, ExchangeError):
            raise answer
        return [answer]

    def run(self, countdown: int = LENGTH) -> SwitchState:
        """Set the switch, until the time is up in which that is tried."""
        operation: Any = set_switch(self, countdown)  # type: ignore[arg-type]
        left = time_to_set(countdown)
        resume: Callable[[], Any] = partial(next, operation)
        while True:
            try:
                step = resume()
            except StopIteration as done:
                state: SwitchState = done.value
                return state
            if isinstance(step, Briefly):
                resume = partial(_ended, operation, step)
                continue
            assert isinstance(step, Pause)  # all that a switch asks for, beside its requests
            left -= step.seconds
            resume = partial(operation.send, None) if left > 0 else partial(operation.throw, DeadlineReached())


def _ended(operation: Any, step: Briefly[Any]) -> Any:
    try:
        next(step.operation)
    except StopIteration as done:
        return operation.send(done.value)
    except ExchangeError as error:
        return operation.throw(error)
    raise AssertionError("the clock is one request")


def armed(ahead: timedelta = LENGTH * SECOND, now: datetime = NOON) -> Told:
    return Told(now + ahead, now)


ends = st.none() | st.builds(
    lambda seconds: NOON + timedelta(seconds=seconds), st.integers(-(10**9), 10**9) | st.integers(50, 70)
)
nows = st.none() | st.builds(
    lambda seconds: NOON + timedelta(seconds=seconds), st.integers(-3700, 3700) | st.integers(-4, 4)
)
anything = st.builds(Told, ends, nows) | st.sampled_from(TROUBLES)


@given(st.lists(anything, min_size=1, max_size=6), st.sampled_from([NOON, None]))
def test_success_is_a_trigger_time_ahead_of_the_venues_own_clock(
    answers: list[Answer], clock: datetime | None
) -> None:
    venue = Venue(answers, clock)
    try:
        state = venue.run()
    except ExchangeError:
        return
    told = venue.answers[min(len(venue.sent), len(answers)) - 1]
    assert isinstance(told, Told)
    assert state.trigger_time == told.trigger
    assert state.trigger_time is not None
    assert clock is not None
    now = told.now or clock
    assert state.venue_time == now < state.trigger_time
    assert abs(state.trigger_time - now - LENGTH * SECOND) <= TOLERANCE
    assert abs(now - clock) <= TOLERANCE  # it is neither an answer to another request nor from another clock


@given(st.lists(anything, min_size=1, max_size=6))
def test_disarmed_is_what_the_venue_says_and_nothing_else(answers: list[Answer]) -> None:
    venue = Venue(answers)
    try:
        state = venue.run(0)
    except ExchangeError:
        return
    told = venue.answers[min(len(venue.sent), len(answers)) - 1]
    assert isinstance(told, Told)
    assert (told.trigger, state.trigger_time) == (None, None)


@given(st.lists(anything, min_size=1, max_size=6), st.sampled_from([0, LENGTH]))
def test_nothing_is_sent_but_this_countdown(answers: list[Answer], countdown: int) -> None:
    venue = Venue(answers)
    try:
        venue.run(countdown)
    except ExchangeError as error:
        told = str(failed_to_set(error, None, "paper_default", countdown))
        assert "paper_default" in told
        assert "not known" in told or "may still be armed" in told
    assert set(venue.sent) == {countdown}
    assert len(venue.sent) < 10


@pytest.mark.parametrize("lie", [
    Told(None, NOON),
    armed(0 * SECOND),
    armed(-1 * SECOND),
    armed(30 * SECOND),
    armed(3600 * SECOND),
    armed(timedelta(days=400)),
    armed(now=NOON - timedelta(hours=1)),
    armed(now=NOON + timedelta(hours=1)),
    Told(NOON - LENGTH * SECOND, None),
    Told(NOON + 2 * LENGTH * SECOND, None),
], ids=str)  # fmt: skip
def test_a_lie_is_no_cover(lie: Told) -> None:
    venue = Venue([lie])
    with pytest.raises(UnreadableResponseError):
        venue.run()
    assert len(venue.sent) > 2  # it was asked again, as the countdown may be started anew at any time
    assert Venue([lie, armed()]).run().trigger_time == NOON + LENGTH * SECOND


@pytest.mark.parametrize("trouble", TROUBLES, ids=lambda error: type(error).__name__)
def test_a_lost_answer_is_followed_by_another_request(trouble: ExchangeError) -> None:
    venue = Venue([trouble, trouble, armed()])
    assert venue.run().trigger_time == NOON + LENGTH * SECOND
    assert len(venue.sent) == 3
    with pytest.raises(type(trouble)):
        Venue([trouble]).run()


@pytest.mark.parametrize("kind", [AuthenticationError, RequestRefusedError])
def test_a_refusal_is_believed_when_it_is_repeated(kind: type[ExchangeError]) -> None:
    assert Venue([kind("no"), armed()]).run().countdown == LENGTH
    venue = Venue([kind("no")])
    with pytest.raises(kind):
        venue.run()
    assert len(venue.sent) == 2


@pytest.mark.parametrize("told", [armed(), Told(NOON + LENGTH * SECOND)], ids=["with its time", "without"])
def test_without_the_venues_clock_nothing_tells_how_old_an_answer_is(told: Told) -> None:
    venue = Venue([told], clock=None)
    with pytest.raises(ExchangeUnavailableError, match="clock could not be read"):
        venue.run()
    assert set(venue.sent) == {LENGTH}  # the request goes out: the countdown may well have been started anew
    assert len(venue.sent) > 2
    venue = Venue([told], blind=1)
    assert venue.run().venue_time == NOON
    assert venue.sent == [LENGTH, LENGTH]


def test_what_is_wrong_with_an_answer_is_told_even_without_the_venues_clock() -> None:
    with pytest.raises(UnreadableResponseError, match="was to be expected"):
        Venue([armed(3600 * SECOND)], clock=None).run()
    with pytest.raises(UnreadableResponseError, match="still runs"):
        Venue([armed()], clock=None).run(0)


def test_a_disarmed_switch_is_no_news_without_the_venues_clock() -> None:
    with pytest.raises(ExchangeUnavailableError, match="clock could not be read"):
        Venue([Told(None, NOON)], clock=None).run(0)


# -- what answers tell


@pytest.mark.parametrize(
    "value", ["1796040000", 1796040000, "1796040000000", 1796040000000, "2026-11-30T12:00:00Z"]
)
def test_times_in_any_unit(value: Any) -> None:
    assert venue_moment(value) == datetime(2026, 11, 30, 12, tzinfo=UTC)
    assert end_of_countdown(value) == venue_moment(value)


@pytest.mark.parametrize(
    "value", [None, "", "soon", True, 1.5, [], {}, "1", 60, "-1796040000", "99999999999999999999", "NaN"]
)
def test_what_is_no_time(value: Any) -> None:
    with pytest.raises(UnreadableResponseError):
        end_of_countdown(value)


@pytest.mark.parametrize("value", ["0", 0])
def test_no_countdown_runs(value: Any) -> None:
    assert end_of_countdown(value) is None


# -- arguments


@pytest.mark.parametrize("scope", [OMITTED, None, "", "None", "all", "Account", "symbol", ["account"], 1])
def test_the_scope_has_to_be_written(scope: Any) -> None:
    with pytest.raises(InvalidOrderRequest, match='write scope="account"'):
        check_scope(scope)
    check_scope("account")


@pytest.mark.parametrize(
    "countdown", [None, "60", 0, -60, 10.5, True, float("nan"), timedelta(0), timedelta(seconds=0.5)]
)
def test_what_is_no_countdown(countdown: Any) -> None:
    with pytest.raises(InvalidOrderRequest, match="countdown"):
        check_countdown(countdown)


def test_what_is_one() -> None:
    assert [check_countdown(each) for each in (60, 60.0, timedelta(minutes=1))] == [60, 60, 60]


@pytest.mark.parametrize("countdown", [1, 9, 121])
def test_the_venues_bounds(countdown: int) -> None:
    venue: Any = Venue([armed()])
    with pytest.raises(InvalidOrderRequest, match=r"Paper takes 10 to 120 s\. Nothing was sent"):
        switch_of(venue, countdown)
    assert switch_of(venue, 10) is switch_of(venue, 120) is switch_of(venue, 0) is venue


def test_a_venue_without_one_is_refused_by_name() -> None:
    venue: Any = SimpleNamespace(
        name="bybit", title="Bybit", dead_mans_switch=None, no_dead_mans_switch="watches a WebSocket"
    )
    with pytest.raises(InvalidOrderRequest, match=r"Bybit watches a WebSocket\. Nothing was sent"):
        switch_of(venue, 60)


# -- what is stored and told


def state_of(trigger_time: datetime | None = NOON + LENGTH * SECOND) -> SwitchState:
    return SwitchState("paper", "paper_default", "a1", LENGTH, trigger_time, NOON, "all orders", "algo orders")


def test_what_is_stored_reads_back() -> None:
    venue: Any = Venue([])
    for state in (state_of(), state_of(None)):
        assert SwitchState.load(state.dump(), venue) == state
        for other in ({"account": "b2"}, {"conn_id": "other"}, {"exchange": "okx"}):
            assert SwitchState.load(state.dump() | other, venue) is None


json_values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=5,
)


@given(json_values | st.dictionaries(st.sampled_from(list(state_of().dump())), json_values).map(
    lambda changed: state_of().dump() | changed
))  # fmt: skip
@example(state_of().dump() | {"countdown": float("inf")})
@example(state_of().dump() | {"trigger_time": "0001-01-01T00:00:00+14:00"})
@example(state_of().dump() | {"venue_time": "9999-12-31T23:59:59-14:00"})
@example(state_of().dump() | {"reaches": "all\n::group::orders"})
def test_whatever_is_stored_breaks_nothing(stored: Any) -> None:
    venue: Any = Venue([])
    state = SwitchState.load(stored, venue)
    error = failed_to_set(ExchangeUnavailableError("no answer"), state, "paper_default", LENGTH)
    assert error.message == one_line(error.message)
    if state is not None:
        assert RanOut(state.trigger_time or state.venue_time, None, None).in_words("paper_default")


@pytest.mark.parametrize(("last", "disarming", "told"), [
    (None, False, "It is not known that any dead man's switch covers the account of c"),
    (state_of(None), False, "It is not known that any dead man's switch covers the account of c"),
    (state_of(), False, "covered at least until 2026-12-01T12:01:00.000Z by the venue's clock, as the venue said"),
    (state_of(), False, "said at 2026-12-01T12:00:00.000Z, unless somebody has set the switch since"),
    (None, True, "The switch of c may still be armed: then it cancels orders when its countdown ends"),
    (state_of(), True, "may still be armed until 2026-12-01T12:01:00.000Z"),
])  # fmt: skip
def test_until_when(last: SwitchState | None, disarming: bool, told: str) -> None:
    assert told in cover_of(last, "c", disarming=disarming)


def test_what_ran_out_is_told_as_far_as_it_is_known() -> None:
    assert "does not tell which orders" in RanOut(NOON, None, None).in_words("c")
    assert "shows no order that it has cancelled" in RanOut(NOON, [], []).in_words("c")


@pytest.mark.parametrize(("countdown", "is_shorter"), [(60, False), (20, True), (0, False)])
def test_a_shorter_countdown_that_may_have_arrived_ends_the_cover_earlier(countdown: int, is_shorter: bool) -> None:
    told = failed_to_set(LOST, state_of(), "paper_default", countdown)
    assert ("the countdown ends 20 s after it" in str(told)) == is_shorter
