"""
What a profile may say of an exchange that shows any account to everybody, each part by itself: whose account it is,
what is signed, what cancels call a market, and answers that name no order. The profiles are those of no exchange.
"""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from airflow_provider_exchange.errors import (
    AuthenticationError,
    ExchangeUnavailableError,
    InvalidOrderRequest,
    OrderNotFoundError,
    RequestRefusedError,
    UnreadableResponseError,
)
from airflow_provider_exchange.exchanges.arguments import Grammar
from airflow_provider_exchange.exchanges.ccxt.client import Client
from airflow_provider_exchange.exchanges.ccxt.exchange import Ccxt
from airflow_provider_exchange.exchanges.ccxt.profile import Endpoint, Numbers, Owner
from airflow_provider_exchange.exchanges.ccxt.profiles import okx
from airflow_provider_exchange.exchanges.orders import OrderReader
from airflow_provider_exchange.models.orders import OrderRef, Side
from airflow_provider_exchange.operations.selection import Selectors
from airflow_provider_exchange.protocol.messages import Request, Response
from tests.stepping import stepped

if TYPE_CHECKING:
    from airflow_provider_exchange.protocol.steps import Operation

KEYS = {"apiKey": "key", "secret": "secret", "password": "words"}
ROW = {"ordId": "7", "instId": "BTC-USDT", "state": "live", "side": "sell"}
WHOSE = Endpoint("privateGetAccountConfig")
MARKETS = Endpoint("publicGetPublicInstruments")
PLAIN = okx.PROFILE.books[0]


def account(book: dict[str, Any] | None = None, **changes: Any) -> Ccxt:
    books = [replace(PLAIN, becomes=None, **(book or {}))]
    profile = replace(okx.PROFILE, books=books, **changes)
    return Ccxt(profile, Client("okx", KEYS, {}, "http://127.0.0.1:1"), ())


class Venue:
    """Answers by the end of a request's path."""

    def __init__(self, **answers: Any) -> None:
        self.answers = answers
        self.asked: list[Request] = []

    def __call__(self, request: Request) -> Response:
        self.asked.append(request)
        end = request.url.partition("?")[0].rpartition("/")[2].replace("-", "_")
        found = self.answers[end]
        return found if isinstance(found, Response) else Response(200, {}, json.dumps(body(found)).encode())

    @property
    def ends(self) -> list[str]:
        return [request.url.partition("?")[0].rpartition("/")[2] for request in self.asked]


def body(data: list[Any]) -> dict[str, Any]:
    return {"code": "0", "data": data}


def run(operation: Operation[Any], venue: Venue) -> Any:
    steps = stepped(operation, venue)
    while True:
        try:
            next(steps)
        except StopIteration as done:
            return done.value


# -- whose account it is


def is_mine(_ccxt: Any, found: Any) -> None:
    if found != [{"mine": True}]:
        raise AuthenticationError("it is another one's")


OWNED: dict[str, Any] = {"owner": Owner(WHOSE, {}, is_mine)}


def test_no_read_counts_before_it_is_proved_whose_account_it_shows() -> None:
    theirs = Venue(orders_pending=[], order=[ROW], config=[{"mine": False}])
    for operation in (
        account(**OWNED).list_open(),
        account(**OWNED).read_order(OrderRef("7", "BTC-USDT")),
        account(**OWNED).probe(),
    ):
        theirs.answers["balance"] = [{}]
        with pytest.raises(AuthenticationError, match="another one's"):
            run(operation, theirs)


def test_that_there_is_no_such_order_counts_no_sooner() -> None:
    venue = Venue(order=[], config=[{"mine": False}])
    with pytest.raises(AuthenticationError):
        run(account(**OWNED).read_order(OrderRef("7", "BTC-USDT")), venue)
    venue.answers["config"] = [{"mine": True}]
    with pytest.raises(OrderNotFoundError):
        run(account(**OWNED).read_order(OrderRef("7", "BTC-USDT")), venue)


def test_it_is_proved_once() -> None:
    made, venue = account(**OWNED), Venue(orders_pending=[ROW], config=[{"mine": True}])
    for _ in range(3):
        assert [order.order_id for order in run(made.list_open(), venue)] == ["7"]
    assert venue.ends == ["orders-pending", "config", "orders-pending", "orders-pending"]


def test_orders_that_were_seen_are_known_although_it_could_not_be_read() -> None:
    venue = Venue(orders_pending=[ROW], config=Response(500, {}, b""))
    with pytest.raises(ExchangeUnavailableError) as caught:
        run(account(**OWNED).list_open(), venue)
    assert [order.order_id for order in caught.value.shown] == ["7"]


def test_a_cancel_does_not_wait_for_it() -> None:
    made, venue = account(**OWNED), Venue(cancel_order=[{"ordId": "7", "sCode": "0"}])
    cancel = made.cancel_one(OrderRef("7", "BTC-USDT"), {})
    assert cancel is not None
    assert len(run(cancel.operation, venue)) == 1
    assert venue.ends == ["cancel-order"]


# -- what is sent


def test_what_ccxt_does_not_sign_is_completed_for_the_time_of_the_request() -> None:
    def complete(ccxt: Any, params: Any, timestamp: int) -> Any:
        return {**params, "key": ccxt.apiKey, "at": timestamp}

    cancel = replace(PLAIN.cancel, endpoint=replace(PLAIN.cancel.endpoint, complete=complete))
    made, venue = account({"cancel": cancel}), Venue(cancel_order=[{"ordId": "7", "sCode": "0"}])
    sent = made.cancel_one(OrderRef("7", "BTC-USDT"), {})
    assert sent is not None
    run(sent.operation, venue)
    told = json.loads(venue.asked[0].body or b"")
    assert told.keys() == {"instId", "ordId", "key", "at"}
    assert told["key"] == "key"
    assert int(told["at"]) > 0


# -- what cancels call a market


def number_of(market: str, found: Any) -> int | None:
    return 7 if market == "ETH-USDT" else None if found is None else found[0].get(market)


NUMBERED: dict[str, Any] = {"numbers": Numbers(MARKETS, {"instType": "SPOT"}, number_of)}


def markets_named_by(venue: Venue) -> list[str]:
    return [each["instId"] for each in json.loads(venue.asked[-1].body or b"")]


def test_numbers_of_markets_are_read_once_and_only_if_they_are_not_known() -> None:
    made = account(NUMBERED)
    venue = Venue(instruments=[{"BTC-USDT": 3}], cancel_batch_orders=[])
    for markets, read in ((["ETH-USDT"] * 2, 0), (["BTC-USDT"] * 2, 1), (["BTC-USDT", "ETH-USDT"], 1)):
        refs = [OrderRef(str(place + 1), market) for place, market in enumerate(markets)]
        (cancel,) = made.cancel_several(refs, {})
        run(cancel.operation, venue)
        assert markets_named_by(venue) == ["7" if market == "ETH-USDT" else "3" for market in markets]
        assert venue.ends.count("instruments") == read


def test_orders_whose_markets_have_no_number_yet_come_last_in_a_batch_of_their_own() -> None:
    """The read of the numbers may fail."""
    refs = [OrderRef("1", "BTC-USDT"), OrderRef("2", "ETH-USDT")]
    cancels = account(NUMBERED).cancel_several(refs, {})
    assert [cancel.orders for cancel in cancels] == [(refs[1],), (refs[0],)]


def test_a_market_without_a_number_is_not_sent() -> None:
    venue = Venue(instruments=[{"BTC-USDT": 3}])
    cancel = account(NUMBERED).cancel_one(OrderRef("7", "SOL-USDT"), {})
    assert cancel is not None
    with pytest.raises(RequestRefusedError, match=r"has no 'SOL-USDT'.*nothing was sent"):
        run(cancel.operation, venue)
    assert venue.ends == ["instruments"]


# -- answers that name no order


@pytest.mark.parametrize("told", [[True, False, True], [True, 1, True], [True, None, True]])
def test_results_belong_to_orders_by_their_places(told: list[Any]) -> None:
    assert PLAIN.batch is not None
    batch = replace(PLAIN.batch, acknowledged=lambda found: found, by_place=True)
    made = account({"batch": batch})
    refs = [OrderRef(number, "BTC-USDT") for number in ("7", "8", "9")]
    (cancel,) = made.cancel_several(refs, {})
    done = run(cancel.operation, Venue(cancel_batch_orders=told))
    assert done == {made.key(refs[0]), made.key(refs[2])}


@pytest.mark.parametrize("told", [[], [True], [True, True, True]])
def test_results_of_another_number_belong_to_none(told: list[Any]) -> None:
    assert PLAIN.batch is not None
    batch = replace(PLAIN.batch, acknowledged=lambda found: found, by_place=True)
    refs = [OrderRef(number, "BTC-USDT") for number in ("7", "8")]
    (cancel,) = account({"batch": batch}).cancel_several(refs, {})
    with pytest.raises(UnreadableResponseError, match="and 2 were named"):
        run(cancel.operation, Venue(cancel_batch_orders=told))


# -- ids of one length


def test_what_an_id_of_a_client_begins_with_may_be_shorter_than_any() -> None:
    ids, beginnings = (Grammar(re.compile(f"[0-9a-f]{{{size}}}", re.ASCII), "1") for size in ("4", "1,4"))
    made = account(client_order_ids=ids, client_order_id_prefixes=beginnings)
    assert Selectors(client_order_id_prefix="7").check(made).client_order_id_prefix == "7"
    for odd in ("x", "77777"):
        with pytest.raises(InvalidOrderRequest, match="client_order_id_prefix"):
            Selectors(client_order_id_prefix=odd).check(made)
    with pytest.raises(InvalidOrderRequest, match="client_order_id_prefix"):
        Selectors(client_order_id_prefix="7").check(account(client_order_ids=ids))


# -- words for a side


def test_a_side_may_have_words_of_its_own() -> None:
    reader = OrderReader(account(), replace(okx.ORDER, sides={"A": Side.SELL}))
    assert reader.parse({**ROW, "side": "A"}).side is Side.SELL
    for odd in ("a", "sell", "B", 7):
        assert reader.parse({**ROW, "side": odd}).unreadable == {"side"}
