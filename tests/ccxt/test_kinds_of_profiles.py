"""What a profile may say of an exchange, each part by itself: on profiles that no exchange has."""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from airflow_provider_exchange.errors import (
    AuthenticationError,
    ExchangeUnavailableError,
    InvalidOrderRequest,
    UnreadableResponseError,
)
from airflow_provider_exchange.exchanges.assumptions import value_at
from airflow_provider_exchange.exchanges.ccxt.client import Client
from airflow_provider_exchange.exchanges.ccxt.exchange import Ccxt
from airflow_provider_exchange.exchanges.ccxt.profile import Failure, Profile
from airflow_provider_exchange.exchanges.ccxt.profiles import okx
from airflow_provider_exchange.exchanges.orders import OrderReader
from airflow_provider_exchange.models.orders import OrderRef
from airflow_provider_exchange.protocol.messages import Response
from airflow_provider_exchange.sandbox.book import PaperOrder
from airflow_provider_exchange.sandbox.fault_rules import Fault
from airflow_provider_exchange.sandbox.faults import Behaviour
from airflow_provider_exchange.sandbox.lists import ANY_NAME, Listing
from airflow_provider_exchange.sandbox.protocol import Answer
from tests.stepping import stepped

if TYPE_CHECKING:
    from airflow_provider_exchange.protocol.steps import Operation

KEYS = {"apiKey": "key", "secret": "secret", "password": "words"}
ROW = {"ordId": "7", "instId": "BTC-USDT", "state": "live", "side": "sell"}


def account(**changes: Any) -> Ccxt:
    profile: Profile = replace(okx.PROFILE, **changes)
    return Ccxt(profile, Client("okx", KEYS, {}, "http://127.0.0.1:1"), ())


def run(operation: Operation[Any], response: Response) -> Any:
    """Give one answer to all that an operation asks."""
    steps = stepped(operation, lambda _request: response)
    while True:
        try:
            next(steps)
        except StopIteration as done:
            return done.value


def test_an_id_suffices_where_the_exchange_finds_an_order_by_it() -> None:
    by_id = account(needs_symbol=False)
    ref = by_id.check_ref("7")
    assert ref == OrderRef("7", None)
    (cancel,) = by_id.cancel_several([ref], {})
    assert cancel.orders == (ref,)
    order = run(by_id.read_order(ref), Response(200, {}, b'{"code": "0", "data": [%s]}' % _json(ROW)))
    assert by_id.key(order) == by_id.key(ref)
    with pytest.raises(InvalidOrderRequest, match="symbol is missing"):
        account().check_ref("7")


def test_words_that_are_no_json_may_be_the_exchange_s_own() -> None:
    def failure(status: int, body: Any) -> Failure | None:
        return Failure("stranger") if (status, body) == (401, "Unauthorized") else None

    made = account(failure=failure, errors={"stranger": AuthenticationError})
    with pytest.raises(AuthenticationError, match="stranger"):
        run(made.probe(), Response(401, {}, b"Unauthorized"))
    for other in (
        Response(403, {}, b"Unauthorized"),
        Response(401, {}, b"<html>Unauthorized"),
        Response(401, {}, b""),
    ):
        with pytest.raises(ExchangeUnavailableError):
            run(made.probe(), other)
    with pytest.raises(UnreadableResponseError):
        run(made.probe(), Response(200, {}, b"Unauthorized"))


@pytest.mark.parametrize(("most", "is_whole"), [(3, True), (2, False), (None, True)])
def test_a_list_that_may_be_cut_off_proves_nothing_and_shows_what_it_has(most: int | None, is_whole: bool) -> None:
    (plain, algo) = okx.PROFILE.books
    made = account(books=[replace(plain, lists=[replace(plain.lists[0], most=most)]), algo])
    rows = [{**ROW, "ordId": number} for number in ("7", "8")]
    response = Response(200, {}, b'{"code": "0", "data": %s}' % _json(rows))
    first = made.list_first()
    assert first is not None
    if is_whole:
        assert [order.order_id for order in run(first, response)] == ["7", "8"]
        return
    with pytest.raises(UnreadableResponseError, match="shows no more than 2") as caught:
        run(first, response)
    assert [order.order_id for order in caught.value.shown] == ["7", "8"]


@pytest.mark.parametrize(("most", "is_whole"), [(5, True), (4, False)])
def test_lists_of_one_call_count_together_where_it_ends_at_a_number(most: int, is_whole: bool) -> None:
    (plain, algo) = okx.PROFILE.books
    both = [replace(plain.lists[0], params={"instType": kind}, most=most) for kind in ("SPOT", "SWAP")]
    made = account(books=[replace(plain, lists=both), algo])
    response = Response(200, {}, b'{"code": "0", "data": %s}' % _json([{**ROW, "ordId": n} for n in ("7", "8")]))
    for _look in range(2):
        first = made.list_first()
        assert first is not None
        if is_whole:
            assert [order.order_id for order in run(first, response)] == ["7", "8"]
            continue
        with pytest.raises(UnreadableResponseError, match=r"shows 4 .* no more than 4") as caught:
            run(first, response)
        assert {order.order_id for order in caught.value.shown} == {"7", "8"}


def test_a_list_may_be_asked_for_with_several_values_of_a_parameter() -> None:
    (plain, algo) = okx.PROFILE.books
    several = replace(plain.lists[0], params={"instType": ["SPOT", "SWAP"]})
    made = account(books=[replace(plain, lists=[several]), algo])
    assert run(made.list_open(), Response(200, {}, b'{"code": "0", "data": []}')) == []


def test_an_amount_may_be_in_the_only_field_of_an_object() -> None:
    form = replace(okx.ORDER, quantity="how.*.size")
    reader = OrderReader(account(), form)
    for kind in ("limit", "stop"):
        row = {**ROW, "how": {kind: {"size": "2.5"}}}
        assert reader.parse(row).quantity == value_at({"how": {"any": 1}}, "how.*") * Decimal("2.5")
    for odd in ({}, {"a": {"size": "1"}, "b": {"size": "2"}}, {"a": 7}, None):
        assert reader.parse({**ROW, "how": odd}).quantity is None


def test_a_fault_reaches_a_field_of_the_only_object_in_another() -> None:
    rule = Fault("odd_order", field="quantity", value="odd", real=True)
    places = {"quantity": ("how", ANY_NAME, "size")}
    order = PaperOrder("7", "BTC-USDT", "BUY", "LIMIT", Decimal(1), Decimal(1), 0, 0)
    row = {"how": {"limit": {"size": "1", "price": "2"}}}
    assert Listing(Behaviour((rule,)), places).rows([order], lambda _order: row) == [
        {"how": {"limit": {"size": "odd", "price": "2"}}}
    ]


def test_a_paper_venue_may_say_something_in_plain_words() -> None:
    assert Answer(b"Unauthorized").encoded() == b"Unauthorized"
    assert Answer("Unauthorized").encoded() == b'"Unauthorized"'


def test_ccxt_signs_for_the_time_of_the_exchange_in_seconds_too() -> None:
    client = Client("okx", KEYS, {})
    client.sign(client.wanted("privateGetTradeOrder", {}), 1_763_942_400_999)
    assert client.ccxt.seconds() == 1_763_942_400


def test_a_nonce_in_seconds_is_counted_by_ccxt() -> None:
    ccxt = Client("p2b", {"apiKey": "key", "secret": "secret"}, {}).ccxt
    if not hasattr(ccxt, "lock_last_nonce"):
        pytest.skip("this version of ccxt does not count nonces")
    ccxt.moment = 1_763_942_400_999
    assert [ccxt.incrementing_nonce() for _ in range(2)] == [1_763_942_400, 1_763_942_401]


def test_a_nonce_is_the_time_that_was_given_and_no_count_of_ccxts() -> None:
    client = Client("kraken", {"apiKey": "key", "secret": "c2VjcmV0"}, {})
    wanted = client.wanted("privatePostOpenOrders", {})
    for moment in (1_763_942_400_999, 1_763_942_400_999, 1_763_942_400_000):
        assert client.sign(wanted, moment).request.body == f"nonce={moment}".encode()


def _json(value: Any) -> bytes:
    return json.dumps(value).encode()
