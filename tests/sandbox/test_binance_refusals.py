"""
What the paper Binance refuses, and with which words.

Codes and messages are those of the vendor's pages "Error codes for Binance" (Spot) and "Error Code" (USD-M
futures), unless a test says otherwise.
"""

from __future__ import annotations

import hashlib
import hmac
from typing import TYPE_CHECKING, Any

import pytest

from airflow_provider_exchange.sandbox.accounts import Accounts
from airflow_provider_exchange.sandbox.binance.account import BinanceAccount
from airflow_provider_exchange.sandbox.testing import running_sandbox

from .clients import BinanceClient, now_ms

if TYPE_CHECKING:
    from airflow_provider_exchange.sandbox.testing import RunningSandbox

LISTS = ("/api/v3/openOrders", "/fapi/v1/openOrders", "/fapi/v1/openAlgoOrders")
ONE_ORDER = ("/api/v3/order", "/fapi/v1/order")
UNKNOWN = (400, -2011, "Unknown order sent.")
NO_SUCH = (400, -2013, "Order does not exist.")
OUTSIDE = (400, -1021, "Timestamp for this request is outside of the recvWindow.")
AHEAD = (400, -1021, "Timestamp for this request was 1000ms ahead of the server's time.")


def mandatory(name: str) -> tuple[int, int, str]:
    return (400, -1102, f"Mandatory parameter '{name}' was not sent, was empty/null, or malformed.")


# -- who is let in


def test_the_vendor_s_own_example_of_a_signature() -> None:
    """The vendor's page "REST API", "SIGNED Endpoint Examples"; its old form with a part in the query, too."""
    account = BinanceAccount(
        "vmPUZE6mv9SD5VNHk4HlWFsOr6aKE2zvsw0MuIgwCIPy6utIco14y7Ju91duEh8A",
        "NhqPtmdSJYdKjVHjA7PZj4Mge3R5YNiP1e3UZjInClVN65XAbvqqM6A7H5fATj0j",
    )
    order = "symbol=LTCBTC&side=BUY&type=LIMIT&timeInForce=GTC"
    rest = "quantity=1&price=0.1&recvWindow=5000&timestamp=1499827319559"
    whole = "c8db56825ae71d6d79447849e617115f4a920fa2acdcab2b053c4b2838bd6b71"
    parts = "0fd168b8ddb4876a0358a8d14d0c9f3da0e9b20c5d52b2a00fcf7d1c602f9a77"
    with running_sandbox(Accounts(binance=account)) as sandbox:
        sandbox.exchange.clock = lambda: 1499827319.559
        client = BinanceClient(sandbox)
        headers = {"X-MBX-APIKEY": client.key}
        path = "/api/v3/order"
        assert client.send("POST", f"{path}?{order}&{rest}&signature={whole}", headers).ok
        assert client.send("POST", path, headers, f"{order}&{rest}&signature={whole}".encode()).ok
        assert client.send("POST", f"{path}?{order}", headers, f"{rest}&signature={parts}".encode()).ok
        wrong = client.send("POST", f"{path}?{order}", headers, f"{rest}&signature={whole}".encode())
        assert wrong.json() == {"code": -1022, "msg": "Signature for this request is not valid."}
        assert len(sandbox.live("binance")) == 3


@pytest.mark.parametrize("path", LISTS)
def test_keys_and_signatures(sandbox: RunningSandbox, path: str) -> None:
    client = BinanceClient(sandbox)
    assert client.call("GET", path).json() == []

    target = f"{path}?{client.signed()}"
    assert client.send("GET", target).json() == {"code": -2014, "msg": "API-key format invalid."}
    strange = client.send("GET", target, {"X-MBX-APIKEY": "strange"})
    assert (strange.status_code, strange.json()["code"]) == (401, -2015)

    headers = {"X-MBX-APIKEY": client.key}
    text = f"timestamp={now_ms()}"
    right = hmac.new(client.secret.encode(), text.encode(), hashlib.sha256).hexdigest()
    assert client.send("GET", f"{path}?{text}&signature={right.upper()}", headers).ok, "in either case"
    assert client.send("GET", f"{path}?signature={right}&{text}", headers).ok, "at either end"
    assert client.send("GET", f"{path}?{text}0&signature={right}", headers).json()["code"] == -1022
    assert client.send("GET", f"{path}?{text}", headers).json()["msg"] == mandatory("signature")[2]
    assert client.send("GET", f"{path}?{text}&signature=abc", headers).json()["code"] == -1100


@pytest.mark.parametrize(("late_ms", "window", "told"), [
    (4_000, None, None), (-900, None, None), (9_000, 10_000, None),
    (6_000, None, OUTSIDE), (11_000, 10_000, OUTSIDE), (-2_000, None, AHEAD), (-2_000, 60_000, AHEAD),
    (0, 60_001, (400, -1131, "recvWindow must be less than 60000")),
])  # fmt: skip
def test_the_time_of_a_request(
    sandbox: RunningSandbox, late_ms: int, window: int | None, told: tuple[int, int, str] | None
) -> None:
    client = BinanceClient(sandbox)
    asked = {"timestamp": now_ms() - late_ms} | ({} if window is None else {"recvWindow": window})
    if told is None:
        assert client.call("GET", "/fapi/v1/openOrders", **asked).ok
    else:
        assert client.refusal("GET", "/fapi/v1/openOrders", **asked) == told


def test_a_key_that_may_only_read() -> None:
    account = BinanceAccount("reader", "secret", may_trade=False)
    with running_sandbox(Accounts(binance=account)) as sandbox:
        client = BinanceClient(sandbox)
        order = sandbox.place("binance", "BTCUSDT")
        assert len(client.call("GET", "/api/v3/openOrders").json()) == 1
        status, code, _ = client.refusal("DELETE", "/api/v3/order", symbol="BTCUSDT", orderId=order.order_id)
        assert (status, code) == (401, -2015)
        assert client.call("GET", "/sapi/v1/account/apiRestrictions").json()["enableFutures"] is False
        assert sandbox.live("binance") == [order]


# -- which order


@pytest.mark.parametrize("path", ONE_ORDER)
def test_orders_that_are_not_there(sandbox: RunningSandbox, path: str) -> None:
    client = BinanceClient(sandbox)
    book = "binance" if path == ONE_ORDER[0] else "binance_linear"
    order = sandbox.place(book, "BTCUSDT", state="cancelled")
    named = {"symbol": "BTCUSDT", "orderId": order.order_id}
    neither = (400, -1102, "Param 'origClientOrderId' or 'orderId' must be sent, but both were empty/null!")

    assert client.refusal("GET", path, **{**named, "orderId": 1}) == NO_SUCH
    assert client.refusal("GET", path, **{**named, "symbol": "ETHUSDT"}) == NO_SUCH
    assert client.refusal("GET", path, origClientOrderId="another", **named) == NO_SUCH
    assert client.refusal("DELETE", path, **{**named, "orderId": 1}) == UNKNOWN
    assert client.refusal("DELETE", path, **named) == UNKNOWN, "it has ended"
    for method in ("GET", "DELETE"):
        assert client.refusal(method, path, **{**named, "symbol": "NOSUCH"}) == (400, -1121, "Invalid symbol.")
        assert client.refusal(method, path, symbol="BTCUSDT") == neither
        assert client.refusal(method, path, orderId=1) == mandatory("symbol")
        assert client.refusal(method, path, symbol="BTCUSDT", orderId="all")[1] == -1100
    assert client.call("GET", path, **named).json()["status"] == "CANCELED"


def test_an_algo_order_is_named_by_its_id_alone(sandbox: RunningSandbox) -> None:
    client, path = BinanceClient(sandbox), "/fapi/v1/algoOrder"
    order = sandbox.place("binance_algo", "BTCUSDT", stop_price=90, client_order_id="mine")
    assert client.refusal("GET", path, algoId=1) == NO_SUCH
    assert client.refusal("DELETE", path, algoId=1) == UNKNOWN
    assert client.refusal("DELETE", path)[1] == -1102
    assert client.call("GET", path, clientAlgoId="mine").json()["algoId"] == int(order.order_id)
    assert client.call("DELETE", path, algoid=order.order_id, symbol="ETHUSDT").ok, "a symbol is not looked at"
    assert client.refusal("DELETE", path, algoId=order.order_id) == UNKNOWN


# -- which parameters


@pytest.mark.parametrize(("path", "asked", "code"), [
    ("/api/v3/openOrders", {"symbol": ""}, -1105),
    ("/api/v3/openOrders", {"symbol": "btcusdt"}, -1100),
    ("/api/v3/openOrders", {"instId": "BTCUSDT"}, -1104),
    ("/api/v3/allOrders", {}, -1102),
    ("/api/v3/allOrders", {"symbol": "BTCUSDT", "limit": "x"}, -1100),
    ("/api/v3/allOrders", {"symbol": "BTCUSDT", "startTime": 0, "endTime": 86_400_001}, -1127),
    ("/api/v3/allOrders", {"symbol": "BTCUSDT", "orderId": 2**63}, -1108),
    ("/fapi/v1/openOrders", {"symbol": "NOSUCH"}, -1121),
    ("/fapi/v1/allOrders", {"limit": 1001}, -1130),
    ("/fapi/v1/allOrders", {"startTime": 0, "endTime": 604_800_001}, -4165),
    ("/fapi/v1/allAlgoOrders", {}, -1102),
    ("/fapi/v1/nothing", {}, -5000),
])  # fmt: skip
def test_parameters_that_a_read_does_not_take(
    sandbox: RunningSandbox, path: str, asked: dict[str, Any], code: int
) -> None:
    assert BinanceClient(sandbox).refusal("GET", path, **asked)[1] == code


def test_a_parameter_twice(sandbox: RunningSandbox) -> None:
    client = BinanceClient(sandbox)
    text = f"symbol=BTCUSDT&symbol=ETHUSDT&timestamp={now_ms()}"
    signature = hmac.new(client.secret.encode(), text.encode(), hashlib.sha256).hexdigest()
    answer = client.send("GET", f"/api/v3/openOrders?{text}&signature={signature}", {"X-MBX-APIKEY": client.key})
    assert answer.json()["code"] == -1101


def test_usd_m_futures_ignore_what_they_do_not_know(sandbox: RunningSandbox) -> None:
    """Reported by users of published clients, which send such parameters there."""
    assert BinanceClient(sandbox).call("GET", "/fapi/v1/openOrders", instId="BTCUSDT", SYMBOL="BTCUSDT").ok


@pytest.mark.parametrize("asked", [
    {"orderIdList": "[1,2,3,4,5,6,7,8,9,10,11]"}, {"orderIdList": "1,2"}, {"orderIdList": "[]"},
    {"origClientOrderIdList": "[1]"}, {"origClientOrderIdList": "no"}, {},
])  # fmt: skip
def test_a_batch_of_something_else(sandbox: RunningSandbox, asked: dict[str, str]) -> None:
    order = sandbox.place("binance_linear", "BTCUSDT")
    status, code, _ = BinanceClient(sandbox).refusal("DELETE", "/fapi/v1/batchOrders", symbol="BTCUSDT", **asked)
    assert (status, code) == (400, -1130 if asked else -1102)
    assert sandbox.live("binance_linear") == [order]


# -- new orders


@pytest.mark.parametrize(("fields", "code"), [
    ({"symbol": "NOSUCH"}, -1121), ({"symbol": "BCCBTC"}, -1013), ({"side": "HOLD"}, -1117),
    ({"type": "STOP"}, -1116), ({"quantity": "0"}, -1013), ({"quantity": "much"}, -1100),
    ({"timeInForce": "SOON"}, -1115), ({"type": "STOP_LOSS_LIMIT"}, -1102), ({"newClientOrderId": "a b"}, -1100),
    ({"reduceOnly": "true"}, -1104), ({"newOrderRespType": "LONG"}, -1136),
])  # fmt: skip
def test_spot_orders_that_are_not_taken(sandbox: RunningSandbox, fields: dict[str, Any], code: int) -> None:
    assert BinanceClient(sandbox).place(**fields).json()["code"] == code
    assert not sandbox.live("binance")


def test_a_client_order_id_is_used_again_once_its_order_has_ended(sandbox: RunningSandbox) -> None:
    client = BinanceClient(sandbox)
    first = client.place(newClientOrderId="mine").json()["orderId"]
    assert client.place(newClientOrderId="mine").json() == {"code": -2010, "msg": "Duplicate order sent."}
    sandbox.book("binance").fill(str(first))
    second = client.place(newClientOrderId="mine").json()["orderId"]
    asked = {"symbol": "BTCUSDT", "origClientOrderId": "mine"}
    assert client.call("GET", "/api/v3/order", **asked).json()["orderId"] == second
    assert client.call("DELETE", "/api/v3/order", **asked).json()["orderId"] == second


@pytest.mark.parametrize(
    "kind", ["STOP", "STOP_MARKET", "TAKE_PROFIT", "TAKE_PROFIT_MARKET", "TRAILING_STOP_MARKET"]
)
def test_usd_m_futures_take_stops_as_algo_orders_only(sandbox: RunningSandbox, kind: str) -> None:
    """The vendor's change log of 2025-11-06."""
    client = BinanceClient(sandbox)
    message = "Order type not supported for this endpoint. Please use the Algo Order API endpoints instead."
    refused = client.place("/fapi/v1/order", type=kind, stopPrice="60000")
    assert refused.json() == {"code": -4120, "msg": message}
    trigger = {"activatePrice": "60000"} if kind == "TRAILING_STOP_MARKET" else {"triggerPrice": "60000"}
    assert (
        client.place("/fapi/v1/algoOrder", type=kind, algoType="CONDITIONAL", **trigger).json()["orderType"] == kind
    )
    assert client.place("/fapi/v1/algoOrder", type=kind, **trigger).json()["msg"] == mandatory("algoType")[2]
    assert len(sandbox.live("binance_algo")) == 1
    assert not sandbox.live("binance_linear")
