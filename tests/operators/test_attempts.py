"""A retried sweep tells the whole story, and a record that is wrong or cannot be had does no harm."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from airflow.providers.common.compat.sdk import AirflowFailException

from airflow_provider_exchange.errors import OrdersStillOpenError
from airflow_provider_exchange.hooks.exchange import ExchangeHook
from airflow_provider_exchange.models import OrderRef
from airflow_provider_exchange.operations.ledger import Ledger
from airflow_provider_exchange.operators.orders import CancelAllOrdersOperator, CancelOrderOperator
from airflow_provider_exchange.sandbox.book import State
from airflow_provider_exchange.sandbox.faults import Fault
from tests.accounts import OTHER_SYMBOLS, SYMBOLS, SkippingTransport
from tests.chaos.play import on_transport

if TYPE_CHECKING:
    from airflow_provider_exchange.sandbox.testing import RunningSandbox
    from tests.connections import Connect


class Store:
    """Keeps what it is given as Airflow's does: as JSON."""

    def __init__(self) -> None:
        self.kept: dict[str, str] = {}

    def get(self, key: str, default: Any = None) -> Any:
        return json.loads(self.kept[key]) if key in self.kept else default

    def set(self, key: str, value: Any) -> None:
        assert type(value) is dict
        self.kept[key] = json.dumps(value)

    def delete(self, key: str) -> None:
        self.kept.pop(key, None)


class Broken:
    """Fails at everything."""

    def __getattr__(self, name: str) -> Any:
        raise RuntimeError("no store today")


def sweep(conn_id: str, store: Any, **kwargs: Any) -> Any:
    arguments: dict[str, Any] = {"timeout": 5, "poll_interval": 0.05, "deferrable": False, **kwargs}
    operator = CancelAllOrdersOperator(task_id="cancel", exchange_conn_id=conn_id, **arguments)
    context: Any = {"task_state_store": store}
    return operator.execute(context)


def fail_with_one_left(conn_id: str, sandbox: RunningSandbox, venue: str, store: Any, **kwargs: Any) -> list[str]:
    ids = [sandbox.place(venue, SYMBOLS[venue]).order_id for _ in range(3)]
    sandbox.faults.add(Fault("cancelling", reads=100_000, orders=(ids[1],)))
    transport = SkippingTransport()
    with on_transport(transport), pytest.raises(OrdersStillOpenError):
        sweep(conn_id, store, **{"timeout": 20, "poll_interval": 5, **kwargs})
    transport.session.close()
    sandbox.faults.clear()
    sandbox.book(venue).finish(ids[1], sandbox.book(venue)[ids[0]].state)
    return ids


def test_the_summary_of_a_retry_tells_of_both_attempts(
    connect: Connect, sandbox: RunningSandbox, venue: str
) -> None:
    store, conn_id = Store(), connect(venue)
    ids = fail_with_one_left(conn_id, sandbox, venue, store)
    pushed = sweep(conn_id, store)
    assert {order["order_id"] for order in pushed["orders"]} == set(ids)
    assert pushed["outcomes"] == {"cancelled": 3}
    assert store.kept == {}


def test_an_attempt_that_was_killed_leaves_what_it_had_selected(
    connect: Connect, sandbox: RunningSandbox, venue: str
) -> None:
    class Killed(BaseException):
        """What no code of ours has a say in."""

    class DyingAtTheCancels(Store):
        def set(self, key: str, value: Any) -> None:
            super().set(key, value)
            for order in sandbox.live(venue)[:2]:
                sandbox.book(venue).finish(order.order_id, State.CANCELLED)
            raise Killed

    conn_id, store = connect(venue), DyingAtTheCancels()
    ids = [sandbox.place(venue, SYMBOLS[venue]).order_id for _ in range(3)]
    with pytest.raises(Killed):
        sweep(conn_id, store)
    retry = Store()
    retry.kept = store.kept
    pushed = sweep(conn_id, retry)
    assert {order["order_id"] for order in pushed["orders"]} == set(ids)
    assert pushed["outcomes"] == {"already_cancelled": 2, "cancelled": 1}
    assert retry.kept == {}


def test_a_task_that_is_run_again_after_a_success_starts_anew(
    connect: Connect, sandbox: RunningSandbox, venue: str
) -> None:
    store, conn_id = Store(), connect(venue)
    fail_with_one_left(conn_id, sandbox, venue, store)
    sweep(conn_id, store)
    assert sweep(conn_id, store)["requested"] == 0


def test_a_record_of_other_arguments_cancels_nothing(connect: Connect, sandbox: RunningSandbox, venue: str) -> None:
    store, conn_id = Store(), connect(venue)
    ids = [sandbox.place(venue, SYMBOLS[venue]).order_id for _ in range(2)]
    sandbox.faults.add(Fault("drop_before", route="cancels"))
    with pytest.raises(Exception, match=ids[0]):
        sweep(conn_id, store, timeout=1)
    assert store.kept
    sandbox.faults.clear()
    pushed = sweep(conn_id, store, symbols=OTHER_SYMBOLS[venue])
    assert pushed["requested"] == 0
    assert len(sandbox.live(venue)) == 2


@pytest.mark.parametrize(
    "record", [None, "text", {}, {"about": "x"}, {"ledger": {}}, [], {"about": None, "ledger": None}]
)
def test_a_record_that_is_none(connect: Connect, sandbox: RunningSandbox, record: Any) -> None:
    store, conn_id = Store(), connect("nami")
    store.kept["orders"] = json.dumps(record)
    sandbox.place("nami", "BTCUSDT")
    assert sweep(conn_id, store)["outcomes"] == {"cancelled": 1}


def test_a_record_that_was_tampered_with(connect: Connect, sandbox: RunningSandbox) -> None:
    store, conn_id = Store(), connect("nami")
    fail_with_one_left(conn_id, sandbox, "nami", store)
    kept = json.loads(store.kept["orders"])
    kept["ledger"]["entries"] = {"1": "nonsense"}
    store.kept["orders"] = json.dumps(kept)
    sandbox.place("nami", "BTCUSDT")
    assert sweep(conn_id, store)["outcomes"] == {"cancelled": 1}


@pytest.mark.parametrize("name", ["all", "../all", "1?x=y", None])
def test_a_record_that_names_no_order_is_none(connect: Connect, sandbox: RunningSandbox, name: Any) -> None:
    store, conn_id = Store(), connect("bitopro")
    fail_with_one_left(conn_id, sandbox, "bitopro", store)
    sandbox.place("bitopro", OTHER_SYMBOLS["bitopro"])
    kept = json.loads(store.kept["orders"])
    for entry in kept["ledger"]["entries"]:
        entry |= {"order_id": name, "outcome": None}
        entry["shown"]["state"] = "open"
    store.kept["orders"] = json.dumps(kept)
    before = len(sandbox.mutations())
    assert sweep(conn_id, store)["requested"] == 1
    assert len(sandbox.mutations()) == before + 1, "the cancel of the one order that is open"


def test_a_ledger_that_names_no_order_is_refused_by_a_woken_task(connect: Connect, sandbox: RunningSandbox) -> None:
    order_id = sandbox.place("bitopro", "btc_usdt").order_id
    operator = CancelOrderOperator(
        task_id="cancel", exchange_conn_id=connect("bitopro"), order_id=order_id, symbol="btc_usdt"
    )
    known = Ledger(ExchangeHook.for_connection(operator.exchange_conn_id).exchange)
    known.name([OrderRef("all", "btc_usdt")])
    ledger = known.dump()
    event = {"status": "timeout", "orders": []}
    with pytest.raises(AirflowFailException, match="order_id"):
        operator.execute_complete({}, event, ledger=ledger, end_time=4e9, waiting_since=0.0)
    assert sandbox.mutations() == []


def test_a_store_that_fails_keeps_no_order_open(connect: Connect, sandbox: RunningSandbox, venue: str) -> None:
    conn_id = connect(venue)
    fail_with_one_left(conn_id, sandbox, venue, Broken())
    sandbox.place(venue, SYMBOLS[venue])
    assert sweep(conn_id, Broken())["outcomes"] == {"cancelled": 1}
    assert sandbox.live(venue) == []


def test_the_record_holds_no_secret(connect: Connect, sandbox: RunningSandbox, venue: str) -> None:
    store, conn_id = Store(), connect(venue)
    fail_with_one_left(conn_id, sandbox, venue, store)
    connection = sandbox.connection(venue)
    text = json.dumps(store.kept)
    assert not any(connection[field] in text for field in ("login", "password"))


def test_a_refusal_is_no_record(connect: Connect, sandbox: RunningSandbox) -> None:
    store, conn_id = Store(), connect("nami")
    for _ in range(2):
        sandbox.place("nami", "BTCUSDT")
    with pytest.raises(Exception, match="max_orders=1"):
        sweep(conn_id, store, max_orders=1)
    assert store.kept == {}
