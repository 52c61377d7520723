"""The orders that a cancel names are found wherever a venue wants their names, and no others."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from airflow_provider_exchange.sandbox.exchange import Logged
from tests.live.kill_worker.witness import named

ORDERS = ("435372", "4353", "0xab12")


def request(method: str, path: str, query: str = "", body: Any = "") -> Logged:
    return Logged(1, 0, "nami", "cancel", method, path, query, body, mutating=True)


@pytest.mark.parametrize(
    ("asked", "names"),
    [
        (request("DELETE", "/v3/orders/btc_usdt/435372"), {"435372": 1}),
        (request("PUT", "/v3/orders", body={"BTC_USDT": ["435372", "4353"]}), {"435372": 1, "4353": 1}),
        (request("DELETE", "/api/v4/spot/all_order", body={"orders": [{"displayingId": 4353}]}), {"4353": 1}),
        (request("DELETE", "/api/v3/orders/byHash", "accountId=1&orderHash=0xab12%2C0xff"), {"0xab12": 1}),
    ],
    ids=["path", "list", "number", "query"],
)
def test_an_order_is_found(asked: Logged, names: dict[str, int]) -> None:
    assert named([asked], ORDERS) == (Counter(names), [])


def test_each_request_counts() -> None:
    twice = [request("DELETE", "/v3/orders/btc_usdt/435372")] * 2
    assert named(twice, ORDERS) == (Counter({"435372": 2}), [])


def test_a_cancel_that_names_no_order_is_told() -> None:
    assert named([request("DELETE", "/v3/orders/all")], ORDERS) == (Counter(), ["DELETE /v3/orders/all  "])
