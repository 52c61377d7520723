"""
An order whose price is reached leaves its list and appears in another one.

Wherever that happens between the requests of a run, the run must not end well while it is open.
"""

from __future__ import annotations

import re
from dataclasses import replace
from decimal import Decimal
from functools import partial
from itertools import count
from typing import TYPE_CHECKING, Any

import pytest

from airflow_provider_exchange.errors import ExchangeError
from airflow_provider_exchange.exchanges.ccxt.listing import Lists
from airflow_provider_exchange.models.orders import OrderRef, OrderState
from airflow_provider_exchange.models.reports import Outcome
from airflow_provider_exchange.operators.orders import CancelAllOrdersOperator
from airflow_provider_exchange.sandbox.fault_rules import Fault
from tests.ccxt.books import CONDITIONAL, KINDS, before_each_answer, is_list, live
from tests.ccxt.every_book import account, cancelled, how, placed, venue
from tests.sweeps import sweep
from tests.tasks import Task

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from airflow_provider_exchange.exchanges.ccxt.profile import Book
    from airflow_provider_exchange.sandbox.exchange import Logged
    from airflow_provider_exchange.sandbox.testing import RunningSandbox
    from tests.accounts import Account
    from tests.ccxt.books import Kind

__all__ = ["account", "how", "venue"]


FILLED_AT_ONCE = "move_order_stop"
"""A type of order that trades at the market when its price is reached."""


def each_conditional(*followed: bool) -> pytest.MarkDecorator:
    """
    Run a test over each kind of order that waits for a price.

    :param followed: whether the exchange tells which order it has placed; both when left out.
    """
    pairs = [
        (venue, kind)
        for venue, kinds in CONDITIONAL.items()
        for kind in kinds
        if kind.is_followed in (followed or (True, False))
    ]
    names = [f"{venue} {kind.how.get('type', kind.mark)}" for venue, kind in pairs]
    return pytest.mark.parametrize(("venue", "kind"), pairs, ids=names)


def lists_that_miss(account: Account, kind: Kind, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Return before which request of a list of everything an order must be triggered, so as not to be shown."""
    sandbox, missed = account.sandbox, []
    account.run(account.exchange.list_open())
    requests = len(account.requests)
    for moment in range(requests + 1):
        order_id = kind.place(sandbox)
        asked = count()

        def reach(_logged: Logged, order_id: str = order_id, moment: int = moment, asked: Any = asked) -> None:
            if next(asked) == moment:
                kind.trigger(sandbox, order_id)

        with monkeypatch.context() as patch:
            before_each_answer(sandbox, patch, reach)
            shown = account.run(account.exchange.list_open())
        if not shown and live(sandbox, account.venue):
            missed.append(moment)
        sandbox.exchange.reset()
    return missed


def turn_round(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the lists be read the wrong way round."""
    read = Lists.of

    def backwards(self: Lists, books: Sequence[Book], *markets: Any) -> Any:
        return read(self, [replace(book, lists=book.lists[::-1]) for book in books][::-1], *markets)

    monkeypatch.setattr(Lists, "of", backwards)


@each_conditional()
def test_no_list_misses_an_order_that_is_triggered_meanwhile(
    account: Account, kind: Kind, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert lists_that_miss(account, kind, monkeypatch) == []
    turn_round(monkeypatch)
    is_live = kind.how.get("type") != FILLED_AT_ONCE
    matters = is_live and kind.is_listed_apart
    assert bool(lists_that_miss(account, kind, monkeypatch)) == matters, "the order of the lists does not matter?"


class Arising:
    """
    Somebody's order, placed at the beginning of one look at all lists, and triggered in the middle of it.

    :param kind: what is placed.
    :param looks: at the how-manyth look.
    :param begins_with_plain: with which lists a look begins.
    """

    def __init__(self, sandbox: RunningSandbox, kind: Kind, look: int, *, begins_with_plain: bool = False) -> None:
        self._sandbox = sandbox
        self._kind = kind
        self._left = look
        self._begins_with_plain = begins_with_plain
        self._is_beginning = False
        self._placed: str | None = None

    def __call__(self, logged: Logged) -> None:
        """Take note of a request before it is answered."""
        if not is_list(logged):
            return
        was_beginning, self._is_beginning = self._is_beginning, is_plain(logged) == self._begins_with_plain
        if self._is_beginning and not was_beginning:
            self._left -= 1
            if self._left == 0:
                self._placed = self._kind.place(self._sandbox)
        elif self._placed is not None and not self._is_beginning:
            self._kind.trigger(self._sandbox, self._placed)
            self._placed = None


def is_plain(logged: Logged) -> bool:
    """Whether a request asks for orders that wait for no price, or for some that have no list of their own."""
    if "order_status" in logged.query:
        return "order_status=OPEN" in logged.query
    if "type=trigger_all" in logged.query:
        return False
    if "category=spot" in logged.query:
        return "orderFilter=Order" in logged.query
    return re.search("algo|auto|plan|stop|oco|tpslType=tpsl", f"{logged.route} {logged.query}") is None


LOOKS = 6


def ends_with_live_orders(
    sandbox: RunningSandbox, venue: str, how: dict[str, Any], monkeypatch: pytest.MonkeyPatch, **order: bool
) -> Iterator[int]:
    """Yield at which look an order must arise so that a sweep succeeds while it is open."""
    if not CONDITIONAL[venue]:
        pytest.skip("no order changes its book there")
    for look in range(1, LOOKS):
        sandbox.reset()
        kind = KINDS[venue][0]
        slow = kind.place(sandbox)
        if how["deferrable"]:  # or the task is through before it would wait
            sandbox.faults.add(Fault("cancelling", seconds=3600, orders=(slow,)))
        with monkeypatch.context() as patch:
            before_each_answer(sandbox, patch, Arising(sandbox, CONDITIONAL[venue][0], look, **order))
            task = Task(CancelAllOrdersOperator(**how), on_defer=partial(kind.settle, sandbox, slow))
            task.run()
        assert (task.deferred > 0) == how["deferrable"]
        if live(sandbox, venue):
            yield look


FOLLOWED = [venue for venue, kinds in CONDITIONAL.items() if any(kind.is_followed for kind in kinds)]


@pytest.mark.parametrize("venue", FOLLOWED, indirect=True)
def test_no_sweep_ends_well_while_an_order_changes_its_book(
    sandbox: RunningSandbox, venue: str, how: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    if not CONDITIONAL[venue]:
        pytest.skip("an order stays in its book there")
    assert list(ends_with_live_orders(sandbox, venue, how, monkeypatch)) == []


@pytest.mark.parametrize("venue", FOLLOWED, indirect=True)
@pytest.mark.parametrize("how", [False], indirect=True, ids=["in the task"])
def test_the_lists_of_conditional_orders_have_to_be_read_first(
    sandbox: RunningSandbox, venue: str, how: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    if not CONDITIONAL[venue]:
        pytest.skip("an order stays in its book there")
    if not CONDITIONAL[venue][0].is_listed_apart:
        pytest.skip("what waits, and what it places, is in one list, too")
    turn_round(monkeypatch)
    assert any(ends_with_live_orders(sandbox, venue, how, monkeypatch, begins_with_plain=True))


class Reached:
    """
    Lets the prices of orders be reached when their cancel arrives.

    :param orders: their kinds by id.
    """

    def __init__(self, sandbox: RunningSandbox, orders: dict[str, Kind]) -> None:
        self._sandbox = sandbox
        self._orders = orders

    def __call__(self, logged: Logged) -> None:
        """Take note of a request before it is answered."""
        if logged.mutating:
            while self._orders:
                order_id, kind = self._orders.popitem()
                kind.trigger(self._sandbox, order_id)


@pytest.mark.parametrize("venue", FOLLOWED, indirect=True)
def test_a_sweep_goes_after_orders_that_are_triggered_during_their_cancel(
    sandbox: RunningSandbox, venue: str, how: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    before_each_answer(sandbox, monkeypatch, Reached(sandbox, placed(sandbox, CONDITIONAL[venue])))
    Task(CancelAllOrdersOperator(**how)).run()
    assert live(sandbox, venue) == set()


@each_conditional(False)
def test_an_order_that_has_placed_an_unknown_one_is_never_told_to_be_gone(account: Account, kind: Kind) -> None:
    sandbox = account.sandbox
    order_id = kind.place(sandbox)
    kind.trigger(sandbox, order_id)
    with pytest.raises(ExchangeError, match=re.escape(order_id)):
        sweep(account, orders=[kind.ref(order_id)], timeout=8)
    assert [book for book, _ in live(sandbox, account.venue)] == [kind.placed_in]


@each_conditional(False)
def test_a_sweep_cancels_what_was_placed_meanwhile_although_it_cannot_tell_whose_it_is(
    account: Account, kind: Kind, monkeypatch: pytest.MonkeyPatch
) -> None:
    order_id = kind.place(account.sandbox)
    with monkeypatch.context() as patch:
        before_each_answer(account.sandbox, patch, Reached(account.sandbox, {order_id: kind}))
        with pytest.raises(ExchangeError, match=re.escape(order_id)):
            sweep(account, timeout=8)
    assert live(account.sandbox, account.venue) == set()
    assert sweep(account).outcomes == {}


@each_conditional(True)
@pytest.mark.parametrize("alone", [True, False], ids=["by itself", "among others"])
def test_a_named_order_that_is_triggered_during_its_cancel_goes_with_what_it_placed(
    account: Account, kind: Kind, monkeypatch: pytest.MonkeyPatch, alone: bool
) -> None:
    sandbox = account.sandbox
    order_id = kind.place(sandbox)
    placed(sandbox, KINDS[account.venue])
    others = live(sandbox, account.venue) - {(kind.book, order_id.removeprefix(kind.mark))}
    before_each_answer(sandbox, monkeypatch, Reached(sandbox, {order_id: kind}))
    if alone:
        outcome = cancelled(account, kind, order_id)
    else:
        (result,) = sweep(account, orders=[kind.ref(order_id)]).results
        outcome = result.outcome
    assert outcome is (Outcome.FILLED if kind.how.get("type") == FILLED_AT_ONCE else Outcome.CANCELLED)
    assert live(sandbox, account.venue) == others


@each_conditional(True)
def test_an_order_that_was_triggered_lives_as_long_as_what_it_placed(account: Account, kind: Kind) -> None:
    if kind.how.get("type") == FILLED_AT_ONCE:
        pytest.skip("it is filled when it is triggered")
    sandbox = account.sandbox
    order_id = kind.place(sandbox, quantity=2)
    ref = OrderRef(order_id, kind.own)
    assert account.run(account.exchange.read_order(ref)).state is OrderState.OPEN
    kind.trigger(sandbox, order_id)
    assert account.run(account.exchange.read_order(ref)).state is OrderState.OPEN
    ((book, successor),) = live(sandbox, account.venue)
    sandbox.book(book).fill(successor, Decimal(1), symbol=kind.symbol)
    shown = account.run(account.exchange.read_order(ref))
    assert (shown.state, shown.filled_quantity) == (OrderState.OPEN, Decimal(1))
    sandbox.book(book).cancel(successor, symbol=kind.symbol)
    shown = account.run(account.exchange.read_order(ref))
    assert (shown.state, shown.filled_quantity) == (OrderState.CANCELLED, Decimal(1))
