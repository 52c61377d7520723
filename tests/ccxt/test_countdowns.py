"""The dead man's switch of each certified exchange, as its profile has it, at its paper exchange."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from airflow_provider_exchange.exchanges.ccxt.profiles import PROFILES, profile_of
from airflow_provider_exchange.hooks.exchange import ExchangeHook
from airflow_provider_exchange.operations.dead_mans_switch import TOLERANCE, look_back
from tests.accounts import SYMBOLS, through_ccxt

if TYPE_CHECKING:
    from collections.abc import Iterator

    from airflow_provider_exchange.sandbox.testing import RunningSandbox

ARMED = [name for name in PROFILES if profile_of(name).countdown is not None]
BOTH = [(name, name) for name in ARMED]


@pytest.fixture
def hook(request: pytest.FixtureRequest, sandbox: RunningSandbox, monkeypatch: pytest.MonkeyPatch) -> ExchangeHook:
    monkeypatch.setenv("AIRFLOW_CONN_GUARDED", json.dumps(through_ccxt(sandbox, request.param)))
    return ExchangeHook.for_connection("guarded")


@pytest.fixture
def clock_set_back(sandbox: RunningSandbox) -> Iterator[None]:
    """Let the venue's clock be set back at the end."""
    clock = sandbox.exchange.clock
    yield
    sandbox.exchange.clock = clock


@pytest.mark.parametrize("name", PROFILES)
def test_a_profile_has_a_countdown_or_says_why_not(name: str) -> None:
    profile = profile_of(name)
    assert profile.no_countdown
    if (countdown := profile.countdown) is None:
        return
    assert timedelta(seconds=countdown.shortest) > 2 * TOLERANCE
    assert countdown.shortest < countdown.longest
    assert countdown.reaches
    assert countdown.spares
    changing = {each for each in countdown.endpoints() if each.changes}
    assert changing == {call.endpoint for call in countdown.calls}
    assert changing.isdisjoint(profile.endpoints())  # so no cancel can sign them
    # Where the answer does not tell the venue's time, that is read.
    assert profile.time is not None


@pytest.mark.parametrize(("name", "hook"), BOTH, ids=ARMED, indirect=["hook"])
@pytest.mark.usefixtures("clock_set_back")
def test_at_its_end_the_orders_are_gone(name: str, hook: ExchangeHook, sandbox: RunningSandbox) -> None:
    exchange = sandbox.exchange
    sandbox.place(name, SYMBOLS[name])
    countdown = profile_of(name).countdown
    assert countdown is not None

    armed = hook.arm_dead_mans_switch(60, scope="account")
    before = exchange.clock
    exchange.clock = lambda: before() + 58
    assert len(sandbox.live(name)) == 1
    exchange.clock = lambda: before() + 63
    assert sandbox.live(name) == []

    ran_out = hook.run(look_back(hook.exchange, armed), 30)
    assert ran_out.still_open == []
    assert ran_out.cancelled is None or len(ran_out.cancelled) == 1
    assert (ran_out.cancelled is None) == (not countdown.ended)


@pytest.mark.parametrize(("name", "hook"), BOTH, ids=ARMED, indirect=["hook"])
@pytest.mark.usefixtures("clock_set_back")
def test_disarmed_they_stay(name: str, hook: ExchangeHook, sandbox: RunningSandbox) -> None:
    exchange = sandbox.exchange
    sandbox.place(name, SYMBOLS[name])
    hook.arm_dead_mans_switch(60, scope="account")
    assert hook.disarm_dead_mans_switch(scope="account").trigger_time is None
    before = exchange.clock
    exchange.clock = lambda: before() + 3600
    assert len(sandbox.live(name)) == 1
