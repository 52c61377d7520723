"""What a cancel tells StatsD, by Airflow's own logger, from every place where Airflow has a cancel done."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest
from airflow.providers.common.compat.sdk import TaskDeferred

from airflow_provider_exchange.notifications.orders import CancelAllOrdersNotifier
from airflow_provider_exchange.operators.orders import CancelAllOrdersOperator, CancelOrderOperator
from airflow_provider_exchange.sandbox.fault_rules import Fault
from tests.accounts import OTHER_SYMBOLS, SYMBOLS
from tests.notifications.test_kill_switch import fire
from tests.report.airflows import PLACES, context
from tests.tasks import Task

if TYPE_CHECKING:
    from airflow_provider_exchange.sandbox.testing import RunningSandbox
    from tests.connections import Connect
    from tests.metrics.listener import Listener
    from tests.notifications.test_kill_switch import Fire
    from tests.several import Several

__all__ = ["fire"]

ACCOUNT = "nami.exchange_under_test"
FLAT = {
    f"exchange.{gauge}.{ACCOUNT}": 0
    for gauge in ("survivors", "survivors_selected", "unproved", "unproved_selected")
}
"""What the gauges show once a whole account is proved flat."""
ONE_LEFT = {f"exchange.survivors.{ACCOUNT}": 1, f"exchange.unproved.{ACCOUNT}": 0}


def sweep(conn_id: str, **arguments: Any) -> None:
    """Run a task that clears an account; one that fails, too."""
    around = context()
    operator = CancelAllOrdersOperator(
        task_id="clear", exchange_conn_id=conn_id, **{"poll_interval": 0.05, "timeout": 0.5, **arguments}
    )
    with suppress(Exception):
        Task(operator, context=around).run()


@pytest.fixture(params=PLACES)
def place(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


def fired(place: str) -> dict[str, float]:
    return {"exchange.kill_switches.fired": 1} if "notifier" in place else {}


def run_at(place: str, conn_id: str, capsys: pytest.CaptureFixture[str], **arguments: Any) -> None:
    with suppress(Exception):
        PLACES[place](lambda: capsys.readouterr().out, exchange_conn_id=conn_id, **arguments)


def test_a_flat_account(
    connect: Connect, sandbox: RunningSandbox, statsd: Listener, place: str, capsys: pytest.CaptureFixture[str]
) -> None:
    for _ in range(2):
        sandbox.place("nami", "BTCUSDT")
    run_at(place, connect("nami"), capsys)
    metrics = statsd.metrics()
    counted = {each.name.removeprefix("airflow."): each.value for each in metrics if each.kind != "ms"}
    assert counted == {**FLAT, "exchange.orders.cancelled": 2, **fired(place)}
    times = {each.name: each.value for each in metrics if each.kind == "ms"}
    assert times.keys() == {"airflow.exchange.time_to_flat", "airflow.exchange.time_to_proof"}
    # Milliseconds, with a proof that takes 20 of them after the account is flat.
    assert 0 < times["airflow.exchange.time_to_flat"] <= times["airflow.exchange.time_to_proof"] - 20


def test_what_may_still_be_open(
    connect: Connect, sandbox: RunningSandbox, statsd: Listener, place: str, capsys: pytest.CaptureFixture[str]
) -> None:
    sandbox.place("nami", "BTCUSDT")
    sandbox.faults.add(Fault("cancelling", reads=100_000))
    run_at(place, connect("nami"), capsys, timeout=2)
    metrics = statsd.metrics()
    assert {each.name.removeprefix("airflow."): each.value for each in metrics} == {
        **ONE_LEFT,
        "exchange.orders.unknown": 1,
        "exchange.sweeps.failed": 1,
        **fired(place),
    }


def test_survivors_go_back_to_zero(connect: Connect, sandbox: RunningSandbox, statsd: Listener) -> None:
    sandbox.place("nami", "BTCUSDT")
    sandbox.faults.add(Fault("cancelling", reads=100_000))
    sweep(connect("nami"))
    assert ONE_LEFT.items() <= statsd.counted().items()
    sandbox.reset()
    sweep(connect("nami"))
    assert FLAT.items() <= statsd.counted().items()


def test_a_sweep_that_is_cut_off_tells_nothing_and_the_next_one_all(
    connect: Connect, sandbox: RunningSandbox, statsd: Listener
) -> None:
    sandbox.place("nami", "BTCUSDT")
    sandbox.faults.add(Fault("cancelling", reads=100_000))
    operator = CancelAllOrdersOperator(
        task_id="clear", exchange_conn_id=connect("nami"), deferrable=True, poll_interval=0.05
    )
    with pytest.raises(TaskDeferred):  # and nothing resumes it
        operator.execute(context())
    assert statsd.packets() == []
    sandbox.reset()
    sweep(connect("nami"))
    assert FLAT.items() <= statsd.counted().items()


def test_a_number_that_is_not_known_is_not_sent(
    connect: Connect, sandbox: RunningSandbox, statsd: Listener, place: str, capsys: pytest.CaptureFixture[str]
) -> None:
    sandbox.place("nami", "BTCUSDT")
    run_at(place, connect("nami", password="wrong"), capsys)
    assert statsd.counted() == {
        f"exchange.unproved.{ACCOUNT}": 1,
        "exchange.sweeps.failed": 1,
        **fired(place),
    }
    run_at(place, connect("nami"), capsys)
    assert FLAT.items() <= statsd.counted().items()


def test_what_is_proved_of_a_selection_says_nothing_of_the_account(
    connect: Connect, sandbox: RunningSandbox, statsd: Listener, venue: str
) -> None:
    sandbox.place(venue, SYMBOLS[venue])
    sandbox.place(venue, OTHER_SYMBOLS[venue])
    account = f"{venue}.exchange_under_test"
    sweep(connect(venue), symbols=SYMBOLS[venue], timeout=10)
    assert statsd.counted() == {
        f"exchange.survivors_selected.{account}": 0,
        f"exchange.unproved_selected.{account}": 0,
        "exchange.orders.cancelled": 1,
    }


def test_one_order(connect: Connect, sandbox: RunningSandbox, statsd: Listener) -> None:
    order = sandbox.place("nami", "BTCUSDT", state="filled")
    operator = CancelOrderOperator(
        task_id="one", exchange_conn_id=connect("nami"), order_id=order.order_id, symbol="BTCUSDT"
    )
    with pytest.raises(Exception, match="filled"):
        operator.execute(context())
    assert statsd.counted() == {
        f"exchange.survivors_selected.{ACCOUNT}": 0,
        f"exchange.unproved_selected.{ACCOUNT}": 0,
        "exchange.orders.filled": 1,
        "exchange.sweeps.failed": 1,
    }


def test_a_dry_run_tells_nothing(connect: Connect, sandbox: RunningSandbox, statsd: Listener) -> None:
    sandbox.place("nami", "BTCUSDT")
    sweep(connect("nami"), dry_run=True)
    sweep(connect("nami", password="wrong"), dry_run=True)
    assert statsd.packets() == []


def test_a_sweep_that_does_not_wait_claims_nothing(
    connect: Connect, sandbox: RunningSandbox, statsd: Listener
) -> None:
    sandbox.place("nami", "BTCUSDT")
    sandbox.faults.add(Fault("cancelling", reads=100_000))
    sweep(connect("nami"), wait_for_completion=False)
    assert [each.name for each in statsd.metrics()] == ["airflow.exchange.orders.unknown"]


def test_each_account_of_a_kill_switch_has_its_own_gauge(several: Several, statsd: Listener, fire: Fire) -> None:
    good, bad = several.make("nami", "nami")
    bad.sandbox.faults.add(Fault("cancelling", reads=100_000))
    with pytest.raises(Exception, match="not proved flat"):
        fire({}, exchange_conn_id=[good.conn_id, bad.conn_id, "never_made"], timeout=0.5, poll_interval=0.05)
    metrics = statsd.metrics()
    gauges = {each.name.removeprefix("airflow.exchange."): each.value for each in metrics if each.kind == "g"}
    assert gauges["survivors.nami.nami_0"] == 0
    assert gauges["survivors.nami.nami_1"] == 2
    assert not [name for name in gauges if "never_made" in name]
    names = [each.name.removeprefix("airflow.exchange.") for each in metrics]
    assert names.count("kill_switches.fired") == 3
    assert names.count("sweeps.failed") == 2


def test_what_is_no_connection_is_in_no_packet(statsd: Listener, sandbox: RunningSandbox) -> None:
    sweep("nami://key-of-mine:secret-of-mine@")
    with suppress(Exception):
        CancelAllOrdersNotifier(exchange_conn_id="nami://key-of-mine:secret-of-mine@").notify(context())
    packets = statsd.packets()
    assert len(packets) == 3
    assert not [each for each in packets if "of-mine" in each]


def test_what_nobody_expected_counts_as_a_failure_too(
    connect: Connect, sandbox: RunningSandbox, statsd: Listener, monkeypatch: pytest.MonkeyPatch, fire: Fire
) -> None:
    def break_down(*_: Any, **__: Any) -> None:
        raise TypeError("a defect")

    monkeypatch.setattr(CancelAllOrdersNotifier, "_work", break_down)
    with pytest.raises(TypeError):
        fire({}, exchange_conn_id=connect("nami"))
    assert statsd.counted() == {"exchange.sweeps.failed": 1, "exchange.kill_switches.fired": 1}
