"""Orders that the paper OKX does not take, ordinary and algo; each is refused by itself, in a batch, too."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from .client import OkxClient, rows_told, told

if TYPE_CHECKING:
    from airflow_provider_exchange.sandbox.testing import RunningSandbox

ORDER = {"instId": "BTC-USDT", "tdMode": "cash", "side": "buy", "ordType": "limit", "px": "100", "sz": "1"}
ALGO = {
    "instId": "BTC-USDT-SWAP",
    "tdMode": "cross",
    "side": "sell",
    "sz": "1",
    "ordType": "trigger",
    "triggerPx": "90",
    "orderPx": "-1",
}


@pytest.mark.parametrize(("changes", "code"), [
    ({"instId": ""}, "50014"), ({"instId": "FOO-BAR"}, "51001"), ({"instId": "LUNA-USDT"}, "51022"),
    ({"tdMode": ""}, "50014"), ({"tdMode": "credit"}, "51000"), ({"side": "BUY"}, "51000"),
    ({"ordType": "BOGUS"}, "51000"), ({"ordType": "trigger"}, "51000"),
    ({"sz": "-1"}, "51000"), ({"sz": ""}, "51000"), ({"px": "0"}, "51000"), ({"clOrdId": "a-b"}, "51000"),
    ({"instId": "BTC-USDT-SWAP"}, "51000"),
])  # fmt: skip
def test_an_order_that_is_refused(
    raw: OkxClient, sandbox: RunningSandbox, changes: dict[str, Any], code: str
) -> None:
    wrong = {**ORDER, **changes}
    response = raw.post("trade/order", wrong)
    assert (told(response), rows_told(response)) == ((200, "1"), [code])
    both = raw.post("trade/batch-orders", [ORDER, wrong])
    assert (told(both), rows_told(both)) == ((200, "2"), ["0", code])
    assert len(sandbox.live("okx")) == 1


@pytest.mark.parametrize(("changes", "code"), [
    ({"instId": "FOO-BAR"}, "51001"), ({"tdMode": "cash"}, "51000"), ({"ordType": "limit"}, "51000"),
    ({"triggerPx": ""}, "51000"), ({"orderPx": "-2"}, "51000"), ({"sz": ""}, "51000"),
    ({"ordType": "conditional"}, "50015"), ({"ordType": "oco", "slTriggerPx": "9", "slOrdPx": "-1"}, "50015"),
    ({"ordType": "move_order_stop"}, "50015"), ({"ordType": "twap", "szLimit": "1"}, "51000"),
    ({"algoClOrdId": "a b"}, "51000"),
])  # fmt: skip
def test_an_algo_order_that_is_refused(
    raw: OkxClient, sandbox: RunningSandbox, changes: dict[str, Any], code: str
) -> None:
    response = raw.post("trade/order-algo", {**ALGO, **changes})
    assert (told(response), rows_told(response), response.json()["msg"]) == ((200, "1"), [code], "")
    assert not sandbox.live("okx_algo")


def test_no_two_live_orders_have_the_same_id_of_the_client(raw: OkxClient) -> None:
    for path, asked, code in (
        ("trade/order", {**ORDER, "clOrdId": "mine"}, "51016"),
        ("trade/order-algo", {**ALGO, "algoClOrdId": "mine"}, "51068"),
    ):
        assert [rows_told(raw.post(path, asked)) for _ in range(2)] == [["0"], [code]]


def test_orders_that_never_rest(raw: OkxClient, sandbox: RunningSandbox) -> None:
    """That they find nobody to trade with is our choice, as there is no market here."""
    for kind, state in (("market", "filled"), ("ioc", "cancelled"), ("fok", "cancelled"), ("post_only", "open")):
        order_id = raw.post("trade/order", {**ORDER, "ordType": kind}).json()["data"][0]["ordId"]
        assert sandbox.book("okx")[order_id].state == state
    (row,) = raw.get("trade/orders-history", instType="SPOT", ordType="market").json()["data"]
    assert (row["px"], row["tgtCcy"], row["state"]) == ("", "quote_ccy", "filled")
