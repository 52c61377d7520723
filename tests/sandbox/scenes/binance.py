"""How the paper Binance is brought to give each recorded answer, of spot and of USD-M futures."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from airflow_provider_exchange.sandbox.accounts import Accounts
from airflow_provider_exchange.sandbox.testing import RunningSandbox, running_sandbox
from tests.sandbox.clients import BinanceClient
from tests.sandbox.scenes.registry import SCENES, Scene, scene

if TYPE_CHECKING:
    import requests

SPOT, LINEAR = "/api/v3", "/fapi/v1"
BOOKS = {SPOT: "binance", LINEAR: "binance_linear"}
GONE = 999_999


def _open(base: str, count: int) -> Scene:
    def play(sandbox: RunningSandbox) -> requests.Response:
        for number in range(count):
            filled = "0.2" if number else "0"
            sandbox.place(BOOKS[base], "BTCUSDT", client_order_id=f"mine-{number}", filled=filled)
        return BinanceClient(sandbox).call("GET", f"{base}/openOrders")

    return play


def _order_in(base: str, state: str, filled: str = "0") -> Scene:
    def play(sandbox: RunningSandbox) -> requests.Response:
        order = sandbox.place(BOOKS[base], "BTCUSDT", state=state, filled=filled)
        return BinanceClient(sandbox).call("GET", f"{base}/order", symbol="BTCUSDT", orderId=order.order_id)

    return play


def _history(base: str, *states: str) -> Scene:
    def play(sandbox: RunningSandbox) -> requests.Response:
        for state in states:
            sandbox.place(BOOKS[base], "BTCUSDT", state=state)
        return BinanceClient(sandbox).call("GET", f"{base}/allOrders", symbol="BTCUSDT")

    return play


def _cancel(base: str) -> Scene:
    def play(sandbox: RunningSandbox) -> requests.Response:
        order = sandbox.place(BOOKS[base], "BTCUSDT")
        return BinanceClient(sandbox).call("DELETE", f"{base}/order", symbol="BTCUSDT", orderId=order.order_id)

    return play


def _asks(method: str, path: str, **parameters: object) -> Scene:
    return lambda sandbox: BinanceClient(sandbox).call(method, path, **parameters)


def _public(path: str) -> Scene:
    return lambda sandbox: BinanceClient(sandbox).send("GET", path)


def _with_key(base: str, **wrong: str) -> Scene:
    def play(sandbox: RunningSandbox) -> requests.Response:
        client = BinanceClient(sandbox)
        for name, value in wrong.items():
            setattr(client, name, value)
        return client.call("GET", f"{base}/openOrders")

    return play


def _too_many(base: str) -> Scene:
    def play(sandbox: RunningSandbox) -> requests.Response:
        sandbox.faults.add(kind="rate_limit")
        return BinanceClient(sandbox).call("GET", f"{base}/openOrders")

    return play


def _late(base: str) -> Scene:
    def play(sandbox: RunningSandbox) -> requests.Response:
        sandbox.exchange.apply_settings(skew=3600)
        return BinanceClient(sandbox).call("GET", f"{base}/openOrders")

    return play


def _read_only(base: str) -> Scene:
    def play(_sandbox: RunningSandbox) -> requests.Response:
        reader = replace(Accounts()["binance"], may_trade=False)
        with running_sandbox(Accounts(binance=reader)) as other:
            return BinanceClient(other).call("DELETE", f"{base}/order", symbol="BTCUSDT", orderId=GONE)

    return play


for name, base in (("binance", SPOT), ("binance_linear", LINEAR)):
    SCENES |= {
        f"{name}/open_orders": _open(base, 1),
        f"{name}/open_orders_two": _open(base, 2),
        f"{name}/open_orders_empty": _open(base, 0),
        f"{name}/order": _order_in(base, "open"),
        f"{name}/order_cancelled": _order_in(base, "cancelled"),
        f"{name}/cancel_order": _cancel(base),
        f"{name}/exchange_info": _public(f"{base}/exchangeInfo"),
        f"{name}/time": _public("/api/v3/time"),
        f"{name}/error_1003": _too_many(base),
        f"{name}/error_1021": _late(base),
        f"{name}/error_1022": _with_key(base, secret="another"),
        f"{name}/error_1102": _asks("GET", f"{base}/order", orderId=GONE),
        f"{name}/error_1121": _asks("GET", f"{base}/openOrders", symbol="NOSUCH"),
        f"{name}/error_2011": _asks("DELETE", f"{base}/order", symbol="BTCUSDT", orderId=GONE),
        f"{name}/error_2013": _asks("GET", f"{base}/order", symbol="BTCUSDT", orderId=GONE),
        f"{name}/error_2015": _read_only(base),
    }

SCENES |= {
    "binance/order_partly_filled": _order_in(SPOT, "open", "0.4"),
    "binance/order_filled": _order_in(SPOT, "filled"),
    "binance/order_expired": _order_in(SPOT, "expired"),
    "binance/order_rejected": _order_in(SPOT, "rejected"),
    "binance/all_orders": _history(SPOT, "open", "filled", "cancelled"),
    "binance_linear/all_orders": _history(LINEAR, "filled", "cancelled", "expired"),
    "binance/account": _asks("GET", "/api/v3/account"),
    "binance/error_1100": _asks("GET", "/api/v3/openOrders", symbol="btc/usdt"),
    "binance/error_2014": _with_key(SPOT, key="?"),
}


@scene("binance_linear/account")
def _(sandbox: RunningSandbox) -> requests.Response:
    return BinanceClient(sandbox).call("GET", "/fapi/v2/account")


@scene("binance/error_2026")
def _(sandbox: RunningSandbox) -> requests.Response:
    order = sandbox.place("binance", "BTCUSDT", state="cancelled", age=91 * 86_400)
    return BinanceClient(sandbox).call("GET", "/api/v3/order", symbol="BTCUSDT", orderId=order.order_id)


@scene("binance_linear/cancel_orders")
def _(sandbox: RunningSandbox) -> requests.Response:
    order = sandbox.place("binance_linear", "BTCUSDT")
    named = f"[{order.order_id},{GONE}]"
    return BinanceClient(sandbox).call("DELETE", "/fapi/v1/batchOrders", symbol="BTCUSDT", orderIdList=named)


# -- algo orders


@scene("binance_linear/open_algo_orders")
def _(sandbox: RunningSandbox) -> requests.Response:
    sandbox.place("binance_algo", "BNBUSDT", stop_price="750")
    return BinanceClient(sandbox).call("GET", "/fapi/v1/openAlgoOrders")


@scene("binance_linear/cancel_algo_order")
def _(sandbox: RunningSandbox) -> requests.Response:
    order = sandbox.place("binance_algo", "BNBUSDT", stop_price="750")
    return BinanceClient(sandbox).call("DELETE", "/fapi/v1/algoOrder", algoId=order.order_id)


def _algo_in(state: str) -> Scene:
    def play(sandbox: RunningSandbox) -> requests.Response:
        order = sandbox.place("binance_algo", "BNBUSDT", stop_price="750", state=state)
        return BinanceClient(sandbox).call("GET", "/fapi/v1/algoOrder", algoId=order.order_id)

    return play


def _algo_that_went(*, filled: bool) -> Scene:
    def play(sandbox: RunningSandbox) -> requests.Response:
        order, book = sandbox.place("binance_algo", "BNBUSDT", stop_price="750"), sandbox.book("binance_algo")
        (book.fill if filled else book.trigger)(order.order_id)
        return BinanceClient(sandbox).call("GET", "/fapi/v1/algoOrder", algoId=order.order_id)

    return play


def _placed_by_an_algo(*, filled: bool) -> Scene:
    def play(sandbox: RunningSandbox) -> requests.Response:
        number = _algo_that_went(filled=filled)(sandbox).json()["actualOrderId"]
        return BinanceClient(sandbox).call("GET", "/fapi/v1/order", symbol="BNBUSDT", orderId=number)

    return play


SCENES |= {
    "binance_linear/algo_order": _algo_in("open"),
    "binance_linear/algo_order_cancelled": _algo_in("cancelled"),
    "binance_linear/algo_order_expired": _algo_in("expired"),
    "binance_linear/algo_order_rejected": _algo_in("rejected"),
    "binance_linear/algo_order_triggered": _algo_that_went(filled=False),
    "binance_linear/algo_order_finished": _algo_that_went(filled=True),
    "binance_linear/order_placed_by_algo_order_triggered": _placed_by_an_algo(filled=False),
    "binance_linear/order_placed_by_algo_order_finished": _placed_by_an_algo(filled=True),
}
