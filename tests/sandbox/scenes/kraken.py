"""How the paper Kraken is brought to give each recorded answer."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import requests

from airflow_provider_exchange.sandbox.accounts import Accounts
from airflow_provider_exchange.sandbox.kraken.account import PAPER_ACCOUNT
from airflow_provider_exchange.sandbox.testing import RunningSandbox, running_sandbox
from tests.sandbox.kraken.client import GONE, KrakenClient
from tests.sandbox.scenes.registry import SCENES

if TYPE_CHECKING:
    from tests.sandbox.scenes.registry import Scene

BOOK, MARKET = "kraken", "XBTUSD"


def _asks(method: str, **asked: Any) -> Scene:
    return lambda sandbox: KrakenClient(sandbox).post(method, **asked)


def _open(count: int) -> Scene:
    def play(sandbox: RunningSandbox) -> requests.Response:
        for number in range(count):
            sandbox.place(BOOK, MARKET, client_order_id=f"mine-{number}", filled="0.2" if number else "0")
        return KrakenClient(sandbox).post("OpenOrders")

    return play


def _waiting(sandbox: RunningSandbox) -> requests.Response:
    for number, kind in enumerate(("TRAILING_STOP", "STOP_LIMIT")):
        sandbox.place(BOOK, MARKET, type=kind, stop_price="29000", client_order_id=f"mine-{number}")
    return KrakenClient(sandbox).post("OpenOrders")


def _order(state: str, filled: str = "0") -> Scene:
    def play(sandbox: RunningSandbox) -> requests.Response:
        order = sandbox.place(BOOK, MARKET, state=state, filled=filled, client_order_id="mine")
        return KrakenClient(sandbox).post("QueryOrders", txid=order.order_id)

    return play


def _ended(sandbox: RunningSandbox) -> requests.Response:
    named = [sandbox.place(BOOK, MARKET, state=state, client_order_id="mine") for state in ("filled", "cancelled")]
    return KrakenClient(sandbox).post("QueryOrders", txid=",".join(order.order_id for order in named))


def _closed(sandbox: RunningSandbox) -> requests.Response:
    sandbox.place(BOOK, MARKET, state="cancelled", client_order_id="mine")
    return KrakenClient(sandbox).post("ClosedOrders", cl_ord_id="mine")


def _cancel(*, is_slow: bool = False) -> Scene:
    def play(sandbox: RunningSandbox) -> requests.Response:
        if is_slow:
            sandbox.faults.add(kind="cancelling")
        return KrakenClient(sandbox).post("CancelOrder", txid=sandbox.place(BOOK, MARKET).order_id)

    return play


def _batch(*others: str) -> Scene:
    def play(sandbox: RunningSandbox) -> requests.Response:
        orders = [sandbox.place(BOOK, MARKET).order_id, *(others or [sandbox.place(BOOK, MARKET).order_id])]
        return KrakenClient(sandbox).post_json("CancelOrderBatch", orders=orders)

    return play


def _with(**wrong: str) -> Scene:
    def play(sandbox: RunningSandbox) -> requests.Response:
        client = KrakenClient(sandbox)
        for name, value in wrong.items():
            setattr(client, name, value)
        return client.post("OpenOrders")

    return play


def _of(method: str, **account: Any) -> Scene:
    def play(_sandbox: RunningSandbox) -> requests.Response:
        with running_sandbox(Accounts(kraken=replace(PAPER_ACCOUNT, **account))) as other:
            return KrakenClient(other).post(method)

    return play


def _public(path: str) -> Scene:
    return lambda sandbox: requests.get(f"{sandbox.base_url}/0/public/{path}", timeout=10)


def _too_many(sandbox: RunningSandbox) -> requests.Response:
    sandbox.faults.add(kind="rate_limit")
    return KrakenClient(sandbox).post("OpenOrders")


def _busy(sandbox: RunningSandbox) -> requests.Response:
    sandbox.faults.add(kind="refuse_cancel")
    return _cancel()(sandbox)


SCENES |= {
    "kraken/open_orders": _open(2),
    "kraken/open_orders_empty": _open(0),
    "kraken/open_orders_probe": _open(1),
    "kraken/open_orders_waiting": _waiting,
    "kraken/order": _order("open", "0.3"),
    "kraken/order_filled": _order("filled"),
    "kraken/order_cancelled": _order("cancelled"),
    "kraken/order_partly_filled_cancelled": _order("cancelled", "0.4"),
    "kraken/order_expired": _order("expired"),
    "kraken/orders_ended": _ended,
    "kraken/closed_orders": _closed,
    "kraken/cancel_order": _cancel(),
    "kraken/cancel_order_pending": _cancel(is_slow=True),
    "kraken/cancel_orders": _batch(),
    "kraken/cancel_orders_part": _batch(GONE),
    "kraken/api_key": _asks("GetApiKeyInfo"),
    "kraken/api_key_of_a_time": _of("GetApiKeyInfo", query_from=1_772_542_900),
    "kraken/asset_pairs": _public("AssetPairs"),
    "kraken/asset_pairs_tokenized": _public("AssetPairs?aclass_base=tokenized_asset"),
    "kraken/time": _public("Time"),
    "kraken/error_invalid_key": _with(key="another"),
    "kraken/error_invalid_signature": _with(secret="YW5vdGhlcg=="),
    "kraken/error_invalid_nonce": _asks("OpenOrders", nonce=-1),
    "kraken/error_permission_denied": _of("OpenOrders", permissions=("query-funds",)),
    "kraken/error_rate_limit": _too_many,
    "kraken/error_invalid_arguments": _asks("ClosedOrders", ofs="x"),
    "kraken/error_unknown_method": _asks("Nonsense"),
    "kraken/error_unknown_order": _asks("CancelOrder", txid=GONE),
    "kraken/error_busy": _busy,
}
