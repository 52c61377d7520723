"""A client that nobody here wrote works against the paper Bybit, signatures and all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import ccxt
import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from airflow_provider_exchange.sandbox.testing import RunningSandbox

SPOT, LINEAR, USDC = "BTC/USDT", "BTC/USDT:USDT", "BTC/USDC:USDC"
BOOKS = {SPOT: "bybit", LINEAR: "bybit_linear", USDC: "bybit_linear"}


@pytest.fixture
def client(sandbox: RunningSandbox) -> Iterator[Any]:
    connection = sandbox.connection("bybit")
    assert (connection["conn_type"], connection["extra"]) == ("ccxt", {"exchange": "bybit"})
    exchange = ccxt.bybit({"apiKey": connection["login"], "secret": connection["password"]})
    exchange.urls["api"] = dict.fromkeys(exchange.urls["api"], sandbox.base_url)
    exchange.has["fetchCurrencies"] = False
    exchange.options["fetchMarkets"]["types"] = ["spot", "linear"]
    exchange.enableRateLimit = False
    yield exchange
    exchange.session.close()


@pytest.mark.parametrize("symbol", BOOKS)
def test_ccxt_places_lists_reads_and_cancels_one(client: Any, sandbox: RunningSandbox, symbol: str) -> None:
    made = client.create_order(symbol, "limit", "sell", 0.5, 61000, {"clientOrderId": "mine-1"})["id"]
    (listed,) = client.fetch_open_orders(symbol)
    assert listed["symbol"] == symbol
    assert (listed["id"], listed["clientOrderId"], listed["status"]) == (made, "mine-1", "open")
    assert (listed["side"], listed["type"], listed["price"], listed["amount"]) == ("sell", "limit", 61000, 0.5)
    assert listed["timestamp"] == sandbox.book(BOOKS[symbol])[made].created_ms

    assert client.cancel_order(made, symbol)["id"] == made
    assert client.fetch_open_orders(symbol) == []
    assert client.fetch_order(made, symbol, {"acknowledged": True})["status"] == "canceled"
    assert [order["id"] for order in client.fetch_canceled_orders(symbol)] == [made]
    assert sandbox.book(BOOKS[symbol])[made].state == "cancelled"
    assert {logged.status for logged in sandbox.request_log} == {200}


@pytest.mark.parametrize("symbol", [SPOT, LINEAR])
def test_ccxt_reads_a_list_of_several_pages_to_its_end(client: Any, sandbox: RunningSandbox, symbol: str) -> None:
    book = BOOKS[symbol]
    placed = [sandbox.place(book, symbol, age=age).order_id for age in range(120)]
    read = client.fetch_open_orders(symbol, None, None, {"paginate": True, "limit": 50})
    assert {order["id"] for order in read} == set(placed)
    assert len(read) == 120
    assert [order["id"] for order in client.fetch_open_orders(symbol)] == placed[19::-1], (
        "20, unless asked for more"
    )


def test_ccxt_cancels_several_of_which_one_is_not_there(client: Any, sandbox: RunningSandbox) -> None:
    placed = [sandbox.place("bybit", SPOT).order_id for _ in range(3)]
    answered = client.cancel_orders([placed[0], "77", placed[2]], SPOT)
    assert [order["id"] for order in answered] == [placed[0], "77", placed[2]]
    assert [order.order_id for order in sandbox.live("bybit")] == [placed[1]]


@pytest.mark.parametrize(("symbol", "params"), [(SPOT, {}), (LINEAR, {"triggerDirection": "ascending"})])
def test_ccxt_places_and_cancels_a_trigger_order(
    client: Any, sandbox: RunningSandbox, symbol: str, params: dict[str, Any]
) -> None:
    made = client.create_order(symbol, "limit", "buy", 0.5, 61000, {"triggerPrice": 62000, **params})["id"]
    (waiting,) = client.fetch_open_orders(symbol)
    assert (waiting["id"], waiting["triggerPrice"], waiting["status"]) == (made, 62000, "open")
    assert waiting["info"]["orderStatus"] == "Untriggered"
    assert [order["id"] for order in client.fetch_open_orders(symbol, params={"trigger": True})] == [made]
    assert sandbox.book(BOOKS[symbol])[made].state == "waiting"

    if symbol == SPOT:
        with pytest.raises(ccxt.OrderNotFound):  # ccxt asks for plain orders unless told
            client.cancel_order(made, symbol)
    client.cancel_order(made, symbol, {"trigger": True} if symbol == SPOT else {})
    assert sandbox.live(BOOKS[symbol]) == []


def test_ccxt_lists_the_contracts_of_each_settle_coin(client: Any, sandbox: RunningSandbox) -> None:
    in_usdt, in_usdc, spot = (
        sandbox.place(book, symbol).order_id
        for book, symbol in (("bybit_linear", "ETHUSDT"), ("bybit_linear", "BTCPERP"), ("bybit", "ETHUSDT"))
    )
    for kind, coin, wanted in (("swap", "USDT", in_usdt), ("swap", "USDC", in_usdc), ("spot", None, spot)):
        params = {"type": kind, **({"settleCoin": coin} if coin else {})}
        assert [order["id"] for order in client.fetch_open_orders(params=params)] == [wanted]


def test_ccxt_reads_the_markets_and_the_balance(client: Any) -> None:
    markets = client.load_markets()
    assert {SPOT, LINEAR, USDC, "BTC/USDT:USDT-270326"} <= set(markets)
    assert markets[USDC]["id"] == "BTCPERP"
    assert [symbol for symbol, market in markets.items() if not market["active"]] == ["BIO/USDT:USDT"]
    assert client.fetch_balance()["BTC"]["total"] == 1000
    assert client.is_unified_enabled() == [False, True]
