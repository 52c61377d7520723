"""Who has the report: the caller of a hook, the error, and the lines of a log."""

from __future__ import annotations

import json
import logging
import pickle
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from airflow.providers.common.compat.sdk import AirflowTaskTimeout
from hypothesis import given
from hypothesis import strategies as st

from airflow_provider_exchange.errors import (
    AuthenticationError,
    ExchangeError,
    OrderFilledError,
    OrdersStillOpenError,
)
from airflow_provider_exchange.exchanges import load_exchange
from airflow_provider_exchange.hooks.exchange import ExchangeHook
from airflow_provider_exchange.models.reports import CancelReport
from airflow_provider_exchange.notifications.orders import CancelAllOrdersNotifier
from airflow_provider_exchange.one_line import json_line, one_line
from airflow_provider_exchange.operations.table import headline
from airflow_provider_exchange.operators.orders import CancelAllOrdersOperator, CancelOrderOperator
from airflow_provider_exchange.sandbox.fault_rules import Fault
from tests.accounts import OTHER_SYMBOLS, SYMBOLS
from tests.report.airflows import context, log_reader
from tests.report.golden import validate
from tests.tasks import Task

if TYPE_CHECKING:
    from airflow_provider_exchange.sandbox.testing import RunningSandbox
    from tests.connections import Connect


def test_a_hook_returns_it(connect: Connect, sandbox: RunningSandbox, venue: str) -> None:
    sandbox.place(venue, SYMBOLS[venue])
    report = ExchangeHook.for_connection(connect(venue)).cancel_all_orders()
    validate(report.dump())
    assert (report.conn_id, report.selectors) == ("exchange_under_test", {})
    assert report.proved is not None


def test_an_error_carries_it(connect: Connect, sandbox: RunningSandbox, venue: str) -> None:
    sandbox.place(venue, SYMBOLS[venue])
    sandbox.faults.add(Fault("cancelling", reads=100_000))
    with pytest.raises(OrdersStillOpenError) as caught:
        ExchangeHook.for_connection(connect(venue)).cancel_all_orders(timeout=0.5, poll_interval=0.05)
    error = caught.value
    assert error.report is not None
    validate(error.report.dump())
    copied = pickle.loads(pickle.dumps(error))
    for each in (copied, error.concerning(())):
        assert each.report == error.report
    assert error.report.open_after == 1
    assert error.report.error == error.summary()


def test_one_order_has_a_report_too(connect: Connect, sandbox: RunningSandbox, venue: str) -> None:
    order_id = sandbox.place(venue, SYMBOLS[venue], state="filled").order_id
    around = context()
    operator = CancelOrderOperator(
        task_id="one", exchange_conn_id=connect(venue), order_id=order_id, symbol=SYMBOLS[venue]
    )
    with pytest.raises(Exception, match="filled") as caught:
        operator.execute(around)
    assert isinstance(caught.value.__cause__, OrderFilledError)
    report = around["ti"].pushed["report"]
    validate(report)
    assert report == caught.value.report.dump()  # type: ignore[attr-defined]
    assert (report["outcomes"], report["error"]["type"]) == ({"filled": 1}, "OrderFilledError")


def test_a_run_that_is_too_late_reports_that(connect: Connect, sandbox: RunningSandbox) -> None:
    due = datetime.now(UTC) - timedelta(hours=1)
    around: Any = {
        **context(),
        "dag_run": SimpleNamespace(run_type="scheduled", run_after=due),
        "data_interval_end": due,
    }
    operator = CancelAllOrdersOperator(
        task_id="late", exchange_conn_id=connect("bitopro"), max_lateness=60, dry_run=True
    )
    with pytest.raises(Exception, match="max_lateness"):
        operator.execute(around)
    report = around["ti"].pushed["report"]
    validate(report)
    assert (report["error"]["type"], report["open_after"], report["dry_run"]) == ("RunTooLateError", None, True)
    assert sandbox.request_log == []


def test_a_time_limit_of_airflow_leaves_a_report(
    connect: Connect, sandbox: RunningSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    order_id = sandbox.place("bitopro", "btc_usdt").order_id
    sandbox.faults.add(Fault("cancelling", reads=100_000))
    around = context()
    operator = CancelAllOrdersOperator(task_id="cut", exchange_conn_id=connect("bitopro"), poll_interval=0.05)
    monkeypatch.setattr(ExchangeHook, "run", cut_short(ExchangeHook.run, AirflowTaskTimeout("too long")))
    with pytest.raises(AirflowTaskTimeout):
        operator.execute(around)
    report = around["ti"].pushed["report"]
    validate(report)
    assert [(order["order_id"], order["outcome"]) for order in report["orders"]] == [(order_id, "unknown")]
    assert report["error"]["type"] == "AirflowTaskTimeout"


def cut_short(run: Any, error: BaseException) -> Any:
    """A run that ends as a signal ends it, once the orders are known."""

    def running(hook: ExchangeHook, operation: Any, timeout: float, **_: Any) -> Any:
        try:
            run(hook, operation, 0.3)
        except ExchangeError:
            raise error from None

    return running


def test_a_dry_run_says_so_in_every_line(
    connect: Connect,
    sandbox: RunningSandbox,
    venue: str,
    caplog: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for _ in range(60):
        sandbox.place(venue, SYMBOLS[venue])
    read = log_reader(caplog, capsys)
    caplog.set_level(logging.INFO, "airflow_provider_exchange.operations")
    Task(CancelAllOrdersOperator(task_id="look", exchange_conn_id=connect(venue), dry_run=True)).run()
    of_operations = [each.getMessage() for each in caplog.records if ".operations." in each.name]
    lines = [line for line in read().splitlines() if "airflow_provider_exchange.exchanges" not in line]
    of_others = ("endgroup", "outside of the Task Runner", "outside TaskInstance", "connection", "on margin")
    told = [
        line for line in (*lines, *of_operations) if line.strip() and not any(word in line for word in of_others)
    ]
    assert len(told) > 50
    assert [line for line in told if "dry run" not in line] == []


@pytest.mark.parametrize("selected", ["side", "symbols", "orders", "other market"])
def test_only_a_whole_account_is_called_flat(
    connect: Connect,
    sandbox: RunningSandbox,
    venue: str,
    selected: str,
    caplog: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str],
) -> None:
    order_id = sandbox.place(venue, SYMBOLS[venue], side="SELL").order_id
    named = [{"order_id": order_id, "symbol": SYMBOLS[venue]}]
    selections: dict[str, dict[str, Any]] = {
        "side": {"side": "sell"},
        "symbols": {"symbols": SYMBOLS[venue]},
        "orders": {"orders": named},
        "other market": {"symbols": OTHER_SYMBOLS[venue]},
    }
    selection = selections[selected]
    read = log_reader(caplog, capsys)
    conn_id = connect(venue)
    Task(CancelAllOrdersOperator(task_id="some", exchange_conn_id=conn_id, poll_interval=0.05, **selection)).run()
    CancelAllOrdersNotifier(conn_id, poll_interval=0.05, **selection).notify({})
    assert "is flat" not in read()
    caplog.clear()
    CancelAllOrdersNotifier(conn_id, poll_interval=0.05).notify({})
    everything = ExchangeHook.for_connection(conn_id).cancel_all_orders()
    sandbox.place(venue, SYMBOLS[venue])
    assert "the account is flat" in headline(ExchangeHook.for_connection(conn_id).cancel_all_orders())
    assert everything.flat_since is not None


def test_what_comes_before_the_first_read_is_not_called_none_open(
    connect: Connect, sandbox: RunningSandbox
) -> None:
    with pytest.raises(AuthenticationError) as caught:
        ExchangeHook.for_connection(connect("nami", login="another-key")).cancel_all_orders()
    report = caught.value.report
    assert report is not None
    assert (report.open_after, report.proved, report.listed) == (None, None, None)


@given(
    value=st.recursive(st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=5)
)
def test_a_line_of_json_reads_back(value: Any) -> None:
    marked = ["::endgroup::", "##[group]x", value]
    line = json_line(marked)
    assert json.loads(line) == marked
    assert one_line(line) == line


def test_an_account_without_a_connection_has_a_report(sandbox: RunningSandbox) -> None:
    assert load_exchange("nami").conn_id == ""
    validate(CancelReport("nami", (), 0).dump())
