"""What a profile may say of an exchange that shows an order by several calls, in several ways, or among others."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from airflow_provider_exchange.errors import (
    ConnectionConfigError,
    ExchangeUnavailableError,
    OrderNotFoundError,
    UnreadableResponseError,
)
from airflow_provider_exchange.exchanges.ccxt.client import Client
from airflow_provider_exchange.exchanges.ccxt.exchange import Ccxt
from airflow_provider_exchange.exchanges.ccxt.profile import Endpoint, Listing, Placed, Single, Trail
from airflow_provider_exchange.exchanges.ccxt.profiles.okx import ORDER, PROFILE
from airflow_provider_exchange.exchanges.ccxt.profiles.shared import ids_of, last_of_a_full_page
from airflow_provider_exchange.models.orders import OrderRef, OrderState
from airflow_provider_exchange.protocol.messages import Response
from tests.exchanges.evidence import EVIDENCE
from tests.stepping import TIMESTAMP, run_on

if TYPE_CHECKING:
    from collections.abc import Sequence

    from airflow_provider_exchange.exchanges.ccxt.profile import Book

PLAIN, ALGOS = PROFILE.books
LIVE = Endpoint("privateGetTradeOrdersPending")
ENDED = Endpoint("privateGetTradeOrdersHistory")
PAGE = 2


def exchange_with(*books: Book) -> Any:
    """Return OKX, but with these books."""
    client = EVIDENCE["okx"].exchange.client  # type: ignore[attr-defined]
    return Ccxt(replace(PROFILE, books=books), client, frozenset())


def row(number: int, state: str = "live", **others: Any) -> dict[str, Any]:
    return {"ordId": str(number), "instId": "BTC-USDT", "state": state, "side": "buy", **others}


def told(*rows: dict[str, Any]) -> Response:
    return Response(200, {}, json.dumps({"code": "0", "msg": "", "data": rows}).encode())


def read_of(endpoint: Endpoint, **others: Any) -> Single:
    return Single(endpoint, lambda order_id, market: {"instId": market, "ordId": order_id}, **others)


ONE = OrderRef("1", "BTC-USDT")


def test_an_order_is_looked_for_where_ended_ones_are_if_it_is_not_among_the_live_ones() -> None:
    book = replace(PLAIN, single=read_of(LIVE, otherwise=read_of(ENDED)))
    exchange = exchange_with(book)
    assert run_on(exchange.read_order(ONE), told(row(1))).state is OrderState.OPEN
    assert run_on(exchange.read_order(ONE), told(), told(row(1, "filled"))).state is OrderState.FILLED
    with pytest.raises(OrderNotFoundError):
        run_on(exchange.read_order(ONE), told(), told())
    with pytest.raises(UnreadableResponseError):
        run_on(exchange.read_order(ONE), told(row(2)))


def test_an_order_is_looked_for_page_by_page_where_no_call_names_one() -> None:
    book = replace(PLAIN, single=read_of(LIVE, more=last_of_a_full_page(PAGE, "ordId", "after")))
    exchange = exchange_with(book)
    first, last = told(row(4), row(3)), told(row(1))
    assert run_on(exchange.read_order(ONE), first, told(row(2), row(1))).order_id == "1"
    assert run_on(exchange.read_order(ONE), first, told(row(2), row(5)), last).order_id == "1"
    with pytest.raises(OrderNotFoundError):
        run_on(exchange.read_order(ONE), first, told(row(2)))


def test_an_order_without_a_readable_name_may_be_the_one_that_is_looked_for() -> None:
    book = replace(PLAIN, single=read_of(LIVE, more=last_of_a_full_page(PAGE, "ordId", "after")))
    exchange = exchange_with(book)
    with pytest.raises(UnreadableResponseError, match="may be this"):
        run_on(exchange.read_order(ONE), told({**row(1), "ordId": "?"}))
    assert run_on(exchange.read_order(ONE), told({**row(2), "ordId": "?"}, row(1))).order_id == "1"


def test_an_answer_may_write_an_order_in_a_way_of_its_own() -> None:
    other = replace(ORDER, state="status", price="avgPx")
    book = replace(PLAIN, single=read_of(LIVE, form=other, otherwise=read_of(ENDED)))
    exchange = exchange_with(book)
    shown = run_on(exchange.read_order(ONE), told({**row(1, px="5", avgPx="7"), "state": None, "status": "filled"}))
    assert (shown.state, str(shown.price)) == (OrderState.FILLED, "7")
    shown = run_on(exchange.read_order(ONE), told(), told(row(1, px="5", avgPx="7")))
    assert (shown.state, str(shown.price)) == (OrderState.OPEN, "5")
    assert exchange.assumes.other_orders == (other,)


def of_kind(kind: str, book: Book, title: str, mark: str) -> Book:
    only = lambda row: isinstance(row, dict) and row.get("kind") == kind  # noqa: E731
    return replace(book, title=title, mark=mark, lists=[Listing(LIVE, {"limit": "2"}, only=only)])


def ids(orders: Sequence[Any]) -> list[str]:
    return [order.order_id for order in orders]


def test_a_list_that_several_books_have_in_common_is_asked_for_once() -> None:
    exchange = exchange_with(of_kind("a", PLAIN, "first", ""), of_kind("b", PLAIN, "second", "algo:"))
    shown = told(row(1, kind="b"), row(2, kind="a"), row(3, kind="b"))
    assert ids(run_on(exchange.list_open(), shown)) == ["algo:1", "2", "algo:3"]


def test_no_order_of_a_common_list_is_lost_for_being_of_no_book() -> None:
    exchange = exchange_with(of_kind("a", PLAIN, "first", ""), of_kind("b", PLAIN, "second", "algo:"))
    shown = run_on(exchange.list_open(), told(row(1, kind="c"), {**row(2), "kind": "b"}, "odd"))  # type: ignore[arg-type]
    assert ids(shown) == ["1", "algo:2", "(no id)"]
    with pytest.raises(UnreadableResponseError):
        run_on(exchange.list_open(), Response(200, {}, b'{"code": "0", "msg": "", "data": {}}'))


ASKS = replace(
    PLAIN,
    title="waiting",
    mark="algo:",
    becomes=PLAIN.title,
    trail=Trail(
        lambda row: row.get("state") == "filled",
        asks=[
            Placed(
                ENDED,
                lambda order_id, _market: {"instType": "SPOT", "ordId": order_id},
                lambda data: list(ids_of(data, "ordId")),
            )
        ],
    ),
)
WAITING = OrderRef("algo:1", "BTC-USDT")


def test_what_an_order_has_placed_may_have_to_be_asked_for() -> None:
    exchange = exchange_with(PLAIN, ASKS)
    assert run_on(exchange.read_order(WAITING), told(row(1))).state is OrderState.OPEN
    placed = told(row(1, "filled")), told({"ordId": "7"})
    shown = run_on(exchange.read_order(WAITING), *placed, told(row(7)))
    assert (shown.order_id, shown.state) == ("algo:1", OrderState.OPEN)
    assert run_on(exchange.read_order(WAITING), *placed, told(row(7, "canceled"))).state is OrderState.CANCELLED
    assert run_on(exchange.read_order(WAITING), placed[0], told()).state is OrderState.FILLED
    unknown = Response(200, {}, b'{"code": "51603", "msg": "", "data": []}')
    assert run_on(exchange.read_order(WAITING), unknown, placed[1], told(row(7))).state is OrderState.OPEN
    with pytest.raises(OrderNotFoundError):
        run_on(exchange.read_order(WAITING), unknown, unknown)
    with pytest.raises(ExchangeUnavailableError, match="does not tell"):
        run_on(exchange.read_order(WAITING), placed[0], unknown)
    with pytest.raises(UnreadableResponseError, match="malformed id"):
        run_on(exchange.read_order(WAITING), placed[0], told({"ordId": "../7"}))


@pytest.mark.parametrize("is_taken", [True, False])
def test_the_answer_to_a_cancel_may_name_no_order(is_taken: bool) -> None:
    cancel = replace(PLAIN.cancel, acknowledged=lambda _data: is_taken)
    cancellation = exchange_with(replace(PLAIN, cancel=cancel)).cancel_one(ONE, {})
    assert len(run_on(cancellation.operation, told())) == is_taken


def test_a_call_that_ccxt_does_not_know_is_signed_like_the_others() -> None:
    name, unlisted = "privateGetTradeSomethingNew", ("privateGetTradeOrder", "trade/something-new")
    with pytest.raises(ConnectionConfigError, match=name):
        EVIDENCE["okx"].exchange.client.wanted(name, {})  # type: ignore[attr-defined]
    credentials = {"apiKey": "key", "secret": "secret", "password": "word"}
    client = Client("okx", credentials, {}, None, {name: unlisted})
    request = client.sign(client.wanted(name, {"ordId": "1"}), TIMESTAMP).request
    assert request.url.endswith("/api/v5/trade/something-new?ordId=1")
    known = client.sign(client.wanted("privateGetTradeOrder", {"ordId": "1"}), TIMESTAMP).request
    assert request.headers.keys() == known.headers.keys()
