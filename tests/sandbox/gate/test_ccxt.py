"""ccxt, which nobody here wrote, works against the paper Gate, signatures and all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import ccxt
import pytest

if TYPE_CHECKING:
    from airflow_provider_exchange.sandbox.testing import RunningSandbox

SPOT, SWAP = "BTC/USDT", "BTC/USDT:USDT"
MARKETS = [("gate", SPOT), ("gate_linear", SWAP)]


def client(sandbox: RunningSandbox) -> Any:
    connection = sandbox.connection("gate")
    assert (connection["conn_type"], connection["extra"]) == ("ccxt", {"exchange": "gate"})
    exchange = ccxt.gate({"apiKey": connection["login"], "secret": connection["password"]})
    exchange.urls["api"] = {
        part: dict.fromkeys(of_part, f"{sandbox.base_url}/api/v4") for part, of_part in exchange.urls["api"].items()
    }
    exchange.options["unifiedAccount"] = False
    exchange.options["fetchMarkets"] = {"types": ["spot", "swap"]}
    exchange.options["swap"] = {"fetchMarkets": {"settlementCurrencies": ["usdt"]}}
    exchange.has["fetchCurrencies"] = False
    exchange.session.trust_env = False
    exchange.set_markets([*exchange.fetch_spot_markets(), *exchange.fetch_swap_markets()])
    return exchange


@pytest.mark.parametrize(("book", "market"), MARKETS)
def test_ccxt_reads_and_cancels(sandbox: RunningSandbox, book: str, market: str) -> None:
    first, second = (sandbox.place(book, "BTC_USDT", side=side).order_id for side in ("BUY", "SELL"))
    gate = client(sandbox)
    shown = {order["id"]: order["side"] for order in gate.fetch_open_orders(market)}
    assert shown == {first: "buy", second: "sell"}
    assert gate.fetch_order(first, market)["status"] == "open"
    assert gate.cancel_order(first, market)["status"] in ("canceled", "closed")
    assert gate.fetch_order(first, market)["status"] in ("canceled", "closed")
    assert [order.order_id for order in sandbox.live(book)] == [second]
    with pytest.raises(ccxt.ExchangeError, match=r"ORDER_CANCELLED|ORDER_FINISHED"):
        gate.cancel_order(first, market)
    assert [order["id"] for order in gate.fetch_open_orders(market)] == [second]


@pytest.mark.parametrize(("book", "market"), MARKETS)
def test_ccxt_cancels_several(sandbox: RunningSandbox, book: str, market: str) -> None:
    gone, stays = (sandbox.place(book, "BTC_USDT").order_id for _ in range(2))
    gate = client(sandbox)
    gate.cancel_orders([gone, "1105451000000"], market)
    assert [order.order_id for order in sandbox.live(book)] == [stays]


@pytest.mark.parametrize(("book", "market"), MARKETS)
def test_ccxt_finds_orders_that_wait_for_a_price(sandbox: RunningSandbox, book: str, market: str) -> None:
    waiting = sandbox.place(f"{book}_auto", "BTC_USDT", stop_price="90").order_id
    gate = client(sandbox)
    assert gate.fetch_open_orders(market) == []
    (order,) = gate.fetch_open_orders(market, params={"trigger": True})
    assert (order["id"], order["triggerPrice"]) == (waiting, 90)
    sandbox.book(f"{book}_auto").trigger(waiting)
    assert gate.fetch_order(waiting, market, {"trigger": True})["status"] == "closed"
    (placed,) = gate.fetch_open_orders(market)
    assert placed["id"] != waiting
    other = sandbox.place(f"{book}_auto", "BTC_USDT", stop_price="90").order_id
    gate.cancel_order(other, market, {"trigger": True})
    assert sandbox.live(f"{book}_auto") == []
