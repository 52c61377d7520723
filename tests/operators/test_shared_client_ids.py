"""A client order id that several orders share names none of them; an order id still names its own."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from airflow.providers.common.compat.sdk import AirflowFailException, TaskDeferred

from airflow_provider_exchange.errors import InvalidOrderRequest
from airflow_provider_exchange.exchanges import load_exchange
from airflow_provider_exchange.hooks.exchange import ExchangeHook
from airflow_provider_exchange.models import Order, OrderRef, OrderState, Outcome
from airflow_provider_exchange.omitted import OMITTED
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


def test_a_deferred_sweep_keeps_each_of_two_orders_with_one_client_id(
    connect: Connect, sandbox: RunningSandbox
) -> None:
    """One is named by its id. The other got the client id when the first had ended, and is named by it."""
    symbol = SYMBOLS["bitopro"]
    first, second = (sandbox.place("bitopro", symbol, client_order_id="7").order_id for _ in range(2))
    orders = [{"order_id": first, "symbol": symbol}, {"client_order_id": "7", "symbol": symbol}]
    shown = {"state": "open", "venue_state": "0", "filled_quantity": "0", "created_at": None}
    entry = {"symbol": symbol, "client_order_id": "7", "sent": True, "outcome": None, "shown": shown}
    counted = {"refusals": 0, "refused_since": None, "missing_since": None}
    ledger = {
        "waited": 0.0,
        "rounds": 1,
        "entries": [{**entry, **counted, "order_id": order_id} for order_id in (first, second)],
    }
    operator = sweep(connect("bitopro"), orders=orders)
    event = {"status": "failed", "orders": []}
    result = operator.execute_complete(
        {}, event, ledger=json.loads(json.dumps(ledger)), end_time=4e9, waiting_since=0
    )
    assert {order["order_id"] for order in result["orders"]} == {first, second}
    assert sandbox.live("bitopro") == []


def stored(order_id: str, *, sent: bool) -> dict[str, Any]:
    """What a deferral keeps of one order that was named both by its id and by the client's own."""
    shown = {"state": "open", "venue_state": "0", "filled_quantity": "0", "created_at": None}
    entry = {"order_id": order_id, "symbol": SYMBOLS["bitopro"], "client_order_id": "7", "sent": sent}
    counted = {"outcome": None, "refusals": 0, "refused_since": None, "missing_since": None, "shown": shown}
    return {"waited": 0.0, "rounds": 1, "entries": [entry | counted]}


@pytest.mark.parametrize("by_id_first", [False, True])
@pytest.mark.parametrize(("sent", "outcome"), [(True, "cancelled"), (False, "already_cancelled")])
def test_an_order_named_twice_is_one_after_a_deferral_too(
    connect: Connect, sandbox: RunningSandbox, by_id_first: bool, sent: bool, outcome: str
) -> None:
    """What was sent for it is not forgotten, and a later order that took over its client order id stays."""
    symbol = SYMBOLS["bitopro"]
    order_id = sandbox.place("bitopro", symbol, client_order_id="7", state="cancelled").order_id
    later = sandbox.place("bitopro", symbol, client_order_id="7").order_id
    orders = [{"client_order_id": "7", "symbol": symbol}, {"order_id": order_id, "symbol": symbol}]
    operator = sweep(connect("bitopro"), orders=orders[::-1] if by_id_first else orders)
    event = {"status": "reached", "orders": []}
    ledger = stored(order_id, sent=sent)
    result = operator.execute_complete({}, event, ledger=ledger, end_time=4e9, waiting_since=0)
    assert result["outcomes"] == {outcome: 1}
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
    (result,) = ledger.report().results
    assert result.outcome is Outcome.CANCELLED
    (entry,) = ledger.entries.values()
    assert entry.acknowledged


@pytest.mark.parametrize("outcome", ["unknown", "not_sent", "nonsense"])
def test_a_stored_outcome_that_no_venue_shows_is_read_again(
    connect: Connect, sandbox: RunningSandbox, outcome: str
) -> None:
    symbol = SYMBOLS["bitopro"]
    order_id = sandbox.place("bitopro", symbol).order_id
    entry = {"order_id": order_id, "symbol": symbol, "client_order_id": None, "sent": True, "outcome": outcome}
    counted = {"refusals": 0, "refused_since": None, "missing_since": None, "shown": None}
    ledger = {"waited": 0.0, "rounds": 1, "entries": [entry | counted]}
    operator = sweep(connect("bitopro"), orders=[{"order_id": order_id, "symbol": symbol}])
    event = {"status": "failed", "orders": []}
    result = operator.execute_complete({}, event, ledger=ledger, end_time=4e9, waiting_since=0)
    assert result["outcomes"] == {"cancelled": 1}
    assert sandbox.live("bitopro") == []


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
        target_states=["unknown"],
        failed_states=["open"],
        deferrable=deferrable,
    )
    if deferrable:
        with pytest.raises(TaskDeferred):
            sensor.poke({})
    else:
        assert not sensor.poke({}).is_done
