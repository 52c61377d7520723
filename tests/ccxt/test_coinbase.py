"""What Coinbase alone does: a list that is cut off, orders of an app, and an answer that holds orders back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from airflow_provider_exchange.errors import ExchangeError, UnreadableResponseError
from airflow_provider_exchange.exchanges.ccxt.profiles import coinbase
from airflow_provider_exchange.models.reports import Outcome
from tests.ccxt.books import whole_account
from tests.sweeps import sweep

if TYPE_CHECKING:
    from collections.abc import Iterator

    from airflow_provider_exchange.sandbox.testing import RunningSandbox
    from tests.accounts import Account


@pytest.fixture
def account(sandbox: RunningSandbox) -> Iterator[Account]:
    made = whole_account(sandbox, "coinbase")
    yield made
    made.close()


def test_more_orders_than_a_list_shows_all_go(account: Account, sandbox: RunningSandbox) -> None:
    for _ in range(1001):
        sandbox.place("coinbase", "BTC-USD")
    report = sweep(account, timeout=3600)
    assert [each.outcome for each in report.results] == [Outcome.CANCELLED] * 1001
    assert not sandbox.live("coinbase")


def test_beside_more_others_what_is_shown_goes_and_nothing_is_proved(
    account: Account, sandbox: RunningSandbox
) -> None:
    hidden = sandbox.place("coinbase", "ETH-USD", age=9).order_id
    for _ in range(1000):
        sandbox.place("coinbase", "BTC-USD", age=5)
    shown = sandbox.place("coinbase", "ETH-USD").order_id
    with pytest.raises(ExchangeError, match="shows no more than 1000"):
        account.run(account.exchange.list_open())
    with pytest.raises(ExchangeError):
        sweep(account, symbols=["ETH-USD"], timeout=8)
    left = {order.order_id for order in sandbox.live("coinbase")}
    assert len(left) == 1001
    assert (hidden in left, shown in left) == (True, False)


def test_orders_that_are_held_back_are_not_none() -> None:
    held_back: dict[str, Any] = {"orders": [], "has_next": False, "cursor": ""}
    assert coinbase.data(held_back) == held_back
    with pytest.raises(UnreadableResponseError, match="proof of the account's owner"):
        coinbase.data({**held_back, "proof_token_required": True})
