"""ccxt's own client works against the paper OKX, signatures and all."""

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
    connection = sandbox.connection("okx")
    assert (connection["conn_type"], connection["extra"]["exchange"]) == ("ccxt", "okx")
    exchange = ccxt.okx(
        {
            "apiKey": connection["login"],
            "secret": connection["password"],
            "password": connection["extra"]["passphrase"],
            "enableRateLimit": False,
        }
    )
    exchange.urls["api"] = {"rest": sandbox.base_url}
    exchange.has["fetchCurrencies"] = False  # the paper OKX has no wallet
    yield exchange
    exchange.session.close()


def ids(orders: list[dict[str, Any]]) -> set[str]:
    return {order["id"] for order in orders}


def test_it_places_lists_reads_and_cancels_one(client: Any, sandbox: RunningSandbox) -> None:
    made = client.create_order(SPOT, "limit", "sell", 0.5, 61000)
    (listed,) = client.fetch_open_orders(SPOT)
    assert (listed["id"], listed["status"], listed["amount"], listed["side"]) == (made["id"], "open", 0.5, "sell")
    client.cancel_order(made["id"], SPOT)
    assert client.fetch_order(made["id"], SPOT)["status"] == "canceled"
    assert client.fetch_open_orders() == []
    assert sandbox.book("okx")[made["id"]].state == "cancelled"
    with pytest.raises(ccxt.OrderNotFound):
        client.cancel_order(made["id"], SPOT)


def test_it_cancels_several_of_several_markets_and_leaves_the_rest(client: Any, sandbox: RunningSandbox) -> None:
    made = [client.create_order(SPOT, "limit", "buy", 1, 100 + step)["id"] for step in range(3)]
    other = client.create_order(SWAP, "limit", "buy", 1, 100)["id"]
    named = [{"id": made[0], "symbol": SPOT}, {"id": other, "symbol": SWAP}]
    client.cancel_orders_for_symbols(named)
    client.cancel_orders(made[1:2], SPOT)
    assert [order.order_id for order in sandbox.live("okx")] == made[2:]


def test_it_pages_through_a_long_list(client: Any, sandbox: RunningSandbox) -> None:
    placed = {sandbox.place("okx", "BTC-USDT").order_id for _ in range(150)}
    first = client.fetch_open_orders(limit=500)
    assert len(first) == 100, "the venue cuts a list to what one page holds"
    oldest = min(first, key=lambda order: int(order["id"]))["id"]
    second = client.fetch_open_orders(params={"after": oldest})
    assert len(second) == 50
    assert ids(first) | ids(second) == placed


def test_it_places_lists_and_cancels_each_kind_of_algo_order(client: Any, sandbox: RunningSandbox) -> None:
    made = {
        "trigger": client.create_order(SPOT, "limit", "sell", 1, 90, {"triggerPrice": 95})["id"],
        "conditional": client.create_order(SWAP, "market", "sell", 1, None, {"stopLossPrice": 95})["id"],
        "oco": client.create_order(SWAP, "oco", "sell", 1, None, {"stopLossPrice": 9, "takeProfitPrice": 99})["id"],
        "move_order_stop": client.create_order(SWAP, "market", "sell", 1, None, {"trailingPercent": 5})["id"],
    }
    listed = {kind: ids(client.fetch_open_orders(params={"ordType": kind})) for kind in made}
    assert listed == {kind: {order_id} for kind, order_id in made.items()}
    assert ids(client.fetch_open_orders(params={"ordType": "conditional,oco", "trigger": True})) == {
        made["conditional"],
        made["oco"],
    }
    assert client.fetch_open_orders() == [], "the list of ordinary orders shows none of them"

    client.cancel_order(made["trigger"], SPOT, {"trigger": True})
    client.cancel_orders([made["conditional"], made["oco"], made["move_order_stop"]], SWAP, {"trigger": True})
    assert not sandbox.live("okx_algo")
    assert client.fetch_order(made["trigger"], SPOT, {"trigger": True})["status"] == "canceled"
    ended = client.fetch_canceled_orders(SPOT, params={"trigger": True, "ordType": "trigger"})
    assert ids(ended) == {made["trigger"]}


def test_it_reads_ended_orders(client: Any, sandbox: RunningSandbox) -> None:
    filled = client.create_order(SPOT, "market", "sell", 1)["id"]
    cancelled = client.create_order(SPOT, "limit", "sell", 1, 100)["id"]
    client.cancel_order(cancelled, SPOT)
    assert ids(client.fetch_closed_orders(SPOT)) == {filled}
    assert ids(client.fetch_canceled_orders(SPOT)) == {cancelled}


def test_it_reads_refusals_as_it_reads_the_venue_s(client: Any) -> None:
    client.load_markets()
    client.secret = "not the secret"
    with pytest.raises(ccxt.AuthenticationError):
        client.fetch_open_orders()


def test_it_reads_markets_balance_and_time(client: Any, sandbox: RunningSandbox) -> None:
    markets = client.load_markets()
    assert markets[SPOT]["active"]
    assert markets[SWAP]["linear"]
    assert markets["BTC/USD:BTC"]["inverse"]
    assert not markets["LUNA/USDT"]["active"]
    assert client.fetch_balance()["BTC"]["total"] == 1000
    assert client.fetch_time() <= sandbox.exchange.now_ms()
