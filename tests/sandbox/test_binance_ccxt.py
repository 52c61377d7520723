"""A client that nobody here wrote trades at the paper Binance: spot, USD-M futures and their algo orders."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import ccxt
import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from airflow_provider_exchange.sandbox.testing import RunningSandbox

SPOT, SWAP = "BTC/USDT", "BTC/USDT:USDT"
STOP = {"triggerPrice": 59000}
TRIGGER = {"trigger": True}


@pytest.fixture
def client(sandbox: RunningSandbox) -> Iterator[Any]:
    connection = sandbox.connection("binance")
    exchange = ccxt.binance({"apiKey": connection["login"], "secret": connection["password"]})
    exchange.urls["api"] = {
        name: sandbox.base_url + urlsplit(url).path
        for name, url in exchange.urls["api"].items()
        if isinstance(url, str)
    }
    exchange.options["fetchMarkets"] = {"types": ["spot", "linear"]}
    exchange.options["fetchMargins"] = False
    exchange.has["fetchCurrencies"] = False
    exchange.enableRateLimit = False
    exchange.enableLastJsonResponse = True
    yield exchange
    exchange.session.close()


def ids(orders: list[dict[str, Any]]) -> list[str]:
    return [order["id"] for order in orders]


def test_the_markets_of_both_apis_are_told_apart(client: Any) -> None:
    markets = client.load_markets()
    assert {SPOT, SWAP, "ETH/BTC", "BTC/USDT:USDT-280331"} <= markets.keys()
    assert markets[SPOT]["id"] == markets[SWAP]["id"] == "BTCUSDT"
    assert not markets["BCC/BTC"]["active"]
    assert client.fetch_time() > 0


@pytest.mark.parametrize("symbol", [SPOT, SWAP])
def test_an_order_is_listed_read_and_cancelled(client: Any, sandbox: RunningSandbox, symbol: str) -> None:
    made = client.create_order(symbol, "limit", "sell", 0.5, 61000, {"clientOrderId": "mine-1"})
    (listed,) = client.fetch_open_orders(symbol)
    terms = (listed["id"], listed["clientOrderId"], listed["status"], listed["amount"], listed["price"])
    assert terms == (made["id"], "mine-1", "open", 0.5, 61000)

    assert client.cancel_order(made["id"], symbol)["status"] == "canceled"
    assert client.fetch_open_orders(symbol) == []
    ended = client.fetch_order(made["id"], symbol)
    assert (ended["status"], ended["clientOrderId"]) == ("canceled", "mine-1")
    with pytest.raises(ccxt.OrderNotFound):
        client.cancel_order(made["id"], symbol)
    book = sandbox.book("binance" if symbol == SPOT else "binance_linear")
    assert book[made["id"]].state == "cancelled"


def test_each_list_shows_its_own_book(client: Any) -> None:
    spot = client.create_order(SPOT, "limit", "sell", 0.5, 61000)
    stop = client.create_order(SPOT, "limit", "sell", 0.5, 58000, STOP)
    swap = client.create_order(SWAP, "limit", "sell", 0.5, 61000)
    algo = client.create_order(SWAP, "limit", "sell", 0.5, 58000, STOP)
    client.options["fetchOpenOrders"]["warnWithoutSymbol"] = False

    assert ids(client.fetch_open_orders()) == [spot["id"], stop["id"]]
    assert ids(client.fetch_open_orders(params={"type": "swap", "subType": "linear"})) == [swap["id"]]
    assert ids(client.fetch_open_orders(SWAP, params=TRIGGER)) == [algo["id"]]


def test_an_algo_order_is_read_and_cancelled_by_its_own_calls(client: Any, sandbox: RunningSandbox) -> None:
    algo = client.create_order(SWAP, "market", "sell", 0.5, None, STOP)
    with pytest.raises(ccxt.OrderNotFound):
        client.fetch_order(algo["id"], SWAP)
    with pytest.raises(ccxt.OrderNotFound):
        client.cancel_order(algo["id"], SWAP)
    assert client.fetch_order(algo["id"], SWAP, TRIGGER)["status"] == "open"

    told = client.cancel_order(algo["id"], SWAP, TRIGGER)["info"]
    assert told == {
        "algoId": int(algo["id"]),
        "clientAlgoId": algo["clientOrderId"],
        "code": "200",
        "msg": "success",
    }
    assert not sandbox.live("binance_algo")
    assert ids(client.fetch_orders(SWAP, params=TRIGGER)) == [algo["id"]]


def test_a_batch_has_a_row_for_each_order(client: Any, sandbox: RunningSandbox) -> None:
    made = [client.create_order(SWAP, "limit", "sell", 1, 61000 + step)["id"] for step in range(3)]
    client.cancel_orders([made[0], "77", made[2]], SWAP)
    assert client.last_json_response[1] == {"code": -2011, "msg": "Unknown order sent."}
    assert [row.get("status") for row in client.last_json_response] == ["CANCELED", None, "CANCELED"]
    assert [order.order_id for order in sandbox.live("binance_linear")] == [made[1]]


def test_a_market_is_cleared_in_one_call(client: Any, sandbox: RunningSandbox) -> None:
    for symbol, params in ((SPOT, {}), (SPOT, {}), (SWAP, {}), (SWAP, STOP)):
        client.create_order(symbol, "limit", "sell", 0.5, 61000, params)
    client.create_order("ETH/BTC", "limit", "sell", 0.5, 1)
    assert len(client.cancel_all_orders(SPOT)) == 2
    client.cancel_all_orders(SWAP)
    client.cancel_all_orders(SWAP, TRIGGER)
    assert [order.symbol for order in sandbox.live("binance")] == ["ETHBTC"]
    assert not sandbox.live("binance_linear")
    assert not sandbox.live("binance_algo")


def test_ccxt_reads_the_refusals_as_it_reads_the_venue_s(client: Any) -> None:
    client.load_markets()
    client.secret = "not the secret"
    with pytest.raises(ccxt.AuthenticationError):
        client.fetch_open_orders(SPOT)


def test_ccxt_reads_the_balance_and_what_the_key_may_do(client: Any) -> None:
    assert client.fetch_balance()["BTC"]["total"] == 1000
    allowed = client.sapi_get_account_apirestrictions()
    assert (allowed["enableReading"], allowed["enableWithdrawals"]) == (True, False)
