from __future__ import annotations

from typing import TYPE_CHECKING

from tests.dags.runs import example, run_dag

if TYPE_CHECKING:
    from airflow_provider_exchange.sandbox.testing import RunningSandbox


def test_the_order_that_the_other_task_names_goes_and_no_other(sandbox: RunningSandbox) -> None:
    younger = sandbox.place("bitopro", "btc_usdt", age=60)
    oldest = sandbox.place("bitopro", "eth_usdt", age=3600, quantity="2", filled="0.5")
    youngest = sandbox.place("bitopro", "eth_usdt")

    run = run_dag(example("cancel_one_order"))

    assert run.state == "success"
    pushed = run.xcoms["cancel"]
    terms = ("side", "type", "price", "stop_price", "quantity")
    assert [pushed.pop(name) for name in terms] == ["sell", "LIMIT", "100", None, "2"]
    assert pushed.pop("created_at")
    assert pushed == {
        "exchange": "bitopro",
        "order_id": oldest.order_id,
        "symbol": "eth_usdt",
        "outcome": "cancelled",
        "state": "cancelled",
        "filled_quantity": "0.5",
        "confirmed": True,
    }
    assert sandbox.live("bitopro") == [younger, youngest]
    assert [logged.route for logged in sandbox.mutations()] == ["cancel_order"]


def test_with_nothing_open_there_is_nothing_to_do(sandbox: RunningSandbox) -> None:
    run = run_dag(example("cancel_one_order"))

    assert run.states == {"oldest_order": "skipped", "cancel": "skipped"}
    assert run.state == "success"
    assert sandbox.mutations() == []
