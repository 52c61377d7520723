"""How the paper Bitget is brought to give each recorded answer."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from airflow_provider_exchange.sandbox.accounts import Accounts
from airflow_provider_exchange.sandbox.testing import RunningSandbox, running_sandbox
from tests.sandbox.bitget.client import BitgetClient
from tests.sandbox.scenes.registry import SCENES, scene

if TYPE_CHECKING:
    import requests

    from tests.sandbox.scenes.registry import Scene

GONE = "1111499608327360511"
MARKET = "BTCUSDT"
FUTURES = {"productType": "USDT-FUTURES"}
IN_MARKET = {**FUTURES, "symbol": MARKET}
OPEN, PENDING, PLANS = "spot/trade/unfilled-orders", "mix/order/orders-pending", "mix/order/orders-plan-pending"


def _asks(path: str, **asked: Any) -> Scene:
    return lambda sandbox: BitgetClient(sandbox).get(path, **asked)


def _lists(path: str, *placed: tuple[str, dict[str, Any]], **asked: Any) -> Scene:
    """Place orders, each in a book, and ask for a list."""

    def play(sandbox: RunningSandbox) -> requests.Response:
        for book, how in placed:
            sandbox.place(book, MARKET, **how)
        return BitgetClient(sandbox).get(path, **asked)

    return play


def _reads(book: str, path: str, state: str, **how: Any) -> Scene:
    """Read an order in some state."""

    def play(sandbox: RunningSandbox) -> requests.Response:
        order = sandbox.place(book, MARKET, state=state, **how)
        asked = {} if book == "bitget" else IN_MARKET
        plan = {"planType": "normal_plan"} if book.endswith("plan") else {}
        return BitgetClient(sandbox).get(path, orderId=order.order_id, **asked, **plan)

    return play


def _cancels(book: str, path: str, **asked: Any) -> Scene:
    def play(sandbox: RunningSandbox) -> requests.Response:
        order = sandbox.place(book, MARKET, **({"stop_price": "90"} if book.endswith("plan") else {}))
        return BitgetClient(sandbox).post(path, orderId=order.order_id, **asked)

    return play


def _cancels_several(
    book: str, path: str, name: str, states: list[str], how: dict[str, Any], **asked: Any
) -> Scene:
    def play(sandbox: RunningSandbox) -> requests.Response:
        orders = [sandbox.place(book, MARKET, state=state, **how) for state in states]
        return BitgetClient(sandbox).post(
            path, **asked, **{name: [{"orderId": order.order_id} for order in orders]}
        )

    return play


def _with(path: str = OPEN, asked: dict[str, Any] | None = None, **wrong: Any) -> Scene:
    def play(sandbox: RunningSandbox) -> requests.Response:
        client = BitgetClient(sandbox)
        for name, value in wrong.items():
            setattr(client, name, value)
        return client.get(path, **(asked or {}))

    return play


def _too_often(path: str, **asked: Any) -> Scene:
    def play(sandbox: RunningSandbox) -> requests.Response:
        sandbox.faults.add(kind="rate_limit")
        return BitgetClient(sandbox).get(path, **asked)

    return play


def _as(**account: Any) -> Scene:
    """Cancel an order with an account of another kind."""

    def play(_sandbox: RunningSandbox) -> requests.Response:
        with running_sandbox(Accounts(bitget=replace(Accounts()["bitget"], **account))) as other:
            return BitgetClient(other).post("spot/trade/cancel-order", symbol=MARKET, orderId=GONE)

    return play


@scene("bitget/error_40008")
def _(sandbox: RunningSandbox) -> requests.Response:
    sandbox.exchange.apply_settings(skew=3600)
    return BitgetClient(sandbox).get(OPEN)


STOP = {"stop_price": "90"}
LOSS = {**STOP, "type": "loss_plan"}
SCENES |= {
    "bitget/open_orders": _lists(OPEN, ("bitget", {})),
    "bitget/open_orders_two": _lists(OPEN, ("bitget", {}), ("bitget", {"filled": "0.2"})),
    "bitget/open_orders_empty": _asks(OPEN),
    "bitget/open_orders_tpsl": _lists(OPEN, ("bitget", {"type": "tpsl", **STOP}), tpslType="tpsl"),
    "bitget/plan_orders": _lists("spot/trade/current-plan-order", ("bitget_plan", STOP)),
    "bitget/plan_orders_empty": _asks("spot/trade/current-plan-order"),
    "bitget/order": _reads("bitget", "spot/trade/orderInfo", "open"),
    "bitget/order_filled": _reads("bitget", "spot/trade/orderInfo", "filled"),
    "bitget/order_cancelled": _reads("bitget", "spot/trade/orderInfo", "cancelled", filled="0.2"),
    "bitget/order_unknown": _asks("spot/trade/orderInfo", orderId=GONE),
    "bitget/order_history": _lists(
        "spot/trade/history-orders", ("bitget", {"state": "filled"}), ("bitget", {"state": "cancelled"})
    ),
    "bitget/cancel_order": _cancels("bitget", "spot/trade/cancel-order", symbol=MARKET),
    "bitget/cancel_orders": _cancels_several(
        "bitget", "spot/trade/batch-cancel-order", "orderList", ["open", "open"], {}, symbol=MARKET
    ),
    "bitget/cancel_orders_in_part": _cancels_several(
        "bitget", "spot/trade/batch-cancel-order", "orderList", ["open", "filled"], {}, symbol=MARKET
    ),
    "bitget/cancel_plan_order": _cancels("bitget_plan", "spot/trade/cancel-plan-order"),
    "bitget/assets": _asks("spot/account/assets", coin="USDT"),
    "bitget/symbols": _asks("spot/public/symbols"),
    "bitget/time": _asks("public/time"),
    "bitget/error_429": _too_often(OPEN),
    "bitget/error_40009": _with(secret="another"),
    "bitget/error_40012": _with(extra={"passphrase": "another"}),
    "bitget/error_40014": _as(may_trade=False),
    "bitget/error_40034": _asks(OPEN, symbol="NOSUCHUSDT"),
    "bitget/error_40037": _with(key="another"),
    "bitget/error_40085": _as(is_unified=True),
    "bitget/error_43001": lambda sandbox: BitgetClient(sandbox).post(
        "spot/trade/cancel-order", symbol=MARKET, orderId=GONE
    ),
    "bitget_futures/open_orders": _lists(PENDING, ("bitget_futures", {}), **FUTURES),
    "bitget_futures/open_orders_two": _lists(
        PENDING, ("bitget_futures", {"filled": "0.2"}), **FUTURES, status="partially_filled"
    ),
    "bitget_futures/open_orders_empty": _asks(PENDING, **FUTURES),
    "bitget_futures/plan_orders": _lists(PLANS, ("bitget_futures_plan", STOP), **FUTURES, planType="normal_plan"),
    "bitget_futures/plan_orders_tpsl": _lists(
        PLANS, ("bitget_futures_plan", LOSS), **FUTURES, planType="profit_loss"
    ),
    "bitget_futures/plan_order_cancelled": _reads(
        "bitget_futures_plan", "mix/order/orders-plan-history", "cancelled", **STOP
    ),
    "bitget_futures/order": _reads("bitget_futures", "mix/order/detail", "open"),
    "bitget_futures/order_cancelled": _reads("bitget_futures", "mix/order/detail", "cancelled"),
    "bitget_futures/order_filled": _reads("bitget_futures", "mix/order/detail", "filled"),
    "bitget_futures/order_history": _lists(
        "mix/order/orders-history",
        ("bitget_futures", {"state": "filled"}),
        ("bitget_futures", {"state": "cancelled"}),
        **FUTURES,
    ),
    "bitget_futures/cancel_order": _cancels("bitget_futures", "mix/order/cancel-order", **IN_MARKET),
    "bitget_futures/cancel_orders": _cancels_several(
        "bitget_futures", "mix/order/batch-cancel-orders", "orderIdList", ["open", "open"], {}, **IN_MARKET
    ),
    "bitget_futures/cancel_orders_in_part": _cancels_several(
        "bitget_futures", "mix/order/batch-cancel-orders", "orderIdList", ["open", "filled"], {}, **IN_MARKET
    ),
    "bitget_futures/cancel_plan_order": _cancels_several(
        "bitget_futures_plan",
        "mix/order/cancel-plan-order",
        "orderIdList",
        ["waiting"],
        LOSS,
        **IN_MARKET,
        planType="loss_plan",
    ),
    "bitget_futures/cancel_plan_order_failed": _cancels_several(
        "bitget_futures_plan", "mix/order/cancel-plan-order", "orderIdList", ["waiting"], LOSS, **IN_MARKET
    ),
    "bitget_futures/accounts": _asks("mix/account/accounts", **FUTURES),
    "bitget_futures/contracts": _asks("mix/market/contracts", **FUTURES),
    "bitget_futures/time": _asks("public/time"),
    "bitget_futures/error_429": _too_often(PENDING, **FUTURES),
    "bitget_futures/error_22001": lambda sandbox: BitgetClient(sandbox).post(
        "mix/order/cancel-order", **IN_MARKET, orderId=GONE
    ),
    "bitget_futures/error_40009": _with(PENDING, FUTURES, secret="another"),
    "bitget_futures/error_40109": _asks("mix/order/detail", **IN_MARKET, orderId=GONE),
    "bitget_futures/error_40812": _asks(PLANS, **FUTURES, planType="loss_plan"),
}
