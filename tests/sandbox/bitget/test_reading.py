"""What the lists of the paper Bitget show, and who is let in."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import pytest

from .client import BitgetClient, told

if TYPE_CHECKING:
    from airflow_provider_exchange.sandbox.testing import RunningSandbox

OPEN, PLANS = "spot/trade/unfilled-orders", "spot/trade/current-plan-order"
PENDING, PENDING_PLANS = "mix/order/orders-pending", "mix/order/orders-plan-pending"
FUTURES = {"productType": "USDT-FUTURES"}
STOP = {"stop_price": "90"}


def test_pages_go_on_from_an_order_newest_first(sandbox: RunningSandbox, raw: BitgetClient) -> None:
    placed = [sandbox.place("bitget", "BTCUSDT").order_id for _ in range(5)]
    assert raw.ids(OPEN, limit=3) == placed[:1:-1]
    assert raw.ids(OPEN, limit=3, idLessThan=placed[2]) == [placed[1], placed[0]]
    plans = [sandbox.place("bitget_plan", "BTCUSDT", **STOP).order_id for _ in range(21)]
    first = raw.get(PLANS).json()["data"]
    assert (len(first["orderList"]), first["nextFlag"], first["idLessThan"]) == (20, True, plans[1])
    assert raw.ids(PLANS, idLessThan=plans[1]) == [plans[0]]


@pytest.mark.parametrize("shown", ["live", "all"])
def test_futures_orders_that_are_filled_in_part_may_have_to_be_asked_for(
    sandbox: RunningSandbox, raw: BitgetClient, shown: str
) -> None:
    sandbox.exchange.apply_settings(bitget_pending=shown)
    whole, part = (sandbox.place("bitget_futures", "BTCUSDT", filled=filled).order_id for filled in ("0", "0.5"))
    assert raw.ids(PENDING, **FUTURES) == ([part, whole] if shown == "all" else [whole])
    assert raw.ids(PENDING, **FUTURES, status="partially_filled") == [part]
    assert raw.ids(PENDING, productType="usdc-futures") == []


def test_a_list_of_trigger_orders_shows_the_kinds_that_it_is_asked_for(
    sandbox: RunningSandbox, raw: BitgetClient
) -> None:
    kinds = ("normal_plan", "track_plan", "profit_plan", "loss_plan", "moving_plan", "pos_profit", "pos_loss")
    placed = {kind: sandbox.place("bitget_futures_plan", "BTCUSDT", type=kind, **STOP).order_id for kind in kinds}
    for asked in ("normal_plan", "track_plan"):
        assert raw.ids(PENDING_PLANS, **FUTURES, planType=asked) == [placed[asked]]
    assert raw.ids(PENDING_PLANS, **FUTURES, planType="profit_loss") == [placed[kind] for kind in kinds[:1:-1]]


@pytest.mark.parametrize("book", ["bitget_plan", "bitget_futures_plan"])
def test_what_a_trigger_order_has_placed_is_told(sandbox: RunningSandbox, raw: BitgetClient, book: str) -> None:
    order_id = sandbox.place(book, "BTCUSDT", **STOP).order_id
    spot = book == "bitget_plan"
    if spot:
        assert told(raw.get("spot/trade/plan-sub-order", planOrderId=order_id)) == (400, "40307")
    sandbox.book(book).trigger(order_id)
    (placed,) = (order.order_id for order in sandbox.live(book.removesuffix("_plan")))
    if spot:
        assert raw.ids("spot/trade/plan-sub-order", planOrderId=order_id) == [placed]
        (row,) = raw.get("spot/trade/history-plan-order", symbol="BTCUSDT").json()["data"]["orderList"]
        assert (row["orderId"], row["status"]) == (order_id, "executed")
    else:
        asked = {**FUTURES, "planType": "normal_plan", "orderId": order_id}
        (row,) = raw.get("mix/order/orders-plan-history", **asked).json()["data"]["entrustedList"]
        assert (row["planStatus"], row["executeOrderId"]) == ("executed", placed)


@pytest.mark.parametrize(
    ("path", "asked", "code"),
    [
        (OPEN, {"limit": "101"}, "40017"),
        (OPEN, {"limit": "x"}, "40020"),
        (OPEN, {"tpslType": "plan"}, "40017"),
        (OPEN, {"idLessThan": "abc"}, "40020"),
        ("spot/trade/orderInfo", {}, "40924"),
        (PENDING, {}, "40019"),
        (PENDING, {**FUTURES, "status": "filled"}, "40017"),
        (PENDING, {**FUTURES, "symbol": "NOSUCH"}, "40034"),
        (PENDING_PLANS, FUTURES, "40812"),
        ("mix/order/detail", FUTURES, "40019"),
        ("spot/trade/plan-sub-order", {}, "40019"),
    ],
)
def test_what_is_wrong_with_a_read_is_told(raw: BitgetClient, path: str, asked: dict[str, Any], code: str) -> None:
    assert told(raw.get(path, **asked)) == (400, code)


def test_who_is_let_in(raw: BitgetClient) -> None:
    target = f"/api/v2/{OPEN}?symbol=BTCUSDT"
    for name, code in (
        ("ACCESS-KEY", "40001"),
        ("ACCESS-SIGN", "40002"),
        ("ACCESS-TIMESTAMP", "40005"),
        ("ACCESS-PASSPHRASE", "40011"),
    ):
        headers = {key: value for key, value in raw.headers("GET", target).items() if key != name}
        assert told(raw.send("GET", target, headers)) == (400, code)
    now = round(time.time() * 1000)
    assert told(raw.send("GET", target, raw.headers("GET", target, at=str(now - 60_000)))) == (400, "40008")
    assert told(raw.send("GET", target, raw.headers("GET", target, at="soon"))) == (400, "40005")
    assert told(raw.send("GET", f"{target}&limit=5", raw.headers("GET", target))) == (400, "40009")
    body = json.dumps({"symbol": "BTCUSDT", "orderId": "7"})
    path = "/api/v2/spot/trade/cancel-order"
    headers = {**raw.headers("POST", path, body), "Content-Type": "text/plain"}
    assert told(raw.send("POST", path, headers, body.encode())) == (400, "40007")
    demo = {**raw.headers("GET", target), "PAPTRADING": "1"}
    assert told(raw.send("GET", target, demo)) == (400, "40099")
    assert raw.get("no/such/path").status_code == 404
