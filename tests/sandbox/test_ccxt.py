"""A client that nobody here wrote works against the paper BitoPro, signatures and all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import ccxt
import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from airflow_provider_exchange.sandbox.testing import RunningSandbox


@pytest.fixture
def client(sandbox: RunningSandbox) -> Iterator[Any]:
    connection = sandbox.connection("bitopro")
    exchange = ccxt.bitopro({"apiKey": connection["login"], "secret": connection["password"]})
    exchange.urls["api"] = {"rest": f"{sandbox.base_url}/v3"}
    exchange.enableRateLimit = False
    # ccxt's nonce is the millisecond of the call; two calls within one would be a reuse.
    ticks = iter(range(exchange.milliseconds(), exchange.milliseconds() + 10_000))
    exchange.milliseconds = lambda: next(ticks)
    yield exchange
    exchange.session.close()


def test_ccxt_creates_lists_fetches_and_cancels_one(client: Any, sandbox: RunningSandbox) -> None:
    made = client.create_order("BTC/USDT", "limit", "sell", 0.5, 61000)
    (listed,) = client.fetch_open_orders("BTC/USDT")
    assert (listed["id"], listed["status"], listed["amount"], listed["side"]) == (made["id"], "open", 0.5, "sell")

    cancelled = client.cancel_order(made["id"], "BTC/USDT")
    assert cancelled["id"] == made["id"]
    assert client.fetch_order(made["id"], "BTC/USDT")["status"] == "canceled"
    assert client.fetch_open_orders() == []
    assert sandbox.book("bitopro")[made["id"]].state == "cancelled"


def test_ccxt_places_a_stop_limit_order_and_reads_every_order_of_the_pair(client: Any) -> None:
    stop = client.create_order(
        "BTC/USDT", "stop_limit", "buy", 0.5, 61000, {"triggerPrice": 62000, "condition": ">="}
    )
    limit = client.create_order("BTC/USDT", "limit", "buy", 0.5, 59000)
    client.create_order("ETH/USDT", "limit", "buy", 0.5, 2000)
    assert stop["id"].startswith("SL-")
    assert {order["id"] for order in client.fetch_orders("BTC/USDT")} == {stop["id"], limit["id"]}


def test_ccxt_cancels_several_and_leaves_the_rest(client: Any, sandbox: RunningSandbox) -> None:
    made = [client.create_order("BTC/USDT", "limit", "sell", 1, 61000 + step)["id"] for step in range(3)]
    assert {order["id"] for order in client.cancel_orders(made[:2], "BTC/USDT")} == set(made[:2])
    assert [order.order_id for order in sandbox.live("bitopro")] == made[2:]


@pytest.mark.parametrize(("symbol", "left"), [("BTC/USDT", 1), (None, 0)])
def test_ccxt_cancels_a_pair_or_everything(
    client: Any, sandbox: RunningSandbox, symbol: str | None, left: int
) -> None:
    for pair in ("BTC/USDT", "BTC/USDT", "ETH/USDT"):
        client.create_order(pair, "limit", "sell", 1, 61000)
    client.cancel_all_orders(symbol)
    assert len(sandbox.live("bitopro")) == left


def test_ccxt_reads_the_refusals_as_it_reads_the_venue_s(client: Any, sandbox: RunningSandbox) -> None:
    client.secret = "not the secret"
    with pytest.raises(ccxt.AuthenticationError):
        client.fetch_open_orders()


def test_ccxt_reads_the_balance(client: Any) -> None:
    assert client.fetch_balance()["BTC"]["total"] == 1000
