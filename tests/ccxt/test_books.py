"""Sweeps and cancels over all books of an exchange: which orders go, and what stays when a list is refused."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import timedelta
from itertools import count
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import pytest

from airflow_provider_exchange.errors import ExchangeError, PermissionDeniedError
from airflow_provider_exchange.models.orders import OrderRef
from airflow_provider_exchange.models.reports import Outcome
from airflow_provider_exchange.operators.orders import CancelAllOrdersOperator
from airflow_provider_exchange.sandbox.book import State
from tests.ccxt.books import CONDITIONAL, KINDS, before_each_answer, is_list, live, own_id
from tests.ccxt.every_book import account, cancelled, how, placed, plain_ids, venue, without_marks
from tests.sweeps import cancel_order, sweep
from tests.tasks import Task

if TYPE_CHECKING:
    from airflow_provider_exchange.protocol.messages import Request, Response
    from airflow_provider_exchange.sandbox.exchange import Logged
    from airflow_provider_exchange.sandbox.testing import RunningSandbox
    from tests.accounts import Account
    from tests.ccxt.books import Kind

__all__ = ["account", "how", "venue"]


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
