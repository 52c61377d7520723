"""Orders of the paper Binance that change with others: order lists of spot, and algo orders that place an order."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from airflow_provider_exchange.sandbox.book import State

from .clients import BinanceClient

if TYPE_CHECKING:
    from airflow_provider_exchange.sandbox.testing import RunningSandbox

LEGS = {
    "symbol": "BTCUSDT", "side": "SELL", "quantity": "0.5", "aboveType": "LIMIT_MAKER", "abovePrice": "65000",
    "belowType": "STOP_LOSS_LIMIT", "belowPrice": "57000", "belowStopPrice": "58000", "belowTimeInForce": "GTC",
}  # fmt: skip


def placed_list(client: BinanceClient) -> dict[str, Any]:
    answer: dict[str, Any] = client.call("POST", "/api/v3/orderList/oco", **LEGS).json()
    return answer


# -- order lists: the vendor's page "REST API", "Order lists"


def test_an_order_list_is_two_orders_that_end_together(sandbox: RunningSandbox) -> None:
    client = BinanceClient(sandbox)
    made = placed_list(client)
    rows = client.call("GET", "/api/v3/openOrders").json()
    assert [row["type"] for row in rows] == ["LIMIT_MAKER", "STOP_LOSS_LIMIT"]
    assert {row["orderListId"] for row in rows} == {made["orderListId"]}

    told = client.call("DELETE", "/api/v3/order", symbol="BTCUSDT", orderId=rows[1]["orderId"]).json()
    assert (told["orderId"], told["status"]) == (rows[1]["orderId"], "CANCELED")
    assert not sandbox.live("binance")
    named = {"symbol": "BTCUSDT", "orderId": rows[0]["orderId"]}
    assert client.call("GET", "/api/v3/order", **named).json()["status"] == "CANCELED"
    assert client.refusal("DELETE", "/api/v3/order", **named) == (400, -2011, "Unknown order sent.")


@pytest.mark.parametrize("filled", ["0.1", "0.5"])
def test_a_trade_of_one_order_ends_the_other(sandbox: RunningSandbox, filled: str) -> None:
    client = BinanceClient(sandbox)
    above, below = (str(each["orderId"]) for each in placed_list(client)["orders"])
    assert sandbox.book("binance")[above].type == "LIMIT_MAKER"
    requested = {"quantity": filled}
    client.session.post(f"{sandbox.base_url}/sandbox/binance/orders/{above}/fill", json=requested, timeout=10)
    assert sandbox.book("binance")[below].state == "expired"
    assert sandbox.book("binance")[above].state == ("filled" if filled == "0.5" else "open")


@pytest.mark.parametrize(("method", "path"), [
    ("DELETE", "/api/v3/orderList"), ("DELETE", "/api/v3/openOrders"),
])  # fmt: skip
def test_a_list_is_cancelled_as_a_whole(sandbox: RunningSandbox, method: str, path: str) -> None:
    client = BinanceClient(sandbox)
    made = placed_list(client)
    asked = {"orderListId": made["orderListId"]} if path.endswith("List") else {}
    answer = client.call(method, path, symbol="BTCUSDT", **asked).json()
    (told,) = [answer] if path.endswith("List") else answer
    assert (told["orderListId"], told["listOrderStatus"]) == (made["orderListId"], "ALL_DONE")
    assert [report["status"] for report in told["orderReports"]] == ["CANCELED", "CANCELED"]
    assert not sandbox.live("binance")
    assert client.refusal(method, path, symbol="BTCUSDT", **asked)[1] == -2011


def test_a_list_needs_one_stop(sandbox: RunningSandbox) -> None:
    client = BinanceClient(sandbox)
    twice = {**LEGS, "belowType": "LIMIT_MAKER"}
    del twice["belowStopPrice"], twice["belowTimeInForce"]
    assert client.refusal("POST", "/api/v3/orderList/oco", **twice)[1] == -1158
    assert not sandbox.live("binance")


# -- algo orders: the vendor's pages "New Algo Order" and "Query Algo Order"


def read(client: BinanceClient, algo_id: str) -> dict[str, Any]:
    answer: dict[str, Any] = client.call("GET", "/fapi/v1/algoOrder", algoId=algo_id).json()
    return answer


def test_an_algo_order_that_triggers_moves_to_the_other_list(sandbox: RunningSandbox) -> None:
    client = BinanceClient(sandbox)
    algo = sandbox.place("binance_algo", "BTCUSDT", stop_price="59000", client_order_id="mine")
    (waiting,) = client.call("GET", "/fapi/v1/openAlgoOrders").json()
    assert waiting.items() >= {
        "algoStatus": "NEW", "orderType": "STOP", "clientAlgoId": "mine", "actualOrderId": "", "triggerTime": 0,
        "triggerPrice": "59000", "quantity": "1",
    }.items()  # fmt: skip

    sandbox.book("binance_algo").trigger(algo.order_id)
    assert client.call("GET", "/fapi/v1/openAlgoOrders").json() == []
    (order,) = client.call("GET", "/fapi/v1/openOrders").json()
    triggered = read(client, algo.order_id)
    assert (triggered["algoStatus"], triggered["actualOrderId"]) == ("TRIGGERED", str(order["orderId"]))
    assert (order["clientOrderId"], order["type"]) == ("mine", "LIMIT")
    refused = client.refusal("DELETE", "/fapi/v1/algoOrder", algoId=algo.order_id)
    assert refused == (400, -2011, "Unknown order sent.")

    sandbox.book("binance_linear").fill(str(order["orderId"]))
    assert read(client, algo.order_id)["algoStatus"] == "FINISHED"


def test_an_algo_order_may_trigger_while_its_cancel_is_on_its_way(sandbox: RunningSandbox) -> None:
    client = BinanceClient(sandbox)
    algo = sandbox.place("binance_algo", "BTCUSDT", stop_price="59000", quantity=3)
    sandbox.faults.add(kind="fill_on_cancel", quantity="1", times=1)
    assert client.refusal("DELETE", "/fapi/v1/algoOrder", algoId=algo.order_id)[1] == -2011
    (left,) = sandbox.live("binance_linear")
    assert (left.filled, left.quantity) == (Decimal(1), Decimal(3))
    assert not sandbox.live("binance_algo")


def test_the_books_take_only_their_own_orders(sandbox: RunningSandbox) -> None:
    with pytest.raises(ValueError, match="its book is binance_algo"):
        sandbox.place("binance_linear", "BTCUSDT", stop_price=90)
    plain = sandbox.place("binance_algo", "BTCUSDT", price=90, order_id="7")
    assert (plain.state, plain.type, plain.stop_price) == (State.WAITING, "STOP", Decimal(90))
    with pytest.raises(ValueError, match="its id alone names it"):
        sandbox.place("binance_algo", "ETHUSDT", order_id="7")
    for book in ("binance", "binance_linear"):
        assert sandbox.place(book, "BTCUSDT", order_id="7").order_id == "7", "each book counts for itself"
    for unfit in ({"order_id": "A7"}, {"order_id": "07"}, {"client_order_id": "a b"}):
        with pytest.raises(ValueError, match="Binance's"):
            sandbox.place("binance", "BTCUSDT", **unfit)
