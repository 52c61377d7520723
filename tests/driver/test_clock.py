"""Nonces that grow, offsets that are measured, and waits that a venue asks for."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_provider_exchange.driver.clock import (
    BELIEVED_AFTER,
    LONGEST_RETRY_AFTER,
    SystemClock,
    VenueClock,
    retry_after,
)
from airflow_provider_exchange.protocol.messages import Response


class SetClock(SystemClock):
    def __init__(self, now: float = 1_800_000_000.0) -> None:
        self.now = now

    def monotonic(self) -> float:
        return self.now

    def wall(self) -> float:
        return self.now


def dated(time: float, **headers: str) -> Response:
    return Response(200, {"date": format_datetime(datetime.fromtimestamp(time, UTC), usegmt=True), **headers}, b"")


@given(steps=st.lists(st.tuples(st.floats(-5, 5), st.one_of(st.none(), st.floats(-7200, 7200))), max_size=40))
def test_accepted_timestamps_grow_whatever_the_clocks_do(steps: list[tuple[float, float | None]]) -> None:
    """Machine and venue jump about; only a refused timestamp, which the venue did not count, may be undercut."""
    clock = SetClock()
    venue = VenueClock(clock)
    accepted = 0
    for moved, offset in steps:
        clock.now += moved
        timestamp = venue.next_timestamp()
        if offset is None:
            assert timestamp > accepted
            accepted = timestamp
        else:
            venue.observe(dated(clock.now + offset))
            venue.refused(timestamp, venue.ahead(timestamp))
    assert venue.next_timestamp() > accepted


def test_timestamps_within_a_millisecond_differ() -> None:
    venue = VenueClock(SetClock())
    assert len({venue.next_timestamp() for _ in range(1000)}) == 1000


def test_a_time_that_could_not_go_back_with_the_venues_is_off() -> None:
    """Then a venue that calls it a bad key is not to be believed."""
    clock = SetClock()
    venue = VenueClock(clock)
    venue.next_timestamp()  # accepted, so what follows must be larger
    refused = venue.next_timestamp()
    venue.observe(dated(clock.now - 60))
    venue.refused(refused, venue.ahead(refused))
    again = venue.next_timestamp()
    venue.observe(dated(clock.now - 60))
    assert venue.is_off(venue.ahead(again))


def test_a_refusal_adopts_the_venues_clock() -> None:
    clock = SetClock()
    venue = VenueClock(clock)
    timestamp = venue.next_timestamp()
    venue.observe(dated(clock.now + 3600))
    assert venue.is_off(venue.ahead(timestamp))
    venue.refused(timestamp, venue.ahead(timestamp))
    following = venue.next_timestamp()
    assert not venue.is_off(venue.ahead(following))
    assert abs(following - (clock.now + 3600) * 1000) <= 1000


def test_after_a_fast_clock_the_venues_time_is_reached_at_once() -> None:
    """The refused timestamp lay an hour ahead; growing from there would be refused for an hour."""
    clock = SetClock()
    venue = VenueClock(clock)
    accepted = venue.next_timestamp()
    clock.now += 3600
    timestamp = venue.next_timestamp()
    venue.observe(dated(clock.now - 3590))
    venue.refused(timestamp, venue.ahead(timestamp))
    following = venue.next_timestamp()
    assert following > accepted
    assert abs(following - (clock.now - 3590) * 1000) <= 1000


def test_a_nonce_refused_with_the_clocks_agreeing_grows() -> None:
    clock = SetClock()
    venue = VenueClock(clock)
    timestamp = venue.next_timestamp()
    venue.observe(dated(clock.now))
    venue.refused(timestamp, venue.ahead(timestamp))
    assert venue.next_timestamp() > timestamp


def test_small_differences_are_the_dates_resolution() -> None:
    clock = SetClock()
    venue = VenueClock(clock)
    venue.observe(dated(clock.now - 1))
    assert not venue.is_off(0)
    assert set(venue.now()) == {datetime.fromtimestamp(clock.now, UTC)}


def ahead(venue: VenueClock, clock: SetClock) -> list[int]:
    """Return by how many seconds the venue may be ahead of this machine, at least and at most."""
    return [round(time.timestamp() - clock.now) for time in venue.now()]


def test_no_single_answer_tells_the_time() -> None:
    clock = SetClock()
    venue = VenueClock(clock)
    for _ in range(3):  # at once, as one server of many may give them
        venue.observe(dated(clock.now + 600))
        assert ahead(venue, clock) == [0, 600]
    clock.now += BELIEVED_AFTER
    assert ahead(venue, clock) == [0, 600]
    venue.observe(dated(clock.now + 600))
    assert ahead(venue, clock) == [600, 600]
    venue.observe(dated(clock.now + 7200))
    assert ahead(venue, clock) == [600, 7200]
    clock.now += 10
    venue.observe(dated(clock.now + 600))
    assert ahead(venue, clock) == [600, 600]


def test_a_time_that_changes_meanwhile_is_not_believed() -> None:
    clock = SetClock()
    venue = VenueClock(clock)
    for hours in range(1, 5):
        venue.observe(dated(clock.now + 3600 * hours))
        assert ahead(venue, clock) == [0, 3600 * hours]
        clock.now += 10


def test_a_date_that_is_years_off_belongs_to_no_clock() -> None:
    clock = SetClock()
    venue = VenueClock(clock)
    venue.observe(dated(clock.now + 500 * 86_400))
    assert venue.measured_offset is None
    assert ahead(venue, clock) == [0, 0]


def test_the_venues_own_time_counts() -> None:
    clock = SetClock()
    venue = VenueClock(clock)
    venue.observe_server_time(int(clock.now * 1000) - 60_000)
    assert venue.measured_offset == -60_000


@pytest.mark.parametrize("date", ["", "yesterday", "Wed, 99 Oct 2026 07:28:00 GMT", "0", "\u0660"])
def test_an_unreadable_date_measures_nothing(date: str) -> None:
    venue = VenueClock(SetClock())
    venue.observe(Response(200, {"date": date}, b""))
    assert venue.measured_offset is None


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "7"}, 7.0),
        ({"retry-after": " 0.5 "}, 0.5),
        ({"retry-after": "-3"}, 0.0),
        ({"retry-after": "1e99"}, LONGEST_RETRY_AFTER),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "inf"}, None),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "Wed, 21 Oct 2026 07:28:10 GMT", "date": "Wed, 21 Oct 2026 07:28:00 GMT"}, 10.0),
        ({"retry-after": "Wed, 21 Oct 2026 07:27:00 GMT", "date": "Wed, 21 Oct 2026 07:28:00 GMT"}, 0.0),
        ({"retry-after": "Thu, 01 Jan 1970 00:00:30 GMT"}, 20.0),
    ],
)
def test_retry_after_in_both_its_forms(headers: dict[str, str], seconds: float | None) -> None:
    assert retry_after(Response(429, headers, b""), wall=10.0) == seconds


@given(st.text())
def test_any_retry_after_is_a_bounded_wait_or_none(text: str) -> None:
    seconds = retry_after(Response(429, {"retry-after": text}, b""), wall=0.0)
    assert seconds is None or 0 <= seconds <= LONGEST_RETRY_AFTER
