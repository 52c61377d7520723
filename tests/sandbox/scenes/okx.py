"""How the paper OKX is brought to give each recorded answer."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from airflow_provider_exchange.sandbox.accounts import Accounts
from airflow_provider_exchange.sandbox.testing import RunningSandbox, running_sandbox
from tests.sandbox.okx.client import OkxClient
from tests.sandbox.scenes.registry import SCENES, scene

if TYPE_CHECKING:
    import requests

    from tests.sandbox.scenes.registry import Scene

GONE = "1752588852617379839"
MARKET = "BTC-USDT"
PENDING, ALGOS_PENDING = "trade/orders-pending", "trade/orders-algo-pending"


def _asks(path: str, **asked: Any) -> Scene:
    return lambda sandbox: OkxClient(sandbox).get(path, **asked)


def _open(count: int) -> Scene:
    def play(sandbox: RunningSandbox) -> requests.Response:
        for number in range(count):
            sandbox.place("okx", MARKET, client_order_id=f"mine{number}", filled="0.2" if number else "0")
        return OkxClient(sandbox).get(PENDING)

    return play


def _algos(kind: str, asked: str) -> Scene:
    def play(sandbox: RunningSandbox) -> requests.Response:
        sandbox.place("okx_algo", MARKET, type=kind, stop_price="90")
        return OkxClient(sandbox).get(ALGOS_PENDING, ordType=asked)

    return play


def _algo_in(state: str) -> Scene:
    def play(sandbox: RunningSandbox) -> requests.Response:
        order = sandbox.place("okx_algo", MARKET, type="conditional", stop_price="90", state=state)
        return OkxClient(sandbox).get("trade/order-algo", algoId=order.order_id)

    return play


def _order_in(state: str, filled: str = "0") -> Scene:
    def play(sandbox: RunningSandbox) -> requests.Response:
        order = sandbox.place("okx", MARKET, state=state, filled=filled)
        return OkxClient(sandbox).get("trade/order", instId=MARKET, ordId=order.order_id)

    return play


@scene("okx/order_history")
def _(sandbox: RunningSandbox) -> requests.Response:
    for state in ("cancelled", "filled"):
        sandbox.place("okx", MARKET, state=state)
    return OkxClient(sandbox).get("trade/orders-history", instType="SPOT", instId=MARKET)


def _cancels(path: str, *states: str) -> Scene:
    """Cancel an order in each of some states: several in a list, one by itself."""

    def play(sandbox: RunningSandbox) -> requests.Response:
        orders = [sandbox.place("okx", MARKET, state=state) for state in states]
        named = [{"instId": order.symbol, "ordId": order.order_id} for order in orders]
        return OkxClient(sandbox).post(path, named if len(named) > 1 else named[0])

    return play


@scene("okx/cancel_algo_order")
def _(sandbox: RunningSandbox) -> requests.Response:
    order = sandbox.place("okx_algo", MARKET, type="conditional", stop_price="90")
    return OkxClient(sandbox).post("trade/cancel-algos", [{"instId": MARKET, "algoId": order.order_id}])


def _with(**wrong: Any) -> Scene:
    def play(sandbox: RunningSandbox) -> requests.Response:
        client = OkxClient(sandbox)
        for name, value in wrong.items():
            setattr(client, name, value)
        return client.get(PENDING)

    return play


@scene("okx/error_50011")
def _(sandbox: RunningSandbox) -> requests.Response:
    sandbox.faults.add(kind="rate_limit")
    return OkxClient(sandbox).get(PENDING)


@scene("okx/error_50102")
def _(sandbox: RunningSandbox) -> requests.Response:
    sandbox.exchange.apply_settings(skew=3600)
    return OkxClient(sandbox).get(PENDING)


@scene("okx/error_50120")
def _(_sandbox: RunningSandbox) -> requests.Response:
    reader = replace(Accounts()["okx"], permissions=("read_only",))
    with running_sandbox(Accounts(okx=reader)) as other:
        return OkxClient(other).post("trade/cancel-order", {"instId": MARKET, "ordId": GONE})


SCENES |= {
    "okx/open_orders": _open(1),
    "okx/open_orders_two": _open(2),
    "okx/open_orders_empty": _open(0),
    "okx/algo_orders": _algos("conditional", "conditional,oco"),
    "okx/algo_orders_trigger": _algos("trigger", "trigger"),
    "okx/algo_orders_empty": _asks(ALGOS_PENDING, ordType="twap"),
    "okx/algo_order": _algo_in("waiting"),
    "okx/algo_order_cancelled": _algo_in("cancelled"),
    "okx/order": _order_in("open"),
    "okx/order_filled": _order_in("filled"),
    "okx/order_partly_filled": _order_in("open", "0.4"),
    "okx/order_cancelled": _order_in("cancelled"),
    "okx/cancel_order": _cancels("trade/cancel-order", "open"),
    "okx/cancel_order_ended": _cancels("trade/cancel-order", "filled"),
    "okx/cancel_orders": _cancels("trade/cancel-batch-orders", "open", "open"),
    "okx/cancel_orders_in_part": _cancels("trade/cancel-batch-orders", "open", "filled"),
    "okx/cancel_orders_none": _cancels("trade/cancel-batch-orders", "cancelled", "filled"),
    "okx/balance": _asks("account/balance"),
    "okx/instruments": _asks("public/instruments", instType="SPOT"),
    "okx/instruments_none": _asks("public/instruments", instType="FUTURES"),
    "okx/time": _asks("public/time"),
    "okx/error_50014": _asks("trade/order", ordId=GONE),
    "okx/error_50105": _with(extra={"passphrase": "another"}),
    "okx/error_50111": _with(key="another"),
    "okx/error_50113": _with(secret="another"),
    "okx/error_51000": _asks(ALGOS_PENDING),
    "okx/error_51001": _asks(PENDING, instId="NO-SUCH"),
    "okx/error_51603": _asks("trade/order", instId=MARKET, ordId=GONE),
}
