"""The buttons of the page, pressed as a browser without scripts does it."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from airflow_provider_exchange.sandbox.book import State
from airflow_provider_exchange.sandbox.fault_rules import KINDS, Fault
from tests.sandbox.clients import BitoProClient

from .reading import Page, look, post, press

if TYPE_CHECKING:
    from airflow_provider_exchange.sandbox.testing import RunningSandbox

PLACE = {"do": "place", "market": "nami/BTCUSDT", "side": "SELL", "count": "1", "quantity": "1", "price": "9"}


def test_orders_are_placed(sandbox: RunningSandbox) -> None:
    answer = press(
        sandbox, "place", market="bitopro/eth_usdt", side="BUY", count="2", quantity="0.5", price="3100.25"
    )
    assert answer.url == f"{sandbox.base_url}/#book-bitopro"
    assert [response.status_code for response in answer.history] == [303]
    orders = sandbox.live("bitopro")
    assert [(each.symbol, each.side, each.quantity, each.price, each.state) for each in orders] == 2 * [
        ("eth_usdt", "BUY", Decimal("0.5"), Decimal("3100.25"), State.OPEN)
    ]
    assert orders[0].order_id in Page(answer.text).text


def test_a_stop_order_is_placed_and_triggered(sandbox: RunningSandbox) -> None:
    press(sandbox, "place", market="nami/ETHUSDT", side="SELL", stop_price="90")
    (order,) = sandbox.live("nami")
    assert (order.state, order.stop_price) == (State.WAITING, Decimal(90))
    press(sandbox, f"trigger nami ETHUSDT {order.order_id}")
    assert sandbox.book("nami")[order.order_id].state is State.OPEN


@pytest.mark.parametrize(
    ("button", "state", "filled"),
    [("fill", State.FILLED, 2), ("half", State.OPEN, 1), ("expire", State.EXPIRED, 0)],
)
def test_what_happens_to_an_order(sandbox: RunningSandbox, button: str, state: State, filled: int) -> None:
    first, order = (sandbox.place("okx", "BTC-USDT", quantity=2) for _ in range(2))
    answer = press(sandbox, f"{button} okx BTC-USDT {order.order_id}")
    assert answer.url.endswith("/#book-okx")
    now = sandbox.book("okx")[order.order_id]
    assert (now.state, now.filled) == (state, Decimal(filled))
    assert sandbox.book("okx")[first.order_id] == first


def test_only_the_order_of_the_named_market_is_filled(sandbox: RunningSandbox) -> None:
    for symbol in ("BTCUSDT", "ETHUSDT"):
        sandbox.place("binance", symbol, order_id="7")
    press(sandbox, "fill binance ETHUSDT 7")
    states = {order.symbol: order.state for order in sandbox.book("binance")}
    assert states == {"BTCUSDT": State.OPEN, "ETHUSDT": State.FILLED}


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_each_fault_is_set(sandbox: RunningSandbox, kind: str) -> None:
    answer = press(sandbox, f"break-{kind}", venue="bitopro", route="open_orders", times="3", seconds="0.5")
    assert answer.url.endswith("/#faults")
    assert sandbox.faults.rules == [Fault(kind, "bitopro", "open_orders", times=3, seconds=0.5)]


@pytest.mark.parametrize(("kind", "seconds"), [("delay", 3), ("skew", 60), ("hang", None)])
def test_a_fault_is_set_without_more_words(sandbox: RunningSandbox, kind: str, seconds: float | None) -> None:
    press(sandbox, f"break-{kind}")
    assert sandbox.faults.rules == [Fault(kind, seconds=seconds)]


def test_faults_are_taken_away(sandbox: RunningSandbox) -> None:
    for status in (500, 502, 503):
        sandbox.faults.add(kind="status", status=status, venue="bitopro", times=1)
    press(sandbox, "mend 2")
    assert [rule.status for rule in sandbox.faults.rules] == [500, 503]
    assert BitoProClient(sandbox).call("GET", "/orders/open").status_code == 500
    press(sandbox, "mend-all")
    assert sandbox.faults.rules == []
    assert BitoProClient(sandbox).call("GET", "/orders/open").status_code == 200


def test_the_button_of_a_fault_that_is_gone_takes_no_other_away(sandbox: RunningSandbox) -> None:
    sandbox.faults.add(kind="html")
    sandbox.faults.replace([Fault("delay")])
    assert post(sandbox, {"do": "mend", "number": "1"}).ok
    assert [rule.kind for rule in sandbox.faults.rules] == ["delay"]


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({**PLACE, "market": "nosuch/BTCUSDT"}, "there is no book 'nosuch'"),
        ({**PLACE, "market": "nami/DOGEUSDT"}, "Nami lists no market 'DOGEUSDT', but BTCUSDT, "),
        ({**PLACE, "side": "BOTH"}, "the side is BUY or SELL, not 'BOTH'"),
        ({**PLACE, "quantity": "NaN"}, "quantity is a number above 0, such as 0.5, not 'NaN'"),
        ({**PLACE, "price": "-1"}, "price is a number above 0"),
        ({**PLACE, "stop_price": "x"}, "stop price is a number above 0"),
        ({**PLACE, "count": "1001"}, "count is a whole number from 1 to 1000, not '1001'"),
        ({**PLACE, "market": "okx_algo/BTC-USDT"}, "OKX's algo orders are "),
        ({"do": "fill", "book": "nami", "symbol": "BTCUSDT", "order_id": "7"}, "there is no order 7 of BTCUSDT"),
        ({"do": "break", "kind": "gremlins"}, "unknown fault 'gremlins'"),
        ({"do": "break", "kind": "html", "venue": "nami", "route": "order"}, "a fault names the route 'order'"),
        ({"do": "break", "kind": "hang", "seconds": "1e9"}, "seconds are at most 86400"),
        ({"do": "mend", "number": "all"}, "number is a whole number"),
        ({"do": "explode"}, "there is no button 'explode'"),
        ({f"f{number}": "" for number in range(40)}, "Max number of fields exceeded"),
    ],
)
def test_what_cannot_be_done_is_told(sandbox: RunningSandbox, fields: dict[str, str], told: str) -> None:
    answer = post(sandbox, fields)
    assert answer.status_code == 400
    assert f"Not done: {told}" in Page(answer.text).text
    assert (sandbox.live("nami"), sandbox.faults.rules) == ([], [])


def test_an_order_that_has_ended_stays_as_it_is(sandbox: RunningSandbox) -> None:
    order = sandbox.place("nami", "BTCUSDT", state="cancelled")
    fields = {"do": "fill", "book": "nami", "symbol": "BTCUSDT", "order_id": order.order_id}
    assert f"Not done: order {order.order_id} is cancelled" in Page(post(sandbox, fields).text).text
    assert look(sandbox).text.count("cancelled") == 1
