"""The verdict on the signature that each venue leaves in the log: valid, wrong, or that it looked at none."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from airflow_provider_exchange.sandbox.venues import VENUES
from tests.sandbox.bitget.client import BitgetClient
from tests.sandbox.bybit import BybitClient
from tests.sandbox.clients import BinanceClient, BitoProClient, Client, LoopringClient, NamiClient
from tests.sandbox.coinbase.client import CoinbaseClient, other_key
from tests.sandbox.deribit import DeribitClient
from tests.sandbox.gate.client import GateClient
from tests.sandbox.hyperliquid.client import HyperliquidClient, cancels
from tests.sandbox.kraken.client import KrakenClient
from tests.sandbox.kucoin.client import KucoinClient
from tests.sandbox.okx.client import OkxClient

from .reading import look

if TYPE_CHECKING:
    from collections.abc import Callable

    from airflow_provider_exchange.sandbox.testing import RunningSandbox


def acted_or_read(client: HyperliquidClient) -> Any:
    """Cancel an order, or read those of the account: only reads name it."""
    return client.act(cancels((0, 7))) if client.key.startswith("0x") else client.of_mine("frontendOpenOrders")


SIGNED: dict[str, tuple[type[Client], Callable[[Any], Any]]] = {
    "nami": (NamiClient, lambda client: client.cancel("7")),
    "bitopro": (BitoProClient, lambda client: client.call("DELETE", "/orders/btc_usdt/7")),
    "loopring": (LoopringClient, lambda client: client.delete("/order", orderHash="0x" + "7" * 64)),
    "binance": (BinanceClient, lambda client: client.call("DELETE", "/fapi/v1/order", symbol="BTCUSDT", orderId=7)),
    "okx": (OkxClient, lambda client: client.post("trade/cancel-order", {"instId": "BTC-USDT", "ordId": "7"})),
    "coinbase": (CoinbaseClient, lambda client: client.cancel("7")),
    "bitget": (BitgetClient, lambda client: client.post("spot/trade/cancel-order", symbol="BTCUSDT", orderId="7")),
    "bybit": (BybitClient, lambda client: client.post("/order/cancel", category="spot", orderId="7")),
    "gate": (GateClient, lambda client: client.delete("/spot/orders/7", currency_pair="BTC_USDT")),
    "deribit": (DeribitClient, lambda client: client.get("private/cancel", order_id="7")),
    "hyperliquid": (HyperliquidClient, lambda client: acted_or_read(client)),
    "kucoin": (KucoinClient, lambda client: client.delete("v1/hf/orders/7", symbol="BTC-USDT")),
    "kraken": (KrakenClient, lambda client: client.post("CancelOrder", txid="7")),
}


def spoil(client: Client) -> None:
    """Give a client another secret, which must be a number for Loopring, and a key for Coinbase."""
    if isinstance(client, CoinbaseClient):
        client.secret = other_key()
        return
    client.secret = client.secret[:-1] + ("1" if client.secret[-1] != "1" else "2")


@pytest.mark.parametrize("venue", [venue.name for venue in VENUES])
def test_each_venue_says_whether_the_signature_is_valid(sandbox: RunningSandbox, venue: str) -> None:
    kind, send = SIGNED[venue]
    client = kind(sandbox)
    send(client)
    spoil(client)
    send(client)
    client.key = "unknown-to-the-venue"
    send(client)
    assert [logged.signature for logged in sandbox.request_log] == [True, False, None]
    shown = look(sandbox).text.partition("Last requests")[2]
    assert [word for word in shown.split() if word in ("valid", "wrong")] == ["wrong", "valid"]


def test_a_payload_that_is_none_is_wrongly_signed(sandbox: RunningSandbox) -> None:
    client = BitoProClient(sandbox)
    client.send("GET", "/v3/orders/open", {**client.headers(), "X-BITOPRO-PAYLOAD": "no base64!"})
    client.send("POST", "/v3/orders/btc_usdt", client.headers(b"{}"), b'{"amount": "1"}')
    assert [logged.signature for logged in sandbox.request_log] == [False, False]
