"""In which pool Airflow runs a task, with the policy that the docs show and without; asked of its own scheduler."""

from __future__ import annotations

import sys
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest
from airflow import settings
from airflow.providers.common.compat.sdk import dag, task
from airflow.providers.common.compat.version_compat import AIRFLOW_V_3_0_PLUS

from airflow_provider_exchange.operators.orders import CancelAllOrdersOperator
from airflow_provider_exchange.sensors.orders import OrderStatusSensor
from tests.chaos.records import recording
from tests.dags.runs import airflow_left_alone, run_dag, store
from tests.docs.blocks import ROOT, blocks

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from airflow_provider_exchange.sandbox.testing import RunningSandbox

takes_any_pool = pytest.mark.skipif(
    not AIRFLOW_V_3_0_PLUS, reason="Airflow 2 refuses a pool in expand() when it parses the DAG"
)
BITOPRO, NAMI = "bitopro_default", "nami_default"
(POLICY,) = [
    block.text
    for block in blocks("python")
    if block.page == ROOT / "docs" / "pools.md" and "def task_policy" in block.text
]


@pytest.fixture(autouse=True)
def database_left_as_it_was(airflow_home: Path) -> Iterator[None]:
    yield
    from airflow.models import Pool
    from airflow.utils.session import create_session

    forget_runs()
    with create_session() as session:
        session.query(Pool).filter(Pool.pool != Pool.DEFAULT_POOL_NAME).delete()


@pytest.fixture
def policy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The policy of the docs, loaded by Airflow from a file."""
    (tmp_path / "airflow_local_settings.py").write_text(POLICY)
    monkeypatch.syspath_prepend(tmp_path)
    for name in ("POOLS", "CANCELS"):  # Airflow takes every name of the file
        monkeypatch.setattr(settings, name, None, raising=False)
    own = getattr(settings, "get_policy_plugin_manager", lambda: settings.POLICY_PLUGIN_MANAGER)()
    before = set(own.get_plugins())
    settings.import_local_settings()  # type: ignore[no-untyped-call]
    yield
    for plugin in set(own.get_plugins()) - before:
        own.unregister(plugin)
    settings.task_instance_mutation_hook.is_noop = True  # type: ignore[attr-defined]
    del sys.modules["airflow_local_settings"]


def swept(**arguments: Any) -> Any:
    """A DAG with one task that is not mapped."""

    @dag(schedule=None)
    def swept() -> None:
        CancelAllOrdersOperator(task_id="cancel", **arguments)

    return swept()


def mapped(partial: dict[str, Any], **expanded: Any) -> Any:
    """A DAG with one task that is mapped over the lists of its arguments."""

    @dag(schedule=None)
    def swept() -> None:
        CancelAllOrdersOperator.partial(task_id="cancel", flat_for=0, **partial).expand(**expanded)

    return swept()


def mapped_over_dicts(*each: dict[str, Any], **partial: Any) -> Any:
    @dag(schedule=None)
    def swept() -> None:
        CancelAllOrdersOperator.partial(task_id="cancel", flat_for=0, **partial).expand_kwargs(list(each))

    return swept()


def mapped_over_what_a_task_returns() -> Any:
    @task
    def accounts() -> list[str]:
        return [BITOPRO, NAMI]

    @dag(schedule=None)
    def swept() -> None:
        conn_ids: Any = accounts()
        CancelAllOrdersOperator.partial(task_id="cancel", flat_for=0).expand(exchange_conn_id=conn_ids)

    return swept()


def forget_runs() -> None:
    from airflow.models import DagRun
    from airflow.utils.session import create_session

    with create_session() as session:
        session.query(DagRun).filter_by(dag_id="swept").delete()


def watched(**sensor: Any) -> Any:
    """A DAG with a sensor."""

    @dag(schedule=None)
    def swept() -> None:
        OrderStatusSensor(task_id="cancel", exchange_conn_id=BITOPRO, **sensor)

    return swept()


def pools_of(dag: Any) -> list[str]:
    """Run a DAG; return the pools of its task ``cancel``, one for each map index."""
    from airflow.models import TaskInstance
    from airflow.utils.session import create_session

    forget_runs()
    store(dag)  # which is when Airflow asks a policy
    run = run_dag(dag)
    assert run.state == "success", run.states
    with create_session() as session:
        rows = session.query(TaskInstance).filter_by(dag_id="swept", task_id="cancel")
        return [row.pool for row in sorted(rows, key=lambda row: int(row.map_index))]


def chosen_by_the_scheduler(**slots: int) -> Counter[str]:
    """Let the scheduler choose among the cancels of the last run, as if none had run; count them by pool."""
    from airflow.jobs.job import Job
    from airflow.jobs.scheduler_job_runner import SchedulerJobRunner
    from airflow.models import DagModel, DagRun, Pool, TaskInstance
    from airflow.utils.session import create_session

    with create_session() as session, airflow_left_alone():
        session.add_all(Pool(pool=name, slots=count, include_deferred=False) for name, count in slots.items())
        session.query(DagModel).filter_by(dag_id="swept").update({"is_paused": False})
        session.query(DagRun).filter_by(dag_id="swept").update({"state": "running"})
        session.query(TaskInstance).filter_by(dag_id="swept", task_id="cancel").update({"state": "scheduled"})
        session.commit()
        runner = SchedulerJobRunner(Job())  # type: ignore[no-untyped-call]
        return Counter(each.pool for each in runner._executable_task_instances_to_queued(32, session))


def test_a_pool_holds_that_is_given_to_a_task_or_to_partial(sandbox: RunningSandbox) -> None:
    assert pools_of(swept(exchange_conn_id=BITOPRO, pool="mine")) == ["mine"]
    assert pools_of(mapped({"exchange_conn_id": BITOPRO, "pool": "mine"}, side=["buy", "sell"])) == ["mine"] * 2


@takes_any_pool
def test_the_scheduler_does_not_see_a_pool_that_is_given_to_expand(sandbox: RunningSandbox) -> None:
    assert pools_of(mapped({"exchange_conn_id": BITOPRO}, pool=["mine"] * 3)) == ["default_pool"] * 3
    assert chosen_by_the_scheduler(mine=1) == {"default_pool": 3}


@takes_any_pool
def test_the_task_tells_of_it(sandbox: RunningSandbox) -> None:
    told: list[str] = []
    with recording(told):
        pools_of(mapped({"exchange_conn_id": BITOPRO}, pool=["mine"]))
    assert len([line for line in told if "in expand()" in line and "'mine'" in line]) == 1


@pytest.mark.parametrize("where", ["task", "partial", "policy"])
def test_no_task_tells_of_a_pool_that_holds(sandbox: RunningSandbox, policy: None, where: str) -> None:
    dags = {
        "task": swept(exchange_conn_id=BITOPRO, pool="mine"),
        "partial": mapped({"exchange_conn_id": BITOPRO, "pool": "mine"}, side=["buy"]),
        "policy": mapped({}, exchange_conn_id=[BITOPRO]),
    }
    told: list[str] = []
    with recording(told):
        assert "default_pool" not in pools_of(dags[where])
    assert [line for line in told if "in expand()" in line] == []


def test_the_policy_gives_each_key_its_pool(sandbox: RunningSandbox, policy: None) -> None:
    assert pools_of(swept(exchange_conn_id=BITOPRO)) == ["bitopro"]
    assert pools_of(mapped({"exchange_conn_id": NAMI}, side=["buy", "sell"])) == ["nami"] * 2
    assert pools_of(mapped({}, exchange_conn_id=[BITOPRO, NAMI, "loopring_default"])) == [
        "bitopro",
        "nami",
        "default_pool",
    ]


def test_the_scheduler_holds_to_it(sandbox: RunningSandbox, policy: None) -> None:
    pools_of(mapped({}, exchange_conn_id=[BITOPRO, BITOPRO, NAMI, NAMI, NAMI]))
    assert chosen_by_the_scheduler(bitopro=1, nami=2) == {"bitopro": 1, "nami": 2}


def test_the_scheduler_takes_no_task_of_a_pool_that_is_not_there(sandbox: RunningSandbox, policy: None) -> None:
    pools_of(mapped({}, exchange_conn_id=[BITOPRO, NAMI]))
    assert chosen_by_the_scheduler(nami=1) == {"nami": 1}


def test_the_policy_leaves_alone_what_names_a_pool_itself(sandbox: RunningSandbox, policy: None) -> None:
    assert pools_of(swept(exchange_conn_id=BITOPRO, pool="mine")) == ["mine"]
    assert pools_of(mapped({"pool": "mine"}, exchange_conn_id=[BITOPRO, NAMI])) == ["mine"] * 2


@takes_any_pool
def test_the_policy_does_not_stop_a_cancel_whose_pool_airflow_ignores(
    sandbox: RunningSandbox, policy: None
) -> None:
    """Airflow fails a task of expand_kwargs() that names a pool which its partial() has got as well."""
    assert pools_of(mapped_over_dicts({"exchange_conn_id": BITOPRO, "pool": "mine"})) == ["default_pool"]
    assert pools_of(mapped_over_dicts({"pool": "mine"}, exchange_conn_id=BITOPRO)) == ["default_pool"]


def test_the_policy_lets_no_sensor_occupy_the_slot_of_a_cancel(sandbox: RunningSandbox, policy: None) -> None:
    order = sandbox.place("bitopro", "btc_usdt", state="cancelled")
    assert pools_of(watched(order_id=order.order_id, symbol="btc_usdt")) == ["default_pool"]


def test_the_policy_does_not_reach_what_is_not_in_the_dag(sandbox: RunningSandbox, policy: None) -> None:
    assert pools_of(mapped_over_what_a_task_returns()) == ["default_pool"] * 2
    assert (
        pools_of(mapped_over_dicts({"exchange_conn_id": BITOPRO}, {"exchange_conn_id": NAMI}))
        == ["default_pool"] * 2
    )
