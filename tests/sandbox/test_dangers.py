"""
What a careless request does at a real venue, it does here: a test that a client never sends one proves
nothing against a server that would shrug it off.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from .clients import BitoProClient, LoopringClient, NamiClient

if TYPE_CHECKING:
    from airflow_provider_exchange.sandbox.testing import RunningSandbox


@pytest.mark.parametrize("parameters", [{}, {"orderHash": ""}, {"clientOrderId": ""}])
def test_a_loopring_cancel_without_an_id_cancels_everything(
    sandbox: RunningSandbox, parameters: dict[str, str]
) -> None:
    for number in range(12):
        sandbox.place("loopring", "LRC-ETH", stop_price=1 if number % 2 else None)
    assert len(LoopringClient(sandbox).delete("/order", **parameters).json()) == 12
    assert not sandbox.live("loopring")


@pytest.mark.parametrize(
    "tail", ["all", "btc_usdt", "btc_usdt/", "btc_usdt/../all", "btc_usdt/%2e%2e/all", "//all"]
)
def test_a_bitopro_cancel_with_a_widened_path_cancels_many(sandbox: RunningSandbox, tail: str) -> None:
    for _ in range(3):
        sandbox.place("bitopro", "btc_usdt")
    assert BitoProClient(sandbox).call("DELETE", f"/orders/{tail}").ok
    assert not sandbox.live("bitopro")


def test_a_bitopro_pair_cancel_leaves_the_other_pairs(sandbox: RunningSandbox) -> None:
    sandbox.place("bitopro", "btc_usdt")
    other = sandbox.place("bitopro", "eth_usdt")
    assert BitoProClient(sandbox).call("DELETE", "/orders/BTC_USDT").ok
    assert sandbox.live("bitopro") == [other]


def test_a_nami_batch_cancels_the_named_orders_only(sandbox: RunningSandbox) -> None:
    named, other = (sandbox.place("nami", "BTCUSDT") for _ in range(2))
    answer = NamiClient(sandbox).cancel_many(
        (named.order_id, "BTCUSDT"), (other.order_id, "ETHUSDT"), ("1", "BTCUSDT")
    )
    assert [order["displayingId"] for order in answer.json()["data"]] == [int(named.order_id)]
    assert sandbox.live("nami") == [other]
    assert NamiClient(sandbox).cancel_many().json()["data"] == []


def test_the_log_holds_what_was_asked_and_no_signature(sandbox: RunningSandbox) -> None:
    client = NamiClient(sandbox)
    client.get("/api/v4/spot/open", filterByPair="BTCUSDT")
    client.cancel("435372")
    loopring = LoopringClient(sandbox)
    loopring.submit(loopring.order())
    read, cancelled, placed = sandbox.request_log
    assert (read.venue, read.route, read.method, read.mutating, read.status) == (
        "nami", "open_orders", "GET", False, 200,
    )  # fmt: skip
    assert read.query.endswith("&signature=***")
    assert (cancelled.route, cancelled.mutating, cancelled.body["signature"]) == ("cancel_order", True, "***")
    assert cancelled.body["displayingId"] == "435372"
    assert placed.body["eddsaSignature"] == "***"
    assert sandbox.mutations("nami") == [cancelled]
    assert client.secret not in repr(sandbox.request_log)


def test_an_unknown_mutating_path_is_logged_as_mutating(sandbox: RunningSandbox) -> None:
    assert BitoProClient(sandbox).call("DELETE", "/orders/a/b/c").status_code == 404
    assert sandbox.mutations("bitopro")[0].route == "unknown"


def test_no_venue_lives_elsewhere(sandbox: RunningSandbox) -> None:
    assert NamiClient(sandbox).send("GET", "/elsewhere").status_code == 404
    assert sandbox.request_log == []
