"""How the paper Deribit is brought to give each recorded answer."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from airflow_provider_exchange.sandbox.accounts import Accounts
from airflow_provider_exchange.sandbox.testing import RunningSandbox, running_sandbox
from tests.sandbox.clients import now_ms
from tests.sandbox.deribit import GONE, DeribitClient
from tests.sandbox.scenes.registry import SCENES, scene

if TYPE_CHECKING:
    import requests

    from tests.sandbox.scenes.registry import Scene

MARKET = "BTC-PERPETUAL"
OPEN, STATE, CANCEL = "private/get_open_orders", "private/get_order_state", "private/cancel"
HISTORY = "private/get_order_history_by_instrument"
STOP = {"type": "STOP_MARKET", "stop_price": "90"}


def _asks(method: str, **asked: Any) -> Scene:
    return lambda sandbox: DeribitClient(sandbox).get(method, **asked)


def _open(count: int) -> Scene:
    def play(sandbox: RunningSandbox) -> requests.Response:
        for number in range(count):
            sandbox.place("deribit", MARKET, client_order_id=f"mine-{number}", filled="0.2" if number else "0")
        return DeribitClient(sandbox).get(OPEN, type="all")

    return play


def _order_in(state: str, **how: str) -> Scene:
    def play(sandbox: RunningSandbox) -> requests.Response:
        order = sandbox.place("deribit", MARKET, state=state, **how)
        return DeribitClient(sandbox).get(STATE, order_id=order.order_id)

    return play


def _cancel(**how: str) -> Scene:
    def play(sandbox: RunningSandbox) -> requests.Response:
        return DeribitClient(sandbox).get(CANCEL, order_id=sandbox.place("deribit", MARKET, **how).order_id)

    return play


def _ended(code: str) -> Scene:
    def play(sandbox: RunningSandbox) -> requests.Response:
        sandbox.exchange.apply_settings(deribit_ended=code)
        order = sandbox.place("deribit", MARKET, state="filled")
        return DeribitClient(sandbox).get(CANCEL, order_id=order.order_id)

    return play


@scene("deribit/open_trigger_orders")
def _open_trigger_orders(sandbox: RunningSandbox) -> requests.Response:
    sandbox.place("deribit", MARKET, **STOP)
    sandbox.place("deribit", MARKET)
    return DeribitClient(sandbox).get(OPEN, type="trigger_all")


@scene("deribit/order_triggered")
def _order_triggered(sandbox: RunningSandbox) -> requests.Response:
    order = sandbox.place("deribit", MARKET, **STOP)
    sandbox.book("deribit").trigger(order.order_id)
    return DeribitClient(sandbox).get(STATE, order_id=order.order_id)


@scene("deribit/order_history")
def _order_history(sandbox: RunningSandbox) -> requests.Response:
    for state in ("filled", "cancelled"):
        sandbox.place("deribit", MARKET, state=state)
    return DeribitClient(sandbox).get(HISTORY, instrument_name=MARKET, include_unfilled="true")


@scene("deribit/error_10000")
def _without_a_signature(sandbox: RunningSandbox) -> requests.Response:
    return DeribitClient(sandbox).send("GET", f"/api/v2/{OPEN}", {})


@scene("deribit/error_13004")
def _with_another_secret(sandbox: RunningSandbox) -> requests.Response:
    client = DeribitClient(sandbox)
    client.secret = "another"
    return client.get(OPEN)


@scene("deribit/error_13009")
def _late(sandbox: RunningSandbox) -> requests.Response:
    client, uri = DeribitClient(sandbox), f"/api/v2/{OPEN}"
    return client.send("GET", uri, client.header(uri, now_ms() - 61_000))


@scene("deribit/error_13021")
def _read_only(_sandbox: RunningSandbox) -> requests.Response:
    reader = replace(Accounts()["deribit"], may_trade=False)
    with running_sandbox(Accounts(deribit=reader)) as other:
        return DeribitClient(other).get(CANCEL, order_id=GONE)


@scene("deribit/error_10028")
def _too_many(sandbox: RunningSandbox) -> requests.Response:
    sandbox.faults.add(kind="rate_limit")
    return DeribitClient(sandbox).get(OPEN)


@scene("deribit/error_10041")
def _settlement(sandbox: RunningSandbox) -> requests.Response:
    sandbox.faults.add(kind="refuse_cancel")
    return _cancel()(sandbox)


SCENES |= {
    "deribit/open_orders": _open(1),
    "deribit/open_orders_two": _open(2),
    "deribit/open_orders_none": _open(0),
    "deribit/order": _order_in("open"),
    "deribit/order_filled": _order_in("filled"),
    "deribit/order_cancelled": _order_in("cancelled"),
    "deribit/order_rejected": _order_in("rejected"),
    "deribit/order_untriggered": _order_in("waiting", **STOP),
    "deribit/order_history_none": _asks(HISTORY, instrument_name=MARKET),
    "deribit/cancel_order": _cancel(),
    "deribit/positions": _asks("private/get_positions", currency="any"),
    "deribit/time": _asks("public/get_time"),
    "deribit/instruments": _asks("public/get_instruments", currency="any"),
    "deribit/error_10004": _asks(STATE, order_id=GONE),
    "deribit/error_10010": _ended("already_closed"),
    "deribit/error_10025": _asks(CANCEL, order_id="no id"),
    "deribit/error_11044": _ended("not_open_order"),
    "deribit/error_13020": _asks("private/get_open_orders_by_instrument", instrument_name="NOTHING"),
    "deribit/error_invalid_params": _asks("private/get_positions", currency="DOGE"),
}
