"""What the paper Gate's lists show and page, and what it refuses, after the documents of Gate's API v4."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from .client import GONE, GateClient

if TYPE_CHECKING:
    from airflow_provider_exchange.sandbox.testing import RunningSandbox

OPEN, AUTO = "/spot/open_orders", "/spot/price_orders"
LINEAR = "/futures/usdt/orders"


@pytest.fixture
def client(sandbox: RunningSandbox) -> GateClient:
    return GateClient(sandbox)


def test_the_vendors_own_example_of_a_signature() -> None:
    """From the page on signatures: key "key", secret "secret", a list of finished orders at 1541993715."""
    made = object.__new__(GateClient)
    made.key, made.secret = "key", "secret"
    query = "contract=BTC_USD&status=finished&limit=50"
    assert made.headers("GET", "/api/v4/futures/orders", query, "", 1541993715)["SIGN"] == (
        "55f84ea195d6fe57ce62464daaa7c3c02fa9d1dde954e4c898289c9a2407a3d6"
        "fb3faf24deff16790d726b66ac9f74526668b13bd01029199cc4fcc522418b8a"
    )


def test_open_orders_are_grouped_and_each_group_has_pages(client: GateClient, sandbox: RunningSandbox) -> None:
    btc = [sandbox.place("gate", "BTC_USDT").order_id for _ in range(3)][::-1]
    eth = sandbox.place("gate", "ETH_USDT").order_id
    groups = client.get(OPEN, limit=2).json()
    assert [(group["currency_pair"], group["total"]) for group in groups] == [("ETH_USDT", 1), ("BTC_USDT", 2)]
    assert client.ids(OPEN, limit=2) == [eth, *btc[:2]]
    assert client.ids(OPEN, limit=2, page=2) == btc[2:]
    assert client.get(OPEN, limit=2, page=2).json()[0] == {"currency_pair": "ETH_USDT", "total": 0, "orders": []}


def test_contracts_go_on_from_an_id_or_an_offset(client: GateClient, sandbox: RunningSandbox) -> None:
    placed = [sandbox.place("gate_linear", "BTC_USDT").order_id for _ in range(5)][::-1]
    assert client.ids(LINEAR, status="open", limit=2) == placed[:2]
    assert client.ids(LINEAR, status="open", limit=2, last_id=placed[1]) == placed[2:4]
    assert client.ids(LINEAR, status="open", limit=2, offset=3) == placed[3:]


def test_auto_orders_of_a_unified_account_have_to_be_asked_for(client: GateClient, sandbox: RunningSandbox) -> None:
    classic = sandbox.place("gate_auto", "BTC_USDT", stop_price="90").order_id
    assert client.ids(AUTO, status="open") == [classic]
    assert client.ids(AUTO, status="open", account="unified") == []
    sandbox.exchange.apply_settings(gate_account="classic_refused")
    answer = client.get(AUTO, status="open", account="unified")
    assert (answer.status_code, answer.json()["label"]) == (400, "INVALID_UNIFIED_ACCOUNT")
    sandbox.exchange.apply_settings(gate_account="unified")
    unified = sandbox.place("gate_auto", "BTC_USDT", stop_price="90").order_id
    assert client.ids(AUTO, status="open", account="unified") == [unified]
    assert client.ids(AUTO, status="open") == [classic]


def test_a_batch_has_to_say_of_what_account_an_order_is(client: GateClient, sandbox: RunningSandbox) -> None:
    sandbox.exchange.apply_settings(gate_account="unified")
    order = sandbox.place("gate", "BTC_USDT").order_id
    named = {"currency_pair": "BTC_USDT", "id": order}
    (row,) = client.call("POST", "/spot/cancel_batch_orders", [named]).json()
    assert (row["succeeded"], row["label"]) == (False, "ORDER_NOT_FOUND")
    (row,) = client.call("POST", "/spot/cancel_batch_orders", [{**named, "account": "unified"}]).json()
    assert row["succeeded"]
    assert sandbox.live("gate") == []


def test_what_never_traded_is_forgotten(client: GateClient, sandbox: RunningSandbox) -> None:
    traded = sandbox.place("gate", "BTC_USDT", state="cancelled", filled="0.5", age=3600).order_id
    untouched = sandbox.place("gate", "BTC_USDT", state="cancelled", age=3600).order_id
    assert client.get(f"/spot/orders/{traded}", currency_pair="BTC_USDT").status_code == 200
    assert client.get(f"/spot/orders/{untouched}", currency_pair="BTC_USDT").json()["label"] == "ORDER_NOT_FOUND"
    assert client.ids("/spot/orders", status="finished") == [traded]


@pytest.mark.parametrize(
    ("path", "asked", "status", "label"),
    [
        (OPEN, {"page": 0}, 400, "INVALID_PARAM_VALUE"),
        (OPEN, {"account": "options"}, 400, "INVALID_PARAM_VALUE"),
        (AUTO, {}, 400, "MISSING_REQUIRED_PARAM"),
        (AUTO, {"status": "running"}, 400, "INVALID_PARAM_VALUE"),
        (AUTO, {"status": "open", "offset": -1}, 400, "INVALID_PARAM_VALUE"),
        ("/spot/orders", {"status": "open"}, 400, "MISSING_REQUIRED_PARAM"),
        (f"/spot/orders/{GONE}", {}, 400, "MISSING_REQUIRED_PARAM"),
        ("/spot/orders/t-gone", {"currency_pair": "BTC_USDT"}, 404, "CLIENT_ID_NOT_FOUND"),
        (LINEAR, {}, 400, "MISSING_REQUIRED_PARAM"),
        (LINEAR, {"status": "open", "limit": "many"}, 400, "INVALID_PARAM_VALUE"),
        (f"{LINEAR}/{GONE}", {}, 404, "ORDER_NOT_FOUND"),
        ("/futures/usdt/nothing", {}, 404, "NOT_FOUND"),
    ],
)
def test_a_wrong_request_is_told_what_is_wrong(
    client: GateClient, path: str, asked: dict[str, Any], status: int, label: str
) -> None:
    answer = client.get(path, **asked)
    assert (answer.status_code, answer.json()["label"]) == (status, label)


@pytest.mark.parametrize("body", [{}, [], ["1"] * 21, [1], "text"])
def test_a_batch_in_another_form_is_refused(client: GateClient, body: Any) -> None:
    answer = client.call("POST", "/futures/usdt/batch_cancel_orders", body)
    assert (answer.status_code, answer.json()["label"]) == (400, "INVALID_REQUEST_BODY")


def test_a_request_without_a_signature_is_refused(client: GateClient) -> None:
    answer = client.send("GET", f"/api/v4{OPEN}")
    assert (answer.status_code, answer.json()["label"]) == (401, "MISSING_REQUIRED_HEADER")


@pytest.mark.parametrize(
    ("book", "order", "why"),
    [
        ("gate", {"order_id": "x1"}, "numbers"),
        ("gate", {"client_order_id": "mine"}, "begin with t-"),
        ("gate", {"stop_price": "90"}, "apart from the others"),
        ("gate_auto", {}, "apart from the others"),
        ("gate_auto", {"stop_price": "90", "client_order_id": "t-mine"}, "have no client order id"),
        ("gate", {"type": "ICEBERG"}, "no orders of type"),
        ("gate_linear", {"symbol": "ETH_BTC"}, "no market of this kind"),
    ],
)
def test_orders_that_gate_cannot_have(sandbox: RunningSandbox, book: str, order: dict[str, Any], why: str) -> None:
    with pytest.raises(ValueError, match=why):
        sandbox.place(book, **{"symbol": "BTC_USDT", **order})
