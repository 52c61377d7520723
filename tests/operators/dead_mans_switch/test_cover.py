"""The switch is armed, put off and disarmed, and the next run reports what it has done."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from airflow_provider_exchange.errors import (
    ExchangeUnavailableError,
    InvalidOrderRequest,
    PermissionDeniedError,
)
from airflow_provider_exchange.exchanges.ccxt.profiles.okx_countdown import COUNTDOWN
from airflow_provider_exchange.hooks.exchange import ExchangeHook
from airflow_provider_exchange.operations import dead_mans_switch
from airflow_provider_exchange.sandbox.fault_rules import Fault
from tests.operators.dead_mans_switch.guarded import ROUTE, SENT, Later, Runs, routes, time_of

if TYPE_CHECKING:
    from airflow_provider_exchange.sandbox.testing import RunningSandbox


def test_it_is_armed_as_the_venue_says(runs: Runs, sandbox: RunningSandbox, log: pytest.LogCaptureFixture) -> None:
    order = sandbox.place("okx", "BTC-USDT")
    told = runs.run()
    assert (told["armed"], told["countdown"], told["scope"], told["ran_out"]) == (True, 120, "account", None)
    assert time_of(told["trigger_time"]) - time_of(told["venue_time"]) == timedelta(seconds=120)
    assert "spread orders; algo orders" in told["does_not_reach"]
    assert routes(sandbox) == SENT
    assert [each.order_id for each in sandbox.live("okx")] == [order.order_id]
    for text in (told["trigger_time"], told["reaches"], told["does_not_reach"]):
        assert text in log.text


def test_each_run_puts_it_off(runs: Runs, sandbox: RunningSandbox, later: Later) -> None:
    sandbox.place("okx", "BTC-USDT")
    for _ in range(3):
        assert runs.run()["ran_out"] is None
        later(60)
    assert len(sandbox.live("okx")) == 1


def test_disarmed_is_disarmed(runs: Runs, sandbox: RunningSandbox, later: Later) -> None:
    sandbox.place("okx", "BTC-USDT")
    runs.run()
    told = runs.run("disarm", countdown=None, disarm=True)
    assert (told["armed"], told["countdown"], told["trigger_time"]) == (False, 0, None)
    later(500)
    assert runs.run()["ran_out"] is None  # the last word was that nothing runs
    assert len(sandbox.live("okx")) == 1
    assert routes(sandbox) == SENT


def test_what_a_mapped_task_has_disarmed_did_not_run_out(runs: Runs, later: Later) -> None:
    runs.run(map_index=1)
    runs.run("disarm", map_index=1, countdown=None, disarm=True)
    later(500)
    assert runs.run(map_index=1)["ran_out"] is None
    later(500)
    runs.run("disarm_alone", countdown=None, disarm=True)
    assert runs.run(map_index=1)["ran_out"] is None  # nor what one task has that is not mapped


def test_times_in_seconds_are_as_good(runs: Runs, sandbox: RunningSandbox) -> None:
    sandbox.exchange.apply_settings(okx_countdown_times="seconds")
    told = runs.run()
    assert time_of(told["trigger_time"]) - time_of(told["venue_time"]) == timedelta(seconds=120)


# -- nobody comes in time


def test_the_next_run_reports_what_the_venue_has_done(
    runs: Runs, sandbox: RunningSandbox, later: Later, log: pytest.LogCaptureFixture
) -> None:
    spot, swap = (sandbox.place("okx", market) for market in ("BTC-USDT", "BTC-USDT-SWAP"))
    algo = sandbox.place("okx_algo", "BTC-USDT", stop_price=90)
    by_hand = sandbox.place("okx", "ETH-USDT")
    armed = runs.run()
    sandbox.book("okx").cancel(by_hand.order_id)
    later(300)
    assert sandbox.live("okx") == []
    younger = sandbox.place("okx", "BTC-USDT")
    told = runs.run()
    ran_out = told["ran_out"]
    assert ran_out["trigger_time"] == ran_out["cancelled_at"] == armed["trigger_time"]
    assert {each["order_id"] for each in ran_out["cancelled"]} == {spot.order_id, swap.order_id}
    assert [each["order_id"] for each in ran_out["still_open"]] == [f"algo:{algo.order_id}"]
    assert told["armed"]
    assert sandbox.live("okx")[0].order_id == younger.order_id
    for text in (armed["trigger_time"], spot.order_id, swap.order_id, f"algo:{algo.order_id}"):
        assert text in log.text
    assert {each.route for each in sandbox.mutations("okx")} == {ROUTE}


def test_what_cannot_be_read_of_that_changes_nothing(runs: Runs, sandbox: RunningSandbox, later: Later) -> None:
    sandbox.place("okx", "BTC-USDT")
    runs.run()
    later(300)
    for route in ("history", "open_orders", "open_algo_orders"):
        sandbox.faults.add(Fault("status", status=503, route=route))
    told = runs.run()
    assert told["armed"]
    assert told["ran_out"]["cancelled"] is told["ran_out"]["still_open"] is None


def test_a_run_by_hand_is_not_taken_for_the_latest_for_ever(
    runs: Runs, later: Later, log: pytest.LogCaptureFixture
) -> None:
    """On Airflow 3 it has no logical date, and PostgreSQL sorts what it has left before that of all dated runs."""
    assert runs.run(logical_date=None)["armed"]
    for _ in range(3):
        later(60)
        assert runs.run()["ran_out"] is None
    assert "run out" not in log.text


@pytest.mark.parametrize("stored", [{"trigger_time": 1}, [], "armed", {"armed": True}, None])
def test_what_is_stored_proves_nothing(runs: Runs, stored: Any) -> None:
    runs.run()
    runs._left["arm"] = stored
    assert runs.run()["ran_out"] is None


def test_an_airflow_that_does_not_answer_changes_nothing(runs: Runs, monkeypatch: pytest.MonkeyPatch) -> None:
    def pull(**_: Any) -> Any:
        raise OSError("the supervisor is gone")

    monkeypatch.setattr(runs, "_pull", pull)
    assert runs.run()["armed"]


# -- clocks


@pytest.mark.parametrize("hours", [-5, 5])
def test_the_workers_clock_does_not_matter(runs: Runs, sandbox: RunningSandbox, hours: int) -> None:
    sandbox.exchange.apply_settings(skew=hours * 3600)
    told = runs.run()
    ahead = time_of(told["trigger_time"]) - datetime.now(UTC) - timedelta(hours=hours)
    assert timedelta(seconds=90) < ahead < timedelta(seconds=125)


# -- the hook, and what may be signed


def test_the_hook_remembers_what_it_was_told(
    okx: str, sandbox: RunningSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    hook = ExchangeHook.for_connection(okx)
    armed = hook.arm_dead_mans_switch(timedelta(seconds=60), scope="account")
    assert armed.trigger_time is not None
    monkeypatch.setattr(dead_mans_switch, "LONGEST_SET", 1.5)  # its own limit lets it ask once a second
    sandbox.faults.add(Fault("drop_before", route=ROUTE))
    with pytest.raises(ExchangeUnavailableError, match=f"covered at least until {armed.dump()['trigger_time']}"):
        hook.arm_dead_mans_switch(60, scope="account")
    with pytest.raises(InvalidOrderRequest, match='write scope="account"'):
        hook.disarm_dead_mans_switch()


def test_no_cancel_can_sign_it(okx: str, sandbox: RunningSandbox) -> None:
    hook = ExchangeHook.for_connection(okx)
    exchange: Any = hook.exchange
    (call,) = COUNTDOWN.calls
    with pytest.raises(PermissionDeniedError, match="privatePostTradeCancelAllAfter is not among the calls"):
        exchange._asking.call(call.endpoint, call.params(60), call.read)
    for book in exchange._books:
        with pytest.raises(PermissionDeniedError):  # nor can the switch sign a cancel
            exchange.dead_mans_switch._asking.call(book.cancel.endpoint, {}, call.read)
    sandbox.place("okx", "BTC-USDT")
    assert hook.cancel_all_orders().outcomes == {"cancelled": 1}
    assert ROUTE not in routes(sandbox)
