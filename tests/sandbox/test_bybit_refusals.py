"""What the paper Bybit refuses, with the codes of https://bybit-exchange.github.io/docs/v5/error."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from cryptography.hazmat.primitives.hashes import SHA256

from airflow_provider_exchange.sandbox.accounts import Accounts
from airflow_provider_exchange.sandbox.bybit.account import BybitAccount
from airflow_provider_exchange.sandbox.testing import RunningSandbox, running_sandbox

from .bybit import GONE, BybitClient
from .clients import hexmac, now_ms

if TYPE_CHECKING:
    from collections.abc import Callable

    import requests


@pytest.fixture
def client(sandbox: RunningSandbox) -> BybitClient:
    return BybitClient(sandbox)


def code(answer: requests.Response) -> int:
    body = answer.json()
    assert body.keys() == {"retCode", "retMsg", "result", "retExtInfo", "time"}
    assert abs(body["time"] - now_ms()) < 60_000
    told: int = body["retCode"]
    return told


def test_the_guide_s_own_signature_is_the_one_that_is_checked() -> None:
    """The example of the page "Integration Guidance", whose secret is not published: what is signed is."""
    account = BybitAccount("XXXXXXXXXX", "a secret")
    query = "category=option&symbol=BTC-29JUL22-25000-C"
    with running_sandbox(Accounts(bybit=account)) as sandbox:
        sandbox.exchange.clock = lambda: 1658384314.791
        client = BybitClient(sandbox)
        headers = client.headers(query, 1658384314791)
        signed = "1658384314791XXXXXXXXXX5000category=option&symbol=BTC-29JUL22-25000-C"
        assert headers["X-BAPI-SIGN"] == hexmac("a secret", signed, SHA256())
        assert (
            client.send("GET", f"/v5/order/realtime?{query}", headers).json()["retCode"] == 10001
        )  # no such market
        headers["X-BAPI-SIGN"] = hexmac("another", signed, SHA256())
        refused = client.send("GET", f"/v5/order/realtime?{query}", headers).json()
        assert (refused["retCode"], refused["retMsg"]) == (10004, f"error sign! origin_string[{signed}]")


def test_a_post_is_signed_over_its_body_byte_for_byte(client: BybitClient, sandbox: RunningSandbox) -> None:
    body = json.dumps(
        {"category": "spot", "symbol": "BTCUSDT", "orderId": sandbox.place("bybit", "BTCUSDT").order_id}
    )
    spaced = body + " "
    for other in (spaced, body.replace(", ", ",  ")):
        assert code(client.send("POST", "/v5/order/cancel", client.headers(body), other.encode())) == 10004
    assert len(sandbox.live("bybit")) == 1
    assert code(client.send("POST", "/v5/order/cancel", client.headers(spaced), spaced.encode())) == 0
    assert sandbox.live("bybit") == []


@pytest.mark.parametrize(("ahead", "window", "told"), [
    (0, "5000", 0), (-4_000, "5000", 0), (-6_000, "5000", 10002), (-6_000, "20000", 0), (-6_000, "", 10002),
    (900, "5000", 0), (1_000, "5000", 10002), (1_500, "20000", 10002),
])  # fmt: skip
def test_a_request_is_neither_old_nor_early(
    client: BybitClient, sandbox: RunningSandbox, ahead: int, window: str, told: int
) -> None:
    """From ``server_time - recv_window`` until before ``server_time + 1000``; the page "Integration Guidance"."""
    sandbox.exchange.clock = lambda: 1_800_000_000.0
    headers = client.headers("category=spot", 1_800_000_000_000 + ahead, window)
    body = client.send("GET", "/v5/order/realtime?category=spot", headers).json()
    assert body["retCode"] == told
    if told:
        assert f"req_timestamp[{1_800_000_000_000 + ahead}],server_timestamp[1800000000000]" in body["retMsg"]


@pytest.mark.parametrize("status", [200, 401])
def test_an_unknown_key(client: BybitClient, sandbox: RunningSandbox, status: int) -> None:
    sandbox.exchange.apply_settings(bybit_unknown_key_status=status)
    client.key = "another"
    answer = client.get("/order/realtime", category="spot")
    assert (answer.status_code, code(answer)) == (status, 10003)


def test_a_request_without_a_signature_and_one_to_a_path_of_nobody_s(client: BybitClient) -> None:
    headers = client.headers("category=spot")
    del headers["X-BAPI-SIGN"]
    assert client.send("GET", "/v5/order/realtime?category=spot", headers).status_code == 401
    answer = client.get("/order/nothing")
    assert (answer.status_code, code(answer)) == (404, 10017)


def test_a_key_that_may_only_read() -> None:
    with running_sandbox(Accounts(bybit=BybitAccount("k", "s", may_trade=False))) as sandbox:
        client = BybitClient(sandbox)
        order = sandbox.place("bybit", "BTCUSDT").order_id
        assert client.ids(category="spot") == [order]
        assert code(client.post("/order/cancel", category="spot", symbol="BTCUSDT", orderId=order)) == 10005
        assert client.get("/user/query-api").json()["result"]["readOnly"] == 1
        assert len(sandbox.live("bybit")) == 1


READS: dict[str, tuple[Callable[[BybitClient], requests.Response], int]] = {
    "no category": (lambda client: client.get("/order/realtime"), 10001),
    "a category that is none": (lambda client: client.get("/order/realtime", category="swap"), 10001),
    "contracts of no market and no coin": (lambda client: client.get("/order/realtime", category="linear"), 10001),
    "a contract that is none": (
        lambda client: client.get("/order/realtime", category="linear", symbol="btcusdt"),
        10001,
    ),
    "a spot market that is none": (
        lambda client: client.get("/order/realtime", category="spot", symbol="BTCPERP"),
        170121,
    ),
    "too large a limit": (lambda client: client.get("/order/realtime", category="spot", limit=51), 10001),
    "too small a limit": (lambda client: client.get("/order/history", category="spot", limit=0), 10001),
    "a cursor that is none": (lambda client: client.get("/order/realtime", category="spot", cursor="2"), 10001),
    "a window of more than a week": (
        lambda client: client.get("/order/history", category="spot", startTime=1, endTime=604_800_002),
        10001,
    ),
    "too many markets": (
        lambda client: client.get("/market/instruments-info", category="linear", limit=1001),
        10001,
    ),
    "a contract in the list of markets": (
        lambda client: client.get("/market/instruments-info", category="linear", symbol="XAUUSD"),
        10001,
    ),
}


@pytest.mark.parametrize("case", READS)
def test_reads_with_wrong_parameters(client: BybitClient, case: str) -> None:
    read, told = READS[case]
    answer = read(client)
    assert (answer.status_code, code(answer)) == (200, told)


NAMED = {"category": "spot", "symbol": "BTCUSDT", "orderId": GONE}

CANCELS: dict[str, tuple[dict[str, Any], int]] = {
    "spot, not there": (NAMED, 170213),
    "linear, not there": ({**NAMED, "category": "linear"}, 110001),
    "no order named": ({**NAMED, "orderId": None}, 10001),
    "a client's id of nobody's": ({**NAMED, "orderId": "", "orderLinkId": "mine"}, 170213),
    "no market": ({**NAMED, "symbol": ""}, 170121),
    "no such market": ({**NAMED, "symbol": "btcusdt"}, 170121),
    "no such contract": ({**NAMED, "category": "linear", "symbol": "NOTHING"}, 10001),
    "no such filter": ({**NAMED, "orderFilter": "stop"}, 170201),
}


@pytest.mark.parametrize("case", CANCELS)
def test_cancels_that_name_nothing(client: BybitClient, sandbox: RunningSandbox, case: str) -> None:
    sandbox.place("bybit", "BTCUSDT")
    sandbox.place("bybit_linear", "BTCUSDT")
    asked, told = CANCELS[case]
    assert code(client.post("/order/cancel", **asked)) == told
    assert len(sandbox.live("bybit") + sandbox.live("bybit_linear")) == 2


def test_an_order_of_another_market_or_category_is_not_found(client: BybitClient, sandbox: RunningSandbox) -> None:
    spot, linear = (sandbox.place(book, "BTCUSDT").order_id for book in ("bybit", "bybit_linear"))
    for category, symbol, order, told in (
        ("spot", "ETHUSDT", spot, 170213),
        ("spot", "BTCUSDT", linear, 170213),
        ("linear", "ETHUSDT", linear, 110001),
        ("linear", "BTCUSDT", spot, 110001),
    ):
        assert code(client.post("/order/cancel", category=category, symbol=symbol, orderId=order)) == told
    assert len(sandbox.live("bybit") + sandbox.live("bybit_linear")) == 2


@pytest.mark.parametrize(("book", "state", "setting", "told"), [
    ("bybit", "cancelled", "unknown_order", 170213),
    ("bybit", "filled", "unknown_order", 170213),
    ("bybit", "cancelled", "by_state", 170142),
    ("bybit", "filled", "by_state", 170139),
    ("bybit_linear", "filled", "by_state", 110001),
])  # fmt: skip
def test_an_order_that_has_ended(
    client: BybitClient, sandbox: RunningSandbox, book: str, state: str, setting: str, told: int
) -> None:
    sandbox.exchange.apply_settings(bybit_spot_ended=setting)
    order = sandbox.place(book, "ETHUSDT", state=state).order_id
    category = "spot" if book == "bybit" else "linear"
    assert code(client.post("/order/cancel", category=category, symbol="ETHUSDT", orderId=order)) == told


NEW = {"symbol": "BTCUSDT", "side": "Buy", "orderType": "Limit", "qty": "1", "price": "100"}


@pytest.mark.parametrize(("changes", "spot", "linear"), [
    ({"side": "BUY"}, 170117, 10001),
    ({"orderType": "Stop"}, 170116, 10001),
    ({"timeInForce": "GTX"}, 170115, 10001),
    ({"qty": "-1"}, 170130, 10001),
    ({"price": ""}, 170130, 10001),
    ({"orderLinkId": "a b"}, 170130, 10001),
    ({"orderLinkId": "taken"}, 170141, 110072),
    ({"triggerPrice": "90"}, 0, 10001),
    ({"triggerPrice": "90", "triggerDirection": 2}, 0, 0),
    ({"orderFilter": "StopOrder"}, 170202, 0),
])  # fmt: skip
def test_new_orders(
    client: BybitClient, sandbox: RunningSandbox, changes: dict[str, Any], spot: int, linear: int
) -> None:
    for book, category, told in (("bybit", "spot", spot), ("bybit_linear", "linear", linear)):
        sandbox.place(book, "ETHUSDT", client_order_id="taken")
        assert code(client.post("/order/create", category=category, **{**NEW, **changes})) == told
        assert len(sandbox.live(book)) == (1 if told else 2)


def test_a_used_up_limit_is_told_with_200(sandbox: RunningSandbox, client: BybitClient) -> None:
    """The page "Rate Limit Rules": ``X-Bapi-Limit-Status`` is what is left."""
    sandbox.exchange.apply_settings(rate_limits=True)
    sandbox.exchange.limits._clock = lambda: 0.0
    answers = [client.get("/user/query-api") for _ in range(11)]
    assert [code(answer) for answer in answers] == [0] * 10 + [10006]
    assert answers[-1].status_code == 200
    assert answers[-1].headers["X-Bapi-Limit-Status"] == "0"
    assert int(answers[-1].headers["X-Bapi-Limit-Reset-Timestamp"]) > answers[-1].json()["time"]
