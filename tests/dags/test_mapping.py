from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from airflow.providers.common.compat.sdk import dag, task

from airflow_provider_exchange.operators.orders import CancelAllOrdersOperator
from tests.dags.runs import example, run_dag

if TYPE_CHECKING:
    from airflow_provider_exchange.sandbox.testing import RunningSandbox

NOTHING: dict[str, list[Any]] = {
    "symbols": [None, "", " ", "None", [], [""], [None], ["BTCUSDT", None], {}],
    "orders": [None, "", "None", [], [""], [None], [{}], [{"order_id": None, "symbol": "BTCUSDT"}]],
    "side": [None, "", "None", []],
    "client_order_id_prefix": [None, "", "None", []],
    "except_symbols": [None, "", [None], ["BTCUSDT", None]],
    "except_client_order_id_prefix": [None, ""],
}


def mapped_cancel(**values: list[Any]) -> Any:
    """A DAG that maps CancelAllOrdersOperator over the values of one argument."""

    @dag(schedule=None)
    def mapped() -> None:
        CancelAllOrdersOperator.partial(task_id="cancel", exchange_conn_id="bitopro_default").expand(**values)

    return mapped()


def test_each_order_of_the_list_is_cancelled_by_a_task_of_its_own(sandbox: RunningSandbox) -> None:
    buys = [sandbox.place("nami", symbol, side="BUY") for symbol in ("BTCUSDT", "ETHUSDT", "NAMIVNST")]
    sell = sandbox.place("nami", "BTCUSDT", side="SELL")

    run = run_dag(example("cancel_mapped_orders"))

    assert run.state == "success"
    results = [run.xcoms[f"cancel[{index}]"] for index in range(3)]
    assert {result["order_id"] for result in results} == {order.order_id for order in buys}
    assert {result["outcome"] for result in results} == {"cancelled"}
    assert sandbox.live("nami") == [sell]


def test_no_task_is_made_of_an_empty_list(sandbox: RunningSandbox) -> None:
    sandbox.place("nami", "BTCUSDT", side="SELL")

    run = run_dag(example("cancel_mapped_orders"))

    assert run.state == "success"
    assert run.states["cancel"] == "skipped"
    assert sandbox.mutations() == []


def test_a_mapped_symbol_reaches_its_market_alone(sandbox: RunningSandbox) -> None:
    for symbol in ("btc_usdt", "eth_usdt", "bito_twd"):
        sandbox.place("bitopro", symbol)

    run = run_dag(mapped_cancel(symbols=["btc_usdt", "eth_usdt"]))

    assert run.state == "success"
    assert [order.symbol for order in sandbox.live("bitopro")] == ["bito_twd"]


@pytest.mark.parametrize("argument", NOTHING)
def test_a_mapped_value_that_is_nothing_never_means_everything(sandbox: RunningSandbox, argument: str) -> None:
    sandbox.place("bitopro", "btc_usdt", client_order_id="7")
    values = NOTHING[argument]

    run = run_dag(mapped_cancel(**{argument: values}))

    assert run.state == "failed"
    assert run.states == {f"cancel[{index}]": "failed" for index in range(len(values))}
    assert sandbox.mutations() == []
    assert len(sandbox.live("bitopro")) == 1


def test_a_task_that_returns_nothing_never_means_everything(sandbox: RunningSandbox) -> None:
    sandbox.place("bitopro", "btc_usdt")

    @task
    def forgot_to_return() -> None:
        """Return None."""

    @dag(schedule=None)
    def fed_with_nothing() -> None:
        symbols: Any = forgot_to_return()
        CancelAllOrdersOperator(task_id="cancel", exchange_conn_id="bitopro_default", symbols=symbols)

    run = run_dag(fed_with_nothing())

    assert run.states == {"forgot_to_return": "success", "cancel": "failed"}
    assert sandbox.mutations() == []
    assert len(sandbox.live("bitopro")) == 1
