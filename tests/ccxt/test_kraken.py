"""What holds for Kraken alone: keys that see a part, names that mean several orders, cancels that are counted."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from airflow_provider_exchange.errors import (
    InvalidOrderRequest,
    OrderNotFoundError,
    PermissionDeniedError,
    UnreadableResponseError,
)
from airflow_provider_exchange.exchanges.ccxt.profiles import kraken
from airflow_provider_exchange.sandbox.accounts import Accounts
from airflow_provider_exchange.sandbox.kraken.account import PAPER_ACCOUNT
from airflow_provider_exchange.sandbox.testing import running_sandbox
from tests.accounts import Account

if TYPE_CHECKING:
    from collections.abc import Iterator

    from airflow_provider_exchange.sandbox.testing import RunningSandbox

GONE = "OGONEG-ONEGO-NEGONE"


@pytest.fixture
def account(sandbox: RunningSandbox) -> Iterator[Account]:
    made = Account(sandbox, "kraken")
    yield made
    made.close()


@pytest.mark.parametrize("span", [{"query_from": 1_700_000_000}, {"query_to": 4_000_000_000}], ids=str)
def test_a_key_that_sees_a_span_of_time_proves_nothing_and_hides_no_order(span: dict[str, Any]) -> None:
    with running_sandbox(Accounts(kraken=replace(PAPER_ACCOUNT, **span))) as sandbox:
        account = Account(sandbox, "kraken")
        old, new = (sandbox.place("kraken", "XBTUSD", age=age).order_id for age in (10**9, 0))
        with pytest.raises(PermissionDeniedError, match="query start and end date") as caught:
            account.run(account.exchange.list_open())
        assert new in {order.order_id for order in caught.value.shown}
        if "query_from" in span:
            with pytest.raises(PermissionDeniedError, match="query start and end date"):
                account.run(account.exchange.read_order(account.exchange.check_ref(old)))
        account.close()


def test_what_is_not_there_is_not_found_where_the_key_sees_all(account: Account) -> None:
    with pytest.raises(OrderNotFoundError):
        account.run(account.exchange.read_order(account.exchange.check_ref(GONE)))
    assert account.requests[-1] == "api_key"


@pytest.mark.parametrize("name", ["TSLAx/USD", "TSLAxUSD"])
def test_tokens_of_shares_are_among_the_markets(account: Account, name: str) -> None:
    """Another class of assets than the one that the list shows unless it is asked."""
    listed = account.run(account.exchange.markets())
    assert listed[account.exchange.check_symbol(name)]
    assert listed[account.exchange.check_symbol("BTC/USD")]


@pytest.mark.parametrize("number", [7, "7", "-7", "2147483647", f"{GONE},{GONE}", f"{GONE} ", "all"])
def test_an_id_never_means_several_orders(account: Account, number: Any) -> None:
    with pytest.raises(InvalidOrderRequest):
        account.exchange.check_ref(number)


def test_a_batch_with_an_order_that_is_gone_acknowledges_none(account: Account) -> None:
    placed = account.place(2)
    refs = [account.exchange.check_ref(order_id) for order_id in (*placed, GONE)]
    (cancel,) = account.exchange.cancel_several(refs, {})
    assert account.run(cancel.operation) == frozenset()
    ended = account.run(account.exchange.read_ended(refs, None))
    assert {order.order_id for order in ended.values()} == set(placed)


@pytest.mark.parametrize(("errors", "code"), [
    (["EGeneral:Invalid arguments:volume"], "EGeneral:Invalid arguments"),
    (["EService: Throttled: 1688669450"], "EService:Throttled"),
    (["EOrder:Unknown order", "EOrder:Unknown order"], "EOrder:Unknown order"),
    (["EOrder:Unknown order", "EService:Busy"], "EOrder:Unknown order, EService:Busy"),
    ([], None),
    (["WGeneral:Something"], None),
    (["EOrder:Unknown order", 7], None),
    ("EOrder:Unknown order", None),
])  # fmt: skip
def test_errors_are_one_code_only_if_they_are_alike(errors: Any, code: str | None) -> None:
    told = kraken.failure(200, {"error": errors})
    assert (None if told is None else told.code) == code
    if errors:
        with pytest.raises(UnreadableResponseError):
            kraken.data({"error": errors, "result": {"open": {}}})


@pytest.mark.parametrize(("kind", "price", "stop"), [
    ("limit", "7.5", None),
    ("market", None, None),
    ("stop-loss", None, "7.5"),
    ("stop-loss-limit", "7.0", "7.5"),
    ("take-profit-limit", "7.0", "7.5"),
    ("something-new", "7.5", None),
    (None, "7.5", None),
    (["limit"], "7.5", None),
])  # fmt: skip
def test_two_prices_are_told_apart_by_the_kind_of_order(kind: Any, price: str | None, stop: str | None) -> None:
    prices = {"price": "0" if kind == "market" else "7.5", "price2": "7.0" if price == "7.0" else "0"}
    row = kraken.prices({"descr": {"ordertype": kind, **prices}})
    assert (row["limit"], row["trigger"]) == (price, stop)


def test_what_the_key_sees_is_asked_once_as_it_cannot_change(account: Account) -> None:
    """Kraken's lowest tier has a call each three seconds: half of them would go to that question."""
    for _ in range(3):
        account.run(account.exchange.list_open())
    assert account.requests.count("api_key") == 1
