"""How the paper KuCoin is brought to give each recorded answer."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from airflow_provider_exchange.sandbox.accounts import Accounts
from airflow_provider_exchange.sandbox.testing import RunningSandbox, running_sandbox
from tests.sandbox.kucoin.client import OCOS, ORDERS, STOPS, KucoinClient
from tests.sandbox.scenes.registry import SCENES, scene

if TYPE_CHECKING:
    import requests

    from tests.sandbox.scenes.registry import Scene

GONE = "671124f9365ccb00073debd4"
MARKET = "BTC-USDT"
ACTIVE = f"{ORDERS}/active"


def _asks(path: str, **asked: Any) -> Scene:
    return lambda sandbox: KucoinClient(sandbox).get(path, **asked)


def _with_orders(count: int, path: str, book: str = "kucoin", **asked: Any) -> Scene:
    def play(sandbox: RunningSandbox) -> requests.Response:
        for number in range(count):
            sandbox.place(book, MARKET, client_order_id=f"mine{number}", **({} if book == "kucoin" else STOP))
        return KucoinClient(sandbox).get(path, **asked)

    return play


STOP = {"stop_price": "90"}


def _order_in(state: str, filled: str = "0") -> Scene:
    def play(sandbox: RunningSandbox) -> requests.Response:
        order = sandbox.place("kucoin", MARKET, state=state, filled=filled)
        return KucoinClient(sandbox).get(f"{ORDERS}/{order.order_id}", symbol=MARKET)

    return play


def _waiting(book: str, path: str, method: str = "GET", **how: Any) -> Scene:
    def play(sandbox: RunningSandbox) -> requests.Response:
        order = sandbox.place(book, MARKET, **STOP, **how)
        return KucoinClient(sandbox).ask(method, f"{path}/{order.order_id}")

    return play


@scene("kucoin/order_history")
def _(sandbox: RunningSandbox) -> requests.Response:
    for state in ("cancelled", "filled"):
        sandbox.place("kucoin", MARKET, state=state)
    return KucoinClient(sandbox).get(f"{ORDERS}/done", symbol=MARKET)


def _cancels(state: str) -> Scene:
    def play(sandbox: RunningSandbox) -> requests.Response:
        order = sandbox.place("kucoin", MARKET, state=state)
        return KucoinClient(sandbox).delete(f"{ORDERS}/{order.order_id}", symbol=MARKET)

    return play


def _with(**wrong: Any) -> Scene:
    def play(sandbox: RunningSandbox) -> requests.Response:
        client = KucoinClient(sandbox)
        for name, value in wrong.items():
            setattr(client, name, value)
        return client.get(ACTIVE, symbol=MARKET)

    return play


@scene("kucoin/error_429000")
def _(sandbox: RunningSandbox) -> requests.Response:
    sandbox.faults.add(kind="rate_limit")
    return KucoinClient(sandbox).get(ACTIVE, symbol=MARKET)


@scene("kucoin/error_400002")
def _(sandbox: RunningSandbox) -> requests.Response:
    sandbox.exchange.apply_settings(skew=3600)
    return KucoinClient(sandbox).get(ACTIVE, symbol=MARKET)


@scene("kucoin/error_400007")
def _(_sandbox: RunningSandbox) -> requests.Response:
    reader = replace(Accounts()["kucoin"], permissions=("General",))
    with running_sandbox(Accounts(kucoin=reader)) as other:
        return KucoinClient(other).delete(f"{ORDERS}/{GONE}", symbol=MARKET)


@scene("kucoin/error_unknown_order")
def _(sandbox: RunningSandbox) -> requests.Response:
    sandbox.exchange.apply_settings(kucoin_unknown="error")
    return KucoinClient(sandbox).get(f"{ORDERS}/{GONE}", symbol=MARKET)


SCENES |= {
    "kucoin/open_orders": _with_orders(1, ACTIVE, symbol=MARKET),
    "kucoin/open_orders_two": _with_orders(2, ACTIVE, symbol=MARKET),
    "kucoin/open_orders_null": _asks(ACTIVE, symbol=MARKET),
    "kucoin/live_markets": _with_orders(1, f"{ACTIVE}/symbols"),
    "kucoin/live_markets_none": _asks(f"{ACTIVE}/symbols"),
    "kucoin/account_mode": _asks("ua/v1/account/mode"),
    "kucoin/account_type": _asks("v1/hf/accounts/opened"),
    "kucoin/api_key": _asks("v1/user/api-key"),
    "kucoin/markets": _asks("v2/symbols"),
    "kucoin/time": _asks("v1/timestamp"),
    "kucoin/stop_orders": _with_orders(1, STOPS, "kucoin_stop"),
    "kucoin/stop_orders_page": _with_orders(11, STOPS, "kucoin_stop", pageSize=10),
    "kucoin/stop_orders_none": _asks(STOPS),
    "kucoin/stop_order": _waiting("kucoin_stop", STOPS),
    "kucoin/stop_order_triggered": _waiting("kucoin_stop", STOPS, state="filled"),
    "kucoin/cancel_stop_order": _waiting("kucoin_stop", STOPS, "DELETE"),
    "kucoin/oco_orders": _with_orders(1, f"{OCOS}/orders", "kucoin_oco"),
    "kucoin/oco_orders_none": _asks(f"{OCOS}/orders"),
    "kucoin/oco_order": _waiting("kucoin_oco", f"{OCOS}/order"),
    "kucoin/cancel_oco_order": _waiting("kucoin_oco", f"{OCOS}/order", "DELETE"),
    "kucoin/order": _order_in("open"),
    "kucoin/order_filled": _order_in("filled"),
    "kucoin/order_cancelled": _order_in("cancelled", "0.4"),
    "kucoin/order_unknown": _asks(f"{ORDERS}/{GONE}", symbol=MARKET),
    "kucoin/cancel_order": _cancels("open"),
    "kucoin/error_too_late": _cancels("filled"),
    "kucoin/error_400003": _with(key="another"),
    "kucoin/error_400005": _with(secret="another"),
    "kucoin/error_400100": _asks(STOPS, pageSize=5000),
    "kucoin/error_900001": _asks(ACTIVE, symbol="NO-SUCH"),
}
