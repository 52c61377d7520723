"""How the paper Nami is brought to give each recorded answer."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from tests.sandbox.clients import NamiClient, now_ms
from tests.sandbox.scenes.registry import scene

if TYPE_CHECKING:
    import requests

    from airflow_provider_exchange.sandbox.testing import RunningSandbox


@scene("nami/place_order")
def _(sandbox: RunningSandbox) -> requests.Response:
    return NamiClient(sandbox).place()


@scene("nami/cancel_order")
def _(sandbox: RunningSandbox) -> requests.Response:
    return NamiClient(sandbox).cancel(sandbox.place("nami", "BTCUSDT").order_id)


@scene("nami/cancel_orders")
def _(sandbox: RunningSandbox) -> requests.Response:
    placed = [sandbox.place("nami", symbol) for symbol in ("BTCUSDT", "ETHUSDT")]
    return NamiClient(sandbox).cancel_many(*((order.order_id, order.symbol) for order in placed))


@scene("nami/open_orders")
def _(sandbox: RunningSandbox) -> requests.Response:
    sandbox.place("nami", "NAMIVNST", side="SELL", quantity=10_000, price=200)
    return NamiClient(sandbox).get("/api/v4/spot/open")


@scene("nami/open_orders_empty")
def _(sandbox: RunningSandbox) -> requests.Response:
    return NamiClient(sandbox).get("/api/v4/spot/open")


@scene("nami/open_orders_stop_limit")
def _(sandbox: RunningSandbox) -> requests.Response:
    sandbox.place("nami", "NAMIVNST", stop_price=250)
    sandbox.place("nami", "NAMIVNST", quantity=10_000, filled=2_500)
    return NamiClient(sandbox).get("/api/v4/spot/open")


@scene("nami/history")
def _(sandbox: RunningSandbox) -> requests.Response:
    sandbox.place("nami", "ETHUSDT", type="MARKET", state="filled")
    return NamiClient(sandbox).get("/api/v4/spot/history", hideCanceled="false", page=1)


@scene("nami/history_empty")
def _(sandbox: RunningSandbox) -> requests.Response:
    sandbox.place("nami", "ETHUSDT")
    return NamiClient(sandbox).get("/api/v4/spot/history")


@scene("nami/history_states")
def _(sandbox: RunningSandbox) -> requests.Response:
    for state, filled in (("cancelled", 0), ("cancelled", "0.1"), ("expired", 0), ("rejected", 0), ("filled", 1)):
        sandbox.place("nami", "ETHUSDT", state=state, filled=filled)
    return NamiClient(sandbox).get("/api/v4/spot/history")


@scene("nami/balance")
def _(sandbox: RunningSandbox) -> requests.Response:
    return NamiClient(sandbox).get("/api/v4/user/balance", type=0)


@scene("nami/spot_config")
@scene("nami/spot_config_closed")
def _(sandbox: RunningSandbox) -> requests.Response:
    return NamiClient(sandbox).send("GET", "/api/v3/spot/config")


@scene("nami/error_broker")
def _(sandbox: RunningSandbox) -> requests.Response:
    sandbox.faults.add(kind="refuse_cancel")
    return NamiClient(sandbox).cancel(sandbox.place("nami", "BTCUSDT").order_id)


@scene("nami/error_bad_symbol")
def _(sandbox: RunningSandbox) -> requests.Response:
    return NamiClient(sandbox).cancel("435372", "NOSUCHCOIN")


@scene("nami/error_invalid_side")
def _(sandbox: RunningSandbox) -> requests.Response:
    return NamiClient(sandbox).place(side="HOLD")


@scene("nami/error_invalid_order_type")
def _(sandbox: RunningSandbox) -> requests.Response:
    return NamiClient(sandbox).place(type="ICEBERG")


@scene("nami/error_not_found_order")
def _(sandbox: RunningSandbox) -> requests.Response:
    return NamiClient(sandbox).cancel("1")


@scene("nami/error_no_such_order")
def _(sandbox: RunningSandbox) -> requests.Response:
    return NamiClient(sandbox).cancel(sandbox.place("nami", "BTCUSDT", state="filled").order_id)


@scene("nami/error_trade_not_allowed")
def _(sandbox: RunningSandbox) -> requests.Response:
    nami = sandbox.exchange.venues["nami"]
    nami.account = replace(nami.account, may_trade=False)
    return NamiClient(sandbox).place()


@scene("nami/error_as_http_200")
def _(sandbox: RunningSandbox) -> requests.Response:
    sandbox.exchange.apply_settings(nami_error_status=200)
    return NamiClient(sandbox).cancel("1")


@scene("nami/gateway_400")
def _(sandbox: RunningSandbox) -> requests.Response:
    return NamiClient(sandbox).get("/api/v4/spot/history", page="one")


@scene("nami/gateway_401")
def _(sandbox: RunningSandbox) -> requests.Response:
    return NamiClient(sandbox).send("GET", f"/api/v4/spot/open?timestamp={now_ms()}")


@scene("nami/gateway_404")
def _(sandbox: RunningSandbox) -> requests.Response:
    return NamiClient(sandbox).get("/api/v4/spot/nothing")


@scene("nami/gateway_429")
def _(sandbox: RunningSandbox) -> requests.Response:
    sandbox.faults.add(kind="rate_limit")
    return NamiClient(sandbox).get("/api/v4/spot/open")
