"""The report where Airflow itself carries it: in XCom, in asset events, in callbacks, and on to a webhook."""

from __future__ import annotations

import json
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from importlib import import_module
from importlib.util import find_spec
from threading import Thread
from typing import TYPE_CHECKING, Any

import pytest
from airflow.providers.common.compat.sdk import Asset, dag

from airflow_provider_exchange.errors import OrdersStillOpenError
from airflow_provider_exchange.operators.orders import CancelAllOrdersOperator, CancelOrderOperator
from airflow_provider_exchange.sandbox.fault_rules import Fault
from tests.dags.runs import example, run_dag
from tests.report.golden import validate

if TYPE_CHECKING:
    from collections.abc import Iterator

    from airflow_provider_exchange.sandbox.testing import RunningSandbox

QUICK: dict[str, Any] = {"exchange_conn_id": "bitopro_default", "poll_interval": 0.05}


def test_a_success_pushes_its_report_and_sends_it_with_the_asset_event(sandbox: RunningSandbox) -> None:
    sandbox.place("bitopro", "btc_usdt")
    order = sandbox.place("bitopro", "eth_usdt")
    flat = Asset("file://books/flat")

    @dag(schedule=None)
    def flatten() -> None:
        one = CancelOrderOperator(task_id="one", order_id=order.order_id, symbol="eth_usdt", **QUICK)
        one >> CancelAllOrdersOperator(task_id="all", outlets=[flat], **QUICK)

    run = run_dag(flatten())

    assert run.states == {"one": "success", "all": "success"}
    for name, selection in (
        ("one", {"orders": [{"order_id": order.order_id, "symbol": "eth_usdt", "client_order_id": None}]}),
        ("all", {}),
    ):
        report = run.reports[name]
        validate(report)
        assert (report["dag_id"], report["task_id"], report["attempt"]) == ("flatten", name, 1)
        assert (report["selection"], report["outcomes"], report["error"]) == (selection, {"cancelled": 1}, None)
        assert report["proved_at"]
    sent = extra_of_latest_event(flat)
    assert sent["report"] == run.reports["all"]


def extra_of_latest_event(asset: Any) -> Any:
    """Return what Airflow's database has of the latest event of an asset, or a dataset, as Airflow 2 calls it."""
    create_session = import_module("airflow.utils.session").create_session
    kind = "asset" if find_spec("airflow.models.asset") is not None else "dataset"
    models = import_module(f"airflow.models.{kind}")
    event, known = (getattr(models, f"{kind.capitalize()}{name}") for name in ("Event", "Model"))
    with create_session() as session:
        of_asset = session.query(known.id).filter(known.uri == asset.uri).scalar()
        events = session.query(event.extra).filter(getattr(event, f"{kind}_id") == of_asset)
        latest = events.order_by(event.id.desc()).first()
    if latest is None and kind == "dataset":
        pytest.skip("dag.test() of Airflow 2 stores no events of a dataset that no scheduler knows")
    return latest[0]


def test_a_failure_pushes_its_report_and_hands_it_to_the_callback(sandbox: RunningSandbox) -> None:
    survivor = sandbox.place("bitopro", "btc_usdt")
    sandbox.faults.add(Fault("cancelling", reads=100_000))
    seen: list[Any] = []

    def note(context: Any) -> None:
        seen.append(context["exception"])

    @dag(schedule=None)
    def fails() -> None:
        CancelAllOrdersOperator(task_id="open", timeout=0.5, on_failure_callback=note, **QUICK)
        CancelAllOrdersOperator(task_id="wrong", symbols=None, on_failure_callback=note, **QUICK)

    run = run_dag(fails())

    assert set(run.states.values()) == {"failed"}
    for report in run.reports.values():
        validate(report)
    (order,) = run.reports["open"]["orders"]
    assert (order["order_id"], order["outcome"]) == (survivor.order_id, "unknown")
    assert run.reports["open"]["error"]["type"] == OrdersStillOpenError.__name__
    assert run.reports["wrong"]["error"]["type"] == "InvalidOrderRequest"
    told = {error.report.origin.task_id: error.report.dump() for error in seen}
    assert told == run.reports, "also where the error had to become AirflowFailException"


@contextmanager
def webhook() -> Iterator[tuple[str, list[Any]]]:
    """Take what is posted. Yields the address, and a list that fills with it."""
    taken: list[Any] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            taken.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_arguments: Any) -> None: ...

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", taken
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_the_example_alerts_a_webhook(sandbox: RunningSandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    alerting = example("alert_on_failure")
    task = alerting.get_task("clean_up")
    task.retries, task.timeout, task.poll_interval = 0, 0.5, 0.05
    survivors = {sandbox.place("bitopro", "btc_usdt").order_id for _ in range(2)}
    sandbox.faults.add(Fault("cancelling", reads=100_000))
    with webhook() as (address, taken):
        monkeypatch.setenv("AIRFLOW_CONN_ALERTS_DEFAULT", json.dumps({"conn_type": "http", "host": address}))
        run = run_dag(alerting)
    assert run.states == {"clean_up": "failed"}
    (alert,) = taken
    assert alert["text"] == "clean_up failed: 2 orders may still be open"
    assert alert["report"] == run.reports["clean_up"]
    assert {order["order_id"] for order in alert["report"]["orders"]} == survivors
