"""Objects of a DAG file that Airflow uses more than once in one process keep nothing of an earlier use."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
from airflow.providers.common.compat.sdk import dag, task

from airflow_provider_exchange.notifications.orders import CancelAllOrdersNotifier
from airflow_provider_exchange.sensors.orders import OrderStatusSensor
from tests.dags.runs import dagbag_module, run_dag

if TYPE_CHECKING:
    from airflow_provider_exchange.sandbox.testing import RunningSandbox

RUNS = ("first", "second")


def place_for_each(sandbox: RunningSandbox, *owners: str) -> None:
    for owner in owners:
        sandbox.place("loopring", "LRC-ETH", client_order_id=f"{owner}-1")


def owners(sandbox: RunningSandbox) -> list[str]:
    return [order.client_order_id.partition("-")[0] for order in sandbox.live("loopring")]


def notifier(prefix: str) -> CancelAllOrdersNotifier:
    return CancelAllOrdersNotifier("loopring_default", client_order_id_prefix=prefix, poll_interval=0.05)


def what_it_holds(shared: CancelAllOrdersNotifier) -> dict[str, Any]:
    return {name: value for name, value in vars(shared).items() if name != "_log"}


@pytest.mark.parametrize("failed", [(True, True), (True, False), (False, True)])
def test_runs_in_one_batch_of_the_dag_processor(sandbox: RunningSandbox, failed: tuple[bool, bool]) -> None:
    processor = pytest.importorskip("airflow.dag_processing.processor")
    if not hasattr(processor, "_execute_callbacks"):
        pytest.skip("this Airflow's DAG processor runs callbacks in another way")
    import structlog
    from airflow.callbacks.callback_requests import DagCallbackRequest

    place_for_each(sandbox, *RUNS, "another")
    shared = notifier("{{ run_id }}")
    before = what_it_holds(shared)

    @dag(schedule=None, on_failure_callback=shared, on_success_callback=shared)
    def strategy() -> None: ...

    bag = dagbag_module().DagBag(collect_dags=False)
    made = strategy()
    made.fileloc = __file__
    bag.dags[made.dag_id] = made
    requests = [
        DagCallbackRequest(
            filepath="strategy.py",
            bundle_name="dags-folder",
            bundle_version=None,
            dag_id="strategy",
            run_id=run_id,
            is_failure_callback=is_failure,
            msg="it ended",
        )
        for run_id, is_failure in zip(RUNS, failed, strict=True)
    ]

    processor._execute_callbacks(bag, requests, structlog.get_logger())

    assert owners(sandbox) == ["another"]
    assert what_it_holds(shared) == before


def test_the_callbacks_of_a_context_do_not_see_each_other(sandbox: RunningSandbox) -> None:
    place_for_each(sandbox, *RUNS, "another")
    first, second = notifier("{{ run_id }}"), notifier("{{ other_id }}")
    context = {"dag": None, "run_id": "first", "other_id": "second", "orders": "what the caller calls so"}
    before = dict(context)
    for callback in (first, second):
        callback(context)
        assert context == before
    assert owners(sandbox) == ["another"]


@pytest.mark.parametrize("breaks", [True, False], ids=["one of two tasks fails", "both succeed"])
def test_one_object_for_all_callbacks_of_all_tasks(sandbox: RunningSandbox, breaks: bool) -> None:
    place_for_each(sandbox, "buying", "selling", "another")
    shared = notifier("{{ ti.task_id }}")

    @dag(schedule=None, default_args={"on_success_callback": shared, "on_failure_callback": [shared]})
    def pair() -> None:
        @task
        def buying() -> None: ...

        @task(trigger_rule="all_done")
        def selling() -> None:
            if breaks:
                raise RuntimeError

        buying() >> selling()

    run = run_dag(pair())

    assert run.states == {"buying": "success", "selling": "failed" if breaks else "success"}
    assert owners(sandbox) == ["another"]


@pytest.mark.skipif(not hasattr(CancelAllOrdersNotifier, "__await__"), reason="came with Airflow 3.1")
def test_one_object_awaited_for_two_events(sandbox: RunningSandbox) -> None:
    place_for_each(sandbox, *RUNS, "another")
    shared: Any = notifier("{{ run_id }}")

    async def run() -> None:
        for run_id in RUNS:
            shared.context = {"run_id": run_id}
            await shared
            assert shared.context == {"run_id": run_id}

    asyncio.run(run())
    assert owners(sandbox) == ["another"]


def test_a_sensor_reads_the_account_of_its_own_run(sandbox: RunningSandbox) -> None:
    order = sandbox.place("loopring", "LRC-ETH", state="cancelled")

    @dag(schedule=None)
    def watching() -> None:
        OrderStatusSensor(
            task_id="watch",
            exchange_conn_id="loopring_default",
            order_id=order.order_id,
            poke_interval=0.05,
            timeout=1,
        )

    watched = watching()
    assert run_dag(watched).state == "success"
    read = len(sandbox.request_log)
    assert run_dag(watched).state == "success"
    assert len(sandbox.request_log) == 2 * read
