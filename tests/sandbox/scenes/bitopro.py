"""How the paper BitoPro is brought to give each recorded answer."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from airflow_provider_exchange.sandbox.accounts import Accounts
from airflow_provider_exchange.sandbox.testing import RunningSandbox, running_sandbox
from tests.sandbox.clients import BitoProClient, now_ms
from tests.sandbox.scenes.registry import SCENES, Scene, scene

if TYPE_CHECKING:
    import requests


@scene("bitopro/create_order")
def _(sandbox: RunningSandbox) -> requests.Response:
    return BitoProClient(sandbox).place(timeInForce="POST_ONLY", clientId=12345)


@scene("bitopro/create_orders")
def _(sandbox: RunningSandbox) -> requests.Response:
    order = {"pair": "BTC_TWD", "action": "BUY", "type": "LIMIT", "price": "210000", "amount": "1"}
    market = {"pair": "BTC_TWD", "action": "SELL", "type": "MARKET", "amount": "2", "timestamp": now_ms()}
    both = [{**order, "timestamp": now_ms(), "clientId": 123}, market]
    return BitoProClient(sandbox).call("POST", "/orders/batch", both)


@scene("bitopro/cancel_order")
def _(sandbox: RunningSandbox) -> requests.Response:
    order = sandbox.place("bitopro", "btc_usdt")
    return BitoProClient(sandbox).call("DELETE", f"/orders/BTC_USDT/{order.order_id}")


def _btc_and_eth(sandbox: RunningSandbox) -> dict[str, list[str]]:
    return {pair: [sandbox.place("bitopro", pair).order_id for _ in range(2)] for pair in ("BTC_USDT", "ETH_USDT")}


@scene("bitopro/cancel_orders")
def _(sandbox: RunningSandbox) -> requests.Response:
    return BitoProClient(sandbox).call("PUT", "/orders", _btc_and_eth(sandbox))


@scene("bitopro/cancel_orders_empty")
def _(sandbox: RunningSandbox) -> requests.Response:
    return BitoProClient(sandbox).call("PUT", "/orders", {"BTC_USDT": ["1"]})


@scene("bitopro/cancel_all_orders")
def _(sandbox: RunningSandbox) -> requests.Response:
    _btc_and_eth(sandbox)
    return BitoProClient(sandbox).call("DELETE", "/orders/all")


@scene("bitopro/order")
def _(sandbox: RunningSandbox) -> requests.Response:
    order = sandbox.place("bitopro", "bito_eth", stop_price="0.002")
    return BitoProClient(sandbox).call("GET", f"/orders/bito_eth/{order.order_id}")


def _order_in(state: str, filled: str = "0") -> Scene:
    def play(sandbox: RunningSandbox) -> requests.Response:
        order = sandbox.place("bitopro", "bnb_twd", state=state, filled=filled, quantity="0.01")
        return BitoProClient(sandbox).call("GET", f"/orders/bnb_twd/{order.order_id}")

    return play


SCENES |= {
    "bitopro/order_in_progress": _order_in("open"),
    "bitopro/order_partly_filled": _order_in("open", "0.004"),
    "bitopro/order_completed": _order_in("filled"),
    "bitopro/order_completed_partial_deal": _order_in("cancelled", "0.004"),
    "bitopro/order_cancelled": _order_in("cancelled"),
    "bitopro/order_post_only_cancelled": _order_in("rejected"),
}


@scene("bitopro/open_orders")
def _(sandbox: RunningSandbox) -> requests.Response:
    sandbox.place("bitopro", "bito_eth", stop_price=10, client_order_id="123")
    sandbox.place("bitopro", "bito_eth")
    return BitoProClient(sandbox).call("GET", "/orders/open?pair=bito_eth")


@scene("bitopro/open_orders_null")
def _(sandbox: RunningSandbox) -> requests.Response:
    return BitoProClient(sandbox).call("GET", "/orders/open")


@scene("bitopro/orders_of_pair")
def _(sandbox: RunningSandbox) -> requests.Response:
    sandbox.place("bitopro", "bito_eth", client_order_id="123")
    sandbox.place("bitopro", "bito_eth", stop_price=10, client_order_id="123")
    return BitoProClient(sandbox).call("GET", "/orders/all/bito_eth")


@scene("bitopro/balance")
def _(sandbox: RunningSandbox) -> requests.Response:
    return BitoProClient(sandbox).call("GET", "/accounts/balance")


@scene("bitopro/trading_pairs")
@scene("bitopro/trading_pairs_closed")
def _(sandbox: RunningSandbox) -> requests.Response:
    return BitoProClient(sandbox).send("GET", "/v3/provisioning/trading-pairs")


@scene("bitopro/error_400_body")
def _(sandbox: RunningSandbox) -> requests.Response:
    return BitoProClient(sandbox).call("PUT", "/orders", {"BTC_USDT": "12234566"})


@scene("bitopro/error_400_order_type")
def _(sandbox: RunningSandbox) -> requests.Response:
    return BitoProClient(sandbox).place(type="ICEBERG")


@scene("bitopro/error_401")
def _(sandbox: RunningSandbox) -> requests.Response:
    client = BitoProClient(sandbox)
    client.key = "another"
    return client.call("GET", "/orders/open")


@scene("bitopro/error_401_signature")
def _(sandbox: RunningSandbox) -> requests.Response:
    client = BitoProClient(sandbox)
    client.secret = "another"
    return client.call("GET", "/orders/open")


@scene("bitopro/error_403")
def _(sandbox: RunningSandbox) -> requests.Response:
    reader = replace(Accounts()["bitopro"], may_trade=False)
    with running_sandbox(Accounts(bitopro=reader)) as other:
        return BitoProClient(other).call("DELETE", "/orders/all")


@scene("bitopro/margin_refused")
def _(sandbox: RunningSandbox) -> requests.Response:
    sandbox.exchange.apply_settings(bitopro_margin="off")
    return BitoProClient(sandbox).call("GET", "/margin/orders/orders/open")


@scene("bitopro/error_404")
def _(sandbox: RunningSandbox) -> requests.Response:
    return BitoProClient(sandbox).call("GET", "/orders/btc_usdt/1")


@scene("bitopro/error_409")
def _(sandbox: RunningSandbox) -> requests.Response:
    sandbox.exchange.apply_settings(skew=3600)
    return BitoProClient(sandbox).call("GET", "/orders/open")


@scene("bitopro/error_422")
def _(sandbox: RunningSandbox) -> requests.Response:
    order = sandbox.place("bitopro", "btc_usdt", state="cancelled")
    return BitoProClient(sandbox).call("DELETE", f"/orders/btc_usdt/{order.order_id}")


@scene("bitopro/error_422_price")
def _(sandbox: RunningSandbox) -> requests.Response:
    return BitoProClient(sandbox).place(price="-1")


@scene("bitopro/error_429")
def _(sandbox: RunningSandbox) -> requests.Response:
    sandbox.faults.add(kind="rate_limit")
    return BitoProClient(sandbox).call("GET", "/orders/open")
