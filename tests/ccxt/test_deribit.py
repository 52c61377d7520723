"""What is proved at Deribit although its documents leave it open."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from airflow_provider_exchange.errors import InvalidOrderRequest, OrderNotFoundError
from airflow_provider_exchange.models.orders import OrderRef
from airflow_provider_exchange.models.reports import Outcome
from tests.accounts import Account
from tests.ccxt.books import before_each_answer, live
from tests.sweeps import cancel_order, sweep

if TYPE_CHECKING:
    from collections.abc import Iterator

    from airflow_provider_exchange.sandbox.exchange import Logged
    from airflow_provider_exchange.sandbox.testing import RunningSandbox

MARKET = "BTC-PERPETUAL"


@pytest.fixture
def account(sandbox: RunningSandbox) -> Iterator[Account]:
    made = Account(sandbox, "deribit")
    yield made
    made.close()


@pytest.mark.parametrize("triggered", ["known", "forgotten"])
@pytest.mark.parametrize("ended", ["not_open_order", "already_closed", "order_not_found"])
@pytest.mark.parametrize("kind", ["STOP_LIMIT", "STOP_MARKET"])
def test_a_cancel_goes_on_at_what_was_placed_whatever_is_said_of_the_order(
    account: Account,
    sandbox: RunningSandbox,
    monkeypatch: pytest.MonkeyPatch,
    triggered: str,
    ended: str,
    kind: str,
) -> None:
    """Its price is reached just before the cancel arrives."""
    sandbox.exchange.apply_settings(deribit_triggered=triggered, deribit_ended=ended)
    order_id = sandbox.place("deribit", MARKET, type=kind, stop_price="90").order_id
    beside = sandbox.place("deribit", MARKET).order_id

    def reach(logged: Logged) -> None:
        if logged.mutating and not sandbox.book("deribit")[order_id].triggered:
            sandbox.book("deribit").trigger(order_id)

    before_each_answer(sandbox, monkeypatch, reach)
    result = account.run(cancel_order(account.exchange, OrderRef(order_id, MARKET), {}, poll_interval=2))
    assert result.outcome is (Outcome.FILLED if kind == "STOP_MARKET" else Outcome.CANCELLED)
    assert live(sandbox, "deribit") == {("deribit", beside)}


def test_an_order_that_ended_long_ago_is_not_found(account: Account, sandbox: RunningSandbox) -> None:
    order_id = sandbox.place("deribit", MARKET, state="filled", age=1810).order_id
    with pytest.raises(OrderNotFoundError):
        account.run(account.exchange.read_order(OrderRef(order_id, MARKET)))


def test_a_label_of_two_live_orders_names_neither(account: Account, sandbox: RunningSandbox) -> None:
    for state in ("open", "open", "cancelled"):
        sandbox.place("deribit", MARKET, client_order_id="grid", state=state)
    with pytest.raises(InvalidOrderRequest, match="more than one live order"):
        sweep(account, orders=[{"client_order_id": "grid", "symbol": MARKET}])
    assert account.mutations == []
    sweep(account, client_order_id_prefix="gri")
    assert live(sandbox, "deribit") == set()


def test_a_label_names_the_order_of_its_market(account: Account, sandbox: RunningSandbox) -> None:
    """Labels are shared by strategies: the same one in another market, and others beside it, do not matter."""
    elsewhere = sandbox.place("deribit", "BTC_USDC", client_order_id="grid").order_id
    ended = sandbox.place("deribit", MARKET, client_order_id="grid", state="cancelled").order_id
    sandbox.place("deribit", MARKET, client_order_id="other", state="filled")
    (result,) = sweep(account, orders=[{"client_order_id": "grid", "symbol": MARKET}]).results
    assert (result.ref.order_id, result.outcome) == (ended, Outcome.ALREADY_CANCELLED)
    assert live(sandbox, "deribit") == {("deribit", elsewhere)}


@pytest.mark.parametrize("triggered", ["known", "forgotten"])
def test_an_order_that_is_triggered_between_the_lists_is_not_taken_for_two(
    account: Account, sandbox: RunningSandbox, monkeypatch: pytest.MonkeyPatch, triggered: str
) -> None:
    """The first list has shown it, and the second what it has placed, which has its label."""
    sandbox.exchange.apply_settings(deribit_triggered=triggered)
    order_id = sandbox.place("deribit", MARKET, stop_price="90", client_order_id="grid").order_id
    beside = sandbox.place("deribit", MARKET, stop_price="90").order_id

    def reach(logged: Logged) -> None:
        if "type=all" in logged.query and not sandbox.book("deribit")[order_id].triggered:
            sandbox.book("deribit").trigger(order_id)

    before_each_answer(sandbox, monkeypatch, reach)
    shown = {order.order_id for order in account.run(account.exchange.list_open())}
    assert {("deribit", each) for each in shown} == live(sandbox, "deribit")
    (result,) = sweep(account, orders=[{"client_order_id": "grid", "symbol": MARKET}]).results
    assert result.outcome is Outcome.CANCELLED
    assert live(sandbox, "deribit") == {("deribit", beside)}
