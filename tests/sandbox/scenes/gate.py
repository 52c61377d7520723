"""How the paper Gate is brought to give each recorded answer, of spot and of contracts."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from airflow_provider_exchange.sandbox.accounts import Accounts
from airflow_provider_exchange.sandbox.testing import RunningSandbox, running_sandbox
from tests.sandbox.gate.client import GONE, GateClient
from tests.sandbox.scenes.registry import SCENES

if TYPE_CHECKING:
    import requests

    from tests.sandbox.scenes.registry import Scene

OPEN = "/spot/open_orders"
PATHS = {"gate": "/spot", "gate_linear": "/futures/usdt"}
"""What the paths of a book's calls begin with."""
OF_PAIR = {"gate": {"currency_pair": "BTC_USDT"}, "gate_linear": {}}
"""How its calls for one order name the market."""


def _asks(path: str, **asked: Any) -> Scene:
    return lambda sandbox: GateClient(sandbox).get(path, **asked)


def _deletes(path: str, **asked: Any) -> Scene:
    return lambda sandbox: GateClient(sandbox).delete(path, **asked)


def _open(book: str, count: int) -> Scene:
    def play(sandbox: RunningSandbox) -> requests.Response:
        for number in range(count):
            named = {"client_order_id": "t-mine"} if number else {}
            sandbox.place(book, "BTC_USDT", side="SELL" if number else "BUY", filled="0.25", **named)
        client = GateClient(sandbox)
        return client.get(OPEN) if book == "gate" else client.get("/futures/usdt/orders", status="open")

    return play


def _order_in(book: str, state: str) -> Scene:
    def play(sandbox: RunningSandbox) -> requests.Response:
        order = sandbox.place(book, "BTC_USDT", state=state)
        return GateClient(sandbox).get(f"{PATHS[book]}/orders/{order.order_id}", **OF_PAIR[book])

    return play


def _history(book: str) -> Scene:
    def play(sandbox: RunningSandbox) -> requests.Response:
        for state in ("filled", "cancelled"):
            sandbox.place(book, "BTC_USDT", state=state)
        return GateClient(sandbox).get(f"{PATHS[book]}/orders", status="finished", **OF_PAIR[book])

    return play


def _cancels(book: str, state: str = "open") -> Scene:
    def play(sandbox: RunningSandbox) -> requests.Response:
        order = sandbox.place(book, "BTC_USDT", state=state)
        return GateClient(sandbox).delete(f"{PATHS[book]}/orders/{order.order_id}", **OF_PAIR[book])

    return play


def _batch(sandbox: RunningSandbox) -> requests.Response:
    ids = [sandbox.place("gate_linear", "BTC_USDT").order_id, GONE]
    return GateClient(sandbox).call("POST", "/futures/usdt/batch_cancel_orders", ids)


def _autos(book: str, count: int) -> Scene:
    def play(sandbox: RunningSandbox) -> requests.Response:
        for _ in range(count):
            sandbox.place(f"{book}_auto", "BTC_USDT", stop_price="90")
        return GateClient(sandbox).get(f"{PATHS[book]}/price_orders", status="open")

    return play


def _auto(book: str, *, method: str = "GET", ends: str = "") -> Scene:
    def play(sandbox: RunningSandbox) -> requests.Response:
        state = {"state": ends} if ends else {}
        order = sandbox.place(f"{book}_auto", "BTC_USDT", stop_price="90", **state)
        return GateClient(sandbox).call(method, f"{PATHS[book]}/price_orders/{order.order_id}")

    return play


def _with_key(**wrong: str) -> Scene:
    def play(sandbox: RunningSandbox) -> requests.Response:
        client = GateClient(sandbox)
        for name, value in wrong.items():
            setattr(client, name, value)
        return client.get(OPEN)

    return play


def _late(sandbox: RunningSandbox) -> requests.Response:
    return GateClient(sandbox).call("GET", OPEN, seconds=1_600_000_000)


def _with_fault(scene: Scene, kind: str) -> Scene:
    def play(sandbox: RunningSandbox) -> requests.Response:
        sandbox.faults.add(kind=kind)
        return scene(sandbox)

    return play


def _of_another(scene: Scene, **traits: bool) -> Scene:
    def play(_sandbox: RunningSandbox) -> requests.Response:
        with running_sandbox(Accounts(gate=replace(Accounts()["gate"], **traits))) as other:
            return scene(other)

    return play


for book in PATHS:
    SCENES |= {
        f"{book}/open_orders": _open(book, 1),
        f"{book}/open_orders_two": _open(book, 2),
        f"{book}/open_orders_empty": _open(book, 0),
        f"{book}/order": _order_in(book, "open"),
        f"{book}/order_filled": _order_in(book, "filled"),
        f"{book}/order_cancelled": _order_in(book, "cancelled"),
        f"{book}/order_history": _history(book),
        f"{book}/cancel_order": _cancels(book),
        f"{book}/auto_orders": _autos(book, 1),
        f"{book}/auto_orders_empty": _autos(book, 0),
        f"{book}/auto_order": _auto(book),
        f"{book}/cancel_auto_order": _auto(book, method="DELETE"),
        f"{book}/accounts": _asks(f"{PATHS[book]}/accounts"),
        f"{book}/time": _asks("/spot/time"),
        f"{book}/error_invalid_key": _with_key(key="another"),
        f"{book}/error_too_many_requests": _with_fault(_asks(OPEN), "rate_limit"),
    }

SCENES |= {
    "gate/auto_order_expired": _auto("gate", ends="expired"),
    "gate/currency_pairs": _asks("/spot/currency_pairs"),
    "gate/error_invalid_signature": _with_key(secret="another"),
    "gate/error_request_expired": _late,
    "gate/error_read_only": _of_another(_cancels("gate"), may_trade=False),
    "gate/error_invalid_param_value": _asks(OPEN, limit=101),
    "gate/error_invalid_currency_pair": _asks("/spot/orders", status="open", currency_pair="NO_SUCH"),
    "gate/error_order_not_found": _deletes(f"/spot/orders/{GONE}", currency_pair="BTC_USDT"),
    "gate/error_order_cancelled": _cancels("gate", "cancelled"),
    "gate/error_order_closed": _cancels("gate", "filled"),
    "gate/error_auto_order_not_found": _deletes(f"/spot/price_orders/{GONE}"),
    "gate/error_cancel_fail": _with_fault(_cancels("gate"), "refuse_cancel"),
    "gate_linear/cancel_orders": _batch,
    "gate_linear/auto_order_cancelled": _auto("gate_linear", ends="cancelled"),
    "gate_linear/error_order_finished": _cancels("gate_linear", "cancelled"),
    "gate_linear/error_contract_not_found": _asks("/futures/usdt/orders", status="open", contract="NO_SUCH"),
    "gate_linear/error_user_not_found": _of_another(
        _asks("/futures/usdt/orders", status="open"), has_contracts=False
    ),
    "gate_linear/contracts": _asks("/futures/usdt/contracts"),
}
