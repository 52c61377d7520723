from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from airflow.providers.common.compat.sdk import dag, task

from airflow_provider_exchange.notifications.orders import CancelAllOrdersNotifier
from airflow_provider_exchange.sandbox.faults import Fault
from tests.dags.runs import EXAMPLES, dagbag_module, example, run_dag

if TYPE_CHECKING:
    from airflow_provider_exchange.sandbox.testing import RunningSandbox


def test_a_strategy_that_breaks_down_leaves_nothing_open(sandbox: RunningSandbox) -> None:
    for symbol in ("btc_usdt", "eth_usdt"):
        sandbox.place("bitopro", symbol)
    hedge = sandbox.place("nami", "BTCUSDT")

    run = run_dag(example("kill_switch"))

    assert run.state == "failed"
    assert run.states == {
        "trading.trade": "failed",
        "trading.report": "upstream_failed",
        "trading.clear": "success",
    }
    assert run.xcoms["trading.clear"]["outcomes"] == {"cancelled": 2}
    assert sandbox.live("bitopro") == []
    assert sandbox.live("nami") == []
    assert sandbox.book("nami")[hedge.order_id].state == "cancelled"


def test_the_net_below_holds_when_the_teardown_does_not(sandbox: RunningSandbox) -> None:
    sandbox.place("bitopro", "btc_usdt")
    broken = example("kill_switch")
    broken.get_task("trading.trade").python_callable = print  # what fails is the teardown alone
    broken.get_task("trading.clear").retries = 0
    broken.get_task("trading.clear").timeout = 0.5
    sandbox.faults.add(Fault("drop_before", venue="bitopro", route="reads", requests=tuple(range(1, 4))))

    run = run_dag(broken)

    assert run.states["trading.clear"] == "failed"
    assert run.state == "failed"
    assert sandbox.live("bitopro") == []


def test_the_dag_processor_fires_it(sandbox: RunningSandbox) -> None:
    processor = pytest.importorskip("airflow.dag_processing.processor")
    if not hasattr(processor, "_execute_dag_callbacks"):
        pytest.skip("this Airflow's DAG processor runs callbacks in another way")
    import structlog
    from airflow.callbacks.callback_requests import DagCallbackRequest

    for venue, symbol in (("bitopro", "btc_usdt"), ("nami", "BTCUSDT")):
        sandbox.place(venue, symbol)
    bag = dagbag_module().DagBag(EXAMPLES / "kill_switch.py")
    request = DagCallbackRequest(
        filepath="kill_switch.py",
        bundle_name="dags-folder",
        bundle_version=None,
        dag_id="kill_switch",
        run_id="manual",
        is_failure_callback=True,
        msg="task_failure",
    )
    processor._execute_dag_callbacks(bag, request, structlog.get_logger())
    assert sandbox.live("bitopro") == []
    assert sandbox.live("nami") == []


def test_a_task_that_fails_takes_its_orders_with_it(sandbox: RunningSandbox) -> None:
    sandbox.place("loopring", "LRC-ETH")
    kept = sandbox.place("loopring", "ETH-USDT")

    @task(
        on_failure_callback=CancelAllOrdersNotifier("{{ var_of_nobody | default('loopring_default') }}", "LRC-ETH")
    )
    def trade() -> None:
        raise RuntimeError

    @dag(schedule=None)
    def one_task() -> None:
        trade()

    run = run_dag(one_task())

    assert run.states == {"trade": "failed"}
    assert sandbox.live("loopring") == [kept]
