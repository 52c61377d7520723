"""ccxt's own client works against the paper KuCoin, signatures and all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import ccxt
import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from airflow_provider_exchange.sandbox.testing import RunningSandbox

MARKET = "BTC/USDT"


@pytest.fixture
def client(sandbox: RunningSandbox) -> Iterator[Any]:
    connection = sandbox.connection("kucoin")
    assert (connection["conn_type"], connection["extra"]["exchange"]) == ("ccxt", "kucoin")
    exchange = ccxt.kucoin(
        {
            "apiKey": connection["login"],
            "secret": connection["password"],
            "password": connection["extra"]["passphrase"],
            "enableRateLimit": False,
            "options": {"hf": True},
        }
    )
    exchange.urls["api"] = dict.fromkeys(exchange.urls["api"], sandbox.base_url)
    market = {
        "id": "BTC-USDT",
        "symbol": MARKET,
        "base": "BTC",
        "quote": "USDT",
        "baseId": "BTC",
        "quoteId": "USDT",
    }
    kind = {"type": "spot", "spot": True, "contract": False, "active": True}
    precision = {"precision": {"amount": 0.00000001, "price": 0.1, "cost": 0.000001}, "limits": {}}
    exchange.set_markets([{**market, **kind, **precision, "info": {}}])  # it would ask for margin markets, too
    yield exchange
    exchange.session.close()


def test_it_places_lists_reads_and_cancels_one(client: Any, sandbox: RunningSandbox) -> None:
    made = client.create_order(MARKET, "limit", "sell", 0.5, 61000)
    (listed,) = client.fetch_open_orders(MARKET)
    assert (listed["id"], listed["status"], listed["amount"], listed["side"]) == (made["id"], "open", 0.5, "sell")
    client.cancel_order(made["id"], MARKET)
    assert client.fetch_order(made["id"], MARKET)["status"] == "canceled"
    assert sandbox.book("kucoin")[made["id"]].state == "cancelled"
    with pytest.raises((ccxt.OrderNotFound, ccxt.InvalidOrder)):  # versions differ in what they make of the name
        client.cancel_order(made["id"], MARKET)


def test_it_places_lists_and_cancels_a_stop_order(client: Any, sandbox: RunningSandbox) -> None:
    made = client.create_order(MARKET, "limit", "sell", 1, 90, {"triggerPrice": 95})["id"]
    (listed,) = client.fetch_open_orders(MARKET, params={"trigger": True})
    assert (listed["id"], listed["triggerPrice"]) == (made, 95)
    client.cancel_order(made, MARKET, {"trigger": True})
    assert sandbox.book("kucoin_stop")[made].state == "cancelled"


def test_it_finds_nothing_open_where_null_is_said(client: Any) -> None:
    assert client.fetch_open_orders(MARKET) == []
