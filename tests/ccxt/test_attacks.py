"""What an attacker found: ways in which one odd answer hid a live order, or a good one came to nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from airflow_provider_exchange.errors import (
    AuthenticationError,
    ExchangeError,
    InvalidOrderRequest,
    OrderNotFoundError,
    UnreadableResponseError,
)
from airflow_provider_exchange.exchanges.ccxt.names import MarketNames
from airflow_provider_exchange.exchanges.ccxt.profiles import binance, bybit, okx
from airflow_provider_exchange.exchanges.ccxt.profiles.shared import next_cursor
from airflow_provider_exchange.exchanges.ccxt.uncertified import may_still_trade
from airflow_provider_exchange.exchanges.common import read_all
from airflow_provider_exchange.models.orders import OrderState
from airflow_provider_exchange.sandbox.fault_rules import Fault
from tests.accounts import Account
from tests.ccxt.classes import account

if TYPE_CHECKING:
    from airflow_provider_exchange.protocol.messages import Response
    from airflow_provider_exchange.protocol.steps import Operation
    from airflow_provider_exchange.sandbox.testing import RunningSandbox


@pytest.mark.parametrize(
    "told",
    [
        {"ordId": 5.5},
        {"ordId": ...},
        {"ordId": "", "ordIdList": []},
        {"ordId": "", "ordIdList": [None]},
        {"ordId": "7", "ordIdList": ["x"]},
        {},
    ],
    ids=repr,
)
def test_an_order_in_effect_names_what_it_has_placed(told: dict[str, Any]) -> None:
    with pytest.raises(UnreadableResponseError):
        okx.placed({"state": "effective", **told})
    odd = (told.get("ordIdList") or [told.get("ordId")])[0]
    with pytest.raises(UnreadableResponseError):
        binance.placed({"algoStatus": "FINISHED", "actualOrderId": odd})


def test_all_that_it_has_placed_counts() -> None:
    assert okx.placed({"state": "effective", "ordId": "7", "ordIdList": ["", "8", 9]}) == ["8", "9", "7"]
    assert okx.placed({"state": "live", "ordId": ""}) == []
    assert binance.placed({"algoStatus": "TRIGGERED", "actualOrderId": "7"}) == ["7"]
    assert binance.placed({"algoStatus": "NEW", "actualOrderId": ""}) == []


def test_a_page_says_whether_another_one_follows() -> None:
    more = next_cursor("nextPageCursor", "cursor")
    assert more({"nextPageCursor": "abc"}, []) == {"cursor": "abc"}, "an empty page is not the last for that"
    assert more({"nextPageCursor": ""}, [{}]) is None
    for odd in ({}, {"nextPageCursor": None}, {"nextPageCursor": 5}):
        with pytest.raises(UnreadableResponseError):
            more(odd, [{}] * 50)


@pytest.mark.parametrize("profile", [binance.PROFILE, okx.PROFILE, bybit.PROFILE], ids=lambda each: each.exchange)
def test_a_market_in_small_letters_is_no_other_market(profile: Any) -> None:
    names = MarketNames(profile.market_types[:1], profile.title)
    kind = profile.market_types[0]
    assert names.of(kind.name, kind.ids.example.lower()) == names.of(kind.name, kind.ids.example)


def test_an_answer_about_another_category_is_none() -> None:
    assert bybit.is_of_the_category({"category": "linear"}, {"category": "linear"})
    assert bybit.is_of_the_category({"category": "linear"}, {})
    assert not bybit.is_of_the_category({"category": "linear"}, {"category": "spot"})


def reading(result: Any) -> Operation[Any]:
    if isinstance(result, Exception):
        raise result
    return result
    yield


@pytest.mark.parametrize("error", [AuthenticationError("no key"), UnreadableResponseError("odd")])
def test_one_list_that_is_refused_hides_no_other(error: ExchangeError) -> None:
    with pytest.raises(type(error)) as caught:
        next(read_all([reading(error), reading(["an order"])]))
    assert list(map(str, caught.value.shown)) == ["an order"]


@pytest.mark.parametrize(("book", "route"), [("okx", "open_orders"), ("bybit_linear", "open_orders")])
def test_a_page_that_fails_does_not_take_the_one_before_with_it(
    sandbox: RunningSandbox, book: str, route: str
) -> None:
    reached = Account(sandbox, book)
    ids = set(reached.place(120))
    pages: list[int] = []

    def odd(request: Any, response: Response) -> Response:
        if "orders-pending" not in request.url and "settleCoin=USDT" not in request.url:
            return response
        pages.append(1)
        return response if len(pages) == 1 else type(response)(200, response.headers, b"<html>")

    reached.transport.on_answer = odd
    with pytest.raises(ExchangeError) as caught:
        reached.run(reached.exchange.list_open(), repeat_reads=False)
    shown = {order.order_id for order in caught.value.shown}
    assert shown
    assert shown <= ids
    reached.close()


@pytest.mark.parametrize("body", [b"null", b"{}", b'{"clientAlgoId": "another", "algoId": 5, "symbol": "BTCUSDT"}'])
@pytest.mark.parametrize("live", [True, False])
def test_an_answer_about_something_else_is_no_word_for_not_found(
    sandbox: RunningSandbox, body: bytes, live: bool
) -> None:
    """Chaos found it: ``null`` in the place of an order meant that there is none of that name."""
    reached = Account(sandbox, "binance_linear")
    state = "open" if live else "cancelled"
    sandbox.place("binance_algo", "BTCUSDT", stop_price="90", client_order_id="mine", state=state)

    def odd(request: Any, response: Response) -> Response:
        return type(response)(200, response.headers, body) if "/fapi/v1/algoOrder?" in request.url else response

    reached.transport.on_answer = odd
    ref = reached.exchange.check_ref(None, "BTCUSDT", "mine")
    if live:
        assert reached.run(reached.exchange.read_order(ref)).state is OrderState.OPEN
    else:
        with pytest.raises(UnreadableResponseError):
            reached.run(reached.exchange.read_order(ref), repeat_reads=False)
    reached.close()


def test_each_order_that_one_has_placed_is_cancelled_whatever_becomes_of_the_others(
    sandbox: RunningSandbox,
) -> None:
    reached = Account(sandbox, "okx")
    algo = sandbox.place("okx_algo", "BTC-USDT", stop_price="90").order_id
    sandbox.book("okx_algo").trigger(algo)
    (child,) = (order.order_id for order in sandbox.live("okx"))

    def forgotten(request: Any, response: Response) -> Response:
        if "order-algo?" not in request.url:
            return response
        body = response.body.replace(b'"ordIdList":[', b'"ordIdList":["1",').replace(
            b'"ordIdList": [', b'"ordIdList": ["1", '
        )
        return type(response)(response.status, response.headers, body)

    reached.transport.on_answer = forgotten
    ref = reached.exchange.check_ref(f"algo:{algo}", "BTC-USDT")
    cancellation = reached.exchange.cancel_one(ref, {})
    assert cancellation is not None
    assert reached.run(cancellation.operation) == frozenset(), "not all of them were acknowledged"
    assert child not in {order.order_id for order in sandbox.live("okx")}
    with pytest.raises(ExchangeError) as caught:
        reached.run(reached.exchange.read_order(ref), timeout=5)
    assert not isinstance(caught.value, OrderNotFoundError), "the order itself is known"
    reached.close()


def test_a_list_that_shows_an_order_is_not_outdone_by_one_that_does_not(sandbox: RunningSandbox) -> None:
    reached = Account(sandbox, "binance_linear")
    sandbox.place("binance_linear", "BTCUSDT", client_order_id="tp1")
    algo = sandbox.place("binance_algo", "BTCUSDT", client_order_id="tp1", stop_price="90").order_id
    sandbox.faults.add(Fault("phantom_empty", route="open_algo_orders", requests=(2, 3, 4)))
    listed = reached.run(reached.exchange.list_open())
    assert f"algo:{algo}" in {order.order_id for order in listed}
    reached.close()


@pytest.mark.parametrize("word", ["PENDING_CANCEL", "CANCEL_SENT", "CANCELING", "partial_fill", "TRIGGERED"])
def test_an_end_of_ccxt_that_the_exchange_does_not_call_one_is_none(word: str) -> None:
    assert may_still_trade({"deep": [{"orderStatus": word}]})


@pytest.mark.parametrize("word", ["PARTIALLY_CANCELED", "CANCELLED", "FILLED", "Expired", "inactive", "4"])
def test_an_end_of_the_exchange_is_one(word: str) -> None:
    assert not may_still_trade({"state": word, "note": "pending"})


def test_a_number_at_kraken_is_a_reference_that_many_orders_may_share() -> None:
    with pytest.raises(InvalidOrderRequest):
        account("kraken").check_ref("5", "BTC/USDT")
    assert account("kraken").check_ref("OU22CG-KLAF2-FWUDD7", "BTC/USDT")
