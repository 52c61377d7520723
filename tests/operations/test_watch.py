"""A thousand orders, watched in as many requests as the venue's lists have pages."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from airflow_provider_exchange.models.orders import OrderState
from airflow_provider_exchange.operations.reading import MOST_DIRECT
from airflow_provider_exchange.operations.watch import watched_orders
from airflow_provider_exchange.sandbox.book import State
from tests.accounts import OTHER_SYMBOLS, SYMBOLS, Account

if TYPE_CHECKING:
    from collections.abc import Sequence

    from airflow_provider_exchange.models.orders import Order, OrderRef

MANY = 1000
DAY = 86_400


class Watcher:
    """Reads orders as a sensor does: again and again, with what it has seen in mind."""

    def __init__(self, account: Account, order_ids: Sequence[str]) -> None:
        symbol = SYMBOLS[account.venue]
        self.account = account
        self.refs = [account.exchange.check_ref(order_id, symbol) for order_id in order_ids]
        self.seen: dict[OrderRef, Order] = {}

    def read(self) -> tuple[Counter[str], Counter[str]]:
        """Read once. Return how many orders are in each state, and how many requests went to each route."""
        self.account.sandbox.exchange.log.clear()
        orders = self.account.run(watched_orders(self.account.exchange, self.refs, self.seen))
        self.seen |= {ref: order for ref, order in zip(self.refs, orders, strict=True) if order is not None}
        states = Counter(order.state.value if order else "unknown" for order in orders)
        return states, Counter(self.account.requests)

    def end(self, refs: Sequence[OrderRef]) -> None:
        for ref in refs:
            assert ref.order_id is not None
            self.account.sandbox.book(self.account.venue).finish(ref.order_id, State.CANCELLED)


@pytest.fixture
def thousand(account: Account) -> Watcher:
    return Watcher(account, account.place(MANY, age=3 * DAY))


EXPECTED = {
    "bitopro": (
        {"open_orders": 1},
        {"open_orders": 1, "orders_of_pair": 1},
        {"open_orders": 1},
    ),
    "nami": (
        {"open_orders": 1},
        {"open_orders": 1, "history": 4},
        {"open_orders": 1},
    ),
    "loopring": (
        {"orders": 21 + 4},
        {"orders": 13 + 4 + 21},
        {"orders": 13 + 4},
    ),
}
"""
Requests while all are open; when 400 have gone; and after that.

Loopring's pages overlap by one order. The four are a page in all states, two empty lists by state, and one of stop
orders.
"""


def test_a_thousand_orders_take_as_many_requests_as_lists_have_pages(thousand: Watcher) -> None:
    thousand.account.sandbox.exchange.apply_settings(bitopro_margin="off")
    all_open, some_gone, later = EXPECTED[thousand.account.venue]
    # An account without margin is refused twice in each of two looks, and then not asked any more.
    for refusals in (2, 2, 0) if thousand.account.venue == "bitopro" else (0, 0):
        states, requests = thousand.read()
        assert requests.pop("open_margin_orders", 0) == refusals
        assert (states, requests) == ({"open": MANY}, all_open)
    thousand.end(thousand.refs[300:700])
    states, requests = thousand.read()
    assert states == {"open": 600, "cancelled": 400}
    assert requests.keys() == some_gone.keys()
    assert all(requests[route] <= most for route, most in some_gone.items()), requests
    for _ in range(2):
        assert thousand.read() == (states, later)
    thousand.end([*thousand.refs[:300], *thousand.refs[700:]])
    assert thousand.read()[0] == {"cancelled": MANY}
    assert thousand.read() == ({"cancelled": MANY}, {}), "what has ended is never read again"


def test_what_ended_is_looked_for_no_further_back_than_it_was_created(
    account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    account.place(1000, age=30 * DAY, state="cancelled")
    watcher = Watcher(account, account.place(10, age=1 * DAY))
    watcher.read()
    watcher.end(watcher.refs)
    book = account.sandbox.book(account.venue)
    # The venue's lists lag behind: one of them is in none.
    shown = {key: order for key, order in book.view().items() if order.order_id != watcher.refs[0].order_id}
    monkeypatch.setattr(book, "view", lambda _lag=0: shown)
    states, requests = watcher.read()
    assert states == {"cancelled": 9, "unknown": 1}
    # The open list, a page with all of that day and an empty one; and a direct read, at Nami of all there is.
    # BitoPro refuses the list of margin orders a second time. At Loopring there is no time to begin with: no more
    # pages of the history are read than there are orders; its open list takes a page and three states, and each
    # list is read once more for stop orders.
    most = {"nami": 16, "bitopro": 5, "loopring": 5 + 2 * len(watcher.refs) + 1}[account.venue]
    assert requests.total() <= most, requests


def test_orders_that_no_list_shows_are_read_directly_a_few_at_a_time(account: Account) -> None:
    if account.venue == "nami":
        pytest.skip("Nami has no call for one order: its lists are all there is")
    # Orders of another market than they are said to be of are in no list of that market.
    forms = {"loopring": "0x{:064x}", "coinbase": "{:08x}-0000-4000-8000-000000000000", "kucoin": "{:024}"}
    strangers = [forms.get(account.venue, "{}").format(number) for number in range(900_000, 900_100)]
    watcher = Watcher(account, [*strangers, *account.place(100)])
    states, requests = watcher.read()
    assert states == {"open": 100, "unknown": 100}
    assert requests["order"] == MOST_DIRECT
    asked = {f"{each.path}{each.query}{each.body}" for each in account.sandbox.request_log if each.route == "order"}
    assert len(asked) == MOST_DIRECT
    watcher.read()
    again = {f"{each.path}{each.query}{each.body}" for each in account.sandbox.request_log if each.route == "order"}
    assert asked != again, "others have their turn"


def test_while_the_list_lags_what_it_shows_is_not_settled(
    account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    watcher = Watcher(account, account.place(6))
    book = account.sandbox.book(account.venue)
    before = dict(book.view())
    watcher.end(watcher.refs[:3])
    assert watcher.read()[0] == {"cancelled": 3, "open": 3}
    with monkeypatch.context() as lagging:
        lagging.setattr(book, "view", lambda _lag=0: before)
        assert watcher.read()[0] == {"open": 6}
    assert watcher.read()[0] == {"cancelled": 3, "open": 3}


def test_one_order_is_read_by_itself(account: Account) -> None:
    account.place(60, symbol=OTHER_SYMBOLS[account.venue])
    watcher = Watcher(account, account.place(1))
    account.run(account.exchange.probe())  # with what is read of an account once
    assert watcher.read() == ({"open": 1}, {"open_orders": 1} if account.venue == "nami" else {"order": 1})


def test_an_order_that_the_list_shows_again_is_open(account: Account) -> None:
    watcher = Watcher(account, account.place(10))
    wrong = watcher.refs[0]
    watcher.read()
    watcher.seen[wrong] = replace(watcher.seen[wrong], state=OrderState.CANCELLED)
    assert watcher.read()[0] == {"open": 10}
    watcher.end([wrong])
    assert watcher.read()[0] == {"open": 9, "cancelled": 1}
