"""A profile may have calls that name several orders at once, and answers that only count what became of them."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from airflow_provider_exchange.errors import OrderNotFoundError, PermissionDeniedError
from airflow_provider_exchange.exchanges.ccxt.client import Client
from airflow_provider_exchange.exchanges.ccxt.exchange import Ccxt
from airflow_provider_exchange.exchanges.ccxt.profile import Endpoint, Requirement, Several
from airflow_provider_exchange.exchanges.ccxt.profiles import okx
from airflow_provider_exchange.models.orders import OrderRef
from airflow_provider_exchange.protocol.messages import Response
from tests.stepping import stepped

if TYPE_CHECKING:
    from collections.abc import Callable

    from airflow_provider_exchange.exchanges.ccxt.profile import Profile
    from airflow_provider_exchange.protocol.messages import Request
    from airflow_provider_exchange.protocol.steps import Operation

SIZE = 3
GONE = {"code": "51603", "msg": "Order does not exist", "data": []}
BOOK = okx.PROFILE.books[0]
BY_IDS = replace(
    BOOK, several=Several(Endpoint("privateGetTradeOrdersPending"), SIZE, lambda ids: {"ids": ",".join(ids)})
)


def account(profile: Profile) -> Ccxt:
    keys = {"apiKey": "key", "secret": "secret", "password": "words"}
    return Ccxt(profile, Client("okx", keys, {}, "http://127.0.0.1:1"), ())


def run(operation: Operation[Any], answer: Callable[[Request], Any]) -> Any:
    steps = stepped(operation, lambda request: Response(200, {}, json.dumps(answer(request)).encode()))
    while True:
        try:
            next(steps)
        except StopIteration as done:
            return done.value


class Venue:
    """Knows the orders with even ids; may refuse to read several of which it does not know one."""

    def __init__(self, *, refuses: bool) -> None:
        self.refuses = refuses
        self.asked: list[str] = []

    def __call__(self, request: Request) -> Any:
        asked = request.url.rpartition("?")[2].replace("%2C", ",")
        ids = asked.rpartition("ordId=" if "ordId=" in asked else "ids=")[2].split(",")
        self.asked.append(",".join(ids))
        rows = [
            {"ordId": each, "instId": "BTC-USDT", "state": "canceled", "side": "sell"}
            for each in ids
            if int(each) % 2 == 0
        ]
        if len(rows) < len(ids) and (self.refuses or not rows):
            return GONE
        return {"code": "0", "data": rows}


@pytest.mark.parametrize("refuses", [False, True])
def test_as_many_are_read_at_once_as_one_request_may_name(refuses: bool) -> None:
    made = account(replace(okx.PROFILE, books=[BY_IDS], needs_symbol=False))
    venue = Venue(refuses=refuses)
    refs = [made.check_ref(number) for number in range(2, 9)]
    found = run(made.read_ended(refs, None), venue)
    assert {order.order_id for order in found.values()} == {"2", "4", "6", "8"}
    wholes = ["2,3,4", "5,6,7", "8"]
    assert [asked for asked in venue.asked if len(asked) > 1 or asked == "8"] == wholes
    assert len(venue.asked) == (len(wholes) if not refuses else len(wholes) + 6)


@pytest.mark.parametrize(("told", "are_taken"), [(2, True), (1, False), (0, False), (3, False)])
def test_a_number_of_cancels_counts_only_if_it_is_that_of_the_named(told: int, are_taken: bool) -> None:
    assert BOOK.batch is not None
    counted = replace(BOOK, batch=replace(BOOK.batch, acknowledged=lambda _data: told))
    made = account(replace(okx.PROFILE, books=[counted]))
    refs = [OrderRef(order_id, "BTC-USDT") for order_id in ("7", "8")]
    (cancel,) = made.cancel_several(refs, {})
    acknowledged = run(cancel.operation, lambda _request: {"code": "0", "data": []})
    assert acknowledged == ({made.key(ref) for ref in refs} if are_taken else set())


@pytest.mark.parametrize(("is_met", "error"), [(True, OrderNotFoundError), (False, PermissionDeniedError)])
def test_an_account_that_is_not_as_it_has_to_be_has_no_say_that_there_is_no_order(
    is_met: bool, error: type[Exception]
) -> None:
    requirement = Requirement(Endpoint("privateGetAccountConfig"), lambda _data: is_met, "it shows a part only")
    made = account(replace(okx.PROFILE, requires=[requirement]))
    asked: list[str] = []

    def answer(request: Request) -> Any:
        asked.append(request.url)
        return GONE if "order" in request.url else {"code": "0", "data": []}

    with pytest.raises(error):
        run(made.read_order(OrderRef("7", "BTC-USDT")), answer)
    assert len(asked) == 2
