from __future__ import annotations

import threading
import time
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from airflow.utils.state import TaskInstanceState

from tests.dags.runs import example, run_dag

if TYPE_CHECKING:
    from collections.abc import Callable

    from airflow_provider_exchange.sandbox.testing import RunningSandbox

    Answer = Callable[[str], list[str]]

if not hasattr(TaskInstanceState, "AWAITING_INPUT"):
    pytest.skip("dag.test() waits for a person's answer since Airflow 3.3", allow_module_level=True)


@pytest.fixture
def answer(monkeypatch: pytest.MonkeyPatch) -> Answer:
    """Let a person answer through Airflow's API while ``dag.test()`` waits. Returns what the person reads."""

    def will_be(option: str) -> list[str]:
        read: list[str] = []
        sleep = time.sleep

        def wait(seconds: float) -> None:
            # dag.test() waits a second at a time in this thread; whoever else sleeps is left alone.
            if seconds == 1 and threading.current_thread() is threading.main_thread():
                read.extend(respond(option))
            else:
                sleep(seconds)

        monkeypatch.setattr(time, "sleep", wait)
        return read

    return will_be


def respond(option: str) -> list[str]:
    from airflow.api_fastapi.core_api.datamodels.hitl import UpdateHITLDetailPayload
    from airflow.api_fastapi.core_api.routes.public.hitl import update_hitl_detail
    from airflow.models.hitl import HITLDetail
    from airflow.utils.session import create_session
    from sqlalchemy import select

    user: Any = SimpleNamespace(get_id=lambda: "1", get_name=lambda: "the night shift")
    with create_session() as session:
        asked = [each for each in session.scalars(select(HITLDetail)) if not each.response_received]
        for question in asked:
            run = question.task_instance
            update_hitl_detail(
                run.dag_id,
                run.run_id,
                run.task_id,
                UpdateHITLDetailPayload(chosen_options=[option], params_input={}),
                user,
                session,
            )
        return [f"{question.subject}\n{question.body}" for question in asked]


def test_what_was_approved_goes_and_nothing_else(sandbox: RunningSandbox, answer: Answer) -> None:
    listed = [
        sandbox.place("bitopro", "btc_usdt", quantity="2", filled="0.5").order_id,
        sandbox.place("bitopro", "eth_usdt").order_id,
    ]
    read = answer("Approve")
    later: list[str] = []

    def place_meanwhile(*args: Any) -> None:
        later.append(sandbox.place("bitopro", "btc_usdt").order_id)

    dag = example("approve_cancel")
    dag.get_task("approve")._pre_execute_hook = place_meanwhile

    run = run_dag(dag)

    assert run.state == "success"
    (question,) = read
    assert question.startswith("Cancel 2 order(s) of bitopro_default?")
    asked = [[cell.strip() for cell in line.split("|")[1:-1]] for line in question.splitlines() if " | " in line]
    for order_id, symbol, terms in zip(listed, ("btc_usdt", "eth_usdt"), (["2", "0.5"], ["1", "0"]), strict=True):
        (row,) = (row for row in asked if row[-1] == order_id)
        assert row[:-2] == [symbol, "sell", "LIMIT", "100", "", *terms]
    assert len({len(row) for row in asked}) == 1
    assert {order["order_id"] for order in run.xcoms["cancel"]["orders"]} == set(listed)
    assert run.xcoms["cancel"]["outcomes"] == {"cancelled": 2}
    assert set(later) == {order.order_id for order in sandbox.live("bitopro")} != set()


def test_an_order_that_cannot_be_named_does_not_keep_the_others_from_being_approved(
    sandbox: RunningSandbox, answer: Answer
) -> None:
    order_id = sandbox.place("bitopro", "btc_usdt").order_id
    sandbox.faults.add(kind="odd_order", venue="bitopro", route="open_orders", field="symbol")
    read = answer("Approve")

    run = run_dag(example("approve_cancel"))

    assert run.state == "success"
    assert run.xcoms["look"]["outcomes"] == {"not_sent": 1, "undecided": 1}
    assert [question.splitlines()[0] for question in read] == ["Cancel 1 order(s) of bitopro_default?"]
    assert [order["order_id"] for order in run.xcoms["cancel"]["orders"]] == [order_id]
    assert not sandbox.live("bitopro")


def test_what_was_rejected_stays(sandbox: RunningSandbox, answer: Answer) -> None:
    order = sandbox.place("bitopro", "btc_usdt")
    answer("Reject")

    run = run_dag(example("approve_cancel"))

    assert run.state == "success"
    assert run.states["cancel"] == "skipped"
    assert sandbox.live("bitopro") == [order]
    assert sandbox.mutations() == []


def test_with_nothing_open_nobody_is_asked(sandbox: RunningSandbox, answer: Answer) -> None:
    read = answer("Approve")

    run = run_dag(example("approve_cancel"))

    assert run.states == {"look": "success", "orders": "skipped", "approve": "skipped", "cancel": "skipped"}
    assert read == []
    assert sandbox.mutations() == []
