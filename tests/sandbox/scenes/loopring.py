"""How the paper Loopring is brought to give each recorded answer."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlencode

from tests.sandbox.clients import LoopringClient
from tests.sandbox.scenes.registry import scene

if TYPE_CHECKING:
    import requests

    from airflow_provider_exchange.sandbox.testing import RunningSandbox


@scene("loopring/submit_order")
def _(sandbox: RunningSandbox) -> requests.Response:
    client = LoopringClient(sandbox)
    return client.submit(client.order(clientOrderId="Test"))


@scene("loopring/cancel_order_cancelled")
def _(sandbox: RunningSandbox) -> requests.Response:
    return LoopringClient(sandbox).delete("/order", orderHash=sandbox.place("loopring", "LRC-ETH").order_id)


@scene("loopring/cancel_order_cancelling")
def _(sandbox: RunningSandbox) -> requests.Response:
    sandbox.faults.add(kind="cancelling")
    return LoopringClient(sandbox).delete("/order", orderHash=sandbox.place("loopring", "LRC-ETH").order_id)


@scene("loopring/cancel_orders_by_hash")
def _(sandbox: RunningSandbox) -> requests.Response:
    placed = [sandbox.place("loopring", "LRC-ETH").order_id for _ in range(2)]
    return LoopringClient(sandbox).delete("/orders/byHash", orderHash=",".join(placed))


@scene("loopring/cancel_orders_by_client_order_id")
def _(sandbox: RunningSandbox) -> requests.Response:
    sandbox.place("loopring", "LRC-ETH", client_order_id="Test")
    return LoopringClient(sandbox).delete("/orders/byClientOrderId", clientOrderId="Test")


@scene("loopring/order")
def _(sandbox: RunningSandbox) -> requests.Response:
    return LoopringClient(sandbox).get("/order", orderHash=sandbox.place("loopring", "LRC-ETH").order_id)


@scene("loopring/orders")
def _(sandbox: RunningSandbox) -> requests.Response:
    sandbox.place("loopring", "ETH-USDT")
    return LoopringClient(sandbox).get("/orders", status="processing")


@scene("loopring/orders_empty")
def _(sandbox: RunningSandbox) -> requests.Response:
    return LoopringClient(sandbox).get("/orders")


@scene("loopring/orders_stop_limit")
def _(sandbox: RunningSandbox) -> requests.Response:
    sandbox.place("loopring", "LRC-ETH", stop_price="0.36")
    return LoopringClient(sandbox).get("/orders", extraOrderTypes="STOP_LIMIT", status="waiting")


@scene("loopring/balances")
def _(sandbox: RunningSandbox) -> requests.Response:
    return LoopringClient(sandbox).get("/user/balances")


@scene("loopring/markets")
@scene("loopring/markets_closed")
def _(sandbox: RunningSandbox) -> requests.Response:
    return LoopringClient(sandbox).get("/exchange/markets")


@scene("loopring/timestamp")
def _(sandbox: RunningSandbox) -> requests.Response:
    return LoopringClient(sandbox).send("GET", "/api/v3/timestamp")


@scene("loopring/api_key")
def _(sandbox: RunningSandbox) -> requests.Response:
    client = LoopringClient(sandbox)
    account = {"accountId": client.extra["account_id"]}
    headers = {"X-API-KEY": client.key, "X-API-SIG": client.header("GET", "/api/v3/apiKey", account)}
    return client.send("GET", f"/api/v3/apiKey?{urlencode(account)}", headers)


@scene("loopring/error_100001")
def _(sandbox: RunningSandbox) -> requests.Response:
    return LoopringClient(sandbox).get("/orders", limit=51)


@scene("loopring/error_102008")
def _(sandbox: RunningSandbox) -> requests.Response:
    client = LoopringClient(sandbox)
    return client.submit(client.order(validUntil=1))


@scene("loopring/error_102117")
def _(sandbox: RunningSandbox) -> requests.Response:
    return LoopringClient(sandbox).delete("/order", orderHash="0x1")


@scene("loopring/error_102118")
def _(sandbox: RunningSandbox) -> requests.Response:
    sandbox.faults.add(kind="refuse_cancel")
    return LoopringClient(sandbox).delete("/order", orderHash=sandbox.place("loopring", "LRC-ETH").order_id)


@scene("loopring/error_102119")
def _(sandbox: RunningSandbox) -> requests.Response:
    return LoopringClient(sandbox).delete("/order", orderHash="all")


@scene("loopring/error_102120")
def _(sandbox: RunningSandbox) -> requests.Response:
    order = sandbox.place("loopring", "LRC-ETH", state="filled")
    return LoopringClient(sandbox).delete("/order", orderHash=order.order_id)


@scene("loopring/error_102122")
def _(sandbox: RunningSandbox) -> requests.Response:
    sandbox.faults.add(kind="cancelling", reads=9)
    order = sandbox.place("loopring", "LRC-ETH")
    LoopringClient(sandbox).delete("/order", orderHash=order.order_id)
    return LoopringClient(sandbox).delete("/order", orderHash=order.order_id)


@scene("loopring/error_104001")
def _(sandbox: RunningSandbox) -> requests.Response:
    return LoopringClient(sandbox).send("GET", "/api/v3/orders?accountId=10010")


@scene("loopring/error_104002")
def _(sandbox: RunningSandbox) -> requests.Response:
    return LoopringClient(sandbox).send("GET", "/api/v3/orders?accountId=10010", {"X-API-KEY": "another"})


@scene("loopring/error_104003")
def _(sandbox: RunningSandbox) -> requests.Response:
    client = LoopringClient(sandbox)
    client.extra = {"account_id": 1}
    return client.get("/orders")


@scene("loopring/error_104004")
def _(sandbox: RunningSandbox) -> requests.Response:
    client = LoopringClient(sandbox)
    return client.send("DELETE", "/api/v3/order?accountId=10010", {"X-API-KEY": client.key})


@scene("loopring/error_104005")
def _(sandbox: RunningSandbox) -> requests.Response:
    client = LoopringClient(sandbox)
    client.secret = "0x1"
    return client.delete("/order", orderHash="0x1")


@scene("loopring/error_104209")
def _(sandbox: RunningSandbox) -> requests.Response:
    order = sandbox.place("loopring", "LRC-ETH")
    return LoopringClient(sandbox).delete("/orders/byHash", orderHash=f"{order.order_id},0x1")


@scene("loopring/error_107002")
def _(sandbox: RunningSandbox) -> requests.Response:
    return LoopringClient(sandbox).get("/order")


@scene("loopring/error_107003")
def _(sandbox: RunningSandbox) -> requests.Response:
    return LoopringClient(sandbox).get("/order", orderHash="0x1")


@scene("loopring/error_flat_102117")
def _(sandbox: RunningSandbox) -> requests.Response:
    sandbox.exchange.apply_settings(loopring_error_shape="flat")
    return LoopringClient(sandbox).delete("/order", orderHash="0x1")


@scene("loopring/error_429")
def _(sandbox: RunningSandbox) -> requests.Response:
    sandbox.faults.add(kind="rate_limit")
    return LoopringClient(sandbox).get("/orders")
