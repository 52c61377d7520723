"""Algo orders have ids, calls and lists of their own, and become ordinary orders when they are triggered."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from .client import OkxClient, rows_told, told

if TYPE_CHECKING:
    from airflow_provider_exchange.sandbox.testing import RunningSandbox

PENDING = "trade/orders-algo-pending"
DAY = 86_400.0


def test_each_type_has_a_list_but_two_may_be_listed_together(raw: OkxClient, sandbox: RunningSandbox) -> None:
    """As "GET / Algo order list" says of its ``ordType``."""
    kinds = ("trigger", "conditional", "oco", "move_order_stop", "chase", "iceberg", "twap", "smart_iceberg")
    made = {kind: sandbox.place("okx_algo", "BTC-USDT-SWAP", type=kind, stop_price=90).order_id for kind in kinds}
    assert {kind: raw.ids(PENDING, ordType=kind) for kind in kinds} == {kind: [made[kind]] for kind in kinds}
    for joined in ("conditional,oco", "oco,conditional"):
        assert raw.ids(PENDING, ordType=joined) == [made["oco"], made["conditional"]]
    assert raw.ids("trade/orders-pending") == []
    assert {row["state"] for row in raw.get(PENDING, ordType="iceberg").json()["data"]} == {"live"}


@pytest.mark.parametrize(("path", "parameters", "expected"), [
    (PENDING, {}, (400, "51000")),
    (PENDING, {"ordType": "BOGUS"}, (400, "51000")),
    (PENDING, {"ordType": "trigger,iceberg"}, (400, "51000")),
    (PENDING, {"ordType": "conditional,oco,trigger"}, (400, "51000")),
    (PENDING, {"ordType": "trigger", "instId": "FOO-BAR"}, (200, "51001")),
    (PENDING, {"ordType": "trigger", "algoId": "9999999999999999"}, (200, "51603")),
    ("trade/orders-algo-history", {"state": "canceled"}, (400, "51000")),
    ("trade/orders-algo-history", {"ordType": "BOGUS"}, (400, "50015")),
    ("trade/orders-algo-history", {"ordType": "BOGUS", "state": "canceled"}, (400, "51000")),
    ("trade/orders-algo-history", {"ordType": "trigger", "state": "live"}, (200, "51600")),
    ("trade/orders-algo-history", {"ordType": "trigger", "state": "canceled", "algoId": "1"}, (200, "51601")),
    ("trade/order-algo", {"instId": "BTC-USDT"}, (400, "50015")),
    ("trade/order-algo", {"algoId": "9999999999999999"}, (200, "51603")),
])  # fmt: skip
def test_a_read_that_is_asked_wrongly(
    raw: OkxClient, path: str, parameters: dict[str, Any], expected: tuple[int, str]
) -> None:
    assert told(raw.get(path, **parameters)) == expected


def test_a_list_filters_and_pages(raw: OkxClient, sandbox: RunningSandbox) -> None:
    first, second = (sandbox.place("okx_algo", "BTC-USDT", stop_price=90).order_id for _ in range(2))
    other = sandbox.place("okx_algo", "ETH-USDT-SWAP", stop_price=90).order_id
    asked = {"ordType": "trigger"}
    assert raw.ids(PENDING, **asked) == [other, second, first]
    assert raw.ids(PENDING, **asked, instType="SWAP") == [other]
    assert raw.ids(PENDING, **asked, instId="BTC-USDT", limit=1) == [second]
    assert raw.ids(PENDING, **asked, instId="BTC-USDT", after=second) == [first]
    assert raw.ids(PENDING, **asked, algoId=first) == [first]


@pytest.mark.parametrize(("asked", "code"), [
    ({"instId": "BTC-USDT", "algoId": "9999999999999999"}, "51400"),
    ({"instId": "ETH-USDT", "algoClOrdId": "mine"}, "51400"),
    ({"algoId": "9999999999999999"}, "50014"),
    ({"instId": "FOO-BAR", "algoId": "1"}, "51001"),
    ({"instId": "BTC-USDT"}, "51003"),
    ({"instId": "BTC-USDT", "algoId": "x"}, "51000"),
])  # fmt: skip
def test_a_cancel_that_reaches_no_order(
    raw: OkxClient, sandbox: RunningSandbox, asked: dict[str, Any], code: str
) -> None:
    order = sandbox.place("okx_algo", "BTC-USDT", stop_price=90, client_order_id="mine")
    response = raw.post("trade/cancel-algos", [asked])
    assert (told(response), rows_told(response), response.json()["msg"]) == ((200, "1"), [code], "")
    assert rows_told(raw.post("trade/cancel-order", {"instId": "BTC-USDT", "ordId": order.order_id})) == ["51400"]
    assert len(sandbox.live("okx_algo")) == 1


def test_a_cancelled_one_stays_readable_for_three_months(raw: OkxClient, sandbox: RunningSandbox) -> None:
    live = sandbox.place("okx_algo", "BTC-USDT", stop_price=90, client_order_id="mine").order_id
    ended = [
        sandbox.place("okx_algo", "BTC-USDT", stop_price=90, state="cancelled", age=days * DAY).order_id
        for days in (3, 300)
    ]
    response = raw.post("trade/cancel-algos", [{"instId": "BTC-USDT", "algoClOrdId": "mine"}])
    assert (told(response), response.json()["data"][0]["algoId"]) == ((200, "0"), live)
    assert raw.get("trade/order-algo", algoClOrdId="mine").json()["data"][0]["state"] == "canceled"
    assert told(raw.get("trade/order-algo", algoId=ended[1])) == (200, "51603")
    history = "trade/orders-algo-history"
    assert raw.ids(history, ordType="trigger", state="canceled") == [ended[0], live]
    assert raw.ids(history, ordType="trigger", algoId=live) == [live]
    assert raw.ids(history, ordType="oco", state="canceled") == []


@pytest.mark.parametrize(("price", "rests"), [("95", True), ("-1", False)])
def test_a_triggered_one_places_an_ordinary_order(
    raw: OkxClient, sandbox: RunningSandbox, price: str, rests: bool
) -> None:
    """It leaves one list and comes into the other, as ``effective`` with the id of what it placed."""
    asked = {"instId": "BTC-USDT", "tdMode": "cash", "side": "sell", "sz": "2", "ordType": "trigger"}
    asked |= {"triggerPx": "90", "orderPx": price}
    algo_id = raw.post("trade/order-algo", asked).json()["data"][0]["algoId"]
    sandbox.book("okx_algo").trigger(algo_id)
    assert raw.ids(PENDING, ordType="trigger") == []
    (algo,) = raw.get("trade/order-algo", algoId=algo_id).json()["data"]
    (placed,) = sandbox.book("okx")
    assert (algo["state"], algo["ordIdList"], algo["actualSz"]) == ("effective", [placed.order_id], "2")
    assert raw.ids("trade/orders-pending") == ([placed.order_id] if rests else [])
    (order,) = raw.get("trade/order", instId="BTC-USDT", ordId=placed.order_id).json()["data"]
    assert (order["algoId"], order["source"], order["ordType"]) == (algo_id, "6", "limit" if rests else "market")
    response = raw.post("trade/cancel-algos", [{"instId": "BTC-USDT", "algoId": algo_id}])
    assert rows_told(response) == ["51416"]


@pytest.mark.parametrize("order_type", ["trigger", "move_order_stop"])
@pytest.mark.parametrize("meanwhile", [True, False])
def test_one_that_was_filled_has_placed_what_was(
    raw: OkxClient, sandbox: RunningSandbox, order_type: str, meanwhile: bool
) -> None:
    state = "open" if meanwhile else "filled"
    algo_id = sandbox.place("okx_algo", "BTC-USDT", stop_price=90, type=order_type, state=state).order_id
    if meanwhile:
        sandbox.book("okx_algo").fill(algo_id)
    (algo,) = raw.get("trade/order-algo", algoId=algo_id).json()["data"]
    (placed,) = sandbox.book("okx")
    assert (algo["state"], algo["ordIdList"]) == ("effective", [placed.order_id])
    (order,) = raw.get("trade/order", instId="BTC-USDT", ordId=placed.order_id).json()["data"]
    assert (order["state"], order["algoId"], order["accFillSz"]) == ("filled", algo_id, algo["sz"])


def test_one_that_closes_a_position_has_no_size(raw: OkxClient) -> None:
    asked = {"instId": "BTC-USDT-SWAP", "tdMode": "cross", "side": "sell", "ordType": "conditional"}
    asked |= {"closeFraction": "1", "reduceOnly": "true", "slTriggerPx": "90", "slOrdPx": "-1"}
    assert rows_told(raw.post("trade/order-algo", asked)) == ["0"]
    (row,) = raw.get(PENDING, ordType="conditional").json()["data"]
    assert (row["sz"], row["closeFraction"], row["reduceOnly"], row["slTriggerPx"]) == ("", "1", "true", "90")
