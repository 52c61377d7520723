"""Two markets of a venue may number their orders alike: an order is named by its market and its id."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from airflow.providers.common.compat.sdk import AirflowFailException
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from airflow_provider_exchange.errors import ExchangeError
from airflow_provider_exchange.models.orders import OrderState
from airflow_provider_exchange.operations.changes import Changes
from airflow_provider_exchange.operators.orders import CancelAllOrdersOperator, CancelOrderOperator
from airflow_provider_exchange.sandbox.book import State
from airflow_provider_exchange.sensors.orders import OrderStatusSensor
from tests.accounts import Account
from tests.operators.test_attempts import Store
from tests.tasks import Task

if TYPE_CHECKING:
    from airflow_provider_exchange.sandbox.testing import RunningSandbox
    from tests.connections import Connect

MARKETS = {"nami": ("BTCUSDT", "ETHUSDT", "NAMIVNST"), "bitopro": ("btc_usdt", "eth_usdt", "bito_eth")}
Name = tuple[str, str]
"""A market and an order id."""

books = st.sets(st.tuples(st.integers(0, 2), st.integers(1, 4)), min_size=1, max_size=9)
"""Which orders there are, as numbers of markets and ids."""
numbering = pytest.mark.parametrize("venue", MARKETS)


def named(*names: Name) -> list[dict[str, str]]:
    return [{"order_id": order_id, "symbol": symbol} for symbol, order_id in names]


def place(sandbox: RunningSandbox, venue: str, *names: Name) -> None:
    for symbol, order_id in names:
        sandbox.place(venue, symbol, order_id=order_id)


def live(sandbox: RunningSandbox, venue: str) -> set[Name]:
    return {(order.symbol, order.order_id) for order in sandbox.live(venue)}


def told(result: dict[str, Any]) -> list[Name]:
    return sorted((order["symbol"], order["order_id"]) for order in result["orders"])


def operator(conn_id: str, **arguments: Any) -> CancelAllOrdersOperator:
    return CancelAllOrdersOperator(
        **{"task_id": "cancel", "exchange_conn_id": conn_id, "poll_interval": 0.05, "timeout": 30, **arguments}
    )


@numbering
@pytest.mark.parametrize("deferrable", [False, True])
def test_both_are_cancelled_and_counted(
    connect: Connect, sandbox: RunningSandbox, venue: str, deferrable: bool
) -> None:
    first, second, third = ((symbol, "5") for symbol in MARKETS[venue])
    place(sandbox, venue, first, second, third)
    sandbox.faults.add(kind="cancelling", reads=3)
    result = Task(operator(connect(venue), orders=named(first, second), deferrable=deferrable)).run()
    assert (result["requested"], result["outcomes"]) == (2, {"cancelled": 2})
    assert told(result) == sorted([first, second])
    assert live(sandbox, venue) == {third}


@numbering
def test_max_orders_counts_both(connect: Connect, sandbox: RunningSandbox, venue: str) -> None:
    names = [(symbol, "5") for symbol in MARKETS[venue][:2]]
    place(sandbox, venue, *names)
    with pytest.raises(AirflowFailException, match="max_orders=1") as caught:
        operator(connect(venue), orders=named(*names), max_orders=1).execute({})
    assert isinstance(caught.value.__cause__, ExchangeError)
    assert {(ref.symbol, ref.order_id) for ref in caught.value.__cause__.orders} == set(names)
    assert sandbox.mutations(venue) == []


@numbering
def test_one_market_s_order_alone_is_cancelled(connect: Connect, sandbox: RunningSandbox, venue: str) -> None:
    mine, other, _ = ((symbol, "5") for symbol in MARKETS[venue])
    place(sandbox, venue, mine, other)
    task = CancelOrderOperator(
        task_id="cancel", exchange_conn_id=connect(venue), order_id=mine[1], symbol=mine[0], poll_interval=0.05
    )
    assert task.execute({})["outcome"] == "cancelled"
    assert live(sandbox, venue) == {other}


@numbering
@pytest.mark.parametrize("deferrable", [False, True], ids=["in the task", "deferred"])
@settings(
    max_examples=20,
    phases=(Phase.explicit, Phase.generate),  # an example that fails takes until its deadline
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(book=books, choice=st.data(), is_retry=st.booleans())
def test_exactly_what_is_meant_goes(
    connect: Connect,
    sandbox: RunningSandbox,
    venue: str,
    deferrable: bool,
    book: set[tuple[int, int]],
    choice: st.DataObject,
    is_retry: bool,
) -> None:
    """Over random books and selections, at the first attempt and at a retry that finds a record of another one."""
    sandbox.reset()
    names = sorted((MARKETS[venue][market], str(number)) for market, number in book)
    place(sandbox, venue, *names)
    chosen = choice.draw(st.sampled_from(["all", "symbols", "orders"]))
    arguments: dict[str, Any] = {}
    meant = set(names)
    if chosen == "orders":
        meant = choice.draw(st.sets(st.sampled_from(names), min_size=1))
        arguments["orders"] = named(*sorted(meant))
    elif chosen == "symbols":
        symbols = choice.draw(st.sets(st.sampled_from(MARKETS[venue]), min_size=1))
        meant = {name for name in names if name[0] in symbols}
        arguments["symbols"] = sorted(symbols)
    conn_id, store = connect(venue), Store()
    context: Any = {"task_state_store": store}
    if is_retry and meant:
        sandbox.faults.add(kind="refuse_cancel")
        with pytest.raises((AirflowFailException, ExchangeError)):
            operator(conn_id, **arguments, timeout=0.2).execute(context)
        assert store.kept
        sandbox.faults.clear()
    sandbox.faults.add(kind="cancelling", reads=2)
    task = Task(operator(conn_id, **arguments, deferrable=deferrable), context=context)
    result = task.run()
    assert told(result) == sorted(meant)
    assert result["requested"] == len(meant)
    assert live(sandbox, venue) == set(names) - meant


@numbering
@pytest.mark.parametrize("deferrable", [False, True])
def test_a_sensor_tells_them_apart(connect: Connect, sandbox: RunningSandbox, venue: str, deferrable: bool) -> None:
    names = [(symbol, "5") for symbol in MARKETS[venue]]
    place(sandbox, venue, *names)
    symbol, order_id = names[1]
    sandbox.book(venue).finish(order_id, State.CANCELLED, symbol=symbol)
    watched = named(*names)
    sensor = OrderStatusSensor(
        task_id="watch",
        exchange_conn_id=connect(venue),
        orders=watched,
        target_states=["open", "cancelled"],
        deferrable=deferrable,
    )
    states = {order["symbol"]: order["state"] for order in Task(sensor).run()}
    assert states == {names[0][0]: "open", symbol: "cancelled", names[2][0]: "open"}


@numbering
def test_the_changes_of_each_are_seen(sandbox: RunningSandbox, venue: str) -> None:
    names = [(symbol, "5") for symbol in MARKETS[venue]]
    place(sandbox, venue, *names)
    account, changes = Account(sandbox, venue), Changes()
    assert account.run(changes.look(account.exchange)) == []
    symbol, order_id = names[1]
    sandbox.book(venue).fill(order_id, symbol=symbol)
    (changed,) = account.run(changes.look(account.exchange))
    assert (changed.symbol, changed.order_id, changed.state) == (symbol, order_id, OrderState.FILLED)
    account.close()
