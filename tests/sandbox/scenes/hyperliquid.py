"""How the paper Hyperliquid is brought to give each recorded answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.sandbox.hyperliquid.client import GONE, HyperliquidClient, cancels
from tests.sandbox.scenes.registry import SCENES

if TYPE_CHECKING:
    import requests

    from airflow_provider_exchange.sandbox.testing import RunningSandbox
    from tests.sandbox.scenes.registry import Scene

CLOID = "0x1234567890abcdef1234567890abcdef"
OTHER_KEY = "0x" + "7" * 64


def _open(*orders: dict[str, Any]) -> Scene:
    def play(sandbox: RunningSandbox) -> requests.Response:
        for how in orders:
            sandbox.place("hyperliquid", **how)
        return HyperliquidClient(sandbox).of_mine("frontendOpenOrders")

    return play


def _order(**how: Any) -> Scene:
    def play(sandbox: RunningSandbox) -> requests.Response:
        order = sandbox.place("hyperliquid", "BTC", **how)
        return HyperliquidClient(sandbox).of_mine("orderStatus", oid=int(order.order_id))

    return play


def _triggered(sandbox: RunningSandbox) -> requests.Response:
    order = sandbox.place("hyperliquid", "BTC", stop_price="90")
    sandbox.book("hyperliquid").trigger(order.order_id)
    return HyperliquidClient(sandbox).of_mine("orderStatus", oid=int(order.order_id))


def _history(sandbox: RunningSandbox) -> requests.Response:
    for state in ("filled", "cancelled"):
        sandbox.place("hyperliquid", "BTC", state=state)
    return HyperliquidClient(sandbox).of_mine("historicalOrders")


def _cancel(*, beside: bool = False) -> Scene:
    def play(sandbox: RunningSandbox) -> requests.Response:
        order = sandbox.place("hyperliquid", "BTC")
        return HyperliquidClient(sandbox).cancel((0, order.order_id), *([(0, GONE)] if beside else []))

    return play


def _twice(sandbox: RunningSandbox) -> requests.Response:
    client = HyperliquidClient(sandbox)
    signed = client.signed(cancels((0, GONE)))
    client.post("/exchange", signed)
    return client.post("/exchange", signed)


def _too_many(sandbox: RunningSandbox) -> requests.Response:
    sandbox.faults.add(kind="rate_limit")
    return HyperliquidClient(sandbox).of_mine("frontendOpenOrders")


def _role(sandbox: RunningSandbox) -> requests.Response:
    client = HyperliquidClient(sandbox)
    return client.info("userRole", user=client.signing.eth_get_address_from_private_key(client.secret))


def _public(kind: str) -> Scene:
    return lambda sandbox: HyperliquidClient(sandbox).info(kind)


SCENES |= {
    f"hyperliquid/{name}": scene
    for name, scene in {
        "open_orders": _open({"symbol": "BTC"}),
        "open_orders_two": _open(
            {"symbol": "BTC", "client_order_id": CLOID, "filled": "0.3"}, {"symbol": "ETH", "stop_price": "90"}
        ),
        "open_orders_spot": _open({"symbol": "@107"}, {"symbol": "PURR/USDC"}),
        "open_orders_empty": _open(),
        "order": _order(),
        "order_triggered": _triggered,
        "order_filled": _order(state="filled"),
        "order_cancelled": _order(state="cancelled"),
        "order_partly_filled_cancelled": _order(state="cancelled", filled="0.3"),
        "order_rejected": _order(state="rejected"),
        "order_history": _history,
        "cancel_order": _cancel(),
        "cancel_orders": _cancel(beside=True),
        "balance": lambda sandbox: HyperliquidClient(sandbox).of_mine("clearinghouseState"),
        "user_role": _role,
        "meta": _public("meta"),
        "spot_meta": _public("spotMeta"),
        "time": _public("exchangeStatus"),
        "error_missing_order": lambda sandbox: HyperliquidClient(sandbox).cancel((0, GONE)),
        "error_unknown_oid": lambda sandbox: HyperliquidClient(sandbox).of_mine("orderStatus", oid=GONE),
        "error_unknown_wallet": lambda sandbox: HyperliquidClient(sandbox).act(cancels((0, GONE)), key=OTHER_KEY),
        "error_nonce": _twice,
        "error_429": _too_many,
        "error_422": _public("nonsense"),
    }.items()
}
