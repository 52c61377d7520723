"""A run that stands for a time of day and starts too late cancels nothing; one that somebody asks for is exempt."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from airflow.providers.common.compat.sdk import AirflowFailException
from airflow.utils.types import DagRunType

from airflow_provider_exchange.errors import RunTooLateError
from airflow_provider_exchange.operators.orders import CancelAllOrdersOperator, CancelOrderOperator
from airflow_provider_exchange.sandbox.fault_rules import Fault
from airflow_provider_exchange.tasks.lateness import BOUND_TO_A_TIME
from tests.tasks import Task

if TYPE_CHECKING:
    from airflow_provider_exchange.sandbox.testing import RunningSandbox
    from tests.connections import Connect

MINUTES = timedelta(minutes=1)
ALLOWED = 10 * MINUTES
SHAPES = ["Airflow 3", "Airflow 2"]


def run_of(run_type: str, late: timedelta, shape: str = "Airflow 3") -> dict[str, Any]:
    """The context of a task in a DAG run that was due so long ago."""
    due = datetime.now(UTC) - late
    if shape == "Airflow 2":
        return {"dag_run": SimpleNamespace(run_type=run_type), "data_interval_end": due}
    # A timetable may have intervals that end long before their runs are due.
    return {
        "dag_run": SimpleNamespace(run_type=run_type, run_after=due),
        "data_interval_end": due - timedelta(days=1),
    }


def sweep(conn_id: str, context: dict[str, Any], **kwargs: Any) -> Any:
    operator = CancelAllOrdersOperator(
        task_id="cancel", exchange_conn_id=conn_id, deferrable=False, **{"max_lateness": ALLOWED, **kwargs}
    )
    return Task(operator, context=context).run()


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("run_type", BOUND_TO_A_TIME)
@pytest.mark.parametrize("dry_run", [False, True])
def test_too_late(connect: Connect, sandbox: RunningSandbox, shape: str, run_type: str, dry_run: bool) -> None:
    sandbox.place("bitopro", "btc_usdt")
    context = run_of(run_type, 735 * MINUTES, shape)
    with pytest.raises(AirflowFailException) as caught:
        sweep(connect("bitopro"), context, dry_run=dry_run)
    assert type(caught.value.__cause__) is RunTooLateError
    for told in ("12:15:0", "0:10:00", "exchange_under_test", "trigger the DAG by hand", " UTC"):
        assert told in str(caught.value)
    assert sandbox.request_log == []
    assert len(sandbox.live("bitopro")) == 1


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("late", [9 * MINUTES, -9 * MINUTES], ids=["a little late", "by a clock that is behind"])
def test_in_time(connect: Connect, sandbox: RunningSandbox, shape: str, late: timedelta) -> None:
    sandbox.place("bitopro", "btc_usdt")
    assert sweep(connect("bitopro"), run_of("scheduled", late, shape))["outcomes"] == {"cancelled": 1}


@pytest.mark.parametrize("run_type", [each for each in DagRunType if each.value not in BOUND_TO_A_TIME])
def test_what_somebody_asks_for_is_never_too_late(
    connect: Connect, sandbox: RunningSandbox, run_type: DagRunType
) -> None:
    sandbox.place("bitopro", "btc_usdt")
    assert sweep(connect("bitopro"), run_of(run_type, 735 * MINUTES))["outcomes"] == {"cancelled": 1}


def test_airflow_still_calls_these_runs_so() -> None:
    assert set(BOUND_TO_A_TIME) == {DagRunType.SCHEDULED, DagRunType.BACKFILL_JOB}


def test_without_the_argument_no_run_is_too_late(connect: Connect, sandbox: RunningSandbox) -> None:
    sandbox.place("bitopro", "btc_usdt")
    late = run_of("scheduled", 735 * MINUTES)
    assert sweep(connect("bitopro"), late, max_lateness=None)["outcomes"] == {"cancelled": 1}


def test_a_single_order_is_left_alone_as_well(connect: Connect, sandbox: RunningSandbox) -> None:
    order_id = sandbox.place("bitopro", "btc_usdt").order_id
    operator = CancelOrderOperator(
        task_id="cancel",
        exchange_conn_id=connect("bitopro"),
        order_id=order_id,
        symbol="btc_usdt",
        max_lateness=600,
        deferrable=False,
    )
    with pytest.raises(AirflowFailException, match="max_lateness allows 0:10:00"):
        Task(operator, context=run_of("scheduled", 11 * MINUTES)).run()
    assert sandbox.request_log == []


def test_a_task_that_began_in_time_finishes_what_it_began(connect: Connect, sandbox: RunningSandbox) -> None:
    sandbox.place("bitopro", "btc_usdt")
    sandbox.faults.add(Fault("cancelling", reads=3))
    operator = CancelAllOrdersOperator(
        task_id="cancel",
        exchange_conn_id=connect("bitopro"),
        poll_interval=0.05,
        deferrable=True,
        max_lateness=ALLOWED,
    )
    context = run_of("scheduled", MINUTES)
    task = Task(operator, lambda: context.update(run_of("scheduled", 11 * MINUTES)), context)
    assert task.run()["outcomes"] == {"cancelled": 1}
    assert task.deferred


@pytest.mark.parametrize(
    "wrong",
    [0, -1, float("nan"), float("inf"), 1e300, "600", timedelta(0), -MINUTES],
    ids=str,
)
@pytest.mark.parametrize("kind", [CancelOrderOperator, CancelAllOrdersOperator])
def test_a_lateness_that_allows_nothing_is_refused_when_the_dag_is_read(kind: Any, wrong: Any) -> None:
    with pytest.raises(ValueError, match="max_lateness"):
        kind(task_id="cancel", exchange_conn_id="never_read", max_lateness=wrong)
