"""The one cancel that a check may send reaches nothing, and tells whether the key may cancel."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from airflow_provider_exchange.check.findings import Mark
from airflow_provider_exchange.exchanges import load_exchange
from airflow_provider_exchange.exchanges.loopring_signing import FIELD
from airflow_provider_exchange.sandbox.book import State
from tests.accounts import OTHER_SYMBOLS, SYMBOLS

if TYPE_CHECKING:
    from airflow_provider_exchange.protocol.messages import Request, Response
    from airflow_provider_exchange.sandbox.testing import RunningSandbox
    from tests.check.checking import Checked
    from tests.check.conftest import Open

CANCELS = ("DELETE", "PUT")


def answering(account: Checked, status: int, body: bytes) -> None:
    """Let the venue answer cancels in another way."""

    def answer(request: Request, response: Response) -> Response:
        if request.method not in CANCELS:
            return response
        return type(response)(status, response.headers, body)

    account.account.transport.on_answer = answer


def test_a_key_that_may_cancel_is_told_not_found(sandbox: RunningSandbox, checked: Open, venue: str) -> None:
    account = checked(venue)
    account.account.place(3)
    report = account.check(cancel_right=True)
    assert report["cancel right"].mark is Mark.OK
    assert "was answered as it should be" in report["cancel right"].shown
    assert account.account.mutations == [("DELETE", "cancel_order")]
    assert len(sandbox.live(venue)) == 3


def test_its_market_is_one_without_open_orders(sandbox: RunningSandbox, checked: Open) -> None:
    account = checked("bitopro")
    markets = list(account.account.run(account.account.exchange.markets()))
    for symbol in markets[:-1]:
        sandbox.place("bitopro", symbol)
    sandbox.place("bitopro_margin", markets[0])
    sandbox.exchange.log.clear()
    finding = account.check(cancel_right=True)["cancel right"]
    sent = [logged.path for logged in sandbox.mutations()]
    if sent:
        assert all(f"/{symbol}/" not in sent[0] for symbol in markets[:-1])
    else:  # the last market is closed
        assert finding.shown == "not tried: no market is known in which the account has no open order"


def test_without_the_option_nothing_is_cancelled(checked: Open, venue: str) -> None:
    account = checked(venue)
    assert account.check()["cancel right"].shown.startswith("not tried, as a check only reads")
    assert account.account.mutations == []


REFUSALS = {
    "nami": (400, b'{"status": "TRADE_NOT_ALLOWED", "code": 3004, "data": {}}'),
    "bitopro": (403, b'{"error": "Permission Denied"}'),
    "loopring": (400, b'{"resultInfo": {"code": 104004, "message": "not allowed"}}'),
}
UNKNOWN = {
    "nami": (400, b'{"status": "INVALID_REQUEST_ID", "code": 1111, "data": {}}'),
    "bitopro": (400, b'{"error": "Bad Request"}'),
    "loopring": (400, b'{"resultInfo": {"code": 100001, "message": "no"}}'),
}
SUCCESS = {
    "nami": (200, b'{"status": "ok", "data": {"displayingId": 7, "symbol": "BTCUSDT"}}'),
    "bitopro": (200, b'{"orderId": "7"}'),
    "loopring": (200, b'{"hash": "0x7"}'),
}


def test_a_key_that_may_not_cancel(checked: Open, venue: str) -> None:
    account = checked(venue)
    answering(account, *REFUSALS[venue])
    finding = account.check(cancel_right=True)["cancel right"]
    assert (finding.mark, finding.shown[:22]) == (Mark.WRONG, "the key may not cancel")


@pytest.mark.parametrize(
    ("answers", "words"),
    [(UNKNOWN, "answered neither that the order is not found nor"), (SUCCESS, "acknowledgements prove nothing")],
    ids=["refused", "acknowledged"],
)
def test_another_answer_proves_neither(
    checked: Open, venue: str, answers: dict[str, tuple[int, bytes]], words: str
) -> None:
    account = checked(venue)
    answering(account, *answers[venue])
    finding = account.check(cancel_right=True)["cancel right"]
    assert (finding.mark, words in finding.shown) == (Mark.UNSURE, True), finding.shown


def test_orders_that_are_gone_after_it_are_named(sandbox: RunningSandbox, checked: Open, venue: str) -> None:
    account = checked(venue)
    (kept,) = account.account.place(symbol=OTHER_SYMBOLS[venue])
    (gone,) = account.account.place()

    def cancel_for_real(request: Request) -> None:
        if request.method in CANCELS:
            sandbox.book(venue).finish(gone, State.CANCELLED, symbol=SYMBOLS[venue])

    account.account.transport.before_send = cancel_for_real
    finding = account.check(cancel_right=True)["cancel right"]
    assert finding.mark is Mark.WRONG
    assert f"1 order that had been open are no longer listed: {gone}" in finding.shown
    assert kept not in finding.shown


def test_an_order_that_is_shown_under_the_id_is_left_alone(
    sandbox: RunningSandbox, checked: Open, venue: str
) -> None:
    account = checked(venue)
    order_id = account.account.exchange.never_an_order_id
    account.account.place(order_id=order_id)
    finding = account.check(cancel_right=True)["cancel right"]
    assert finding.shown == "not tried: an open order has the id that no order can have"
    assert account.account.mutations == []


def test_a_read_that_shows_another_order_stops_it(sandbox: RunningSandbox, checked: Open) -> None:
    account = checked("bitopro")
    never = account.account.exchange.never_an_order_id or ""
    account.account.transport.on_answer = lambda request, answer: (
        type(answer)(200, answer.headers, b'{"id": "7", "pair": "btc_usdt", "status": 0}')
        if never in request.url
        else answer
    )
    finding = account.check(cancel_right=True)["cancel right"]
    assert finding.shown.startswith("not tried: a read of an order that cannot exist was answered, but not with")
    assert account.account.mutations == []


@pytest.mark.parametrize("kind", ["status", "odd_order"])
def test_it_is_not_tried_where_the_open_orders_are_not_known(
    sandbox: RunningSandbox, checked: Open, kind: str
) -> None:
    account = checked("bitopro")
    sandbox.faults.add(kind=kind, route="open_orders")
    assert account.check(cancel_right=True)["cancel right"].shown.startswith("not tried: ")
    assert account.account.mutations == []


def test_the_id_is_an_ordinary_one(venue: str) -> None:
    never = load_exchange(venue).never_an_order_id
    assert never is not None
    if venue == "loopring":
        assert 2**240 < int(never, 16) < FIELD
        return
    number = int(never)
    assert number < 2**53
    assert number % 2**32 == 2**31 - 1  # neither 0 nor negative, however many bits it is cut to
    assert number > 10**15
