"""How the paper Bybit is brought to give each recorded answer, of spot and of linear contracts."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from airflow_provider_exchange.sandbox.accounts import Accounts
from airflow_provider_exchange.sandbox.testing import RunningSandbox, running_sandbox
from tests.sandbox.bybit import GONE, BybitClient
from tests.sandbox.scenes.registry import SCENES

if TYPE_CHECKING:
    import requests

    from tests.sandbox.scenes.registry import Scene

REALTIME = "/order/realtime"
SCOPES: dict[str, dict[str, Any]] = {"bybit": {"category": "spot"}, "bybit_linear": {"category": "linear"}}
"""What a request says of the category, by the book."""
LISTS: dict[str, dict[str, Any]] = {
    "bybit": {**SCOPES["bybit"], "orderFilter": "Order"},
    "bybit_linear": {**SCOPES["bybit_linear"], "settleCoin": "USDT"},
}


def _open(book: str, count: int) -> Scene:
    def play(sandbox: RunningSandbox) -> requests.Response:
        for number in range(count):
            sandbox.place(book, "BTCUSDT", client_order_id=f"mine-{number}", filled="0.2" if number else "0")
        return BybitClient(sandbox).get(REALTIME, **LISTS[book])

    return play


def _order_in(book: str, state: str, filled: str = "0") -> Scene:
    def play(sandbox: RunningSandbox) -> requests.Response:
        order = sandbox.place(book, "BTCUSDT", state=state, filled=filled)
        return BybitClient(sandbox).get(REALTIME, **SCOPES[book], symbol="BTCUSDT", orderId=order.order_id)

    return play


def _history(book: str) -> Scene:
    def play(sandbox: RunningSandbox) -> requests.Response:
        for state in ("filled", "cancelled"):
            sandbox.place(book, "BTCUSDT", state=state)
        return BybitClient(sandbox).get("/order/history", **SCOPES[book], symbol="BTCUSDT")

    return play


def _cancel(book: str) -> Scene:
    def play(sandbox: RunningSandbox) -> requests.Response:
        order = sandbox.place(book, "BTCUSDT")
        named = {"symbol": "BTCUSDT", "orderId": order.order_id}
        return BybitClient(sandbox).post("/order/cancel", **SCOPES[book], **named)

    return play


def _batch(book: str) -> Scene:
    def play(sandbox: RunningSandbox) -> requests.Response:
        ids = [sandbox.place(book, "BTCUSDT").order_id, GONE]
        named = [{"symbol": "BTCUSDT", "orderId": order_id} for order_id in ids]
        return BybitClient(sandbox).post("/order/cancel-batch", **SCOPES[book], request=named)

    return play


def _asks(path: str, **asked: Any) -> Scene:
    return lambda sandbox: BybitClient(sandbox).get(path, **asked)


def _cancels(book: str, **named: str) -> Scene:
    return lambda sandbox: BybitClient(sandbox).post("/order/cancel", **SCOPES[book], **named)


def _with_key(book: str, **wrong: str) -> Scene:
    def play(sandbox: RunningSandbox) -> requests.Response:
        client = BybitClient(sandbox)
        for name, value in wrong.items():
            setattr(client, name, value)
        return client.get(REALTIME, **LISTS[book])

    return play


def _unknown_key(book: str) -> Scene:
    def play(sandbox: RunningSandbox) -> requests.Response:
        sandbox.exchange.apply_settings(bybit_unknown_key_status=401)
        return _with_key(book, key="another")(sandbox)

    return play


def _too_many(book: str) -> Scene:
    def play(sandbox: RunningSandbox) -> requests.Response:
        sandbox.faults.add(kind="rate_limit")
        return BybitClient(sandbox).get(REALTIME, **LISTS[book])

    return play


def _late(book: str) -> Scene:
    def play(sandbox: RunningSandbox) -> requests.Response:
        sandbox.exchange.apply_settings(skew=3600)
        return BybitClient(sandbox).get(REALTIME, **LISTS[book])

    return play


def _read_only(book: str) -> Scene:
    def play(_sandbox: RunningSandbox) -> requests.Response:
        reader = replace(Accounts()["bybit"], may_trade=False)
        with running_sandbox(Accounts(bybit=reader)) as other:
            return _cancels(book, symbol="BTCUSDT", orderId=GONE)(other)

    return play


for book, scope in SCOPES.items():
    SCENES |= {
        f"{book}/open_orders": _open(book, 1),
        f"{book}/open_orders_two": _open(book, 2),
        f"{book}/open_orders_page": _open(book, 1),
        f"{book}/open_orders_empty": _open(book, 0),
        f"{book}/order": _order_in(book, "open"),
        f"{book}/order_filled": _order_in(book, "filled"),
        f"{book}/order_cancelled": _order_in(book, "cancelled"),
        f"{book}/order_rejected": _order_in(book, "rejected"),
        f"{book}/order_history": _history(book),
        f"{book}/cancel_order": _cancel(book),
        f"{book}/cancel_orders": _batch(book),
        f"{book}/wallet_balance": _asks("/account/wallet-balance", accountType="UNIFIED"),
        f"{book}/time": _asks("/market/time"),
        f"{book}/instruments_info": _asks("/market/instruments-info", **scope),
        f"{book}/error_10001": _asks(REALTIME, category="nonsense"),
        f"{book}/error_10002": _late(book),
        f"{book}/error_10003": _unknown_key(book),
        f"{book}/error_10004": _with_key(book, secret="another"),
        f"{book}/error_10005": _read_only(book),
        f"{book}/error_10006": _too_many(book),
    }

SCENES |= {
    "bybit/order_partly_filled_cancelled": _order_in("bybit", "cancelled", "0.4"),
    "bybit/error_170121": _cancels("bybit", symbol="NOSUCH", orderId=GONE),
    "bybit/error_170213": _cancels("bybit", symbol="BTCUSDT", orderId=GONE),
    "bybit_linear/error_110001": _cancels("bybit_linear", symbol="BTCUSDT", orderId=GONE),
}


# -- spot orders that wait for a price


def _waiting(sandbox: RunningSandbox, kind: str) -> str:
    more = {"type": kind} if kind == "tpslOrder" else {}
    return sandbox.place("bybit", "BTCUSDT", stop_price="29000", **more).order_id


def _open_waiting(kind: str) -> Scene:
    def play(sandbox: RunningSandbox) -> requests.Response:
        _waiting(sandbox, kind)
        return BybitClient(sandbox).get(REALTIME, category="spot", orderFilter=kind)

    return play


def _one_waiting(kind: str, *, is_cancelled: bool = False) -> Scene:
    def play(sandbox: RunningSandbox) -> requests.Response:
        named = {"category": "spot", "symbol": "BTCUSDT", "orderId": _waiting(sandbox, kind), "orderFilter": kind}
        client = BybitClient(sandbox)
        if is_cancelled:
            client.post("/order/cancel", **named)
        return client.get(REALTIME, **named)

    return play


SCENES |= {
    "bybit/open_orders_stop": _open_waiting("StopOrder"),
    "bybit/open_orders_tpsl": _open_waiting("tpslOrder"),
    "bybit/order_stop": _one_waiting("StopOrder"),
    "bybit/order_tpsl": _one_waiting("tpslOrder"),
    "bybit/order_stop_deactivated": _one_waiting("StopOrder", is_cancelled=True),
}


def _ended(sandbox: RunningSandbox) -> requests.Response:
    sandbox.exchange.apply_settings(bybit_spot_ended="by_state")
    order = sandbox.place("bybit", "BTCUSDT", state="cancelled")
    return _cancels("bybit", symbol="BTCUSDT", orderId=order.order_id)(sandbox)


SCENES["bybit/error_170142"] = _ended
