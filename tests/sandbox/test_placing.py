"""Orders placed through the venues' own signed calls, and those that a venue does not take."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from cryptography.hazmat.primitives.hashes import SHA256

from .clients import BitoProClient, LoopringClient, NamiClient, hexmac, now_ms

if TYPE_CHECKING:
    from airflow_provider_exchange.sandbox.testing import RunningSandbox


def test_nami_market_and_stop_limit_orders(sandbox: RunningSandbox) -> None:
    client = NamiClient(sandbox)
    assert client.place(type="MARKET").json()["data"]["status"] == "FILLED"
    stop = client.place(type="STOP_LIMIT", stopPrice=250.5).json()["data"]
    assert (stop["status"], stop["stopPrice"], stop["type"]) == ("NEW", 250.5, "STOP_LIMIT")
    assert [order.state for order in sandbox.book("nami")] == ["filled", "waiting"]


@pytest.mark.parametrize("fields", [
    {"quantity": 0}, {"quantity": "much"}, {"quantity": True}, {"quantity": None}, {"price": -1},
    {"type": "STOP_LIMIT"},
])  # fmt: skip
def test_nami_refuses_numbers_that_are_none(sandbox: RunningSandbox, fields: dict[str, Any]) -> None:
    assert NamiClient(sandbox).place(**fields).status_code in (400, 401)
    assert not sandbox.live("nami")


def test_nami_refuses_a_symbol_it_does_not_know(sandbox: RunningSandbox) -> None:
    assert NamiClient(sandbox).place(symbol="NOSUCHCOIN").json()["status"] == "BAD_SYMBOL"


@pytest.mark.parametrize("body", [b"{", b"[]", b'"text"', b"[" * 100_000, b"9" * 5_000])
def test_nami_refuses_a_body_that_is_no_object(sandbox: RunningSandbox, body: bytes) -> None:
    assert NamiClient(sandbox).post("DELETE", "/api/v4/spot/order", body).status_code == 400


@pytest.mark.parametrize("orders", ["435372", [435372], [{"displayingId": "435372", "symbol": "BTCUSDT"}], [{}]])
def test_nami_refuses_a_batch_of_something_else(sandbox: RunningSandbox, orders: Any) -> None:
    sandbox.exchange.apply_settings(nami_batch_signing="json")
    written = orders if isinstance(orders, str) else json.dumps(orders, separators=(",", ":"))
    client = NamiClient(sandbox)
    response = client.post("DELETE", "/api/v4/spot/all_order", client.batch_body(orders, written))
    assert response.status_code == 400


def test_nami_refuses_a_whole_batch_when_told_to(sandbox: RunningSandbox) -> None:
    sandbox.faults.add(kind="refuse_cancel")
    order = sandbox.place("nami", "BTCUSDT")
    assert NamiClient(sandbox).cancel_many((order.order_id, "BTCUSDT")).json()["status"] == "BROKER_ERROR"


def test_nami_refuses_a_timestamp_that_is_none(sandbox: RunningSandbox) -> None:
    client = NamiClient(sandbox)
    signature = hexmac(client.secret, "timestamp=soon", SHA256())
    target = f"/api/v4/spot/open?timestamp=soon&signature={signature}"
    assert client.send("GET", target, {"x-api-key": client.key}).status_code == 400


@pytest.mark.parametrize(("fields", "status"), [
    ({"type": "MARKET"}, 200),
    ({"type": "limit", "action": "buy"}, 200),
    ({"amount": "0"}, 422),
    ({"amount": "1e99999"}, 422),
    ({"price": None}, 422),
    ({"action": "HOLD"}, 400),
    ({"timeInForce": "IOC"}, 400),
    ({"clientId": 0}, 400),
    ({"clientId": "77"}, 400),
    ({"timestamp": "now"}, 400),
    ({"timestamp": 1}, 409),
    ({"type": "STOP_LIMIT", "stopPrice": "1"}, 422),
    ({"type": "STOP_LIMIT", "stopPrice": "1", "condition": "<="}, 200),
])  # fmt: skip
def test_bitopro_orders(sandbox: RunningSandbox, fields: dict[str, Any], status: int) -> None:
    assert BitoProClient(sandbox).place(**fields).status_code == status
    assert len(sandbox.book("bitopro")) == (status == 200)


@pytest.mark.parametrize(("method", "path", "body", "status"), [
    ("POST", "/orders/no_pair", {"timestamp": 1}, 404),
    ("POST", "/orders/btc_usdt", [], 400),
    ("POST", "/orders/batch", [], 400),
    ("POST", "/orders/batch", [{"type": "STOP_LIMIT"}], 400),
    ("POST", "/orders/batch", [{"type": "LIMIT"}] * 11, 400),
    ("PUT", "/orders", {"NO_PAIR": ["1"]}, 404),
    ("PUT", "/orders", [], 400),
    ("PUT", "/orders", {"BTC_USDT": [1]}, 400),
    ("DELETE", "/orders/no_pair", None, 404),
    ("DELETE", "/orders/btc_usdt/1", None, 404),
    ("DELETE", "/orders/btc_usdt/1?isAllStrategyCanceled=maybe", None, 400),
])  # fmt: skip
def test_bitopro_refuses(sandbox: RunningSandbox, method: str, path: str, body: Any, status: int) -> None:
    sandbox.place("bitopro", "btc_usdt")
    assert BitoProClient(sandbox).call(method, path, body).status_code == status
    assert len(sandbox.live("bitopro")) == 1


@pytest.mark.parametrize("content", [b"{", b"[]", b'{"nonce": "1"}', b'{"nonce": true}'])
def test_bitopro_refuses_a_payload_that_says_nothing(sandbox: RunningSandbox, content: bytes) -> None:
    client = BitoProClient(sandbox)
    assert client.send("GET", "/v3/orders/open", client.headers(content)).status_code == 400


def test_loopring_buy_and_stop_limit_orders(sandbox: RunningSandbox) -> None:
    client = LoopringClient(sandbox)
    bought = client.order(
        2,
        sellToken={"tokenId": 2, "volume": "3000000000"},
        buyToken={"tokenId": 0, "volume": "1500000000000000000"},
        fillAmountBOrS=True,
    )
    stop = client.order(4) | {
        "extraOrderType": "STOP_LIMIT",
        "stopPrice": "0.36",
        "stopSide": "LESS_THAN_AND_EQUAL",
    }
    for order in (bought, stop):
        assert client.submit(order).json()["isIdempotent"] is False
    first, second = sandbox.live("loopring")
    assert (
        first.as_dict().items() >= {"symbol": "ETH-USDT", "side": "BUY", "quantity": "1.5", "price": "2000"}.items()
    )
    assert (second.symbol, second.state, str(second.stop_price)) == ("LRC-ETH", "waiting", "0.36")


@pytest.mark.parametrize(("fields", "code"), [
    ({"exchange": "0x1"}, 102001),
    ({"accountId": 7}, 104003),
    ({"sellToken": {"tokenId": 9, "volume": "1"}}, 102005),
    ({"sellToken": {"tokenId": 1, "volume": "0"}}, 100001),
    ({"clientOrderId": "x" * 121}, 100001),
    ({"extraOrderType": "STOP_LIMIT"}, 100001),
    ({"extraOrderType": "STOP_LIMIT", "stopPrice": "1", "stopSide": "UP"}, 100001),
    ({"eddsaSignature": ""}, 102010),
    ({"eddsaSignature": 1}, 104005),
    ({"validUntil": "soon"}, 100001),
    ({"sellToken": None}, 100001),
])  # fmt: skip
def test_loopring_refuses(sandbox: RunningSandbox, fields: dict[str, Any], code: int) -> None:
    client = LoopringClient(sandbox)
    signable = {key: value for key, value in fields.items() if value not in (None, "soon")}
    order = {**client.order(**signable), **fields}
    assert client.submit(order).json()["resultInfo"]["code"] == code
    assert not sandbox.live("loopring")


def test_loopring_refuses_malformed_hashes_and_unknown_paths(sandbox: RunningSandbox) -> None:
    client = LoopringClient(sandbox)
    assert client.delete("/orders/byHash", orderHash="0x1,all").json()["resultInfo"]["code"] == 102119
    assert client.get("/order", orderHash="all").json()["resultInfo"]["code"] == 107003
    assert client.get("/nothing").status_code == 404


def test_a_sandbox_that_was_reset_is_as_new(sandbox: RunningSandbox) -> None:
    client = BitoProClient(sandbox)
    client.place()
    signed = client.headers()
    assert client.send("GET", "/v3/orders/open", signed).status_code == 200
    sandbox.faults.add(kind="html")
    sandbox.reset()
    assert client.send("GET", "/v3/orders/open", signed).status_code == 200  # the nonce counts as new
    sandbox.reset()
    assert (sandbox.live("bitopro"), sandbox.request_log, sandbox.faults.rules) == ([], [], [])
    assert now_ms() - sandbox.exchange.now_ms() < 1000
