"""What the paper Kraken answers to raw requests, after https://docs.kraken.com/api-reference."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from airflow_provider_exchange.sandbox.accounts import Accounts
from airflow_provider_exchange.sandbox.kraken.account import PAPER_ACCOUNT
from airflow_provider_exchange.sandbox.kraken.signing import signature_of
from airflow_provider_exchange.sandbox.testing import running_sandbox
from tests.sandbox.kraken.client import GONE, KrakenClient, signed

if TYPE_CHECKING:
    from airflow_provider_exchange.sandbox.testing import RunningSandbox

PUBLISHED = (
    "kQH5HW/8p1uGOVjbgWA7FunAmGO8lsSUXNsu3eow76sz84Q18fWxnyRzBHCd3pd5nE9qa99HAZtuZuj6F1huXg==",
    "/0/private/AddOrder",
    1616492376594,
    "nonce=1616492376594&ordertype=limit&pair=XBTUSD&price=37500&type=buy&volume=1.25",
)
PUBLISHED_SIGNATURE = "4/dpxb3iT4tp/ZCVEwSnEsLxx0bqyhLpdfOpc6fn7OR8+UClSV5n9E6aSS8MPtnRfp32bAb0nmbRn6H8ndwLUQ=="
"""Of the vendor's page on authentication."""


@pytest.fixture
def client(sandbox: RunningSandbox) -> KrakenClient:
    return KrakenClient(sandbox)


def test_the_vendor_s_signature_is_that_of_both_sides() -> None:
    secret, path, nonce, body = PUBLISHED
    assert signed(*PUBLISHED) == PUBLISHED_SIGNATURE
    assert signature_of(secret, path, str(nonce), body.encode()) == PUBLISHED_SIGNATURE


def test_whom_it_lets_in(client: KrakenClient) -> None:
    assert client.result("OpenOrders") == {"open": {}}
    used = int(client.result("GetApiKeyInfo")["nonce"])
    assert [client.error("OpenOrders", nonce=nonce) for nonce in (used, used - 1, -1)] == ["EAPI:Invalid nonce"] * 3
    client.secret = "YW5vdGhlcg=="
    assert client.error("OpenOrders") == "EAPI:Invalid signature"
    client.key = "another"
    assert client.error("OpenOrders") == "EAPI:Invalid key"


def test_a_key_without_a_right() -> None:
    reader = replace(PAPER_ACCOUNT, permissions=("query-open-trades",))
    with running_sandbox(Accounts(kraken=reader)) as sandbox:
        client, order = KrakenClient(sandbox), sandbox.place("kraken", "XBTUSD").order_id
        assert client.error("CancelOrder", txid=order) == "EGeneral:Permission denied"
        assert client.error("ClosedOrders") == "EGeneral:Permission denied"
        assert client.result("OpenOrders")["open"].keys() == {order}


def test_a_key_of_a_time_sees_no_older_orders(sandbox: RunningSandbox) -> None:
    late = replace(PAPER_ACCOUNT, query_from=sandbox.exchange.now_ms() // 1000 - 100)
    with running_sandbox(Accounts(kraken=late)) as other:
        client = KrakenClient(other)
        old, new = (other.place("kraken", "XBTUSD", age=age).order_id for age in (1000, 0))
        assert client.result("OpenOrders")["open"].keys() == {new}
        assert client.result("QueryOrders", txid=f"{old},{new}").keys() == {new}
        assert client.result("GetApiKeyInfo")["queryFrom"] == str(late.query_from)


def test_one_id_is_one_order_and_one_number_may_be_several(client: KrakenClient, sandbox: RunningSandbox) -> None:
    named = {"pair": "XXBTZUSD", "type": "buy", "ordertype": "limit", "price": 100, "volume": 1}
    alike = [client.result("AddOrder", userref=7, **named)["txid"][0] for _ in range(2)]
    mine = client.result("AddOrder", cl_ord_id="mine", **named)["txid"][0]
    other = sandbox.place("kraken", "ETH/USD").order_id
    assert client.result("CancelOrder", txid=other) == {"count": 1}
    assert client.result("OpenOrders", userref=7)["open"].keys() == set(alike)
    assert client.result("OpenOrders", cl_ord_id="mine")["open"].keys() == {mine}
    assert client.result("CancelOrder", txid=7) == {"count": 2}
    assert client.error("CancelOrder", txid=other) == "EOrder:Unknown order"
    assert client.result("CancelOrder", cl_ord_id="mine") == {"count": 1}
    assert sandbox.live("kraken") == []


@pytest.mark.parametrize(
    ("method", "asked", "error"),
    [
        ("CancelOrder", {"txid": GONE}, "EOrder:Unknown order"),
        ("CancelOrder", {"txid": GONE.lower()}, "EOrder:Invalid order"),
        ("CancelOrder", {}, "EGeneral:Invalid arguments"),
        ("CancelOrder", {"cl_ord_id": "mine"}, "EOrder:Unknown order"),
        ("QueryOrders", {"txid": "X"}, "EOrder:Invalid order"),
        ("QueryOrders", {"txid": ",".join([GONE] * 51)}, "EOrder:Invalid order"),
        ("QueryOrders", {}, "EGeneral:Invalid arguments"),
        ("ClosedOrders", {"ofs": "x"}, "EGeneral:Invalid arguments:ofs"),
        ("CancelAllOrdersAfter", {}, "EGeneral:Invalid arguments:timeout"),
        ("CancelAllOrdersAfter", {"timeout": 86401}, "EGeneral:Invalid arguments:timeout"),
        ("CancelAllOrdersAfter", {"timeout": "-1"}, "EGeneral:Invalid arguments:timeout"),
        ("AddOrder", {"pair": "NOSUCH"}, "EQuery:Unknown asset pair"),
        ("Nonsense", {}, "EGeneral:Unknown method"),
    ],
)
def test_what_it_refuses(client: KrakenClient, method: str, asked: dict[str, Any], error: str) -> None:
    assert client.error(method, **asked) == error


def test_a_batch_counts_what_it_cancelled(client: KrakenClient, sandbox: RunningSandbox) -> None:
    placed = [sandbox.place("kraken", "XBTUSD").order_id for _ in range(3)]
    answer = client.post_json("CancelOrderBatch", orders=[placed[0], GONE, placed[2]]).json()
    assert answer == {"error": [], "result": {"count": 2}}
    assert [order.order_id for order in sandbox.live("kraken")] == [placed[1]]
    for orders in ([], [GONE] * 51):
        answer = client.post_json("CancelOrderBatch", orders=orders).json()
        assert answer == {"error": ["EGeneral:Invalid arguments:orders"]}
    assert client.post_json("CancelOrderBatch", orders=[GONE]).json() == {"error": ["EOrder:Unknown order"]}


def test_a_cache_tells_two_bodies_apart(client: KrakenClient, sandbox: RunningSandbox) -> None:
    first, second = (sandbox.place("kraken", "XBTUSD").order_id for _ in range(2))
    client.result("QueryOrders", txid=first)
    sandbox.faults.add(kind="cached", route="order")
    sandbox.book("kraken").cancel(first)
    assert client.result("QueryOrders", txid=first)[first]["status"] == "open"
    assert client.result("QueryOrders", txid=second).keys() == {second}


def test_closed_orders_come_fifty_at_a_time_the_latest_first(client: KrakenClient, sandbox: RunningSandbox) -> None:
    placed = [sandbox.place("kraken", "XBTUSD", state="filled", age=age).order_id for age in range(120)]
    pages = [client.result("ClosedOrders", ofs=offset) for offset in (0, 50, 100)]
    assert [page["count"] for page in pages] == [120] * 3
    assert [order_id for page in pages for order_id in page["closed"]] == placed
    assert client.result("QueryOrders", txid=f"{placed[0]},{GONE}").keys() == {placed[0]}


def test_the_whole_book_ends_when_a_countdown_does(client: KrakenClient, sandbox: RunningSandbox) -> None:
    now = 1_800_000_000.0
    sandbox.exchange.clock = lambda: now
    early = sandbox.place("kraken", "XBTUSD")
    told = client.result("CancelAllOrdersAfter", timeout=60)
    assert told == {"currentTime": "2027-01-15T08:00:00Z", "triggerTime": "2027-01-15T08:01:00Z"}
    now += 59
    assert client.result("OpenOrders")["open"].keys() == {early.order_id}
    client.result("CancelAllOrdersAfter", timeout=60)
    now += 59
    stop = sandbox.place("kraken", "ETHUSD", stop_price=90)
    assert len(sandbox.live("kraken")) == 2
    now += 31
    assert client.result("OpenOrders") == {"open": {}}
    row = client.result("QueryOrders", txid=f"{early.order_id},{stop.order_id}")[stop.order_id]
    assert (row["status"], row["closetm"]) == ("canceled", 1_800_000_119)
    late = sandbox.place("kraken", "XBTUSD")  # it ends nothing twice
    client.result("CancelAllOrdersAfter", timeout=60)
    assert client.result("CancelAllOrdersAfter", timeout=0)["triggerTime"] == "0"
    now += 3600
    assert [order.order_id for order in sandbox.live("kraken")] == [late.order_id]
