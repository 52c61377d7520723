"""One report for one story, wherever Airflow has the cancel done."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from airflow_provider_exchange.sandbox.fault_rules import Fault
from tests.accounts import OTHER_SYMBOLS, SYMBOLS, VENUES, SkippingTransport
from tests.chaos.play import on_transport
from tests.report.airflows import PLACES, deferred, in_a_task, log_reader
from tests.report.golden import assert_golden, validate

if TYPE_CHECKING:
    from collections.abc import Callable

    from airflow_provider_exchange.sandbox.testing import RunningSandbox
    from tests.connections import Connect

    Logged = Callable[[], str]
    Place = Callable[..., Any]


@pytest.fixture(params=PLACES.values(), ids=list(PLACES))
def report_from(request: pytest.FixtureRequest) -> Callable[..., Any]:
    place: Callable[..., Any] = request.param
    return place


@pytest.fixture
def logged(caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]) -> Callable[[], str]:
    return log_reader(caplog, capsys)


def place(sandbox: RunningSandbox, venue: str, name: str, names: dict[str, str], **how: Any) -> str:
    order_id = str(sandbox.place(venue, how.pop("symbol", SYMBOLS[venue]), **how).order_id)
    names[order_id] = name
    return order_id


def test_a_whole_account(
    connect: Connect,
    sandbox: RunningSandbox,
    venue: str,
    report_from: Place,
    logged: Callable[[], str],
) -> None:
    names: dict[str, str] = {}
    place(sandbox, venue, "plain", names)
    place(sandbox, venue, "partly filled", names, quantity=2, filled=1)
    place(sandbox, venue, "stop", names, stop_price="90", side="BUY")
    filled = place(sandbox, venue, "filled meanwhile", names, symbol=OTHER_SYMBOLS[venue])
    late = place(sandbox, venue, "slow", names)
    sandbox.faults.add(Fault("fill_on_cancel", orders=(filled,)))
    sandbox.faults.add(Fault("cancelling", reads=3, orders=(late,)))
    report = report_from(logged, exchange_conn_id=connect(venue))
    assert_golden(f"{venue}_account", report, names)


def test_survivors_of_a_filtered_sweep(
    connect: Connect, sandbox: RunningSandbox, report_from: Place, logged: Logged
) -> None:
    names: dict[str, str] = {}
    place(sandbox, "bitopro", "gone", names, quantity=2, filled=1)
    place(sandbox, "bitopro", "not selected", names, side="BUY")
    survivor = place(sandbox, "bitopro", "survivor", names)
    sandbox.faults.add(Fault("cancelling", reads=100_000, orders=(survivor,)))
    report = report_from(logged, exchange_conn_id=connect("bitopro"), side="sell", timeout=0.8)
    first = report["orders"][0]
    assert (first["order_id"], first["outcome"], first["confirmed"]) == (survivor, "unknown", False)
    assert first["cancel_sent_at"] is not None
    assert report["open_after"] > 0
    assert report["proved_at"] is None
    if report_from is deferred:  # how much could be read again before the deadline differs from run to run
        validate(report)
    else:
        assert_golden("survivors", report, names)


def test_named_orders_that_had_ended(
    connect: Connect, sandbox: RunningSandbox, report_from: Place, logged: Logged
) -> None:
    names: dict[str, str] = {}
    states = ("open", "filled", "expired", "rejected", "cancelled")
    ids = [place(sandbox, "nami", state, names, state=state) for state in states]
    report = report_from(logged, exchange_conn_id=connect("nami"), orders=ids, symbols="BTCUSDT")
    assert_golden("named", report, names)


def test_an_order_that_cannot_be_judged(
    connect: Connect, sandbox: RunningSandbox, report_from: Place, logged: Logged
) -> None:
    names: dict[str, str] = {}
    place(sandbox, "bitopro", "plain", names)
    odd = place(sandbox, "bitopro", "odd", names)
    sandbox.faults.add(Fault("odd_order", field="side", real=True, orders=(odd,)))
    report = report_from(logged, exchange_conn_id=connect("bitopro"), side="sell")
    assert_golden("undecided", report, names)


def test_a_refused_key(connect: Connect, sandbox: RunningSandbox, report_from: Place, logged: Logged) -> None:
    sandbox.place("nami", "BTCUSDT")
    report = report_from(logged, exchange_conn_id=connect("nami", login="another-key"))
    assert_golden("refused_key", report, {})


def test_a_connection_that_cannot_be_used(
    connect: Connect, sandbox: RunningSandbox, report_from: Place, logged: Logged
) -> None:
    report = report_from(logged, exchange_conn_id=connect("bitopro", extra={}))
    assert_golden("bad_connection", report, {})


def test_a_selection_that_cannot_be_read(
    connect: Connect, sandbox: RunningSandbox, report_from: Place, logged: Logged
) -> None:
    report = report_from(logged, exchange_conn_id=connect("bitopro"), symbols=None)
    assert_golden("bad_selection", report, {})


@pytest.mark.parametrize("venue", VENUES)
def test_a_dry_run(connect: Connect, sandbox: RunningSandbox, venue: str, logged: Logged) -> None:
    names: dict[str, str] = {}
    place(sandbox, venue, "plain", names)
    place(sandbox, venue, "stop", names, stop_price="90")
    report = in_a_task(logged, exchange_conn_id=connect(venue), dry_run=True)
    assert_golden(f"{venue}_dry_run", report, names)


def test_without_waiting_nothing_is_proved(connect: Connect, sandbox: RunningSandbox, logged: Logged) -> None:
    names: dict[str, str] = {}
    slow = place(sandbox, "bitopro", "plain", names)
    sandbox.faults.add(Fault("cancelling", reads=100, orders=(slow,)))
    report = in_a_task(logged, exchange_conn_id=connect("bitopro"), wait_for_completion=False)
    assert_golden("unproved", report, names)


def test_an_order_that_nobody_knows(connect: Connect, sandbox: RunningSandbox, logged: Logged) -> None:
    transport = SkippingTransport()
    with on_transport(transport):
        report = in_a_task(logged, exchange_conn_id=connect("bitopro"), orders=["7"], symbols="btc_usdt")
    transport.session.close()
    assert_golden("not_found", report, {})


def test_the_times_are_in_order(connect: Connect, sandbox: RunningSandbox, logged: Logged) -> None:
    sandbox.place("bitopro", "btc_usdt")
    report = in_a_task(logged, exchange_conn_id=connect("bitopro"))
    validate(report)
    (order,) = report["orders"]
    times = [
        report["started_at"],
        order["cancel_sent_at"],
        order["read_at"],
        report["flat_since"],
        report["proved_at"],
    ]
    assert times == sorted(times)
    assert report["requests"] == len(sandbox.request_log)
    told = {name: report[name] for name in ("dag_id", "run_id", "task_id", "map_index", "attempt", "triggered_by")}
    assert told == {
        "dag_id": "night",
        "run_id": "manual_1",
        "task_id": "clear",
        "map_index": None,
        "attempt": 1,
        "triggered_by": "ann",
    }
