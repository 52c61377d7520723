"""A client that nobody here wrote works against the paper Hyperliquid, signatures and all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import ccxt
import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from airflow_provider_exchange.sandbox.testing import RunningSandbox

CLOID = "0x1234567890abcdef1234567890abcdef"
PERPETUAL, SPOT = "BTC/USDC:USDC", "PURR/USDC"
MARKETS = {PERPETUAL: "BTC", SPOT: "PURR/USDC"}


@pytest.fixture
def client(sandbox: RunningSandbox) -> Iterator[Any]:
    connection = sandbox.connection("hyperliquid")
    assert (connection["conn_type"], connection["extra"]) == ("ccxt", {"exchange": "hyperliquid"})
    exchange = ccxt.hyperliquid({"walletAddress": connection["login"], "privateKey": connection["password"]})
    exchange.urls["api"] = dict.fromkeys(exchange.urls["api"], sandbox.base_url)
    exchange.options |= {"builderFee": False, "approvedBuilderFee": True, "refSet": True}
    exchange.options["fetchMarkets"]["types"] = ["spot", "swap"]
    exchange.enableRateLimit = False
    yield exchange
    exchange.session.close()


@pytest.mark.parametrize("symbol", MARKETS)
def test_ccxt_places_lists_reads_and_cancels_one(client: Any, sandbox: RunningSandbox, symbol: str) -> None:
    made = client.create_order(symbol, "limit", "sell", 5, 61, {"clientOrderId": CLOID})["id"]
    (placed,) = sandbox.live("hyperliquid")
    assert (placed.order_id, placed.symbol, placed.side) == (made, MARKETS[symbol], "SELL")
    (listed,) = client.fetch_open_orders(symbol)
    assert (listed["id"], listed["clientOrderId"], listed["symbol"]) == (made, CLOID, symbol)
    assert (listed["side"], listed["price"], listed["amount"], listed["timestamp"]) == (
        "sell",
        61,
        5,
        placed.created_ms,
    )

    client.cancel_order(made, symbol)
    assert sandbox.live("hyperliquid") == []
    assert client.fetch_open_orders(symbol) == []
    assert client.fetch_order(made, symbol)["status"] == "canceled"
    assert [order["id"] for order in client.fetch_canceled_orders(symbol)] == [made]
    with pytest.raises(ccxt.OrderNotFound):
        client.cancel_order(made, symbol)


def test_ccxt_places_an_order_that_waits_for_a_price(client: Any, sandbox: RunningSandbox) -> None:
    how = {"stopLossPrice": 55, "reduceOnly": True}
    made = client.create_order(PERPETUAL, "limit", "sell", 1, 50, how)["id"]
    assert [order.state for order in sandbox.live("hyperliquid")] == ["waiting"]
    (waiting,) = client.fetch_open_orders(PERPETUAL)
    assert (waiting["id"], waiting["triggerPrice"]) == (made, 55)


def test_ccxt_cancels_several_of_which_one_is_not_there(client: Any, sandbox: RunningSandbox) -> None:
    placed = [sandbox.place("hyperliquid", "BTC").order_id for _ in range(3)]
    with pytest.raises(ccxt.OrderNotFound):  # although the others are gone
        client.cancel_orders([placed[0], "77", placed[2]], PERPETUAL)
    assert [order.order_id for order in sandbox.live("hyperliquid")] == [placed[1]]
