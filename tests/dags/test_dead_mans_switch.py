"""The example that arms, trades and disarms, run by run: Airflow tells each what the one before was told."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from airflow_provider_exchange.tasks.schedule import longest_interval
from tests.accounts import through_ccxt
from tests.dags.runs import example, run_dag

if TYPE_CHECKING:
    from airflow_provider_exchange.sandbox.testing import RunningSandbox


@pytest.fixture(autouse=True)
def okx(sandbox: RunningSandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_OKX_DEFAULT", json.dumps(through_ccxt(sandbox, "okx")))


def test_arms_trades_and_disarms(sandbox: RunningSandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    exchange = sandbox.exchange
    monkeypatch.setattr(exchange, "clock", exchange.clock)
    order = sandbox.place("okx", "BTC-USDT")

    armed = run_dag(example("dead_mans_switch"))

    assert armed.states == {
        "while_trading": "success",
        "arm": "success",
        "trade": "success",
        "after_trading": "skipped",
        "clear": "skipped",
        "disarm": "skipped",
    }
    assert (armed.xcoms["arm"]["countdown"], armed.xcoms["arm"]["ran_out"]) == (120, None)

    before = exchange.clock  # no run comes for three minutes
    exchange.clock = lambda: before() + 180
    assert sandbox.live("okx") == []

    late = run_dag(example("dead_mans_switch"))

    assert late.state == "success"
    ran_out = late.xcoms["arm"]["ran_out"]
    assert ran_out["trigger_time"] == armed.xcoms["arm"]["trigger_time"]
    assert [each["order_id"] for each in ran_out["cancelled"]] == [order.order_id]

    sandbox.place("okx", "BTC-USDT")
    monkeypatch.setenv("AIRFLOW_VAR_TRADING", "no")

    ended = run_dag(example("dead_mans_switch"))

    assert ended.states == {
        "while_trading": "skipped",
        "arm": "skipped",
        "trade": "skipped",
        "after_trading": "success",
        "clear": "success",
        "disarm": "success",
    }
    assert ended.xcoms["clear"]["outcomes"] == {"cancelled": 1}
    assert ended.xcoms["disarm"]["armed"] is False


def test_nothing_is_traded_without_a_confirmed_countdown(
    sandbox: RunningSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    fields = through_ccxt(sandbox, "okx")
    monkeypatch.setenv("AIRFLOW_CONN_OKX_DEFAULT", json.dumps({**fields, "login": "unknown"}))

    run = run_dag(example("dead_mans_switch"))

    assert (run.state, run.states["arm"], run.states["trade"]) == ("failed", "failed", "upstream_failed")


def test_a_run_may_be_missed_and_the_next_one_come_late() -> None:
    """At exactly twice the interval, a second more in Airflow's queue would set off the switch."""
    dag: Any = example("dead_mans_switch")
    interval = longest_interval(dag.timetable)
    assert interval is not None
    assert dag.get_task("arm").countdown >= 3 * interval.total_seconds()
