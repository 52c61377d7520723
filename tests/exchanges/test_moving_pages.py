"""Lists that change while they are read: what is live all the while is not missed, and a cancel ends everything."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from airflow_provider_exchange.models.reports import Outcome
from airflow_provider_exchange.operations.selection import Selectors
from airflow_provider_exchange.sandbox.book import State
from airflow_provider_exchange.sandbox.fault_rules import Fault
from airflow_provider_exchange.sandbox.testing import RunningSandbox, running_sandbox
from tests.accounts import Account
from tests.exchanges.evidence import EVIDENCE, Evidence, each_venue
from tests.sweeps import cancel_orders

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from airflow_provider_exchange.models.orders import OrderKey
    from airflow_provider_exchange.protocol.messages import Request

COUNT = 130
"""Orders at the start: more than a page of the venues whose lists have pages."""
CHANGES = 4
"""How many requests find the book changed; a list that changes for ever can never be known."""


@pytest.fixture(scope="module")
def running() -> Iterator[RunningSandbox]:
    with running_sandbox(venues=list(dict.fromkeys(venue.paper for venue in EVIDENCE.values()))) as sandbox:
        yield sandbox


@pytest.fixture
def account(running: RunningSandbox, venue: Evidence) -> Iterator[Account]:
    running.reset()
    account = Account(running, venue.name, adapter=venue.kind)
    account.place(COUNT, symbol=venue.symbols[0])
    yield account
    account.close()


def live(account: Account) -> set[OrderKey]:
    return {
        account.exchange.key(account.exchange.check_ref(order.order_id, order.symbol))
        for order in account.sandbox.live(account.venue)
    }


def orders_leave(account: Account, venue: Evidence) -> None:
    """The oldest and the newest orders are filled: those behind them move forward, whichever come first."""
    book, orders = account.sandbox.book(account.venue), account.sandbox.live(account.venue)
    for order in {order.key: order for order in [*orders[:2], *orders[-2:]]}.values():
        book.fill(order.order_id, symbol=order.symbol)


def orders_join(account: Account, venue: Evidence) -> None:
    """New orders move those behind them back, where the newest come first."""
    account.place(2, symbol=venue.symbols[0])


def orders_come_and_go(account: Account, venue: Evidence) -> None:
    """The length of the list stays the same."""
    orders_leave(account, venue)
    orders_join(account, venue)


each_change = pytest.mark.parametrize("change", [orders_leave, orders_join, orders_come_and_go])


def change_before(account: Account, venue: Evidence, change: Callable[[Account, Evidence], None]) -> list[str]:
    """Change the book before each of the next requests but the first; return where they are counted."""
    sent: list[str] = []

    def before_send(request: Request) -> None:
        sent.append(request.method)
        if 1 < len(sent) <= 1 + CHANGES:
            change(account, venue)

    account.transport.before_send = before_send
    return sent


@each_venue
@each_change
def test_what_is_live_all_the_while_is_listed(
    account: Account, venue: Evidence, change: Callable[[Account, Evidence], None]
) -> None:
    before = live(account)
    change_before(account, venue, change)
    listed = {account.exchange.key(order) for order in account.run(account.exchange.list_open())}
    assert listed >= before & live(account)


@each_venue
@each_change
def test_a_cancel_of_everything_leaves_nothing_live(
    account: Account, venue: Evidence, change: Callable[[Account, Evidence], None]
) -> None:
    change_before(account, venue, change)
    selection = Selectors().check(account.exchange)
    report = account.run(cancel_orders(account.exchange, selection, {}, poll_interval=2))
    assert live(account) == set()
    assert report.open_after == 0
    gone = {result.ref.order_id for result in report.results if result.outcome is Outcome.CANCELLED}
    book = account.sandbox.book(account.venue)
    assert gone == {order.order_id for order in book if order.state is State.CANCELLED}
    assert len(gone) >= COUNT - 4 * CHANGES


@each_venue
@each_change
def test_ended_orders_are_found_while_others_end(
    account: Account, venue: Evidence, change: Callable[[Account, Evidence], None]
) -> None:
    book = account.sandbox.book(account.venue)
    ended = [book.fill(order.order_id, symbol=order.symbol) for order in account.sandbox.live(account.venue)]
    account.place(20, symbol=venue.symbols[0])
    refs = [account.exchange.check_ref(order.order_id, order.symbol) for order in ended]
    change_before(account, venue, change)
    found = account.run(account.exchange.read_ended(refs, None))
    assert found.keys() == {account.exchange.key(ref) for ref in refs}
    assert all(order.state.is_terminal for order in found.values())


@each_venue
@pytest.mark.parametrize("kind", ["html", "truncate", "rate_limit", "drop_after", "empty_200"])
def test_a_page_that_is_spoilt_is_read_again(account: Account, venue: Evidence, kind: str) -> None:
    account.sandbox.faults.add(Fault(kind, route="reads", times=2, retry_after="1"))
    listed = {account.exchange.key(order) for order in account.run(account.exchange.list_open())}
    assert listed == live(account)
    assert len(listed) == COUNT
