"""
Sweeps and cancels over all books of an exchange: which orders go, and what happens when one changes its book.

An order whose price is reached leaves its list and appears in another one. Wherever that happens between the
requests of a run, the run must not end well while it is open.
"""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from functools import partial
from itertools import count
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import pytest

from airflow_provider_exchange.driver.pacing import Pacer
from airflow_provider_exchange.errors import ExchangeError, PermissionDeniedError
from airflow_provider_exchange.exchanges.ccxt.listing import Lists
from airflow_provider_exchange.models.orders import OrderRef, OrderState
from airflow_provider_exchange.models.reports import Outcome
from airflow_provider_exchange.operators.orders import CancelAllOrdersOperator
from airflow_provider_exchange.sandbox.book import State
from airflow_provider_exchange.sandbox.fault_rules import Fault
from tests.ccxt.books import CONDITIONAL, KINDS, before_each_answer, is_list, live, own_id, whole_account
from tests.sweeps import cancel_order, sweep
from tests.tasks import Task

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from airflow_provider_exchange.exchanges.ccxt.profile import Book
    from airflow_provider_exchange.protocol.messages import Request, Response
    from airflow_provider_exchange.sandbox.exchange import Logged
    from airflow_provider_exchange.sandbox.testing import RunningSandbox
    from tests.accounts import Account
    from tests.ccxt.books import Kind
    from tests.connections import Connect


@pytest.fixture(params=KINDS)
def venue(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture
def account(sandbox: RunningSandbox, venue: str) -> Iterator[Account]:
    made = whole_account(sandbox, venue)
    yield made
    made.close()


@pytest.fixture(params=[False, True], ids=["in the task", "deferred"])
def how(
    request: pytest.FixtureRequest,
    connect: Connect,
    sandbox: RunningSandbox,
    venue: str,
    monkeypatch: pytest.MonkeyPatch,
) -> dict[str, Any]:
    """Return the arguments of an operator over the whole account, which does not wait for rate limits."""
    monkeypatch.setattr(Pacer, "delay", lambda *_: 0.0)
    return {
        "task_id": "cancel",
        "exchange_conn_id": connect(venue, extra=sandbox.connection(venue)["extra"]),
        "poll_interval": 0.02,
        "timeout": 10,
        "deferrable": request.param,
    }


def placed(sandbox: RunningSandbox, kinds: list[Kind], **order: Any) -> dict[str, Kind]:
    """Place an order of each kind; return their kinds by id."""
    return {kind.place(sandbox, **order): kind for kind in kinds}


def plain_ids(left: set[tuple[str, str]]) -> set[str]:
    return {order_id for _, order_id in left}


def without_marks(orders: dict[str, Kind]) -> set[str]:
    return {order_id.removeprefix(kind.mark) for order_id, kind in orders.items()}


# -- which orders go


def test_everything_goes_from_every_book(sandbox: RunningSandbox, venue: str, how: dict[str, Any]) -> None:
    orders = placed(sandbox, KINDS[venue]) | placed(sandbox, KINDS[venue], side="BUY")
    told = Task(CancelAllOrdersOperator(**how)).run()
    assert live(sandbox, venue) == set()
    assert told["outcomes"] == {"cancelled": len(orders)}
    assert {(each["order_id"], each["symbol"]) for each in told["orders"]} == {
        (order_id, kind.own) for order_id, kind in orders.items()
    }


@pytest.mark.parametrize("spelling", ["unified", "own"])
def test_the_orders_of_one_market_go_from_every_book_of_it(
    account: Account, sandbox: RunningSandbox, venue: str, spelling: str
) -> None:
    for market in {kind.own: kind for kind in KINDS[venue]}.values():
        orders = placed(sandbox, KINDS[venue])
        keep = {order_id: kind for order_id, kind in orders.items() if kind.own != market.own}
        report = sweep(account, symbols=[getattr(market, spelling)])
        assert report.outcomes == {Outcome.CANCELLED: len(orders) - len(keep)}
        assert plain_ids(live(sandbox, venue)) == without_marks(keep), market.own
        sweep(account)


@pytest.mark.parametrize(
    ("go", "stay", "selection"),
    [
        ({"side": "BUY"}, {"side": "SELL"}, {"side": "buy"}),
        ({"client_order_id": "go"}, {"client_order_id": "stay"}, {"client_order_id_prefix": "g"}),
        ({"client_order_id": "go"}, {"client_order_id": "stay"}, {"except_client_order_id_prefix": "st"}),
        ({"age": 7200}, {"age": 600}, {"older_than": timedelta(hours=1)}),
    ],
    ids=["side", "prefix", "excepted prefix", "age"],
)
def test_properties_select_in_every_book(
    account: Account,
    sandbox: RunningSandbox,
    venue: str,
    go: dict[str, Any],
    stay: dict[str, Any],
    selection: dict[str, Any],
) -> None:
    number = count(1)
    kinds = [
        kind
        for kind in KINDS[venue]
        if kind.tells >= go.keys() - {"age"} and (kind.may_be_named or "client_order_id" not in go)
    ]

    def each(order: dict[str, Any]) -> dict[str, Kind]:
        own = {
            name: own_id(venue, f"{value}{next(number)}")
            for name, value in order.items()
            if name == "client_order_id"
        }
        return {kind.place(sandbox, **{**order, **own}): kind for kind in kinds}

    selection = {
        name: own_id(venue, value, is_prefix=True) if isinstance(value, str) and "prefix" in name else value
        for name, value in selection.items()
    }
    keep = each(stay)
    gone = each(go)
    report = sweep(account, **selection)
    assert {result.ref.order_id for result in report.results} == set(gone)
    assert plain_ids(live(sandbox, venue)) == without_marks(keep)


def test_excepted_markets_stay_in_every_book(account: Account, sandbox: RunningSandbox, venue: str) -> None:
    market = KINDS[venue][-1]
    orders = placed(sandbox, KINDS[venue])
    sweep(account, except_symbols=[market.unified])
    stay = {order_id: kind for order_id, kind in orders.items() if kind.own == market.own}
    assert plain_ids(live(sandbox, venue)) == without_marks(stay)


def test_named_orders_go_and_no_others(account: Account, sandbox: RunningSandbox, venue: str) -> None:
    orders, keep = placed(sandbox, KINDS[venue]), placed(sandbox, KINDS[venue])
    report = sweep(account, orders=[kind.ref(order_id) for order_id, kind in orders.items()])
    assert report.outcomes == {Outcome.CANCELLED: len(orders)}
    assert plain_ids(live(sandbox, venue)) == without_marks(keep)


def test_each_kind_of_order_is_cancelled_by_itself(account: Account, sandbox: RunningSandbox, venue: str) -> None:
    orders = placed(sandbox, KINDS[venue])
    left = live(sandbox, venue)
    for order_id, kind in orders.items():
        assert cancelled(account, kind, order_id) is Outcome.CANCELLED
        left.discard((kind.book, order_id.removeprefix(kind.mark)))
        assert live(sandbox, venue) == left


def test_a_clients_id_is_found_in_every_book(account: Account, sandbox: RunningSandbox, venue: str) -> None:
    kinds = [kind for kind in KINDS[venue] if kind.may_be_named and not kind.is_like_another]
    for number, kind in enumerate(kinds):
        mine = own_id(venue, f"mine{number}")
        order_id = kind.place(sandbox, client_order_id=mine)
        beside = {(kind.book, sandbox.place(kind.book, kind.symbol, **kind.how).order_id)}
        ref = OrderRef(None, kind.own, mine)
        result = account.run(cancel_order(account.exchange, ref, {}, poll_interval=2), 600)
        assert (result.ref.order_id, result.outcome) == (order_id, Outcome.CANCELLED)
        assert live(sandbox, venue) == beside
        again = account.run(cancel_order(account.exchange, ref, {}, poll_interval=2), 600)
        assert (again.ref.order_id, again.outcome) == (order_id, Outcome.ALREADY_CANCELLED)
        sweep(account, timeout=600)


def cancelled(account: Account, kind: Kind, order_id: str) -> Outcome:
    """Cancel one order; return what became of it."""
    ref = OrderRef(order_id, kind.own)
    return account.run(cancel_order(account.exchange, ref, {}, poll_interval=2)).outcome


@pytest.mark.parametrize(
    ("venue", "one", "other"),
    [("binance", 2, 4), ("binance", 4, 2), ("okx", 0, 2), ("okx", 2, 0)],
    ids=["binance plain", "binance algo", "okx plain", "okx algo"],
)
def test_an_id_that_two_books_have_means_one_order(
    account: Account, sandbox: RunningSandbox, venue: str, one: int, other: int
) -> None:
    mine, its = KINDS[venue][one], KINDS[venue][other]
    order_id, twin = mine.place(sandbox, order_id="77"), its.place(sandbox, order_id="77")
    assert order_id != twin
    sweep(account, orders=[mine.ref(order_id)])
    assert live(sandbox, venue) == {(its.book, "77")}


@pytest.mark.parametrize("venue", ["bybit"])
def test_a_conditional_order_without_its_mark_is_not_told_to_be_gone(
    account: Account, sandbox: RunningSandbox, venue: str
) -> None:
    """An id of Bybit's names one order, whatever its kind; but a cancel that does not name the kind misses it."""
    for kind in CONDITIONAL[venue]:
        order_id = kind.place(sandbox).removeprefix(kind.mark)
        with pytest.raises(ExchangeError, match=order_id):
            sweep(account, orders=[kind.ref(order_id)])
        assert (kind.book, order_id) in live(sandbox, venue)


# -- an order whose price is reached


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


# -- a list that is refused


NO_RIGHT: dict[str, tuple[int, dict[str, Any]]] = {
    "binance": (401, {"code": -2015, "msg": "Invalid API-key, IP, or permissions for action."}),
    "okx": (200, {"code": "50120", "msg": "This API key doesn't have permission", "data": []}),
    "bybit": (200, {"retCode": 10005, "retMsg": "Permission denied", "result": {}, "time": 1}),
    "gate": (403, {"label": "FORBIDDEN", "message": "Account has no permission to request operation"}),
    "deribit": (400, {"jsonrpc": "2.0", "error": {"message": "forbidden", "code": 13021}}),
    "bitget": (400, {"code": "40014", "msg": "Incorrect permissions", "requestTime": 1, "data": None}),
}
"""What each exchange says to a key that may not use a part of it, or to an account that has not opened it."""


@pytest.mark.parametrize(
    ("venue", "part", "refused", "advice"),
    [
        ("binance", "/fapi/", {"binance_linear", "binance_algo"}, "default_type"),
        ("binance", "/fapi/v1/openOrders", {"binance_linear"}, "default_type"),
        ("binance", "/fapi/v1/openAlgoOrders", {"binance_algo"}, "default_type"),
        ("binance", "/api/v3/", {"binance"}, "default_type"),
        ("okx", "orders-algo-pending", {"okx_algo"}, "50120"),
        ("okx", "orders-pending", {"okx"}, "50120"),
        ("bybit", "category=linear", {"bybit_linear"}, "default_type"),
        ("gate", "/futures/usdt/orders", {"gate_linear"}, "default_type"),
        ("gate", "/spot/price_orders", {"gate_auto"}, "default_type"),
        ("bitget", "planType=profit_loss", {"bitget_futures_plan"}, "default_type"),
    ],
)
def test_a_list_that_is_refused_spares_no_other_book(
    account: Account, sandbox: RunningSandbox, venue: str, part: str, refused: set[str], advice: str
) -> None:
    status, body = NO_RIGHT[venue]

    def answered(request: Request, response: Response) -> Response:
        return replace(response, status=status, body=json.dumps(body).encode()) if part in request.url else response

    placed(sandbox, KINDS[venue])
    account.transport.on_answer = answered
    with pytest.raises(PermissionDeniedError, match=advice):
        sweep(account)
    assert {book for book, _ in live(sandbox, venue)} == refused


# -- more than one page


PAGES = {"okx": 100, "bybit": 50, "gate": 100, "bitget": 100}
"""How many orders a page of each exchange's lists has; Binance shows each list whole."""


@pytest.mark.parametrize("venue", PAGES)
def test_orders_that_leave_between_pages_hide_no_others(
    account: Account, sandbox: RunningSandbox, venue: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for kind in KINDS[venue]:
        for _ in range(0 if kind.is_like_another else PAGES[venue] + 3):
            kind.place(sandbox)
    left: list[str] = []

    def leave(logged: Logged) -> None:
        """Let the orders leave that a further page goes on from, and a few that were shown."""
        asked = unquote(logged.query)
        if is_list(logged) and re.search(r"(after|cursor|last_id|idLessThan)=|page=[2-9]|offset=[1-9]", asked):
            for book, order_id in sorted(live(sandbox, venue), key=lambda named: named[1])[-3:]:
                sandbox.book(book).finish(order_id, State.CANCELLED)
                left.append(order_id)
            for book, order_id in live(sandbox, venue):
                if order_id in asked:
                    sandbox.book(book).finish(order_id, State.CANCELLED)
                    left.append(order_id)

    with monkeypatch.context() as patch:
        before_each_answer(sandbox, patch, leave)
        shown = account.run(account.exchange.list_open())
    assert left
    assert plain_ids(live(sandbox, venue)) <= {order.order_id.rpartition(":")[2] for order in shown}
    sweep(account, timeout=600)
    assert live(sandbox, venue) == set()
