"""Whatever spelling of a market a user or the venue prefers, its orders are selected, and no others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from airflow_provider_exchange.errors import InvalidOrderRequest
from airflow_provider_exchange.hooks.exchange import ExchangeHook
from airflow_provider_exchange.notifications.orders import CancelAllOrdersNotifier
from airflow_provider_exchange.operators.orders import CancelAllOrdersOperator, CancelOrderOperator
from airflow_provider_exchange.sensors.orders import OrderStatusSensor
from tests.accounts import OTHER_SYMBOLS, VENUES
from tests.exchanges.evidence import EVIDENCE
from tests.tasks import Task

if TYPE_CHECKING:
    from airflow_provider_exchange.sandbox.testing import RunningSandbox
    from tests.connections import Connect

SHOWN = {"nami": ("joined", "slash", "hyphen")}
"""How a venue shows symbols in its lists, where that can be set."""
SPELLINGS = [
    (venue, shown, given, symbol)
    for venue in VENUES
    for shown in SHOWN.get(venue, ("joined",))
    for given, symbol in EVIDENCE[venue].facts["symbols"]["good"]
    if symbol != OTHER_SYMBOLS[venue]
]

each_spelling = pytest.mark.parametrize(("venue", "shown", "given", "symbol"), SPELLINGS)
in_each_mode = pytest.mark.parametrize("deferrable", [False, True])


def live(sandbox: RunningSandbox, venue: str) -> list[str]:
    return [order.order_id for order in sandbox.live(venue)]


@each_spelling
def test_the_hook_cancels_the_orders_of_a_market(
    connect: Connect, sandbox: RunningSandbox, venue: str, shown: str, given: str, symbol: str
) -> None:
    sandbox.exchange.apply_settings(nami_spelling=shown)
    orders = [sandbox.place(venue, symbol).order_id for _ in range(3)]
    kept = sandbox.place(venue, OTHER_SYMBOLS[venue]).order_id
    hook = ExchangeHook.for_connection(connect(venue))
    assert sorted(order.order_id for order in hook.list_open_orders(given)) == sorted(orders)
    report = hook.cancel_all_orders(symbols=given)
    assert {result.ref.order_id: result.outcome.value for result in report.results} == dict.fromkeys(
        orders, "cancelled"
    )
    assert {result.ref.symbol for result in report.results} == {symbol}
    assert live(sandbox, venue) == [kept]
    named = hook.cancel_order(sandbox.place(venue, symbol).order_id, given)
    assert (named.outcome.value, named.ref.symbol) == ("cancelled", symbol)
    hook.close()


@each_spelling
@in_each_mode
def test_operators_and_sensor_take_every_spelling(
    connect: Connect, sandbox: RunningSandbox, venue: str, shown: str, given: str, symbol: str, deferrable: bool
) -> None:
    sandbox.exchange.apply_settings(nami_spelling=shown)
    how: dict[str, Any] = {"exchange_conn_id": connect(venue), "poll_interval": 0.05, "deferrable": deferrable}
    swept, named, single, kept = (
        *(sandbox.place(venue, symbol).order_id for _ in range(3)),
        sandbox.place(venue, OTHER_SYMBOLS[venue]).order_id,
    )
    one = CancelOrderOperator(task_id="one", order_id=single, symbol=given, **how)
    assert Task(one).run()["outcome"] == "cancelled"
    some = CancelAllOrdersOperator(task_id="some", orders=[{"order_id": named, "symbol": given}], **how)
    assert Task(some).run()["outcomes"] == {"cancelled": 1}
    both = CancelAllOrdersOperator(task_id="both", symbols=[given, symbol], **how)
    summary = Task(both).run()
    assert [(order["order_id"], order["symbol"]) for order in summary["orders"]] == [(swept, symbol)]
    assert live(sandbox, venue) == [kept]
    sensor = OrderStatusSensor(
        task_id="gone",
        exchange_conn_id=how["exchange_conn_id"],
        order_ids=[swept, named],
        symbol=given,
        deferrable=deferrable,
    )
    assert [order["symbol"] for order in Task(sensor).run()] == [symbol, symbol]


@each_spelling
def test_the_kill_switch_takes_every_spelling(
    connect: Connect, sandbox: RunningSandbox, venue: str, shown: str, given: str, symbol: str
) -> None:
    sandbox.exchange.apply_settings(nami_spelling=shown)
    sandbox.place(venue, symbol)
    kept = sandbox.place(venue, OTHER_SYMBOLS[venue]).order_id
    CancelAllOrdersNotifier(connect(venue), symbols=given).notify({})
    assert live(sandbox, venue) == [kept]


def test_a_cancel_names_the_market_as_nami_s_cancel_pages_do(connect: Connect, sandbox: RunningSandbox) -> None:
    sandbox.exchange.apply_settings(nami_spelling="slash")
    for _ in range(2):
        sandbox.place("nami", "BTCUSDT")
    hook = ExchangeHook.for_connection(connect("nami"))
    hook.cancel_all_orders(symbols="btc/usdt")
    hook.cancel_order(sandbox.place("nami", "BTCUSDT").order_id, "BTC-USDT")
    hook.close()
    batch, single = (logged.body for logged in sandbox.mutations("nami"))
    assert {named["symbol"] for named in batch["orders"]} == {single["symbol"]} == {"BTCUSDT"}
    asked = [logged.query for logged in sandbox.request_log if "symbol=" in logged.query]
    assert all("symbol=BTCUSDT" in query for query in asked)


@pytest.mark.parametrize("venue", VENUES)
def test_a_malformed_market_is_an_error_before_anything_is_sent(
    connect: Connect, sandbox: RunningSandbox, venue: str
) -> None:
    hook = ExchangeHook.for_connection(connect(venue))
    for symbol in EVIDENCE[venue].facts["symbols"]["bad"]:
        for use in (hook.list_open_orders, lambda symbol: hook.cancel_all_orders(symbols=symbol)):
            with pytest.raises(InvalidOrderRequest, match="symbol") as caught:
                use(symbol)
            assert ascii(symbol) in str(caught.value), "it is shown as it was given"
    assert sandbox.request_log == []
    hook.close()
