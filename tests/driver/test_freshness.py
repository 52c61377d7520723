"""Answers that a cache may have kept are told from those of the venue, whatever the clocks do."""

from __future__ import annotations

import asyncio
from math import floor
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_provider_exchange.driver.asynchronous import AsyncTransport, new_async_session
from airflow_provider_exchange.driver.blocking import Transport, new_session
from airflow_provider_exchange.driver.effects import Plan, Send
from airflow_provider_exchange.driver.freshness import Freshness, age
from airflow_provider_exchange.errors import (
    AuthenticationError,
    ClockSkewError,
    ExchangeUnavailableError,
    OrderNotFoundError,
    RateLimitedError,
    UnreadableResponseError,
)
from airflow_provider_exchange.models.orders import OrderRef
from airflow_provider_exchange.protocol.messages import Request, Response
from airflow_provider_exchange.protocol.steps import ask
from tests.driver.servers import answer, serving
from tests.driver.test_clock import SetClock, dated
from tests.driver.test_plan import BITOPRO, CANCEL, OK, READ, Bench

if TYPE_CHECKING:
    from collections.abc import Callable

EPOCH = 1_800_000_000


class Venue:
    """
    Answers at once, by a clock of its own.

    :param ahead: Seconds by which it is ahead of ours.
    """

    def __init__(self, ahead: float = 0.0) -> None:
        self.clock = SetClock()
        self.freshness = Freshness(self.clock)
        self.ahead = ahead

    def answers_old(self, at: float, *, kept: float = 0.0, ahead: float | None = None, took: float = 0.05) -> bool:
        """
        Return whether an answer counts as old.

        :param at: When the request was sent, in seconds of our clock.
        :param kept: For how many seconds a cache has kept it.
        :param ahead: Of the server that answers; None for the venue's.
        :param took: Until it was received.
        """
        self.clock.now = EPOCH + at
        sent = self.freshness.now()
        self.clock.now += took
        shown = sent - kept + (self.ahead if ahead is None else ahead)
        return self.freshness.is_old(dated(floor(shown)), sent)


@given(
    ahead=st.floats(-7200, 7200),
    waits=st.lists(st.floats(0, 600), max_size=40),
    took=st.floats(0, 10),
)
def test_what_a_venue_answers_itself_is_never_old(ahead: float, waits: list[float], took: float) -> None:
    """However far its clock is off, however long answers take, and wherever in its second a date was cut off."""
    venue = Venue(ahead)
    at = 0.0
    for wait in waits:
        at += wait
        assert not venue.answers_old(at, took=took)


@given(ahead=st.floats(-7200, 7200), at=st.floats(0.5, 3600), kept=st.floats(3.1, 3600))
def test_what_a_cache_kept_is_old_after_a_single_answer(ahead: float, at: float, kept: float) -> None:
    venue = Venue(ahead)
    assert not venue.answers_old(0)
    assert venue.answers_old(at, kept=kept)


def test_a_cache_is_not_believed_by_and_by() -> None:
    """It repeats its date, however often it is asked; a second one that kept a later answer changes nothing."""
    venue = Venue()
    assert not venue.answers_old(0)
    for at in range(20, 60):
        assert venue.answers_old(at, kept=at - 5)
    for at in range(60, 90):
        kept = at - 5 if at % 2 else at - 7
        assert venue.answers_old(at + 0.4, kept=kept)
    assert not venue.answers_old(100)


def test_the_date_of_the_latest_answer_is_old_a_second_later() -> None:
    """Also that of the first one, which has nothing before it to be compared with."""
    venue = Venue()
    assert not venue.answers_old(0, kept=600)
    assert not venue.answers_old(0.9, kept=600.9)
    assert venue.answers_old(1.1, kept=601.1)
    assert not venue.answers_old(2)


def test_the_first_answer_has_nothing_to_be_compared_with() -> None:
    """A cached one is found out by what follows, and does not stand in its way."""
    venue = Venue()
    assert not venue.answers_old(0, kept=600)
    assert not venue.answers_old(1)
    assert venue.answers_old(2, kept=10)


@pytest.mark.parametrize("back", [5, 60, 86_400])
def test_a_clock_that_is_set_back_is_believed_after_seconds(back: float) -> None:
    venue = Venue()
    assert not venue.answers_old(0)
    venue.ahead -= back
    old = [venue.answers_old(10 + tenth / 10) for tenth in range(100)]
    assert old.index(False) <= 31
    assert not any(old[31:]), "and from then on"
    assert venue.answers_old(30, kept=10)


def test_servers_whose_clocks_differ_are_all_believed_after_seconds() -> None:
    venue = Venue()
    old = [venue.answers_old(tenth / 10, ahead=7 * (tenth % 2)) for tenth in range(200)]
    assert not any(old[50:])
    assert not any(old[1::2]), "those of the faster one always are"


def test_one_answer_from_the_future_costs_seconds_once() -> None:
    venue = Venue()
    for _ in range(2):
        assert not venue.answers_old(0, ahead=900)
        lost = [venue.answers_old(1 + tenth / 10) for tenth in range(100)]
        assert lost.index(False) <= 31
        assert not venue.answers_old(20, ahead=900)
        assert not venue.answers_old(20.1)
        venue.freshness = Freshness(venue.clock)


@pytest.mark.parametrize(
    ("age", "old"),
    [
        ("0", False),
        ("00", False),
        ("1", True),
        ("120", True),
        ("0, 7", True),
        ("", False),
        ("soon", True),
        ("-1", True),
        ("\u0661", True),
        ("9" * 400, True),
        ("120.5", True),
        ("+120", True),
        ("120s", True),
    ],
)
def test_an_age_above_zero_is_old(age: str, old: bool) -> None:
    venue = Venue()
    assert venue.freshness.is_old(Response(200, {"age": age}, b""), venue.freshness.now()) is old


@given(st.dictionaries(st.sampled_from(["age", "date"]), st.text()))
def test_any_header_is_read(headers: dict[str, str]) -> None:
    venue = Venue()
    venue.freshness.is_old(Response(200, headers, b""), venue.freshness.now())


def kept(seconds: float) -> Callable[[Bench, Response], Response]:
    return lambda bench, answer: Response(
        answer.status, dict(dated(bench.clock.now - seconds).headers), answer.body
    )


def aged(_bench: Bench, answer: Response) -> Response:
    return Response(answer.status, {"age": "1"}, answer.body)


each_old = pytest.mark.parametrize("old", [kept(10), aged], ids=["date", "age"])


def warmed() -> Bench:
    """Return a bench that knows the venue's clock."""
    bench = Bench()
    assert bench.run(ask(READ), lambda _: kept(0)(bench, OK)) == 7
    bench.sent.clear()
    return bench


@each_old
def test_a_read_is_repeated_until_the_answer_is_the_venues(old: Callable[[Bench, Response], Response]) -> None:
    bench = warmed()
    assert bench.run(ask(READ), lambda number: old(bench, OK) if number <= 3 else OK) == 7
    assert len(bench.sent) == 4


@each_old
def test_an_old_answer_to_a_cancel_is_a_failure_with_an_unknown_outcome(
    old: Callable[[Bench, Response], Response],
) -> None:
    bench = warmed()
    with pytest.raises(UnreadableResponseError, match="older than the request"):
        bench.run(ask(CANCEL), lambda _: old(bench, OK))
    assert len(bench.sent) == 1


@each_old
@pytest.mark.parametrize(
    ("status", "body", "meant", "shown"),
    [
        (401, b'{"error": "Unauthorized"}', AuthenticationError, (UnreadableResponseError, ClockSkewError)),
        (404, b'{"error": "No such order"}', OrderNotFoundError, UnreadableResponseError),
        (429, b'{"error": "Too many"}', RateLimitedError, RateLimitedError),
        (503, b"", ExchangeUnavailableError, ExchangeUnavailableError),
    ],
)
def test_what_an_old_error_says_is_never_final(
    old: Callable[[Bench, Response], Response],
    status: int,
    body: bytes,
    meant: type[Exception],
    shown: type[Exception] | tuple[type[Exception], ...],
) -> None:
    read = BITOPRO.read_order(OrderRef("1", "btc_usdt"))
    bench = warmed()
    with pytest.raises(meant):
        bench.run(read, lambda _: Response(status, {}, body), repeat_reads=False)
    bench = warmed()
    read = BITOPRO.read_order(OrderRef("1", "btc_usdt"))
    with pytest.raises(shown):
        bench.run(read, lambda _: old(bench, Response(status, {}, body)), repeat_reads=False)


@each_old
def test_an_old_refusal_for_too_many_requests_holds_the_pace(
    old: Callable[[Bench, Response], Response],
) -> None:
    bench = warmed()

    def limited(number: int) -> Response:
        refusal = old(bench, Response(429, {}, b""))
        return Response(429, {**refusal.headers, "retry-after": "7"}, b"") if number == 1 else OK

    assert bench.run(ask(READ), limited) == 7
    assert sum(bench.slept) == pytest.approx(7)


@each_old
def test_an_old_answer_does_not_set_the_clock(old: Callable[[Bench, Response], Response]) -> None:
    bench = warmed()
    before = bench.planner.venue_clock.now()
    with pytest.raises(UnreadableResponseError):
        bench.run(ask(READ), lambda _: old(bench, OK), repeat_reads=False)
    assert bench.planner.venue_clock.now() == before


def test_a_venue_that_sets_its_clock_back_is_followed() -> None:
    """It refuses our time, and what it says about its own looks old at first."""
    bench = warmed()

    def venue(_number: int) -> Response:
        return Response(401, dict(dated(bench.clock.now - 600).headers), b'{"error": "Invalid timestamp"}')

    with pytest.raises(ClockSkewError):  # for ever, as the time that we gave may not go back
        bench.run(ask(READ), venue)
    assert bench.planner.venue_clock.measured_offset == pytest.approx(-600_000, abs=1000)


def fetch(url: str, *, blocking: bool) -> Response:
    """Send one request by one of the drivers."""

    def plan() -> Plan[Response]:
        response: Response = yield Send(Request("GET", url, {}), 5)
        return response

    async def run() -> Response:
        async with new_async_session() as session:
            return await AsyncTransport(session).run(plan())

    if not blocking:
        return asyncio.run(run())
    with new_session() as session:
        return Transport(session).run(plan())


@pytest.mark.parametrize("blocking", [True, False])
def test_the_most_of_several_ages_counts(blocking: bool) -> None:
    head = b"HTTP/1.1 200 OK\r\nAge: 120\r\nage: 0\r\nContent-Length: 0\r\n\r\n"
    with serving(answer(head)) as (url, _):
        assert age(fetch(url, blocking=blocking)) == 120


@pytest.mark.parametrize("blocking", [True, False])
def test_the_drivers_ask_for_no_cached_answer(blocking: bool) -> None:
    with serving(answer(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")) as (url, received):
        fetch(url, blocking=blocking)
    (sent,) = received
    assert {b"Cache-Control: no-cache", b"Pragma: no-cache"} <= set(sent.split(b"\r\n"))
