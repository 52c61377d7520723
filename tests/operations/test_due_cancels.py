"""Cancels that are due do not wait for what a proof needs: a list that fails, or one order that a venue refuses."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from airflow_provider_exchange.errors import (
    ExchangeError,
    PermissionDeniedError,
    TransientError,
    UndecidedOrdersError,
)
from airflow_provider_exchange.models.reports import Outcome
from airflow_provider_exchange.operations import sending
from tests.accounts import OTHER_SYMBOLS, SYMBOLS, Account
from tests.sweeps import cancel_order, live, named, sweep

if TYPE_CHECKING:
    from airflow_provider_exchange.exchanges.base import Cancellation, Options
    from airflow_provider_exchange.models.orders import OrderKey, OrderRef
    from airflow_provider_exchange.protocol.messages import Request, Response
    from airflow_provider_exchange.protocol.steps import Operation
    from airflow_provider_exchange.sandbox.testing import RunningSandbox

MARKET_IN_CANCELS = pytest.mark.parametrize("account", ["nami", "bitopro"], indirect=True)
"""Loopring's cancel names no market, so nothing is sent there before the order has been read."""


@MARKET_IN_CANCELS
@pytest.mark.parametrize("count", [1, 3])
@pytest.mark.parametrize("fault", ["status", "html", "null_data"])
def test_named_orders_are_cancelled_although_nothing_can_be_read(account: Account, count: int, fault: str) -> None:
    *mine, other = account.place(count + 1)
    account.sandbox.faults.add(kind=fault, route="reads")
    with pytest.raises(TransientError) as caught:
        sweep(account, timeout=20, orders=named(account, *mine))
    assert {ref.order_id for ref in caught.value.orders} == set(mine), "no read has shown that they are gone"
    assert live(account) == {other}


@MARKET_IN_CANCELS
def test_one_order_is_cancelled_although_nothing_can_be_read(account: Account) -> None:
    mine, other = account.place(2)
    account.sandbox.faults.add(kind="status", route="reads")
    ref = account.exchange.check_ref(mine, SYMBOLS[account.venue])
    with pytest.raises(TransientError):
        account.run(cancel_order(account.exchange, ref, {}, poll_interval=2), 20)
    assert live(account) == {other}


def test_a_first_look_that_lasts_holds_no_named_cancel_up(account: Account) -> None:
    """A read that hangs takes as long as a request may. The cancel follows the first look, not the second."""
    (mine,) = account.place(1)
    account.run(account.exchange.list_open())
    account.sandbox.faults.add(kind="hang", route="reads", times=2)
    asked: list[str] = []
    account.transport.before_send = lambda request: asked.append(request.method)
    account.planner.request_timeout = 0.2
    sweep(account, orders=named(account, mine))
    assert live(account) == set()
    if account.venue != "loopring":
        assert asked.index(cancel_method(account)) == {"nami": 1, "bitopro": 2}[account.venue], "a request a list"


def cancel_method(account: Account) -> str:
    return next(each.method for each in account.sandbox.request_log if each.mutating)


@pytest.mark.parametrize("fault", ["status", "html", "rate_limit"])
def test_spot_orders_are_cancelled_although_the_margin_list_is_down(sandbox: RunningSandbox, fault: str) -> None:
    account = Account(sandbox, "bitopro")
    account.place(3)
    sandbox.faults.add(kind=fault, route="open_margin_orders")
    with pytest.raises(ExchangeError):
        sweep(account, timeout=10)
    assert live(account) == set()
    account.close()


def test_what_was_sent_at_the_first_sight_is_not_sent_twice(sandbox: RunningSandbox) -> None:
    account = Account(sandbox, "bitopro")
    account.place(3)
    assert sweep(account).outcomes == {Outcome.CANCELLED: 3}
    assert len(sandbox.mutations()) == 1
    account.close()


DENIALS = {
    "nami": (200, b'{"status": "error", "code": 3004, "message": "TRADE_NOT_ALLOWED"}'),
    "bitopro": (403, b'{"error": "Forbidden"}'),
}
"""How a venue denies a key the right to trade."""


@MARKET_IN_CANCELS
def test_one_market_that_is_denied_stops_no_cancel_of_another(account: Account) -> None:
    denied = account.place(8)
    for _ in range(3):
        account.sandbox.place(account.venue, OTHER_SYMBOLS[account.venue])
    account.sandbox.faults.add(kind="refuse_cancel", route="cancels", orders=denied)
    status, body = DENIALS[account.venue]
    tried: list[list[str]] = []

    def deny(request: Request, response: Response) -> Response:
        if request.method not in ("DELETE", "PUT"):
            return response
        tried.append([order_id for order_id in denied if order_id in request.url + (request.body or b"").decode()])
        return replace(response, status=status, body=body) if tried[-1] else response

    account.transport.on_answer = deny
    with pytest.raises(PermissionDeniedError) as caught:
        sweep(account)
    assert live(account) == set(denied)
    assert {ref.order_id for ref in caught.value.orders} == set(denied)
    rounds = 1 + sum(pause >= 2 for pause in account.transport.slept)
    singles = [ids[0] for ids in tried if len(ids) == 1]
    assert len(singles) <= sending.DENIALS * 2**rounds, "after some denials the market is left alone"
    assert set(singles) == set(denied), "the others come first in the next round: each is tried"


def test_an_order_that_one_list_shows_live_and_ended_is_live(account: Account) -> None:
    account.place(2)
    ended = {"nami": ("status", "CANCELED"), "bitopro": ("status", 4), "loopring": ("status", "cancelled")}
    field, value = ended[account.venue]

    def twice(request: Request, response: Response) -> Response:
        body = json.loads(response.body)
        orders = orders_in(body)
        if request.method == "GET" and orders:
            orders += [each | {field: value} for each in orders]
            if "totalNum" in body:
                body["totalNum"] = len(orders)
            return replace(response, body=json.dumps(body).encode())
        return response

    account.transport.on_answer = twice
    sweep(account)
    assert live(account) == set()


def orders_in(body: Any) -> list[dict[str, Any]]:
    """Return the list of orders in an answer, to change it."""
    data = body.get("data", body) if isinstance(body, dict) else body
    orders = data.get("orders", []) if isinstance(data, dict) else data
    return orders if isinstance(orders, list) else []


def test_an_order_that_repeats_a_field_is_cancelled_if_its_name_is_told_once(account: Account) -> None:
    """Decoders disagree on which of two values counts, so nothing is concluded from either."""
    account.place(2, side="SELL")

    def repeat(request: Request, response: Response) -> Response:
        body = response.body.replace(b'"side"', b'"side": "BUY", "side"').replace(
            b'"action"', b'"action": "BUY", "action"'
        )
        is_list = request.method == "GET" and orders_in(json.loads(response.body))
        return replace(response, body=body) if is_list else response

    account.transport.on_answer = repeat
    with pytest.raises(UndecidedOrdersError):
        sweep(account, side="buy")
    assert len(live(account)) == 2
    assert sweep(account).outcomes == {Outcome.CANCELLED: 2}
    assert live(account) == set()


def test_a_read_on_the_way_to_a_cancel_holds_up_no_other_for_long(
    sandbox: RunningSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Such as that of what an order has placed; here, a list that is down."""
    account = Account(sandbox, "deribit")
    orders = [sandbox.place("deribit", "BTC-PERPETUAL") for _ in range(3)]
    first = orders[0].order_id
    sandbox.faults.add(kind="status", venue="deribit", route="markets")
    cancel_one = account.exchange.cancel_one

    def reading_first(ref: OrderRef, options: Options) -> Cancellation | None:
        made = cancel_one(ref, options)
        assert made is not None

        def operation() -> Operation[frozenset[OrderKey]]:
            yield from account.exchange.markets()
            return (yield from made.operation)

        return replace(made, operation=operation()) if ref.order_id == first else made

    monkeypatch.setattr(account.exchange, "cancel_one", reading_first)
    monkeypatch.setattr(
        account.exchange, "cancel_several", lambda refs, options: [reading_first(ref, options) for ref in refs]
    )
    with pytest.raises(TransientError):
        sweep(account, timeout=30)
    account.close()
    assert [order.order_id for order in sandbox.live("deribit")] == [first]
