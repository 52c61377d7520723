"""Lists, pages and filters of the paper venues, as documented."""

from __future__ import annotations

import functools
import operator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from .clients import BitoProClient, LoopringClient, NamiClient

if TYPE_CHECKING:
    from airflow_provider_exchange.sandbox.testing import RunningSandbox


def test_nami_lists_open_orders_of_one_symbol(sandbox: RunningSandbox) -> None:
    sandbox.place("nami", "BTCUSDT")
    other = sandbox.place("nami", "ETHUSDT", filled="0.5")
    sandbox.place("nami", "ETHUSDT", state="filled")
    (order,) = NamiClient(sandbox).open_orders(filterByPair="ETHUSDT")
    assert (str(order["displayingId"]), order["status"]) == (other.order_id, "PARTIALLY_FILLED")


def test_nami_pages_through_the_history_newest_first(sandbox: RunningSandbox) -> None:
    placed = [sandbox.place("nami", "BTCUSDT", state="cancelled", age=age).order_id for age in range(25, 0, -1)]
    client = NamiClient(sandbox)
    pages = [
        [str(order["displayingId"]) for order in client.get("/api/v4/spot/history", page=page).json()["data"]]
        for page in (1, 2, 3, 4)
    ]
    assert [len(page) for page in pages] == [10, 10, 5, 0]
    assert functools.reduce(operator.iadd, pages, []) == placed[::-1]


@pytest.mark.parametrize(("filters", "left"), [
    ({"hideCanceled": "true"}, 1),
    ({"symbol": "ETHUSDT"}, 1),
    ({"side": "BUY"}, 1),
    ({"pageSize": 2}, 2),
    ({"timeFrom": (datetime.now(UTC) - timedelta(hours=1)).isoformat()}, 3),
    ({"timeTo": (datetime.now(UTC) - timedelta(hours=1)).isoformat()}, 1),
])  # fmt: skip
def test_nami_filters_the_history(sandbox: RunningSandbox, filters: dict[str, Any], left: int) -> None:
    sandbox.place("nami", "BTCUSDT", state="cancelled", age=7200)
    sandbox.place("nami", "BTCUSDT", state="cancelled")
    sandbox.place("nami", "BTCUSDT", state="cancelled", side="BUY")
    sandbox.place("nami", "ETHUSDT", state="filled")
    assert len(NamiClient(sandbox).get("/api/v4/spot/history", **filters).json()["data"]) == left


@pytest.mark.parametrize("filters", [{"page": 0}, {"timeFrom": "yesterday"}, {"hideCanceled": "maybe"}])
def test_nami_refuses_filters_it_cannot_read(sandbox: RunningSandbox, filters: dict[str, Any]) -> None:
    assert NamiClient(sandbox).get("/api/v4/spot/history", **filters).status_code == 400


def ids(client: BitoProClient, query: str) -> list[str]:
    return [order["id"] for order in client.call("GET", f"/orders/all/btc_usdt?{query}").json()["data"] or []]


def test_bitopro_continues_a_list_from_an_order_which_it_repeats(sandbox: RunningSandbox) -> None:
    placed = [
        sandbox.place("bitopro", "btc_usdt", stop_price=1 if age % 2 else None, age=age).order_id
        for age in range(7, 0, -1)
    ][::-1]
    client = BitoProClient(sandbox)
    first = ids(client, "limit=3")
    second = ids(client, f"limit=3&orderId={first[-1]}")
    assert first == placed[:3]
    assert second == placed[2:5]
    assert ids(client, "orderId=1") == []


def test_bitopro_filters_by_status_and_client_id(sandbox: RunningSandbox) -> None:
    placings: dict[str, dict[str, Any]] = {
        "waiting": {"stop_price": 1},
        "open": {"client_order_id": "77"},
        "partly": {"filled": "0.5"},
        "done": {"state": "filled"},
        "partly cancelled": {"state": "cancelled", "filled": "0.5"},
        "cancelled": {"state": "cancelled"},
        "post only": {"state": "rejected"},
    }
    made = {name: sandbox.place("bitopro", "btc_usdt", **how).order_id for name, how in placings.items()}
    client = BitoProClient(sandbox)

    def names(query: str) -> set[str]:
        found = set(ids(client, query))
        return {name for name, order_id in made.items() if order_id in found}

    assert names("statusKind=OPEN") == {"waiting", "open", "partly"}
    assert names("statusKind=DONE") == {"done", "partly cancelled"}
    assert names("statusKind=ALL") == names("") == set(made)
    assert names("status=4&statusKind=OPEN") == {"cancelled"}
    assert names("status=-1") == {"waiting"}
    assert names("clientId=77") == {"open"}


def test_bitopro_shows_ninety_days_unless_told_otherwise(sandbox: RunningSandbox) -> None:
    old = sandbox.place("bitopro", "btc_usdt", age=100 * 86_400).order_id
    client = BitoProClient(sandbox)
    assert ids(client, "statusKind=OPEN") == []
    assert ids(client, "statusKind=OPEN&ignoreTimeLimitEnable=true") == [old]
    assert ids(client, "startTimestamp=0") == [old]


@pytest.mark.parametrize("query", ["limit=0", "limit=1001", "limit=x", "statusKind=SOME"])
def test_bitopro_refuses_what_it_cannot_read(sandbox: RunningSandbox, query: str) -> None:
    assert BitoProClient(sandbox).call("GET", f"/orders/all/btc_usdt?{query}").status_code == 400


@pytest.mark.parametrize(("path", "status"), [
    ("/orders/all/no_pair", 404), ("/orders/open?pair=no_pair", 400), ("/orders/eth_usdt/{id}", 404),
])  # fmt: skip
def test_bitopro_knows_its_pairs(sandbox: RunningSandbox, path: str, status: int) -> None:
    order = sandbox.place("bitopro", "btc_usdt")
    assert BitoProClient(sandbox).call("GET", path.format(id=order.order_id)).status_code == status


def test_bitopro_lists_the_latest_change_first(sandbox: RunningSandbox) -> None:
    first, second = (sandbox.place("bitopro", "btc_usdt", age=age).order_id for age in (20, 10))
    sandbox.book("bitopro").fill(first, sandbox.book("bitopro")[first].remaining / 2)
    rows = BitoProClient(sandbox).call("GET", "/orders/open").json()["data"]
    assert [(row["id"], row["status"]) for row in rows] == [(first, 1), (second, 0)]


def test_loopring_pages_by_offset(sandbox: RunningSandbox) -> None:
    placed = [sandbox.place("loopring", "LRC-ETH", age=age).order_id for age in range(120, 0, -1)][::-1]
    client = LoopringClient(sandbox)
    pages = [client.get("/orders", offset=offset).json() for offset in (0, 50, 100, 150)]
    assert {page["totalNum"] for page in pages} == {120}
    assert [order["hash"] for page in pages for order in page["orders"]] == placed
    assert [len(page["orders"]) for page in pages] == [50, 50, 20, 0]


@pytest.mark.parametrize(("filters", "left"), [
    ({}, 4),
    ({"extraOrderTypes": "TRADITIONAL_ORDER,STOP_LIMIT"}, 5),
    ({"extraOrderTypes": "STOP_LIMIT"}, 1),
    ({"status": "processing"}, 3),
    ({"status": "processing,cancelled"}, 4),
    ({"market": "ETH-USDT"}, 1),
    ({"side": "BUY"}, 1),
    ({"limit": 2}, 2),
])  # fmt: skip
def test_loopring_filters(sandbox: RunningSandbox, filters: dict[str, Any], left: int) -> None:
    sandbox.place("loopring", "LRC-ETH")
    sandbox.place("loopring", "LRC-ETH", side="BUY")
    sandbox.place("loopring", "ETH-USDT")
    sandbox.place("loopring", "LRC-ETH", state="cancelled")
    sandbox.place("loopring", "LRC-ETH", stop_price=2)
    assert len(LoopringClient(sandbox).get("/orders", **filters).json()["orders"]) == left


def test_loopring_filters_by_creation_in_ms(sandbox: RunningSandbox) -> None:
    now = sandbox.exchange.now_ms()
    old, new = (sandbox.place("loopring", "LRC-ETH", age=age).order_id for age in (3600, 0))
    client = LoopringClient(sandbox)
    assert [row["hash"] for row in client.get("/orders", start=now - 60_000).json()["orders"]] == [new]
    (row,) = client.get("/orders", end=now - 60_000).json()["orders"]
    assert (row["hash"], row["validity"]["start"]) == (old, (now - 3_600_000) // 1000)


@pytest.mark.parametrize(
    "filters", [{"limit": 0}, {"status": "open"}, {"extraOrderTypes": "ICEBERG"}, {"offset": "x"}]
)
def test_loopring_refuses_what_it_cannot_read(sandbox: RunningSandbox, filters: dict[str, Any]) -> None:
    assert LoopringClient(sandbox).get("/orders", **filters).status_code == 400


def test_loopring_cancels_by_client_id_the_live_order_of_that_name(sandbox: RunningSandbox) -> None:
    for state in ("cancelled", "open", "filled"):
        sandbox.place("loopring", "LRC-ETH", client_order_id="eod", state=state)
    assert LoopringClient(sandbox).delete("/order", clientOrderId="eod").json()["status"] == "cancelled"
    assert not sandbox.live("loopring")


def test_loopring_takes_ten_at_most(sandbox: RunningSandbox) -> None:
    placed = [sandbox.place("loopring", "LRC-ETH").order_id for _ in range(11)]
    client = LoopringClient(sandbox)
    assert client.delete("/orders/byHash", orderHash=",".join(placed)).json()["resultInfo"]["code"] == 100001
    assert len(client.delete("/orders/byHash", orderHash=",".join(placed[:10])).json()) == 10
    assert client.delete("/orders/byHash", orderHash="").json()["resultInfo"]["code"] == 100001


def test_loopring_tells_what_stands_in_a_cancel_s_way(sandbox: RunningSandbox) -> None:
    client = LoopringClient(sandbox)
    codes = []
    for state in ("cancelled", "filled", "expired", "rejected"):
        order = sandbox.place("loopring", "LRC-ETH", state=state)
        codes.append(client.delete("/order", orderHash=order.order_id).json()["resultInfo"]["code"])
    assert codes == [100001, 102120, 102120, 102120]
    assert client.delete("/order", clientOrderId="nobody").json()["resultInfo"]["code"] == 102117
