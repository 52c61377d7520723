"""How the paper Coinbase is brought to give each recorded answer."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from airflow_provider_exchange.sandbox.accounts import Accounts
from airflow_provider_exchange.sandbox.testing import RunningSandbox, running_sandbox
from tests.sandbox.coinbase.client import API, GONE, LIST, CoinbaseClient
from tests.sandbox.scenes.registry import SCENES

if TYPE_CHECKING:
    import requests

    from tests.sandbox.scenes.registry import Scene

BOOK, SPOT, FUTURE = "coinbase", "BTC-USD", "BIT-26MAR27-CDE"
OPEN = {"order_status": "OPEN"}
ON_THEIR_WAY = {"order_status": ["PENDING", "QUEUED", "CANCEL_QUEUED", "EDIT_QUEUED"]}


def _listed(*orders: dict[str, Any], **asked: Any) -> Scene:
    def play(sandbox: RunningSandbox) -> requests.Response:
        for number, order in enumerate(orders):
            fields = {"book": BOOK, "symbol": SPOT, "client_order_id": f"mine-{number}", **order}
            sandbox.place(fields.pop("book"), fields.pop("symbol"), **fields)
        return CoinbaseClient(sandbox).get(LIST, **asked)

    return play


def _one(**order: Any) -> Scene:
    def play(sandbox: RunningSandbox) -> requests.Response:
        made = sandbox.place(BOOK, SPOT, client_order_id="mine", **order)
        return CoinbaseClient(sandbox).get(f"/orders/historical/{made.order_id}")

    return play


def _cancels(*, fault: str = "", others: tuple[str, ...] = (), **order: Any) -> Scene:
    def play(sandbox: RunningSandbox) -> requests.Response:
        made = sandbox.place(BOOK, SPOT, **order).order_id
        if fault:
            sandbox.faults.add(kind=fault)
        client = CoinbaseClient(sandbox)
        answer = client.cancel(made, *others)
        return client.cancel(made) if fault == "cancelling" else answer

    return play


def _read_only(_sandbox: RunningSandbox) -> requests.Response:
    reader = replace(Accounts()[BOOK], may_trade=False)
    with running_sandbox(Accounts(coinbase=reader)) as other:
        return CoinbaseClient(other).cancel(GONE)


def _too_many(sandbox: RunningSandbox) -> requests.Response:
    sandbox.faults.add(kind="rate_limit")
    return CoinbaseClient(sandbox).get("/key_permissions")


def _legacy(sandbox: RunningSandbox) -> requests.Response:
    client = CoinbaseClient(sandbox)
    return client.send("GET", f"{API}/key_permissions", {"CB-ACCESS-KEY": client.key, "CB-ACCESS-TIMESTAMP": "1"})


def _asks(path: str, **asked: Any) -> Scene:
    return lambda sandbox: CoinbaseClient(sandbox).get(path, **asked)


SCENES |= {
    f"{BOOK}/{name}": play
    for name, play in {
        "open_orders": _listed({}, **OPEN),
        "open_orders_two": _listed({"side": "BUY", "filled": "0.2"}, {"symbol": "ETH-USD"}, **OPEN),
        "open_orders_page": _listed({}, {}, **OPEN, limit=1),
        "open_orders_empty": _listed(**OPEN),
        "open_orders_stop": _listed({"stop_price": "90"}, **OPEN),
        "open_orders_simple": _listed({"book": "coinbase_simple"}, **OPEN, order_placement_source="RETAIL_SIMPLE"),
        "open_orders_on_their_way": _listed(
            {"state": "waiting"}, {"symbol": FUTURE, "state": "waiting"}, **ON_THEIR_WAY
        ),
        "order_history": _listed(
            {"state": "filled"}, {"state": "cancelled"}, product_ids=SPOT, order_status=["FILLED", "CANCELLED"]
        ),
        "order": _one(),
        "order_stop": _one(stop_price="90"),
        "order_filled": _one(state="filled"),
        "order_market": _one(state="filled", type="MARKET"),
        "order_cancelled": _one(state="cancelled", filled="0.2"),
        "order_expired": _one(state="expired"),
        "order_failed": _one(state="rejected"),
        "cancel_order": _cancels(),
        "cancel_orders": _cancels(others=(GONE,)),
        "error_cancel_unknown": _cancels(state="cancelled"),
        "error_cancel_filled": _cancels(state="filled"),
        "error_cancel_refused": _cancels(fault="refuse_cancel"),
        "error_cancel_twice": _cancels(fault="cancelling"),
        "error_not_found": _asks(f"/orders/historical/{GONE}"),
        "error_invalid": _asks(LIST, product_ids="NO-SUCH"),
        "error_parameter": _asks(LIST, order_placement_source="NOWHERE"),
        "error_permission": _read_only,
        "error_authentication": _legacy,
        "error_rate_limit": _too_many,
        "key_permissions": _asks("/key_permissions"),
        "time": _asks("/time"),
        "products": _asks("/market/products"),
    }.items()
}
