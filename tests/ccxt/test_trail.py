"""
Orders whose successors are found where those are shown, and not in the order itself.

OKX's algo orders are read in this way here, as what they have placed names them, too.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from airflow_provider_exchange.errors import OrderNotFoundError, UnreadableResponseError
from airflow_provider_exchange.exchanges.ccxt.exchange import Ccxt
from airflow_provider_exchange.exchanges.ccxt.profile import Endpoint, Single, Trail
from airflow_provider_exchange.exchanges.ccxt.profiles import okx
from airflow_provider_exchange.models.orders import OrderRef, OrderState
from airflow_provider_exchange.models.reports import Outcome
from tests.accounts import Account
from tests.sweeps import cancel_order

if TYPE_CHECKING:
    from collections.abc import Iterator

    from airflow_provider_exchange.protocol.messages import Request, Response
    from airflow_provider_exchange.sandbox.testing import RunningSandbox

OF_THE_MARKET = {"instType": "SPOT", "limit": "100"}
TRAIL = Trail(
    begins=lambda row: row.get("state") == "effective",
    lists=[
        Single(
            Endpoint(name, limit),
            lambda _order_id, market: {**OF_THE_MARKET, "instId": market},
            picks=lambda order_id, row: row.get("algoId") == order_id,
        )
        for name, limit in (("privateGetTradeOrdersPending", "open"), ("privateGetTradeOrdersHistory", "history"))
    ],
)
PROFILE = replace(
    okx.PROFILE,
    books=[book if book.placed is None else replace(book, placed=None, trail=TRAIL) for book in okx.PROFILE.books],
)


class ByTrail(Ccxt):
    """An account at OKX, with the profile of this module."""

    @classmethod
    def from_settings(cls, settings: Any) -> ByTrail:
        made = super().from_settings(settings)
        return cls(PROFILE, made.client, made.secrets)


@pytest.fixture
def account(sandbox: RunningSandbox) -> Iterator[Account]:
    made = Account(sandbox, "okx", adapter=ByTrail)
    yield made
    made.close()


@pytest.fixture
def triggered(sandbox: RunningSandbox) -> OrderRef:
    """An algo order that was triggered, beside others."""
    for _ in range(2):
        order = sandbox.place("okx_algo", "BTC-USDT", type="trigger", stop_price="90", quantity=2)
        sandbox.place("okx", "BTC-USDT")
        sandbox.book("okx_algo").trigger(order.order_id, symbol="BTC-USDT")
    return OrderRef(f"algo:{order.order_id}", "BTC-USDT")


def successor(sandbox: RunningSandbox, ref: OrderRef) -> str:
    (book,) = (
        order.details["ordId"] for order in sandbox.book("okx_algo") if f"algo:{order.order_id}" == ref.order_id
    )
    return str(book)


def forget(account: Account, part: str) -> None:
    """Let the exchange say that it does not know an algo order any more."""

    def answered(request: Request, response: Response) -> Response:
        gone = {"code": "51603", "msg": "Order does not exist", "data": []}
        return replace(response, body=json.dumps(gone).encode()) if part in request.url else response

    account.transport.on_answer = answered


@pytest.mark.parametrize("is_forgotten", [False, True], ids=["known", "forgotten"])
def test_it_lives_as_long_as_what_it_placed_and_is_cancelled_with_it(
    account: Account, sandbox: RunningSandbox, triggered: OrderRef, is_forgotten: bool
) -> None:
    if is_forgotten:
        forget(account, "/trade/order-algo?")
    shown = account.run(account.exchange.read_order(triggered))
    assert (shown.order_id, shown.state) == (triggered.order_id, OrderState.OPEN)
    left = {order.order_id for order in sandbox.live("okx")}
    result = account.run(cancel_order(account.exchange, triggered, {}, poll_interval=2))
    assert (result.ref.order_id, result.outcome) == (triggered.order_id, Outcome.CANCELLED)
    assert {order.order_id for order in sandbox.live("okx")} == left - {successor(sandbox, triggered)}
    assert account.run(account.exchange.read_order(triggered)).state is OrderState.CANCELLED


def test_one_that_placed_nothing_and_is_forgotten_is_not_found(account: Account, sandbox: RunningSandbox) -> None:
    order_id = sandbox.place("okx_algo", "BTC-USDT", type="trigger", stop_price="90").order_id
    forget(account, "/trade/order-algo?")
    with pytest.raises(OrderNotFoundError):
        account.run(account.exchange.read_order(OrderRef(f"algo:{order_id}", "BTC-USDT")))


@pytest.mark.parametrize("odd", [["no object"], [{"algoId": "{id}", "ordId": "7/../all", "instId": "BTC-USDT"}]])
def test_what_cannot_be_read_on_the_trail_is_no_word_for_nothing(
    account: Account, triggered: OrderRef, odd: list[Any]
) -> None:
    name = (triggered.order_id or "").removeprefix("algo:")

    def answered(request: Request, response: Response) -> Response:
        body = json.dumps({"code": "0", "msg": "", "data": odd}).replace("{id}", name)
        return replace(response, body=body.encode()) if "orders-pending" in request.url else response

    account.transport.on_answer = answered
    with pytest.raises(UnreadableResponseError):
        account.run(account.exchange.read_order(triggered), repeat_reads=False)
