"""
What the paper Binance shows of orders, and how long: pages, times, and orders that vanish.

The rules are those of the vendor's pages "All orders" and "Query order" of Spot, and "All Orders", "Query Order"
and "Query All Algo Orders" of USD-M futures.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from .clients import BinanceClient, now_ms

if TYPE_CHECKING:
    from airflow_provider_exchange.sandbox.testing import RunningSandbox

DAY = 86_400
HISTORIES = {
    "binance": ("/api/v3/allOrders", "orderId"),
    "binance_linear": ("/fapi/v1/allOrders", "orderId"),
    "binance_algo": ("/fapi/v1/allAlgoOrders", "algoId"),
}
each_history = pytest.mark.parametrize("book", HISTORIES)


def numbers(sandbox: RunningSandbox, book: str, **asked: Any) -> list[str]:
    path, id_name = HISTORIES[book]
    answer = BinanceClient(sandbox).call("GET", path, symbol="BTCUSDT", **asked)
    return [str(row[id_name]) for row in answer.json()]


@each_history
def test_pages_go_on_from_an_id(sandbox: RunningSandbox, book: str) -> None:
    placed = [sandbox.place(book, "BTCUSDT", state="cancelled").order_id for _ in range(5)]
    sandbox.place(book, "ETHUSDT")
    id_name = HISTORIES[book][1]
    assert numbers(sandbox, book, limit=2) == placed[3:], "the latest, oldest first"
    assert numbers(sandbox, book, limit=2, **{id_name: 1}) == placed[:2]
    assert numbers(sandbox, book, limit=2, **{id_name: int(placed[1]) + 1}) == placed[2:4]
    assert numbers(sandbox, book, limit=2, startTime=now_ms() - 60_000) == placed[:2]
    assert numbers(sandbox, book, endTime=now_ms() - 60_000) == []


def test_pages_of_algo_orders_have_numbers(sandbox: RunningSandbox) -> None:
    placed = [sandbox.place("binance_algo", "BTCUSDT").order_id for _ in range(5)]
    pages = [numbers(sandbox, "binance_algo", limit=2, page=page) for page in (1, 2, 3, 4)]
    assert pages == [placed[3:], placed[1:3], placed[:1], []]


@each_history
def test_a_page_has_500_orders_unless_more_are_asked_for(sandbox: RunningSandbox, book: str) -> None:
    for _ in range(1001):
        sandbox.place(book, "BTCUSDT")
    assert len(numbers(sandbox, book)) == 500
    assert len(numbers(sandbox, book, limit=1000)) == 1000


def test_spot_cuts_a_page_that_is_too_long_or_refuses_it(sandbox: RunningSandbox) -> None:
    """Users of a published client report the cut; other reads of the vendor refuse."""
    client = BinanceClient(sandbox)
    asked = {"symbol": "BTCUSDT", "limit": 1001}
    assert client.call("GET", "/api/v3/allOrders", **asked).json() == []
    sandbox.exchange.apply_settings(binance_long_page="refused")
    assert client.refusal("GET", "/api/v3/allOrders", **asked)[1] == -1130


@pytest.mark.parametrize("book", ["binance_linear", "binance_algo"])
def test_usd_m_futures_show_seven_days_and_forget(sandbox: RunningSandbox, book: str) -> None:
    ages = {"young": 2, "old": 6, "older": 8, "oldest": 91}
    dead = {age: sandbox.place(book, "BTCUSDT", state="cancelled", age=days * DAY) for age, days in ages.items()}
    live = {age: sandbox.place(book, "BTCUSDT", age=days * DAY) for age, days in ages.items()}
    assert numbers(sandbox, book) == [
        dead["young"].order_id,
        live["young"].order_id,
        live["old"].order_id,
    ]
    id_name = HISTORIES[book][1]
    assert numbers(sandbox, book, **{id_name: 1}) == [
        dead["young"].order_id,
        live["young"].order_id,
        live["old"].order_id,
        live["older"].order_id,
    ]
    client = BinanceClient(sandbox)
    one = "/fapi/v1/order" if book == "binance_linear" else "/fapi/v1/algoOrder"
    assert client.call("GET", one, symbol="BTCUSDT", **{id_name: dead["young"].order_id}).ok
    told = client.refusal("GET", one, symbol="BTCUSDT", **{id_name: dead["old"].order_id})
    assert told == (400, -2013, "Order does not exist.")
    listed = client.call("GET", one.replace("/order", "/openOrders").replace("algoOrder", "openAlgoOrders")).json()
    assert len(listed) == len(live), "the list of open orders forgets none"


def test_spot_archives_after_ninety_days(sandbox: RunningSandbox) -> None:
    client = BinanceClient(sandbox)

    def code(age: float, **fields: Any) -> Any:
        order = sandbox.place("binance", "BTCUSDT", age=age * DAY, **fields)
        answer = client.call("GET", "/api/v3/order", symbol="BTCUSDT", orderId=order.order_id).json()
        return answer.get("code", answer.get("status"))

    assert code(89, state="cancelled") == "CANCELED"
    assert code(91, state="cancelled") == -2026
    assert code(91, state="expired") == -2026
    assert code(91, state="cancelled", filled="0.5") == "CANCELED"
    assert code(91, state="filled") == "FILLED"
    assert code(91) == "NEW"


@pytest.mark.parametrize("book", HISTORIES)
def test_open_orders_are_those_of_one_market_or_of_all(sandbox: RunningSandbox, book: str) -> None:
    client, id_name = BinanceClient(sandbox), HISTORIES[book][1]
    path = HISTORIES[book][0].replace("/all", "/open")
    placed = [sandbox.place(book, symbol).order_id for symbol in ("BTCUSDT", "ETHUSDT", "BTCUSDT")]
    sandbox.place(book, "BTCUSDT", state="cancelled")

    def shown(**asked: Any) -> list[str]:
        return [str(row[id_name]) for row in client.call("GET", path, **asked).json()]

    assert shown() == placed
    assert shown(symbol="BTCUSDT") == [placed[0], placed[2]]
    assert shown(symbol="BNBUSDT") == []
    if book == "binance_algo":
        assert shown(algoId=placed[1]) == [placed[1]]


# -- what a row says


@pytest.mark.parametrize(("fields", "word"), [
    ({}, "NEW"), ({"filled": "0.5"}, "PARTIALLY_FILLED"), ({"state": "filled"}, "FILLED"),
    ({"state": "cancelled", "filled": "0.5"}, "CANCELED"), ({"state": "expired"}, "EXPIRED"),
    ({"state": "rejected"}, "REJECTED"),
])  # fmt: skip
def test_the_words_for_states(sandbox: RunningSandbox, fields: dict[str, Any], word: str) -> None:
    client = BinanceClient(sandbox)
    for book, path in (("binance", "/api/v3/order"), ("binance_linear", "/fapi/v1/order")):
        order = sandbox.place(book, "BTCUSDT", **fields)
        assert client.call("GET", path, symbol="BTCUSDT", orderId=order.order_id).json()["status"] == word


def test_numbers_are_numbers_and_amounts_are_texts(sandbox: RunningSandbox) -> None:
    client = BinanceClient(sandbox)
    sandbox.place("binance", "BTCUSDT", quantity="0.5", price="61000", filled="0.1", client_order_id="mine")
    sandbox.place("binance", "BTCUSDT", quantity="0.5", price="58000", stop_price="59000")
    row, stop = client.call("GET", "/api/v3/openOrders").json()
    assert (
        row.items()
        >= {
            "orderListId": -1,
            "clientOrderId": "mine",
            "price": "61000.00000000",
            "origQty": "0.50000000",
            "executedQty": "0.10000000",
            "cummulativeQuoteQty": "6100.00000000",
            "stopPrice": "0.00000000",
            "isWorking": True,
        }.items()
    )
    assert stop.items() >= {"type": "STOP_LOSS_LIMIT", "stopPrice": "59000.00000000", "isWorking": False}.items()
    assert len(stop["clientOrderId"]) == 22, "one of the venue's, as every order has one"
    assert isinstance(row["orderId"], int)
    assert row["time"] <= row["updateTime"] <= now_ms()


def test_a_cancel_has_a_name_of_its_own(sandbox: RunningSandbox) -> None:
    client = BinanceClient(sandbox)
    order = sandbox.place("binance", "BTCUSDT", client_order_id="mine")
    named = {"symbol": "BTCUSDT", "orderId": order.order_id}
    told = client.call("DELETE", "/api/v3/order", newClientOrderId="the-cancel", **named).json()
    assert (told["origClientOrderId"], told["clientOrderId"]) == ("mine", "the-cancel")
    assert client.call("GET", "/api/v3/order", **named).json()["clientOrderId"] == "mine"
    sandbox.exchange.apply_settings(binance_cancelled_name="new")
    assert client.call("GET", "/api/v3/order", **named).json()["clientOrderId"] == "the-cancel"


def test_a_cancel_may_depend_on_what_has_traded(sandbox: RunningSandbox) -> None:
    client = BinanceClient(sandbox)
    order = sandbox.place("binance", "BTCUSDT")
    named = {"symbol": "BTCUSDT", "orderId": order.order_id}
    restricted = client.refusal("DELETE", "/api/v3/order", cancelRestrictions="ONLY_PARTIALLY_FILLED", **named)
    assert restricted == (400, -2011, "Order was not canceled due to cancel restrictions.")
    assert client.refusal("DELETE", "/api/v3/order", cancelRestrictions="ALL", **named)[1] == -1145
    assert client.call("DELETE", "/api/v3/order", cancelRestrictions="ONLY_NEW", **named).ok
