"""Who is let in. The codes are those of "REST API: API class" on the vendor's page of error codes."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest

from airflow_provider_exchange.sandbox.accounts import Accounts
from airflow_provider_exchange.sandbox.okx.account import OkxAccount
from airflow_provider_exchange.sandbox.testing import running_sandbox

from .client import OkxClient, iso, told

if TYPE_CHECKING:
    from collections.abc import Callable

    from airflow_provider_exchange.sandbox.testing import RunningSandbox

LIST = "/api/v5/trade/orders-pending?instType=SPOT"


@pytest.mark.parametrize(("header", "value", "code"), [
    ("OK-ACCESS-KEY", "", "50103"),
    ("OK-ACCESS-KEY", "another", "50111"),
    ("OK-ACCESS-SIGN", "", "50106"),
    ("OK-ACCESS-SIGN", "c2lnbmVk", "50113"),
    ("OK-ACCESS-TIMESTAMP", "", "50107"),
    ("OK-ACCESS-TIMESTAMP", "yesterday", "50112"),
    ("OK-ACCESS-TIMESTAMP", "2026-13-01T00:00:00.000Z", "50112"),
    ("OK-ACCESS-TIMESTAMP", "1796085773966", "50102"),
    ("OK-ACCESS-PASSPHRASE", "", "50104"),
    ("OK-ACCESS-PASSPHRASE", "another", "50105"),
    ("x-simulated-trading", "1", "50101"),
])  # fmt: skip
def test_a_header_that_is_missing_or_wrong(raw: OkxClient, header: str, value: str, code: str) -> None:
    response = raw.send("GET", LIST, {**raw.headers("GET", LIST), header: value})
    assert told(response) == (401, code)
    assert "data" not in response.json(), "the gateway's errors have none"


@pytest.mark.parametrize(("seconds", "expected"), [
    (0, (200, "0")), (-29, (200, "0")), (29, (200, "0")), (-31, (401, "50102")), (31, (401, "50102")),
])  # fmt: skip
def test_a_timestamp_may_be_30_seconds_off(raw: OkxClient, seconds: float, expected: tuple[int, str]) -> None:
    assert told(raw.send("GET", LIST, raw.headers("GET", LIST, at=iso(seconds)))) == expected


def changed(text: str, draw: random.Random) -> str:
    place = draw.randrange(len(text))
    return (
        text[:place] + draw.choice([letter for letter in "abcXYZ019" if letter != text[place]]) + text[place + 1 :]
    )


@pytest.mark.parametrize("spoils", [
    lambda target, body, draw: (changed(target.partition("?")[2], draw), body),
    lambda target, body, draw: (target.partition("?")[2], changed(body, draw)),
])  # fmt: skip
def test_any_change_to_query_or_body_shuts_the_door(
    raw: OkxClient, spoils: Callable[[str, str, random.Random], tuple[str, str]]
) -> None:
    draw, body = random.Random(1), '{"instId":"BTC-USDT","ordId":"1"}'
    target = "/api/v5/trade/cancel-order?beside=this"
    headers = raw.headers("POST", target, body)
    assert told(raw.send("POST", target, headers, body.encode())) == (200, "1")
    for _ in range(20):
        query, sent = spoils(target, body, draw)
        response = raw.send("POST", f"/api/v5/trade/cancel-order?{query}", headers, sent.encode())
        assert told(response) == (401, "50113")


def test_a_signature_is_for_one_method_and_path(raw: OkxClient) -> None:
    headers = raw.headers("GET", LIST)
    assert told(raw.send("GET", LIST.replace("pending", "history"), headers)) == (401, "50113")
    assert told(raw.send("POST", LIST.replace("orders-pending", "cancel-order"), headers)) == (401, "50113")


def test_a_demo_account_wants_its_header(raw: OkxClient, sandbox: RunningSandbox) -> None:
    sandbox.exchange.apply_settings(okx_environment="demo")
    headers = raw.headers("GET", LIST)
    assert told(raw.send("GET", LIST, headers)) == (401, "50101")
    assert told(raw.send("GET", LIST, {**headers, "x-simulated-trading": "1"})) == (200, "0")


def test_a_key_that_only_reads() -> None:
    accounts = Accounts(okx=OkxAccount("another", "secret", "phrase", ("read_only",)))
    with running_sandbox(accounts) as sandbox:
        raw = OkxClient(sandbox)
        order = sandbox.place("okx", "BTC-USDT")
        asked = {"instId": "BTC-USDT", "ordId": order.order_id}
        assert told(raw.post("trade/cancel-order", asked)) == (200, "50120")
        assert raw.ids("trade/orders-pending") == [order.order_id]
        assert raw.get("account/config").json()["data"][0]["perm"] == "read_only"
    assert "phrase" not in repr(accounts["okx"])


@pytest.mark.parametrize(("path", "body", "code"), [
    ("cancel-order", "", "50000"),
    ("cancel-order", "{}", "50000"),
    ("cancel-order", "{", "50002"),
    ("cancel-order", '["BTC-USDT"]', "50002"),
    ("cancel-batch-orders", '{"instId":"BTC-USDT","ordId":"1"}', "50002"),
    ("cancel-algos", '{"instId":"BTC-USDT","algoId":"1"}', "50002"),
    ("cancel-algos", "[1]", "50002"),
])  # fmt: skip
def test_a_body_that_is_none(raw: OkxClient, path: str, body: str, code: str) -> None:
    target = f"/api/v5/trade/{path}"
    assert told(raw.send("POST", target, raw.headers("POST", target, body), body.encode())) == (400, code)


def test_a_body_that_is_not_said_to_be_json(raw: OkxClient) -> None:
    target, body = "/api/v5/trade/cancel-order", '{"instId":"BTC-USDT","ordId":"1"}'
    headers = {**raw.headers("POST", target, body), "Content-Type": "text/plain"}
    assert told(raw.send("POST", target, headers, body.encode())) == (400, "50006")
