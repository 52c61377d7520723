from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from airflow.providers.common.compat.sdk import dag, task

from airflow_provider_exchange.notifications.orders import CancelAllOrdersNotifier
from airflow_provider_exchange.operators.orders import CancelAllOrdersOperator
from airflow_provider_exchange.sandbox.fault_rules import Fault
from tests.accounts import OTHER_SYMBOLS, SYMBOLS, TRADED
from tests.dags.runs import EXAMPLES, dagbag_module, example, run_dag
from tests.report.airflows import report_in

if TYPE_CHECKING:
    from airflow_provider_exchange.sandbox.testing import RunningSandbox


def place_everywhere(sandbox: RunningSandbox) -> None:
    for venue in TRADED:
        for symbol in (SYMBOLS[venue], OTHER_SYMBOLS[venue]):
            sandbox.place(venue, symbol)


def expect_flat(sandbox: RunningSandbox) -> None:
    assert {venue: sandbox.live(venue) for venue in TRADED} == {venue: [] for venue in TRADED}


def test_a_strategy_that_breaks_down_leaves_nothing_open(sandbox: RunningSandbox) -> None:
    place_everywhere(sandbox)

    run = run_dag(example("kill_switch"))

    assert run.state == "failed"
    assert run.states == {
        "trading.trade": "failed",
        "trading.report": "upstream_failed",
        **{f"trading.clear_{venue}": "success" for venue in TRADED},
    }
    for venue in TRADED:
        assert run.xcoms[f"trading.clear_{venue}"]["outcomes"] == {"cancelled": 2}
    expect_flat(sandbox)


def test_a_strategy_that_ends_well_is_a_success_and_flat(sandbox: RunningSandbox) -> None:
    place_everywhere(sandbox)
    sound = example("kill_switch")
    sound.get_task("trading.trade").python_callable = print

    run = run_dag(sound)

    assert run.state == "success"
    assert set(run.states.values()) == {"success"}
    expect_flat(sandbox)


def test_the_net_below_holds_when_a_teardown_does_not(sandbox: RunningSandbox) -> None:
    place_everywhere(sandbox)
    broken = example("kill_switch")
    broken.get_task("trading.trade").python_callable = print  # what fails is the teardown alone
    broken.get_task("trading.clear_bitopro").retries = 0
    broken.get_task("trading.clear_bitopro").timeout = 0.5
    sandbox.faults.add(Fault("drop_before", venue="bitopro", route="reads", requests=tuple(range(1, 4))))

    run = run_dag(broken)

    assert {name for name, state in run.states.items() if state == "failed"} == {"trading.clear_bitopro"}
    assert run.state == "failed"
    expect_flat(sandbox)


@pytest.mark.parametrize(
    ("breaks", "flag", "with_witness", "state"),
    [
        ("trade", False, False, "failed"),
        ("clear", False, False, "success"),
        ("trade", True, False, "success"),
        ("clear", True, False, "failed"),
        ("trade", True, True, "failed"),
        ("clear", True, True, "failed"),
    ],
)
def test_what_airflow_makes_of_a_run_is_what_the_page_says(
    sandbox: RunningSandbox, breaks: str, flag: bool, with_witness: bool, state: str
) -> None:
    @dag(schedule=None)
    def guarded() -> None:
        @task
        def trade() -> None:
            if breaks == "trade":
                raise RuntimeError

        @task
        def done() -> None: ...

        selection: dict[str, Any] = {"symbols": None} if breaks == "clear" else {}
        clear = CancelAllOrdersOperator(task_id="clear", exchange_conn_id="bitopro_default", **selection)
        after = [clear.as_teardown(on_failure_fail_dagrun=flag)]
        trade() >> ([*after, done()] if with_witness else after)

    run = run_dag(guarded())

    assert run.states[breaks] == "failed"
    assert run.state == state


def fire_by_the_dag_processor(bag: Any, dag_id: str) -> None:
    """Let Airflow's DAG processor call the callbacks of a DAG that has failed."""
    processor = pytest.importorskip("airflow.dag_processing.processor")
    if not hasattr(processor, "_execute_dag_callbacks"):
        pytest.skip("this Airflow's DAG processor runs callbacks in another way")
    import structlog
    from airflow.callbacks.callback_requests import DagCallbackRequest

    request = DagCallbackRequest(
        filepath=f"{dag_id}.py",
        bundle_name="dags-folder",
        bundle_version=None,
        dag_id=dag_id,
        run_id="manual",
        is_failure_callback=True,
        msg="task_failure",
    )
    processor._execute_dag_callbacks(bag, request, structlog.get_logger())


def test_the_dag_processor_fires_it(sandbox: RunningSandbox, capsys: pytest.CaptureFixture[str]) -> None:
    place_everywhere(sandbox)
    fire_by_the_dag_processor(dagbag_module().DagBag(EXAMPLES / "kill_switch.py"), "kill_switch")
    expect_flat(sandbox)
    reports = [report_in(line) for line in capsys.readouterr().out.splitlines() if '{"kill_switch"' in line]
    assert [(each["exchange"], each["dag_id"], each["run_id"]) for each in reports] == [
        (venue, "kill_switch", "manual") for venue in TRADED
    ]
    assert all(each["outcomes"] == {"cancelled": 2} and each["proved_at"] for each in reports)


def test_the_dag_processor_fires_one_for_several_accounts(sandbox: RunningSandbox) -> None:
    place_everywhere(sandbox)
    several = CancelAllOrdersNotifier([f"{venue}_default" for venue in ("missing", *TRADED)], poll_interval=0.05)

    @dag(schedule=None, on_failure_callback=several)
    def strategy() -> None: ...

    bag = dagbag_module().DagBag(collect_dags=False)
    made = strategy()
    made.fileloc = __file__
    bag.dags[made.dag_id] = made
    fire_by_the_dag_processor(bag, made.dag_id)
    expect_flat(sandbox)


@pytest.mark.parametrize(("on_retry", "open_at_each_try"), [(False, [1, 1]), (True, [1, 0])])
def test_a_failed_try_takes_the_orders_with_it_only_as_a_retry_callback(
    sandbox: RunningSandbox, on_retry: bool, open_at_each_try: list[int]
) -> None:
    sandbox.place("bitopro", "btc_usdt")
    notifier = CancelAllOrdersNotifier("bitopro_default")
    found: list[int] = []

    @task(
        retries=1,
        retry_delay=timedelta(0),
        on_failure_callback=notifier,
        on_retry_callback=notifier if on_retry else None,
    )
    def trade() -> None:
        found.append(len(sandbox.live("bitopro")))
        raise RuntimeError

    @dag(schedule=None)
    def two_tries() -> None:
        trade()

    run = run_dag(two_tries())

    assert run.states == {"trade": "failed"}
    assert found == open_at_each_try
    assert not sandbox.live("bitopro")


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
