"""
What the paper Bybit's lists show, filter and page, after the pages "Get Open & Closed Orders" and "Get Order
History" of https://bybit-exchange.github.io/docs/v5/order.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_provider_exchange.sandbox.book import PaperOrder
from airflow_provider_exchange.sandbox.bybit.paging import page
from airflow_provider_exchange.sandbox.protocol import ReceivedRequest

from .bybit import BybitClient

if TYPE_CHECKING:
    from airflow_provider_exchange.sandbox.testing import RunningSandbox

HOUR, DAY = 3600, 86_400
BOOKS = {"spot": "bybit", "linear": "bybit_linear"}


@pytest.fixture
def client(sandbox: RunningSandbox) -> BybitClient:
    return BybitClient(sandbox)


@pytest.mark.parametrize("category", BOOKS)
def test_pages_end_with_an_empty_one_and_skip_no_order_that_stays(
    client: BybitClient, sandbox: RunningSandbox, category: str
) -> None:
    book = BOOKS[category]
    placed = [sandbox.place(book, "BTCUSDT", age=60 - n // 3).order_id for n in range(25)]  # three at each moment
    read: list[str] = []
    cursor: str | None = None
    while cursor != "":
        rows, cursor = client.page(
            category=category, symbol="BTCUSDT", limit=10, **({"cursor": cursor} if cursor else {})
        )
        assert bool(rows) == bool(cursor)
        read += [row["orderId"] for row in rows]
        if len(read) == 10:  # those read leave the list: what follows is not moved
            for order_id in read[:5]:
                sandbox.book(book).cancel(order_id)
    assert sorted(read) == sorted(placed)
    created = [sandbox.book(book)[order_id].created_ms for order_id in read]
    assert created == sorted(created, reverse=True), "from the newest to the oldest"


def test_a_cursor_is_taken_as_it_is_shown_and_encoded_once_more(
    client: BybitClient, sandbox: RunningSandbox
) -> None:
    placed = [sandbox.place("bybit", "BTCUSDT", age=age).order_id for age in range(3)]
    _, cursor = client.page(category="spot", limit=2)
    assert cursor.startswith(f"{placed[0]}%3A")
    assert client.ids(category="spot", cursor=cursor) == placed[2:], "encoded by the client"
    query = f"category=spot&cursor={cursor}"
    answer = client.send("GET", f"/v5/order/realtime?{query}", client.headers(query)).json()
    assert [row["orderId"] for row in answer["result"]["list"]] == placed[2:]


def test_contracts_by_market_or_coin(client: BybitClient, sandbox: RunningSandbox) -> None:
    symbols = ("BTCUSDT", "BTCUSDT-26MAR27", "ETHUSDT", "BTCPERP")
    placed = {symbol: sandbox.place("bybit_linear", symbol, age=age).order_id for age, symbol in enumerate(symbols)}

    def shown(**asked: Any) -> list[str]:
        found = client.ids(category="linear", **asked)
        return [symbol for symbol, order_id in placed.items() if order_id in found]

    assert shown(symbol="BTCUSDT") == ["BTCUSDT"]
    assert shown(settleCoin="USDT") == ["BTCUSDT", "BTCUSDT-26MAR27", "ETHUSDT"]
    assert shown(settleCoin="USDC") == ["BTCPERP"]
    assert shown(baseCoin="BTC") == ["BTCUSDT", "BTCUSDT-26MAR27", "BTCPERP"]
    assert shown(baseCoin="BTC", settleCoin="USDT") == ["BTCUSDT", "BTCUSDT-26MAR27", "BTCPERP"], (
        "one of them counts"
    )
    assert shown(symbol="BTCPERP", baseCoin="ETH") == ["BTCPERP"]
    assert client.ids(category="spot") == []
    assert client.ids(category="inverse") == []


@given(
    st.lists(st.tuples(st.integers(1, 9), st.booleans()), max_size=30),
    st.integers(1, 7),
)
def test_an_order_that_stays_is_on_one_page_whoever_leaves_meanwhile(
    placed: list[tuple[int, bool]], limit: int
) -> None:
    """``placed``: of each order, when it was created, and whether it leaves once it was read."""
    one = Decimal(1)
    orders = [PaperOrder(str(n), "BTCUSDT", "SELL", "LIMIT", one, one, ms, ms) for n, (ms, _) in enumerate(placed)]
    request = ReceivedRequest("GET", "/v5/order/realtime", "", {}, b"", "", 0)
    asked: dict[str, Any] = {"limit": limit}
    read: list[PaperOrder] = []
    while True:
        cut, asked["cursor"] = page(request, asked, orders)
        if not cut:
            break
        assert len(cut) <= limit
        read += cut
        orders = [order for order in orders if order not in cut or not placed[int(order.order_id)][1]]
    assert sorted(int(order.order_id) for order in read) == list(range(len(placed)))
    assert asked["cursor"] == ""


@pytest.mark.parametrize("category", BOOKS)
def test_orders_by_filter(client: BybitClient, sandbox: RunningSandbox, category: str) -> None:
    book = BOOKS[category]
    plain, stop, reached = (
        sandbox.place(book, "BTCUSDT", **asked).order_id for asked in ({}, {"stop_price": 90}, {"stop_price": 90})
    )
    sandbox.book(book).trigger(reached)
    everything = {"category": category, "symbol": "BTCUSDT"}
    assert set(client.ids(**everything)) == {plain, stop, reached}, "all kinds unless asked"
    assert set(client.ids(**everything, orderFilter="Order")) == {plain, reached}
    assert client.ids(**everything, orderFilter="StopOrder") == [stop]
    assert client.ids(**everything, orderFilter="tpslOrder") == []


def test_an_order_is_found_by_id_or_by_the_client_s_own_whatever_else_is_asked(
    client: BybitClient, sandbox: RunningSandbox
) -> None:
    mine = sandbox.place("bybit", "BTCUSDT", client_order_id="mine").order_id
    ended = sandbox.place("bybit", "ETHUSDT", state="filled").order_id
    assert client.row(category="spot", orderId=ended)["orderStatus"] == "Filled"
    assert client.row(category="spot", orderId=ended, symbol="BTCUSDT")["symbol"] == "ETHUSDT"
    assert client.row(category="spot", orderLinkId="mine")["orderId"] == mine
    assert client.row(category="spot", orderLinkId="mine", orderId=ended)["orderId"] == ended
    assert client.ids(category="spot", orderId="77") == []
    assert [logged.route for logged in sandbox.request_log] == ["order"] * 5


def test_ended_orders_are_found_until_500_others_have_ended_or_the_venue_restarts(
    client: BybitClient, sandbox: RunningSandbox
) -> None:
    first, *_ = [
        sandbox.place("bybit", "BTCUSDT", state="filled", age=1000 - number).order_id for number in range(500)
    ]
    assert client.row(category="spot", orderId=first)["orderStatus"] == "Filled"
    assert client.ids(category="spot") == []
    assert len(client.ids(category="spot", openOnly=1, limit=50)) == 50
    last = sandbox.place("bybit", "BTCUSDT", state="cancelled").order_id
    assert client.ids(category="spot", orderId=first) == []
    assert client.ids(category="spot", orderId=last) == [last]
    assert client.ids("/order/history", category="spot", orderId=first) == [first]
    sandbox.exchange.apply_settings(bybit_ended="forgotten")
    assert client.ids(category="spot", orderId=last) == []
    assert client.ids("/order/history", category="spot", orderId=last) == [last]


def test_the_history_forgets_after_a_day_what_never_traded(client: BybitClient, sandbox: RunningSandbox) -> None:
    def placed(age: float, **asked: Any) -> str:
        return sandbox.place("bybit", "BTCUSDT", age=age, **asked).order_id

    alive = placed(0)
    fresh, stale = placed(23 * HOUR, state="cancelled"), placed(25 * HOUR, state="cancelled")
    partly, old = placed(6 * DAY, state="cancelled", filled="0.5"), placed(8 * DAY, state="filled")
    assert client.ids("/order/history", category="spot") == [fresh, partly], "of the last seven days"
    since = sandbox.exchange.now_ms() - 9 * DAY * 1000
    assert client.ids("/order/history", category="spot", startTime=since) == [partly, old], (
        "of seven days from then"
    )
    assert client.ids("/order/history", category="spot", endTime=since + DAY * 1500) == [old]
    assert client.ids("/order/history", category="spot", startTime=since, endTime=since + DAY * 2000) == [old]
    assert client.ids("/order/history", category="spot", orderId=stale) == []
    assert client.ids("/order/history", category="spot", orderId=alive) == []
    assert client.ids("/order/history", category="spot", orderStatus="Cancelled") == [fresh]


@pytest.mark.parametrize(("category", "asked", "told"), [
    ("spot", {}, "New"),
    ("spot", {"filled": "0.5"}, "PartiallyFilled"),
    ("spot", {"state": "filled"}, "Filled"),
    ("spot", {"state": "cancelled"}, "Cancelled"),
    ("spot", {"state": "cancelled", "filled": "0.5"}, "PartiallyFilledCanceled"),
    ("linear", {"state": "cancelled", "filled": "0.5"}, "Cancelled"),
    ("spot", {"state": "expired"}, "Cancelled"),
    ("spot", {"state": "rejected"}, "Rejected"),
    ("spot", {"stop_price": 90}, "Untriggered"),
    ("linear", {"stop_price": 90}, "Untriggered"),
    ("spot", {"stop_price": 90, "state": "cancelled"}, "Deactivated"),
    ("linear", {"stop_price": 90, "state": "open"}, "New"),
])  # fmt: skip
def test_the_words_for_states(
    client: BybitClient, sandbox: RunningSandbox, category: str, asked: dict[str, Any], told: str
) -> None:
    order = sandbox.place(BOOKS[category], "BTCUSDT", **asked).order_id
    row = client.row(category=category, symbol="BTCUSDT", orderId=order)
    assert row["orderStatus"] == told
    assert (row["leavesQty"] == "0") == (told not in ("New", "PartiallyFilled", "Untriggered"))


def test_what_is_not_set_is_an_empty_text(client: BybitClient, sandbox: RunningSandbox) -> None:
    """As in answers that ccxt recorded: a spot order without a client's id has the number after its own."""
    spot, linear = (sandbox.place(book, "BTCUSDT") for book in ("bybit", "bybit_linear"))
    shown = client.row(category="spot", orderId=spot.order_id)
    assert shown["orderLinkId"] == str(int(spot.order_id) + 1)
    assert (shown["createdTime"], shown["triggerPrice"]) == (str(spot.created_ms), "0.0000")
    assert "tpslMode" not in shown
    shown = client.row(category="linear", symbol="BTCUSDT", orderId=linear.order_id)
    assert (shown["orderLinkId"], shown["triggerPrice"], shown["avgPrice"], shown["tpslMode"]) == ("", "", "", "")


def test_markets(client: BybitClient) -> None:
    """The page "Get Instruments Info"; that a spot market which is none is left out was seen, not documented."""
    path = "/market/instruments-info"
    spot = client.get(path, category="spot", limit=1).json()["result"]
    assert (len(spot["list"]) > 1, "nextPageCursor" in spot) == (True, False)
    assert client.get(path, category="spot", symbol="NOTHING").json()["result"]["list"] == []
    read: list[str] = []
    cursor = ""
    while cursor or not read:
        rows, cursor = client.page(path, category="linear", limit=3, **({"cursor": cursor} if cursor else {}))
        read += [row["symbol"] for row in rows]
    assert len(read) == len(set(read)) == 7
    assert [row["symbol"] for row in client.page(path, category="linear", status="PreLaunch")[0]] == ["BIOUSDT"]
