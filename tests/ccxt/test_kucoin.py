"""What KuCoin alone has: lists market by market, pages that go on from a time, accounts with orders elsewhere."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from ccxt.abstract.kucoin import ImplicitAPI

from airflow_provider_exchange.errors import (
    ExchangeError,
    InvalidOrderRequest,
    PermissionDeniedError,
    UnreadableResponseError,
)
from airflow_provider_exchange.exchanges.ccxt.exchange import Ccxt
from airflow_provider_exchange.exchanges.ccxt.profiles import kucoin, kucoin_answers
from airflow_provider_exchange.models.reports import Outcome
from airflow_provider_exchange.sandbox.book import State
from tests.accounts import Account
from tests.ccxt.books import before_each_answer, live
from tests.sweeps import sweep

if TYPE_CHECKING:
    from collections.abc import Iterator

    from airflow_provider_exchange.sandbox.exchange import Logged
    from airflow_provider_exchange.sandbox.testing import RunningSandbox

STOP = {"stop_price": "90"}


def test_ccxt_has_no_paged_list_of_live_orders_yet() -> None:
    """KuCoin has deprecated the first of these for it. Once ccxt has it, the profile has to move there."""
    lists = {name for name in dir(ImplicitAPI) if name.startswith("privateGetHfOrdersActive")}
    assert lists == {"privateGetHfOrdersActive", "privateGetHfOrdersActiveSymbols"}


@pytest.fixture
def account(sandbox: RunningSandbox) -> Iterator[Account]:
    made = Account(sandbox, "kucoin")
    yield made
    made.close()


@pytest.mark.parametrize("setting", [{"kucoin_mode": "UNIFIED"}, {"kucoin_system": "low_frequency"}], ids=str)
def test_an_account_whose_orders_are_elsewhere_proves_nothing_but_what_it_shows_is_cancelled(
    account: Account, sandbox: RunningSandbox, setting: dict[str, Any]
) -> None:
    sandbox.place("kucoin", "BTC-USDT")
    sandbox.exchange.apply_settings(**setting)
    with pytest.raises(PermissionDeniedError, match="nothing can be proved of this account"):
        sweep(account)
    assert live(sandbox, "kucoin") == set()
    with pytest.raises(PermissionDeniedError):
        sweep(account)


@pytest.mark.parametrize("book", ["kucoin_stop", "kucoin_oco"])
def test_orders_that_leave_between_pages_hide_no_others(
    account: Account, sandbox: RunningSandbox, monkeypatch: pytest.MonkeyPatch, book: str
) -> None:
    """With pages of 10, and some orders of one moment: those that are open all the time are shown."""
    books = [
        replace(each, lists=[replace(it, params={**it.params, "pageSize": "10"}) for it in each.lists])
        if each.lists[0].each is None
        else each
        for each in kucoin.PROFILE.books
    ]
    assert isinstance(account.exchange, Ccxt)
    small = Ccxt(replace(kucoin.PROFILE, books=books), account.exchange.client, account.exchange.secrets)
    for age in (*range(9), 9, 9, 9, 9, *range(10, 30)):
        sandbox.place(book, "BTC-USDT", age=age * 60, **STOP)

    def leave(logged: Logged) -> None:
        if "endAt=" in logged.query:
            latest = max(sandbox.live(book), key=lambda order: order.created_ms)
            sandbox.book(book).finish(latest.order_id, State.CANCELLED)

    with monkeypatch.context() as patch:
        before_each_answer(sandbox, patch, leave)
        shown = account.run(small.list_open())
    assert len(live(sandbox, "kucoin")) < 33
    assert {order_id for _, order_id in live(sandbox, "kucoin")} <= {
        order.order_id.rpartition(":")[2] for order in shown
    }


@pytest.mark.parametrize(("found", "rows"), [
    ({}, []),
    ({"totalNum": 1}, []),
    ({"totalNum": True}, [{}]),
    ({"totalNum": 1}, [{}, {}]),
    ({"totalNum": 3}, [{"createdAt": None}, 7]),
], ids=str)  # fmt: skip
def test_a_page_that_does_not_tell_whether_or_where_it_goes_on_is_not_the_last(found: Any, rows: list[Any]) -> None:
    with pytest.raises(UnreadableResponseError):
        kucoin_answers.before_the_last("createdAt")(found, rows)


def test_more_ended_orders_than_a_page_has_are_found(account: Account, sandbox: RunningSandbox) -> None:
    made = [sandbox.place("kucoin", "BTC-USDT", state="cancelled").order_id for _ in range(150)]
    refs = [account.exchange.check_ref(order_id, "BTC-USDT") for order_id in made]
    found = account.run(account.exchange.read_ended(refs, None))
    assert len(found) == 150
    assert account.requests.count("history") == 2


def test_no_word_of_a_path_is_an_id(account: Account, sandbox: RunningSandbox) -> None:
    """``DELETE /api/v1/stop-order/cancel`` would cancel every stop order."""
    sandbox.place("kucoin_stop", "BTC-USDT", **STOP)
    for word in ("cancel", "cancelAll", "cancelall", "sync", "active", "queryOrderByClientOid", "client-order"):
        for order_id in (word, f"stop:{word}", f"oco:{word}"):
            with pytest.raises(InvalidOrderRequest):
                account.exchange.check_ref(order_id, "BTC-USDT")


def test_a_market_that_is_not_there_is_named_as_such(account: Account, sandbox: RunningSandbox) -> None:
    sandbox.place("kucoin", "BTC-USDT")
    with pytest.raises(InvalidOrderRequest, match="DOGE-USDT"):
        sweep(account, symbols=["BTC-USDT", "DOGE-USDT"])
    assert live(sandbox, "kucoin") == set()


def test_an_order_without_a_side_is_left_and_told(account: Account, sandbox: RunningSandbox) -> None:
    order = sandbox.place("kucoin_oco", "BTC-USDT", **STOP)
    sandbox.place("kucoin", "BTC-USDT", side="BUY")
    with pytest.raises(ExchangeError, match=f"oco:{order.order_id}"):
        sweep(account, side="buy")
    assert live(sandbox, "kucoin") == {("kucoin_oco", order.order_id)}
    assert sweep(account).outcomes == {Outcome.CANCELLED: 1}


@pytest.mark.parametrize(("permission", "may"), [
    ("General,Spot", False),
    ("General, Transfer", True),
    ("General,InnerTransfer", False),
    (None, True),
])  # fmt: skip
def test_what_a_key_may_do(permission: str | None, may: bool) -> None:
    assert kucoin_answers.may_withdraw({"permission": permission}) is may
