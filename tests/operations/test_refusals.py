"""What the venue refuses, and names that two orders share: nothing is believed too soon, nothing reached beside."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from airflow_provider_exchange.errors import ExchangeError, InvalidOrderRequest, PermissionDeniedError
from airflow_provider_exchange.operations.table import headline
from airflow_provider_exchange.protocol.messages import Response
from airflow_provider_exchange.sandbox.testing import running_sandbox
from tests.accounts import SYMBOLS, Account
from tests.sweeps import live, named, sweep

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from airflow_provider_exchange.protocol.messages import Request

MARGIN = "bitopro_margin"
DENIED = Response(403, {}, b'{"error": "Forbidden"}')
EMPTY = Response(200, {}, b'{"data": []}')


@pytest.fixture
def bitopro() -> Iterator[Account]:
    with running_sandbox(bitopro_margin="on") as sandbox:
        account = Account(sandbox, "bitopro")
        yield account
        account.close()


def first(
    count: int, answer: Response, is_meant: Callable[[Request], bool]
) -> Callable[[Request, Response], Response]:
    """Answer the first requests that are meant in another way."""
    done: list[Request] = []

    def change(request: Request, response: Response) -> Response:
        if len(done) < count and is_meant(request):
            done.append(request)
            return answer
        return response

    return change


def test_a_book_that_is_refused_in_one_look_is_asked_for_in_the_next(bitopro: Account) -> None:
    bitopro.sandbox.place(MARGIN, "btc_usdt")
    bitopro.transport.on_answer = first(2, DENIED, lambda request: "margin" in request.url)
    sweep(bitopro)
    assert live(bitopro, MARGIN) == set()


def test_a_type_that_is_refused_in_one_look_is_asked_for_in_the_next(
    sandbox: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    account = Account(sandbox, "loopring")
    account.sandbox.place("loopring", SYMBOLS["loopring"], stop_price="90")
    refused = Response(400, {}, b'{"resultInfo": {"code": 100001, "message": "invalid argument"}}')
    account.transport.on_answer = first(2, refused, lambda request: "STOP_LIMIT" in request.url)
    sweep(account)
    assert live(account, "loopring") == set()
    account.close()


def test_an_order_that_may_be_on_a_book_which_is_refused_is_not_called_unknown(bitopro: Account) -> None:
    order_id = bitopro.sandbox.place(MARGIN, "btc_usdt").order_id

    def deny(request: Request, response: Response) -> Response:
        return DENIED if "margin" in request.url and request.method == "GET" else response

    bitopro.transport.on_answer = deny
    with pytest.raises(ExchangeError) as caught:
        sweep(bitopro, orders=named(bitopro, order_id))
    assert [ref.order_id for ref in caught.value.orders] == [order_id]


def test_a_namesake_that_is_not_selected_is_left_alone(bitopro: Account) -> None:
    """The first list of margin orders is empty, and wrongly so: the second one shows another order of the name."""
    mine = bitopro.sandbox.place("bitopro", "btc_usdt", side="sell").order_id
    theirs = bitopro.sandbox.place(MARGIN, "btc_usdt", side="buy", order_id=mine).order_id
    assert mine == theirs
    change = first(1, EMPTY, lambda request: "margin" in request.url)
    lost = first(1, Response(502, {}, b""), lambda request: request.method != "GET")
    bitopro.transport.on_answer = lambda request, response: lost(request, change(request, response))
    with pytest.raises(ExchangeError):
        sweep(bitopro, side="sell")
    assert live(bitopro, MARGIN) == {theirs}


def test_an_order_that_turns_out_to_be_one_that_stays_is_not_cancelled_again(bitopro: Account) -> None:
    order_id = bitopro.sandbox.place("bitopro", "btc_usdt", client_order_id="99").order_id
    lists = iter(range(100))

    def hide_at_first(request: Request, response: Response) -> Response:
        if request.method != "GET":
            return Response(502, {}, b"")
        if request.url.endswith("/v3/orders/open") and next(lists) == 0:
            body = json.loads(response.body)
            for each in body["data"]:
                each["clientId"] = None
            return replace(response, body=json.dumps(body).encode())
        return response

    bitopro.sandbox.faults.add(kind="status", route="cancels", acts=False)
    bitopro.transport.on_answer = hide_at_first
    with pytest.raises(InvalidOrderRequest, match="not both are selected") as caught:
        sweep(bitopro, except_client_order_id_prefix="9")
    assert [ref.order_id for ref in caught.value.orders] == [order_id]
    assert live(bitopro, "bitopro") == {order_id}
    assert len(bitopro.mutations) == 1


def test_every_order_is_tried_though_its_neighbours_are_denied(bitopro: Account) -> None:
    orders = bitopro.place(20)
    allowed = orders[0]

    def deny(request: Request, response: Response) -> Response:
        return response if request.method == "GET" or allowed in request.url else DENIED

    bitopro.sandbox.faults.add(kind="refuse_cancel", orders=tuple(orders[1:]))
    bitopro.transport.on_answer = deny
    with pytest.raises(PermissionDeniedError) as caught:
        sweep(bitopro, timeout=300)
    assert live(bitopro, "bitopro") == set(orders[1:])
    assert {ref.order_id for ref in caught.value.orders} == set(orders[1:])


def test_neighbours_that_cannot_be_read_end_nothing(bitopro: Account) -> None:
    mine, *hidden = bitopro.place(2)
    hidden += ["111", "112", "113"]

    def deny(request: Request, response: Response) -> Response:
        is_meant = request.method == "GET" and any(request.url.endswith(f"/{each}") for each in hidden)
        return DENIED if is_meant else response

    bitopro.sandbox.faults.add(kind="status", route="cancels", acts=False, times=2)
    bitopro.transport.on_answer = deny
    with pytest.raises(ExchangeError):
        sweep(bitopro, orders=named(bitopro, *hidden, mine))
    assert live(bitopro, "bitopro") == set()


def test_two_orders_of_one_client_order_id_hold_up_no_other(bitopro: Account) -> None:
    mine = bitopro.sandbox.place("bitopro", "btc_usdt").order_id
    twins = {bitopro.sandbox.place("bitopro", "btc_usdt", client_order_id="7").order_id for _ in range(2)}
    bitopro.transport.on_answer = first(2, EMPTY, lambda request: request.url.endswith("/v3/orders/open"))
    with pytest.raises(InvalidOrderRequest):
        sweep(bitopro, orders=[*named(bitopro, mine), {"client_order_id": "7", "symbol": "btc_usdt"}])
    assert live(bitopro, "bitopro") == twins


@pytest.mark.parametrize("exception", [{"except_symbols": ["eth_usdt"]}, {"except_client_order_id_prefix": "9"}])
def test_an_account_with_exceptions_is_not_called_flat(bitopro: Account, exception: dict[str, Any]) -> None:
    kept = bitopro.sandbox.place("bitopro", "eth_usdt", client_order_id="99").order_id
    bitopro.place(1)
    report = sweep(bitopro, **exception)
    assert live(bitopro, "bitopro") == {kept}
    assert report.dump()["selection"] == exception
    assert "the account is flat" not in headline(report)


def test_what_could_not_be_read_is_not_said_to_be_closed(bitopro: Account) -> None:
    bitopro.sandbox.place(MARGIN, "btc_usdt")
    bitopro.sandbox.faults.add(kind="status", route="open_margin_orders")
    with pytest.raises(ExchangeError) as caught:
        sweep(bitopro)
    assert caught.value.report is not None
    assert caught.value.report.open_after is None
