"""What cancels of the paper Bitget reach, and what they do not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from .client import BitgetClient, told

if TYPE_CHECKING:
    from airflow_provider_exchange.sandbox.testing import RunningSandbox

STOP = {"stop_price": "90"}
IN_MARKET = {"productType": "USDT-FUTURES", "symbol": "BTCUSDT"}


def live(sandbox: RunningSandbox, book: str) -> set[str]:
    return {order.order_id for order in sandbox.live(book)}


def test_a_take_profit_order_is_reached_as_one_only(sandbox: RunningSandbox, raw: BitgetClient) -> None:
    order_id = sandbox.place("bitget", "BTCUSDT", type="tpsl", **STOP).order_id
    named = {"symbol": "BTCUSDT", "orderId": order_id}
    assert told(raw.post("spot/trade/cancel-order", **named)) == (400, "43001")
    batch = raw.post("spot/trade/batch-cancel-order", symbol="BTCUSDT", orderList=[{"orderId": order_id}]).json()
    assert [row["errorCode"] for row in batch["data"]["failureList"]] == ["43001"]
    assert told(raw.post("spot/trade/cancel-order", tpslType="tpsl", orderId=order_id)) == (200, "00000")
    assert live(sandbox, "bitget") == set()


def test_a_trigger_order_of_futures_is_reached_by_its_kind_only(sandbox: RunningSandbox, raw: BitgetClient) -> None:
    """Without the kind, nothing is cancelled, and the answer is a success, as a pull request of freqtrade tells."""
    order_id = sandbox.place("bitget_futures_plan", "BTCUSDT", type="pos_loss", **STOP).order_id
    asked = {**IN_MARKET, "orderIdList": [{"orderId": order_id}]}
    for kind in ({}, {"planType": "loss_plan"}):
        answer = raw.post("mix/order/cancel-plan-order", **asked, **kind)
        assert (told(answer), answer.json()["data"]["successList"]) == ((200, "00000"), [])
    done = raw.post("mix/order/cancel-plan-order", **asked, planType="pos_loss").json()["data"]["successList"]
    assert [row["orderId"] for row in done] == [order_id]


@pytest.mark.parametrize("nothing", [{}, {"orderIdList": []}, {"orderId": "named in the wrong place"}])
@pytest.mark.parametrize(
    ("book", "path", "how"),
    [("bitget_futures", "batch-cancel-orders", {}), ("bitget_futures_plan", "cancel-plan-order", STOP)],
)
def test_a_cancel_without_a_list_reaches_all_of_the_market(
    sandbox: RunningSandbox, raw: BitgetClient, nothing: Any, book: str, path: str, how: dict[str, Any]
) -> None:
    for symbol in ("BTCUSDT", "BTCUSDT", "ETHUSDT"):
        sandbox.place(book, symbol, **how)
    raw.post(f"mix/order/{path}", **IN_MARKET, **nothing)
    assert [order.symbol for order in sandbox.live(book)] == ["ETHUSDT"]


@pytest.mark.parametrize(
    ("path", "asked", "code"),
    [
        ("spot/trade/cancel-order", {"orderId": "7"}, "40019"),
        ("spot/trade/cancel-order", {"symbol": "NOSUCHUSDT", "orderId": "7"}, "40034"),
        ("spot/trade/cancel-order", {"symbol": "BTCUSDT"}, "40924"),
        ("spot/trade/cancel-order", {"symbol": "BTCUSDT", "orderId": "x"}, "40020"),
        ("spot/trade/cancel-order", {"symbol": "BTCUSDT", "orderId": "7", "tpslType": "oco"}, "40017"),
        ("spot/trade/batch-cancel-order", {"symbol": "BTCUSDT"}, "40019"),
        ("spot/trade/batch-cancel-order", {"symbol": "BTCUSDT", "orderList": [{"orderId": "7"}] * 51}, "40912"),
        ("spot/trade/cancel-plan-order", {}, "40924"),
        ("spot/trade/cancel-plan-order", {"orderId": "7"}, "43025"),
        ("mix/order/cancel-order", {"symbol": "BTCUSDT", "orderId": "7"}, "40019"),
        ("mix/order/cancel-order", {**IN_MARKET, "productType": "SPOT", "orderId": "7"}, "40020"),
        ("mix/order/cancel-order", {**IN_MARKET, "symbol": "BTCPERP", "orderId": "7"}, "40034"),
        ("mix/order/batch-cancel-orders", {**IN_MARKET, "orderIdList": [{"orderId": "7"}] * 51}, "40912"),
        ("mix/order/cancel-plan-order", {**IN_MARKET, "planType": "profit_loss"}, "40017"),
    ],
)
def test_what_is_wrong_with_a_cancel_is_told(
    raw: BitgetClient, path: str, asked: dict[str, Any], code: str
) -> None:
    assert told(raw.post(path, **asked)) == (400, code)
