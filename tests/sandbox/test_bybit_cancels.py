"""Cancels at the paper Bybit, several at once and under faults, and orders of the admin API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from airflow_provider_exchange.sandbox.fault_rules import ODD_VALUES

from .bybit import GONE, BybitClient

if TYPE_CHECKING:
    from airflow_provider_exchange.sandbox.testing import RunningSandbox

BOOKS = {"spot": "bybit", "linear": "bybit_linear"}


@pytest.fixture
def client(sandbox: RunningSandbox) -> BybitClient:
    return BybitClient(sandbox)


def batch(client: BybitClient, category: str, *orders: dict[str, Any]) -> dict[str, Any]:
    body: dict[str, Any] = client.post("/order/cancel-batch", category=category, request=list(orders)).json()
    return body


def test_a_batch_tells_of_each_what_became_of_it(client: BybitClient, sandbox: RunningSandbox) -> None:
    """The page "Batch Cancel Order": rows with the names, and beside them the codes."""
    first, stays, last = (sandbox.place("bybit", "BTCUSDT", client_order_id=f"mine-{n}").order_id for n in range(3))
    body = batch(
        client,
        "spot",
        {"symbol": "BTCUSDT", "orderId": first},
        {"symbol": "ETHUSDT", "orderId": stays},
        {"symbol": "BTCUSDT"},
        {"symbol": "NOTHING", "orderId": GONE},
        {"symbol": "BTCUSDT", "orderLinkId": "mine-2"},
    )
    assert [told["code"] for told in body["retExtInfo"]["list"]] == [0, 170213, 10001, 170121, 0]
    assert [row["orderId"] for row in body["result"]["list"]] == [first, stays, "", GONE, last]
    assert body["result"]["list"][4] == {
        "category": "spot", "symbol": "BTCUSDT", "orderId": last, "orderLinkId": "mine-2",
    }  # fmt: skip
    assert body["retCode"] == 0
    assert [order.order_id for order in sandbox.live("bybit")] == [stays]


@pytest.mark.parametrize(("category", "most"), [("spot", 10), ("linear", 20)])
def test_a_batch_has_so_many_orders_at_most(
    client: BybitClient, sandbox: RunningSandbox, category: str, most: int
) -> None:
    placed = [sandbox.place(BOOKS[category], "BTCUSDT").order_id for _ in range(most + 1)]
    named = [{"symbol": "BTCUSDT", "orderId": order_id} for order_id in placed]
    assert batch(client, category, *named)["retCode"] == 10001
    assert batch(client, category)["retCode"] == 10001
    assert len(sandbox.live(BOOKS[category])) == most + 1
    assert batch(client, category, *named[:most])["retCode"] == 0
    assert [order.order_id for order in sandbox.live(BOOKS[category])] == placed[most:]


@pytest.mark.parametrize("setting", ["by_filter", "any"])
def test_spot_orders_that_wait_are_cancelled_with_their_filter(
    client: BybitClient, sandbox: RunningSandbox, setting: str
) -> None:
    sandbox.exchange.apply_settings(bybit_spot_stops=setting)
    stop = sandbox.place("bybit", "BTCUSDT", stop_price=90).order_id
    tpsl = sandbox.place("bybit", "BTCUSDT", type="tpslOrder", stop_price=90).order_id
    named = {"category": "spot", "symbol": "BTCUSDT"}
    found = 0 if setting == "any" else 170213
    assert client.post("/order/cancel", **named, orderId=stop).json()["retCode"] == found
    told = batch(client, "spot", {"symbol": "BTCUSDT", "orderId": tpsl})["retExtInfo"]["list"]
    assert [each["code"] for each in told] == [found]
    if setting == "by_filter":
        assert client.post("/order/cancel", **named, orderId=stop, orderFilter="StopOrder").json()["retCode"] == 0
        assert client.post("/order/cancel", **named, orderId=tpsl, orderFilter="tpslOrder").json()["retCode"] == 0
    assert sandbox.live("bybit") == []


def test_cancelling_all_reaches_what_the_page_says(client: BybitClient, sandbox: RunningSandbox) -> None:
    """The page "Cancel All Orders": in spot plain orders, of contracts all kinds, of a market or a coin."""
    for book in BOOKS.values():
        for asked in ({}, {"stop_price": 90}):
            sandbox.place(book, "BTCUSDT", **asked)
    sandbox.place("bybit_linear", "BTCPERP")
    assert client.post("/order/cancel-all", category="linear").json()["retCode"] == 10001
    swept = client.post("/order/cancel-all", category="spot").json()["result"]
    assert (len(swept["list"]), swept["success"]) == (1, "1")
    assert [order.state for order in sandbox.live("bybit")] == ["waiting"]
    client.post("/order/cancel-all", category="linear", settleCoin="USDT")
    assert [order.symbol for order in sandbox.live("bybit_linear")] == ["BTCPERP"]
    client.post("/order/cancel-all", category="spot", orderFilter="StopOrder", symbol="BTCUSDT")
    assert sandbox.live("bybit") == []


@pytest.mark.parametrize("category", BOOKS)
def test_faults_of_cancels(client: BybitClient, sandbox: RunningSandbox, category: str) -> None:
    book = BOOKS[category]
    slow, refused, skipped, filled = (sandbox.place(book, "BTCUSDT").order_id for _ in range(4))
    sandbox.faults.add(kind="cancelling", orders=[slow], reads=1)
    sandbox.faults.add(kind="refuse_cancel", orders=[refused])
    sandbox.faults.add(kind="ignore_batch_member", orders=[skipped])
    sandbox.faults.add(kind="fill_on_cancel", orders=[filled], quantity="0.25")
    named = [{"symbol": "BTCUSDT", "orderId": order_id} for order_id in (slow, refused, skipped, filled)]
    busy, gone, working = (170191, 170213, 170212) if category == "spot" else (110079, 110001, 110079)
    told = batch(client, category, *named)["retExtInfo"]["list"]
    assert [each["code"] for each in told] == [0, busy, 0, 0], "a batch says it took what it skips"
    told = batch(client, category, *named)["retExtInfo"]["list"]
    assert [each["code"] for each in told] == [working, busy, 0, gone]
    asked = {"category": category, "symbol": "BTCUSDT"}
    assert client.row(**asked, orderId=slow)["orderStatus"] == "New"
    assert client.row(**asked, orderId=slow)["orderStatus"] == "Cancelled"
    assert client.row(**asked, orderId=filled)["cumExecQty"] == "0.25"
    assert {order.order_id for order in sandbox.live(book)} == {refused, skipped}


@pytest.mark.parametrize("category", BOOKS)
def test_faults_of_lists(client: BybitClient, sandbox: RunningSandbox, category: str) -> None:
    order = sandbox.place(BOOKS[category], "BTCUSDT")
    asked = {"category": category, "symbol": "BTCUSDT"}
    sandbox.faults.add(kind="phantom_empty")
    assert client.ids(**asked, orderId=order.order_id) == [order.order_id], "a read of one order is no list"
    assert [client.ids(**asked), client.ids(**asked)] == [[], [order.order_id]]
    sandbox.faults.add(kind="seconds", times=1)
    assert client.row(**asked)["createdTime"] == str(order.created_ms // 1000)
    sandbox.faults.add(kind="stale_reads", requests=[1])
    sandbox.book(BOOKS[category]).cancel(order.order_id)
    assert [client.ids(**asked), client.ids(**asked)] == [[order.order_id], []]


@pytest.mark.parametrize("field", ODD_VALUES)
@pytest.mark.parametrize("real", [True, False])
def test_an_odd_order_is_shown_beside_the_others(
    client: BybitClient, sandbox: RunningSandbox, field: str, real: bool
) -> None:
    for book in BOOKS.values():
        sandbox.place(book, "BTCUSDT")
    sandbox.faults.add(kind="odd_order", field=field, real=real)
    for category in BOOKS:
        rows, _ = client.page(category=category, symbol="BTCUSDT")
        assert len(rows) == (1 if real else 2)
        assert [ODD_VALUES[field] in row.values() for row in rows].count(True) == 1
        assert client.page("/order/history", category=category)[0] == []


def test_nothing_but_the_result_is_null(client: BybitClient, sandbox: RunningSandbox) -> None:
    sandbox.faults.add(kind="null_data")
    body = client.get("/order/realtime", category="spot").json()
    assert (body["retCode"], body["result"]) == (0, None)


@pytest.mark.parametrize(("book", "asked", "words"), [
    ("bybit", {"order_id": "0b7b2f8c-1111-4222-8333-444455556666"}, "spot order ids are numbers"),
    ("bybit_linear", {"order_id": "77"}, "linear order ids are UUIDs"),
    ("bybit", {"client_order_id": "a b"}, "client order ids are up to 36"),
    ("bybit_linear", {"type": "tpslOrder", "stop_price": 1}, "no linear orders of type tpslOrder"),
    ("bybit", {"symbol": "BTCPERP"}, "BTCPERP is no spot market"),
])  # fmt: skip
def test_the_admin_api_refuses_what_the_book_cannot_have(
    sandbox: RunningSandbox, book: str, asked: dict[str, Any], words: str
) -> None:
    with pytest.raises(ValueError, match=words):
        sandbox.place(book, **{"symbol": "BTCUSDT", **asked})
    assert sandbox.place(book, "btc/usdt").symbol == "BTCUSDT"
