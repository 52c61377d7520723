"""Every kind of fault at each of the books of the paper Binance, and how it is told from Loopring."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import requests

from airflow_provider_exchange.sandbox.fault_rules import ODD_VALUES
from airflow_provider_exchange.sandbox.testing import running_sandbox

from .clients import BinanceClient, LoopringClient

if TYPE_CHECKING:
    from airflow_provider_exchange.sandbox.testing import RunningSandbox

BOOKS = {
    "binance": ("open_orders", "/api/v3/openOrders", "/api/v3/order", "orderId"),
    "binance_linear": ("open_linear_orders", "/fapi/v1/openOrders", "/fapi/v1/order", "orderId"),
    "binance_algo": ("open_algo_orders", "/fapi/v1/openAlgoOrders", "/fapi/v1/algoOrder", "algoId"),
}
FIELDS = {
    "order_id": "orderId", "symbol": "symbol", "client_order_id": "clientOrderId", "side": "side",
    "state": "status", "price": "price", "quantity": "origQty", "created_at": "time",
}  # fmt: skip
ALGO_FIELDS = {
    **FIELDS, "order_id": "algoId", "client_order_id": "clientAlgoId", "state": "algoStatus",
    "quantity": "quantity", "created_at": "createTime",
}  # fmt: skip
each_book = pytest.mark.parametrize("book", BOOKS)


def listed(sandbox: RunningSandbox, book: str) -> Any:
    return BinanceClient(sandbox).call("GET", BOOKS[book][1]).json()


def cancel(sandbox: RunningSandbox, book: str, order_id: str) -> requests.Response:
    _, _, path, id_name = BOOKS[book]
    named = {id_name: order_id} | ({} if book == "binance_algo" else {"symbol": "BTCUSDT"})
    return BinanceClient(sandbox).call("DELETE", path, **named)


@each_book
@pytest.mark.parametrize("field", ODD_VALUES)
def test_an_odd_order(sandbox: RunningSandbox, book: str, field: str) -> None:
    shown = (ALGO_FIELDS if book == "binance_algo" else FIELDS)[field]
    sandbox.place(book, "BTCUSDT")
    sandbox.faults.add(kind="odd_order", venue="binance", route=BOOKS[book][0], field=field)
    good, odd = listed(sandbox, book)
    assert odd[shown] == ODD_VALUES[field] != good[shown]
    assert odd.keys() == good.keys()
    sandbox.faults.replace([])
    sandbox.faults.add(kind="odd_order", field=field, real=True)
    (odd,) = listed(sandbox, book)
    assert odd[shown] == ODD_VALUES[field]


@each_book
def test_lists_that_hide_orders_or_lag(sandbox: RunningSandbox, book: str) -> None:
    sandbox.faults.add(kind="stale_reads", reads=1, requests=[2])
    assert listed(sandbox, book) == []
    sandbox.place(book, "BTCUSDT")
    assert listed(sandbox, book) == [], "as one read ago"
    assert len(listed(sandbox, book)) == 1
    for kind in ("null", "phantom_empty"):
        sandbox.faults.replace([])
        sandbox.faults.add(kind=kind, route=BOOKS[book][0], times=1)
        assert listed(sandbox, book) == []
        assert len(listed(sandbox, book)) == 1
    sandbox.faults.add(kind="null_data", times=1)
    assert listed(sandbox, book) is None


@each_book
def test_times_in_seconds(sandbox: RunningSandbox, book: str) -> None:
    order = sandbox.place(book, "BTCUSDT")
    sandbox.faults.add(kind="seconds")
    (row,) = listed(sandbox, book)
    assert row["createTime" if book == "binance_algo" else "time"] == order.created_ms // 1000


@each_book
def test_a_cancel_that_is_refused(sandbox: RunningSandbox, book: str) -> None:
    order = sandbox.place(book, "BTCUSDT")
    sandbox.faults.add(kind="refuse_cancel", times=1)
    answer = cancel(sandbox, book, order.order_id)
    assert (answer.status_code, answer.json()["code"]) == (400, -2011)
    assert [each.order_id for each in sandbox.live(book)] == [order.order_id]
    assert cancel(sandbox, book, order.order_id).ok
    assert not sandbox.live(book)


@each_book
def test_a_cancel_that_is_told_but_not_done(sandbox: RunningSandbox, book: str) -> None:
    order = sandbox.place(book, "BTCUSDT")
    sandbox.faults.add(kind="ignore_cancel", times=1)
    answer = cancel(sandbox, book, order.order_id)
    assert answer.ok
    assert answer.json().get("status") == (None if book == "binance_algo" else "CANCELED")
    assert sandbox.live(book) == [order]
    assert cancel(sandbox, book, order.order_id).ok
    assert not sandbox.live(book)


@each_book
def test_a_cancel_that_takes_its_time(sandbox: RunningSandbox, book: str) -> None:
    order = sandbox.place(book, "BTCUSDT")
    sandbox.faults.add(kind="cancelling", reads=2)
    answer = cancel(sandbox, book, order.order_id)
    assert answer.ok
    assert answer.json().get("status") == (None if book == "binance_algo" else "CANCELED"), "which is not so yet"
    assert cancel(sandbox, book, order.order_id).json()["code"] == -2011
    assert [len(listed(sandbox, book)) for _ in range(3)] == [1, 1, 0]


@pytest.mark.parametrize("book", ["binance", "binance_linear"])
def test_an_order_that_trades_while_it_is_cancelled(sandbox: RunningSandbox, book: str) -> None:
    whole, part = (sandbox.place(book, "BTCUSDT").order_id for _ in range(2))
    sandbox.faults.add(kind="fill_on_cancel", orders=[whole])
    sandbox.faults.add(kind="fill_on_cancel", orders=[part], quantity="0.25")
    assert cancel(sandbox, book, whole).json() == {"code": -2011, "msg": "Unknown order sent."}
    assert cancel(sandbox, book, part).json()["executedQty"] in ("0.25", "0.25000000")
    assert [order.state for order in sandbox.book(book)] == ["filled", "cancelled"]


def test_a_batch_that_passes_over_a_member_or_refuses_it(sandbox: RunningSandbox) -> None:
    ids = [sandbox.place("binance_linear", "BTCUSDT").order_id for _ in range(4)]
    sandbox.faults.add(kind="ignore_batch_member", member=1)
    sandbox.faults.add(kind="refuse_cancel", orders=[ids[2]])
    names = "[" + ",".join(ids) + "]"
    rows = BinanceClient(sandbox).call("DELETE", "/fapi/v1/batchOrders", symbol="BTCUSDT", orderIdList=names).json()
    assert [row.get("orderId", row.get("code")) for row in rows] == [int(ids[0]), -2011, int(ids[3])]
    assert [order.order_id for order in sandbox.live("binance_linear")] == ids[1:3]


def test_a_batch_by_client_order_ids(sandbox: RunningSandbox) -> None:
    kept, gone = (sandbox.place("binance_linear", "BTCUSDT", client_order_id=name) for name in ("kept", "gone"))
    asked = {"symbol": "BTCUSDT", "origClientOrderIdList": '["gone","never"]'}
    rows = BinanceClient(sandbox).call("DELETE", "/fapi/v1/batchOrders", **asked).json()
    assert [row.get("orderId", row.get("code")) for row in rows] == [int(gone.order_id), -2011]
    assert sandbox.live("binance_linear") == [kept]


def test_too_many_requests_and_a_ban() -> None:
    """The vendor's page "REST API", "IP Limits"."""
    with running_sandbox(rate_limits=True) as sandbox:
        client = BinanceClient(sandbox)
        sandbox.faults.add(kind="rate_limit", requests=[1])
        sandbox.faults.add(kind="rate_limit", status=418, retry_after="120", requests=[2])
        told = [client.call("GET", "/api/v3/openOrders") for _ in range(3)]
        assert [answer.status_code for answer in told] == [429, 418, 200]
        assert [answer.headers.get("Retry-After") for answer in told] == ["1", "120", None]
        assert [answer.json()["code"] for answer in told[:2]] == [-1003, -1003]


def test_a_path_that_two_venues_have_is_told_by_the_key_s_header(sandbox: RunningSandbox) -> None:
    order = sandbox.place("binance", "BTCUSDT")
    assert BinanceClient(sandbox).call("GET", "/api/v3/order", symbol="BTCUSDT", orderId=order.order_id).ok
    LoopringClient(sandbox).get("/order", orderHash="0x1")
    requests.get(f"{sandbox.base_url}/api/v3/timestamp", timeout=10)
    requests.get(f"{sandbox.base_url}/api/v3/time", timeout=10)
    requests.get(f"{sandbox.base_url}/api/v3/openOrders", timeout=10)
    seen = [(logged.venue, logged.route) for logged in sandbox.request_log]
    assert seen == [
        ("binance", "order"),
        ("loopring", "order"),
        ("loopring", "timestamp"),
        ("binance", "time"),
        ("binance", "open_orders"),
    ]


def test_the_log_shows_no_signature(sandbox: RunningSandbox) -> None:
    client = BinanceClient(sandbox)
    client.place()
    client.call("GET", "/api/v3/openOrders")
    told = [f"{logged.query} {logged.body}" for logged in sandbox.request_log]
    assert all("signature=***" in text for text in told), told
