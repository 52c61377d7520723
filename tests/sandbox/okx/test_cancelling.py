"""
What a cancel does, and says of what it does not do.

The shape is that of "POST / Cancel order" and its neighbours; which code stands where is what the venue's demo
environment was seen to answer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from .client import OkxClient, rows_told, told

if TYPE_CHECKING:
    from airflow_provider_exchange.sandbox.testing import RunningSandbox

FAILED = (200, "1")


@pytest.mark.parametrize(("asked", "code"), [
    ({"instId": "BTC-USDT", "ordId": "9999999999999999"}, "51400"),
    ({"instId": "BTC-USDT", "clOrdId": "nobody"}, "51400"),
    ({"ordId": "9999999999999999"}, "50014"),
    ({"instId": "FOO-BAR", "ordId": "9999999999999999"}, "51001"),
    ({"instId": "btc-usdt", "ordId": "9999999999999999"}, "51001"),
    ({"instId": "BTC-USDT"}, "51003"),
    ({"instId": "BTC-USDT", "ordId": "7/../all"}, "51000"),
    ({"instId": "BTC-USDT", "ordId": 7}, "51000"),
])  # fmt: skip
def test_a_cancel_that_reaches_no_order(
    raw: OkxClient, sandbox: RunningSandbox, asked: dict[str, Any], code: str
) -> None:
    sandbox.place("okx", "BTC-USDT")
    for path, body in (("cancel-order", asked), ("cancel-batch-orders", [asked])):
        response = raw.post(f"trade/{path}", body)
        assert (told(response), rows_told(response)) == (FAILED, [code])
        assert response.json()["msg"] == "All operations failed"
    assert len(sandbox.live("okx")) == 1


def test_an_order_is_named_by_its_market_and_id(raw: OkxClient, sandbox: RunningSandbox) -> None:
    order_id = sandbox.place("okx", "BTC-USDT", client_order_id="mine").order_id
    response = raw.post("trade/cancel-order", {"instId": "ETH-USDT", "ordId": order_id})
    assert rows_told(response) == ["51400"]
    # An id of the venue goes before one of the client.
    response = raw.post("trade/cancel-order", {"instId": "BTC-USDT", "ordId": order_id, "clOrdId": "other"})
    assert (told(response), rows_told(response)) == ((200, "0"), ["0"])
    again = raw.post("trade/cancel-order", {"instId": "BTC-USDT", "ordId": order_id})
    assert (told(again), rows_told(again)) == (FAILED, ["51400"])


def test_of_two_orders_with_one_id_of_the_client_the_latest_counts(raw: OkxClient, sandbox: RunningSandbox) -> None:
    first, second = (sandbox.place("okx", "BTC-USDT", client_order_id="same").order_id for _ in range(2))
    assert raw.get("trade/order", instId="BTC-USDT", clOrdId="same").json()["data"][0]["ordId"] == second
    response = raw.post("trade/cancel-order", {"instId": "BTC-USDT", "clOrdId": "same"})
    assert response.json()["data"][0]["ordId"] == second
    assert [order.order_id for order in sandbox.live("okx")] == [first]


def test_a_batch_succeeds_in_part(raw: OkxClient, sandbox: RunningSandbox) -> None:
    order, other = sandbox.place("okx", "BTC-USDT"), sandbox.place("okx", "ETH-USDT-SWAP")
    named = [{"instId": each.symbol, "ordId": each.order_id} for each in (order, other)]
    response = raw.post("trade/cancel-batch-orders", [named[0], {**named[0], "ordId": "5"}, named[1]])
    assert (told(response), rows_told(response)) == ((200, "2"), ["0", "51400", "0"])
    assert response.json()["msg"] == "Bulk operation partially successful"
    assert not sandbox.live("okx")


@pytest.mark.parametrize(("book", "path", "key", "most"), [
    ("okx", "cancel-batch-orders", "ordId", 20), ("okx_algo", "cancel-algos", "algoId", 10),
])  # fmt: skip
def test_a_batch_has_a_maximum(
    raw: OkxClient, sandbox: RunningSandbox, book: str, path: str, key: str, most: int
) -> None:
    """That a longer one is refused as a whole, and with this code, is our choice."""
    kind: dict[str, Any] = {} if book == "okx" else {"stop_price": 90}
    placed = [sandbox.place(book, "BTC-USDT", **kind) for _ in range(most + 1)]
    named = [{"instId": each.symbol, key: each.order_id} for each in placed]
    assert told(raw.post(f"trade/{path}", named)) == (200, "50025")
    assert told(raw.post(f"trade/{path}", named[:most])) == (200, "0")
    assert [order.order_id for order in sandbox.live(book)] == [placed[most].order_id]


def test_an_accepted_cancel_is_not_a_cancelled_order(raw: OkxClient, sandbox: RunningSandbox) -> None:
    """As "POST / Cancel order" says: a code of 0 says that the request was accepted, and no more."""
    order_id = sandbox.place("okx", "BTC-USDT").order_id
    sandbox.faults.add(kind="cancelling", reads=2)
    asked = {"instId": "BTC-USDT", "ordId": order_id}
    assert rows_told(raw.post("trade/cancel-order", asked)) == ["0"]
    assert rows_told(raw.post("trade/cancel-order", asked)) == ["51410"]
    assert raw.get("trade/order", **asked).json()["data"][0]["state"] == "live"
    assert raw.ids("trade/orders-pending") == [order_id]
    assert raw.ids("trade/orders-pending") == []


def test_a_cancel_may_come_too_late_or_be_refused(raw: OkxClient, sandbox: RunningSandbox) -> None:
    filled, refused = (sandbox.place("okx", "BTC-USDT").order_id for _ in range(2))
    sandbox.faults.add(kind="fill_on_cancel", orders=[filled])
    sandbox.faults.add(kind="refuse_cancel", orders=[refused])
    named = [{"instId": "BTC-USDT", "ordId": order_id} for order_id in (filled, refused)]
    response = raw.post("trade/cancel-batch-orders", named)
    assert (told(response), rows_told(response)) == (FAILED, ["51400", "51404"])
    assert [order.order_id for order in sandbox.live("okx")] == [refused]


def test_a_batch_skips_a_member(raw: OkxClient, sandbox: RunningSandbox) -> None:
    placed = [sandbox.place("okx", "BTC-USDT") for _ in range(2)]
    sandbox.faults.add(kind="ignore_batch_member", member=1)
    named = [{"instId": each.symbol, "ordId": each.order_id} for each in placed]
    assert rows_told(raw.post("trade/cancel-batch-orders", named)) == ["0"]
    assert [order.order_id for order in sandbox.live("okx")] == [placed[1].order_id]
