"""The books of the paper KuCoin: which call reaches which order, and how lists are cut into pages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from .client import OCOS, ORDERS, STOPS, KucoinClient, told

if TYPE_CHECKING:
    import requests

    from airflow_provider_exchange.sandbox.testing import RunningSandbox

MARKET = "BTC-USDT"
STOP = {"stop_price": "90"}


def ids(response: requests.Response, name: str = "id") -> list[str]:
    data = response.json()["data"]
    return [row[name] for row in (data if isinstance(data, list) else data["items"])]


def test_a_list_is_of_one_market_and_another_read_names_the_markets(
    raw: KucoinClient, sandbox: RunningSandbox
) -> None:
    order = sandbox.place("kucoin", MARKET)
    sandbox.place("kucoin", "ETH-USDT")
    sandbox.place("kucoin_stop", "SOL-USDT", **STOP)
    assert ids(raw.get(f"{ORDERS}/active", symbol=MARKET)) == [order.order_id]
    assert raw.get(f"{ORDERS}/active/symbols").json()["data"]["symbols"] == [MARKET, "ETH-USDT"]
    assert raw.get(f"{ORDERS}/active", symbol="SOL-USDT").json()["data"] is None
    sandbox.exchange.apply_settings(kucoin_nothing="list")
    assert raw.get(f"{ORDERS}/active", symbol="SOL-USDT").json()["data"] == []


def test_an_order_is_of_its_market_only(raw: KucoinClient, sandbox: RunningSandbox) -> None:
    order = sandbox.place("kucoin", MARKET, client_order_id="mine")
    path = f"{ORDERS}/{order.order_id}"
    assert raw.get(path, symbol="ETH-USDT").json() == {"code": "200000", "data": None}
    assert told(raw.delete(path, symbol="ETH-USDT")) == (200, "400100")
    assert raw.get(f"{ORDERS}/client-order/mine", symbol=MARKET).json()["data"]["id"] == order.order_id
    assert len(sandbox.live("kucoin")) == 1
    assert raw.delete(path, symbol=MARKET).json()["data"] == {"orderId": order.order_id}
    shown = raw.get(path, symbol=MARKET).json()["data"]
    assert (shown["active"], shown["cancelExist"]) == (False, True)
    assert raw.delete(path, symbol=MARKET).json()["msg"] == "order_not_exist_or_not_allow_to_cancel"


def test_ended_orders_go_on_from_a_mark(raw: KucoinClient, sandbox: RunningSandbox) -> None:
    made = {sandbox.place("kucoin", MARKET, state="cancelled").order_id for _ in range(5)}
    sandbox.place("kucoin", MARKET, state="cancelled", age=3 * 86_400)
    seen: list[str] = []
    mark: dict[str, Any] = {}
    while page := raw.get(f"{ORDERS}/done", symbol=MARKET, limit=2, **mark).json()["data"]:
        if not page["items"]:
            break
        seen += [row["id"] for row in page["items"]]
        mark = {"lastId": page["lastId"]}
    assert sorted(seen) == sorted(made)


def test_stop_orders_come_latest_first_in_pages_that_are_counted(
    raw: KucoinClient, sandbox: RunningSandbox
) -> None:
    made = [sandbox.place("kucoin_stop", MARKET, age=age, **STOP) for age in range(12, 0, -1)]
    latest_first = [order.order_id for order in reversed(made)]
    page = raw.get(STOPS, pageSize=10).json()["data"]
    assert [row["id"] for row in page["items"]] == latest_first[:10]
    assert (page["totalNum"], page["totalPage"]) == (12, 2)
    assert ids(raw.get(STOPS, pageSize=10, currentPage=2)) == latest_first[10:]
    assert ids(raw.get(STOPS, endAt=made[3].created_ms)) == latest_first[8:]
    assert ids(raw.get(STOPS, tradeType="MARGIN_TRADE")) == []


@pytest.mark.parametrize(("book", "path", "one", "name"), [
    ("kucoin_stop", STOPS, STOPS, "id"),
    ("kucoin_oco", f"{OCOS}/orders", f"{OCOS}/order", "orderId"),
])  # fmt: skip
def test_what_waits_places_an_order_that_nothing_tells(
    raw: KucoinClient, sandbox: RunningSandbox, book: str, path: str, one: str, name: str
) -> None:
    order = sandbox.place(book, MARKET, client_order_id="mine", **STOP)
    assert ids(raw.get(path), name) == [order.order_id]
    sandbox.book(book).trigger(order.order_id)
    assert ids(raw.get(path), name) == []
    shown = raw.get(f"{one}/{order.order_id}").json()["data"]
    (placed,) = sandbox.live("kucoin")
    assert shown["status"] == "TRIGGERED"
    assert placed.order_id not in str(shown)
    assert placed.client_order_id == ""
    assert told(raw.delete(f"{one}/{order.order_id}")) == (200, "400100")


def test_an_oco_order_is_two_stop_orders_and_ends_with_both(raw: KucoinClient, sandbox: RunningSandbox) -> None:
    order = sandbox.place("kucoin_oco", MARKET, **STOP)
    parts = raw.get(f"{OCOS}/order/details/{order.order_id}").json()["data"]["orders"]
    done = raw.delete(f"{OCOS}/order/{order.order_id}").json()["data"]["cancelledOrderIds"]
    assert done == [part["id"] for part in parts]
    assert sandbox.live("kucoin_oco") == []


@pytest.mark.parametrize(("path", "book"), [
    (f"{ORDERS}/cancelAll", "kucoin"),
    (f"{STOPS}/cancel", "kucoin_stop"),
    (f"{OCOS}/orders", "kucoin_oco"),
])  # fmt: skip
def test_words_in_the_place_of_an_id_reach_everything(
    raw: KucoinClient, sandbox: RunningSandbox, path: str, book: str
) -> None:
    """As at the venue: an id has to be one before it becomes a part of a path."""
    for market in (MARKET, "ETH-USDT"):
        sandbox.place(book, market, **({} if book == "kucoin" else STOP))
    assert raw.delete(path).ok
    assert sandbox.live(book) == []


@pytest.mark.parametrize(("book", "terms", "words"), [
    ("kucoin", STOP, "books of their own"),
    ("kucoin", {"order_id": "7"}, "24 hexadecimal"),
    ("kucoin_stop", {"order_id": "7"}, "'vs' and 22"),
    ("kucoin", {"client_order_id": "a b"}, "client order ids"),
    ("kucoin", {"symbol": "BTCUSDT"}, "like BTC-USDT"),
    ("kucoin", {"type": "TWAP"}, "is none"),
    ("kucoin_oco", {"type": "TWAP"}, "is none"),
])  # fmt: skip
def test_an_order_that_the_venue_cannot_have(
    sandbox: RunningSandbox, book: str, terms: dict[str, Any], words: str
) -> None:
    with pytest.raises(ValueError, match=words):
        sandbox.place(book, **{"symbol": MARKET, **terms})
