"""Orders that are meant to stay: those of some markets, and those whose client order ids begin with something."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_provider_exchange.errors import (
    ExchangeUnavailableError,
    InvalidOrderRequest,
    TransientError,
    UndecidedOrdersError,
)
from airflow_provider_exchange.models.orders import Order, OrderState, Side
from airflow_provider_exchange.models.reports import Outcome
from airflow_provider_exchange.operations.selection import Selection, Selectors
from airflow_provider_exchange.sandbox.fault_rules import Fault
from tests.accounts import OTHER_SYMBOLS, SYMBOLS, Account
from tests.operations.test_cancel_orders import live, sweep
from tests.operations.test_markets import CLOSED, MISSPELT
from tests.operations.test_markets import LISTS as LISTS_OF_MARKETS
from tests.operations.test_undecided import spoil

if TYPE_CHECKING:
    from airflow_provider_exchange.sandbox.testing import RunningSandbox

# -- the law

names = st.sampled_from(["BTCUSDT", "ETHUSDT", "LUNAUSDT"])
client_order_ids = st.none() | st.text(st.sampled_from("ab-1"), max_size=4)
unreadable = st.frozensets(st.sampled_from(["symbol", "side", "client_order_id", "order_id", "created_at"]))


@st.composite
def orders(draw: st.DrawFn, hidden: st.SearchStrategy[frozenset[str]] = unreadable) -> Order:
    """An order as the package's readers make one: what cannot be read is not told."""
    what = draw(hidden)
    return Order(
        "nami",
        "5",
        draw(st.sampled_from(["", "BTC%20USDT", "?"])) if "symbol" in what else draw(names),
        OrderState.OPEN,
        "NEW",
        side=None if "side" in what else draw(st.sampled_from(Side)),
        client_order_id=None if "client_order_id" in what else draw(client_order_ids),
        unreadable=what,
    )


selections = st.builds(
    Selection,
    symbols=st.none() | st.frozensets(names, min_size=1),
    side=st.none() | st.sampled_from(Side),
    client_order_id_prefix=st.none() | st.sampled_from(["a", "b-"]),
)
exceptions = st.fixed_dictionaries(
    {},
    optional={
        "symbols": st.frozensets(names, min_size=1),
        "client_order_id_prefix": st.sampled_from(["a", "b-", "a-1"]),
    },
)


def but(selection: Selection, excepted: dict[str, Any]) -> Selection:
    """A selection without what another one selects."""
    return replace(selection, **{f"except_{name}": value for name, value in excepted.items()})


@given(orders(), selections, exceptions)
def test_what_is_selected_is_not_excepted(order: Order, selection: Selection, excepted: dict[str, Any]) -> None:
    """Each exception takes away what it would select by itself, and nothing that cannot be judged is selected."""
    alone = [Selection(**{name: value}).matches(order, None) for name, value in excepted.items()]
    matches = but(selection, excepted).matches(order, None)
    if matches:
        assert selection.matches(order, None)
        assert all(verdict is False for verdict in alone)
    if True in alone or selection.matches(order, None) is False:
        assert matches is False


@given(orders(st.just(frozenset())), selections, exceptions)
def test_an_order_that_can_be_read_is_always_judged(
    order: Order, selection: Selection, excepted: dict[str, Any]
) -> None:
    alone = [Selection(**{name: value}).matches(order, None) for name, value in excepted.items()]
    assert but(selection, excepted).matches(order, None) is (
        selection.matches(order, None) is True and not any(alone)
    )


@given(orders(), exceptions)
def test_to_leave_an_exception_out_only_selects_more(order: Order, excepted: dict[str, Any]) -> None:
    whole = but(Selection(), excepted).matches(order, None)
    for name in excepted:
        fewer = but(Selection(), {other: value for other, value in excepted.items() if other != name})
        assert not (whole is True and fewer.matches(order, None) is not True)


# -- what is cancelled


def test_the_orders_of_a_market_stay(account: Account) -> None:
    kept = set(account.place(2))
    gone = set(account.place(2, symbol=OTHER_SYMBOLS[account.venue]))
    report = sweep(account, except_symbols=SYMBOLS[account.venue])
    assert {result.ref.order_id for result in report.results} == gone
    assert report.outcomes == {Outcome.CANCELLED: 2}
    assert live(account) == kept


def test_a_market_may_be_taken_out_of_several(account: Account) -> None:
    here, there = SYMBOLS[account.venue], OTHER_SYMBOLS[account.venue]
    kept = set(account.place(1, symbol=CLOSED[account.venue]) + account.place(1))
    account.place(1, symbol=there)
    sweep(account, symbols=[here, there], except_symbols=[here])
    assert live(account) == kept


@pytest.mark.parametrize("venue", ["bitopro", "loopring"])
def test_orders_with_a_prefix_stay_and_those_without_an_id_go(sandbox: RunningSandbox, venue: str) -> None:
    account = Account(sandbox, venue)
    kept = set(account.place(1, client_order_id="711") + account.place(1, client_order_id="712"))
    account.place(1, client_order_id="811")
    account.place(1)
    report = sweep(account, except_client_order_id_prefix="71")
    assert report.outcomes == {Outcome.CANCELLED: 2}
    assert live(account) == kept
    account.close()


@pytest.mark.parametrize(("venue", "field"), [
    ("nami", "symbol"), ("bitopro", "symbol"), ("loopring", "symbol"),
    ("bitopro", "client_order_id"), ("loopring", "client_order_id"),
])  # fmt: skip
def test_what_cannot_be_judged_is_left_and_named(sandbox: RunningSandbox, venue: str, field: str) -> None:
    account = Account(sandbox, venue)
    stays, goes = ({}, {}) if venue == "nami" else ({"client_order_id": "711"}, {"client_order_id": "811"})
    kept = account.place(1, **stays)
    odd = account.place(1, **stays)
    account.place(1, symbol=OTHER_SYMBOLS[venue], **goes)
    spoil(account, *odd, fields=[field])
    excepted: dict[str, Any] = (
        {"except_symbols": SYMBOLS[venue]} if field == "symbol" else {"except_client_order_id_prefix": "71"}
    )
    with pytest.raises(UndecidedOrdersError) as caught:
        sweep(account, **excepted)
    assert [ref.order_id for ref in caught.value.orders] == odd
    assert live(account) == {*kept, *odd}
    account.close()


def test_the_selection_is_told_in_words(account: Account) -> None:
    account.place(1)
    report = sweep(account, except_symbols=[SYMBOLS[account.venue]], side="buy")
    assert report.selection == f"selected (side buy, except_symbols {SYMBOLS[account.venue]})"


# -- an excepted market that may be misspelt


@pytest.mark.parametrize("dry_run", [False, True])
def test_a_misspelt_market_is_an_error_before_the_first_cancel(account: Account, dry_run: bool) -> None:
    kept = set(account.place(2))
    with pytest.raises(InvalidOrderRequest, match="did you mean") as caught:
        sweep(account, except_symbols=MISSPELT[account.venue], dry_run=dry_run)
    assert "except_symbols" in str(caught.value)
    assert account.mutations == []
    assert live(account) == kept


def test_a_market_of_which_an_order_is_open_needs_no_list_of_markets(account: Account) -> None:
    kept = set(account.place(1))
    account.place(1, symbol=OTHER_SYMBOLS[account.venue])
    sweep(account, except_symbols=SYMBOLS[account.venue])
    assert live(account) == kept
    assert LISTS_OF_MARKETS[account.venue] not in account.requests


def test_a_market_without_orders_is_looked_up_once(account: Account) -> None:
    account.place(1, symbol=OTHER_SYMBOLS[account.venue])
    sweep(account, except_symbols=[SYMBOLS[account.venue], CLOSED[account.venue]])
    assert live(account) == set()
    assert Counter(account.requests)[LISTS_OF_MARKETS[account.venue]] == 1


@pytest.mark.parametrize("fault", [Fault("status", status=503), Fault("status", status=400), Fault("null_data")])
def test_nothing_is_cancelled_while_it_cannot_be_looked_up(account: Account, fault: Fault) -> None:
    """The name is all that keeps orders from being cancelled. It is asked for again as long as there is time."""
    ids = set(account.place(1, symbol=OTHER_SYMBOLS[account.venue]))
    account.sandbox.faults.add(replace(fault, route=LISTS_OF_MARKETS[account.venue]))
    with pytest.raises(
        ExchangeUnavailableError, match=r"could not be checked: .+ no further cancel is sent"
    ) as caught:
        sweep(account, except_symbols=SYMBOLS[account.venue])
    assert isinstance(caught.value, TransientError)
    assert {ref.order_id for ref in caught.value.orders} == ids
    assert account.mutations == []


def test_a_list_of_markets_that_fails_for_some_time_only_costs_that_time(account: Account) -> None:
    account.place(1, symbol=OTHER_SYMBOLS[account.venue])
    route = LISTS_OF_MARKETS[account.venue]
    account.sandbox.faults.add(Fault("status", status=503, route=route, requests=(1, 2)))
    sweep(account, except_symbols=SYMBOLS[account.venue])
    assert live(account) == set()


# -- an exception that leaves nothing


@pytest.mark.parametrize("selectors", [
    {"symbols": ["A"], "except_symbols": ["A", "B"]},
    {"symbols": "A", "except_symbols": "A"},
])  # fmt: skip
def test_nothing_is_left_of_the_markets(account: Account, selectors: dict[str, Any]) -> None:
    spelt = {"A": SYMBOLS[account.venue], "B": OTHER_SYMBOLS[account.venue]}
    given_ = {
        name: spelt[value] if isinstance(value, str) else [spelt[each] for each in value]
        for name, value in selectors.items()
    }
    with pytest.raises(InvalidOrderRequest, match="leaves none"):
        Selectors(**given_).check(account.exchange)


@pytest.mark.parametrize("venue", ["bitopro", "loopring"])
def test_nothing_is_left_of_the_prefix(sandbox: RunningSandbox, venue: str) -> None:
    account = Account(sandbox, venue)
    with pytest.raises(InvalidOrderRequest, match="leaves no order"):
        Selectors(client_order_id_prefix="712", except_client_order_id_prefix="71").check(account.exchange)
    selection = Selectors(client_order_id_prefix="71", except_client_order_id_prefix="712").check(account.exchange)
    assert selection.client_order_id_prefix == "71"
    account.close()
