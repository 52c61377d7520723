"""ccxt's own client works against the paper Bitget, signatures and all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import ccxt
import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from airflow_provider_exchange.sandbox.testing import RunningSandbox

SPOT, SWAP = "BTC/USDT", "BTC/USDT:USDT"


@pytest.fixture
def client(sandbox: RunningSandbox) -> Iterator[Any]:
    connection = sandbox.connection("bitget")
    exchange = ccxt.bitget(
        {
            "apiKey": connection["login"],
            "secret": connection["password"],
            "password": connection["extra"]["passphrase"],
            "enableRateLimit": False,
        }
    )
    exchange.urls["api"] = dict.fromkeys(exchange.urls["api"], sandbox.base_url)
    exchange.has["fetchCurrencies"] = False  # the paper Bitget has no wallet, and no margin
    exchange.publicMarginGetV2MarginCurrencies = lambda _params: {"data": []}
    yield exchange
    exchange.session.close()


def ids(orders: list[dict[str, Any]]) -> set[str]:
    return {order["id"] for order in orders}


@pytest.mark.parametrize("symbol", [SPOT, SWAP])
def test_it_places_lists_reads_and_cancels(client: Any, sandbox: RunningSandbox, symbol: str) -> None:
    made = [client.create_order(symbol, "limit", "sell", 0.5, 61000 + step)["id"] for step in range(3)]
    listed = client.fetch_open_orders(symbol)
    assert ids(listed) == set(made)
    assert {(order["status"], order["amount"], order["side"]) for order in listed} == {("open", 0.5, "sell")}
    client.cancel_order(made[0], symbol)
    assert client.fetch_order(made[0], symbol)["status"] == "canceled"
    client.cancel_orders(made[1:], symbol)
    assert client.fetch_open_orders(symbol) == []
    assert sandbox.live("bitget") == sandbox.live("bitget_futures") == []
    with pytest.raises(ccxt.BaseError):
        client.cancel_order(made[0], symbol)


@pytest.mark.parametrize(("symbol", "book"), [(SPOT, "bitget_plan"), (SWAP, "bitget_futures_plan")])
def test_it_places_lists_and_cancels_a_trigger_order(
    client: Any, sandbox: RunningSandbox, symbol: str, book: str
) -> None:
    made = client.create_order(symbol, "limit", "sell", 1, 90, {"triggerPrice": 95})["id"]
    assert client.fetch_open_orders(symbol) == [], "the list of ordinary orders does not show it"
    assert ids(client.fetch_open_orders(symbol, params={"trigger": True})) == {made}
    client.cancel_order(made, symbol, {"trigger": True})
    assert sandbox.live(book) == []


def test_it_reads_refusals_as_it_reads_the_venue_s(client: Any) -> None:
    client.load_markets()
    client.secret = "not the secret"
    with pytest.raises(ccxt.AuthenticationError):
        client.fetch_open_orders(SPOT)


def test_it_reads_markets_and_time(client: Any, sandbox: RunningSandbox) -> None:
    markets = client.load_markets()
    assert markets[SPOT]["active"]
    assert markets[SWAP]["linear"]
    assert markets["BTC/USD:BTC"]["inverse"]
    assert not markets["LUNA/USDT"]["active"]
    assert client.fetch_time() <= sandbox.exchange.now_ms()
