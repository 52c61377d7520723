"""What can still be cancelled is cancelled again, whatever fails beside it, and for as long as that fails."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import count
from typing import TYPE_CHECKING

import pytest

from airflow_provider_exchange.errors import (
    AuthenticationError,
    ExchangeError,
    PermanentError,
    PermissionDeniedError,
    TransientError,
    UndecidedOrdersError,
)
from airflow_provider_exchange.exchanges.base import Cancellation
from airflow_provider_exchange.operations.earlier import Earlier
from airflow_provider_exchange.operations.ledger import Ledger
from airflow_provider_exchange.protocol.messages import Response
from airflow_provider_exchange.sandbox.testing import RunningSandbox, running_sandbox
from tests.accounts import SYMBOLS, Account
from tests.sweeps import live, named, sweep

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from airflow_provider_exchange.exchanges.base import Options
    from airflow_provider_exchange.models.orders import Order, OrderKey, OrderRef
    from airflow_provider_exchange.protocol.messages import Request
    from airflow_provider_exchange.protocol.steps import Operation

MARGIN = "bitopro_margin"


@pytest.fixture
def bitopro() -> Iterator[Account]:
    with running_sandbox(bitopro_margin="on") as sandbox:
        account = Account(sandbox, "bitopro")
        yield account
        account.close()


def test_orders_that_a_batch_leaves_out_are_cancelled_one_by_one(bitopro: Account) -> None:
    bitopro.place(4)
    for member in (1, 2):
        bitopro.sandbox.faults.add(kind="ignore_batch_member", member=member)
    sweep(bitopro)
    assert live(bitopro) == set()


@pytest.mark.parametrize("how", ["by name", "by market"])
def test_an_order_whose_cancel_cannot_be_made_keeps_no_other_from_being_cancelled(
    bitopro: Account, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    """As where a client library has no cancel for orders of one kind."""
    odd, *others = bitopro.place(3)
    exchange = bitopro.exchange
    one = exchange.cancel_one

    def fails() -> Operation[frozenset[OrderKey]]:
        yield from ()
        raise PermanentError("no cancel of this kind can be made")

    def cancel_one(ref: OrderRef, options: Options) -> Cancellation | None:
        return Cancellation((ref,), fails()) if ref.order_id == odd else one(ref, options)

    def cancel_several(refs: Sequence[OrderRef], options: Options) -> list[Cancellation]:
        return [each for ref in refs if (each := cancel_one(ref, options)) is not None]

    monkeypatch.setattr(exchange, "cancel_one", cancel_one)
    monkeypatch.setattr(exchange, "cancel_several", cancel_several)
    with pytest.raises(PermanentError, match="no cancel of this kind") as caught:
        sweep(
            bitopro, **{"orders": named(bitopro, odd, *others)} if how == "by name" else {"symbols": ["btc_usdt"]}
        )
    assert live(bitopro) == {odd}
    assert [ref.order_id for ref in caught.value.orders] == [odd], "the others are proved gone"


@pytest.mark.parametrize("by", ["name", "market"])
def test_a_cancel_that_did_nothing_is_sent_again_while_a_list_is_down(bitopro: Account, by: str) -> None:
    """The order is shown, its cancel is lost, and what a proof needs cannot be read any more."""
    first, second = bitopro.place(2)
    bitopro.sandbox.faults.add(kind="status", route="open_margin_orders", status=503)
    bitopro.sandbox.faults.add(kind="status", route="cancels", acts=False, times=1)
    with pytest.raises(TransientError):
        sweep(bitopro, **{"orders": named(bitopro, first, second)} if by == "name" else {"symbols": ["btc_usdt"]})
    assert live(bitopro) == set()


@pytest.mark.parametrize(
    ("down", "book"), [("open_orders", MARGIN), ("open_margin_orders", "bitopro")], ids=["spot", "margin"]
)
def test_one_list_that_is_down_keeps_no_order_of_the_other_from_its_cancel(
    bitopro: Account, down: str, book: str
) -> None:
    theirs = bitopro.sandbox.place({"bitopro": MARGIN, MARGIN: "bitopro"}[book], "btc_usdt").order_id
    bitopro.sandbox.place(book, "btc_usdt")
    bitopro.sandbox.faults.add(kind="status", route=down, status=503)
    with pytest.raises(TransientError, match="503"):
        sweep(bitopro)
    assert live(bitopro, book) == set()
    assert theirs in live(bitopro) | live(bitopro, MARGIN), "its list was never seen"


def test_what_half_a_list_shows_is_cancelled_by_its_properties(bitopro: Account) -> None:
    bitopro.sandbox.place("bitopro", "btc_usdt", side="buy")
    other = bitopro.sandbox.place("bitopro", "btc_usdt", side="sell").order_id
    bitopro.sandbox.faults.add(kind="status", route="open_margin_orders", status=503)
    with pytest.raises(TransientError):
        sweep(bitopro, side="buy")
    assert live(bitopro) == {other}


def test_what_a_whole_list_left_in_doubt_half_a_list_does_not_decide(bitopro: Account) -> None:
    """Of two orders that share a name, the list that can still be read shows the one that is selected."""
    mine = bitopro.sandbox.place("bitopro", "btc_usdt", side="buy").order_id
    bitopro.sandbox.place(MARGIN, "btc_usdt", side="sell", order_id=mine)
    lists = iter(range(100))

    def down_later(request: Request, response: Response) -> Response:
        is_down = "/margin/" in request.url and next(lists) > 0
        return Response(503, {}, b"") if is_down else response

    bitopro.transport.on_answer = down_later
    with pytest.raises(TransientError) as caught:
        sweep(bitopro, side="buy")
    assert {ref.order_id for ref in caught.value.orders} == {mine}
    assert (live(bitopro), live(bitopro, MARGIN)) == ({mine}, {mine})


def test_what_half_a_list_shows_is_named_where_too_many_may_be_selected(bitopro: Account) -> None:
    order_id = bitopro.sandbox.place("bitopro", "btc_usdt").order_id
    bitopro.sandbox.faults.add(kind="status", route="open_margin_orders", status=503)
    with pytest.raises(TransientError) as caught:
        sweep(bitopro, max_orders=5)
    assert [ref.order_id for ref in caught.value.orders] == [order_id]
    assert live(bitopro) == {order_id}


def test_an_order_that_goes_on_being_cancelled_is_sent_a_cancel_again(sandbox: RunningSandbox) -> None:
    """A cancel has got stuck at the venue. Another one does no harm, and may be the one that it acts on."""
    account = Account(sandbox, "loopring")  # the others do not show that an order is being cancelled
    account.place(2)
    account.sandbox.faults.add(kind="cancelling", route="cancels", reads=10_000)
    with pytest.raises(TransientError):
        sweep(account, timeout=9)
    before = len(account.mutations)
    with pytest.raises(TransientError):
        sweep(account, timeout=30)
    assert (before, len(account.mutations) > 1) == (1, True)
    account.close()


def test_one_type_of_order_that_cannot_be_listed_hides_no_other(sandbox: RunningSandbox) -> None:
    account = Account(sandbox, "loopring")
    account.place(2)

    def down(request: Request, response: Response) -> Response:
        return Response(503, {}, b"") if "STOP_LIMIT" in request.url else response

    account.transport.on_answer = down
    with pytest.raises(TransientError, match="503"):
        sweep(account, symbols=[SYMBOLS["loopring"]])
    assert live(account) == set()
    account.close()


@pytest.mark.parametrize("venue", ["nami", "bitopro", "loopring"])
def test_the_trouble_is_told_although_the_time_ends_in_a_pause(sandbox: RunningSandbox, venue: str) -> None:
    account = Account(sandbox, venue)
    account.place(1)
    account.sandbox.faults.add(kind="status", route="reads", status=503)
    with pytest.raises(TransientError, match="503"):
        sweep(account, timeout=31)
    account.close()


# -- one answer that looks permanent


def once(answer: Response, is_meant: Callable[[Request], bool]) -> Callable[[Request, Response], Response]:
    """Answer the first request that is meant in another way, although the venue has processed it."""
    done: list[Request] = []

    def change(request: Request, response: Response) -> Response:
        if not done and is_meant(request):
            done.append(request)
            return answer
        return response

    return change


PERMANENT = {401: b'{"error": "Unauthorized"}', 403: b'{"error": "Forbidden"}', 400: b'{"error": "Bad"}'}


@pytest.mark.parametrize("status", PERMANENT)
@pytest.mark.parametrize("place", ["GET 0", "GET 1", "GET 2", "GET 3", "DELETE 0", "PUT 0"])
@pytest.mark.parametrize("count", [1, 3])
def test_one_answer_that_looks_permanent_ends_nothing(
    bitopro: Account, status: int, place: str, count: int
) -> None:
    method, number = place.split()
    mine = bitopro.place(count)
    seen = iter(range(100))
    answer = Response(status, {}, PERMANENT[status])
    bitopro.transport.on_answer = once(
        answer, lambda request: request.method == method and next(seen) == int(number)
    )
    sweep(bitopro, orders=named(bitopro, *mine))
    assert live(bitopro) == set()


def test_an_order_that_the_venue_refuses_to_show_is_cancelled_like_the_others(bitopro: Account) -> None:
    hidden, *others = bitopro.place(2)

    def hide(request: Request, response: Response) -> Response:
        is_meant = request.method == "GET" and request.url.split("?")[0].endswith(f"/{hidden}")
        return Response(403, {}, PERMANENT[403]) if is_meant else response

    bitopro.transport.on_answer = hide
    with pytest.raises(PermissionDeniedError) as caught:
        sweep(bitopro, orders=named(bitopro, hidden, *others))
    assert live(bitopro) == set()
    assert [ref.order_id for ref in caught.value.orders] == [hidden], "only this one is not proved"


def test_a_key_that_is_not_accepted_any_more_ends_the_run_soon(bitopro: Account) -> None:
    bitopro.place(5)

    def revoked(request: Request, response: Response) -> Response:
        return response if request.method == "GET" else Response(401, {}, PERMANENT[401])

    bitopro.transport.on_answer = revoked
    bitopro.sandbox.faults.add(kind="refuse_cancel")
    with pytest.raises(AuthenticationError):
        sweep(bitopro, timeout=600)
    assert sum(bitopro.transport.slept) < 60


def test_a_client_order_id_that_a_list_shows_needs_no_read_of_another_order(bitopro: Account) -> None:
    mine = bitopro.sandbox.place("bitopro", "btc_usdt", client_order_id="42").order_id
    bitopro.sandbox.faults.add(kind="status", route="order")
    bitopro.sandbox.faults.add(kind="status", route="margin_order")
    unknown = [{"order_id": "999999", "symbol": "btc_usdt"}]
    with pytest.raises(TransientError):
        sweep(bitopro, orders=[{"client_order_id": "42", "symbol": "btc_usdt"}, *unknown])
    assert mine not in live(bitopro)


# -- what is named in the end


def test_a_live_order_that_cannot_be_judged_fails_the_run(bitopro: Account) -> None:
    """Only an earlier attempt knew it, no list shows it, and it does not show its side."""
    (order_id,) = bitopro.place(1)
    known = Earlier.load(
        bitopro.exchange,
        {
            "account": bitopro.exchange.account,
            "entries": [{"order_id": order_id, "symbol": "btc_usdt", "sent": True}],
        },
    )

    def hide(request: Request, response: Response) -> Response:
        body = json.loads(response.body)
        if request.url.split("?")[0].endswith(f"/{order_id}"):
            del body["action"]
        elif "open" in request.url:
            body["data"] = []
        return replace(response, body=json.dumps(body).encode())

    bitopro.transport.on_answer = hide
    with pytest.raises(UndecidedOrdersError) as caught:
        sweep(bitopro, side="buy", earlier=known)
    assert [ref.order_id for ref in caught.value.orders] == [order_id]
    assert live(bitopro) == {order_id}


def test_no_order_that_cannot_be_judged_is_replaced_by_another(bitopro: Account) -> None:
    """The second list shows one that the first did not, and lacks one that it did: they do not agree."""
    first, second = bitopro.place(2)
    lists = iter([first, second, first, second])

    def alternate(request: Request, response: Response) -> Response:
        body = json.loads(response.body)
        if "margin" in request.url or not request.url.endswith("/orders/open"):
            return response
        shown = next(lists, None)
        body["data"] = [each for each in body["data"] or [] if shown in (None, each["id"])]
        for each in body["data"]:
            del each["action"]
        return replace(response, body=json.dumps(body).encode())

    bitopro.transport.on_answer = alternate
    with pytest.raises(UndecidedOrdersError) as caught:
        sweep(bitopro, side="buy")
    assert {ref.order_id for ref in caught.value.orders} == {first, second}


def test_an_error_names_each_order_by_its_own_id(bitopro: Account) -> None:
    """Two orders may share a client order id; one that is named already hides no other."""
    ledger = Ledger(bitopro.exchange)
    refs = [bitopro.exchange.check_ref(order_id, "btc_usdt") for order_id in ("1", "2")]
    refs = [ref.__class__(ref.order_id, ref.symbol, "42") for ref in refs]
    ledger.name(refs)
    error = ledger.failed(ExchangeError("no", orders=refs[:1]))
    assert [ref.order_id for ref in error.orders] == ["1", "2"]


def test_naming_thousands_of_orders_takes_no_longer_for_each_of_them(
    bitopro: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It comes after the deadline, and whoever waits for it may be killed meanwhile."""
    exchange = bitopro.exchange
    calls = count()
    key = exchange.key

    def counted(named: OrderRef | Order) -> OrderKey:
        next(calls)
        return key(named)

    def calls_for(number: int) -> int:
        refs = [exchange.check_ref(str(number), "btc_usdt") for number in range(1, number + 1)]
        ledger = Ledger(exchange)
        ledger.name(refs)
        before = next(calls)
        assert len(ledger.failed(ExchangeError("no", orders=refs)).orders) == number
        return next(calls) - before

    monkeypatch.setattr(exchange, "key", counted)
    assert calls_for(400) <= 5 * calls_for(100)
