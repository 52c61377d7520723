"""A client that nobody here wrote works against the paper Kraken, signatures and all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import ccxt
import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from airflow_provider_exchange.sandbox.testing import RunningSandbox


@pytest.fixture
def client(sandbox: RunningSandbox) -> Iterator[Any]:
    connection = sandbox.connection("kraken")
    assert (connection["conn_type"], connection["extra"]) == ("ccxt", {"exchange": "kraken"})
    exchange = ccxt.kraken({"apiKey": connection["login"], "secret": connection["password"]})
    exchange.urls["api"] = dict.fromkeys(exchange.urls["api"], sandbox.base_url)
    exchange.has["fetchCurrencies"] = False
    exchange.enableRateLimit = False
    yield exchange
    exchange.session.close()


@pytest.mark.parametrize("more", [{}, {"stopLossPrice": 70000}], ids=["limit", "stop"])
def test_ccxt_places_lists_reads_and_cancels_one(
    client: Any, sandbox: RunningSandbox, more: dict[str, Any]
) -> None:
    made = client.create_order("BTC/USD", "limit", "sell", 0.5, 61000, {"clientOrderId": "mine-1", **more})["id"]
    (listed,) = client.fetch_open_orders("BTC/USD")
    assert (listed["id"], listed["clientOrderId"], listed["symbol"]) == (made, "mine-1", "BTC/USD")
    assert (listed["side"], listed["price"], listed["amount"], listed["status"]) == ("sell", 61000, 0.5, "open")
    client.cancel_order(made)
    assert client.fetch_open_orders() == []
    assert client.fetch_order(made)["status"] == "canceled"
    assert sandbox.book("kraken")[made].state == "cancelled"
    assert {logged.status for logged in sandbox.request_log} == {200}


def test_ccxt_cancels_several_and_all(client: Any, sandbox: RunningSandbox) -> None:
    placed = [sandbox.place("kraken", "ETH/USD").order_id for _ in range(4)]
    assert client.cancel_orders(placed[:2])[0]["info"]["result"]["count"] == 2
    assert [order.order_id for order in sandbox.live("kraken")] == placed[2:]
    assert client.cancel_all_orders_after(60_000)["result"]["triggerTime"] > "20"
    client.cancel_all_orders()
    assert sandbox.live("kraken") == []


def test_ccxt_reads_the_markets(client: Any) -> None:
    markets = client.load_markets()
    assert {name: market["id"] for name, market in markets.items()}["BTC/USD"] == "XXBTZUSD"
    assert [name for name, market in markets.items() if not market["active"]] == ["ADA/USD"]
