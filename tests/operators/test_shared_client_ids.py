"""A client order id that several orders share names none of them; an order id still names its own."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from airflow.providers.common.compat.sdk import AirflowFailException, TaskDeferred

from airflow_provider_exchange.errors import InvalidOrderRequest
from airflow_provider_exchange.exchanges import load_exchange
from airflow_provider_exchange.hooks.exchange import ExchangeHook
from airflow_provider_exchange.models.orders import Order, OrderRef, OrderState
from airflow_provider_exchange.models.reports import Outcome
from airflow_provider_exchange.omitted import OMITTED
from airflow_provider_exchange.operations.earlier import Told
from airflow_provider_exchange.operations.ledger import Ledger
from airflow_provider_exchange.operators.orders import CancelAllOrdersOperator
from airflow_provider_exchange.sandbox.bitopro.venue import PaperBitoPro
from airflow_provider_exchange.sandbox.nami.venue import PaperNami
from airflow_provider_exchange.sandbox.testing import running_sandbox
from airflow_provider_exchange.sensors.orders import OrderStatusSensor
from tests.accounts import SYMBOLS, settings

if TYPE_CHECKING:
    from airflow_provider_exchange.sandbox.testing import RunningSandbox
    from tests.connections import Connect

CLIENT_IDS = {"bitopro": "7", "loopring": "bot-7"}
sharing = pytest.mark.parametrize("venue", CLIENT_IDS)


def sweep(conn_id: str, **arguments: Any) -> CancelAllOrdersOperator:
    return CancelAllOrdersOperator(
        **{"task_id": "cancel", "exchange_conn_id": conn_id, "poll_interval": 0.05, "timeout": 30, **arguments}
    )


@sharing
def test_a_shared_client_id_is_refused_in_a_list_and_the_others_are_cancelled(
    connect: Connect, sandbox: RunningSandbox, venue: str
) -> None:
    client_id, symbol = CLIENT_IDS[venue], SYMBOLS[venue]
    sharers = {sandbox.place(venue, symbol, client_order_id=client_id).order_id for _ in range(2)}
    other = sandbox.place(venue, symbol).order_id
    by_client_id = {"client_order_id": client_id, "symbol": symbol}
    for beside in (other, min(sharers)):
        operator = sweep(connect(venue), orders=[by_client_id, {"order_id": beside, "symbol": symbol}])
        with pytest.raises(AirflowFailException, match="more than one live order") as caught:
            operator.execute({})
        assert isinstance(caught.value.__cause__, InvalidOrderRequest)
        assert {ref.order_id for ref in caught.value.__cause__.orders} >= sharers
        assert {order.order_id for order in sandbox.live(venue)} == sharers - {beside}


def stored(conn_id: str, *order_ids: str, sent: bool = True) -> dict[str, Any]:
    """What a deferral keeps of orders that all had one client order id."""
    exchange = ExchangeHook.for_connection(conn_id).exchange
    told = [Told(OrderRef(order_id, SYMBOLS["bitopro"], "7"), sent) for order_id in order_ids]
    return {"account": exchange.account, "rounds": 1, "entries": [each.dump() for each in told], "undecided": []}


def test_a_deferred_sweep_keeps_each_of_two_orders_with_one_client_id(
    connect: Connect, sandbox: RunningSandbox
) -> None:
    """One is named by its id. The other got the client id when the first had ended, and is named by it."""
    symbol = SYMBOLS["bitopro"]
    first = sandbox.place("bitopro", symbol, client_order_id="7", state="cancelled").order_id
    second = sandbox.place("bitopro", symbol, client_order_id="7").order_id
    orders = [{"order_id": first, "symbol": symbol}, {"client_order_id": "7", "symbol": symbol}]
    conn_id = connect("bitopro")
    event = {"status": "failed", "orders": []}
    result = sweep(conn_id, orders=orders).execute_complete(
        {}, event, ledger=stored(conn_id, first, second), end_time=4e9
    )
    assert {order["order_id"] for order in result["orders"]} == {first, second}
    assert sandbox.live("bitopro") == []


@pytest.mark.parametrize("by_id_first", [False, True])
@pytest.mark.parametrize(("sent", "outcome"), [(True, "cancelled"), (False, "already_cancelled")])
def test_an_order_named_twice_is_one_after_a_deferral_too(
    connect: Connect, sandbox: RunningSandbox, by_id_first: bool, sent: bool, outcome: str
) -> None:
    """What was sent for it is not forgotten."""
    symbol, conn_id = SYMBOLS["bitopro"], connect("bitopro")
    order_id = sandbox.place("bitopro", symbol, client_order_id="7", state="cancelled").order_id
    orders = [{"client_order_id": "7", "symbol": symbol}, {"order_id": order_id, "symbol": symbol}]
    operator = sweep(conn_id, orders=orders[::-1] if by_id_first else orders)
    event = {"status": "reached", "orders": []}
    result = operator.execute_complete({}, event, ledger=stored(conn_id, order_id, sent=sent), end_time=4e9)
    assert result["outcomes"] == {outcome: 1}
    assert sandbox.mutations() == []


def test_a_later_order_that_took_over_a_client_order_id_is_neither_cancelled_nor_overlooked(
    connect: Connect, sandbox: RunningSandbox
) -> None:
    symbol, conn_id = SYMBOLS["bitopro"], connect("bitopro")
    order_id = sandbox.place("bitopro", symbol, client_order_id="7", state="cancelled").order_id
    later = sandbox.place("bitopro", symbol, client_order_id="7").order_id
    operator = sweep(conn_id, orders=[{"client_order_id": "7", "symbol": symbol}])
    with pytest.raises(AirflowFailException, match=f"names another order than before.*{later}"):
        operator.execute_complete(
            {}, {"status": "reached", "orders": []}, ledger=stored(conn_id, order_id), end_time=4e9
        )
    assert [order.order_id for order in sandbox.live("bitopro")] == [later]
    assert sandbox.mutations() == []


@pytest.mark.parametrize("by_id_first", [False, True])
def test_what_was_sent_for_either_name_of_an_order_counts(by_id_first: bool) -> None:
    ended = Order("bitopro", "5", "btc_usdt", OrderState.CANCELLED, "4", client_order_id="7")
    with running_sandbox() as sandbox:
        exchange = load_exchange("bitopro").from_settings(settings(sandbox, "bitopro"))
        ledger = Ledger(exchange)
        refs = [OrderRef("5", "btc_usdt"), OrderRef(None, "btc_usdt", "7")]
        ledger.name(refs if by_id_first else refs[::-1])
        by_id, by_client_id = (ledger.entries[exchange.key(ref)] for ref in refs)
        by_id.sent = by_id.acknowledged = True
        for entry in (by_id, by_client_id):
            entry.show(ended, 0.0)
        ledger.resolve()
    (result,) = ledger.results()
    assert result.outcome is Outcome.CANCELLED
    (entry,) = ledger.entries.values()
    assert entry.acknowledged


def test_several_symbols_beside_a_bare_hash_are_refused(connect: Connect, sandbox: RunningSandbox) -> None:
    order_id = sandbox.place("loopring", "LRC-ETH").order_id
    for orders in ([order_id], [{"order_id": order_id}], [{"order_id": order_id, "symbol": "LRC-ETH"}]):
        with pytest.raises(AirflowFailException, match="symbol"):
            sweep(connect("loopring"), symbols=["LRC-USDT", "ETH-USDT"], orders=orders).execute({})
    assert sandbox.request_log == []


def test_cancelling_named_orders_needs_names(connect: Connect, sandbox: RunningSandbox) -> None:
    sandbox.place("nami", "BTCUSDT")
    with pytest.raises(InvalidOrderRequest, match="left out"):
        ExchangeHook.for_connection(connect("nami")).cancel_orders(OMITTED)
    assert sandbox.mutations() == []


@pytest.mark.parametrize("venue", ["nami", "bitopro"])
def test_lists_that_are_not_there_prove_no_order_gone(monkeypatch: pytest.MonkeyPatch, venue: str) -> None:
    """A gateway that answers 404 to everything, in the venue's own shape."""
    with running_sandbox() as sandbox, pytest.MonkeyPatch.context() as patch:
        for kind in (PaperNami, PaperBitoPro):
            for name in ("open_orders", "history", "orders_of_pair", "order", "cancel_order", "cancel_orders"):
                if hasattr(kind, name):
                    patch.setattr(kind, name, lambda self, request: self.no_such_path())
        with running_sandbox() as broken:
            order_id = broken.place(venue, SYMBOLS[venue]).order_id
            monkeypatch.setenv("AIRFLOW_CONN_BROKEN", json.dumps(broken.connection(venue)))
            operator = sweep("broken", orders=[{"order_id": order_id, "symbol": SYMBOLS[venue]}], timeout=4)
            with pytest.raises(Exception, match=order_id):
                operator.execute({})
            assert [order.order_id for order in broken.live(venue)] == [order_id]
        assert sandbox.request_log == []


@pytest.mark.parametrize("deferrable", [False, True])
def test_a_read_that_fails_is_no_state_for_a_sensor(
    connect: Connect, sandbox: RunningSandbox, deferrable: bool
) -> None:
    order_id = sandbox.place("bitopro", "btc_usdt").order_id
    sandbox.faults.add(kind="status", status=503, route="reads")
    sensor = OrderStatusSensor(
        task_id="watch",
        exchange_conn_id=connect("bitopro"),
        order_id=order_id,
        symbol="btc_usdt",
        failed_states=["unknown"],
        deferrable=deferrable,
    )
    if deferrable:
        with pytest.raises(TaskDeferred):
            sensor.poke({})
    else:
        assert not sensor.poke({}).is_done
