"""
Answers that ccxt takes for good news, and what they are here.

ccxt takes a page of a proxy, an object, or an answer without its list for an empty list. An empty list that nobody
has told of would be a proof that nothing is open.
"""

from __future__ import annotations

import json
import logging
import traceback
from typing import TYPE_CHECKING, Any

import pytest

from airflow_provider_exchange.errors import (
    AuthenticationError,
    ExchangeError,
    ExchangeUnavailableError,
    OrderNotFoundError,
    RateLimitedError,
    UnreadableResponseError,
)
from airflow_provider_exchange.exchanges.ccxt import calls, client
from airflow_provider_exchange.exchanges.ccxt.exchange import Ccxt
from airflow_provider_exchange.exchanges.ccxt.profiles import PROFILES
from airflow_provider_exchange.exchanges.fields import decode_json
from airflow_provider_exchange.models.orders import OrderRef, OrderState
from airflow_provider_exchange.protocol.messages import Request, Response
from tests.ccxt.classes import KEY, ORDER_ID, SECRETS, SPOT, account, connection, taken
from tests.ccxt.spoken import SPOKEN
from tests.stepping import stepped

if TYPE_CHECKING:
    from collections.abc import Callable

    from airflow_provider_exchange.models.orders import Order
    from airflow_provider_exchange.protocol.steps import Operation

PAGE = b"<html><body>All is well. []</body></html>"
ANYWHERE: list[Any] = [None, "", 0, {}, {"orders": []}, "[]", [[]], {"data": {"list": []}}]


@pytest.fixture(params=PROFILES)
def exchange(request: pytest.FixtureRequest) -> Ccxt:
    made = Ccxt.from_settings(connection(request.param, extra={"uncertified": False}))
    assert isinstance(made, Ccxt)
    return made


def result(exchange: Ccxt, operation: Operation[Any], answer: Response | Callable[[Request], Response]) -> Any:
    """Run an operation; one answer is given to all that it asks of orders."""
    spoken = SPOKEN[exchange.name]

    def told(request: Request) -> Response:
        beside = spoken.told_beside(request)
        if beside is not None:
            return answered(beside)
        return answer if isinstance(answer, Response) else answer(request)

    steps = stepped(operation, told)
    while True:
        try:
            next(steps)
        except StopIteration as done:
            return done.value


def answered(body: Any, status: int = 200) -> Response:
    return Response(status, {}, body if isinstance(body, bytes) else json.dumps(body).encode())


def one_order(exchange: Ccxt) -> Operation[Order]:
    return exchange.read_order(OrderRef(ORDER_ID, exchange.check_symbol(SPOKEN[exchange.name].market)))


# -- lists


def test_an_empty_list_is_told(exchange: Ccxt) -> None:
    spoken = SPOKEN[exchange.name]
    listed = result(exchange, exchange.list_open(), lambda request: answered(spoken.told_of_none(request)))
    assert listed == []


def test_a_page_is_no_list(exchange: Ccxt) -> None:
    with pytest.raises(UnreadableResponseError):
        result(exchange, exchange.list_open(), answered(PAGE))


def test_a_page_would_be_an_empty_list_if_it_were_read_as_ccxt_does(
    exchange: Ccxt, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Request] = []

    def answer(request: Request) -> Response:
        asked.append(request)
        return answered(PAGE)

    empty = SPOKEN[exchange.name].told_of_none
    monkeypatch.setattr(calls, "decode_json", lambda body: empty(asked[-1]) if body == PAGE else decode_json(body))
    assert result(exchange, exchange.list_open(), answer) == []


@pytest.mark.parametrize("name", PROFILES)
def test_what_lacks_its_list_is_no_empty_list(name: str) -> None:
    exchange = Ccxt.from_settings(connection(name, extra={"uncertified": False}))
    for body in (*ANYWHERE, *SPOKEN[name].not_empty):
        assert not is_flat(exchange, body), body


def is_flat(exchange: Ccxt, body: Any) -> bool:
    """Whether an answer shows that nothing is open: no error, and nothing that cannot be understood."""
    try:
        found: list[Order] = result(exchange, exchange.list_open(), answered(body))
    except (UnreadableResponseError, ExchangeUnavailableError):
        return False
    return not found


@pytest.mark.parametrize("name", PROFILES)
def test_the_last_list_may_be_the_one_that_is_not_there(name: str) -> None:
    """Several lists together are "all"; those before are empty."""
    exchange = Ccxt.from_settings(connection(name, extra={"uncertified": False}))
    lists = len(exchange._books.lists_of(list(exchange._books)))
    asked: list[Request] = []

    def answer(request: Request) -> Response:
        asked.append(request)
        return answered(SPOKEN[name].told_of_none(request) if len(asked) < lists else PAGE)

    with pytest.raises(UnreadableResponseError):
        result(exchange, exchange.list_open(), answer)
    assert len(asked) == lists


# -- failures


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (418, b"", RateLimitedError),
        (429, b"", RateLimitedError),
        (429, PAGE, RateLimitedError),
        (403, PAGE, ExchangeUnavailableError),
        (404, PAGE, ExchangeUnavailableError),
        (502, PAGE, ExchangeUnavailableError),
        (204, b"", ExchangeUnavailableError),
        (302, PAGE, ExchangeUnavailableError),
    ],
)
def test_a_status_decides_where_nothing_else_is_told(
    exchange: Ccxt, status: int, body: bytes, kind: type[ExchangeError]
) -> None:
    for operation in (exchange.list_open(), one_order(exchange)):
        with pytest.raises(kind):
            result(exchange, operation, answered(body, status))


@pytest.mark.parametrize("status", [418, 429, 500, 503])
def test_a_status_of_an_overload_outweighs_what_the_body_says(exchange: Ccxt, status: int) -> None:
    """An empty list, or "no such order", that comes with it was not looked up."""
    spoken = SPOKEN[exchange.name]
    no_such_order = spoken.failure(spoken.no_such_order[0], "no such order")
    for body in (*spoken.empty.values(), no_such_order):
        with pytest.raises(ExchangeUnavailableError if status >= 500 else RateLimitedError):
            result(exchange, one_order(exchange), answered(body, status))


def test_an_unknown_code_is_a_failure_that_says_nothing_of_an_order(exchange: Ccxt) -> None:
    code, status = SPOKEN[exchange.name].unknown
    body = SPOKEN[exchange.name].failure(code, "a new word")
    for operation in (exchange.list_open(), one_order(exchange)):
        with pytest.raises(ExchangeUnavailableError, match="a new word"):
            result(exchange, operation, answered(body, status))


def test_no_such_order_is_no_answer_to_a_list(exchange: Ccxt) -> None:
    code, status = SPOKEN[exchange.name].no_such_order
    body = SPOKEN[exchange.name].failure(code, "no such order")
    with pytest.raises(OrderNotFoundError):
        result(exchange, one_order(exchange), answered(body, status))
    with pytest.raises(ExchangeError) as caught:
        result(exchange, exchange.list_open(), answered(body, status))
    assert not isinstance(caught.value, OrderNotFoundError)


# -- secrets


def test_what_an_exchange_echoes_is_not_told(exchange: Ccxt, caplog: pytest.LogCaptureFixture) -> None:
    """Bybit's 10004 tells the text that was to be signed, with the key in it."""
    caplog.set_level(logging.DEBUG)
    spoken = SPOKEN[exchange.name]
    code, status = spoken.wrong_signature
    sent: list[Request] = []

    def answer(request: Request) -> Response:
        sent.append(request)
        told = (
            f"error sign! origin_string[1764547200000{KEY}5000category=spot] {request.url} {dict(request.headers)}"
        )
        return answered(spoken.failure(code, f"{told} {' '.join(SECRETS)}"), status)

    with pytest.raises(AuthenticationError) as caught:
        result(exchange, exchange.list_open(), answer)
    told = "".join([*traceback.format_exception(caught.value), repr(caught.value), caplog.text])
    signed = {value for request in sent for value in request.headers.values() if len(value) > 30}
    signed |= {request.url.rpartition("signature=")[2] for request in sent if "signature=" in request.url}
    assert signed or exchange.name == "hyperliquid", "where no read is signed"
    assert not [text for text in {*SECRETS, *signed} if text in told]


# -- what ccxt adds to an answer


def test_closed_without_an_amount_is_not_filled_by_the_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    """ccxt makes the amount that was filled of the amount of the order, where the exchange does not tell it."""
    monkeypatch.setattr(client, "_markets", {})
    kraken = account("kraken", SPOT)
    row = {"status": "closed", "vol": "2", "descr": {"pair": "BTCUSDT", "type": "buy", "ordertype": "limit"}}
    order_id = "OU22CG-KLAF2-FWUDD7"
    body = {"error": [], "result": {order_id: row}}
    made_of_it = kraken.client.ccxt.parse_order({"id": order_id, **row})
    assert made_of_it["filled"] == 2, "ccxt has got better: is the guard still needed?"
    order = taken(kraken.read_order(OrderRef(order_id, "BTC/USDT")), lambda _request: answered(body)).result
    assert (order.state, order.filled_quantity) == (OrderState.FILLED, None)


def test_an_amount_that_a_certified_exchange_does_not_tell_is_not_known() -> None:
    binance = Ccxt.from_settings(connection("binance", extra={"uncertified": False, "default_type": "spot"}))
    row = {"orderId": int(ORDER_ID), "symbol": "BTCUSDT", "status": "CANCELED", "side": "BUY", "origQty": "2"}
    order = result(binance, one_order(binance), answered(row))
    assert (order.state, order.filled_quantity) == (OrderState.CANCELLED, None)
