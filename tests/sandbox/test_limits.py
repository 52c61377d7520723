"""The documented request limits, as sliding windows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_provider_exchange.sandbox.limits import Limits
from airflow_provider_exchange.sandbox.testing import RunningSandbox, running_sandbox
from airflow_provider_exchange.sandbox.venues import VENUES

from .clients import BitoProClient, LoopringClient, NamiClient

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import requests


WINDOWS = {venue.name: venue.limits for venue in VENUES}


class Clock:
    """Stands still until it is told to move."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def limited() -> Iterator[RunningSandbox]:
    with running_sandbox(rate_limits=True) as sandbox:
        sandbox.exchange.limits = Limits(WINDOWS, Clock())
        yield sandbox


@pytest.mark.parametrize(("venue", "route", "count", "seconds"), [
    ("bitopro", "cancel_order", 900, 60),
    ("bitopro", "cancel_orders", 2, 1),
    ("bitopro", "cancel_all_orders", 1, 1),
    ("bitopro", "open_orders", 5, 1),
    ("bitopro", "balance", 600, 60),
    ("loopring", "cancel_order", 5, 1),
    ("loopring", "orders", 5, 1),
    ("nami", "open_orders", 60, 60),
    ("nami", "cancel_order", 10, 1),
])  # fmt: skip
def test_a_window_opens_again(venue: str, route: str, count: int, seconds: float) -> None:
    clock = Clock()
    limits = Limits(WINDOWS, clock)
    assert [limits.admits(venue, route) for _ in range(count + 1)] == [True] * count + [False]
    clock.now += seconds - 0.001
    assert not limits.admits(venue, route)
    clock.now += 0.001
    assert limits.admits(venue, route)


@given(st.lists(st.floats(0, 0.5), max_size=60))
def test_never_more_than_so_many_in_any_window(pauses: list[float]) -> None:
    clock = Clock()
    limits = Limits(WINDOWS, clock)
    admitted = []
    for pause in pauses:
        clock.now += pause
        if limits.admits("loopring", "order"):
            admitted.append(clock.now)
    assert all(admitted[place + 5] - admitted[place] >= 1 for place in range(len(admitted) - 5))


def test_routes_with_their_own_window_do_not_use_up_the_others() -> None:
    limits = Limits(WINDOWS, Clock())
    assert all(limits.admits("bitopro", "open_orders") for _ in range(5))
    assert not limits.admits("bitopro", "open_orders")
    assert limits.admits("bitopro", "order")
    assert all(limits.admits("loopring", route) for route in ("order", "orders") for _ in range(5))


def test_every_venue_has_limits() -> None:
    assert all(WINDOWS.values())


def test_a_route_without_a_window_is_not_limited() -> None:
    limits = Limits({"elsewhere": {"cancel_order": (1, 60)}}, Clock())
    assert [limits.admits("elsewhere", "cancel_order") for _ in range(2)] == [True, False]
    assert all(limits.admits("elsewhere", "order") for _ in range(100))


@pytest.mark.parametrize(("read", "count"), [
    (lambda sandbox: BitoProClient(sandbox).call("GET", "/orders/open"), 5),
    (lambda sandbox: LoopringClient(sandbox).get("/orders"), 5),
    (lambda sandbox: NamiClient(sandbox).get("/api/v4/spot/open"), 60),
])  # fmt: skip
def test_a_breach_is_told_with_429(
    limited: RunningSandbox, read: Callable[[RunningSandbox], requests.Response], count: int
) -> None:
    assert [read(limited).status_code for _ in range(count + 1)] == [200] * count + [429]
    assert not limited.request_log[-1].acted
    limited.exchange.apply_settings(rate_limits=False)
    assert read(limited).status_code == 200
