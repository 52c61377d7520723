"""Faults of lists of orders, and answers from a cache, do what they say, and nothing else."""

from __future__ import annotations

from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

import pytest

from airflow_provider_exchange.sandbox.fault_rules import EMPTY_LISTS, ODD_VALUES

from .clients import BitoProClient, LoopringClient, NamiClient, now_ms

if TYPE_CHECKING:
    from collections.abc import Callable

    import requests

    from airflow_provider_exchange.sandbox.testing import RunningSandbox


LISTS: dict[str, Callable[[RunningSandbox], requests.Response]] = {
    "nami": lambda sandbox: NamiClient(sandbox).get("/api/v4/spot/open"),
    "bitopro": lambda sandbox: BitoProClient(sandbox).call("GET", "/orders/open"),
    "loopring": lambda sandbox: LoopringClient(sandbox).get("/orders", status="processing"),
}
SYMBOLS = {"nami": "BTCUSDT", "bitopro": "btc_usdt", "loopring": "LRC-ETH"}
each_venue = pytest.mark.parametrize("venue", LISTS)


def rows_of(venue: str, sandbox: RunningSandbox) -> list[dict[str, Any]]:
    body = LISTS[venue](sandbox).json()
    rows = body["data"]["orders"] if venue == "nami" else body["data"] if venue == "bitopro" else body.get("orders")
    return [] if rows is None else list(rows)


@pytest.mark.parametrize(("venue", "body"), [
    ("nami", {"status": "ok", "data": {"orders": []}}), ("bitopro", {"data": None}), ("loopring", {"totalNum": 0}),
])  # fmt: skip
def test_a_null_list_hides_every_order(sandbox: RunningSandbox, venue: str, body: Any) -> None:
    sandbox.place(venue, SYMBOLS[venue])
    sandbox.faults.add(kind="null", venue=venue)
    assert [LISTS[venue](sandbox).json() for _ in range(2)] == [body, body]
    assert sandbox.live(venue)


@pytest.mark.parametrize(("venue", "body"), [
    ("nami", {"status": "ok", "data": {"orders": []}}),
    ("bitopro", {"data": []}),
    ("loopring", {"totalNum": 0, "orders": []}),
])  # fmt: skip
def test_a_phantom_empty_list_is_shown_once(sandbox: RunningSandbox, venue: str, body: Any) -> None:
    sandbox.place(venue, SYMBOLS[venue])
    sandbox.faults.add(kind="phantom_empty")
    assert LISTS[venue](sandbox).json() == body
    assert len(rows_of(venue, sandbox)) == 1


@each_venue
@pytest.mark.parametrize("kind", sorted(EMPTY_LISTS))
def test_empty_lists_last_for_a_time_by_the_exchange_s_clock(
    sandbox: RunningSandbox, venue: str, kind: str
) -> None:
    now = sandbox.exchange.clock()
    sandbox.exchange.clock = lambda: now
    sandbox.place(venue, SYMBOLS[venue])
    sandbox.faults.add(kind=kind, seconds=1.5, requests=[2])
    shown = [len(rows_of(venue, sandbox)) for _ in range(3)]
    now += 1.4
    shown.append(len(rows_of(venue, sandbox)))
    now += 0.1
    shown += [len(rows_of(venue, sandbox)) for _ in range(2)]
    assert shown == [1, 0, 0, 0, 1, 1]


def test_an_empty_list_that_lasts_is_shown_only_so_often(sandbox: RunningSandbox) -> None:
    sandbox.place("nami", SYMBOLS["nami"])
    sandbox.faults.add(kind="phantom_empty", seconds=3600, times=2)
    assert [len(rows_of("nami", sandbox)) for _ in range(3)] == [0, 0, 1]


def test_faults_of_lists_do_not_count_other_requests(sandbox: RunningSandbox) -> None:
    order_id = sandbox.place("bitopro", "btc_usdt").order_id
    sandbox.faults.add(kind="phantom_empty")
    assert BitoProClient(sandbox).call("GET", f"/orders/btc_usdt/{order_id}").json()["id"] == order_id
    assert rows_of("bitopro", sandbox) == []
    assert sandbox.request_log[0].faults == ()


ODD_PLACES = {
    "nami": {
        "order_id": "displayingId",
        "symbol": "symbol",
        "side": "side",
        "state": "status",
        "price": "price",
        "quantity": "quantity",
        "created_at": "createdAt",
    },
    "bitopro": {
        "order_id": "id",
        "symbol": "pair",
        "client_order_id": "clientId",
        "side": "action",
        "state": "status",
        "price": "price",
        "quantity": "originalAmount",
        "created_at": "createdTimestamp",
    },
    "loopring": {
        "order_id": "hash",
        "symbol": "market",
        "client_order_id": "clientOrderId",
        "side": "side",
        "state": "status",
        "price": "price",
    },
}
"""Where a venue shows a field, unless it is inside another object."""


@each_venue
@pytest.mark.parametrize("field", ODD_VALUES)
def test_an_odd_order_is_shown_beside_the_real_ones(sandbox: RunningSandbox, venue: str, field: str) -> None:
    sandbox.place(venue, SYMBOLS[venue])
    (real,) = rows_of(venue, sandbox)
    sandbox.faults.add(kind="odd_order", field=field)
    shown, odd = rows_of(venue, sandbox)
    assert shown == real
    assert rows_of(venue, sandbox) == [shown, odd], "it is the same order in every list"
    assert len(sandbox.book(venue)) == 1
    places = [ODD_PLACES[venue][field]] if field in ODD_PLACES[venue] else []
    assert [name for name, value in odd.items() if value == ODD_VALUES[field]] == places


@each_venue
@pytest.mark.parametrize("value", ["1,000.5", {"amount": 1}])
def test_a_real_order_gets_an_odd_price(sandbox: RunningSandbox, venue: str, value: Any) -> None:
    orders = [sandbox.place(venue, SYMBOLS[venue]) for _ in range(3)]
    plain = rows_of(venue, sandbox)
    sandbox.faults.add(
        kind="odd_order", field="price", value=value, real=True, orders=[orders[0].order_id], times=1
    )
    sandbox.faults.add(kind="odd_order", field="price", real=True, requests=[2])
    assert [row["price"] for row in rows_of(venue, sandbox)] == [plain[0]["price"], plain[1]["price"], value]
    assert [row["price"] for row in rows_of(venue, sandbox)] == ["-1", plain[1]["price"], plain[2]["price"]]
    assert rows_of(venue, sandbox) == plain


def test_an_odd_quantity_is_inside_loopring_s_volumes(sandbox: RunningSandbox) -> None:
    sandbox.place("loopring", "LRC-ETH")
    (plain,) = rows_of("loopring", sandbox)
    sandbox.faults.add(kind="odd_order", field="quantity", real=True)
    (row,) = rows_of("loopring", sandbox)
    assert row == {**plain, "volumes": {**plain["volumes"], "baseAmount": "1,000.5"}}


def test_an_odd_order_has_no_place_in_a_history(sandbox: RunningSandbox) -> None:
    sandbox.place("nami", "BTCUSDT", state="cancelled")
    sandbox.faults.add(kind="odd_order")
    assert len(NamiClient(sandbox).get("/api/v4/spot/history").json()["data"]) == 1


@each_venue
def test_creation_times_in_seconds(sandbox: RunningSandbox, venue: str) -> None:
    order = sandbox.place(venue, SYMBOLS[venue])
    (plain,) = rows_of(venue, sandbox)
    sandbox.faults.add(kind="seconds")
    (row,) = rows_of(venue, sandbox)
    told = {"createdTimestamp": order.created_ms // 1000} if venue == "bitopro" else {}  # no other shows a number
    assert row == {**plain, **told}


# -- from a cache


@each_venue
@pytest.mark.parametrize("tells_age", [True, False])
def test_a_cached_answer_is_an_earlier_one(sandbox: RunningSandbox, venue: str, tells_age: bool) -> None:
    assert rows_of(venue, sandbox) == []
    sandbox.place(venue, SYMBOLS[venue])
    sandbox.faults.add(kind="cached", requests=[1], tells_age=tells_age)
    before = now_ms()
    response = LISTS[venue](sandbox)
    told = parsedate_to_datetime(response.headers["Date"]).timestamp() * 1000
    assert before - 121_000 <= told <= now_ms() - 120_000
    assert response.headers.get("Age") == ("120" if tells_age else None)
    logged = sandbox.request_log[-1]
    assert (logged.status, logged.acted, logged.faults) == (200, False, ("cached",))
    assert len(rows_of(venue, sandbox)) == 1


def test_a_cache_asks_the_venue_for_what_it_has_not(sandbox: RunningSandbox) -> None:
    sandbox.place("bitopro", "btc_usdt")
    sandbox.faults.add(kind="cached", seconds=7)
    response = LISTS["bitopro"](sandbox)
    assert (len(response.json()["data"]), response.headers["Age"]) == (1, "7")
    assert sandbox.request_log[-1].acted


def test_a_cache_tells_requests_apart(sandbox: RunningSandbox) -> None:
    client = BitoProClient(sandbox)
    first, second = (sandbox.place("bitopro", "btc_usdt").order_id for _ in range(2))
    client.call("GET", f"/orders/btc_usdt/{first}")
    sandbox.faults.add(kind="cached")
    assert client.call("GET", f"/orders/btc_usdt/{second}").json()["id"] == second


def test_a_cache_keeps_no_cancel_and_no_refusal(sandbox: RunningSandbox) -> None:
    client = BitoProClient(sandbox)
    order_id = sandbox.place("bitopro", "btc_usdt").order_id
    assert client.call("GET", "/orders/btc_usdt/1").status_code == 404
    sandbox.place("bitopro", "btc_usdt", order_id="1")
    sandbox.faults.add(kind="cached")
    assert client.call("GET", "/orders/btc_usdt/1").ok
    response = client.call("DELETE", f"/orders/btc_usdt/{order_id}")
    assert (response.ok, "Age" in response.headers) == (True, False)
    assert [order.order_id for order in sandbox.live("bitopro")] == ["1"]
